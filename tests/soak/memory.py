"""Resident memory of server, workers and watcher over many runs: measured, and bounded.

The server and the watcher over a thousand runs that only the server knows: their states, heartbeats and logs come as a worker
and a run would send them. All services over whole runs, of which each keeps a core busy for half a minute.
"""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import psutil

from soundtracks.operations.lost_runs import HEARTBEAT
from tests.soak.inbox import watching
from tests.soak.outcome import Outcome
from tests.soak.world import FINAL, HANGS, World
from tests.waiting import until

#: Looks at the memory in a part.
LOOKS = 20
MEGABYTE = 2**20
#: What a service may grow by over a thousand runs, MB, at the pace of the second half of those that were made; and what it must
#: have grown by in that half to be growth at all.
MAX_GROWTH, NOISE = 500.0, 30.0

Sizes = list[tuple[int, dict[str, int]]]


def of_server_and_watcher(folder: Path, count: int, seed: int) -> list[Outcome]:
    """`count` files, each of which gets its run, which goes its way on the server alone."""
    outcome = Outcome("memory of server and watcher")
    seen: Sizes = []
    batch = max(1, count // LOOKS)
    start = time.monotonic()
    with watching(folder) as world, world.client() as api:
        world.start()
        for first in range(0, count, batch):
            for number in range(first, min(first + batch, count)):
                (world.inbox / f"memory-{number}.csv").write_bytes(f"title,year\nFilm {number},1999\n".encode())
            done = first
            while done < min(first + batch, count):
                done += until(lambda: _live(api), HANGS, "runs of the files", every=1)
            assert world.process
            watcher = psutil.Process(world.process.pid).memory_info().rss
            seen.append((done, {"server": world.server.memory() // MEGABYTE, "watcher": watcher // MEGABYTE}))
            print(f"  after {done} runs, MB: {seen[-1][1]}", flush=True)
        runs = world.runs()
        for number in range(count):
            made = runs[f"titles/memory-{number}.csv"]
            outcome.add({0: "lost", 1: "survived"}.get(made, "twice"), f"memory-{number}.csv: {made} runs")
    _judge(outcome, seen)
    outcome.seconds = time.monotonic() - start
    return [outcome]


def _live(api: httpx.Client) -> int:
    """Lets each run that waits live, as its worker and its process tell the server; returns how many there were."""
    waiting = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    runs = [run["id"] for run in api.post("/flow_runs/filter", json=waiting).raise_for_status().json()]
    for run in runs:
        for state in ("PENDING", "RUNNING", "COMPLETED"):
            api.post(f"/flow_runs/{run}/set_state", json={"state": {"type": state}, "force": True}).raise_for_status()
            if state == "RUNNING":
                now = datetime.now(UTC).isoformat()
                resource = {"prefect.resource.id": f"prefect.flow-run.{run}"}
                beat = {"id": str(uuid4()), "occurred": now, "event": HEARTBEAT, "resource": resource}
                api.post("/events", json=[beat]).raise_for_status()
                line = {"name": "soak", "level": 20, "message": "x" * 200, "timestamp": now, "flow_run_id": run}
                api.post("/logs/", json=[line] * 20).raise_for_status()
    return len(runs)


def of_all(folder: Path, count: int, seed: int, settings: dict[str, str]) -> list[Outcome]:
    """`count` small runs through one stack. One outcome: each run is a try, and a service that grows without bound a loss."""
    outcome = Outcome("memory of server, workers and watcher over whole runs")
    world = World(folder / "stack", folder / "lake", **settings)
    seen: Sizes = []
    batch = max(2, count // LOOKS)
    start = time.monotonic()
    try:
        world.up()
        for first in range(0, count, batch):
            names = [f"memory-{number}.csv" for number in range(first, min(first + batch, count))]
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
    _judge(outcome, seen)
    outcome.seconds = time.monotonic() - start
    return [outcome]


def _judge(outcome: Outcome, seen: Sizes) -> None:
    """Notes what each service grew by; without bound is a loss."""
    for service, growth in growths(seen).items():
        first, last = seen[0], seen[-1]
        outcome.measured.append(
            f"{service}: {first[1][service]} MB after {first[0]} runs, {last[1][service]} MB after {last[0]}, by the second half"
            f" {growth * 1000:.0f} MB more in a thousand"
        )
        half = last[0] - seen[len(seen) // 2][0]
        if growth * 1000 > MAX_GROWTH and growth * half > NOISE:
            outcome.add("lost", f"{outcome.measured[-1]}; at most {MAX_GROWTH:.0f}")


def growths(seen: Sizes) -> dict[str, float]:
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
