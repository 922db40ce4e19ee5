"""`soundtracks azure up` with a fake `az`: what it would do, what it does, and that it goes on after a failure."""

import json
import re
from itertools import groupby

import pytest

from soundtracks.cli.azure import up
from soundtracks.cli.azure.images import IMAGE
from soundtracks.errors import AzureError, BadInput, MissingSetting

pytestmark = pytest.mark.slow

ADMIT = ("--admit", "203.0.113.7")


SUBNET = "/subscriptions/s-1/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n/subnets/host"


def test_a_dry_run_tells_all_and_changes_nothing(world, call):
    done = call("up", "--dry-run", *ADMIT)
    assert done.exit_code == 0, done.exception
    assert "ada@example.org, in the subscription Pay as you go (sub-1)" in done.output
    assert "create the resource group soundtracks-test in westeurope" in done.output
    assert "reachable from 203.0.113.7/32" in done.output
    assert "ada@example.org of alerts" in done.output
    assert world.changes == []


def test_a_dry_run_of_what_exists_shows_azures_own_forecast(world, call):
    assert call("up", "--yes").exit_code == 0
    before = world.changes
    assert "Resource changes: 62 to create." in call("up", "--dry-run").output
    assert world.changes == before


def test_a_no_changes_nothing(world, call):
    assert call("up", answer="n\n").exit_code == 1
    assert world.changes == []


def test_it_comes_up(world, call, real_process):
    done = call("up", "--yes", *ADMIT)
    assert done.exit_code == 0, done.exception
    steps = [re.sub(r" (soundtrack|/|@|--).*", "", step) for step in world.changes]
    assert [" ".join(s.split()[:3]) for s in steps] == [
        "group create",
        "deployment group create",
        "acr import sndtrktest",
        "acr build sndtrktest",
        "acr build sndtrktest",
        "deployment group create",
        "containerapp job start",
        "deployment group create",
        "containerapp job start",
        "deployment group create",
        "deployment group create",
    ]
    first, *_, second = world.parameters()
    assert world.budgets()[0]["name"] == "sndtrk-test-budget"
    assert first["imageTag"] == ""
    assert second["imageTag"] == up.commit()
    assert "https://sndtrk-test-server.example" in done.output


def test_outputs_become_the_variables_of_prefect_yaml(world, call):
    call("up", "--yes")
    lines = up.OUTPUTS.read_text().splitlines()
    assert 'SOUNDTRACKS_LAKE_URL="az://lake"' in lines  # whatever case Azure gave the name
    assert 'PREFECT_API_URL="https://sndtrk-test-server.example/api"' in lines
    assert 'BUNDLE_VAR_lake="abfss://lake@sndtrktest.dfs.core.windows.net/"' in lines  # of databricks.yml
    assert not [line for line in lines if line.startswith(("vault", "register", "DATABRICKS_HOST"))]  # of your own, or none


def test_secrets_stand_in_no_command_line_and_no_output(world, call):
    done = call("up", "--yes")
    first, *_ = world.parameters()
    assert world.budgets()[0]["amount"] == 150
    assert first["tmdbToken"] == "planted-tmdb-token"
    made = first["prefectAuthString"].removeprefix("admin:")
    assert len(made) > 30
    said = json.dumps([c["arguments"] for c in world.state["calls"]]) + done.output + up.OUTPUTS.read_text()
    for secret in [made, "planted-tmdb-token", "planted-discogs-token"]:
        assert secret not in said


def test_the_image_is_made_of_what_is_committed_and_needed(world, call):
    """`az acr build` looks for .dockerignore beside the sources only; .env must not go along."""
    call("up", "--yes")
    context = world.state["context"]
    assert {".dockerignore", "docker", "requirements.lock", "prefect.yaml"} <= set(context)
    assert not {".env", ".git", ".venv", ".soundtracks"} & set(context)


