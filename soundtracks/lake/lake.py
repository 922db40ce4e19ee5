"""The lake: one place for all data, addressed by URL; nothing else in the code knows where it is.

A dataset version is written whole under a new name and then pointed to by one small manifest written last,
so a reader never sees half a run. The version is the hash of the content: writing the same again changes nothing.

    titles/            inbox of title files
    raw/<source>/      answers of the services, as they came
    silver/<dataset>/  films, albums: typed Parquet
    catalogue/         what all runs found, as tables (soundtracks/lake/delta.py)
    quarantine/        rows and files set aside, each with its reason
    runs/<run id>/     metrics, report, a page of every check
    locks/             of a lake in a folder: held while somebody works who must be alone
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from soundtracks.errors import DamagedFile, LakeError
from soundtracks.extras import named_extras
from soundtracks.lake.stores import Entry, Store, printable
from soundtracks.lake.stores.folder import Folder
from soundtracks.records import parquet_bytes
from soundtracks.settings import Settings, get_settings

MANIFEST = "_current.json"
_RESTORE = "Restore {name} from a backup, or delete it and run again: it is written anew, and what lies beside it stays."
#: Files under way at a time when a dataset is staged or published; each file has blocks under way of its own.
IN_FLIGHT = 4


class DatasetFile(BaseModel):
    """One file of a dataset version: name inside the version's folder, size in bytes, SHA-256."""

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, name: str, data: bytes) -> "DatasetFile":
        return cls(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest())


class DatasetRef(BaseModel):
    """Points to one immutable version of a dataset. Small: tasks and deployments pass these, never data."""

    dataset: str
    version: str
    rows: int
    files: list[DatasetFile]

    @property
    def folder(self) -> str:
        return f"{self.dataset}/{self.version}"


