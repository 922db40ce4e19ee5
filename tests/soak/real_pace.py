"""A run at the real pace of Discogs, 60 requests a minute with 429s among them, through server, worker and match, to the end.

`python -m tests.soak.real_pace --minutes 20`. It fails unless the run is Completed, took that long, met 429s, and was never
anything but Running on its way. It also counts heartbeats and resident memory, because both only show over time.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import typer

from sandbox import discogs, tmdb
from sandbox.catalogue import TITLES, Catalogue, load_catalogue
from sandbox.faults import Fault
from sandbox.serve import serving
from sandbox.synthetic import FIRST_ID, with_synthetic
from soundtracks.operations.access import api_client
from tests.soak.world import FINAL, ROOT
from tests.waiting import until

#: Requests that Discogs allows in a minute, and those of a run that are no page of 100 albums that a sweep reads: it asks for
#: the films and the first page of each year too, and searches what the sweep lacks.
A_MINUTE, OTHERS = 60, 450
MEGABYTE = 2**20
#: Resident MB that a service may grow by, and that a run of 100,000 albums may take in all its processes.
MAX_GROWTH, MAX_RUN = 100, 2500
RUNS = ": runs"


def main(minutes: int = 20) -> None:
    """Prints what was measured as JSON."""
    with tempfile.TemporaryDirectory(prefix="real-pace-") as folder:
        print(json.dumps(real_pace(Path(folder), minutes), indent=1))


def real_pace(folder: Path, minutes: int) -> dict[str, Any]:
    """The measurements of one run that asks Discogs for `minutes` minutes at least. Raises AssertionError on any loss."""
    with services(minutes) as environment:
        environment |= {"SOUNDTRACKS_STACK_FOLDER": str(folder / "stack"), "SOUNDTRACKS_LAKE_URL": str(folder / "lake")}
        try:
            command(environment, "up")
            return _follow(environment, minutes)
        finally:
            command(environment, "down")


def _follow(environment: dict[str, str], minutes: int) -> dict[str, Any]:
    stack = json.loads(Path(environment["SOUNDTRACKS_STACK_FOLDER"], "stack.json").read_bytes())
    api = api_client(stack["env"], timeout=60)
    started = time.monotonic()
    command(environment | stack["env"], "run", str(TITLES), "--plan", "sweep", wait=False)
    (run,) = until(lambda: _runs(api, name={"any_": [TITLES.name]}), 120, "the run")
    states: list[str] = []
    memory: dict[str, list[int]] = {}
    while run["state"]["type"] not in FINAL:
        if states[-1:] != [run["state"]["type"]]:
            states.append(run["state"]["type"])
        for name, resident in _memory(stack).items():
            memory.setdefault(name, []).append(resident // MEGABYTE)
        time.sleep(10)
        (run,) = _runs(api, id={"any_": [run["id"]]})
    took = time.monotonic() - started
    asked = httpx.get(f"{environment['SOUNDTRACKS_DISCOGS_BASE_URL']}/__sandbox/requests", timeout=60).json()
    beats = api.post("/events/count-by/event", json=_beats_of(run["id"])).json()
    measured = {
        "state": run["state"]["name"],
        "message": run["state"]["message"],
        "minutes": round(took / 60, 1),
        "on the way": states,
        "discogs": {name: asked[name] for name in ("count", "statuses", "busiest")},
        "heartbeats kept": sum(row["count"] for row in beats),
        "heartbeats due": int(run["total_run_time"] // 30) + 1,
        "memory MB first/max/last": {name: [sizes[0], max(sizes), sizes[-1]] for name, sizes in memory.items()},
    }
    assert run["state"]["type"] == "COMPLETED", measured
    assert set(states) <= {"SCHEDULED", "PENDING", "RUNNING"}, measured
    assert states.count("RUNNING") == 1, measured
    assert took >= minutes * 60, measured
    assert asked["statuses"].get("429", 0) > 0, measured
    for name, sizes in memory.items():
        within = max(sizes) <= MAX_RUN if name.endswith(RUNS) else sizes[-1] - sizes[0] <= MAX_GROWTH
        assert within, measured
    return measured


def told(measured: dict[str, Any]) -> str:
    """What was measured, in a sentence."""
    discogs, memory = measured["discogs"], measured["memory MB first/max/last"]
    sizes = ", ".join(f"{name} {most:,} MB" for name, (_, most, _) in memory.items())
    return (
        f"{discogs['count']:,} requests to Discogs in {measured['minutes']} minutes, at most {discogs['busiest']['requests']} in a minute,"
        f" {discogs['statuses']['429']} of them answered 429; heartbeats kept: {measured['heartbeats kept']} of"
        f" {measured['heartbeats due']}; most resident memory: {sizes}"
    )


@contextmanager
def services(minutes: int) -> Iterator[dict[str, str]]:
    """The sandbox at Discogs' real rate, with a catalogue that a sweep reads for so many minutes, as settings."""
    made = with_synthetic(load_catalogue(), max(minutes * A_MINUTE - OTHERS, A_MINUTE) * 100)
    # a sweep reads masters first, and releases only where that is cheaper than to search: so the made-up ones are masters
    albums = tuple(replace(album, kind="master") if album.id >= FIRST_ID else album for album in made.albums)
    service = discogs.discogs_app(catalogue=Catalogue(made.films, albums))
    service.faults.add(*(Fault(path="/database/search", after=40 * n, times=3, status=429) for n in range(1, minutes)))
    with serving(tmdb.tmdb_app()) as tmdb_url, serving(service) as discogs_url:
        yield os.environ | {
            "SOUNDTRACKS_TMDB_BASE_URL": f"{tmdb_url}/3",
            "SOUNDTRACKS_TMDB_TOKEN": tmdb.TOKEN,
            "SOUNDTRACKS_DISCOGS_BASE_URL": discogs_url,
            "SOUNDTRACKS_DISCOGS_TOKEN": discogs.TOKEN,
        }


def command(environment: dict[str, str], *arguments: str, wait: bool = True) -> None:
    """A command of ours in a process of its own, as a person calls it."""
    process = subprocess.Popen([sys.executable, "-m", "soundtracks.cli.main", *arguments], cwd=ROOT, env=environment)
    if wait:
        assert process.wait() == 0, arguments


def _runs(api: httpx.Client, **where: Any) -> list[dict[str, Any]]:
    """A server that is busy is asked again; one that refuses fails at once."""

    def look() -> list[list[dict[str, Any]]]:
        answer = api.post("/flow_runs/filter", json={"flow_runs": where})
        return [] if answer.is_server_error else [answer.raise_for_status().json()]

    return until(look, 300, f"the runs {where}", every=1)[0]


def _beats_of(run: str) -> dict[str, Any]:
    resource = {"id": [f"prefect.flow-run.{run}"]}
    return {"filter": {"event": {"name": ["prefect.flow-run.heartbeat"]}, "resource": resource}}


def _memory(stack: dict[str, Any]) -> dict[str, int]:
    """Service → resident bytes of it and all its children."""
    found = {}
    for service in stack["services"]:
        try:
            process = psutil.Process(service["pid"])
            found[service["name"]] = process.memory_info().rss
            if children := process.children(recursive=True):
                found[service["name"] + RUNS] = sum(child.memory_info().rss for child in children)
        except psutil.NoSuchProcess:
            continue
    return found


if __name__ == "__main__":
    typer.run(main)
