"""The Prefect server of a stack, attacked as a foreign page in the user's browser attacks it, over real sockets.

A page can send requests from its own origin (`Origin: http://evil.test`), and it can rebind its name to this machine, so that
the browser takes the server for the page's own (`Host: evil.test`). It knows every address, but no password.
"""

import asyncio
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.server.services import task_run_recorder
from prefect.server.services.task_run_recorder import TaskRunRecorder
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from prefect.states import Suspended
from rich.console import Console

from soundtracks.cli.run import approve_run, end_run
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.operations.access import api_client
from soundtracks.operations.api_server import keep_task_runs, main
from soundtracks.operations.deployments import read_plan
from soundtracks.operations.pools import register_pool
from tests.rigs.prefect_server import PrefectServer

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[3]
SOCKETS = ("/api/events/in", "/api/events/out", "/api/logs/out")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    made = PrefectServer(tmp_path_factory.mktemp("server"))
    made.start()
    yield made
    made.kill()


@pytest.fixture
def client(server: PrefectServer) -> Iterator[SyncPrefectClient]:
    with (
        temporary_settings({PREFECT_API_URL: f"{server.url}/api", PREFECT_API_AUTH_STRING: server.password}),
        get_client(sync_client=True) as made,
    ):
        yield made


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.test"},
        {"Host": "evil.test"},
        {"Host": "evil.test:4200", "Origin": "http://evil.test:4200"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.test"},
        {"Origin": "http://127.0.0.1:1"},
        {"Host": "127.0.0.1.evil.test"},
        {"Host": ""},
        {},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/api/flow_runs/filter", "/api/deployments/filter", "/api/work_pools/", "/api/flows/"])
def test_a_page_can_neither_read_nor_change_anything(server: PrefectServer, headers: dict[str, str], path: str) -> None:
    body = {"name": "evil", "type": "process"} if path.endswith("/") else {}
    answer = httpx.post(server.url + path, headers=headers, json=body)
    assert answer.status_code in (400, 401, 403)
    assert answer.headers.get("Access-Control-Allow-Origin") in (None, "*")  # "*" comes with no answer but the refusal itself
    assert "id" not in answer.json() if answer.headers["content-type"] == "application/json" else True


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.test"}, {"Host": "evil.test"}], ids=str)
def test_the_password_does_not_help_a_foreign_page(server: PrefectServer, headers: dict[str, str]) -> None:
    """As when the browser had kept it: the page is refused for what it is."""
    with api_client(server.client_env) as api:
        assert api.post("/flow_runs/filter", json={}).status_code == 200
        assert api.post("/flow_runs/filter", json={}, headers=headers).status_code in (400, 403)


def test_without_the_token_against_forged_requests_even_the_password_is_not_enough(server: PrefectServer) -> None:
    user, _, password = server.password.partition(":")
    answer = httpx.post(f"{server.url}/api/flow_runs/filter", json={}, auth=(user, password))
    assert (answer.status_code, answer.json()["detail"]) == (403, "Missing CSRF token.")


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize(
    ("origin", "host", "password"),
    [
        ("http://evil.test", None, ""),
        (None, "evil.test", ""),
        ("http://evil.test", None, "right"),
        (None, "evil.test", "right"),
        (None, None, ""),
        (None, None, "soundtracks:wrong"),
    ],
)
def test_no_websocket_opens_to_a_page(
    server: PrefectServer, path: str, origin: str | None, host: str | None, password: str
) -> None:
    assert not asyncio.run(opens(server, path, origin, host, server.password if password == "right" else password))


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("origin", [None, "own"])
def test_websockets_open_to_who_knows_the_password(server: PrefectServer, path: str, origin: str | None) -> None:
    assert asyncio.run(opens(server, path, server.url if origin else None, None, server.password))


async def opens(server: PrefectServer, path: str, origin: str | None, host: str | None, password: str) -> bool:
    """Whether the server lets somebody in who comes with these headers and this password, after the handshake of Prefect."""
    address = f"ws://{host or '127.0.0.1'}:{server.port}{path}"
    try:
        async with websockets.connect(
            address,
            host="127.0.0.1",
            port=server.port,
            origin=origin,  # type: ignore[arg-type]
            subprotocols=["prefect"],  # type: ignore[list-item]
        ) as socket_:
            await socket_.send(json.dumps({"type": "auth", "token": password}))
            answer = json.loads(await socket_.recv())
            return bool(answer["type"] == "auth_success")
    except (websockets.InvalidStatus, websockets.ConnectionClosed):
        return False


@pytest.mark.parametrize(
    "variables",
    [{"command": "touch evil"}, {"env": {"PATH": "/tmp"}}, {"env": {"PYTHONPATH": "/tmp"}}, {"working_dir": "/tmp"}],
    ids=str,
)
def test_a_run_whose_job_variables_carry_a_command_is_refused(
    server: PrefectServer, client: SyncPrefectClient, variables: dict[str, object]
) -> None:
    (pool, _) = read_plan(ROOT / "prefect.yaml", "local", {"SOUNDTRACKS_HOME": str(ROOT)}).pools
    register_pool(client, pool, pool.job_template(ROOT))
    with api_client(server.client_env) as api:
        flow = api.post("/flows/", json={"name": "any"}).json()["id"]
        deployment = {"name": "local", "flow_id": flow, "work_pool_name": pool.name}
        made = api.post("/deployments/", json=deployment | {"job_variables": {"env": {"SOUNDTRACKS_MATCH_ENGINE": "local"}}})
        assert made.is_success, made.text
        run = api.post(f"/deployments/{made.json()['id']}/create_flow_run", json={"job_variables": variables})
        assert run.status_code == 422, run.text
        assert api.post("/deployments/", json=deployment | {"job_variables": variables}).status_code == 422


def test_a_client_of_ours_outlives_the_hour_after_which_the_server_forgets_its_token(server: PrefectServer) -> None:
    """The watcher lives for days: refused, it would find no lost run any more."""
    with api_client(server.client_env) as api:
        assert api.post("/flows/filter", json={}).status_code == 200
        with sqlite3.connect(server.folder / "prefect.db") as database:
            database.execute("UPDATE csrf_token SET expiration = '2001-01-01 00:00:00.000000'")
        assert api.post("/flows/filter", json={}).status_code == 200


@flow
def waits() -> None:
    """A run that waits for approval has no process, and needs none here."""


@pytest.mark.parametrize(
    ("answers", "ends"),
    [
        (["cancel", "approve"], "CANCELLED"),
        (["approve", "approve"], "SCHEDULED"),  # for a worker to take up
    ],
    ids=str,
)
def test_of_two_answers_to_a_run_that_waits_the_first_counts(
    server: PrefectServer,
    client: SyncPrefectClient,
    answers: list[str],
    ends: str,
    lake: Lake,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"{server.url}/api")
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", server.password)
    run = client.create_flow_run_from_deployment(client.create_deployment(client.create_flow(waits), "no worker"))
    client.set_flow_run_state(run.id, Suspended(timeout_seconds=600), force=True)

    def answer(what: str) -> None:
        end_run(lake, str(run.id), Console(quiet=True)) if what == "cancel" else approve_run(lake, str(run.id), "Ann")

    answer(answers[0])
    with pytest.raises(BadInput, match="cannot be approved"):
        answer(answers[1])
    state = client.read_flow_run(run.id).state
    assert state is not None
    assert state.type.value == ends


def test_a_server_that_was_killed_starts_with_no_slot_taken(server: PrefectServer, client: SyncPrefectClient) -> None:
    """Its leases were in its memory: what a run held before would be taken for good."""
    client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name="discogs", limit=60))
    client.increment_concurrency_slots_with_lease(["discogs"], 41, "concurrency", 100)
    assert client.read_global_concurrency_limit_by_name("discogs").active_slots == 41
    server.kill()
    server.start()
    assert client.read_global_concurrency_limit_by_name("discogs").active_slots == 0


def test_what_task_runs_did_is_kept_for_an_hour_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect's own recorder of task runs, as far as its consumer, with what the server changes of it."""
    name, given = "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL", {}
    monkeypatch.setenv(name, "")
    monkeypatch.delenv(name)

    class Reached(Exception):
        pass

    def consumer(**options: object) -> None:
        given.update(options)
        raise Reached

    monkeypatch.setattr(task_run_recorder, "consumer", consumer)
    monkeypatch.setattr(task_run_recorder, "create_consumer", lambda *_, **__: None)
    monkeypatch.setattr(TaskRunRecorder, "start", TaskRunRecorder.start)  # put back afterwards
    keep_task_runs()
    with pytest.raises(Reached):
        asyncio.run(TaskRunRecorder().start())
    assert given["max_persist_retries"] * int(os.environ[name]) >= 3600


def test_no_server_starts_that_any_page_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS", raising=False)
    with pytest.raises(BadInput, match="any page"):
        main(port=0)
