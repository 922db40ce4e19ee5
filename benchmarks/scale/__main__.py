"""Speed, memory and pair completeness of the match.

    python -m benchmarks.scale                                      100,000 films × 100,000 albums
    python -m benchmarks.scale --films 100000 --albums 200000 --peers      beside Splink and the old rule
    python -m benchmarks.scale --growth 100000,300000,1000000       how time grows, as many albums as films
    python -m benchmarks.scale --films 200 --albums 400 --engine spark     what Spark's start costs

Catalogues are made by a seeded word model (catalogue.py), in a process of their own, so that peak memory is the
match's. Pair completeness is measured on up to 50,000 true pairs, against the whole index.
"""

import json
import math
import multiprocessing
import tempfile
import time
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from benchmarks.scale.catalogue import rows_of, write_catalogue
from benchmarks.scale.memory import PeakMemory
from benchmarks.scale.peers import Result, old_rule, score_at_best, score_pairs, splink
from soundtracks.matching.blocking import find_candidates
from soundtracks.matching.evidence import compare
from soundtracks.matching.features import album_features
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.model import Model
from soundtracks.matching.pipeline import match_files
from soundtracks.settings import get_settings
from soundtracks.text.canonical import album_names

console = Console()
SAMPLE = 50_000


@dataclass
class Run:
    """One match. `best`: precision and recall at the threshold of the best F1, as the peers have them.

    `stages`: seconds of wall clock; `steps`: seconds on one core for a million albums, from a sample.
    """

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


def main(
    films: Annotated[int, typer.Option(help="Films.")] = 100_000,
    albums: Annotated[int, typer.Option(help="Albums.")] = 100_000,
    growth: Annotated[str, typer.Option(help="Sizes, comma between; as many albums as films.")] = "",
    engine: Annotated[Literal["spark", "local"], typer.Option(help="Engine.")] = "spark",
    master: Annotated[str, typer.Option(help="Spark master; default: the setting.")] = "",
    peers: Annotated[bool, typer.Option(help="Also Splink (DuckDB) and the old rule.")] = False,
    old_sample: Annotated[int, typer.Option(help="Albums that the old rule links; its time is scaled up.")] = 2_000,
    seed: Annotated[int, typer.Option(help="Seed of the catalogues.")] = 20261124,
    out: Annotated[Path | None, typer.Option(help="Also write the figures here, as JSON.")] = None,
) -> None:
    sizes = [(int(size), int(size)) for size in growth.split(",")] if growth else [(films, albums)]
    runs: list[Run] = []
    rivals: list[Result] = []
    for n_films, n_albums in sizes:
        with tempfile.TemporaryDirectory(prefix="scale-") as folder:
            make = multiprocessing.get_context("spawn").Process(
                target=write_catalogue, args=(Path(folder), n_films, n_albums, seed)
            )
            make.start()
            make.join()
            runs.append(_measure(Path(folder), engine, master))
            _print_run(runs[-1])
            if peers:
                made_films, made_albums = (pq.read_table(Path(folder) / f"{name}.parquet") for name in ("films", "albums"))
                truth = np.load(Path(folder) / "truth.npy")
                rivals += [splink(made_films, made_albums, truth, widely=widely) for widely in (False, True)]
                rivals.append(old_rule(made_films, made_albums, truth, old_sample, master or "local[*]"))
                _print_peers(runs[-1], rivals)
    if len(runs) > 1:
        _print_growth(runs)
    if out:
        out.write_text(
            json.dumps({"runs": [asdict(run) for run in runs], "peers": [asdict(rival) for rival in rivals]}, indent=1)
        )


def _measure(folder: Path, engine: Literal["spark", "local"], master: str) -> Run:
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
    truth, albums = np.load(folder / "truth.npy"), pq.read_table(folder / "albums.parquet")
    links = pq.read_table(folder / "links.parquet", columns=["album_id", "tmdb_id", "decision", "probability"])
    links = links.filter(pc.is_valid(links["tmdb_id"]))
    row, film = rows_of(links["album_id"]), rows_of(links["tmdb_id"])
    accepted = pc.equal(links["decision"], "accept").to_numpy()
    precision, recall = score_pairs(truth, row[accepted], film[accepted])
    best = score_at_best(truth, row, film, links["probability"].to_numpy())
    completeness, steps = _steps(pq.read_table(folder / "films.parquet"), albums, truth)
    return Run(
        metrics.films,
        metrics.albums,
        ended - started,
        metrics.candidates,
        completeness,
        precision,
        recall,
        best,
        memory.bytes,
        stages,
        steps,
    )


