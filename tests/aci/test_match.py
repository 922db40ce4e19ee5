"""The match as a child of its parent flow, on ACI pools: shown as a subflow, ended with its parent, repeated when its
infrastructure fails, and its end told to the parent."""

from uuid import UUID

import pyarrow as pa
import pytest
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterParentFlowRunId
from prefect.client.schemas.objects import FlowRun
from prefect.states import Cancelling

from soundtracks.lake.lake import Lake
from soundtracks.records import ALBUMS, FILMS
from tests.aci.azure_world import MAIN, MATCH, World
from tests.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def parents(world: World, scenarios) -> dict[str, UUID]:
    """Parents of every child deployment, under way; with one film and two albums."""
    lake = Lake(str(world.lake))
    film = {"tmdb_id": "1", "title": "Arrival", "year": 2016, "composers": ["Jóhann Jóhannsson"]}
    score = {"album_id": "master:1", "title": "Arrival (Original Motion Picture Soundtrack)", "artist": "Jóhann Jóhannsson"}
    score |= {"year": 2016, "genres": ["Stage & Screen"], "styles": ["Soundtrack"], "formats": ["CD"]}
    pop = {"album_id": "master:2", "title": "Arrival", "artist": "ABBA", "year": 1976, "genres": ["Pop"], "formats": ["LP"]}
    films = lake.publish_table("silver/films", pa.Table.from_pylist([film], FILMS)).model_dump()
    albums = [lake.publish_table("silver/albums", pa.Table.from_pylist([score, pop], ALBUMS)).model_dump()]
    for path in (world.lake, *world.lake.rglob("*")):
        path.chmod(0o777)  # for the image's own user
    children = ("match-albums", "slow-match", "fragile-match", "shaky-match", "no-such-match")
    return {
        child: world.run(f"parent/{MAIN}", deployment=f"{child}/{MATCH}", films=films, albums=albums, run_id=child)
        for child in children
    }


def children(world: World, parent: UUID) -> list[FlowRun]:
    of_parent = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[parent]))
    return world.client.read_flow_runs(flow_run_filter=of_parent)


def test_the_match_runs_in_its_own_container_and_comes_back(world: World, parents):
    """Where an image can be built: inside it, as its own user, with its secrets from Key Vault."""
    parent = parents["match-albums"]
    world.wait(parent, "Completed", 200)
    (child,) = children(world, parent)
    assert child.state_name == "Completed"
    world.logged(parent, "matched 1 of 2 albums")
    world.logged(child.id, "(spark).")
    assert "2 albums against 1 films: 1 accepted" in world.kept_output(child.id)
    until(lambda: world.group(child.id) is None, 60, "the container group to go")


def test_the_image_reads_its_secrets_by_its_own_identity(world: World, parents, image_container: str):
    if not image_container:
        pytest.skip("no container image can be built here")
    world.wait(parents["match-albums"], "Completed", 200)
    asked = [request["url"] for request in world.controls.get("/requests").json()]
    assert any("sandbox.vault.azure.net/secrets/tmdb-token" in url for url in asked)


def test_a_cancelled_parent_takes_its_child_along(world: World, parents):
    parent = parents["slow-match"]
    (child,) = until(lambda: children(world, parent), 90, "the child")
    world.wait(child.id, "Running", 90)
    world.client.set_flow_run_state(parent, Cancelling())
    world.wait(parent, "Cancelled", 60)
    world.wait(child.id, "Cancelled", 60)
    until(lambda: not (world.group(parent) or world.group(child.id)), 60, "both container groups to go")


def test_a_child_out_of_memory_is_not_repeated_and_the_parent_says_what_to_do(world: World, parents):
    run = world.wait(parents["fragile-match"], "Failed", 120)
    assert "status code 137" in run.state.message
    assert "job variable `memory`" in run.state.message
    assert len(children(world, run.id)) == 1


def test_a_child_whose_infrastructure_fails_is_tried_three_times(world: World, parents):
    run = world.wait(parents["shaky-match"], "Failed", 180)
    assert "status code 143" in run.state.message
    assert [child.state_name for child in children(world, run.id)] == ["Crashed"] * 3


def test_a_deployment_that_is_not_there_is_named(world: World, parents):
    run = world.wait(parents["no-such-match"], "Failed", 120)
    assert f"no deployment no-such-match/{MATCH}" in run.state.message
    assert "soundtracks deploy" in run.state.message
