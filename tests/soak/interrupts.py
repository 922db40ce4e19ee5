"""Ctrl-C, a closed terminal or a `kill` at random moments of `up`, `run`, `demo` and `down`: nothing stays, nothing is damaged."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from sandbox.catalogue import TITLES
from soundtracks.operations.processes import FLOW_RUN, marked
from tests.soak.outcome import Outcome
from tests.soak.tries import tries
from tests.soak.world import FINAL, ROOT, World

#: Seconds that a command has to end when it is told to, and what it started to be gone.
MAX_END, GONE = 120.0, 30.0
#: How people end a command: once, impatiently twice, by closing the terminal, by `kill`.
HOW = (
    (signal.SIGINT,),
    (signal.SIGINT, signal.SIGINT),
    (signal.SIGHUP,),
    (signal.SIGTERM,),
)


def interrupts(folder: Path, count: int, seed: int, settings: dict[str, str]) -> list[Outcome]:
    """`count` times each command. One outcome for each."""
    # in the background one is ignored, under nohup the other, and the commands would ignore them too
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    draw = random.Random(seed)
    outcomes = []
    for name, part in (("up", _up), ("run", _run), ("demo", _demo), ("down", _down)):
        outcome = Outcome(f"Ctrl-C at a random moment of `{name}`")
        outcomes.append(outcome)
        world = World(folder / name / "stack", folder / name / "lake", **settings)
        start = time.monotonic()
        try:
            part(world, outcome, count, draw)
            outcome.search(world.secrets())
        finally:
            world.down()
        if left := _left(world):
            outcome.add("lost", f"after `down` there is still {left}")
        outcome.seconds = time.monotonic() - start
    return outcomes


def _until(outcome: Outcome, count: int) -> Iterator[int]:
    """Numbers of tries until `count` of them were some: a command that ends before its moment was not interrupted."""
    for number in tries(2 * count + 1):
        if outcome.tried >= count:
            return
        yield number


def _up(world: World, outcome: Outcome, count: int, draw: random.Random) -> None:
    took = _time(world.up)
    world.down()
    for _ in _until(outcome, count):
        took = _judge(world, outcome, ["up", "--sample"], draw.uniform(0, took), draw, lambda: _left(world)) or took
        world.down()
    world.up()


def _demo(world: World, outcome: Outcome, count: int, draw: random.Random) -> None:
    took = _time(lambda: world.command("demo"))
    for _ in _until(outcome, count):
        took = _judge(world, outcome, ["demo"], draw.uniform(0, took), draw, lambda: _left(world)) or took


def _down(world: World, outcome: Outcome, count: int, draw: random.Random) -> None:
    """What an interrupted `down` left, the next ends."""
    world.up()
    took = _time(world.down)
    for _ in _until(outcome, count):
        world.up()

        def left() -> list[str]:
            world.down()
            return _left(world)

        took = _judge(world, outcome, ["down"], draw.uniform(0, took), draw, left) or took


def _run(world: World, outcome: Outcome, count: int, draw: random.Random) -> None:
    """Its run ends with it, and the run after it comes to the right links."""
    world.up()
    right: set[tuple[str, str]] = set()
    for number in _until(outcome, count):
        titles = world.folder / f"by-hand-{number}.csv"
        head = TITLES.read_text(encoding="utf-8").splitlines()[:6]
        titles.write_text("\n".join([*head, f"No Film {number},1901", ""]), encoding="utf-8")
        if number == 0:
            took = _time(lambda titles=titles: world.command("run", str(titles)))  # type: ignore[misc]
            right = world.links()
            continue

        def left(name: str = titles.name) -> list[str]:
            runs = world.end_of(name, MAX_END) if world.runs_of(name) else []
            ids = {run["id"] for run in runs}
            deadline = time.monotonic() + GONE
            while (alive := _processes(world, ids)) and time.monotonic() < deadline:
                time.sleep(0.5)
            running = [run["state"]["name"] for run in runs if run["state"]["type"] not in FINAL]
            return [*(f"process {pid} of the run" for pid in alive), *(f"a run that is {state}" for state in running)]

        took = _judge(world, outcome, ["run", str(titles)], draw.uniform(0, took), draw, left) or took
    last = world.command("run", str(titles))
    if last.returncode or world.links() != right:
        outcome.add("lost", f"the run after them: {last.stderr[-500:]}")


def _judge(
    world: World,
    outcome: Outcome,
    arguments: list[str],
    moment: float,
    draw: random.Random,
    left: Callable[[], list[str]],
) -> float | None:
    """One command in a terminal of its own, ended after so many seconds, and what is left of it. Where it was quicker it is no
    try, and its seconds are returned; nor is one whose work was done, but that of `down`, which then has to have left nothing."""
    signals = draw.choice(HOW)
    about = f"`{' '.join(arguments)}`, {[number.name for number in signals]} after {moment:.1f} s"
    process = subprocess.Popen(
        [sys.executable, "-m", "soundtracks.cli.main", *arguments],
        cwd=ROOT,
        env=world.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    start = time.monotonic()
    with suppress(subprocess.TimeoutExpired):
        process.wait(moment)
    took = time.monotonic() - start
    for number in signals:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        time.sleep(0.3)
    try:
        _, said = process.communicate(timeout=MAX_END)
    except subprocess.TimeoutExpired:
        process.kill()
        outcome.add("hung", about)
        world.down()
        return None
    if process.returncode == 0 and took < moment:
        return took
    if process.returncode == 0 and arguments != ["down"]:  # the signal came too late for it
        return None
    if stays := (_left(world) if process.returncode == 0 else []) or left():
        outcome.add("lost", f"{about} left {stays}: {said.decode(errors='replace')[-500:]}")
    elif damage := world.damage():
        outcome.add("lost", f"{about}: {damage}")
    else:
        outcome.add("survived")
    return None


def _processes(world: World, runs: set[str]) -> list[int]:
    return [process.pid for process, environment in marked(world.folder).items() if environment.get(FLOW_RUN) in runs]


def _left(world: World) -> list[str]:
    """What still runs of the stack a little later."""
    deadline = time.monotonic() + GONE
    while (found := marked(world.folder)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return [" ".join(_command(process)) for process in found]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def _time(do: Callable[[], object]) -> float:
    start = time.monotonic()
    do()
    return time.monotonic() - start
