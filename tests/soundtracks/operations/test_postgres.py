"""Prefect's server on Postgres, as in Azure: logged in to by identity over verified TLS, an owner without further rights, 35
connections; with the settings of the Bicep template. It takes up the database of an earlier Prefect, as it does in Azure: by the
job that migrates, before it starts. One server for all tests, which build on each other in their order."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import trustme
import yaml
from prefect import flow, get_run_logger, task
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId, LogFilter, LogFilterFlowRunId
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, PREFECT_CLIENT_RETRY_EXTRA_CODES, temporary_settings

from soundtracks.cli.deploy import register_plan
from soundtracks.inbox.listing import Listing
from soundtracks.lake.lake import Lake
from soundtracks.operations.access import PASSWORD, api_client
from soundtracks.operations.deployments import read_plan
from soundtracks.operations.runs import Runs
from soundtracks.operations.watcher import Watcher
from tests.infra.test_names import CONTAINERS, variables
from tests.rigs import postgres
from tests.rigs.postgres import Postgres
from tests.rigs.prefect_server import ROOT, PrefectServer
from tests.waiting import until

pytestmark = [
    pytest.mark.server,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(postgres.missing()), reason=postgres.missing()),
]

TOKEN, CLIENT = "token-of-the-identity", "client-of-the-server"
#: Of Azure's smallest server, B1ms: so many connections, so many of them not for users.
LIMITS = ("max_connections=50", "superuser_reserved_connections=15")

#: The schema that the database of the version before has; a server of Prefect 3.7.8 made it, the file says how.
BEFORE, SCHEMA_BEFORE = ROOT / "tests" / "data" / "databases" / "prefect-3.7.8.sql.gz", "bad1e352c597"
PLAN = read_plan(ROOT / "prefect.yaml", "local", {"SOUNDTRACKS_HOME": str(ROOT)})


@dataclass
class Identity:
    """Stands for the endpoint that gives an app's managed identity its tokens. `asked`: the queries."""

    url: str = ""
    asked: list[str] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[None]:
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                given = {
                    "access_token": TOKEN,
                    "expires_on": str(int(time.time()) + 3600),
                    "resource": "x",
                    "token_type": "Bearer",
                }
                body = json.dumps(given).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.url = f"http://127.0.0.1:{server.server_port}/msi/token"
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield
            server.shutdown()


