"""Speed, memory and pair completeness of the match.

    python -m benchmarks.scale                                      100,000 films × 100,000 albums, on the cores of this machine
    python -m benchmarks.scale --growth 100000,300000,1000000 --engine both --runs 3 --write        how time grows
    python -m benchmarks.scale --films 100000 --albums 200000 --peers --runs 3 --write              beside Splink and the old rule

Catalogues are made by a seeded word model (catalogue.py), in a process of their own, so that peak memory is the
match's. Pair completeness is measured on up to 50,000 true pairs, against the whole index. Of several runs the one of the
median time counts.
"""

import math
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median_low
from typing import Annotated, Literal, TypeVar

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, record, slug
from benchmarks.scale.catalogue import rows_of, write_catalogue
from benchmarks.scale.memory import PeakMemory
from benchmarks.scale.peers import Result, old_rule, score_at_best, score_pairs, splink
from benchmarks.scale.steps import one_album, steps
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.pipeline import match_files
from soundtracks.settings import get_settings

Engine = Literal["spark", "local"]
console = Console()
#: A list of somebody's, and how often the command is measured on it.
SMALL, TIMES = (200, 400), 5


@dataclass
class Run:
    """One match. `best`: precision and recall at the threshold of the best F1, as the peers have them.

    `stages`: seconds of wall clock; `steps`: µs an album on one core, from a sample; `alone`: milliseconds of one album.
    """

    engine: Engine
    films: int
    albums: int
    seconds: float
    candidates: int
    completeness: float
    precision: float
    recall: float
    best: tuple[float, float]
    peak_bytes: int
    stages: dict[str, float] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    alone: float = 0.0


def main(
    films: Annotated[int, typer.Option(help="Films.")] = 100_000,
    albums: Annotated[int, typer.Option(help="Albums.")] = 100_000,
    growth: Annotated[str, typer.Option(help="Sizes, comma between; as many albums as films.")] = "",
    engine: Annotated[Literal["spark", "local", "both"], typer.Option(help="Engine.")] = "local",
    master: Annotated[str, typer.Option(help="Spark master; default: the setting.")] = "",
    peers: Annotated[bool, typer.Option(help="Also Splink (DuckDB) and the old rule.")] = False,
    old_sample: Annotated[int, typer.Option(help="Albums that the old rule links; its time is scaled up.")] = 2_000,
    seed: Annotated[int, typer.Option(help="Seed of the catalogues.")] = 20261124,
    runs: Annotated[int, typer.Option(min=1, help="Times that each is measured; the median counts.")] = 1,
    write: Annotated[bool, typer.Option("--write", help="Keep the figures, and fill README and docs with them.")] = False,
) -> None:
    sizes = [(int(size), int(size)) for size in growth.split(",")] if growth else [(films, albums)]
    engines: tuple[Engine, ...] = ("local", "spark") if engine == "both" else (engine,)
    measured: list[Run] = []
    rivals: list[Result] = []
    for n_films, n_albums in sizes:
        with tempfile.TemporaryDirectory(prefix="scale-") as name:
            folder = Path(name)
            made = multiprocessing.get_context("spawn").Process(target=write_catalogue, args=(folder, n_films, n_albums, seed))
            made.start()
            made.join()
            of_size = [_middle(runs, lambda: _measure(folder, one, master)) for one in engines]  # noqa: B023 -- called at once
            _look_closely(of_size, folder)
            for run in of_size:
                _print_run(run)
            measured += of_size
            if peers:
                rivals = list(_peers(folder, runs, old_sample, master or "local[*]"))
                _print_peers(measured, rivals)
    if len(measured) > 1:
        _print_growth(measured)
    if write:
        _record(measured, rivals, seconds_of_the_command(seed) if growth else 0.0)


Measured = TypeVar("Measured", Run, Result)


def _middle(times: int, measure: Callable[[], Measured]) -> Measured:
    """The run of the median time."""
    found = {run.seconds: run for run in (measure() for _ in range(times))}
    return found[median_low(found)]


