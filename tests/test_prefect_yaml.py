"""prefect.yaml: its deployments point to flows that are there, its pools and job variables fit the job template."""

import ast
import json
import re
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml
from prefect_azure.workers.container_instance import AzureContainerJobConfiguration, AzureContainerVariables

from soundtracks.cli.azure.images import TARGETS
from soundtracks.errors import BadInput
from soundtracks.operations.automations import automations
from soundtracks.operations.deployments import ENVIRONMENTS, HEARTBEAT_SECONDS, escape, read_plan
from soundtracks.operations.lost_runs import LOST_AFTER

HOME = Path(__file__).parents[1]
FILE = HOME / "prefect.yaml"
NAMES = set(re.findall(r"\{\{ \$(\w+) \}\}", FILE.read_text()))
VARIABLES = {name: f"value-of-{name}" for name in NAMES}
TEMPLATE = json.loads((HOME / "infra/job-templates/aci.json").read_text())
PROCESS = json.loads((HOME / "infra/job-templates/process.json").read_text())


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_environment_has_both_deployments_in_pools_of_their_own(environment):
    plan = read_plan(FILE, environment, VARIABLES)
    assert plan.names == [f"link-soundtracks/{environment}", f"match-albums/{environment}"]
    assert [d["work_pool"]["name"] for d in plan.document["deployments"]] == [pool.name for pool in plan.pools]
    assert all(pool.concurrency_limit for pool in plan.pools)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_entrypoints_are_flows(environment):
    for deployment in read_plan(FILE, environment, VARIABLES).document["deployments"]:
        file, _, name = deployment["entrypoint"].partition(":")
        functions = [node for node in ast.parse((HOME / file).read_text()).body if isinstance(node, ast.FunctionDef)]
        (flow,) = [function for function in functions if function.name == name]
        assert any("flow" in ast.unparse(decorator) for decorator in flow.decorator_list)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_is_left_to_fill_in(environment):
    assert "{{" not in yaml.safe_dump(read_plan(FILE, environment, VARIABLES).document)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_parent_names_the_match_of_its_environment(environment):
    parent, match = read_plan(FILE, environment, VARIABLES).document["deployments"]
    named = parent["work_pool"]["job_variables"]["env"]["SOUNDTRACKS_MATCH_DEPLOYMENT"]
    assert named == f"match-albums/{match['name']}"
    assert "SOUNDTRACKS_MATCH_DEPLOYMENT" not in match["work_pool"]["job_variables"]["env"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_run_is_lost_only_after_three_heartbeats_of_its_deployment(environment):
    for deployment in read_plan(FILE, environment, VARIABLES).document["deployments"]:
        beat = int(deployment["work_pool"]["job_variables"]["env"]["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"])
        assert beat == HEARTBEAT_SECONDS
        assert timedelta(seconds=3 * beat) <= LOST_AFTER


def test_no_automation_waits_for_heartbeats_which_an_outage_of_the_server_swallows():
    assert not [a.name for a in automations() if "prefect.flow-run.heartbeat" in a.trigger.after | a.trigger.expect]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_deployment_has_a_limit_that_a_restart_of_the_server_forgets(environment):
    assert not [d["name"] for d in read_plan(FILE, environment, VARIABLES).document["deployments"] if "concurrency_limit" in d]


@pytest.mark.parametrize("name", sorted(NAMES - {"SOUNDTRACKS_HOME"}))
@pytest.mark.parametrize("value", [None, "", "  "])
@pytest.mark.slow
def test_a_variable_that_is_not_set_is_named_before_anything_is_deployed(name, value):
    variables = {**VARIABLES, name: value} if value is not None else {k: v for k, v in VARIABLES.items() if k != name}
    with pytest.raises(BadInput, match=name):
        read_plan(FILE, "azure", variables)


def test_local_needs_no_variable_of_azure():
    assert read_plan(FILE, "local", {"SOUNDTRACKS_HOME": "/somewhere"}).names


def test_an_unknown_environment_is_refused():
    with pytest.raises(BadInput, match="'moon'"):
        read_plan(FILE, "moon", VARIABLES)


@pytest.mark.parametrize(
    ("value", "escaped"),
    [("[parameters('x')]", "[[parameters('x')]"), ('["a"]', '[["a"]'), ("[open", "[open"), ("plain", "plain"), ("", "")],
)
def test_a_value_that_arm_would_evaluate_is_escaped(value, escaped):
    assert escape(value) == escaped


def test_a_bracketed_setting_reaches_azure_escaped():
    plan = read_plan(FILE, "azure", VARIABLES | {"SOUNDTRACKS_LAKE_URL": "[resourceGroup().id]"})
    envs = [d["work_pool"]["job_variables"]["env"] for d in plan.document["deployments"]]
    assert {env["SOUNDTRACKS_LAKE_URL"] for env in envs} == {"[[resourceGroup().id]"}


class TestProcessTemplate:
    def test_each_job_variable_is_one_that_it_takes(self):
        for deployment in read_plan(FILE, "local", VARIABLES).document["deployments"]:
            jsonschema.validate(deployment["work_pool"]["job_variables"], PROCESS["variables"])

    @pytest.mark.parametrize(
        "variables",
        [
            {"command": "touch /tmp/evil"},
            {"working_dir": "/tmp"},
            {"env": {"PATH": "/tmp/evil"}},
            {"env": {"PYTHONPATH": "/tmp/evil"}},
            {"env": {"LD_PRELOAD": "/tmp/evil.so"}},
            {"env": {"PREFECT_API_URL": "http://evil.test/api"}},
        ],
    )
    def test_what_would_run_a_command_is_refused(self, variables):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(variables, PROCESS["variables"])

    def test_a_job_holds_nothing_that_a_run_could_set_to_a_command(self):
        assert set(PROCESS["job_configuration"]) == {"env", "labels", "name", "stream_output"}
        assert set(PROCESS["variables"]["properties"]) == set(PROCESS["job_configuration"])


class TestJobTemplate:
    def test_each_job_variable_is_declared(self):
        for deployment in read_plan(FILE, "azure", VARIABLES).document["deployments"]:
            assert set(deployment["work_pool"]["job_variables"]) <= set(TEMPLATE["variables"]["properties"])

    def test_each_required_variable_is_given(self):
        for deployment in read_plan(FILE, "azure", VARIABLES).document["deployments"]:
            assert set(TEMPLATE["variables"]["required"]) <= set(deployment["work_pool"]["job_variables"])

    def test_each_placeholder_is_a_variable(self):
        placeholders = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(TEMPLATE["job_configuration"])))
        assert placeholders == set(TEMPLATE["variables"]["properties"])

    def test_it_knows_only_what_the_worker_knows(self):
        known = set(AzureContainerVariables.model_fields) | {"log_workspace_id", "command"}
        assert set(TEMPLATE["variables"]["properties"]) <= known
        assert set(TEMPLATE["job_configuration"]) <= set(AzureContainerJobConfiguration.model_fields)

    def test_match_gets_what_aci_can_give(self):
        parent, match = (d["work_pool"]["job_variables"] for d in read_plan(FILE, "azure", VARIABLES).document["deployments"])
        assert (parent["cpu"], parent["memory"]) == (1, 2)
        assert (match["cpu"], match["memory"]) == (4, 16)
        assert match["image"] == f"{parent['image']}{TARGETS['match']}"

    def test_the_sweep_finds_its_groups_by_the_tag_it_looks_for(self):
        from soundtracks.operations.cleanup import TAG

        (group,) = TEMPLATE["job_configuration"]["arm_template"]["resources"]
        assert group["tags"][TAG[0]] == TAG[1]

    def test_the_workspaces_key_is_read_by_azure_and_stands_nowhere(self):
        (group,) = TEMPLATE["job_configuration"]["arm_template"]["resources"]
        assert group["properties"]["diagnostics"]["logAnalytics"]["workspaceKey"].startswith("[listKeys(")
