"""The catalogue at a million: `python -m benchmarks.catalogue merge` and `… incremental`.

merge: the time and memory of a process that merges a thousand links, half of them new, into a table of a million, in the layout
and with the evidence that runs give it. Its container in Azure has one core, as the process has here, and 2 GB.

incremental: a new list of 50 films against a million albums of imported dumps, the steps that a run takes between titles and
published links, without Prefect around them; the links are compared with those of a match from scratch.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import typer
from prefect.logging import disable_run_logger

from benchmarks.figures import Figure, record
from benchmarks.scale.catalogue import make_catalogue
from soundtracks.lake.lake import Lake
from soundtracks.matching.lake_state import DATASET as STATE
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.publishing.merging import LINKS_TABLE
from soundtracks.publishing.publish import publish
from soundtracks.publishing.terms import Origin
from soundtracks.records import ALBUMS, FILMS, conform
from soundtracks.settings import get_settings
from soundtracks.sources.dumps.dump_kinds import MASTERS
from tasks.match import match_datasets
from tasks.publish import films_to_match
from tasks.take_from_dumps import take_albums_from_dumps

app = typer.Typer(help=__doc__, add_completion=False)

#: Characters of evidence of a link, as runs of the sample have it (mean 1,100).
EVIDENCE = 1_100
PIECE = 100_000
MERGED = 1_000


@app.command()
def merge(links: int = typer.Option(1_000_000, help="Links of the table.")) -> None:
    """Measures, prints and records a merge into so many links."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(str(Path(folder) / "lake"))
        for at in range(0, links, PIECE):  # as many runs
            rows = made_links(range(at, min(at + PIECE, links)))
            CatalogueTables(lake).links.merge(rows, {"run_id": str(at)})
        size = sum(entry.size for entry in lake.list("catalogue/links"))
        program = [sys.executable, "-m", "benchmarks.catalogue", "merge-once", lake.url, str(links)]
        found = json.loads(subprocess.run(program, capture_output=True, text=True, check=True).stdout)
    figures = {
        "links": Figure(links),
        "table_mb": Figure(size / 1e6, f"{size / 1e6:,.0f} MB"),
        "seconds": Figure(found["seconds"], f"{found['seconds']:.0f} s"),
        "peak_mb": Figure(found["peak"] / 1e6, f"{found['peak'] / 1e6:,.0f} MB"),
    }
    _told("catalogue-merge", figures, f"python -m benchmarks.catalogue merge --links {links}")


@app.command(hidden=True)
def merge_once(url: str, links: int) -> None:
    """One merge in a process of its own, as a run does it; prints seconds, and the most memory that the process had, bytes."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    tables = CatalogueTables(Lake(url))
    half = MERGED // 2  # of them stand there already, all over the table: each of its files is written anew
    rows = made_links([*(n * (links // half) for n in range(half)), *range(links, links + half)])
    started = time.monotonic()
    tables.links.merge(rows, {"run_id": "merge"})
    seconds = time.monotonic() - started
    found = tables.links.read(columns=["album_id"])
    if len(found) != links + half:
        raise AssertionError(f"{len(found)} links after the merge")
    print(json.dumps({"seconds": seconds, "peak": peak_memory()}))


def peak_memory() -> int:
    """Bytes that this process had at most. (ru_maxrss is also of the process that started this one.)"""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def made_links(numbers: Iterable[int]) -> pa.Table:
    """Links, schema LINKS_TABLE. The same number has the same key."""
    numbers = list(numbers)
    draw = random.Random(numbers[0])
    columns = {
        "album_id": [f"master:{number * 7919 % 10_000_019}" for number in numbers],
        "tmdb_id": [f"{number % 1_000_003}" for number in numbers],
        "decision": ["accept"] * len(numbers),
        "model_decision": ["accept"] * len(numbers),
        "decided_by": ["model"] * len(numbers),
        "probability": [draw.random() for _ in numbers],
        "match_weight": [draw.uniform(0, 30) for _ in numbers],
        "evidence": [f"{draw.getrandbits(EVIDENCE * 4):0{EVIDENCE}x}" for _ in numbers],
    }
    return conform(pa.table(columns), LINKS_TABLE)


@app.command()
def incremental(
    albums: int = typer.Option(1_000_000, help="Albums of the imported dump."),
    films: int = typer.Option(20_000, help="Films that earlier lists brought into the catalogue."),
    new: int = typer.Option(50, help="Films of the new list."),
) -> None:
    """Measures, prints and records what a new list takes."""
    made = make_catalogue(films + new, albums, seed=19)
    every = conform(made.films, FILMS)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SOUNDTRACKS_LAKE_URL"] = str(Path(folder) / "lake")
        get_settings.cache_clear()
        lake = Lake.from_settings()
        lake.publish_table(MASTERS.dataset, conform(made.albums, ALBUMS))
        del made
        earlier = every.slice(new)
        CatalogueTables(lake).publish(RunResult("earlier", earlier, films_from=Origin("wikidata")))
        first, _ = _run(lake, earlier.slice(0, new), "first")  # reads the titles of the dump, once
        listed = every.slice(0, new)
        steps, links = _run(lake, listed, "new")
        for entry in lake.list(STATE):
            lake.delete(entry.name)
        scratch = _run(lake, listed, "scratch")[1]
        if not links.equals(scratch):
            raise AssertionError("a match that knows earlier ones came to other links than one from scratch")
        again, _ = _run(lake, listed, "again")
    figures = {"albums": Figure(albums), "films": Figure(films), "scored": Figure(len(links))}
    for name, step in [("first", first), ("new", steps), ("again", again)]:
        figures |= {f"{name}.{what}": Figure(seconds, f"{seconds:.1f} s") for what, seconds in step.items()}
    _told("incremental", figures, f"python -m benchmarks.catalogue incremental --albums {albums} --films {films} --new {new}")


def _run(lake: Lake, films: pa.Table, name: str) -> tuple[dict[str, float], pa.Table]:
    """The steps of a run from films to the catalogue: (seconds of each and of all, the processor's too; its links)."""
    seconds: dict[str, float] = {}
    began, worked = time.monotonic(), time.process_time()

    @contextmanager
    def step(what: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        seconds[what] = time.monotonic() - started

    with disable_run_logger():
        listed = lake.publish_table("silver/films", films)
        with step("albums"):
            albums = take_albums_from_dumps.fn(listed, "dump").ref
        with step("films_beside"):
            compared = films_to_match.fn(listed)
        with step("match"):
            matched = match_datasets.fn(compared, [albums], name)
    links = lake.read_table(matched.ref)
    with step("publish"):
        catalogue = Catalogue(lake.read_table(compared), lake.read_table(albums), links)
        publish(lake, name, catalogue)
    return seconds | {"seconds": time.monotonic() - began, "processor": time.process_time() - worked}, links


def _told(name: str, figures: dict[str, Figure], command: str) -> None:
    for figure, value in figures.items():
        print(f"{figure:<20} {value.text}")
    record(name, figures, command=command)


if __name__ == "__main__":
    app()