@dataclass
class World:
    database: Postgres
    server: PrefectServer
    identity: Identity
    user: str
    copies: Path

    def connections(self) -> int:
        return int(self.database.sql(f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{self.user}'"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("postgres")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    database = Postgres(*LIMITS, authority=authority)
    database.start()
    identity = Identity()
    given = {name: value for name, value in variables("server").items() if re.search("DATABASE|PLUGINS|POSTGRES", name)}
    user = re.fullmatch(r"postgresql\+asyncpg://([\w-]+)@.*:5432/prefect", given["PREFECT_SERVER_DATABASE_CONNECTION_URL"])[1]
    database.sql(f"CREATE ROLE \"{user}\" LOGIN PASSWORD '{TOKEN}'")
    database.sql(f'CREATE DATABASE prefect OWNER "{user}"')
    with identity.running():
        settings = given | {
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://{user}@localhost:{database.port}/prefect",
            "PREFECT_INTEGRATIONS_AZURE_POSTGRES_MANAGED_IDENTITY_CLIENT_ID": CLIENT,
            "IDENTITY_ENDPOINT": identity.url,
            "IDENTITY_HEADER": "x",
            "SSL_CERT_FILE": str(folder / "authority.pem"),
        }
        server = PrefectServer(folder, settings)
        copies = folder / "copies"
        copies.mkdir()
        try:
            database.restore(BEFORE, "prefect", user)
            copy_database(database, copies)
            migrate(settings, folder)
            server.start()
            with (
                pytest.MonkeyPatch.context() as patch,
                temporary_settings(
                    {
                        PREFECT_API_URL: f"{server.url}/api",
                        PREFECT_API_AUTH_STRING: server.password,
                        PREFECT_CLIENT_RETRY_EXTRA_CODES: PLAN.document["deployments"][0]["work_pool"]["job_variables"]["env"][
                            "PREFECT_CLIENT_RETRY_EXTRA_CODES"
                        ],
                    }
                ),
            ):
                for name, value in server.client_env.items():
                    patch.setenv(name, value)
                yield World(database, server, identity, user, copies)
        finally:
            server.kill()
            database.remove()


def copy_database(database: Postgres, copies: Path) -> None:
    """As the service of compose does, which has no network here but the socket."""
    service = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]["copy"]
    script = service["command"][0].replace("$$", "$")
    env = database.environment("prefect") | {"COPIES": str(copies)}
    done = subprocess.run([*service["entrypoint"], script], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def migrate(settings: dict[str, str], folder: Path) -> None:
    """As the job of Azure and the service of compose do."""
    program, *arguments = CONTAINERS["migrate"]["command"]
    assert program == "prefect"
    env = os.environ | settings | {"PREFECT_HOME": str(folder)}
    done = subprocess.run([sys.executable, "-m", program, *arguments], env=env, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def client(world: World) -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as made:
        yield made


def test_the_server_logs_in_by_its_identity_over_tls(world: World):
    (asked,) = {re.sub(r".*resource=([^&]+).*client_id=([^&]+).*", r"\1 \2", query) for query in world.identity.asked}
    assert asked == f"https://ossrdbms-aad.database.windows.net {CLIENT}"
    encrypted = world.database.sql(
        f"SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = '{world.user}'"
    )
    assert encrypted == "t"
    assert world.database.sql(f"SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = '{world.user}'") == "f|f"
    assert world.database.sql("SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'", "prefect") == "pg_trgm"


def test_a_copy_of_the_version_before_is_kept(world: World):
    (copy,) = world.copies.iterdir()
    assert copy.name == f"prefect-{SCHEMA_BEFORE}.dump"
    world.database.sql("CREATE DATABASE restored")
    command = ["pg_restore", "--no-owner", "--dbname=restored", str(copy)]
    done = subprocess.run(command, env=os.environ | world.database.environment("restored"), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert world.database.sql("SELECT version_num FROM alembic_version", "restored") == SCHEMA_BEFORE
    assert world.database.sql("SELECT state_type FROM flow_run ORDER BY created", "restored") == "COMPLETED\nFAILED"


def test_there_is_nothing_to_copy_of_a_new_database(world: World, tmp_path: Path):
    world.database.sql("CREATE DATABASE fresh")
    script = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]["copy"]
    env = world.database.environment("fresh") | {"COPIES": str(tmp_path)}
    done = subprocess.run([*script["entrypoint"], script["command"][0].replace("$$", "$")], env=env)
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_the_history_of_the_version_before_is_there(world: World, client: SyncPrefectClient):
    assert world.database.sql("SELECT version_num FROM alembic_version", "prefect") != SCHEMA_BEFORE
    runs = sorted(client.read_flow_runs(), key=lambda run: run.created)
    assert [(run.state_type.value, run.run_count) for run in runs] == [("COMPLETED", 1), ("FAILED", 1)]
    assert runs[0].parameters == {"titles": "titles/films.csv"}
    logs = client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[runs[0].id])))
    assert {"asked 1", "asked 2"} <= {log.message for log in logs}
    assert {artifact.key for artifact in client.read_artifacts()} >= {"summary"}
    assert client.read_deployment_by_name("link-soundtracks/local").work_pool_name == "soundtracks"
    assert client.read_global_concurrency_limit_by_name("discogs").limit == 60


def test_deployments_pools_and_automations_are_registered(world: World, client: SyncPrefectClient):
    register_plan(PLAN, ROOT)
    assert {pool.name: pool.concurrency_limit for pool in client.read_work_pools()} == {"soundtracks": 2, "soundtracks-match": 1}
    assert client.read_deployment_by_name("link-soundtracks/local").work_pool_name == "soundtracks"
    with api_client({"PREFECT_API_URL": f"{world.server.url}/api", PASSWORD: world.server.password}) as api:
        automations = api.post("/automations/filter", json={}).json()
    assert len(automations) >= 3


