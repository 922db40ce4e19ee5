"""`make soak`: the campaign of faults, part by part. `python -m tests.soak --help`.

It prints what was tried, survived, lost, came twice and hung, and fails on any loss. `--write` keeps it and puts the table into
docs/soak.md.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tests.soak import containers, inbox, interrupts, kills, memory, sources
from tests.soak.outcome import Outcome, table
from tests.soak.page import keep

Part = Callable[[Path, int, int], list[Outcome]]


def real_pace(folder: Path, minutes: int, seed: int) -> list[Outcome]:
    """One run of so many minutes at Discogs' real pace."""
    from tests.soak.real_pace import real_pace as follow

    outcome = Outcome(f"a run at the real pace, {minutes} minutes")
    start = time.monotonic()
    try:
        print(follow(folder, minutes), flush=True)
        outcome.add("survived")
    except AssertionError as error:
        outcome.add("lost", str(error))
    outcome.seconds = time.monotonic() - start
    return [outcome]


def restarted(database: str) -> Part:
    """A run of eight minutes whose server is killed and started again three times, on this database."""

    def part(folder: Path, count: int, seed: int) -> list[Outcome]:
        from tests.rigs import postgres
        from tests.soak.restarts import restarts

        outcome = Outcome(f"the server restarted three times under a run, {database}")
        if database == "PostgreSQL" and (reason := postgres.missing()):
            outcome.skipped = reason
            return [outcome]
        start = time.monotonic()
        for number in range(count):
            place = folder / str(number)
            place.mkdir()
            measured = restarts(place, 8, database == "PostgreSQL")
            right = set(measured["states"]) == {"COMPLETED"} and not measured["ended by the watcher"]
            outcome.add("survived" if right else "lost", str(measured))
            outcome.measured.append(
                f"{database}: {measured['restarts']} restarts in {measured['minutes']} minutes, {measured['seconds without a server']} s"
                f" of them without a server; heartbeats kept: {sum(measured['heartbeats kept'])} of {sum(measured['heartbeats due'])}"
            )
        outcome.seconds = time.monotonic() - start
        return [outcome]

    return part


def heartbeats(folder: Path, runs: int, seed: int) -> list[Outcome]:
    """So many runs at once for two minutes on SQLite: each sends a heartbeat every 30 s, and the server keeps enough of them."""
    from tests.soak.restarts import restarts

    outcome = Outcome(f"heartbeats of {runs} runs at once, SQLite")
    start = time.monotonic()
    measured = restarts(folder, 2, runs=runs, times=0)
    for state, kept, due in zip(measured["states"], measured["heartbeats kept"], measured["heartbeats due"], strict=True):
        # a run counts as lost after six in a row
        outcome.add("survived" if state == "COMPLETED" and due - kept < 6 else "lost", f"{state}: {kept} of {due} kept")
    kept, due = sum(measured["heartbeats kept"]), sum(measured["heartbeats due"])
    outcome.measured.append(f"{kept} of {due} heartbeats of {runs} runs at once were kept")
    outcome.seconds = time.monotonic() - start
    return [outcome]


def parts(settings: dict[str, str]) -> dict[str, tuple[int, Part]]:
    """Name → how often it is tried in the whole campaign, and the part itself."""

    def kill(victim: str) -> Part:
        return lambda folder, count, seed: kills.kill_each(folder, count, seed, settings, [victim])

    return {
        "sources": (1000, sources.every_fault),
        "disk": (20, sources.no_space),
        "clock": (20, sources.clock_jumps),
        "slow-copies": (20, inbox.slow_copies),
        "inbox": (2000, inbox.hostile),
        **{f"kill-{victim.replace(' ', '-')}": (50, kill(victim)) for victim in kills.VICTIMS},
        "power": (20, lambda folder, count, seed: kills.cut_power(folder, count, seed, settings)),
        "together": (5, lambda folder, count, seed: kills.together(folder, count, seed, settings)),
        "interrupts": (10, lambda folder, count, seed: interrupts.interrupts(folder, count, seed, settings)),
        "memory": (1000, lambda folder, count, seed: memory.memory(folder, count, seed, settings)),
        "containers": (3, containers.killed_with_its_runs),
        "heartbeats": (4, heartbeats),
        "restarts": (3, restarted("SQLite")),
        "restarts-postgres": (3, restarted("PostgreSQL")),
        "pace": (20, real_pace),
    }


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