def _peers(folder: Path, runs: int, old_sample: int, master: str) -> Iterable[Result]:
    films, albums = (pq.read_table(folder / f"{name}.parquet") for name in ("films", "albums"))
    truth = np.load(folder / "truth.npy")
    yield _middle(runs, lambda: splink(films, albums, truth))
    yield _middle(runs, lambda: splink(films, albums, truth, widely=True))
    yield _middle(runs, lambda: old_rule(films, albums, truth, old_sample, master))


def _look_closely(runs: list[Run], folder: Path) -> None:
    """Adds what is measured in one process, whatever the engine: completeness, steps, one album."""
    albums = pq.read_table(folder / "albums.parquet")
    index = FilmIndex.build(pq.read_table(folder / "films.parquet"))
    completeness, spent = steps(index, albums, np.load(folder / "truth.npy"))
    alone = one_album(index, albums)
    for run in runs:
        run.completeness, run.steps, run.alone = completeness, spent, alone


def seconds_of_the_command(seed: int) -> float:
    """Seconds from the start to the end of `soundtracks link` on a list of somebody's, median."""
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        write_catalogue(Path(folder), *SMALL, seed)
        files = [word for name in ("films", "albums") for word in (f"--{name}", f"{folder}/{name}.parquet")]
        command = [sys.executable, "-m", "soundtracks.cli.main", "link", *files, "--out", f"{folder}/links"]
        env = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}  # the first start alone compiles, wherever this is measured
        spent = []
        for _ in range(TIMES):
            start = time.monotonic()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
            spent.append(time.monotonic() - start)
        return median_low(spent)


def _measure(folder: Path, engine: Engine, master: str) -> Run:
    settings = get_settings()
    if master:
        settings = settings.model_copy(update={"spark_master": SecretStr(master)})
    seen: dict[str, float] = {}

    def note(what: str, _: int, __: int) -> None:
        seen.setdefault(what, time.monotonic())

    with PeakMemory() as memory:
        started = time.monotonic()
        metrics = match_files(
            folder / "films.parquet",
            folder / "albums.parquet",
            folder / "links.parquet",
            settings,
            engine=engine,
            progress=note,
        )
        ended = time.monotonic()
    marks = [("Reading", started), *seen.items(), ("end", ended)]
    stages = {name: later - at for (name, at), (_, later) in pairwise(marks)}
    truth = np.load(folder / "truth.npy")
    links = pq.read_table(folder / "links.parquet", columns=["album_id", "tmdb_id", "decision", "probability"])
    links = links.filter(pc.is_valid(links["tmdb_id"]))
    row, film = rows_of(links["album_id"]), rows_of(links["tmdb_id"])
    accepted = pc.equal(links["decision"], "accept").to_numpy()
    precision, recall = score_pairs(truth, row[accepted], film[accepted])
    best = score_at_best(truth, row, film, links["probability"].to_numpy())
    return Run(
        engine,
        metrics.films,
        metrics.albums,
        ended - started,
        metrics.candidates,
        0.0,
        precision,
        recall,
        best,
        memory.bytes,
        stages,
    )


def _print_run(run: Run) -> None:
    table = Table(title=f"{run.films:,} films × {run.albums:,} albums, {run.engine}", show_header=False)
    for name, seconds in run.stages.items():
        table.add_row(name, f"{seconds:.1f} s")
    table.add_section()
    table.add_row("whole match", f"{run.seconds:.1f} s")
    table.add_row("candidate pairs", f"{run.candidates:,}")
    table.add_row("pairs a second", f"{run.candidates / run.seconds:,.0f}")
    table.add_row("pair completeness", f"{run.completeness:.4f}")
    table.add_row("precision, recall of accepted", f"{run.precision:.4f}, {run.recall:.4f}")
    table.add_row("peak memory of all processes", f"{run.peak_bytes / 2**30:.2f} GB")
    table.add_section()
    for step, microseconds in run.steps.items():
        table.add_row(f"{step}, one core", f"{microseconds:.0f} µs an album")
    table.add_row("one album alone", f"{run.alone:.1f} ms")
    console.print(table)


