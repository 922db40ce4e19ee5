"""Files of the lake in a container of Azure Blob Storage.

On Azure's own client rather than adlfs: adlfs knows no bound on the time it waits, no checksum, and takes `?` and `#`
in a blob's name for the end of it. It still serves `Lake.path`.
"""

import errno
import hashlib
import logging
import mimetypes
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.storage.blob import BlobProperties, ContainerClient, ContentSettings, ExponentialRetry

from soundtracks.errors import DamagedFile, LakeError
from soundtracks.lake.stores import Entry

#: Bytes of a block: the unit of retry, and what is sent at a time.
BLOCK = 8 * 2**20
#: Blocks of one file under way at a time.
IN_FLIGHT = 4
CHECKSUM = "sha256"
#: What a token for Blob Storage is asked for.
STORAGE_SCOPE = "https://storage.azure.com/.default"


@dataclass(frozen=True)
class Timeouts:
    """How long a call may wait, seconds, before it is given up; `retries` more tries follow the first."""

    connect: float = 5
    read: float = 12
    token: float = 12
    retries: int = 2

    @property
    def longest(self) -> float:
        """The longest a call stalls when a token comes at the last moment and then no answer ever does."""
        pauses = sum(1 + 2.0 ** (number + 1) + 1 for number in range(self.retries))
        return self.token + self.read * (self.retries + 1) + pauses

    @property
    def pauses(self) -> dict[str, Any]:
        """For the clients' ExponentialRetry: it waits initial + increment ** number of the try, ± the jitter range."""
        return {"initial_backoff": 1, "increment_base": 2, "retry_total": self.retries, "random_jitter_range": 1}

    def options(self) -> dict[str, float]:
        return {"connection_timeout": self.connect, "read_timeout": self.read}


class TimeoutCredential:
    """Gives up on a token that does not come, instead of waiting as long as the identity endpoint likes."""

    def __init__(self, credential: TokenCredential, patience: Timeouts) -> None:
        self._credential = credential
        self._patience = patience

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Raises LakeError, which no retry policy repeats, when there is no token in time or at all."""
        answer: list[AccessToken | Exception] = []

        def ask() -> None:
            try:
                answer.append(self._credential.get_token(*scopes, **options))
            except (AzureError, OSError, ValueError) as error:
                answer.append(error)

        asking = Thread(target=ask, name="azure-token", daemon=True)  # daemon: one that hangs for ever must not keep us
        asking.start()
        asking.join(self._patience.token)
        hint = "Check the managed identity (AZURE_CLIENT_ID), or `az login`; `soundtracks doctor --azure` looks closer."
        if not answer:
            raise LakeError(f"Azure gave no token within {self._patience.token:.0f} s.", hint=hint)
        if isinstance(answer[0], Exception):
            first_line = str(answer[0]).strip().splitlines()[0]
            raise LakeError(f"Azure gave no token: {first_line}", hint=hint) from answer[0]
        return answer[0]


def default_credential() -> TokenCredential:
    """The managed identity in Azure (AZURE_CLIENT_ID says which), `az login` on a person's machine."""
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential()


