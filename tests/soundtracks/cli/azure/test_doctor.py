"""`soundtracks doctor --azure` with a fake `az`."""

import pytest
from typer.testing import CliRunner

from soundtracks.cli import doctor
from soundtracks.cli.azure.az import Az
from soundtracks.cli.azure.checks import Checks
from soundtracks.cli.azure.place import Place
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
        "quota": "westeurope: 10 cores of container instances left, 15 environments of container apps left",
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


def test_a_deployment_that_was_broken_off(told, call, world):
    call("up", "--yes")
    world.set(deployment=world.state["deployment"] | {"provisioningState": "Failed"})
    assert "is Failed. `soundtracks azure up` goes on" in told()["deployment"]


def test_no_place_for_the_apps(told, world):
    world.set(quota={"Microsoft.App": ["ManagedEnvironmentCount", 1, 1]})
    assert "no more environments" in told()["quota"]


def test_providers_that_are_not_registered_yet(told, world):
    world.set(providers=[], quota={})
    found = told()
    assert "registers Microsoft.App" in found["providers"]
    assert "does not tell before" in found["quota"]


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
    assert "1 of 9 checks failed" in done.exception.message
    assert "holds Reader" in done.output
    assert "ada@example.org in the subscription" in done.output
