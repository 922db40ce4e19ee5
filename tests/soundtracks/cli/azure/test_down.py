"""`soundtracks azure down` with a fake `az`: it deletes what is ours, tells it first, and leaves nothing that costs."""

import pytest

from soundtracks.cli.azure import up
from soundtracks.errors import AzureError, BadInput

pytestmark = pytest.mark.slow


@pytest.fixture
def standing(world, call):
    """A deployment that is up."""
    assert call("up", "--yes").exit_code == 0
    world.set(calls=[])
    return world


def test_a_dry_run_tells_all_and_changes_nothing(standing, call):
    done = call("down", "--dry-run")
    assert done.exit_code == 0, done.exception
    assert "delete the role Soundtrack Links launcher" in done.output
    assert "delete the resource group soundtracks-test" in done.output
    assert "Microsoft.KeyVault/vaults sndtrk-test" in done.output
    assert "purge the deleted vault sndtrk-test" in done.output
    assert "Somebody else's" not in done.output
    assert standing.changes == []


def test_a_no_changes_nothing(standing, call):
    assert call("down", answer="n\n").exit_code == 1
    assert standing.changes == []


def test_all_of_ours_goes(standing, call, real_process):
    done = call("down", answer="y\n")
    assert done.exit_code == 0, done.exception
    assert [" ".join(c.split()[:3]) for c in standing.changes] == [
        "role assignment delete",
        "role definition delete",
        "rest delete /subnets/runs/providers/Microsoft.ContainerInstance/serviceAssociationLinks/default?api-version=2018-10-01",
        "monitor log-analytics workspace",
        "group delete soundtracks-test",
        "keyvault purge sndtrk-test",
    ]
    assert "Nothing is left that costs, and nothing deleted holds a name." in done.output
    assert not up.OUTPUTS.exists()
    assert "Nothing is there." in call("down", "--yes").output


def test_it_goes_on_after_a_failure(standing, call):
    standing.set(fail={"group delete": "ERROR: (SomethingNew) Nobody has seen this."})
    assert isinstance(call("down", "--yes").exception, AzureError)
    assert call("down", "--yes").exit_code == 0
    assert standing.state["group"] is None
    assert standing.state["deleted_vaults"] == []


def test_a_vault_that_may_not_be_purged_is_told(standing, call):
    standing.set(
        fail={
            "keyvault purge": "ERROR: (Forbidden) does not have authorization to perform action 'x/purge/action' over scope '/y'"
        }
    )
    done = call("down", "--yes")
    assert done.exit_code == 0, done.exception
    assert "The vault sndtrk-test stays deleted until" in done.output
    assert "This login may not do x/purge/action" in done.output


def test_a_deleted_vault_is_purged_when_all_else_is_gone(world, call):
    vault = {"vaultId": "/subscriptions/s/resourceGroups/soundtracks-test/x", "location": "westeurope"}
    other = {"vaultId": "/subscriptions/s/resourceGroups/another/x", "location": "westeurope"}
    world.set(roles=[], deleted_vaults=[{"name": "ours", "properties": vault}, {"name": "theirs", "properties": other}])
    done = call("down", "--yes")
    assert "vault ours purged" in done.output
    assert [c.split()[2] for c in world.calls("keyvault purge")] == ["ours"]


def test_a_group_of_somebody_else_is_left_alone(world, call):
    world.set(group={"location": "westeurope", "tags": {"application": "another"}})
    assert isinstance(call("down", "--yes").exception, BadInput)
    assert world.changes == []