def _steps(films: pa.Table, albums: pa.Table, truth: npt.NDArray[np.int64]) -> tuple[float, dict[str, float]]:
    """Pair completeness, and what each step costs one core, on a sample of the albums."""
    index, model = FilmIndex.build(films), Model.load()
    chosen = np.unique(np.linspace(0, len(albums) - 1, min(SAMPLE, len(albums))).astype(int))
    seconds = dict.fromkeys(("canonical titles", "candidates", "evidence", "decision"), 0.0)
    found = wanted = 0
    for at in range(0, len(chosen), 5_000):
        rows = chosen[at : at + 5_000]
        batch = albums.take(pa.array(rows)).combine_chunks()
        laps = [time.perf_counter()]
        names = album_names(batch)
        laps.append(time.perf_counter())
        pairs = find_candidates(batch, names, index)
        laps.append(time.perf_counter())
        taken = pa.Table.from_batches([index.films.take(pairs["film"].combine_chunks())])
        some, row = np.unique(pairs["album"].to_numpy(), return_inverse=True)
        levels = compare(pairs, taken, album_features(batch.take(pa.array(some)), index.statistics.composers).take(pa.array(row)))
        laps.append(time.perf_counter())
        model.decide(batch, pairs, taken, levels)
        laps.append(time.perf_counter())
        for step, spent in zip(seconds, np.diff(laps), strict=True):
            seconds[step] += spent
        true = truth[rows]
        candidates = pairs["album"].to_numpy().astype(np.int64) * len(films) + pairs["film"].to_numpy()
        wanted += int((true >= 0).sum())
        found += int(np.isin(np.flatnonzero(true >= 0) * len(films) + true[true >= 0], candidates).sum())
    return found / max(1, wanted), {step: spent * 1e6 / len(chosen) for step, spent in seconds.items()}


def _print_run(run: Run) -> None:
    table = Table(title=f"{run.films:,} films × {run.albums:,} albums", show_header=False)
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
    console.print(table)


def _print_peers(run: Run, rivals: list[Result]) -> None:
    table = Table(title="Beside the peers, each at its best threshold")
    for column in ("", "time", "candidates", "true pairs among them", "precision", "recall"):
        table.add_column(column)
    name = "soundtracks (all stages, Spark's start included)"
    ours = Result(name, run.seconds, run.candidates, *run.best, run.completeness)
    for result in (ours, *rivals):
        note = f", scaled up from {result.sampled:.1%} of the albums" if result.sampled < 1 else ""
        complete = "" if result.completeness is None else f"{result.completeness:.4f}"
        row = (f"{result.seconds:.1f} s", f"{result.candidates:,}", complete, f"{result.precision:.4f}", f"{result.recall:.4f}")
        table.add_row(result.name + note, *row)
    console.print(table)


def _print_growth(runs: list[Run]) -> None:
    table = Table("films × albums", "time", "candidates", "completeness", "pairs/s", "memory", "growth", title="Growth")
    for n, run in enumerate(runs):
        exponent = ""
        if n:
            exponent = f"N^{math.log(run.seconds / runs[n - 1].seconds) / math.log(run.films / runs[n - 1].films):.2f}"
        cells = (f"{run.seconds:.1f} s", f"{run.candidates:,}", f"{run.completeness:.4f}", f"{run.candidates / run.seconds:,.0f}")
        table.add_row(f"{run.films:,} × {run.albums:,}", *cells, f"{run.peak_bytes / 2**30:.2f} GB", exponent)
    console.print(table)
    whole = math.log(runs[-1].seconds / runs[0].seconds) / math.log(runs[-1].films / runs[0].films)
    console.print(f"From first to last size: time grows as N^{whole:.2f}")


if __name__ == "__main__":
    typer.run(main)
