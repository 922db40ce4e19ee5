"""`soundtracks doctor --azure` with a fake `az`."""

import base64
import json

import pytest
from typer.testing import CliRunner

from soundtracks.cli import doctor
from soundtracks.cli.azure.az import Az
from soundtracks.cli.azure.checks import Checks
from soundtracks.cli.azure.place import Place
from soundtracks.cli.azure.standing import require_second_factor
from soundtracks.cli.main import app
from soundtracks.errors import AzureError

pytestmark = pytest.mark.slow


@pytest.fixture
def told(world):
    """What each check says: its finding, or "✗" with message and hint."""

    def run():
        found = {}
        for name, check in Checks(Place(Az(), "test")).all():
            try:
                found[name.removeprefix("Azure ")] = check()
            except AzureError as error:
                found[name.removeprefix("Azure ")] = f"✗ {error}"
        return found

    return run


def test_an_empty_subscription_that_is_ready(told, world):
    assert told() == {
        "login": "ada@example.org in the subscription Pay as you go (sub-1)",
        "Bicep": "Bicep CLI version 0.40.2 (a test)",
        "roles": "Owner",
        "providers": "all are registered",
        "subscription": "PayAsYouGo",
        "writing": "with a second factor",
        "region": "westeurope: 10 cores of container instances left, 15 environments of container apps left",
        "names": "resource group soundtracks-test; nothing deleted holds a name",
        "deployment": "none yet: `soundtracks azure up` makes it",
    }
    assert world.changes == []


def test_a_deployment_that_runs(told, call, real_process):
    call("up", "--yes")
    assert told()["deployment"] == "soundtracks-test: sndtrk-test-server, sndtrk-test-worker, sndtrk-test-watcher"


def test_an_app_that_does_not_run(told, call, world):
    call("up", "--yes")
    world.set(apps=[["sndtrk-test-server", "Running"], ["sndtrk-test-watcher", "Stopped"]])
    assert "✗ sndtrk-test-watcher is Stopped. `az containerapp logs show" in told()["deployment"]


def test_a_deployment_that_was_broken_off_between_its_steps(told, call, world):
    world.set(migration="Failed")
    call("up", "--yes")
    assert "has come as far as its database: what is behind it is as it was. `soundtracks azure up`" in told()["deployment"]


def test_a_deployment_that_was_broken_off(told, call, world):
    call("up", "--yes")
    world.set(deployment=world.state["deployment"] | {"provisioningState": "Failed"})
    assert "is Failed. `soundtracks azure up` goes on" in told()["deployment"]


def test_no_place_for_the_apps(told, world):
    world.set(quota={"Microsoft.App": ["ManagedEnvironmentCount", 1, 1]})
    assert "no more environments" in told()["region"]


def test_providers_that_are_not_registered_yet(told, world):
    world.set(providers=[], quota={})
    found = told()
    assert "registers Microsoft.App" in found["providers"]
    assert "tells no numbers before" in found["region"]


def test_no_login_is_told_once_a_check(told, world):
    world.set(fail={"account show": "ERROR: Please run 'az login' to setup account."})
    assert "✗ The Azure CLI is not logged in" in told()["login"]


def test_no_bicep(told, world):
    world.set(fail={"bicep version": "ERROR: Bicep CLI not found. Install it now by running 'az bicep install'."})
    assert "`az bicep install`" in told()["Bicep"]


def test_the_command_shows_them(world, monkeypatch):
    world.set(held=["Reader"])
    monkeypatch.setenv("COLUMNS", "200")
    done = CliRunner().invoke(app, ["doctor", "--azure", "--no-online"])
    assert isinstance(done.exception, doctor.NotReady)
    assert "1 of 11 checks failed" in done.exception.message
    assert "holds Reader" in done.output
    assert "ada@example.org in the subscription" in done.output


def closed(**reasons: str) -> dict:
    """Postgres as Azure shows a region where it is closed for a subscription."""
    return {
        region: {"restricted": "Enabled", "reason": reason, "supportedServerVersions": []} for region, reason in reasons.items()
    }


OFFERED = {
    "Microsoft.App": {"managedEnvironments": ["West Europe", "Sweden Central", "North Europe", "East US 2"]},
    "Microsoft.ContainerInstance": {"containerGroups": ["West Europe", "North Europe", "East US 2"]},
}


