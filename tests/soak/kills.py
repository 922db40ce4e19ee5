"""`kill -9` of each process at random points of whole runs; a power cut; two stacks and three runs at once on one lake."""

import random
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from soundtracks.operations.crashes import ADVICE
from tests.soak.outcome import Outcome
from tests.soak.tries import tries
from tests.soak.world import FINAL, HANGS, Link, World, has_ended
from tests.waiting import until

#: The services of a stack that are ours, which its owner starts again, and the processes of a run, of whose death he knows nothing.
SERVICES = ("server", "worker soundtracks", "worker soundtracks-match", "watcher")
VICTIMS = (*SERVICES, "run", "match")
#: Stacks side by side that share the tries of a part: most of a try is waiting, for a death to be noticed or a run to be repeated.
STACKS = 3
#: Seconds within which its owner finds that a service is dead: there may be two by then.
MAX_NOTICE = 15.0
#: Seconds of the shortest life that is known of a process: it was looked for a few times in them.
SHORTEST = 1.0


@dataclass(frozen=True)
class Undisturbed:
    """A stack, the links that a run of its has to find, and for how many seconds each process is there while nobody disturbs one."""

    world: World
    right: set[Link]
    lives: dict[str, float]

    @property
    def took(self) -> float:
        return self.lives["server"]


@contextmanager
def undisturbed(folder: Path, settings: dict[str, str]) -> Iterator[Undisturbed]:
    world = World(folder / "stack", folder / "lake", **settings)
    try:
        world.up()
        start = time.monotonic()
        world.drop("first.csv")
        seen: dict[str, list[float]] = {}
        while not world.has_ended("first.csv"):
            for victim, processes in world.processes("first.csv").items():
                if processes:
                    seen.setdefault(victim, []).append(time.monotonic())
            assert time.monotonic() - start < HANGS, "a run that nobody disturbs does not end"
            time.sleep(0.5)
        (run,) = world.runs_of("first.csv")
        assert run["state"]["type"] == "COMPLETED", run["state"]["message"]
        lives = {victim: moments[-1] - moments[0] for victim, moments in seen.items()}
        yield Undisturbed(world, world.links(), lives)
    finally:
        world.down()


def kill_each(folder: Path, count: int, seed: int, settings: dict[str, str], victims: Sequence[str] = VICTIMS) -> list[Outcome]:
    """Kills each process `count` times. In each stack one run at a time, which somebody follows, and under which each is killed
    once, at a random moment of its life. One outcome for each process: its kills, each judged by what came of the run."""

    def attempt(place: Path, share: int, draw: random.Random) -> list[Outcome]:
        with undisturbed(place, settings) as made:
            return _kill_each(made, share, draw, victims)

    return _side_by_side(folder, count, seed, attempt)