class Blob:
    """`prefix`: what stands before the lake's names in the container, with its slash, or nothing."""

    def __init__(
        self,
        container: ContainerClient,
        prefix: str = "",
        patience: Timeouts | None = None,
        credential: TokenCredential | None = None,
    ) -> None:
        self._container = container
        self._prefix = prefix
        self._patience = patience or Timeouts()
        self._credential = credential

    @classmethod
    def connect(
        cls,
        container: str,
        prefix: str = "",
        *,
        connection_string: str = "",
        account_url: str = "",
        credential: TokenCredential | None = None,
        patience: Timeouts | None = None,
    ) -> "Blob":
        """By a connection string (Azurite), else by DefaultAzureCredential: managed identity, or `az login`.

        Raises LakeError when neither a connection string nor an account's address is given.
        """
        patience = patience or Timeouts()
        options: dict[str, Any] = patience.options() | {
            "retry_policy": ExponentialRetry(**patience.pauses),
            "max_single_put_size": BLOCK,
            "max_block_size": BLOCK,
            "max_single_get_size": BLOCK,
            "max_chunk_get_size": BLOCK,
        }
        # its warnings repeat what our errors say, its info lines show every request
        logging.getLogger("azure").setLevel(logging.ERROR)
        if connection_string:
            try:
                return cls(ContainerClient.from_connection_string(connection_string, container, **options), prefix, patience)
            except ValueError as error:
                raise LakeError("SOUNDTRACKS_LAKE_CONNECTION_STRING is not a connection string.") from error
        if not account_url:
            raise LakeError(
                f"The storage account of az://{container} is not known.",
                hint="Set SOUNDTRACKS_LAKE_ACCOUNT_URL, e.g. https://NAME.blob.core.windows.net.",
            )
        prompt = TimeoutCredential(credential or default_credential(), patience)
        return cls(ContainerClient(account_url, container, credential=prompt, **options), prefix, patience, prompt)

    def create(self) -> None:
        """Makes the container where it is missing: on Azurite; in Azure, Bicep made it."""
        with self._wrap_errors("create the container"):
            try:
                self._container.create_container()
            except ResourceExistsError:
                return

    def exists(self, name: str) -> bool:
        with self._wrap_errors(f"look for {name}"):
            return bool(self._container.get_blob_client(self._prefix + name).exists())

    def read(self, name: str) -> bytes:
        """Checked against the SHA-256 that `write` left with the blob."""
        with self._wrap_errors(f"read {name}"):
            stream = self._container.download_blob(self._prefix + name, max_concurrency=IN_FLIGHT)
            data = bytes(stream.readall())
            self._verify(name, stream.properties.metadata, hashlib.sha256(data).hexdigest())
            return data

    def write(self, name: str, data: bytes) -> None:
        with self._wrap_errors(f"write {name}", hint="Nothing was published; run again when the storage account answers."):
            self._upload(name, data, len(data), hashlib.sha256(data).hexdigest())

    def write_over(self, name: str, data: bytes, etag: str) -> bool:
        condition = {"etag": f'"{etag}"', "match_condition": MatchConditions.IfNotModified} if etag else {"overwrite": False}
        with self._wrap_errors(f"write {name}", hint="Nothing was published; run again when the storage account answers."):
            try:
                self._upload(name, data, len(data), hashlib.sha256(data).hexdigest(), **condition)
            except (ResourceExistsError, ResourceModifiedError):
                return False
        return True

    def list(self, folder: str) -> Iterator[Entry]:
        with self._wrap_errors(f"list {folder}"):
            # with metadata: that is where an account with a hierarchical namespace says that an empty blob is a folder
            for blob in self._container.list_blobs(name_starts_with=f"{self._prefix}{folder}/", include=["metadata"]):
                if not _is_folder(blob):
                    yield self._entry(blob)

    def find(self, name: str) -> Entry | None:
        with self._wrap_errors(f"look for {name}"):
            try:
                blob = self._container.get_blob_client(self._prefix + name).get_blob_properties()
            except ResourceNotFoundError:
                return None
            return None if _is_folder(blob) else replace(self._entry(blob), name=name)

    def _entry(self, blob: BlobProperties) -> Entry:
        return Entry(blob.name.removeprefix(self._prefix), blob.size, blob.last_modified.timestamp(), blob.etag.strip('"'))

    def etag(self, name: str) -> str:
        with self._wrap_errors(f"read {name}"):
            return str(self._container.get_blob_client(self._prefix + name).get_blob_properties().etag).strip('"')

    def delete(self, name: str) -> None:
        with self._wrap_errors(f"delete {name}"):
            try:
                self._container.delete_blob(self._prefix + name)
            except ResourceNotFoundError:
                return

    def move(self, name: str, target: str) -> None:
        """Copies inside the account, then deletes: a version that arrives meanwhile stays."""
        with self._wrap_errors(f"move {name} to {target}"):
            source = self._container.get_blob_client(self._prefix + name)
            goal = self._container.get_blob_client(self._prefix + target)
            etag = source.get_blob_properties().etag
            copy: dict[str, Any] = goal.start_copy_from_url(
                source.url, source_etag=etag, source_match_condition=MatchConditions.IfNotModified
            )
            deadline = time.monotonic() + self._patience.longest
            while copy["copy_status"] == "pending":
                if time.monotonic() > deadline:
                    raise LakeError(f"Copying {name} to {target} takes too long; it goes on, and the original stays.")
                time.sleep(0.5)
                copy = {"copy_status": goal.get_blob_properties().copy.status}
            source.delete_blob(etag=etag, match_condition=MatchConditions.IfNotModified)

    def fetch(self, name: str, file: Path) -> str:
        with self._wrap_errors(f"read {name}"):
            file.parent.mkdir(parents=True, exist_ok=True)
            stream = self._container.download_blob(self._prefix + name, max_concurrency=IN_FLIGHT)
            try:
                with file.open("wb") as sink:
                    stream.readinto(sink)
                with file.open("rb") as written:
                    sha256 = hashlib.file_digest(written, "sha256").hexdigest()
                self._verify(name, stream.properties.metadata, sha256)
            except BaseException:  # half a file is of no use, and takes space that may be what is lacking
                file.unlink(missing_ok=True)
                raise
            return sha256

    def send(self, file: Path, name: str) -> None:
        with self._wrap_errors(f"write {name}"), file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
            self._upload(name, stream, file.stat().st_size, sha256)

    def table_location(self, name: str, *, make: bool = False) -> tuple[str, dict[str, str]]:
        """The identity is given explicitly, as a token: delta-rs itself finds none in Container Apps (its issue 3951)."""
        client = self._container
        endpoint = client.url.partition("?")[0].removesuffix(f"/{client.container_name}")
        options = {
            "azure_storage_account_name": str(client.account_name),
            "azure_storage_endpoint": endpoint,
            "azure_allow_http": str(endpoint.startswith("http://")).lower(),
            "timeout": f"{self._patience.read:.0f}s",
            "connect_timeout": f"{self._patience.connect:.0f}s",
            "retry_timeout": f"{self._patience.longest:.0f}s",
        }
        if self._credential is not None:
            options["azure_storage_token"] = self._credential.get_token(STORAGE_SCOPE).token
        else:
            options["azure_storage_account_key"] = str(getattr(client.credential, "account_key", ""))
        return f"az://{client.container_name}/{self._prefix}{name}", options

    def _upload(self, name: str, data: Any, size: int, sha256: str, **condition: Any) -> None:
        # validate_content: an MD5 with every block, which the service checks before it takes it
        self._container.upload_blob(
            self._prefix + name,
            data,
            length=size,
            **{"overwrite": True, **condition},
            metadata={CHECKSUM: sha256},
            max_concurrency=IN_FLIGHT,
            validate_content=True,
            content_settings=ContentSettings(content_type=content_type(name)),
        )

    @staticmethod
    def _verify(name: str, metadata: dict[str, str] | None, sha256: str) -> None:
        wanted = (metadata or {}).get(CHECKSUM, sha256)  # what others wrote has none
        if wanted != sha256:
            raise DamagedFile(
                f"{name} is damaged: its SHA-256 is not the one it was written with.",
                hint="Restore it (soft delete keeps versions for two weeks), or run again to write it anew.",
            )

    @contextmanager
    def _wrap_errors(self, what: str, hint: str = "") -> Iterator[None]:
        try:
            yield
        except (AzureError, OSError) as error:
            where = f"az://{self._container.container_name}"
            raise LakeError(f"Cannot {what} in the lake {where}: {reason(error)}", hint=advice(error) or hint) from error