class TestRegion:
    """Each obstacle is named, and a region where there is none."""

    def test_a_closed_database_leads_to_the_first_region_with_all(self, told, world):
        world.set(postgres=closed(westeurope="Provisioning is restricted in this region.", swedencentral=""))
        assert told()["region"] == (
            "✗ westeurope: Postgres is closed for this subscription there (Provisioning is restricted in this region.). "
            "--location northeurope has all of it."
        )

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            ({"restricted": "Disabled", "supportedServerVersions": []}, "Postgres is closed for this subscription there."),
            ({}, "Postgres is closed for this subscription there."),
            ({"supportedServerVersions": [{"name": "15"}]}, "Postgres 16 cannot be had there."),
            (
                {
                    "supportedServerVersions": [{"name": "16"}],
                    "supportedServerEditions": [{"supportedServerSkus": [{"name": "Standard_D2s_v3"}]}],
                },
                "Postgres cannot be had in the size standard_b1ms there.",
            ),
        ],
    )
    def test_what_azure_says_of_the_database(self, told, world, answer, expected):
        world.set(postgres={"westeurope": answer})
        assert f"westeurope: {expected} --location swedencentral has all of it." in told()["region"]

    def test_what_is_not_offered_is_not_proposed(self, told, world):
        world.set(offered=OFFERED, postgres=closed(westeurope="", northeurope=""))
        assert told()["region"].endswith("--location eastus2 has all of it.")

    def test_policies_bound_the_proposals(self, told, world):
        policy = {
            "name": "sys.regionrestriction",
            "properties": {
                "displayName": "Allowed regions",
                "parameters": {"listOfAllowedLocations": {"value": ["uksouth", "Italy North"]}},
            },
        }
        world.set(policies=[policy])
        assert told()["region"] == (
            "✗ westeurope: the policy Allowed regions allows italynorth, uksouth only. --location uksouth has all of it."
        )

    def test_a_policy_that_is_not_enforced_bounds_nothing(self, told, world):
        given = {"enforcementMode": "DoNotEnforce", "parameters": {"listOfAllowedLocations": {"value": ["uksouth"]}}}
        world.set(policies=[{"name": "audit", "properties": given}])
        assert told()["region"].startswith("westeurope: 10 cores")

    def test_no_region_with_all(self, told, world):
        given = {"displayName": "Moon only", "parameters": {"allowedLocations": {"value": ["moon"]}}}
        world.set(policies=[{"name": "p", "properties": given}])
        assert "None of the usual regions has all of it" in told()["region"]

    def test_an_obstacle_stops_up_before_anything_is_made(self, call, world):
        world.set(postgres=closed(westeurope=""))
        done = call("up", "--yes")
        assert isinstance(done.exception, AzureError)
        assert "--location swedencentral" in done.exception.hint
        assert world.changes == []


@pytest.mark.parametrize(
    ("subscription", "expected"),
    [
        ({"state": "Enabled", "subscriptionPolicies": {"quotaId": "PayAsYouGo_2014-09-01"}}, "PayAsYouGo"),
        ({"state": "Enabled"}, "of no known kind"),
        (
            {"state": "Enabled", "subscriptionPolicies": {"quotaId": "MSDN_2014-09-01", "spendingLimit": "On"}},
            "MSDN, with a spending limit: Azure stops everything when the credit is spent",
        ),
        (
            {"state": "Enabled", "subscriptionPolicies": {"quotaId": "FreeTrial_2014-09-01"}},
            "FreeTrial: the registry builds no images for it (build them here and push), and it ends with its credit",
        ),
        ({"state": "Disabled"}, "✗ The subscription Pay as you go is Disabled: nothing can be made in it."),
        ({"state": "Warned"}, "✗ The subscription Pay as you go is Warned"),
        (
            {"state": "Enabled", "subscriptionPolicies": {"quotaId": "DreamSpark_2015-02-01"}},
            "✗ The subscription Pay as you go is of the kind DreamSpark",
        ),
    ],
)
def test_kinds_of_subscriptions(told, world, subscription, expected):
    world.set(subscription=subscription)
    assert told()["subscription"].startswith(expected)


def token(**claims: object) -> str:
    return f"header.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.signature"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (token(idtyp="user", amr=["pwd", "mfa"]), "with a second factor"),
        (token(idtyp="app"), "a program's login"),
        (token(idtyp="user"), "not told by the login"),
        ("opaque", "not told by the login"),
        ("a.b.c", "not told by the login"),
        (token(), "not told by the login"),
        (token(idtyp=5, amr=["mfa"]), "not told by the login"),
        (token(amr=5), "not told by the login"),
        (token(amr="mfa"), "not told by the login"),
        ("a.W10.c", "not told by the login"),
        ("a.é.c", "not told by the login"),
    ],
)
def test_logins_that_may_write(given, expected):
    assert require_second_factor(given) == expected


def test_a_login_by_password_alone_is_told_before_anything_is_made(told, world):
    world.set(amr=["pwd"])
    assert "✗ This login was made without a second factor (MFA)" in told()["writing"]
    assert "az login --tenant tenant-1" in told()["writing"]


def test_a_deleted_log_workspace_holds_its_name_in_its_region_only(told, world):
    held = {"name": "sndtrk-test-logs", "id": "/subscriptions/sub-1/resourceGroups/soundtracks-test/x", "location": "northeurope"}
    world.set(deleted_workspaces=[held])
    assert "✗ The deleted log workspace sndtrk-test-logs still holds its name, in northeurope." in told()["names"]
    world.set(deleted_workspaces=[held | {"location": "westeurope"}])
    assert told()["names"].startswith("resource group")


def test_databricks_is_a_provider_where_it_is_asked_for(call, world):
    call("up", "--yes")
    assert "Microsoft.Databricks" not in world.state["providers"]
    call("up", "--yes", "--databricks")
    assert "Microsoft.Databricks" in world.state["providers"]
