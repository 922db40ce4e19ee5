"""Blob Storage when it is away, slow, wrong or lying: an error in bounded time that says what to do."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.blob import BlobServiceClient

from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores.blob import Blob, TimeoutCredential, Timeouts
from tests.rigs.azurite import ACCOUNT, KEY

QUICK = Timeouts(connect=0.2, read=0.2, token=0.2, retries=0)


def connection(port: int, key: str = KEY) -> str:
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};BlobEndpoint=http://127.0.0.1:{port}/{ACCOUNT};"


@contextmanager
def hanging() -> Iterator[int]:
    """A server that takes connections and never answers; yields its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


class Credential:
    """Hangs until told otherwise."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        self.go.wait(30)
        return AccessToken("token", 0)


def test_nothing_stalls_a_run_for_more_than_a_minute() -> None:
    """By the real settings: a token at the last moment, then an endpoint that hangs at each of its tries."""
    assert Timeouts().longest < 60


@pytest.mark.slow
def test_the_bound_is_what_a_hanging_endpoint_takes() -> None:
    patience = Timeouts(connect=0.2, read=0.3, token=0, retries=1)
    with hanging() as port:
        blob = Blob.connect("lake", connection_string=connection(port), patience=patience)
        start = time.monotonic()
        with pytest.raises(LakeError, match=r"Cannot read a\.csv.*cannot be reached"):
            blob.read("a.csv")
    assert time.monotonic() - start < patience.longest + 0.5


@pytest.mark.parametrize("use", ["exists", "read", "etag", "delete"])
def test_a_hanging_endpoint_ends_every_call(use: str) -> None:
    with hanging() as port:
        blob = Blob.connect("lake", connection_string=connection(port), patience=QUICK)
        with pytest.raises(LakeError, match="cannot be reached"):
            getattr(blob, use)("a.csv")


def test_a_hanging_endpoint_ends_an_upload_in_blocks() -> None:
    with hanging() as port:
        blob = Blob.connect("lake", connection_string=connection(port), patience=QUICK)
        start = time.monotonic()
        with pytest.raises(LakeError, match="cannot be reached"):
            blob.write("big.parquet", bytes(40 * 2**20))
    assert time.monotonic() - start < 20


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LakeError, match=r"Cannot list titles.*cannot be reached"):
        list(Blob.connect("lake", connection_string=connection(port), patience=QUICK).list("titles"))


def test_a_token_that_hangs_is_given_up() -> None:
    credential = Credential()
    blob = Blob.connect("lake", account_url="https://account.blob.invalid", credential=credential, patience=QUICK)
    start = time.monotonic()
    with pytest.raises(LakeError, match=r"no token within 0 s.*AZURE_CLIENT_ID"):
        blob.read("a.csv")
    assert time.monotonic() - start < 5
    credential.go.set()


def test_a_token_that_is_refused_is_told_in_one_line() -> None:
    class Refusing(Credential):
        def get_token(self, *scopes: str, **options: object) -> AccessToken:
            raise ClientAuthenticationError("DefaultAzureCredential failed to retrieve a token.\nAttempted credentials:\n\t…")

    with pytest.raises(LakeError, match=r"^Azure gave no token: DefaultAzureCredential failed to retrieve a token\. Check"):
        TimeoutCredential(Refusing(), QUICK).get_token("scope")


def test_a_token_is_passed_on() -> None:
    credential = Credential()
    credential.go.set()
    assert TimeoutCredential(credential, QUICK).get_token("scope").token == "token"


def test_a_wrong_key_is_told_without_it(azurite: str) -> None:
    wrong = "d3JvbmcgcGxhbnRlZCBrZXk="
    lake = Lake("az://lake", connection_string=azurite.replace(KEY, wrong))
    with pytest.raises(LakeError, match=r"Server failed to authenticate.*may not do this") as told:
        lake.read_bytes("a.csv")
    assert wrong not in repr(told.value)
    assert wrong not in str(told.value.__cause__)


def test_a_missing_container_is_told(azurite: str) -> None:
    with pytest.raises(LakeError, match="The container does not exist"):
        Lake("az://nowhere", connection_string=azurite).write_bytes("a", b"x")


def test_what_others_put_there_is_read_and_what_was_changed_is_not(azurite: str) -> None:
    lake = Lake("az://checksums", connection_string=azurite)
    assert isinstance(lake.store, Blob)
    lake.store.create()
    lake.store.create()
    lake.write_bytes("a", b"ours")
    theirs = BlobServiceClient.from_connection_string(azurite).get_blob_client("checksums", "a")
    theirs.upload_blob(b"theirs", overwrite=True)
    assert lake.read_bytes("a") == b"theirs"
    theirs.upload_blob(b"damaged", overwrite=True, metadata={"sha256": "0" * 64})
    with pytest.raises(LakeError, match="a is damaged"):
        lake.read_bytes("a")


def test_a_file_that_changes_while_it_is_moved_is_kept(azurite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newer version stays in the inbox, where it is found as a new one."""
    lake = Lake("az://moved", connection_string=azurite)
    assert isinstance(lake.store, Blob)
    lake.store.create()
    lake.write_bytes("titles/a.pdf", b"old")
    client = BlobServiceClient.from_connection_string(azurite).get_blob_client("moved", "titles/a.pdf")
    original = type(client).delete_blob

    def changed_just_before(self: object, *arguments: object, **options: object) -> object:
        client.upload_blob(b"new", overwrite=True)
        return original(self, *arguments, **options)

    monkeypatch.setattr(type(client), "delete_blob", changed_just_before)
    with pytest.raises(LakeError, match="Cannot move"):
        lake.move("titles/a.pdf", "quarantine/titles/a.pdf")
    assert lake.read_bytes("titles/a.pdf") == b"new"
    assert lake.read_bytes("quarantine/titles/a.pdf") == b"old"