def content_type(name: str) -> str:
    """What a blob says it is, so that a browser shows a page as one: what is published is served as it lies here."""
    if name.endswith(".atom"):
        return "application/atom+xml"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _is_folder(blob: BlobProperties) -> bool:
    """A marker of tools, or a folder of a hierarchical namespace, which listings return as an empty blob.

    https://learn.microsoft.com/azure/storage/blobs/data-lake-storage-known-issues
    """
    metadata = {name.casefold(): value for name, value in (blob.metadata or {}).items()}
    return str(blob.name).endswith("/") or metadata.get("hdi_isfolder", "").casefold() == "true"


def reason(error: Exception) -> str:
    """The first line of what Azure said, as a sentence."""
    lines = (getattr(error, "message", "") or str(error)).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).rstrip(".") + "."


def advice(error: Exception) -> str:
    """What a person can do about an error of Blob Storage; empty when it tells itself."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "This machine's disk is full: free space, or let TMPDIR name a folder on a larger one; then run again."
    code = getattr(error, "error_code", None)
    code = getattr(code, "value", code)  # an enum of the client's where it knows the code
    if code in ("AuthorizationPermissionMismatch", "AuthorizationFailure", "InsufficientAccountPermissions"):
        return (
            "The identity may not do this: it needs the role Storage Blob Data Contributor on the container, "
            "and the account's network rules must let it in. A new role takes up to ten minutes to work."
        )
    if code == "AuthenticationFailed" or isinstance(error, ClientAuthenticationError):
        return "The key or token is not accepted: check the connection string, or the identity's AZURE_CLIENT_ID."
    if code == "ConditionNotMet":
        return "Somebody replaced it while it was being read: run again."
    if code == "ContainerNotFound":
        return "The container does not exist: `make azure-up` creates it."
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return "The storage account cannot be reached: check its name, its network rules and private DNS."
    if isinstance(error, HttpResponseError) and error.status_code in (429, 500, 503):
        return "The storage account is busy; run again in a minute."
    return ""
