"""How much of Discogs' allowance is used, in real time, against a service that enforces the real moving window.

As a process of its own, that may be one of two: python -m benchmarks.extraction.window LAKE URL SECONDS NAME [shared]
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count

from prefect.client.orchestration import get_client

from sandbox import discogs
from sandbox.serve import serving
from tasks.allowance import PrefectLimit
from tasks.lake import Lake
from tasks.settings import Settings
from tasks.sources.batches import DISCOGS_THREADS
from tasks.sources.pacing import Clock
from tasks.sources.services import ALLOWANCE, access_to, open_source

WINDOW = 60.0
LIMIT = 60


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


def use(windows: int, runs: int) -> Used:
    """Lets `runs` processes ask at once for so many windows. More than one share the allowance through a Prefect server."""
    service = discogs.discogs_app(rate=LIMIT, window=WINDOW)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = stack.enter_context(serving(service))
        seconds = windows * WINDOW
        shared = ["shared"] if runs > 1 else []
        command = [sys.executable, "-m", "benchmarks.extraction.window", folder, url, str(seconds)]
        started = [subprocess.Popen([*command, f"run {number}", *shared], env=os.environ) for number in range(runs)]
        for process in started:
            process.wait()
    first = min(request.at for request in service.log.requests)
    within = [request for request in service.log.requests if request.at < first + seconds]
    shares = Counter(request.url.partition("q=")[2].partition("+of")[0].replace("+", " ") for request in within)
    refused = service.log.count(429)
    return Used(round(windows * LIMIT), len(within) - refused, refused, dict(shares))


def spend(lake_url: str, url: str, seconds: float, name: str, shared: bool) -> None:
    """Asks something new as fast as allowed until the time is over."""
    settings = Settings(_env_file=None, discogs_token=discogs.TOKEN, discogs_base_url=url)
    lake, clock, number = Lake(lake_url), Clock(), count()
    with ExitStack() as stack:
        limit = None
        if shared:
            client = stack.enter_context(get_client(sync_client=True))
            limit = PrefectLimit("benchmark-discogs-requests", *ALLOWANCE["discogs"], client, clock)
        source = stack.enter_context(open_source(access_to("discogs", settings), lake, settings, clock=clock, shared=limit))
        end = time.monotonic() + seconds

        def ask() -> None:
            while time.monotonic() < end:
                source.get("/database/search", {"q": f"{name} of {next(number)}", "per_page": 1})

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(DISCOGS_THREADS)]
        for thread in threads:
            thread.start()
        time.sleep(seconds + 1)  # a thread that still waits for its turn need not come to it


if __name__ == "__main__":
    spend(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4], sys.argv[5:] == ["shared"])
    os._exit(0)