def _print_peers(measured: list[Run], rivals: list[Result]) -> None:
    table = Table(title="Beside the peers, each at its best threshold")
    for column in ("", "time", "candidates", "true pairs among them", "precision", "recall"):
        table.add_column(column)
    for result in (*map(_as_result, measured), *rivals):
        note = f", scaled up from {result.sampled:.1%} of the albums" if result.sampled < 1 else ""
        complete = "" if result.completeness is None else f"{result.completeness:.4f}"
        row = (f"{result.seconds:.1f} s", f"{result.candidates:,}", complete, f"{result.precision:.4f}", f"{result.recall:.4f}")
        table.add_row(result.name + note, *row)
    console.print(table)


def _as_result(run: Run) -> Result:
    return Result(f"this project, {run.engine}", run.seconds, run.candidates, *run.best, run.completeness)


def _print_growth(runs: list[Run]) -> None:
    table = Table("engine", "films × albums", "time", "candidates", "completeness", "pairs/s", "memory", title="Growth")
    for run in runs:
        cells = (f"{run.seconds:.1f} s", f"{run.candidates:,}", f"{run.completeness:.4f}", f"{run.candidates / run.seconds:,.0f}")
        table.add_row(run.engine, f"{run.films:,} × {run.albums:,}", *cells, f"{run.peak_bytes / 2**30:.2f} GB")
    console.print(table)
    for engine, exponent in _exponents(runs).items():
        console.print(f"{engine}: from first to last size time grows as N^{exponent:.2f}")


def _exponents(runs: list[Run]) -> dict[str, float]:
    """By how much time grows with the size, from each engine's first run to its last."""
    found: dict[str, float] = {}
    for engine in dict.fromkeys(run.engine for run in runs):
        first, *_, last = [run for run in runs if run.engine == engine] * 2
        if last.films > first.films:
            found[engine] = math.log(last.seconds / first.seconds) / math.log(last.films / first.films)
    return found


def _record(runs: list[Run], rivals: list[Result], command: float) -> None:
    figures: dict[str, Figure] = {}
    if rivals:
        for place, result in enumerate((*map(_as_result, runs), *rivals)):
            name = slug(result.name)
            complete = result.completeness
            figures |= {
                f"{name}.time": Figure(result.seconds, _seconds(result.seconds)),
                f"{name}.precision": Figure(result.precision, f"{result.precision:.3f}"),
                f"{name}.recall": Figure(result.recall, f"{result.recall:.3f}"),
                f"{name}.true_pairs": Figure(-1, "–") if complete is None else Figure(complete, f"{complete:.3f}"),
                f"{name}.place": Figure(place),
            }
        record("scale_beside", figures, command=f"python -m benchmarks.scale {' '.join(sys.argv[1:])}")
        return
    for run in runs:
        size = f"{run.films}"
        figures |= {
            f"{size}.{run.engine}.time": Figure(run.seconds, _seconds(run.seconds)),
            f"{size}.{run.engine}.memory": Figure(run.peak_bytes / 2**30, f"{run.peak_bytes / 2**30:.1f} GB"),
            f"{size}.candidates": Figure(run.candidates / 1e6, f"{run.candidates / 1e6:.2g} M"),
            f"{size}.true_pairs": Figure(run.completeness, f"{run.completeness:.3f}"),
            f"{size}.alone": Figure(run.alone, f"{run.alone:.0f} ms"),
            f"{size}.an_album": Figure(sum(run.steps.values()), f"{sum(run.steps.values()):.0f} µs"),
            **{f"{size}.step.{slug(step)}": Figure(spent, f"{spent:.0f}") for step, spent in run.steps.items()},
        }
    figures |= {f"exponent.{engine}": Figure(n, f"{n:.2f}") for engine, n in _exponents(runs).items()}
    figures["command"] = Figure(command, f"{command:.1f} s")
    record("scale_engines", figures, command=f"python -m benchmarks.scale {' '.join(sys.argv[1:])}")


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


if __name__ == "__main__":
    typer.run(main)
