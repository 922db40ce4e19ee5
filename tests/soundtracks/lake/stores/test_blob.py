"""Blob Storage when it is away, slow, wrong or lying: an error in bounded time that says what to do."""

import contextlib
import http.server
import random
import re
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.storage.blob import BlobServiceClient

from soundtracks.errors import DamagedFile, LakeError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.lake.stores import blob as blob_module
from soundtracks.lake.stores.blob import BLOCK, Blob, TimeoutCredential, Timeouts, content_type
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
    assert time.monotonic() - start < patience.longest + 30  # seconds; the client's own patience is minutes


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
    assert time.monotonic() - start < 60


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
    assert time.monotonic() - start < 25  # the token would come after thirty
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


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("public/index.json", "application/json"),
        ("public/feed.atom", "application/atom+xml"),
        ("runs/r1/report.html", "text/html"),
        ("runs/r1/links.csv", "text/csv"),
        ("public/lidarr/api/v1/album", "application/octet-stream"),
    ],
)
def test_a_blob_says_what_it_is(name: str, kind: str) -> None:
    assert content_type(name) == kind


def test_a_page_is_served_as_one(azurite: str) -> None:
    lake = Lake("az://typed", connection_string=azurite)
    lake.store.create()
    lake.write_bytes("public/feed.atom", b"<feed/>")
    blob = BlobServiceClient.from_connection_string(azurite).get_blob_client("typed", "public/feed.atom")
    assert blob.get_blob_properties().content_settings.content_type == "application/atom+xml"


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


LISTING = """<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://a" ContainerName="lake"><Blobs>
%s</Blobs><NextMarker/></EnumerationResults>"""
LISTED = """<Blob><Name>%s</Name><Properties><Last-Modified>Tue, 24 Nov 2026 09:00:00 GMT</Last-Modified><Etag>0x8DA1</Etag>
<Content-Length>%d</Content-Length><BlobType>BlockBlob</BlobType></Properties><Metadata>%s</Metadata></Blob>"""


class Hierarchical(http.server.BaseHTTPRequestHandler):
    """An account with a hierarchical namespace, as it lists: folders are empty blobs, told apart by their metadata only.

    https://learn.microsoft.com/rest/api/storageservices/list-blobs
    """

    blobs = (
        ("titles/sub", 0, "<hdi_isfolder>true</hdi_isfolder>"),
        ("titles/Sub.csv", 0, "<Hdi_isfolder>True</Hdi_isfolder>"),
        ("titles/sub/films.csv", 11, ""),
        ("titles/empty.csv", 0, "<other>true</other>"),
        ("titles/marker/", 0, ""),
    )

    def do_GET(self) -> None:
        with_metadata = "include=metadata" in self.path
        listed = "".join(LISTED % (name, size, metadata if with_metadata else "") for name, size, metadata in self.blobs)
        self.answer((LISTING % listed).encode(), {"Content-Type": "application/xml"})

    def do_HEAD(self) -> None:
        name = urllib.parse.unquote(self.path.partition("?")[0].partition("/lake/")[2])
        folders = {name for name, _, metadata in self.blobs if "isfolder" in metadata}
        about = {"Last-Modified": "Tue, 24 Nov 2026 09:00:00 GMT", "ETag": '"0x8DA1"', "x-ms-blob-type": "BlockBlob"}
        self.answer(b"", about | ({"x-ms-meta-hdi_isfolder": "true"} if name in folders else {}))

    def answer(self, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


def test_folders_of_a_hierarchical_namespace_are_no_files() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hierarchical) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        blob = Blob.connect("lake", connection_string=connection(server.server_address[1]), patience=QUICK)
        assert [(entry.name, entry.size) for entry in blob.list("titles")] == [
            ("titles/sub/films.csv", 11),
            ("titles/empty.csv", 0),
        ]
        assert blob.find("titles/sub") is None
        assert blob.find("titles/Sub.csv") is None
        assert blob.find("titles/sub/films.csv") is not None
        server.shutdown()


