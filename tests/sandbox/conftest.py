"""The stand-ins on real ports with a clock that stands still, and clients that have the right key."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from sandbox import discogs, tmdb
from sandbox.clock import FrozenClock
from sandbox.discogs import Discogs, discogs_app
from sandbox.serve import serving
from sandbox.service import Service
from sandbox.tmdb import Tmdb, tmdb_app

AGENT = "SoundtrackLinksTests/1.0"
Connect = Callable[..., httpx.Client]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Serves a service and gives a client for it: `connect(service, headers=…)`."""
    with ExitStack() as stack:

        def connect(service: Service, *, headers: dict[str, str], timeout: float = 5) -> httpx.Client:
            url = stack.enter_context(serving(service))
            return stack.enter_context(httpx.Client(base_url=url, headers={"User-Agent": AGENT} | headers, timeout=timeout))

        yield connect


@pytest.fixture
def discogs_service() -> Discogs:
    return discogs_app(clock=FrozenClock())


@pytest.fixture
def tmdb_service() -> Tmdb:
    return tmdb_app(clock=FrozenClock())


@pytest.fixture
def discogs_client(discogs_service: Discogs, connect: Connect) -> httpx.Client:
    return connect(discogs_service, headers={"Authorization": f"Discogs token={discogs.TOKEN}"})


@pytest.fixture
def tmdb_client(tmdb_service: Tmdb, connect: Connect) -> httpx.Client:
    return connect(tmdb_service, headers={"Authorization": f"Bearer {tmdb.TOKEN}"})
