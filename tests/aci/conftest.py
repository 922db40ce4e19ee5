"""One world for all scenarios, which are started at once and run side by side: most of their time is waiting."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from soundtracks.cli.deploy import register_plan
from soundtracks.operations.deployments import Plan, read_plan
from tests.aci import azure_world
from tests.aci.azure_world import HOME, MAIN, MATCH, PLANTED, Scenarios, World
from tests.rigs.image import container, inside, missing

#: Of the clean-up, so that scenarios take a minute: start 72 s, gone and kept 10 s, a quota's wait 48 s.
PATIENCE = "0.08"
#: The stand-in starts this one inside the image that we built; every other as a process of this machine.
IMAGE = "soundtracks.azurecr.io/soundtrack-links:built"
#: Longer than the worker waits (30 s); the group is shown until the clean-up has seen its end.
SLOW_DELETE = {"slow_delete": 34, "hidden_after_listings": 2}


def plan_of(world: World, *, in_image: bool) -> Plan:
    """Our own plan for Azure, its pools and job variables untouched but for quicker polling, with the scenarios' flows."""
    plan = read_plan(HOME / "prefect.yaml", "azure", world.variables)
    base = {d["work_pool"]["name"]: d for d in plan.document["deployments"]}
    here = [{"prefect.deployments.steps.set_working_directory": {"directory": str(HOME)}}]

    def deployment(pool: str, entrypoint: str) -> dict[str, Any]:
        job = base[pool]["work_pool"]["job_variables"] | {"task_watch_poll_interval": 0.5}
        wanted = {"name": pool, "entrypoint": entrypoint, "pull": here, "tags": ["soundtracks"]}
        return wanted | {"work_pool": {"name": pool, "job_variables": job}}

    probe = "tests/aci/probe.py"
    deployments = [deployment(MAIN, f"{probe}:{flow}") for flow in ("probe", "parent")]
    deployments += [deployment(MATCH, f"{probe}:{flow}") for flow in ("probe", "slow_match", "fragile_match", "shaky_match")]
    match = deployment(MATCH, "flows/match_albums.py:match_albums")
    if in_image:
        match["pull"] = base[MATCH]["pull"]
        match["work_pool"]["job_variables"]["image"] = IMAGE
    deployments.append(match)
    pools = [pool.model_copy(update={"concurrency_limit": 20}) for pool in plan.pools]
    return Plan(pools=pools, document=plan.document | {"deployments": deployments})


@pytest.fixture(scope="session")
def image_container(request: pytest.FixtureRequest) -> Iterator[str]:
    """A container of the built image; empty where no image can be built."""
    if missing():
        yield ""
    else:
        with container(request.getfixturevalue("image")) as made:
            yield made


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, image_container: str) -> Iterator[World]:
    """Server, stand-in and both workers, with our deployments registered by `soundtracks deploy`'s own code."""
    folder = tmp_path_factory.mktemp("aci")
    folder.chmod(0o755)  # the image's own user reads the stand-in's authority there
    with azure_world.world(folder) as made:
        options = ["--app-folder", str(HOME), "--secrets", '{"tmdb-token": "planted-secret-4"}']
        if image_container:
            command = inside(image_container, "--volume", f"{made.folder}:{made.folder}", "ENV")
            options += ["--image-command", json.dumps(command), "--image-name", IMAGE]
        made.start_azure(*options)
        for flow, code in (("fragile-match", 137), ("shaky-match", 143)):
            made.controls.put(f"/faults/{flow}", json={"command": ["sh", "-c", f"exit {code}"]}).raise_for_status()
        before = os.environ.copy()
        os.environ.update({name: made.env[name] for name in ("PREFECT_API_URL", "PREFECT_HOME")})
        try:
            with temporary_settings({PREFECT_API_URL: made.env["PREFECT_API_URL"], PREFECT_API_AUTH_STRING: None}):
                register_plan(plan_of(made, in_image=bool(image_container)), HOME)
        finally:
            os.environ.clear()
            os.environ.update(before)
        made.start_worker(MAIN, **PLANTED)
        made.match_worker = made.start_worker(MATCH, **PLANTED)
        cleanup_env = made.env | made.network | {"PYTHONUNBUFFERED": "1"}
        made.start("cleanup", "soundtracks.cli.main", "azure", "cleanup", "--every", "2", "--patience", PATIENCE, env=cleanup_env)
        yield made


@pytest.fixture(scope="session")
def scenarios(world: World) -> Scenarios:
    """All scenarios that need no company, under way, each a little after the one before: sixteen containers that begin at one
    moment keep two cores so busy that the clean-up, whose patience is short here, gives some up before they have begun."""
    under_way = Scenarios(world)
    for place, (name, fault, parameters) in enumerate(
        (
            ("many 503", {"unavailable": 60, "unavailable_from": "hello from", "once": True}, {"seconds": 45}),
            ("no instance view", {"no_instance_view": True, "once": True}, {}),
            ("quota", {"deployment_error": "ContainerGroupQuotaReached"}, {}),
            ("slow delete", {"slow_delete": 40}, {}),
            ("slow delete, out of memory", SLOW_DELETE | {"command": ["sh", "-c", "exit 137"]}, {}),
            ("slow delete, exit 1", SLOW_DELETE | {"command": ["sh", "-c", "exit 1"]}, {}),
            ("slow delete, terminated", SLOW_DELETE | {"command": ["sh", "-c", "exit 143"], "once": True}, {}),
            ("slow delete, refused", {"slow_delete": 34, "deployment_error": "InaccessibleImage"}, {}),
            ("slow delete, flow fails", SLOW_DELETE, {"fail": True}),
            ("success", {}, {}),
            ("flow fails", {}, {"fail": True}),
            ("exit 1", {"command": ["sh", "-c", "echo no such module; exit 1"]}, {}),
            ("out of memory", {"command": ["sh", "-c", "echo loading; exit 137"]}, {}),
            ("image", {"deployment_error": "InaccessibleImage"}, {}),
            ("few 503", {"unavailable": 4}, {"seconds": 3}),
            ("cancelled", {}, {"seconds": 600}),
        )
    ):
        under_way.begin(name, f"probe/{MAIN}", fault, delay=1.5 + 2 * place, **parameters)
    return under_way