class Cutting:
    """A way to Azurite that ends `cuts` answers after so many bytes; then it lets all through. `after`: called at the first cut or
    once so many bytes went by."""

    def __init__(self, port: int, cuts: int, size: int, after: Callable[[], object] = lambda: None) -> None:
        self._port, self._cuts, self._size, self._after = port, cuts, size, after
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._server.getsockname()[1]
        self.cut = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
                threading.Thread(target=self._there, args=(client, server), daemon=True).start()
                threading.Thread(target=self._back, args=(server, client), daemon=True).start()

    def _there(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                server.sendall(data)

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                passed += len(data)
                if passed > self._size and self._take():
                    break
                client.sendall(data)
        for end in (client, server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _take(self) -> bool:
        """Whether this answer is cut. What `after` does is done before it is, so that no answer overtakes it."""
        with self._lock:
            after, self._after = self._after, lambda: None
            after()
            if self.cut >= self._cuts:
                return False
            self.cut += 1
            return True


@contextmanager
def through(azurite: str, cuts: int, size: int, after: Callable[[], object] = lambda: None) -> Iterator[tuple[Lake, Cutting]]:
    """The lake of `big`, seen through such a way."""
    port = int(re.search(r"BlobEndpoint=http://127.0.0.1:(\d+)/", azurite)[1])
    way = Cutting(port, cuts, size, after)
    try:
        yield Lake("az://local-file", connection_string=re.sub(rf"127\.0\.0\.1:{port}/", f"127.0.0.1:{way.port}/", azurite)), way
    finally:
        way.close()


BIG = random.Random(1).randbytes(3 * BLOCK + 12_345)


@pytest.fixture(scope="module")
def big(azurite: str) -> DatasetRef:
    """A dataset of one file of several blocks."""
    lake = Lake("az://local-file", connection_string=azurite)
    lake.store.create()
    return lake.publish("silver/albums", {"data.parquet": BIG}, rows=1)


@pytest.mark.slow
class TestLocalFile:
    """A dataset in Blob Storage becomes a file of this machine, whole and right or not at all."""

    def test_one_of_several_blocks_is_copied(self, azurite: str, big: DatasetRef, tmp_path: Path) -> None:
        file = Lake("az://local-file", connection_string=azurite).local_file(big, tmp_path)
        assert file.read_bytes() == BIG
        assert file == tmp_path / "silver-albums" / big.version / "data.parquet"

    def test_an_answer_that_is_cut_is_asked_for_again(self, azurite: str, big: DatasetRef, tmp_path: Path) -> None:
        with through(azurite, cuts=2, size=BLOCK // 2) as (lake, way):
            assert lake.local_file(big, tmp_path).read_bytes() == BIG
        assert way.cut == 2

    def test_answers_that_are_always_cut_end_in_an_error_and_leave_nothing(
        self, azurite: str, big: DatasetRef, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(blob_module.ExponentialRetry, "get_backoff_time", lambda *_: 0)
        with (
            through(azurite, cuts=10**6, size=BLOCK // 2) as (lake, _),
            pytest.raises(LakeError, match=r"Cannot read silver/albums"),
        ):
            lake.local_file(big, tmp_path)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def test_a_file_that_is_replaced_meanwhile_is_told_and_left_out(self, azurite: str, tmp_path: Path) -> None:
        direct = Lake("az://local-file", connection_string=azurite)
        ref = direct.publish("silver/films", {"data.parquet": BIG}, rows=1)
        name = f"{ref.folder}/data.parquet"
        replaced = lambda: direct.write_bytes(name, BIG[::-1])  # noqa: E731
        with (
            through(azurite, cuts=0, size=BLOCK // 2, after=replaced) as (lake, _),
            pytest.raises(LakeError, match=r"Somebody replaced it while it was being read: run again"),
        ):
            lake.local_file(ref, tmp_path)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def test_another_file_of_that_name_is_damaged(self, azurite: str, tmp_path: Path) -> None:
        lake = Lake("az://local-file", connection_string=azurite)
        ref = lake.publish("silver/links", {"data.parquet": b"links"}, rows=1)
        lake.write_bytes(f"{ref.folder}/data.parquet", b"lynks")
        with pytest.raises(DamagedFile, match="its SHA-256 is not the manifest's"):
            lake.local_file(ref, tmp_path)

    def test_a_full_disk_is_told(self, azurite: str, big: DatasetRef, tmp_path: Path) -> None:
        file = tmp_path / "silver-albums" / big.version / "data.parquet"
        file.parent.mkdir(parents=True)
        file.symlink_to("/dev/full")
        lake = Lake("az://local-file", connection_string=azurite)
        with pytest.raises(LakeError, match=r"No space left on device.*This machine's disk is full.*TMPDIR"):
            lake.local_file(big, tmp_path)
        assert not file.is_symlink()
