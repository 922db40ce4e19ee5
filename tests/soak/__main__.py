"""`make soak`: the campaign of faults, part by part. `python -m tests.soak --help`.

It prints what was tried, survived, lost, came twice and hung, and fails on any loss. `--write` keeps it and puts the table into
docs/soak.md.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Annotated

import typer

from tests.soak.outcome import Outcome, table
from tests.soak.page import keep
from tests.soak.parts import PARTS, attempt


def main(
    only: Annotated[str, typer.Option(help="Parts, joined by commas; all without.")] = "",
    count: Annotated[
        int, typer.Option(help="Try each part so often (kills: each process); 0: as often as the whole campaign.")
    ] = 0,
    minutes: Annotated[int, typer.Option(min=1, help="Length of the run at the real pace.")] = 20,
    seed: Annotated[int, typer.Option(help="Of what is random: the same seed draws the same moments.")] = 1,
    at_once: Annotated[int, typer.Option(min=1, help="Parts side by side: many of them mostly wait.")] = 3,
    within: Annotated[float, typer.Option(min=1, help="Minutes after which a part begins no further try.")] = 24 * 60,
    write: Annotated[
        bool, typer.Option("--write", help="Keep what was measured in benchmarks/figures.json, and write docs/soak.md.")
    ] = False,
) -> None:
    """Try to break the product. Two to three hours for all of it on two cores; each part runs alone as well."""
    names = [name.strip() for name in only.split(",") if name.strip()] or list(PARTS)
    if unknown := set(names) - PARTS.keys():
        raise typer.BadParameter(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    counts = {name: minutes if name == "pace" else count or PARTS[name][0] for name in names}
    outcomes: list[Outcome] = []
    # a process for each part: it may end as it likes, and signals are its own
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(at_once, len(names)), mp_context=context, max_tasks_per_child=1) as pool:
        trying = {pool.submit(attempt, name, counts[name], seed, within): name for name in names}
        for done in as_completed(trying):
            name = trying[done]
            made = done.result()
            outcomes += made
            if write:
                length = f"--minutes {minutes}" if name == "pace" else f"--count {counts[name]}"
                limits = f"--at-once {at_once} --within {within:g}"
                keep(name, made, f"python -m tests.soak --only {name} {length} --seed {seed} {limits}")
            remaining = ", ".join(name for future, name in trying.items() if not future.done()) or "nothing"
            print("\n".join([table(made), *measured(made), f"Remaining: {remaining}."]), flush=True)
    print("\n".join(["", table(outcomes), *measured(outcomes)]))
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(1)


def measured(outcomes: list[Outcome]) -> list[str]:
    """The figures of all parts, a sentence each."""
    return [line for outcome in outcomes for line in outcome.measured]


if __name__ == "__main__":
    typer.run(main)
