"""The review page's service over a catalogue of a test, and what was decided there."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import uvicorn

from soundtracks.decisions import DecisionStore, read_decisions
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.publish import publish
from soundtracks.serving.review_queue import ReviewQueue
from soundtracks.serving.server import create_app

TOKEN = "only-our-page-knows"


def opened(url: str) -> str:
    """The address that `soundtracks review` opens."""
    return f"{url}#token={TOKEN}"


class Beyond:
    """TMDB and Discogs, which know one film and one album more."""

    DUNE: ClassVar = {"tmdb_id": "438631", "title": "Dune", "year": 2021, "composers": ["Hans Zimmer"]}

    def film(self, tmdb_id: str) -> dict[str, object] | None:
        return self.DUNE if tmdb_id == "438631" else None

    def search(self, title: str) -> list[dict[str, object]]:
        return [self.DUNE] if title == "dune" else []

    def album(self, album_id: str) -> dict[str, object] | None:
        return {"album_id": "master:9", "title": "Dune Sketchbook", "year": 2021} if album_id == "release:90" else None


class _Server(uvicorn.Server):
    ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def said(lake: Lake) -> list[tuple[str | None, str, str, str]]:
    return [(d["by"], d["decision"], d["album_id"], d["tmdb_id"]) for d in read_decisions(lake).to_pylist()]


@contextmanager
def serving_review(lake: Lake, catalogue: Catalogue) -> Iterator[str]:
    """Publishes a catalogue and serves its review page; gives the address."""
    publish(lake, "run-1", catalogue)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    app = create_app(ReviewQueue.from_lake(lake), DecisionStore(lake), port=port, token=TOKEN, services=Beyond())
    server = _Server(uvicorn.Config(app, log_level="error"))
    server.ready = threading.Event()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert server.ready.wait(120)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.should_exit = True
        thread.join(60)