def _side_by_side(
    folder: Path, count: int, seed: int, attempt: Callable[[Path, int, random.Random], list[Outcome]]
) -> list[Outcome]:
    """The outcomes of `count` tries, that several stacks share; each has a folder of its own."""
    stacks = max(1, min(STACKS, count // 2))

    def share(number: int) -> list[Outcome]:
        place = folder / str(number)
        place.mkdir()
        return attempt(place, len(range(number, count, stacks)), random.Random(f"{seed} {number}"))

    with ThreadPoolExecutor(stacks) as pool:
        outcomes, *others = list(pool.map(share, range(stacks)))
    for other in others:
        for outcome, more in zip(outcomes, other, strict=True):
            outcome.take(more)
    return outcomes


def _kill_each(made: Undisturbed, count: int, draw: random.Random, victims: Sequence[str]) -> list[Outcome]:
    outcomes, lives = {victim: Outcome(f"kill -9 of the {victim}") for victim in victims}, dict(made.lives)
    for number in tries(2 * count):  # some find their process gone already: those are no tries
        start = time.monotonic()
        moments = {v: draw.uniform(0, lives[v]) for v, outcome in outcomes.items() if outcome.tried < count}
        if not moments:
            break
        killed: dict[str, str] = {}

        def kill(name: str, moments: dict[str, float] = moments, killed: dict[str, str] = killed) -> str:
            with _looked_on(made.world, name):
                lives.update(_kill(made.world, name, moments, draw, killed))
            return ", ".join(killed.values())

        verdict, about = _try(made, f"kill-{number}.csv", kill)
        for victim in killed:
            outcomes[victim].add(verdict, about)
            outcomes[victim].seconds += (time.monotonic() - start) / len(killed)
        print(f"  {number}: {verdict}: {about}", flush=True)
    for outcome in outcomes.values():
        outcome.search(made.world.secrets())
    return list(outcomes.values())


@contextmanager
def _looked_on(world: World, name: str) -> Iterator[None]:
    """Somebody follows the run meanwhile. Raises Misled when he is told nonsense, TimeoutExpired when he is told nothing."""
    until(lambda: world.run_of(name), HANGS, f"the run of {name}", every=0.2)
    follower = world.follow(name)
    try:
        yield
        _, said = follower.communicate(timeout=HANGS)
    finally:
        follower.kill()
    if nonsense(said):
        raise Misled(f"who followed {name} was told: {said[-1500:]}")


def nonsense(said: str) -> bool:
    """Whether it is no message of ours, or tells of the end of a run that is about to be repeated. That there is no server when
    somebody begins to follow is an answer."""
    words = " ".join(said.split())  # lines are broken at the width of a terminal
    return "Traceback" in words or ("ended Crashed" in words and ADVICE not in words)


class Misled(Exception):
    """What a command said is no message of ours, or not so."""


def _kill(world: World, name: str, moments: dict[str, float], draw: random.Random, killed: dict[str, str]) -> dict[str, float]:
    """Kills each process, or one of those of a run, so many seconds after it was first there, until the run has ended. Services
    are started again a little later. `killed`: victim → which process when, filled on the way. Returns for how many seconds
    those were there that had ended before their moment."""
    start = time.monotonic()
    first: dict[str, float] = {}
    there: dict[str, float] = {}
    notice: float | None = None
    while len(killed) < len(moments) and not world.has_ended(name) and time.monotonic() - start < HANGS:
        found = world.processes(name)
        for victim in moments.keys() - killed.keys():
            if not found[victim]:
                continue
            there[victim] = time.monotonic() - first.setdefault(victim, time.monotonic())
            if there[victim] < moments[victim]:
                continue
            process = draw.choice(found[victim])
            with suppress(psutil.NoSuchProcess):
                about = " ".join(process.cmdline()[1:4]) if victim not in SERVICES else victim
                process.kill()
                killed[victim] = f"{about} after {time.monotonic() - start:.1f} s"
                if victim in SERVICES:
                    notice = notice or time.monotonic() + draw.uniform(0, MAX_NOTICE)
        if notice and time.monotonic() > notice:
            world.up()
            notice = None
        time.sleep(0.2)
    if notice:
        world.up()
    return {victim: max(seconds, SHORTEST) for victim, seconds in there.items() if victim not in killed}


def cut_power(folder: Path, count: int, seed: int, settings: dict[str, str]) -> list[Outcome]:
    """All processes of a stack at once, `count` times, a run each time."""

    def attempt(place: Path, share: int, draw: random.Random) -> list[Outcome]:
        outcome = Outcome("power cut: all processes at once")
        with undisturbed(place, settings) as made:
            start = time.monotonic()
            for number in tries(share):

                def cut(name: str, moment: float = draw.uniform(0, made.took)) -> str:
                    time.sleep(moment)
                    made.world.cut_the_power()
                    made.world.up()
                    return f"after {moment:.1f} s"

                outcome.add(*_try(made, f"cut-{number}.csv", cut))
            outcome.search(made.world.secrets())
            outcome.seconds = time.monotonic() - start
        return [outcome]

    return _side_by_side(folder, count, seed, attempt)


def together(folder: Path, count: int, seed: int, settings: dict[str, str]) -> list[Outcome]:
    """Two stacks on one lake, three files at once, an export of Letterboxd's among them, `count` times: one run for each file, whichever stack makes it."""
    outcome = Outcome("two stacks, three runs at once on one lake")
    with undisturbed(folder, settings) as made:
        first, second = made.world, World(folder / "second", folder / "lake", **settings)
        start = time.monotonic()
        try:
            second.up()
            log = second.folder / "logs" / "watcher.log"
            until(lambda: "watching" in log.read_text(encoding="utf-8"), HANGS, "the second watcher", every=1)
            for number in tries(count):
                names = [f"together-{number}-0.csv", f"together-{number}-1.csv", f"letterboxd-somebody-{number}.zip"]
                for name in names:
                    first.drop(name)
                with ThreadPoolExecutor(3) as pool:
                    runs = dict(zip(names, pool.map(lambda name: _end_on_either(first, second, name), names), strict=True))
                for name in names:
                    states = [run["state"]["type"] for run in runs[name]]
                    damage = first.damage() or (["wrong links"] if first.links() != made.right else [])
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


def _try(made: Undisturbed, name: str, disturb: Callable[[str], str]) -> tuple[str, str]:
    """One file, what disturbs its run, and its verdict with what is to be told of it."""
    made.world.forget_matches()
    made.world.drop(name)
    try:
        when = disturb(name)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        return "hung", f"{name}: {error}"
    except Misled as error:
        return "lost", str(error)
    runs = made.world.end_of(name)
    states = [run["state"]["type"] for run in runs]
    about = f"{name} ({when}): {[(run['state']['name'], run['state']['message']) for run in runs]}"
    if len(runs) > 1:
        return "twice", about
    if not runs or states[0] not in FINAL:
        return "hung", about
    if damage := made.world.damage():
        return "lost", f"{about} {damage}"
    if states == ["COMPLETED"]:
        return ("survived" if made.world.links() == made.right else "lost"), about
    ended = made.world.command("run", f"titles/{name}")
    right = ended.returncode == 0 and made.world.links() == made.right
    return ("by_hand" if right else "lost"), f"{about} {ended.stderr[-500:]}"
