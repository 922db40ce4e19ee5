"""Ten runs that publish at once while the storage refuses writes, or does them and loses the answer: a lake in a folder, and Azurite.

Who is told that the lake cannot be written publishes again, as a person would run again. Readers look on all the while.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pyarrow as pa

from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.publishing.terms import Origin
from soundtracks.records import ALBUMS, FILMS, LINKS
from tests.conftest import blob_lake
from tests.rigs.azurite import install, running
from tests.rigs.faults import Faults, breaking, publish_until_done
from tests.rigs.whole import damage
from tests.soak.outcome import Outcome

RUNS = 10
#: Of the writes fail so many, until all faults are made. A publication is some ten writes.
SHARE = 0.6
#: An album that all runs decide on, alike.
COMMON = "master:999999"


def under_faults(folder: Path, faults: int, seed: int) -> list[Outcome]:
    """Rounds of RUNS publications at once, on either storage, until it had so many faults."""
    return [in_a_folder(folder, faults, seed), _campaign("Azurite", faults, seed, _in_azurite(folder))]


def in_a_folder(folder: Path, faults: int, seed: int) -> Outcome:
    return _campaign("a folder", faults, seed, _in_folder(folder))


#: Enters a lake that is whole, and as many that fail by the faults.
Storage = Callable[[ExitStack, Faults], tuple[Lake, list[Lake]]]


def _in_folder(folder: Path) -> Storage:
    def entered(stack: ExitStack, faults: Faults) -> tuple[Lake, list[Lake]]:
        lake = Lake(str(folder / "lake"))
        stack.enter_context(faults.injected())
        return lake, [lake] * RUNS

    return entered


def _in_azurite(folder: Path) -> Storage:
    def entered(stack: ExitStack, faults: Faults) -> tuple[Lake, list[Lake]]:
        install()
        place = folder / "azurite"
        place.mkdir()
        connection = stack.enter_context(running(place)).connection_string
        whole = blob_lake(connection)
        address = stack.enter_context(breaking(connection, faults))
        return whole, [Lake(whole.url, connection_string=address) for _ in range(RUNS)]

    return entered


def _campaign(where: str, most: int, seed: int, storage: Storage) -> Outcome:
    """A run has survived whose rows are all there, once, and which the history of the catalogue knows."""
    outcome, started = Outcome(f"ten runs publish at once under {most:,} failing writes, {where}"), time.monotonic()
    faults = Faults(seed=seed, share=SHARE, most=most)
    states: list[list[str]] = []
    published = 0
    with ExitStack() as stack:
        whole, lakes = storage(stack, faults)
        tables, ended = CatalogueTables(whole), Event()
        publish_until_done(whole, _result("first", 0))

        def look() -> None:
            while not ended.wait(0.2):
                states.append(damage(whole))

        with ThreadPoolExecutor(RUNS + 1) as pool:
            reading = pool.submit(look)
            try:
                while faults.made < most:
                    results = [_result(f"r{published + n + 1}", published + n + 1) for n in range(RUNS)]
                    list(pool.map(publish_until_done, lakes, results))
                    published += RUNS
            finally:
                ended.set()
            reading.result()
        rows = Counter((row["album_id"], row["tmdb_id"], row["run_id"]) for row in tables.links.read().to_pylist())
        history = {commit.about["run_id"] for commit in tables.links.commits()}
        dangling = damage(whole)
    for n in range(published + 1):
        name = f"r{n}" if n else "first"
        there = [rows[album, film, name] for album, film, _ in _links(n)]
        if max(there) > 1:
            outcome.add("twice", f"{name}: its rows stand {there} times")
        elif min(there) < 1 or name not in history:
            outcome.add("lost", f"{name}: its rows stand {there} times; in the history: {name in history}")
        else:
            outcome.add("survived")
    half = [state for state in states if state]
    for what in [*map(str, half), *dangling]:
        outcome.add("lost", f"seen by a reader: {what}")
    outcome.measured.append(
        f"{where}: {faults.made:,} writes failed under {published:,} publications, ten at a time; {outcome.lost} lost, {len(dangling)}"
        f" rows without their film or album, {len(half)} of {len(states)} states that readers saw were half"
    )
    outcome.seconds = time.monotonic() - started
    return outcome


def _links(n: int) -> Iterator[tuple[str, str, str]]:
    yield f"master:{n + 1}", f"{n + 1}", "accept"
    yield f"release:{n + 1}", f"{n + 1}", "review"


def _result(name: str, n: int) -> RunResult:
    links = [*_links(n), (COMMON, "999999", "accept")]
    return RunResult(
        name,
        pa.Table.from_pylist([{"tmdb_id": film, "title": f"Film {film}"} for film in sorted({f for _, f, _ in links})], FILMS),
        pa.Table.from_pylist([{"album_id": album, "title": f"Album {album}"} for album, _, _ in links], ALBUMS),
        pa.Table.from_pylist([{"album_id": a, "tmdb_id": f, "decision": d, "match_weight": 5.0} for a, f, d in links], LINKS),
        albums_from=Origin("discogs dump"),
    )
