"""`make soak`: the campaign of faults, part by part. `python -m tests.soak --help`.

It prints what was tried, survived, lost, came twice and hung, and fails on any loss. `--write` puts the table into docs/soak.md.
"""

import os
import platform
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tests.soak import inbox, interrupts, kills, memory, sources
from tests.soak.outcome import Outcome, table
from tests.soak.world import ROOT

PAGE = ROOT / "docs" / "soak.md"
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


def restarted(folder: Path, count: int, seed: int) -> list[Outcome]:
    """A run of eight minutes whose server is killed and started again three times, on each database that is there."""
    from tests.rigs import postgres
    from tests.soak.restarts import restarts

    outcomes = []
    for database in ("SQLite", "PostgreSQL"):
        outcome = Outcome(f"the server restarted three times under a run, {database}")
        outcomes.append(outcome)
        if database == "PostgreSQL" and (reason := postgres.missing()):
            outcome.skipped = reason
            continue
        start = time.monotonic()
        for number in range(count):
            place = folder / f"{database}-{number}"
            place.mkdir()
            measured = restarts(place, 8, database == "PostgreSQL")
            right = set(measured["states"]) == {"COMPLETED"} and not measured["ended by the watcher"]
            outcome.add("survived" if right else "lost", str(measured))
        outcome.seconds = time.monotonic() - start
    return outcomes


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
    return {
        "sources": (1000, sources.every_fault),
        "disk": (20, sources.no_space),
        "clock": (20, sources.clock_jumps),
        "slow-copies": (20, inbox.slow_copies),
        "inbox": (2000, inbox.hostile),
        "kills": (50, lambda folder, count, seed: kills.kill_each(folder, count, seed, settings)),
        "power": (20, lambda folder, count, seed: kills.cut_power(folder, count, seed, settings)),
        "together": (5, lambda folder, count, seed: kills.together(folder, count, seed, settings)),
        "interrupts": (10, lambda folder, count, seed: interrupts.interrupts(folder, count, seed, settings)),
        "memory": (1000, lambda folder, count, seed: memory.memory(folder, count, seed, settings)),
        "heartbeats": (4, heartbeats),
        "restarts": (3, restarted),
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
    write: Annotated[bool, typer.Option("--write", help="Write the table to docs/soak.md.")] = False,
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
        print("\n".join([table(made), *measured(made)]), flush=True)
    print("\n".join(["", table(outcomes), *measured(outcomes)]))
    if write:
        PAGE.write_text(page(outcomes, wanted, count, seed, engine), encoding="utf-8")
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(1)


def page(outcomes: list[Outcome], wanted: list[str], count: int, seed: int, engine: str) -> str:
    """docs/soak.md."""
    command = f"python -m tests.soak --only {','.join(wanted)} --count {count} --seed {seed} --engine {engine} --write"
    machine = f"{os.cpu_count()} cores, {platform.system()}"
    about = __doc__.splitlines()[2] if __doc__ else ""
    return f"""# The campaign of faults

{about}

Measured {datetime.now(UTC):%Y-%m-%d} ({machine}) by `{command}`; `--count 0` is the whole campaign, which `make soak` runs.

{table(outcomes)}

{"".join(f"- {line}." + chr(10) for line in measured(outcomes))}
{COLUMNS}"""


def measured(outcomes: list[Outcome]) -> list[str]:
    """The figures of all parts, a sentence each."""
    return [line for outcome in outcomes for line in outcome.measured]


COLUMNS = """- *survived*: the outcome was right by itself, or after `soundtracks up`, which is what a person does who finds the stack dead.
- *started again by hand*: the run failed with its reason, and the same file, started again, came to the right outcome.
- *lost*: no run, damaged data, wrong links, or an error that is none of ours. *twice*: two runs for one version of a file.
- *hung*: no end within fifteen minutes. *secrets found*: files of stack, logs, database and lake with a key or the password
  in them, besides the two that are there to hold them; – where a part has no stack.

A power cut here kills every process of the stack at once; what the system has in its own cache still reaches the disk. That
files are flushed before they get their names is held by a test of the calls (tests/soundtracks/lake/test_lake.py).
"""


if __name__ == "__main__":
    typer.run(main)