class TestAgain:
    @pytest.mark.parametrize("step", ["group create", "deployment group create", "acr build", "containerapp job start"])
    def test_it_goes_on_after_a_failure(self, world, call, step):
        world.set(fail={step: "ERROR: (SomethingNew) Nobody has seen this."})
        failed = call("up", "--yes", *ADMIT, "--email", "ops@example.org", "--budget", "42")
        assert isinstance(failed.exception, AzureError)
        assert "Nobody has seen this." in failed.exception.message
        done = call("up", "--yes", *ADMIT, "--email", "ops@example.org", "--budget", "42")
        assert done.exit_code == 0, done.exception
        assert world.state["apps"]

    def test_what_passes_by_itself_needs_no_second_call(self, world, call):
        world.set(fail={"deployment group create": "ERROR: (PrincipalNotFound) Principal p does not exist in the directory d."})
        done = call("up", "--yes", *ADMIT)
        assert done.exit_code == 0, done.exception
        assert "It passes by itself: tried again in 90 s" in done.output
        assert world.state["apps"]

    def test_secrets_that_the_vault_has_are_left_alone(self, world, call, monkeypatch):
        call("up", "--yes")
        monkeypatch.delenv("SOUNDTRACKS_TMDB_TOKEN")
        assert call("up", "--yes").exit_code == 0
        last = world.parameters()[-1]
        assert {last[n] for n in ("prefectAuthString", "tmdbToken", "sparkMaster")} == {""}
        assert last["discogsToken"] == "planted-discogs-token"

    def test_options_that_are_not_given_stay_as_they_were(self, world, call):
        call("up", "--yes", *ADMIT, "--email", "ops@example.org", "--budget", "42", "--databricks", "--prefix", "songs")
        kept = ("adminAddresses", "alertEmail", "withDatabricks", "prefix", "location")
        before, budget = {name: world.parameters()[-1][name] for name in kept}, world.budgets()[-1]
        call("up", "--yes")
        assert {name: world.parameters()[-1][name] for name in kept} == before
        assert world.budgets()[-1] == budget
        assert before["adminAddresses"] == ["203.0.113.7/32"]
        assert budget["amount"] == 42

    def test_the_disk_that_has_grown_is_given_again(self, world, call):
        call("up", "--yes")
        assert world.parameters()[0]["databaseDiskGB"] == 32
        world.set(disk=64)
        call("up", "--yes")
        assert world.parameters()[-1]["databaseDiskGB"] == 64

    def test_an_image_that_is_there_is_not_built_again(self, world, call):
        call("up", "--yes")
        call("up", "--yes")
        assert len(world.calls("acr build")) == 2
        assert len(world.calls("acr import")) == 1

    def test_an_image_that_is_missing_is_built(self, world, call):
        call("up", "--yes")
        world.set(images=[image for image in world.state["images"] if not image.endswith("-match")])
        call("up", "--yes")
        assert len(world.calls("acr build")) == 3
        assert f"{IMAGE}:{up.commit()}-match" in world.calls("acr build")[-1]

    def test_the_webhook_goes_into_the_vault_and_stays(self, world, call, monkeypatch):
        monkeypatch.setenv("SOUNDTRACKS_ALERT_WEBHOOK", "https://hooks.example/planted")
        call("up", "--yes")
        monkeypatch.delenv("SOUNDTRACKS_ALERT_WEBHOOK")
        call("up", "--yes")
        assert {p["hasAlertWebhook"] for p in world.parameters()} == {True}
        assert world.parameters()[-1]["alertWebhook"] == ""

    def test_another_spark_is_one_setting_away(self, world, call, monkeypatch):
        call("up", "--yes")
        masters = [p["sparkMaster"] for p in world.parameters()]
        for master in ("sc://somewhere:443/;token=planted", "local[*]"):
            monkeypatch.setenv("SOUNDTRACKS_SPARK_MASTER", master)
            call("up", "--yes")
            masters.append(world.parameters()[-1]["sparkMaster"])
        in_turn = [master for master, _ in groupby(masters)]
        assert in_turn == ["local[*]", "", "sc://somewhere:443/;token=planted", "local[*]"]

    def test_a_workspace_of_ones_own_is_let_in_and_its_job_named_and_both_stay(self, world, call, monkeypatch):
        job = "https://adb-1234.5.azuredatabricks.net/jobs/678"
        call("up", "--yes", "--databricks-subnet", SUBNET)
        assert (world.parameters()[-1]["databricksSubnets"], world.parameters()[-1]["databricksJob"]) == ([SUBNET], "none")
        monkeypatch.setenv("SOUNDTRACKS_DATABRICKS_JOB", job)
        call("up", "--yes")
        monkeypatch.delenv("SOUNDTRACKS_DATABRICKS_JOB")
        call("up", "--yes")
        assert (world.parameters()[-1]["databricksSubnets"], world.parameters()[-1]["databricksJob"]) == ([SUBNET], job)
        monkeypatch.setenv("SOUNDTRACKS_DATABRICKS_JOB", "none")
        call("up", "--yes")
        assert world.parameters()[-1]["databricksJob"] == "none"

    def test_what_is_no_job_is_refused_before_anything_is_made(self, world, call, monkeypatch):
        monkeypatch.setenv("SOUNDTRACKS_DATABRICKS_JOB", "https://example.org/jobs/1")
        assert "is not the address of a job" in call("up", "--yes").exception.message
        assert world.changes == []

    def test_runs_that_are_under_way_are_no_lack_of_quota(self, world, call):
        call("up", "--yes")
        world.set(
            quota={"Microsoft.ContainerInstance": ["StandardCores", 10, 10], "Microsoft.App": ["ManagedEnvironmentCount", 1, 1]}
        )
        assert call("up", "--yes").exit_code == 0

    def test_a_private_deployment_cannot_be_opened(self, world, call):
        call("up", "--yes")
        refused = call("up", "--yes", *ADMIT).exception
        assert isinstance(refused, BadInput)
        assert "down" in refused.hint


