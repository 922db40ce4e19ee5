"""The Prefect server is killed and started again, three times under one run: `python -m tests.soak.restarts --minutes 8`.

On SQLite, or with `--postgres` on a PostgreSQL of its own. `--limit` gives the deployment the limit that ours no longer have:
its lease is forgotten with the first restart, and the run ends within four minutes (prefect 20090).
`--runs 4 --times 0`: four runs at once, undisturbed; how many of their heartbeats the server keeps.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import typer

from soundtracks.errors import ServerError
from soundtracks.operations.access import api_client
from soundtracks.operations.crashes import explain
from soundtracks.operations.deployments import HEARTBEAT_SECONDS, read_plan
from soundtracks.operations.lost_runs import HEARTBEAT, LostRuns
from tests.rigs import postgres
from tests.rigs.prefect_server import ROOT, PrefectServer
from tests.soak.world import FINAL
from tests.waiting import until

RESTARTS = 3


def main(
    minutes: float = 8,
    use_postgres: bool = typer.Option(False, "--postgres"),
    limit: bool = False,
    runs: int = 1,
    times: int = RESTARTS,
) -> None:
    """Prints what was measured as JSON; fails unless the runs complete, or with --limit end as a crash that is repeated."""
    with tempfile.TemporaryDirectory(prefix="restarts-") as folder:
        measured = restarts(Path(folder), minutes, use_postgres, limit=limit, runs=runs, times=times)
    print(json.dumps(measured, indent=1))
    if limit:
        assert set(measured["advice"]) == {"lease"}, measured
    else:
        assert set(measured["states"]) == {"COMPLETED"}, measured
        assert measured["ended by the watcher"] == [], measured


def restarts(
    folder: Path, minutes: float, use_postgres: bool = False, *, limit: bool = False, runs: int = 1, times: int = RESTARTS
) -> dict[str, Any]:
    """What became of so many runs at once, of so many minutes each, under so many restarts of their server."""
    with ExitStack() as stack:
        settings = {}
        if use_postgres:
            settings = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": stack.enter_context(postgres.running())}
        server = PrefectServer(folder, settings)
        server.start()
        stack.callback(server.kill)
        started = deploy_and_start(server, minutes, limit, runs)
        worker = _worker(server)
        stack.callback(worker.wait)
        stack.callback(worker.kill)  # its runs have ended; it would take a minute to take leave of a server that is away
        return _watch(server, started, minutes, times)


def _watch(server: PrefectServer, runs: list[str], minutes: float, times: int) -> dict[str, Any]:
    with api_client(server.client_env, timeout=60) as api:
        lost, ended = LostRuns(api), []
        until(lambda: all(state_of(api, run)["type"] == "RUNNING" for run in runs), 600, "the start of the runs", every=1)
        started, restarted, away = time.monotonic(), 0, 0.0
        while not all(state_of(api, run)["type"] in FINAL for run in runs):
            if restarted < times and time.monotonic() - started > (restarted + 1) * minutes * 60 / (times + 1):
                before = time.monotonic()
                server.kill()
                server.start()
                away += time.monotonic() - before
                restarted += 1
            with suppress(ServerError):  # a busy server; the watcher looks again too
                ended += [f"{done.action.kind} {done.name}" for done in lost.once()]
            time.sleep(15)
        states = [state_of(api, run) for run in runs]
        resources = [f"prefect.flow-run.{run}" for run in runs]
        wanted = {"event": {"name": [HEARTBEAT]}, "resource": {"id": resources}}
        beats = {row["value"]: row["count"] for row in api.post("/events/count-by/resource", json={"filter": wanted}).json()}
        took = [_run(api, run)["total_run_time"] for run in runs]
        return {
            "states": [state["type"] for state in states],
            "messages": [state["message"] for state in states],
            "advice": [explain(state["message"]).kind for state in states],
            "minutes": round((time.monotonic() - started) / 60, 1),
            "restarts": restarted,
            "seconds without a server": round(away),
            "ended by the watcher": ended,
            "heartbeats kept": [beats.get(resource, 0) for resource in resources],
            "heartbeats due": [int(seconds // HEARTBEAT_SECONDS) + 1 for seconds in took],
            "server's memory, MB": server.memory() // 2**20,
        }


def deploy_and_start(server: PrefectServer, minutes: float, limit: bool, runs: int, slots: int | None = None) -> list[str]:
    """Registers the flow that only lives on, and starts so many runs of it; returns their ids. `slots`: of its pool."""
    pool = read_plan(ROOT / "prefect.yaml", "local", {"SOUNDTRACKS_HOME": str(ROOT)}).pools[0]
    with api_client(server.client_env, timeout=60) as api:
        template = {"name": pool.name, "type": pool.type, "base_job_template": pool.job_template(ROOT)}
        api.post("/work_pools/", json=template | {"concurrency_limit": slots or runs})  # there already: 409
        flow = api.post("/flows/", json={"name": "waiting"}).json()["id"]
        step = {"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}
        deployment = {
            "name": "soak",
            "flow_id": flow,
            "work_pool_name": pool.name,
            "entrypoint": "tests/soak/waiting.py:waiting",
            "pull_steps": [step],
            "tags": ["soundtracks"],
            "job_variables": {"env": {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS)}},
        } | ({"concurrency_limit": 1} if limit else {})
        made = api.post("/deployments/", json=deployment)
        made.raise_for_status()
        path, asked = f"/deployments/{made.json()['id']}/create_flow_run", {"parameters": {"minutes": minutes}}
        return [str(api.post(path, json=asked).raise_for_status().json()["id"]) for _ in range(runs)]


def _worker(server: PrefectServer) -> subprocess.Popen[bytes]:
    env = os.environ | server.client_env | {"PREFECT_HOME": str(server.folder)}
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "soundtracks", "--type", "process"]
    with (server.folder / "worker.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)


def _run(api: httpx.Client, run: str) -> dict[str, Any]:
    """The run; a server that is busy is asked again."""

    def look() -> dict[str, Any] | None:
        with suppress(httpx.HTTPStatusError):
            return dict(api.get(f"/flow_runs/{run}").raise_for_status().json())
        return None

    found = until(look, 300, f"the run {run}", every=1)
    assert found
    return found


def state_of(api: httpx.Client, run: str) -> dict[str, Any]:
    """The state of a run; a server that is busy is asked again."""
    return dict(_run(api, run)["state"])


if __name__ == "__main__":
    typer.run(main)
