"""The part of ARM's template language that the stand-in speaks; it refuses the rest, as Azure refuses what it cannot read."""

import json
from pathlib import Path

import pytest

from tests.rigs.azure.templates import Scope, TemplateError, evaluate, resources

SCOPE = Scope("sub", "rg", keys=lambda resource: {"primarySharedKey": f"key of {resource}", "customerId": "id"})


@pytest.mark.parametrize(
    ("value", "evaluated"),
    [
        ("plain", "plain"),
        ("[parameters('a')]", "A"),
        ("[ parameters('a') ]", "A"),
        ("[resourceGroup().location]", "westeurope"),
        ("[resourceGroup().id]", "/subscriptions/sub/resourceGroups/rg"),
        ("['text, with (comma)']", "text, with (comma)"),
        ("[listKeys(parameters('a'), '2022-10-01').primarySharedKey]", "key of A"),
        ("[[parameters('a')]", "[parameters('a')]"),
        ("[open", "[open"),
        ("closed]", "closed]"),
        (5, 5),
        (None, None),
        ({"k": ["[parameters('a')]"]}, {"k": ["A"]}),
        ({"[parameters('a')]": 1}, {"A": 1}),
    ],
)
def test_values(value, evaluated):
    assert evaluate(value, {"a": "A"}, SCOPE) == evaluated


def test_unique_strings_are_the_same_for_the_same_and_13_long():
    one, two = (evaluate(f"[uniqueString({scope})]", {"a": "A"}, SCOPE) for scope in ("resourceGroup().id", "parameters('a')"))
    assert one == evaluate("[uniqueString(resourceGroup().id)]", {}, SCOPE)
    assert len(one) == 13
    assert one != two


@pytest.mark.parametrize(
    "value", ["[parameters('b')]", '["a", "b"]', "[a]", "[]", "[concat('a', 'b')]", "[listKeys(parameters('a'))]"]
)
def test_what_azure_could_not_evaluate_is_refused(value):
    with pytest.raises(TemplateError):
        evaluate(value, {"a": "A"}, SCOPE)


def test_an_unknown_parameter_and_a_missing_one_are_refused():
    template = {"parameters": {"a": {"type": "string"}}, "resources": []}
    with pytest.raises(TemplateError, match="'a' is not provided"):
        resources(template, {}, SCOPE)
    with pytest.raises(TemplateError, match="'b' are not valid"):
        resources(template, {"a": {"value": "A"}, "b": {"value": "B"}}, SCOPE)


def test_our_job_template_evaluates_to_one_container_group():
    file = Path(__file__).parents[2] / "infra/job-templates/aci.json"
    template = json.loads(file.read_text())["job_configuration"]["arm_template"]
    (group,) = resources(template, {"container_group_name": {"value": "flow-1"}}, SCOPE)
    assert (group["name"], group["location"]) == ("flow-1", "westeurope")
    assert group["properties"]["diagnostics"]["logAnalytics"]["workspaceKey"] == "key of {{ log_workspace_id }}"
