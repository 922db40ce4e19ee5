"""Prefect's own ACI worker, as it is, with what Azure does to it. Each scenario ends in the right state, in bounded time,
with its container group gone, its logs kept, and a message that tells a person what to do."""

import json

import pytest
from prefect.states import Cancelling

from soundtracks.operations.crashes import ADVICE
from tests.aci.azure_world import MATCH, Scenarios, World
from tests.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]


def ended(scenarios: Scenarios, name: str, state: str, seconds: float, *, fleeting: bool = False):
    """The scenario's run in its final state, its container group gone."""
    world, run = scenarios.world, scenarios.runs[name]
    found = world.wait(run, state, seconds, fleeting=fleeting)
    until(lambda: world.group(run) is None, 60, f"the container group of {name!r} to go")
    return found


def explained(scenarios: Scenarios, name: str, seconds: float = 60) -> str:
    """The message of a crashed run when the clean-up has written what to do into it."""
    world, run = scenarios.world, scenarios.runs[name]
    return until(lambda: _advice(world, run), seconds, f"advice for {name!r}")


def _advice(world: World, run) -> str:
    state = world.read(run).state
    return state.message if state and state.is_crashed() and ADVICE in (state.message or "") else ""


def repeated_for(scenarios: Scenarios, name: str, *reasons: str) -> list[str]:
    """Lines of the clean-up's log by which it repeated a run for one of these reasons, and not for what the machine of the tests
    did to it: on a busy one Prefect's SQLite server answers 503, and a run may be taken for one that never started."""
    log = (scenarios.world.folder / "cleanup.log").read_text().splitlines()
    again = [line for line in log if f" again {scenarios.runs[name]}" in line]
    return [line for line in again if any(reason in line for reason in reasons)]


def test_cancelling_ends_the_container(scenarios):
    """First of all: while the others are waited for, its match would run to its end."""
    world, run = scenarios.world, scenarios.runs["cancelled"]
    world.wait(run, "Running", 180)
    world.client.set_flow_run_state(run, Cancelling())
    ended(scenarios, "cancelled", "Cancelled", 120)


def test_a_killed_worker_leaves_nothing_behind(scenarios):
    """Its run completes without it; its container group is removed by the clean-up, as the next worker knows nothing of it."""
    world = scenarios.world
    run = scenarios.begin("worker killed", f"probe/{MATCH}", seconds=12)
    world.wait(run, "Running", 180)
    world.match_worker.kill()
    world.match_worker.wait(10)
    world.start_worker(MATCH)
    ended(scenarios, "worker killed", "Completed", 60)
    assert f"remove probe-{run}" in (world.folder / "cleanup.log").read_text()


def test_success(scenarios):
    ended(scenarios, "success", "Completed", 90)
    run = scenarios.runs["success"]
    scenarios.world.logged(run, "hello from the container")
    assert "hello from the container" in scenarios.world.kept_output(run)
    assert scenarios.world.states(run) == ["Scheduled", "Pending", "Submitting", "Running", "Completed"]


def test_a_flow_that_fails_is_failed_not_crashed(scenarios):
    run = ended(scenarios, "flow fails", "Failed", 90)
    assert "the flow itself failed" in run.state.message


def test_exit_1_keeps_the_containers_last_words(scenarios):
    message = explained(scenarios, "exit 1")
    assert "status code 1" in message
    assert "Log Analytics" in message
    assert "no such module" in scenarios.world.kept_output(scenarios.runs["exit 1"])
    ended(scenarios, "exit 1", "Crashed", 30)


def test_out_of_memory_says_to_give_more(scenarios):
    message = explained(scenarios, "out of memory")
    assert "status code 137" in message
    assert "job variable `memory`" in message
    ended(scenarios, "out of memory", "Crashed", 30)
    assert repeated_for(scenarios, "out of memory", "137", "OOMKilled") == []


def test_an_image_that_cannot_be_pulled_names_the_image_and_the_role(scenarios):
    message = explained(scenarios, "image")
    assert "soundtracks.azurecr.io/soundtrack-links:abc1234" in message
    assert "AcrPull" in message
    ended(scenarios, "image", "Crashed", 30)


def test_a_few_503_are_survived(scenarios):
    ended(scenarios, "few 503", "Completed", 120)
    assert "AwaitingRetry" not in scenarios.world.states(scenarios.runs["few 503"])


def test_a_slow_deletion_ends(scenarios):
    ended(scenarios, "slow delete", "Completed", 120)


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        ("out of memory", ("status code 137 (OOMKilled)", "job variable `memory`")),
        ("exit 1", ("status code 1 (Error)", "Log Analytics")),
        ("refused", ("soundtracks.azurecr.io/soundtrack-links:abc1234", "AcrPull")),
    ],
)
def test_a_deletion_longer_than_the_worker_waits_hides_no_reason(scenarios, fate: str, words: tuple[str, ...]):
    message = explained(scenarios, f"slow delete, {fate}", 120)
    assert [word for word in words if word not in message] == []
    assert (
        repeated_for(scenarios, f"slow delete, {fate}", "waiting for deletion", "InaccessibleImage", "status code", "vanished")
        == []
    )


def test_a_container_ended_from_outside_is_run_again_after_a_slow_deletion(scenarios):
    ended(scenarios, "slow delete, terminated", "Completed", 200, fleeting=True)
    assert scenarios.world.states(scenarios.runs["slow delete, terminated"]).count("AwaitingRetry") == 1


def test_a_slow_deletion_changes_no_end_that_the_flow_reported(scenarios):
    ended(scenarios, "slow delete, flow fails", "Failed", 90)


def test_an_answer_without_instance_view_is_run_again(scenarios):
    ended(scenarios, "no instance view", "Completed", 210, fleeting=True)
    assert "AwaitingRetry" in scenarios.world.states(scenarios.runs["no instance view"])


def test_a_container_deleted_after_many_503_is_run_again(scenarios):
    ended(scenarios, "many 503", "Completed", 200, fleeting=True)
    states = scenarios.world.states(scenarios.runs["many 503"])
    assert states.count("Running") == 2
    assert "AwaitingRetry" in states


def test_a_refused_quota_is_tried_three_times_and_then_explained(scenarios):
    message = explained(scenarios, "quota", 180)
    assert "started 3 times" in message
    assert "Quotas" in message
    assert scenarios.world.states(scenarios.runs["quota"]).count("AwaitingRetry") == 2
    ended(scenarios, "quota", "Crashed", 10)


def test_no_secret_reaches_a_template(scenarios):
    """The workers were given secrets: of the API, of a database, of TMDB. None may stand in what Azure keeps."""
    ended(scenarios, "success", "Completed", 90)
    asked = scenarios.world.controls.get("/requests").json()
    templates = [json.loads(r["body"])["properties"] for r in asked if r["method"] == "PUT" and "deployments" in r["url"]]
    assert len(templates) >= 10
    assert "planted-secret" not in json.dumps(asked)
    container = templates[0]["template"]["resources"][0]["properties"]["containers"][0]["properties"]
    variables = {v["name"]: v for v in container["environmentVariables"]}
    assert variables["PREFECT_API_AUTH_STRING"] == {"name": "PREFECT_API_AUTH_STRING", "secureValue": "in-key-vault"}
    assert variables["PREFECT_HOME"]["value"] == "/home/app/.prefect"


def test_the_workers_own_home_does_not_leak(scenarios):
    asked = scenarios.world.controls.get("/requests").json()
    assert str(scenarios.world.folder / "prefect") not in json.dumps(asked)
