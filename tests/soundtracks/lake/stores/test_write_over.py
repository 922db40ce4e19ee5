"""A file is replaced only if it still is what was read."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from soundtracks.lake.lake import Lake
from soundtracks.lake.stores.blob import Blob, Timeouts
from tests.soundtracks.lake.stores.test_blob import connection


def test_in_every_lake(any_lake: Lake) -> None:
    store = any_lake.store
    assert store.write_over("a/b", b"1", "")
    assert not store.write_over("a/b", b"2", "")
    first = store.etag("a/b")
    assert store.write_over("a/b", b"3", first)
    assert not store.write_over("a/b", b"4", first)
    assert store.read("a/b") == b"3"


@contextmanager
def answering(status: int, code: str) -> Iterator[tuple[int, list[dict[str, str]]]]:
    """A Blob Storage that answers every upload so: its port, and the headers of what it was sent."""
    seen: list[dict[str, str]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            self.send_header("x-ms-error-code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port, seen
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "code", "etag", "condition", "written"),
    [
        (201, "", "0x1", ("if-match", '"0x1"'), True),
        (412, "ConditionNotMet", "0x1", ("if-match", '"0x1"'), False),
        (201, "", "", ("if-none-match", "*"), True),
        (409, "BlobAlreadyExists", "", ("if-none-match", "*"), False),
    ],
)
def test_blob_storage_is_asked_to_compare(status: int, code: str, etag: str, condition: tuple[str, str], written: bool) -> None:
    with answering(status, code) as (port, seen):
        blob = Blob.connect("lake", connection_string=connection(port), patience=Timeouts(retries=0))
        assert blob.write_over("a", b"1", etag) is written
    name, value = condition
    assert seen[0][name] == value
