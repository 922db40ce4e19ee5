"""The parts of the campaign: name, how often each is tried in the whole, and what tries it."""

import tempfile
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.soak import containers, inbox, interrupts, kills, memory, publishers, sources
from tests.soak.outcome import Outcome
from tests.soak.tries import end_within, tries

Part = Callable[[Path, int, int], list[Outcome]]


def real_pace(folder: Path, minutes: int, seed: int) -> list[Outcome]:
    """One run of so many minutes at Discogs' real pace."""
    from tests.soak import real_pace

    outcome = Outcome(f"a run at the real pace, {minutes} minutes")
    start = time.monotonic()
    try:
        outcome.measured.append(real_pace.told(real_pace.real_pace(folder, minutes)))
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
        for number in tries(count):
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


def database_away(folder: Path, seconds: int, seed: int) -> list[Outcome]:
    """PostgreSQL away for so long under ten runs; then a server that has nothing to do."""
    from tests.rigs import postgres
    from tests.soak.database import away, faults

    outcome = Outcome(f"ten runs whose server has no database for {seconds} s")
    if reason := postgres.missing():
        outcome.skipped = reason
        return [outcome]
    start = time.monotonic()
    measured = away(folder, seconds, idle=120)
    found = faults(measured)
    outcome.add("lost" if found else "survived", f"{'; '.join(found)}: {measured}")
    outcome.measured.append(
        f"{seconds} s without a database under ten runs: connections {measured['connections']}, tasks recorded {measured['tasks']}"
    )
    outcome.seconds = time.monotonic() - start
    return [outcome]


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


def _killed_under_spark(folder: Path, count: int, seed: int) -> list[Outcome]:
    outcomes = kills.kill_each(folder, count, seed, SPARK, ("match", "worker soundtracks-match"))
    for outcome in outcomes:
        outcome.part += ", Spark"
    return outcomes


#: Most matches of the campaign run without Spark, whose start takes longer than all the rest of a small run.
LOCAL, SPARK = ({"SOUNDTRACKS_MATCH_ENGINE": engine} for engine in ("local", "spark"))
#: Name → how often it is tried in the whole campaign, and the part itself: those first that take longest.
PARTS: dict[str, tuple[int, Part]] = {
    "kills": (50, lambda folder, count, seed: kills.kill_each(folder, count, seed, LOCAL)),
    "pace": (20, real_pace),
    "power": (20, lambda folder, count, seed: kills.cut_power(folder, count, seed, LOCAL)),
    "restarts": (1, restarted("SQLite")),
    "restarts-postgres": (1, restarted("PostgreSQL")),
    "database": (60, database_away),
    "memory": (1000, memory.of_server_and_watcher),
    "memory-runs": (40, lambda folder, count, seed: memory.of_all(folder, count, seed, LOCAL)),
    "interrupts": (5, lambda folder, count, seed: interrupts.interrupts(folder, count, seed, LOCAL)),
    "kills-spark": (5, _killed_under_spark),
    "publishers": (1000, publishers.under_faults),
    "containers": (3, containers.killed_with_its_runs),
    "heartbeats": (4, heartbeats),
    "inbox": (2000, inbox.hostile),
    "slow-copies": (8, inbox.slow_copies),
    "sources": (2 * len(sources.FAULTS), sources.every_fault),
    "together": (3, lambda folder, count, seed: kills.together(folder, count, seed, LOCAL)),
    "disk": (4, sources.no_space),
    "clock": (4, sources.clock_jumps),
}


def attempt(name: str, count: int, seed: int, within: float) -> list[Outcome]:
    """One part, in a folder of its own, with new tries for so many minutes. What the part itself does not expect is a loss, and the others go on."""
    print(f"{datetime.now(UTC):%H:%M} {name}", flush=True)
    end_within(within)
    with tempfile.TemporaryDirectory(prefix=f"soak-{name}-", ignore_cleanup_errors=True) as folder:
        try:
            return PARTS[name][1](Path(folder), count, seed)
        except Exception as error:  # noqa: BLE001 -- told as a loss
            outcome = Outcome(name)
            outcome.add("lost", "".join(traceback.format_exception(error))[-3000:])
            return [outcome]
