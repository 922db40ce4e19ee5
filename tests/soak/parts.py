"""The parts of the campaign: name, how often each is tried in the whole, and what tries it."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.soak import containers, inbox, interrupts, kills, memory, publishers, sources
from tests.soak.outcome import Outcome

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
        "publishers": (1000, publishers.under_faults),
        "containers": (3, containers.killed_with_its_runs),
        "heartbeats": (4, heartbeats),
        "restarts": (3, restarted("SQLite")),
        "restarts-postgres": (3, restarted("PostgreSQL")),
        "pace": (20, real_pace),
    }
