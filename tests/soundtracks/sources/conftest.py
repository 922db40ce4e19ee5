"""The sample services on real ports, with time that tests move: nothing here sleeps."""

from collections.abc import Callable, Iterator

import pytest

from sandbox import discogs, tmdb
from sandbox.discogs import Discogs as DiscogsService
from sandbox.serve import serving
from sandbox.tmdb import Tmdb as TmdbService
from soundtracks.lake.lake import Lake
from soundtracks.settings import Settings
from soundtracks.sources.endpoints import access_to
from soundtracks.sources.http import Source
from soundtracks.sources.services import open_source
from tests.rigs.moved_clock import MovedClock


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def tmdb_service(clock: MovedClock) -> TmdbService:
    return tmdb.tmdb_app(clock=clock.service)


@pytest.fixture
def discogs_service(clock: MovedClock) -> DiscogsService:
    return discogs.discogs_app(clock=clock.service)


Opener = Callable[..., Source]


@pytest.fixture
def tmdb_source(tmdb_service: TmdbService, lake: Lake, clock: MovedClock) -> Iterator[Source]:
    with serving(tmdb_service) as url:
        settings = Settings(_env_file=None, tmdb_token=tmdb.TOKEN, tmdb_base_url=f"{url}/3")
        with open_source(access_to("tmdb", settings), lake, settings, clock=clock) as source:
            yield source


@pytest.fixture
def open_discogs(discogs_service: DiscogsService, lake: Lake, clock: MovedClock) -> Iterator[Opener]:
    """Opens Discogs over the test's lake, as often as a test likes; settings as keywords."""
    opened: list[Source] = []
    with serving(discogs_service) as url:

        def opener(**changed: object) -> Source:
            settings = Settings(_env_file=None, **({"discogs_token": discogs.TOKEN, "discogs_base_url": url} | changed))
            opened.append(open_source(access_to("discogs", settings), lake, settings, clock=clock))
            return opened[-1]

        yield opener
        for source in opened:
            source.__exit__(None, None, None)


@pytest.fixture
def discogs_source(open_discogs: Opener) -> Source:
    return open_discogs()
