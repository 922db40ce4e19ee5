"""`kill -9` of each process at random points of whole runs; a power cut; two stacks and three runs at once on one lake."""

import random
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from tests.soak.outcome import Outcome
from tests.soak.world import FINAL, HANGS, World, has_ended
from tests.waiting import until

#: The processes of a stack that are ours, and those of a run.
VICTIMS = ("server", "worker soundtracks", "worker soundtracks-match", "watcher", "run", "match")


@contextmanager
def undisturbed(folder: Path, settings: dict[str, str]) -> Iterator[tuple[World, set[tuple[str, str]], float]]:
    """A stack, the links that a run of its has to find, and the seconds that such a run takes when nobody disturbs it."""
    world = World(folder / "stack", folder / "lake", **settings)
    try:
        world.up()
        start = time.monotonic()
        world.drop("first.csv")
        (run,) = world.end_of("first.csv")
        assert run["state"]["type"] == "COMPLETED", run["state"]["message"]
        yield world, world.links(), time.monotonic() - start
    finally:
        world.down()


def kill_each(folder: Path, count: int, seed: int, settings: dict[str, str], victims: Sequence[str] = VICTIMS) -> list[Outcome]:
    """`count` times each process, a run each time. One outcome for each process."""
    draw = random.Random(seed)
    outcomes = []
    with undisturbed(folder, settings) as (world, right, took):
        for victim in victims:
            outcome = Outcome(f"kill -9 of the {victim}")
            start = time.monotonic()
            for number in range(count):

                def kill(name: str, victim: str = victim, moment: float = draw.uniform(0, took)) -> str:
                    return _kill(world, victim, name, moment, draw)

                _try(world, outcome, f"kill-{victim.replace(' ', '-')}-{number}.csv", right, kill)
            outcome.search(world.secrets())
            outcome.seconds = time.monotonic() - start
            outcomes.append(outcome)
    return outcomes


def cut_power(folder: Path, count: int, seed: int, settings: dict[str, str]) -> list[Outcome]:
    """All processes of the stack at once, `count` times, a run each time."""
    draw = random.Random(seed)
    outcome = Outcome("power cut: all processes at once")
    with undisturbed(folder, settings) as (world, right, took):
        start = time.monotonic()
        for number in range(count):

            def cut(name: str, moment: float = draw.uniform(0, took)) -> str:
                time.sleep(moment)
                world.cut_the_power()
                return f"after {moment:.1f} s"

            _try(world, outcome, f"cut-{number}.csv", right, cut)
        outcome.search(world.secrets())
        outcome.seconds = time.monotonic() - start
    return [outcome]


def together(folder: Path, count: int, seed: int, settings: dict[str, str]) -> list[Outcome]:
    """Two stacks on one lake, three files at once, an export of Letterboxd's among them, `count` times: one run for each file, whichever stack makes it."""
    outcome = Outcome("two stacks, three runs at once on one lake")
    with undisturbed(folder, settings) as (first, right, _):
        second = World(folder / "second", folder / "lake", **settings)
        start = time.monotonic()
        try:
            second.up()
            log = second.folder / "logs" / "watcher.log"
            until(lambda: "watching" in log.read_text(encoding="utf-8"), HANGS, "the second watcher", every=1)
            for number in range(count):
                names = [f"together-{number}-0.csv", f"together-{number}-1.csv", f"letterboxd-somebody-{number}.zip"]
                for name in names:
                    first.drop(name)
                with ThreadPoolExecutor(3) as pool:
                    runs = dict(zip(names, pool.map(lambda name: _end_on_either(first, second, name), names), strict=True))
                for name in names:
                    states = [run["state"]["type"] for run in runs[name]]
                    damage = first.damage() or (["wrong links"] if first.links() != right else [])
                    if len(states) > 1:
                        outcome.add("twice", f"{name}: {states}")
                    elif not states or states[0] not in FINAL:
                        outcome.add("hung", f"{name}: {states}")
                    elif states != ["COMPLETED"] or damage:
                        outcome.add("lost", f"{name}: {runs[name][0]['state']['message']} {damage}")
                    else:
                        outcome.add("survived")
            outcome.search(first.secrets() + second.secrets())
        finally:
            second.down()
        outcome.seconds = time.monotonic() - start
    return [outcome]


def _end_on_either(first: World, second: World, name: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + HANGS
    while time.monotonic() < deadline:
        runs = first.runs_of(name) + second.runs_of(name)
        if runs and all(has_ended(run) for run in runs):
            time.sleep(5)  # a second one would come now
            return first.runs_of(name) + second.runs_of(name)
        time.sleep(1)
    return first.runs_of(name) + second.runs_of(name)


def _kill(world: World, victim: str, name: str, moment: float, draw: random.Random) -> str:
    """Waits for the process, or one of those of a run, then so many seconds of a run, and kills it."""
    deadline = time.monotonic() + HANGS
    while not (found := world.processes_of(victim, name)):
        runs = world.runs_of(name)
        if (runs and has_ended(runs[0])) or time.monotonic() > deadline:
            return f"no {victim} was there to be killed"
        time.sleep(0.1)
    deadline = time.monotonic() + moment
    while time.monotonic() < deadline and found[0].is_running():
        time.sleep(0.05)
    with suppress(psutil.NoSuchProcess, IndexError):
        process = draw.choice(world.processes_of(victim, name))
        what = " ".join(process.cmdline()[1:4])
        process.kill()
        return f"{what}, {moment:.1f} s after it was there"
    return "it had ended"


def _try(world: World, outcome: Outcome, name: str, right: set[tuple[str, str]], disturb: Callable[[str], str]) -> None:
    """One file, one disturbance, then what its owner does; and what came of it."""
    world.drop(name)
    when = disturb(name)
    try:
        world.up()
    except (AssertionError, subprocess.TimeoutExpired) as error:
        outcome.add("hung", f"{name} ({when}): {error}")
        return
    runs = world.end_of(name)
    states = [run["state"]["type"] for run in runs]
    about = f"{name} ({when}): {[(run['state']['name'], run['state']['message']) for run in runs]}"
    if len(runs) > 1:
        outcome.add("twice", about)
    elif not runs or states[0] not in FINAL:
        outcome.add("hung", about)
    elif damage := world.damage():
        outcome.add("lost", f"{about} {damage}")
    elif states == ["COMPLETED"]:
        outcome.add("survived" if world.links() == right else "lost", about)
    else:
        ended = world.command("run", f"titles/{name}")
        outcome.add("by_hand" if ended.returncode == 0 and world.links() == right else "lost", f"{about} {ended.stderr[-500:]}")
