"""What a server forgets, and what not: on SQLite and on PostgreSQL, both as a stack and compose set them up."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from soundtracks.operations.access import api_client, retention
from tests.rigs import postgres
from tests.rigs.prefect_server import PrefectServer
from tests.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.timeout(600)]

#: Prefect looks each hour; a test does not wait so long.
OFTEN = {
    "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ORPHAN_CLEANUP_LOOP_SECONDS": "1",
}


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PrefectServer]:
    if request.param == "postgres" and (reason := postgres.missing()):
        pytest.skip(reason)
    if request.param == "sqlite":
        made = PrefectServer(tmp_path, retention(30) | OFTEN)
        made.start()
        yield made
        made.kill()
        return
    with postgres.running() as address:
        made = PrefectServer(tmp_path, {"PREFECT_SERVER_DATABASE_CONNECTION_URL": address} | retention(30) | OFTEN)
        made.start()
        yield made
        made.kill()


def test_runs_that_ended_long_ago_go_with_their_logs_and_artifacts_and_others_stay(server: PrefectServer) -> None:
    with api_client(server.client_env, timeout=60) as api:
        flow = api.post("/flows/", json={"name": "any"}).json()["id"]
        runs = {}
        for name in ("old", "young", "running for long"):
            runs[name] = api.post("/flow_runs/", json={"flow_id": flow, "name": name}).json()["id"]
            kind = "RUNNING" if name.startswith("running") else "COMPLETED"
            state = {"state": {"type": kind}, "force": True}
            api.post(f"/flow_runs/{runs[name]}/set_state", json=state).raise_for_status()
            line = {"name": "x", "level": 20, "message": name, "timestamp": now(), "flow_run_id": runs[name]}
            api.post("/logs/", json=[line]).raise_for_status()
            api.post("/artifacts/", json={"key": "a", "data": name, "flow_run_id": runs[name]}).raise_for_status()
        for name, days in {"old": 31, "young": 29}.items():
            aged(server, name, days)

        def kept(what: str, field: str) -> set[str]:
            return {str(row[field]) for row in api.post(f"/{what}/filter", json={}).raise_for_status().json()}

        until(lambda: "old" not in kept("flow_runs", "name"), 60, "the end of the old run", every=0.5)
        until(lambda: "old" not in kept("logs", "message") | kept("artifacts", "data"), 60, "the end of what it left", every=0.5)
        for what, field in (("flow_runs", "name"), ("logs", "message"), ("artifacts", "data")):
            assert kept(what, field) >= {"young", "running for long"}


def aged(server: PrefectServer, name: str, days: int) -> None:
    """Lets the run have ended so many days ago: the API takes no times of the past."""
    at = datetime.now(UTC) - timedelta(days=days)
    if address := server.settings.get("PREFECT_SERVER_DATABASE_CONNECTION_URL"):

        async def update() -> None:
            connection = await asyncpg.connect(address.replace("+asyncpg", ""))
            await connection.execute("UPDATE flow_run SET start_time = $1, end_time = $1 WHERE name = $2", at, name)
            await connection.close()

        asyncio.run(update())
        return
    with closing(sqlite3.connect(server.folder / "prefect.db", timeout=30)) as database, database:
        text = at.strftime("%Y-%m-%d %H:%M:%S.%f")
        database.execute("UPDATE flow_run SET start_time = ?, end_time = ? WHERE name = ?", (text, text, name))


def now() -> str:
    return datetime.now(UTC).isoformat()


def test_nothing_is_deleted_where_the_setting_says_never() -> None:
    assert retention(0) == {}