class TestRefused:
    def test_without_the_cli_it_says_where_to_get_it(self, call, monkeypatch, tmp_path):
        monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
        error = call("up", "--dry-run").exception
        assert isinstance(error, AzureError)
        assert "not installed" in error.message

    def test_without_a_login(self, world, call, real_process):
        world.set(fail={"account show": "ERROR: Please run 'az login' to setup account."})
        error = call("up", "--dry-run").exception
        assert "not logged in" in error.message
        assert "`az login`" in error.hint

    def test_without_the_roles(self, world, call):
        world.set(held=["Contributor"])
        error = call("up", "--yes").exception
        assert "holds Contributor" in error.message
        assert "User Access Administrator" in error.hint
        assert world.changes == []

    def test_without_quota(self, world, call):
        world.set(quota={"Microsoft.ContainerInstance": ["StandardCores", 10, 8]})
        error = call("up", "--yes").exception
        assert "2 cores left, a run needs 5" in error.message
        assert world.changes == []

    def test_without_keys(self, world, call, monkeypatch):
        monkeypatch.delenv("SOUNDTRACKS_DISCOGS_TOKEN")
        error = call("up", "--yes").exception
        assert isinstance(error, MissingSetting)
        assert error.setting == "SOUNDTRACKS_DISCOGS_TOKEN"
        assert world.changes == []

    def test_a_name_that_is_taken(self, world, call):
        world.set(
            fail={
                "deployment group create": 'ERROR: {"code": "StorageAccountAlreadyTaken", "message": "The name sndtrktest is taken."}'
            }
        )
        error = call("up", "--yes").exception
        assert "StorageAccountAlreadyTaken" in error.message
        assert "--prefix" in error.hint

    def test_a_deleted_vault_that_holds_its_name(self, world, call):
        world.set(
            deleted_vaults=[
                {
                    "name": "sndtrk-test",
                    "properties": {"vaultId": "/x/resourceGroups/soundtracks-test/y", "location": "westeurope"},
                }
            ]
        )
        error = call("up", "--yes").exception
        assert "sndtrk-test still holds its name" in error.message
        assert world.changes == []

    @pytest.mark.parametrize(
        "option",
        [
            ("--prefix", "Songs!"),
            ("--prefix", "ab"),
            ("--admit", "my house"),
            ("--admit", "1.2.3.4/8"),
            ("--databricks-subnet", "host"),
        ],
    )
    def test_options_that_azure_would_refuse(self, world, call, option):
        error = call("up", "--yes", *option).exception
        assert isinstance(error, BadInput)
        assert option[1] in error.message
        assert world.changes == []

    def test_another_beginning_of_all_names_than_that_which_is_there(self, world, call):
        call("up", "--yes")
        assert "begin with sndtrk" in call("up", "--yes", "--prefix", "songs").exception.message

    def test_a_group_of_somebody_else(self, world, call):
        world.set(group={"location": "westeurope", "tags": None})
        error = call("up", "--yes").exception
        assert isinstance(error, BadInput)
        assert world.changes == []

    def test_another_region_than_that_of_the_group(self, world, call):
        call("up", "--yes")
        assert "is in westeurope" in call("up", "--yes", "--location", "northeurope").exception.message

    def test_a_job_that_fails(self, world, call):
        world.set(job=["Failed"])
        error = call("up", "--yes").exception
        assert "register-1" in error.message
        assert "job logs show" in error.hint


