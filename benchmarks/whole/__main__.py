"""The whole of Discogs against the whole of TMDB on this machine, end to end: import, match, publish.

    python -m benchmarks.whole                                           20 million records × a million films
    python -m benchmarks.whole --records 1000000 --films 50000           a twentieth of it
    python -m benchmarks.whole --master spark://host:7077                and the same match on a cluster

The dumps are made up (dumps.py), at the proportions of the real ones. Each step is a process of its own, so that its seconds,
its processors' seconds and the most memory that it and its children held are its own. A cluster's workers are not its children:
what a match there needs of this machine is the driver's.
"""

import multiprocessing
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, record
from benchmarks.whole.dumps import Written
from benchmarks.whole.steps import Step, import_, judge, make, match, match_on_cluster, measured, publish, take_albums

console = Console()


def main(
    records: Annotated[int, typer.Option(help="Records of both dumps.")] = 20_000_000,
    films: Annotated[int, typer.Option(help="Films of the list.")] = 1_000_000,
    master: Annotated[str, typer.Option(help="Match on this Spark master too, which must find the same.")] = "",
    seed: Annotated[int, typer.Option(help="Of what is made up.")] = 20261126,
    write: Annotated[bool, typer.Option("--write", help="Keep what was measured in benchmarks/figures.json.")] = False,
) -> None:
    """Make up the dumps and the films, then measure each step."""
    with tempfile.TemporaryDirectory(prefix="whole-") as name:
        folder = Path(name)
        os.environ["SOUNDTRACKS_LAKE_URL"] = str(folder / "lake")
        made = _step(make, folder, records, films, seed)
        dumps: list[Written] = made.result
        unpacked = sum(dump.unpacked for dump in dumps)
        console.print(
            f"{sum(dump.records for dump in dumps):,} records, {sum(dump.kept for dump in dumps):,} of them film music, "
            f"{unpacked / 1e9:.1f} GB, packed {sum(dump.path.stat().st_size for dump in dumps) / 1e9:.1f} GB; {films:,} films; "
            f"made in {made.seconds:.0f} s"
        )
        steps = {f"import of {dump.path.name.partition('.')[0]}": _step(import_, dump) for dump in dumps}
        for dump in dumps:
            dump.path.unlink()
        steps["albums of the films' titles"] = _step(take_albums)
        steps["match"] = _step(match)
        on_cluster = _step(match_on_cluster, master) if master else None
        steps["publication"] = _step(publish)
        precision, recall, accepted = _step(judge, folder).result
    whole = sum(step.seconds for step in steps.values()) / 60
    processors = sum(step.processor for step in steps.values()) / 60
    if on_cluster:
        steps["match on the cluster"] = on_cluster
    _print(steps, accepted, precision, recall)
    if write:
        figures = {
            "records": Figure(sum(dump.records for dump in dumps)),
            "kept": Figure(sum(dump.kept for dump in dumps)),
            "films": Figure(films),
            "accepted": Figure(accepted),
            "precision": Figure(precision, f"{precision:.3f}"),
            "recall": Figure(recall, f"{recall:.3f}"),
        }
        for name, step in steps.items():
            key = name.replace(" ", "_").replace("'", "")
            figures[f"{key}.minutes"] = Figure(step.seconds / 60, f"{step.seconds / 60:.1f} min")
            figures[f"{key}.processor"] = Figure(step.processor / 60, f"{step.processor / 60:.1f} min")
            figures[f"{key}.peak"] = Figure(step.peak / 2**30, f"{step.peak / 2**30:.1f} GB")
        figures["minutes"] = Figure(whole, f"{whole:.0f} minutes")
        figures["processor"] = Figure(processors, f"{processors:.0f} minutes")
        command = f"python -m benchmarks.whole --records {records} --films {films}"
        command += f" --master {master}" if master else ""
        record("whole", figures, command=command)


def _step(work: Callable[..., Any], *arguments: Any) -> Step:
    """Does it in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        step = pool.submit(measured, work, arguments).result()
    took = f"{step.seconds:.0f} s, {step.processor:.0f} s of processors, {step.peak / 2**30:.1f} GB"
    console.print(f"[dim]{work.__name__}: {took}[/]")
    return step


def _print(steps: dict[str, Step], accepted: int, precision: float, recall: float) -> None:
    table = Table("step", "rows", "minutes", "minutes of processors", "most memory")
    for name, step in steps.items():
        cells = (f"{step.result:,}", f"{step.seconds / 60:.1f}", f"{step.processor / 60:.1f}", f"{step.peak / 2**30:.1f} GB")
        table.add_row(name, *cells)
    console.print(table)
    console.print(f"{accepted:,} releases linked: precision {precision:.3f}, recall {recall:.3f}")


if __name__ == "__main__":
    typer.run(main)
