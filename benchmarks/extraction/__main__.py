"""python -m benchmarks.extraction [--windows 5] [--kills 50] [--only PART]: prints the tables of docs/extraction.md.

Parts: ways, asking, kills, fifty (a minute), dump (half a minute), tmdb (a minute), windows (two real minutes for each window,
little CPU), flow (three minutes), lease (two minutes).
"""

import argparse
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import httpx
from prefect.settings import PREFECT_API_URL, temporary_settings
from rich.console import Console
from rich.table import Table

from benchmarks.extraction.kills import kill_and_resume
from benchmarks.extraction.subject import RATE, extract
from benchmarks.extraction.whole import link_by_dumps, use_by_flow
from benchmarks.extraction.window import Used, kill_and_wait, use
from sandbox import discogs, tmdb
from sandbox.catalogue import load_truth
from sandbox.serve import serving
from soundtracks.lake.lake import Lake
from soundtracks.sources.discogs import Breadth
from soundtracks.sources.services import ALLOWANCE
from soundtracks.sources.sweep import NOT_FOUND, REQUESTS_PER_FILM

PARTS = ("ways", "asking", "kills", "fifty", "dump", "tmdb", "windows", "flow", "lease")
ONE, TWO = "one run", "two runs at once"
#: Requests that sweeps of Discogs take, computed: masters about a thousand; releases from 19 M of which 2.7 % are for the
#: screen, 100 a page (figures of Discogs' dumps of 2026).
MASTERS = 1_000
RELEASES = math.ceil(19_000_000 * 0.027 / 100)


def fifty(console: Console) -> None:
    """Fifty films at the services' real pace."""
    with (
        tempfile.TemporaryDirectory() as lake,
        serving(tmdb.tmdb_app()) as films,
        serving(discogs.discogs_app()) as albums,
    ):
        started = time.monotonic()
        film_ref, album_ref, requests = extract(lake, films, albums, titles=50, paced=True)
        seconds = time.monotonic() - started
    table = Table("films", "albums", "TMDB", "Discogs", "seconds", title="Fifty titles of the sample at the real pace")
    table.add_row(*map(str, (film_ref.rows, album_ref.rows, requests["tmdb"], requests["discogs"], f"{seconds:.0f}")))
    console.print(table)


def windows(console: Console, number: int) -> None:
    alone = use("discogs", 60 * number, 1)
    with prefect_server():
        together = use("discogs", 60 * number, 2)
    _show_used(console, f"Discogs: {number} real windows of 60 s, answers after 0.3 s", {ONE: alone, TWO: together})


def tmdb_windows(console: Console) -> None:
    alone = use("tmdb", 20, 1)
    with prefect_server():
        together = use("tmdb", 20, 2)
    _show_used(console, "TMDB: 20 real windows of 1 s, answers after 0.1 s; permitted: 40 a second", {ONE: alone, TWO: together})


def flow(console: Console) -> None:
    with prefect_server():
        _show_used(console, "Discogs: the first two real minutes of extract-albums", {"the whole flow": use_by_flow(120)})


def dump(console: Console) -> None:
    with prefect_server():
        score, seconds, requests = link_by_dumps()
    table = Table("precision", "recall", "seconds", "requests to Discogs", title="The sample by --plan dump, titles to report")
    table.add_row(f"{score.precision:.3f}", f"{score.recall:.3f}", f"{seconds:.0f}", str(requests))
    console.print(table)


def lease(console: Console) -> None:
    with prefect_server():
        held, seconds = kill_and_wait()
    table = Table("slots held", "all back after", title="A killed run (-9) and the shared allowance")
    table.add_row(str(held), f"{seconds:.0f} s")
    console.print(table)


@contextmanager
def prefect_server() -> Iterator[None]:
    """A server with an empty database, which the processes started meanwhile use too. (Prefect's harness for tests would not
    do: it never ends a lease.)"""
    with tempfile.TemporaryDirectory() as home, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        url = f"http://127.0.0.1:{port}/api"
        os.environ |= {"PREFECT_HOME": home, "PREFECT_API_URL": url, "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not _answers(f"{url}/health"):
                time.sleep(0.5)
            with temporary_settings({PREFECT_API_URL: url}):
                yield
        finally:
            server.terminate()
            server.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.HTTPError:
        return False


def _show_used(console: Console, title: str, rows: dict[str, Used]) -> None:
    table = Table("", "permitted", "made", "used", "429s", "by run", title=title)
    for name, used in rows.items():
        table.add_row(name, *_columns(used))
    console.print(table)


def _columns(used: Used) -> tuple[str, ...]:
    return str(used.permitted), str(used.made), f"{used.share:.1%}", str(used.refused), ", ".join(map(str, used.shares.values()))


def asking(console: Console) -> None:
    table = Table(
        "titles asked", "TMDB a film", "Discogs a film", "recall", "second run asks", title="Requests and recall, sample"
    )
    true = [album for album, truth in load_truth().items() if truth.tmdb_ids]
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(tmdb.tmdb_app(rate=RATE)) as films,
        serving(discogs.discogs_app(rate=RATE)) as albums,
    ):
        for breadth in get_args(Breadth):
            lake = f"{folder}/{breadth}"
            film_ref, album_ref, requests = extract(lake, films, albums, breadth)
            *_, again = extract(lake, films, albums, breadth)
            found = set(Lake(lake).read_table(album_ref)["album_id"].to_pylist())
            recall = sum(album in found for album in true) / len(true)
            per_film = {source: f"{count / film_ref.rows:.2f}" for source, count in requests.items()}
            table.add_row(breadth, per_film["tmdb"], per_film["discogs"], f"{recall:.2%}", str(sum(again.values())))
    console.print(table)


def killed(console: Console, kills: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        result = kill_and_resume(Path(folder), kills, seed=1)
    table = Table(
        "kills (-9)", "answers", "cached responses asked again", "lost in flight", "same bytes", title="Killed at random points"
    )
    table.add_row(*map(str, (result.kills, result.answers, result.repeated, result.in_flight, "yes" if result.same else "NO")))
    console.print(table)


def ways(console: Console) -> None:
    table = Table(
        "films", "TMDB", "search", "sweep masters, search the rest", "sweep all", title="Computed times, 40/s and 60/min"
    )
    for films in (50, 5_000, 500_000):
        searching = films * REQUESTS_PER_FILM
        plans = (searching, MASTERS + searching * NOT_FOUND, MASTERS + RELEASES)
        table.add_row(f"{films:,}", _time(films * 2 / 40), *(_time(plan / ALLOWANCE["discogs"][0] * 60) for plan in plans))
    console.print(table)


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} h"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--only", choices=PARTS, help="one of the parts")
    given = parser.parse_args()
    parts: dict[str, Callable[[Console], None]] = {
        "ways": ways,
        "asking": asking,
        "kills": lambda console: killed(console, given.kills),
        "fifty": fifty,
        "dump": dump,
        "tmdb": tmdb_windows,
        "windows": lambda console: windows(console, given.windows),
        "flow": flow,
        "lease": lease,
    }
    for name, part in parts.items():
        if given.only in (None, name):
            part(Console())


if __name__ == "__main__":
    main()
