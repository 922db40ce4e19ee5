"""PostgreSQL is away for a while under ten runs: `python -m tests.soak.database --seconds 60`.

Nothing may be lost and nothing done twice, an automation that is made afterwards fires, and an idle server holds no more
connections than before.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import typer
from prefect import flow, get_run_logger, task
from prefect.events.actions import DoNothing
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    PREFECT_CLIENT_RETRY_EXTRA_CODES,
    temporary_settings,
)

from soundtracks.operations.access import api_client
from soundtracks.operations.deployments import read_plan
from tests.rigs.postgres import Postgres
from tests.rigs.prefect_server import ROOT, PrefectServer
from tests.waiting import until

RUNS, STEPS = 10, 3
#: What Azure's smallest server gives its users.
MAX_CONNECTIONS = 35
_released = asyncio.Event()


def main(seconds: float = 60, idle: float = 120) -> None:
    """Prints what was measured as JSON; fails where something was lost, done twice or piled up."""
    with tempfile.TemporaryDirectory(prefix="database-") as folder:
        measured = away(Path(folder), seconds, idle)
    print(json.dumps(measured, indent=1))
    assert faults(measured) == []


def faults(measured: dict[str, Any]) -> list[str]:
    """What is not as it must be."""
    found = []
    if measured["states"] != {"COMPLETED": RUNS} or measured["results"] != [STEPS] * RUNS:
        found.append("runs were lost")
    if measured["tasks"] != {"COMPLETED": RUNS * STEPS} or measured["run counts"] != [1] * RUNS:
        found.append("something was done twice, or not at all")
    if not measured["an automation made afterwards fires"]:
        found.append("automations do not fire")
    if (
        max(measured["connections"].values()) > MAX_CONNECTIONS
        or measured["connections"]["idle, after"] > measured["connections"]["at work"]
    ):
        found.append("connections pile up")
    return found


@task(task_run_name="step-{number}")
async def step(number: int) -> int:
    get_run_logger().info("step %s", number)
    return 1


@flow
async def steps() -> int:
    done = await step(0)
    await _released.wait()
    for number in range(1, STEPS):
        done += await step(number)
    return done


def away(folder: Path, seconds: float, idle: float) -> dict[str, Any]:
    """What became of ten runs whose server had no database for so long, after their first step; then of the server, idle."""
    database = Postgres("max_connections=50", "superuser_reserved_connections=15")
    try:
        database.start()
        database.sql("CREATE DATABASE prefect")
        url = f"postgresql+asyncpg://prefect@127.0.0.1:{database.port}/prefect"
        server = PrefectServer(folder, {"PREFECT_SERVER_DATABASE_CONNECTION_URL": url})
        server.start()
        try:
            return _watch(database, server, seconds, idle)
        finally:
            server.kill()
    finally:
        database.remove()


def _watch(database: Postgres, server: PrefectServer, seconds: float, idle: float) -> dict[str, Any]:
    plan = read_plan(ROOT / "prefect.yaml", "local", {"SOUNDTRACKS_HOME": str(ROOT)})
    given = plan.document["deployments"][0]["work_pool"]["job_variables"]["env"]
    settings = {
        PREFECT_API_URL: f"{server.url}/api",
        PREFECT_API_AUTH_STRING: server.password,
        PREFECT_CLIENT_RETRY_EXTRA_CODES: given["PREFECT_CLIENT_RETRY_EXTRA_CODES"],
        PREFECT_CLIENT_MAX_RETRIES: int(given["PREFECT_CLIENT_MAX_RETRIES"]),
    }
    connections = {}

    def count(when: str) -> None:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'prefect'"
        connections[when] = int(database.sql(asked))

    with api_client(server.client_env, timeout=60) as api, temporary_settings(settings):

        def rows(kind: str) -> list[dict[str, Any]]:
            return list(api.post(f"/{kind}/filter", json={}).raise_for_status().json())

        def take_away(go_on: Callable[[], object]) -> None:
            until(lambda: sum(row["state"]["type"] == "COMPLETED" for row in rows("task_runs")) == RUNS, 300, "the first steps")
            count("at work")
            database.stop("immediate")
            go_on()
            time.sleep(seconds)
            database.start()

        began = time.monotonic()
        results = asyncio.run(_ten(take_away))
        took = time.monotonic() - began
        with suppress(AssertionError):  # what is missing then is told by what is counted
            done = {"COMPLETED": RUNS * STEPS}
            until(lambda: _counted(rows("task_runs")) == done, 300, "all tasks", every=2)
        fires = _fires(api)
        count("after the work")
        time.sleep(idle)
        count("idle, after")
        return {
            "seconds without a database": seconds,
            "seconds in all": round(took),
            "results": results,
            "states": _counted(rows("flow_runs")),
            "tasks": _counted(rows("task_runs")),
            "run counts": [row["run_count"] for row in rows("flow_runs")],
            "an automation made afterwards fires": fires,
            "connections": connections,
        }


async def _ten(middle: Callable[[Callable[[], object]], None]) -> list[int | str]:
    """Ten runs; `middle` is called when they have begun, and calls what makes them go on. What a run raised stands for its result."""
    loop = asyncio.get_running_loop()
    runs = [asyncio.create_task(steps()) for _ in range(RUNS)]
    await asyncio.to_thread(middle, lambda: loop.call_soon_threadsafe(_released.set))
    done = await asyncio.gather(*runs, return_exceptions=True)
    return [repr(one) if isinstance(one, BaseException) else one for one in done]


def _counted(rows: list[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        found[row["state"]["type"]] = found.get(row["state"]["type"], 0) + 1
    return found


def _fires(api: Any) -> bool:
    """Whether an automation made now is triggered by an event of now; the server takes it up a moment later."""
    name = f"made after {uuid4().hex[:8]}"
    trigger = EventTrigger(expect={"soundtracks.soak"}, posture=Posture.Reactive, threshold=1)
    body = AutomationCore(name=name, trigger=trigger, actions=[DoNothing()])
    made = api.post("/automations/", json=body.model_dump(mode="json")).raise_for_status().json()["id"]

    def fired() -> bool:
        event = {"event": "soundtracks.soak", "resource": {"prefect.resource.id": "soundtracks.soak"}, "id": str(uuid4())}
        api.post("/events", json=[event | {"occurred": datetime.now(UTC).isoformat()}]).raise_for_status()
        wanted = {"event": {"name": ["prefect.automation.triggered"]}, "resource": {"id": [f"prefect.automation.{made}"]}}
        return bool(api.post("/events/filter", json={"filter": wanted}).raise_for_status().json()["events"])

    try:
        until(fired, 120, "the automation", every=1)
    except AssertionError:
        return False
    return True


if __name__ == "__main__":
    typer.run(main)
