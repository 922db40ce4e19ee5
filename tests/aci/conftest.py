"""One world for all scenarios, which are started at once and run side by side: most of their time is waiting."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from cli.deploy import register_plan
from tasks.deployments import Plan, read_plan
from tests.aci import azure_world
from tests.aci.azure_world import HOME, MAIN, MATCH, PLANTED, Scenarios, World

#: Of the sweep, so that scenarios take seconds: start 36 s, gone and kept 5 s, a quota's wait 24 s.
PATIENCE = "0.04"


def plan_of(world: World) -> Plan:
    """Our own plan for Azure, its pools and job variables untouched but for quicker polling, with the scenarios' flows."""
    plan = read_plan(HOME / "prefect.yaml", "azure", world.variables)
    base = {d["work_pool"]["name"]: d for d in plan.document["deployments"]}
    here = [{"prefect.deployments.steps.set_working_directory": {"directory": str(HOME)}}]

    def deployment(flow: str, pool: str, entrypoint: str) -> dict[str, Any]:
        job = base[pool]["work_pool"]["job_variables"] | {"task_watch_poll_interval": 0.5}
        wanted = {"name": pool, "entrypoint": entrypoint, "pull": here, "tags": ["soundtracks"]}
        return wanted | ({"flow_name": flow} if flow else {}) | {"work_pool": {"name": pool, "job_variables": job}}

    probe = "tests/aci/probe.py"
    deployments = [
        deployment("", MAIN, f"{probe}:probe"),
        deployment("", MAIN, f"{probe}:parent"),
        deployment("", MATCH, f"{probe}:probe"),
        deployment("", MATCH, f"{probe}:slow_match"),
        deployment("", MATCH, "flows/match_albums.py:match_albums"),
    ]
    pools = [pool.model_copy(update={"concurrency_limit": 20}) for pool in plan.pools]
    return Plan(pools=pools, document=plan.document | {"deployments": deployments})


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Server, stand-in and both workers, with our deployments registered by `soundtracks deploy`'s own code."""
    with azure_world.world(tmp_path_factory.mktemp("aci")) as made:
        made.start_azure("--app-folder", str(HOME), "--secrets", '{"tmdb-token": "planted-secret-4"}')
        api = {PREFECT_API_URL: made.env["PREFECT_API_URL"], PREFECT_API_AUTH_STRING: None}
        before = os.environ.copy()
        os.environ.update({name: made.env[name] for name in ("PREFECT_API_URL", "PREFECT_HOME")})
        try:
            with temporary_settings(api):
                register_plan(plan_of(made), HOME)
        finally:
            os.environ.clear()
            os.environ.update(before)
        made.start_worker(MAIN, **PLANTED)
        made.match_worker = made.start_worker(MATCH, **PLANTED)
        sweep_env = made.env | made.network | {"PYTHONUNBUFFERED": "1"}
        made.start("sweep", "cli.main", "sweep", "--every", "2", "--patience", PATIENCE, env=sweep_env)
        yield made


@pytest.fixture(scope="session")
def scenarios(world: World) -> Scenarios:
    """All scenarios that need no company, under way."""
    under_way = Scenarios(world)
    under_way.begin("worker killed", f"probe/{MATCH}", seconds=12)
    for name, fault, parameters in (
        ("many 503", {"unavailable": 16, "once_running": True}, {"seconds": 35}),
        ("no instance view", {"no_instance_view": True}, {}),
        ("quota", {"deployment_error": "ContainerGroupQuotaReached"}, {}),
        ("slow delete", {"slow_delete": 40}, {}),
        ("success", {}, {}),
        ("flow fails", {}, {"fail": True}),
        ("exit 1", {"command": ["sh", "-c", "echo no such module; exit 1"]}, {}),
        ("out of memory", {"command": ["sh", "-c", "echo loading; exit 137"]}, {}),
        ("image", {"deployment_error": "InaccessibleImage"}, {}),
        ("few 503", {"unavailable": 3}, {"seconds": 3}),
        ("cancelled", {}, {"seconds": 90}),
    ):
        under_way.begin(name, f"probe/{MAIN}", fault, **parameters)
    return under_way
