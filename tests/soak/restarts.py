"""The Prefect server is killed and started again, three times under one run: `python -m tests.soak.restarts --minutes 8`.

On SQLite, or with `--postgres` on a PostgreSQL of its own. `--limit` gives the deployment the limit that ours no longer have:
its lease is forgotten with the first restart, and the run ends within four minutes (prefect 20090).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import typer

from soundtracks.operations.access import api_client
from soundtracks.operations.crashes import explain
from soundtracks.operations.deployments import HEARTBEAT_SECONDS, read_plan
from soundtracks.operations.lost_runs import HEARTBEAT, LostRuns
from tests.rigs import postgres
from tests.rigs.prefect_server import ROOT, PrefectServer
from tests.waiting import until

FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
RESTARTS = 3


def main(minutes: float = 8, use_postgres: bool = typer.Option(False, "--postgres"), limit: bool = False) -> None:
    """Prints what was measured as JSON; fails unless the run completes, or with --limit ends as a crash that is repeated."""
    with tempfile.TemporaryDirectory(prefix="restarts-") as folder:
        measured = restarts(Path(folder), minutes, use_postgres, limit)
    print(json.dumps(measured, indent=1))
    if limit:
        assert measured["advice"] == "lease", measured
    else:
        assert measured["state"] == "COMPLETED", measured
        assert measured["ended by the watcher"] == [], measured


def restarts(folder: Path, minutes: float, use_postgres: bool = False, limit: bool = False) -> dict[str, Any]:
    """What became of a run of so many minutes under three restarts of its server."""
    with ExitStack() as stack:
        settings = {}
        if use_postgres:
            settings = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": stack.enter_context(postgres.running(folder))}
        server = PrefectServer(folder, settings)
        server.start()
        stack.callback(server.kill)
        run = _deploy_and_start(server, minutes, limit)
        worker = _worker(server)
        stack.callback(worker.wait)
        stack.callback(worker.terminate)
        return _watch(server, run, minutes)


def _watch(server: PrefectServer, run: str, minutes: float) -> dict[str, Any]:
    api = api_client(server.client_env, timeout=60)
    lost, ended = LostRuns(api), []
    until(lambda: _state(api, run) == "RUNNING", 300, "the start of the run", every=1)
    started, restarted, away = time.monotonic(), 0, 0.0
    while _state(api, run) not in FINAL:
        if restarted < RESTARTS and time.monotonic() - started > (restarted + 1) * minutes * 60 / (RESTARTS + 1):
            before = time.monotonic()
            server.kill()
            server.start()
            away += time.monotonic() - before
            restarted += 1
        ended += [f"{done.action.kind} {done.name}" for done in lost.once()]
        time.sleep(15)
    found = api.get(f"/flow_runs/{run}").json()
    wanted = {"event": {"name": [HEARTBEAT]}, "resource": {"id": [f"prefect.flow-run.{run}"]}}
    beats = sum(row["count"] for row in api.post("/events/count-by/event", json={"filter": wanted}).json())
    return {
        "state": found["state"]["type"],
        "message": found["state"]["message"],
        "advice": explain(found["state"]["message"]).kind,
        "minutes": round((time.monotonic() - started) / 60, 1),
        "restarts": restarted,
        "seconds without a server": round(away),
        "ended by the watcher": ended,
        "heartbeats kept": beats,
        "heartbeats due": int((time.monotonic() - started) / HEARTBEAT_SECONDS),
    }


def _deploy_and_start(server: PrefectServer, minutes: float, limit: bool) -> str:
    pool = read_plan(ROOT / "prefect.yaml", "local", {"SOUNDTRACKS_HOME": str(ROOT)}).pools[0]
    with api_client(server.client_env, timeout=60) as api:
        template = {"name": pool.name, "type": pool.type, "base_job_template": pool.job_template(ROOT)}
        api.post("/work_pools/", json=template | {"concurrency_limit": pool.concurrency_limit}).raise_for_status()
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
        run = api.post(f"/deployments/{made.json()['id']}/create_flow_run", json={"parameters": {"minutes": minutes}})
        run.raise_for_status()
        return str(run.json()["id"])


def _worker(server: PrefectServer) -> subprocess.Popen[bytes]:
    env = os.environ | server.client_env | {"PREFECT_HOME": str(server.folder)}
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "soundtracks", "--type", "process"]
    with (server.folder / "worker.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)


def _state(api: httpx.Client, run: str) -> str:
    return str(api.get(f"/flow_runs/{run}").json()["state"]["type"])


if __name__ == "__main__":
    typer.run(main)
