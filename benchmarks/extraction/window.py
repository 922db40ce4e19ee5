"""How much of an allowance is used, in real time, against a service that enforces the real moving window.

As a process of its own, that may be one of two: python -m benchmarks.extraction.window SOURCE LAKE URL SECONDS NAME [shared]
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Literal

import httpx
from prefect.client.orchestration import get_client

from sandbox import discogs, tmdb
from sandbox.serve import serving
from sandbox.service import Service
from soundtracks.lake.lake import Lake
from soundtracks.operations.allowance import PrefectLimit
from soundtracks.settings import Settings
from soundtracks.sources.batches import DISCOGS_THREADS, TMDB_THREADS
from soundtracks.sources.endpoints import access_to
from soundtracks.sources.pacing import Clock
from soundtracks.sources.services import ALLOWANCE, SHARED_ALLOWANCE, open_source

Name = Literal["discogs", "tmdb"]
LIMIT_NAME = "benchmark-requests"


@dataclass(frozen=True)
class Asking:
    """A service as the benchmark asks it. `delay`: seconds that each answer is delayed on its way, as over the internet."""

    app: Callable[[], Service]
    path: str
    query: str
    threads: int
    delay: float


ASKING: dict[Name, Asking] = {
    "discogs": Asking(discogs.discogs_app, "/database/search", "q", DISCOGS_THREADS, 0.3),
    "tmdb": Asking(tmdb.tmdb_app, "/search/movie", "query", TMDB_THREADS, 0.1),
}


@dataclass
class Used:
    """`made`: requests that were let through, of `permitted`; `refused`: 429s; `shares`: requests by process."""

    permitted: int
    made: int
    refused: int
    shares: dict[str, int]

    @property
    def share(self) -> float:
        return self.made / self.permitted


class Distant(httpx.HTTPTransport):
    """Answers come as late as over the internet."""

    def __init__(self, delay: float) -> None:
        super().__init__()
        self._delay = delay

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        time.sleep(self._delay / 2)
        response = super().handle_request(request)
        time.sleep(self._delay / 2)
        return response


def use(name: Name, seconds: float, runs: int) -> Used:
    """Lets `runs` processes ask at once for so long. More than one share the allowance through a Prefect server."""
    limit, window = ALLOWANCE[name]
    with running(name, seconds, runs, shared=runs > 1) as (service, processes):
        for process in processes:
            process.wait()
    first = min(request.at for request in service.log.requests)
    within = [request for request in service.log.requests if request.at < first + seconds]
    query = f"{ASKING[name].query}="
    shares = Counter(request.url.partition(query)[2].partition("+of")[0].replace("+", " ") for request in within)
    refused = service.log.count(429)
    return Used(round(seconds / window * limit), len(within) - refused, refused, dict(shares))


def kill_and_wait() -> tuple[int, float]:
    """Kills (-9) a run that holds slots of Discogs' allowance: how many, and after how many seconds all had come back."""
    with running("discogs", 600, 1, shared=True) as (service, (process,)), get_client(sync_client=True) as client:
        while service.log.count() < 10:
            time.sleep(0.1)
        process.kill()
        process.wait()
        killed = time.monotonic()
        held = taken = int(client.read_global_concurrency_limit_by_name(LIMIT_NAME).active_slots)
        while taken:
            time.sleep(0.5)
            taken = int(client.read_global_concurrency_limit_by_name(LIMIT_NAME).active_slots)
    return held, time.monotonic() - killed


@contextmanager
def running(name: Name, seconds: float, runs: int, *, shared: bool) -> Iterator[tuple[Service, list[subprocess.Popen[bytes]]]]:
    service = ASKING[name].app()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = stack.enter_context(serving(service))
        command = [sys.executable, "-m", "benchmarks.extraction.window", name, folder, url, str(seconds)]
        further = ["shared"] if shared else []
        yield service, [subprocess.Popen([*command, f"run {number}", *further], env=os.environ) for number in range(runs)]


def spend(name: Name, lake_url: str, url: str, seconds: float, run: str, shared: bool) -> None:
    """Asks something new as fast as allowed until the time is over."""
    asking = ASKING[name]
    settings = Settings(
        _env_file=None,
        discogs_token=discogs.TOKEN,
        discogs_base_url=url,
        tmdb_token=tmdb.TOKEN,
        tmdb_base_url=f"{url}/3",
    )
    lake, clock, number = Lake(lake_url), Clock(), count()
    with ExitStack() as stack:
        limit = None
        if shared:
            client = stack.enter_context(get_client(sync_client=True))
            limit = PrefectLimit(LIMIT_NAME, *SHARED_ALLOWANCE[name], client, clock)
        source = stack.enter_context(
            open_source(access_to(name, settings), lake, settings, clock=clock, shared=limit, transport=Distant(asking.delay))
        )
        end = time.monotonic() + seconds

        def ask() -> None:
            while time.monotonic() < end:
                source.get(asking.path, {asking.query: f"{run} of {next(number)}"})

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(asking.threads)]
        for thread in threads:
            thread.start()
        time.sleep(seconds + 1)  # a thread that still waits for its turn need not come to it


if __name__ == "__main__":
    source, lake_url, url, seconds, run, *further = sys.argv[1:]
    spend("tmdb" if source == "tmdb" else "discogs", lake_url, url, float(seconds), run, further == ["shared"])
    os._exit(0)
