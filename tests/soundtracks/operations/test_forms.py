"""What people see of our deployments on a real server: a form that asks for one thing, and a queue for large lists."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from soundtracks.operations.access import api_client
from soundtracks.operations.queues import DEFAULT, LARGE, LARGE_BYTES, LARGE_FILMS, queue_for
from tests.rigs.prefect_server import PrefectServer

HOME = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("films", "size", "queue"),
    [(5, 0, DEFAULT), (LARGE_FILMS, 0, DEFAULT), (LARGE_FILMS + 1, 0, LARGE), (0, 900, DEFAULT), (0, LARGE_BYTES + 1, LARGE)],
)
def test_a_small_list_waits_behind_no_large_one(films: int, size: int, queue: str) -> None:
    assert queue_for(films, size) == queue


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    server = PrefectServer(tmp_path_factory.mktemp("server"))
    server.start()
    try:
        command = [sys.executable, "-m", "soundtracks.cli.main", "deploy"]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SOUNDTRACKS_")}
        subprocess.run(command, cwd=HOME, env=clean | server.client_env, check=True, stdout=subprocess.DEVNULL)
        with api_client(server.client_env, timeout=60) as client:
            yield client
    finally:
        server.kill()


@pytest.mark.server
def test_the_form_asks_for_the_list_and_the_watcher_may_give_more(api: httpx.Client) -> None:
    told = [deployment["description"] for deployment in api.post("/deployments/filter", json={}).json()]
    assert sorted(text.split(":")[0] for text in told) == ["Not to be started by hand", "Start here"]
    found = api.get("/deployments/name/link-soundtracks/local").json()
    fields = found["parameter_openapi_schema"]["properties"]
    assert list(fields) == ["titles", "plan"]
    assert "Blade Runner (1982)" in fields["titles"]["description"]
    parameters = {"container": "c", "blob": "titles/x.csv", "etag": "e", "size": 1}
    wanted = {"parameters": parameters, "work_queue_name": LARGE, "name": "x.csv"}
    run = api.post(f"/deployments/{found['id']}/create_flow_run", json=wanted)
    assert run.status_code in (200, 201), run.text
    assert (run.json()["parameters"], run.json()["work_queue_name"]) == (parameters, LARGE)
    refused = api.post(f"/deployments/{found['id']}/create_flow_run", json={"parameters": {"plan": "guess"}})
    assert refused.status_code == 409


@pytest.mark.server
def test_large_lists_never_take_the_last_slot(api: httpx.Client) -> None:
    pool = api.get("/work_pools/soundtracks").json()
    queue = api.get(f"/work_pools/soundtracks/queues/{LARGE}").json()
    assert queue["concurrency_limit"] == pool["concurrency_limit"] - 1
    assert queue["priority"] > api.get(f"/work_pools/soundtracks/queues/{DEFAULT}").json()["priority"]
