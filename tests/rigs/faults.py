"""Writes that fail: before they are done, or after, when only the answer is lost. For a lake in a folder, and for one in Azurite."""

import http.client
import random
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

import pytest
from deltalake.table import TableMerger

from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue_tables import CatalogueTables, Merged, RunResult


@dataclass
class Faults:
    """Draws what happens to a write. `share` of them fail, `most` in all; `made`: so many did."""

    seed: int
    share: float
    most: int
    made: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def draw(self) -> str:
        """before, after, or nothing at all ("")."""
        with self._lock:
            if self.made >= self.most or self._random.random() >= self.share:
                return ""
            self.made += 1
            return self._random.choice(("before", "after"))

    @contextmanager
    def injected(self) -> Iterator[None]:
        """Into every merge that delta-rs makes in this process."""
        execute = TableMerger.execute

        def failing(merger: TableMerger) -> dict[str, Any]:
            fault = self.draw()
            if fault == "before":
                raise OSError(28, "No space left on device")
            done = execute(merger)
            if fault == "after":
                raise OSError(5, "Input/output error")
            return done

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(TableMerger, "execute", failing)
            yield


def publish_until_done(lake: Lake, result: RunResult, tries: int = 1000) -> Merged:
    """Publishes again as long as it is told that the lake cannot be written, as a person would who runs again."""
    for _ in range(tries):
        try:
            return CatalogueTables(lake).publish(result)
        except LakeError:
            continue
    raise AssertionError(f"{result.run_id} could not be published in {tries} tries")


@contextmanager
def breaking(connection_string: str, faults: Faults) -> Iterator[str]:
    """An address before Azurite where writes fail: refused with 503, or done and the connection cut. Its connection string."""
    port = int(re.search(r"BlobEndpoint=http://127\.0\.0\.1:(\d+)/", connection_string)[1])  # type: ignore[index]

    class Between(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = faults.draw() if self.command == "PUT" and "/catalogue/" in self.path else ""
            if fault == "before":
                self.send_response(503)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            data = answer.read()
            connection.close()
            if fault == "after":
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                    self.send_header(name, value)
            size = answer.getheader("Content-Length") if self.command == "HEAD" else None
            self.send_header("Content-Length", size or str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on  # noqa: N815 (the names that http.server calls)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client whose try failed hangs up: nothing to tell of, a thousand times."""
            if not isinstance(sys.exc_info()[1], ConnectionError):
                super().handle_error(request, client_address)  # type: ignore[arg-type]

    server = Quiet(("127.0.0.1", 0), Between)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield connection_string.replace(f"127.0.0.1:{port}/", f"127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
