"""`make soak`: the campaign of faults, part by part. `python -m tests.soak --help`.

It prints what was tried, survived, lost, came twice and hung, and fails on any loss. `--write` keeps it and puts the table into
docs/soak.md.
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tests.soak.outcome import Outcome, table
from tests.soak.page import keep
from tests.soak.parts import parts


def main(
    only: Annotated[str, typer.Option(help="Parts, joined by commas; all without.")] = "",
    count: Annotated[
        int, typer.Option(help="Try each part so often (kills: each process); 0: as often as the whole campaign.")
    ] = 0,
    minutes: Annotated[int, typer.Option(min=1, help="Length of the run at the real pace.")] = 20,
    seed: Annotated[int, typer.Option(help="Of what is random: the same seed draws the same moments.")] = 1,
    engine: Annotated[
        str, typer.Option(help="Engine of the matches that are killed: spark, or local, which is quicker.")
    ] = "spark",
    write: Annotated[
        bool, typer.Option("--write", help="Keep what was measured in benchmarks/figures.json, and write docs/soak.md.")
    ] = False,
) -> None:
    """Try to break the product. Hours for all of it; each part runs alone as well."""
    known = parts({"SOUNDTRACKS_MATCH_ENGINE": engine})
    wanted = [name.strip() for name in only.split(",") if name.strip()] or list(known)
    if unknown := set(wanted) - known.keys():
        raise typer.BadParameter(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    outcomes: list[Outcome] = []
    for name in wanted:
        usual, part = known[name]
        print(f"{datetime.now(UTC):%H:%M} {name}", flush=True)
        with tempfile.TemporaryDirectory(prefix=f"soak-{name}-", ignore_cleanup_errors=True) as folder:
            made = part(Path(folder), minutes if name == "pace" else count or usual, seed)
        outcomes += made
        if write:
            length = f"--minutes {minutes}" if name == "pace" else f"--count {count or usual}"
            keep(name, made, f"python -m tests.soak --only {name} {length} --seed {seed} --engine {engine}")
        print("\n".join([table(made), *measured(made)]), flush=True)
    print("\n".join(["", table(outcomes), *measured(outcomes)]))
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(1)


def measured(outcomes: list[Outcome]) -> list[str]:
    """The figures of all parts, a sentence each."""
    return [line for outcome in outcomes for line in outcome.measured]


if __name__ == "__main__":
    typer.run(main)