def runs_of(client: SyncPrefectClient, name: str) -> list[UUID]:
    deployment = client.read_deployment_by_name(name)
    wanted = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment.id]))
    return [run.id for run in client.read_flow_runs(flow_run_filter=wanted)]


def test_a_file_that_lands_becomes_one_run(world: World, client: SyncPrefectClient, tmp_path: Path):
    lake = Lake(str(tmp_path))
    lake.write_bytes("titles/films.csv", b"title\nArrival\n")
    for _ in range(2):  # a watcher that has forgotten: the server's key is kept in Postgres
        for file in tmp_path.glob("inbox/*.json"):
            file.unlink()
        watcher = Watcher(lake, Runs(client, "link-soundtracks/local"))
        watcher._listing = Listing(lake, settle=0)
        watcher.run_once()
    assert len(runs_of(client, "link-soundtracks/local")) == 1


RELEASED = asyncio.Event()


@task
async def step(number: int) -> int:
    get_run_logger().info("step %s", number)
    return number


@flow
async def three_steps(number: int) -> int:
    first = await step(number)
    await RELEASED.wait()
    return first + await step(1) + await step(2)


async def ten_at_once(middle: Any = lambda: None) -> list[int]:
    """Ten runs, of which `middle` is called when each has done its first step."""
    RELEASED.clear()
    runs = [asyncio.create_task(three_steps(number)) for number in range(10)]
    await asyncio.to_thread(middle)
    RELEASED.set()
    return await asyncio.gather(*runs)


#: Prefect's client leaves connections open when its loop ends.
leaves_connections = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@leaves_connections
def test_ten_runs_at_once_keep_within_the_connections_of_the_smallest_server(world: World, client: SyncPrefectClient):
    seen: list[int] = []
    ending = threading.Event()

    def count() -> None:
        while not ending.wait(0.05):
            seen.append(world.connections())

    counting = threading.Thread(target=count)
    counting.start()
    try:
        assert asyncio.run(ten_at_once()) == [number + 3 for number in range(10)]
    finally:
        ending.set()
        counting.join()
    assert 1 < max(seen) <= 35


@leaves_connections
def test_a_restart_of_postgres_loses_no_run_and_repeats_none(world: World, client: SyncPrefectClient):
    before = len(client.read_flow_runs())

    def restart() -> None:
        until(lambda: len(client.read_flow_runs()) >= before + 10, 120, "ten runs")
        world.database.stop("immediate")
        world.database.start()

    assert asyncio.run(ten_at_once(restart)) == [number + 3 for number in range(10)]
    mine = [
        run
        for run in client.read_flow_runs(limit=200)
        if run.state is not None and run.flow_id == client.read_flow_by_name("three-steps").id
    ]
    until(
        lambda: {run.state_name for run in client.read_flow_runs(limit=200) if run.flow_id == mine[0].flow_id} == {"Completed"},
        120,
        "all Completed",
    )
    assert len(mine) == 20
    assert {client.read_flow_run(run.id).run_count for run in mine} == {1}


def test_an_automation_made_after_the_restart_fires(world: World, client: SyncPrefectClient):
    deployment, before = client.read_deployment_by_name("link-soundtracks/local"), runs_of(client, "link-soundtracks/local")
    trigger = EventTrigger(expect={"soundtracks.test"}, posture=Posture.Reactive, threshold=1)
    action = RunDeployment(deployment_id=deployment.id, parameters={"titles": "titles/films.csv"})
    body = AutomationCore(name="after the restart", trigger=trigger, actions=[action])
    with api_client({"PREFECT_API_URL": f"{world.server.url}/api", PASSWORD: world.server.password}) as api:
        api.post("/automations/", json=body.model_dump(mode="json")).raise_for_status()

        def fired() -> bool:
            """The server takes a new automation up a moment after it was made: the event is sent until then."""
            event = {"event": "soundtracks.test", "resource": {"prefect.resource.id": "soundtracks.test"}, "id": str(uuid4())}
            api.post("/events", json=[event | {"occurred": datetime.now(UTC).isoformat()}]).raise_for_status()
            return len(runs_of(client, "link-soundtracks/local")) > len(before)

        until(fired, 120, "the automation's run", every=1)
