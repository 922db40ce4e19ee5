"""Resident memory of server, workers and watcher over many runs: measured, and bounded."""

import json
import time
from pathlib import Path

import psutil

from tests.soak.outcome import Outcome
from tests.soak.world import FINAL, HANGS, World

#: Files that land at once.
BATCH = 10
MEGABYTE = 2**20
#: What a service may grow by over a thousand runs, MB, seen over the second half of those that were made.
MAX_GROWTH = 500.0


def memory(folder: Path, count: int, seed: int, settings: dict[str, str]) -> list[Outcome]:
    """`count` small runs through one stack. One outcome: each run is a try, and a service that grows without bound a loss."""
    outcome = Outcome("memory of server, workers and watcher")
    world = World(folder / "stack", folder / "lake", **settings)
    seen: list[tuple[int, dict[str, int]]] = []
    start = time.monotonic()
    try:
        world.up()
        for first in range(0, count, BATCH):
            names = [f"memory-{number}.csv" for number in range(first, min(first + BATCH, count))]
            for name in names:
                world.drop(name)
            for name in names:
                runs = world.end_of(name)
                states = [run["state"]["type"] for run in runs]
                if not states or states[0] not in FINAL:
                    outcome.add("hung", f"{name}: no end after {HANGS:.0f} s")
                elif len(states) > 1:
                    outcome.add("twice", name)
                else:
                    outcome.add("survived" if states == ["COMPLETED"] else "lost", f"{name}: {runs[0]['state']['message']}")
            seen.append((first + len(names), _memory(world)))
            print(f"  after {seen[-1][0]} runs, MB: {seen[-1][1]}", flush=True)
        outcome.search(world.secrets())
    finally:
        world.down()
    for service, growth in growths(seen).items():
        outcome.measured.append(f"{service}: {seen[0][1][service]} MB after {seen[0][0]} runs, {seen[-1][1][service]} MB after {seen[-1][0]}, {growth * 1000:.0f} MB more in a thousand at the pace of the second half")  # fmt: skip
        if growth * 1000 > MAX_GROWTH:
            outcome.add("lost", f"{outcome.measured[-1]}; at most {MAX_GROWTH:.0f}")
    outcome.seconds = time.monotonic() - start
    return [outcome]


def growths(seen: list[tuple[int, dict[str, int]]]) -> dict[str, float]:
    """Service → MB per run, the slope of the least squares over the second half. `seen`: runs so far, service → MB."""
    half = seen[len(seen) // 2 :]
    found = {}
    for service in half[0][1] if len(half) > 1 else ():
        points = [(runs, sizes[service]) for runs, sizes in half if service in sizes]
        mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
        spread = sum((x - mean_x) ** 2 for x, _ in points)
        found[service] = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
    return found


def _memory(world: World) -> dict[str, int]:
    """Service → resident MB of its own process."""
    services = json.loads((world.folder / "stack.json").read_bytes())["services"]
    return {s["name"]: psutil.Process(s["pid"]).memory_info().rss // MEGABYTE for s in services if psutil.pid_exists(s["pid"])}