class Lake:
    """Reads and writes below one root URL. `container`, `prefix`: of Blob Storage; a local lake's container is its folder.

    Every failure of the storage beneath is raised as LakeError with the path in it; none stalls for more than a minute.
    """

    def __init__(self, url: str, *, account_url: str = "", connection_string: str = "") -> None:
        url = url if "://" in url else f"file://{os.path.abspath(url)}"
        self.url = url.rstrip("/")
        scheme, _, rest = self.url.partition("://")
        self.is_local = scheme == "file"
        self.store: Store
        if self.is_local:
            self.container, self.prefix = os.path.abspath(rest), ""
            self.store = Folder(self.container)
        elif scheme in ("az", "abfs"):
            self.container, _, folder = rest.partition("/")
            self.prefix = f"{folder}/" if folder else ""
            with named_extras():
                from soundtracks.lake.stores.blob import Blob  # a local lake needs none of Azure's packages

            self.store = Blob.connect(self.container, self.prefix, connection_string=connection_string, account_url=account_url)
        else:
            raise LakeError(
                f"{url} is not a valid lake URL.", hint="SOUNDTRACKS_LAKE_URL is a folder, file://… or az://container[/prefix]."
            )

    @classmethod
    def from_settings(cls, settings: Settings | None = None) -> "Lake":
        settings = settings or get_settings()
        secret = settings.lake_connection_string
        return cls(
            settings.lake_url,
            account_url=settings.lake_account_url,
            connection_string=secret.get_secret_value() if secret else "",
        )

    # files -------------------------------------------------------------------------------------------------------

    def path(self, name: str) -> Path:
        """The path of a file of a local lake. Raises LakeError for a name that climbs out of it, or of a lake in Blob."""
        parts = self._named(name).split("/")
        if not self.is_local:
            raise LakeError(f"{self.url} is not a folder of this machine: {name} has no path there.")
        return Path(self.container, *parts)

    def exists(self, name: str) -> bool:
        return self.store.exists(self._named(name))

    def stat(self, name: str) -> Entry:
        """Size and version of one file, as a listing shows them."""
        entry = self.store.find(self._named(name))
        if entry is None:
            raise LakeError(f"There is no file {name} in the lake {self.url}.")
        return entry

    def fetch(self, name: str, file: Path) -> None:
        """Copies a file of the lake to a file of this machine, without holding it in memory."""
        self.store.fetch(self._named(name), file)

    def read_bytes(self, name: str) -> bytes:
        return self.store.read(self._named(name))

    def write_bytes(self, name: str, data: bytes) -> None:
        """Writes a file whole or not at all."""
        self.store.write(self._named(name), data)

    def list(self, folder: str) -> Sequence[Entry]:
        """All files below a folder, at any depth, sorted by name; none when the folder is not there."""
        return sorted(self.store.list(self._named(folder)), key=lambda entry: entry.name)

    def etag(self, name: str) -> str:
        """The version of a file's content: Blob's ETag, or the SHA-256 of a local file."""
        return self.store.etag(self._named(name))

    def delete(self, name: str) -> None:
        """Deletes a file; one that is not there is no error."""
        self.store.delete(self._named(name))

    def move(self, name: str, target: str) -> None:
        """Moves a file that `list` found, whatever its name, without reading it."""
        self.store.move(name, self._named(target))

    def read_json(self, name: str) -> Any:
        """Raises DamagedFile, a LakeError, when it is no JSON."""
        try:
            return json.loads(self.read_bytes(name))
        except (ValueError, RecursionError) as error:
            raise DamagedFile(f"{name} is damaged: {error}.", hint=_RESTORE.format(name=name)) from error

    def write_json(self, name: str, value: Any) -> None:
        self.write_bytes(name, _json_bytes(value))

    def _named(self, name: str) -> str:
        parts = name.split("/")
        if "\\" in name or any(part in ("..", ".", "") for part in parts):
            raise LakeError(f"{printable(name)!r} is not a name inside the lake.")
        return name

    # datasets ----------------------------------------------------------------------------------------------------

    def publish(self, dataset: str, files: Mapping[str, bytes], *, rows: int) -> DatasetRef:
        """Writes the files as a new version of `dataset` and points its manifest to it, last."""
        ref = _ref(dataset, [DatasetFile.of(name, data) for name, data in sorted(files.items())], rows)
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            list(pool.map(lambda item: self.write_bytes(f"{ref.folder}/{item[0]}", item[1]), files.items()))
        self.write_json(f"{dataset}/{MANIFEST}", ref.model_dump())
        return ref

    def publish_table(self, dataset: str, table: pa.Table) -> DatasetRef:
        """Publishes one Arrow table as `data.parquet`. Same rows, same bytes, same version."""
        return self.publish(dataset, {"data.parquet": parquet_bytes(table)}, rows=table.num_rows)

    def current(self, dataset: str) -> DatasetRef | None:
        """The version that the dataset's manifest points to; None before the first. Raises DamagedFile, a LakeError."""
        if not self.exists(f"{dataset}/{MANIFEST}"):
            return None
        manifest = f"{dataset}/{MANIFEST}"
        try:
            return DatasetRef.model_validate(self.read_json(manifest))
        except ValidationError as error:
            fields = ", ".join(str(e["loc"][0]) if e["loc"] else "all of it" for e in error.errors(include_input=False))
            raise DamagedFile(
                f"{manifest} is damaged: it does not describe a version ({fields}).", hint=_RESTORE.format(name=manifest)
            ) from error

    def manifest_etag(self, dataset: str) -> str:
        """The version of a dataset's manifest, for `stage_out` to publish over; empty before the first."""
        manifest = f"{dataset}/{MANIFEST}"
        return self.etag(manifest) if self.exists(manifest) else ""

    def read_table(self, ref: DatasetRef, name: str = "data.parquet") -> pa.Table:
        """Reads one Parquet file of a dataset version. Raises LakeError when it is not the one that was published."""
        data = self.read_bytes(f"{ref.folder}/{name}")
        wanted = next((file.sha256 for file in ref.files if file.name == name), None)
        if wanted is not None and hashlib.sha256(data).hexdigest() != wanted:
            raise _damaged(f"{ref.folder}/{name}")
        return pq.read_table(pa.BufferReader(data))

    # staging -----------------------------------------------------------------------------------------------------

    def stage_in(self, ref: DatasetRef, folder: Path) -> Sequence[Path]:
        """Copies a dataset version's files into a local folder, several at a time, and checks each against the manifest.

        For Spark, which reads no Blob. Raises LakeError.
        """

        def fetch(file: DatasetFile) -> Path:
            target = folder / file.name
            if self.store.fetch(f"{ref.folder}/{file.name}", target) != file.sha256:
                raise _damaged(f"{ref.folder}/{file.name}")
            return target

        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            return list(pool.map(fetch, ref.files))

    def local_file(self, ref: DatasetRef, folder: Path) -> Path:
        """A dataset's one file on this machine, checked by the manifest: where it lies in a local lake, else a copy in `folder`.

        Without holding it in memory. Raises LakeError.
        """
        if not self.is_local:
            (copy,) = self.stage_in(ref, folder / ref.dataset.replace("/", "-") / ref.version)
            return copy
        (file,) = ref.files
        name = f"{ref.folder}/{file.name}"
        if self.etag(name) != file.sha256:
            raise _damaged(name)
        return self.path(name)

    def stage_out(self, dataset: str, files: Mapping[str, Path], *, rows: int, over: str | None = None) -> DatasetRef:
        """Publishes local files, by their names in the dataset, as `publish` does, without holding them in memory.

        `over`: the manifest's version that this one was made from (`manifest_etag`). Raises LakeError where it is another by
        now, because somebody else has published meanwhile.
        """
        described = []
        for name, path in sorted(files.items()):
            with path.open("rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            described.append(DatasetFile(name=name, size=path.stat().st_size, sha256=sha256))
        ref = _ref(dataset, described, rows)
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            list(pool.map(lambda item: self.store.send(item[1], self._named(f"{ref.folder}/{item[0]}")), files.items()))
        manifest, described_as = f"{dataset}/{MANIFEST}", _json_bytes(ref.model_dump())
        if over is None:
            self.write_bytes(manifest, described_as)
        elif not self.store.write_over(self._named(manifest), described_as, over):
            raise LakeError(f"Somebody else has published {dataset} meanwhile: this did not.", hint="Give the command again.")
        return ref


def _ref(dataset: str, files: list[DatasetFile], rows: int) -> DatasetRef:
    version = hashlib.sha256("".join(f"{f.name}:{f.sha256};" for f in files).encode()).hexdigest()[:16]
    return DatasetRef(dataset=dataset, version=version, rows=rows, files=files)


def _json_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _damaged(name: str) -> DamagedFile:
    return DamagedFile(f"{name} is damaged: its SHA-256 is not the manifest's.", hint="Run again to write it anew.")
