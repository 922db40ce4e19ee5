"""The budget of `soundtracks azure up`: it is made last, keeps its first month, and nothing else depends on it."""

from datetime import UTC, datetime

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("last", ["Succeeded", "Failed"])
def test_the_budget_keeps_its_first_month(world, call, last):
    call("up", "--yes")
    standing = {"name": "sndtrk-test-budget", "properties": {"timePeriod": {"startDate": "2020-02-01T00:00:00Z"}}}
    world.set(standing=standing, budget=world.state["budget"] | {"provisioningState": last})
    done = call("up", "--yes")
    assert world.budgets()[-1]["start"] == "2020-02-01"
    assert "There is no budget" not in done.output


def test_a_budget_that_was_never_made_hands_on_no_first_month(world, call):
    call("up", "--yes")
    budget = world.state["budget"]
    budget["provisioningState"], budget["parameters"]["start"]["value"] = "Failed", "2020-02-01"
    world.set(budget=budget, standing=None)
    call("up", "--yes")
    assert world.budgets()[-1]["start"] == f"{datetime.now(UTC):%Y-%m}-01"


def test_of_a_budget_that_azure_does_not_tell_of_the_last_deployment_does(world, call):
    call("up", "--yes")
    budget = world.state["budget"]
    budget["parameters"]["start"]["value"] = "2020-02-01"
    of_budgets = "rest get /subscriptions/sub-1/resourceGroups/soundtracks-test/providers/Microsoft.Consumption/budgets"
    world.set(budget=budget, standing=None, fail={of_budgets: "ERROR: Forbidden"})
    call("up", "--yes")
    assert world.state["fail"] == {}
    assert world.budgets()[-1]["start"] == "2020-02-01"


def test_a_budget_that_cannot_be_changed_stays(world, call):
    call("up", "--yes")
    world.set(fail={"deployment group create soundtracks-test soundtracks-budget": "ERROR: (Conflict) x"})
    done = call("up", "--yes", "--budget", "9")
    assert f"The budget of {datetime.now(UTC):%Y-%m} stays as it is" in done.output


def test_without_a_budget_all_the_rest_stands(world, call):
    said = "ERROR: Cost Management supports only Enterprise Agreement, Web direct and Microsoft Customer Agreement offer types."
    world.set(fail={"deployment group create soundtracks-test soundtracks-budget": said})
    done = call("up", "--yes")
    assert done.exit_code == 0, done.exception
    assert "There is no budget" in done.output
    assert "--no-budget" in done.output
    assert world.state["apps"]
    assert world.state["budget"] is None


def test_no_budget_makes_none(world, call):
    done = call("up", "--yes", "--no-budget")
    assert done.exit_code == 0, done.exception
    assert "making the budget" not in done.output
    assert world.state["budget"] is None