class TestOrder:
    """A database is migrated before the server of another version starts; a client is never newer than its server."""

    STEPS = (
        "deployment group create, up to database",
        "job start sndtrk-test-migrate",
        "deployment group create, up to server",
        "containerapp show sndtrk-test-server",
        "job start sndtrk-test-register",
        "deployment group create, up to all",
    )

    def steps(self, world) -> list[str]:
        """What concerns the apps, in its order, repeated looks as one."""
        found: list[str] = []
        for call in world.state["calls"]:
            said, given = " ".join(a for a in call["arguments"] if not a.startswith("-")), call["parameters"]
            if said.startswith("deployment group create") and given.get("imageTag"):
                found.append(f"deployment group create, up to {given['upTo']}")
            elif said.startswith("containerapp job start"):
                found.append(f"job start {call['arguments'][call['arguments'].index('--name') + 1]}")
            elif said.startswith("containerapp show") and not found[-1].startswith("containerapp show"):
                found.append(f"containerapp show {call['arguments'][call['arguments'].index('--name') + 1]}")
        return found

    def test_the_first_time_and_every_other(self, world, call):
        assert call("up", "--yes").exception is None
        assert self.steps(world) == list(self.STEPS)
        world.set(calls=[], revisions=["server--1", "server--1", "server--2"])
        assert call("up", "--yes").exception is None
        assert self.steps(world) == list(self.STEPS)
        assert len(world.calls("containerapp show")) == 3

    def test_a_migration_that_fails_leaves_what_runs(self, world, call):
        call("up", "--yes")
        world.set(calls=[], migration="Failed")
        error = call("up", "--yes").exception
        assert error.message == "The job migrate-1 that migrates the database did not succeed."
        assert "-n sndtrk-test-migrate --container migrate" in error.hint
        assert self.steps(world) == list(self.STEPS[:2])

    def test_a_server_that_does_not_start_gets_no_newer_clients(self, world, call, monkeypatch):
        monkeypatch.setattr(up, "MAX_START", 0.0)
        world.set(revisions=["server--1"])
        error = call("up", "--yes").exception
        assert "The new server did not start" in error.message
        assert "az containerapp logs show" in error.hint
        assert self.steps(world) == list(self.STEPS[:4])

    def test_one_that_was_broken_off_is_told_and_finished(self, world, call):
        world.set(job=["Failed"])
        call("up", "--yes")
        assert self.steps(world) == list(self.STEPS[:5])
        world.set(calls=[], job=["Succeeded"])
        assert call("up", "--yes").exception is None
        assert self.steps(world) == list(self.STEPS)


def test_missing_providers_are_told_and_registered(world, call):
    world.set(providers=[name for name in world.state["providers"] if name != "Microsoft.App"])
    assert "register the providers Microsoft.App" in call("up", "--dry-run").output
    assert world.calls("provider register") == []
    call("up", "--yes")
    assert world.calls("provider register") == ["provider register Microsoft.App json"]
