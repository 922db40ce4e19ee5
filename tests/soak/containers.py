"""A worker that dies with all its runs, as a container does, and starts again: what it left is ended and run again."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from soundtracks.operations.access import api_client
from soundtracks.operations.processes import family
from tests.rigs.prefect_server import ROOT, PrefectServer
from tests.soak.outcome import Outcome
from tests.soak.restarts import deploy_and_start, state_of
from tests.soak.tries import tries
from tests.soak.world import FINAL, HANGS
from tests.waiting import until

#: Minutes that a run takes.
LENGTH = 1.0


def killed_with_its_runs(folder: Path, count: int, seed: int) -> list[Outcome]:
    """`count` times, on one server; no watcher runs. The pool has two slots: two runs are under way, the third waits."""
    outcome = Outcome("a worker in a container is killed with its runs")
    server = PrefectServer(folder)
    start = time.monotonic()
    server.start()
    try:
        for _ in tries(count):
            runs = deploy_and_start(server, LENGTH, limit=False, runs=3, slots=2)
            with api_client(server.client_env, timeout=60) as api:
                worker = _worker(server)
                until(lambda: sum(state_of(api, run)["type"] == "RUNNING" for run in runs) == 2, 600, "two runs", every=1)  # noqa: B023
                _kill(worker)
                worker = _worker(server)
                with suppress(AssertionError):
                    until(lambda: all(state_of(api, run)["type"] in FINAL for run in runs), HANGS, "their end", every=1)  # noqa: B023
                states = [state_of(api, run) for run in runs]
                _kill(worker)
            for state in states:
                verdict = "survived" if state["type"] == "COMPLETED" else "lost" if state["type"] in FINAL else "hung"
                outcome.add(verdict, f"{state['name']}: {state['message']}")
    finally:
        server.kill()
    outcome.seconds = time.monotonic() - start
    return [outcome]


def _worker(server: PrefectServer) -> subprocess.Popen[bytes]:
    """As compose starts it."""
    env = os.environ | server.client_env | {"PREFECT_HOME": str(server.folder), "PREFECT_WORKER_WEBSERVER_PORT": "0"}
    with (server.folder / "worker.log").open("ab") as log:
        command = [sys.executable, "-m", "soundtracks.operations.worker", "--pool", "soundtracks"]
        return subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)


def _kill(worker: subprocess.Popen[bytes]) -> None:
    for member in family(psutil.Process(worker.pid)):
        with suppress(psutil.NoSuchProcess):
            member.kill()
    worker.wait()
