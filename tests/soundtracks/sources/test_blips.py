"""A service that is away for some seconds, with every thread's question under way: nothing is lost, and no run ends."""

import threading

import httpx
import pytest

from soundtracks.lake.lake import Lake
from soundtracks.settings import Settings
from soundtracks.sources.batches import TMDB_THREADS, Batch, fetch_films
from soundtracks.sources.endpoints import access_to
from soundtracks.sources.http import ATTEMPTS
from soundtracks.sources.services import open_source
from soundtracks.sources.tmdb import Title, Tmdb
from tests.rigs.moved_clock import OwnTimes


class Away(httpx.BaseTransport):
    """TMDB, where each of the threads meets `rounds` failures before anybody is answered; None: nobody is."""

    def __init__(self, rounds: int | None) -> None:
        self.requests = 0
        self._left = (rounds or 0) * TMDB_THREADS
        self._for_good = rounds is None
        self._lock = threading.Lock()
        self._together = threading.Barrier(TMDB_THREADS, timeout=10)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.requests += 1
            self._left -= 1
            away = self._left >= 0
        if away:
            self._together.wait()
        if away or self._for_good:
            return httpx.Response(503, content=b"<html>busy")
        if "/search" in request.url.path:
            title = request.url.params["query"]
            return httpx.Response(200, json={"results": [{"id": int(title[5:]), "title": title}]})
        number = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json={"id": int(number), "title": f"Film {number}"})


def asked(lake: Lake, service: Away, clock: OwnTimes) -> Batch:
    settings = Settings(_env_file=None, tmdb_token="a" * 30)
    with open_source(access_to("tmdb", settings), lake, settings, clock=clock, transport=service) as source:
        return fetch_films([Title(row=row, title=f"Film {row}") for row in range(1, 41)], Tmdb(source))


@pytest.mark.parametrize(("rounds", "seconds"), [(1, (1, 3)), (2, (3, 6)), (4, (15, 20))])
def test_a_blip_costs_nothing_but_waits(lake: Lake, rounds: int, seconds: tuple[float, float]) -> None:
    """`seconds`: between which the service is back for all threads."""
    service, clock = Away(rounds), OwnTimes()
    batch = asked(lake, service, clock)
    assert (batch.rows.num_rows, batch.failures, batch.passing, batch.interrupted) == (40, [], 0, None)
    assert service.requests == rounds * TMDB_THREADS + 2 * 40
    assert seconds[0] <= clock.latest <= seconds[1] + 3


def test_a_service_that_stays_away_is_left_alone_soon(lake: Lake) -> None:
    service, clock = Away(None), OwnTimes()
    batch = asked(lake, service, clock)
    assert TMDB_THREADS <= service.requests <= (ATTEMPTS + 2) * TMDB_THREADS
    assert "attempts in a row failed, the last with: tmdb: answered 503" in (batch.interrupted or "")
    assert (batch.rows.num_rows, len(batch.failures), batch.answered) == (0, 40, 0)
    assert 30 <= clock.latest <= 120
