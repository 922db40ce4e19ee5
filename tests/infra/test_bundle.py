"""The Databricks bundle: held to the types of databricks-bundles, and to the names that the code has."""

import importlib
import re
import tomllib
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from soundtracks.cli import match_job
from soundtracks.operations.databricks_ends import ENDED, RESULTS, TERMINATIONS
from tasks.databricks_match import MAX_MATCH
from tests.infra.test_bicep import INFRA

HOME = INFRA.parent
BUNDLE: dict[str, Any] = yaml.safe_load((HOME / "databricks.yml").read_text())
PROJECT = tomllib.loads((HOME / "pyproject.toml").read_text())["project"]
RESOURCES = BUNDLE["resources"]
JOB = RESOURCES["jobs"]["match"]
(TASK,) = JOB["tasks"]
CLASSES = {
    "external_locations": "ExternalLocation",
    "schemas": "Schema",
    "volumes": "Volume",
    "secret_scopes": "SecretScope",
    "jobs": "Job",
}


def typed(kind: str, body: dict[str, Any]) -> Any:
    """The resource as databricks-bundles has it. Raises ValueError for what it does not know."""
    return getattr(importlib.import_module(f"databricks.bundles.{kind}"), CLASSES[kind]).from_dict(body)


@pytest.mark.parametrize("kind", RESOURCES)
def test_each_resource_is_one_that_databricks_knows(kind: str) -> None:
    for body in RESOURCES[kind].values():
        assert typed(kind, body).as_dict() == {key: value for key, value in body.items() if value != ""}


PLANTED = [
    ("jobs", JOB | {"max_concurrent_run": 2}),
    ("jobs", {k: v for k, v in JOB.items() if k != "tasks"} | {"tasks": [TASK | {"python_wheel_tasks": {}}]}),
    ("jobs", JOB | {"permissions": [{"level": "CAN_RUN"}]}),
    ("volumes", RESOURCES["volumes"]["lake"] | {"volume_type": "FOREIGN"}),
    ("volumes", {"name": "lake"}),
    ("secret_scopes", RESOURCES["secret_scopes"]["vault"] | {"backend_type": "AZURE"}),
]


@pytest.mark.parametrize(("kind", "body"), PLANTED)
def test_what_databricks_does_not_know_is_found(kind: str, body: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        typed(kind, body)


def test_the_task_is_our_entry_point() -> None:
    wheel = TASK["python_wheel_task"]
    assert wheel["package_name"] == PROJECT["name"]
    module, _, function = PROJECT["scripts"][wheel["entry_point"]].partition(":")
    assert getattr(importlib.import_module(module), function) is match_job.main


def test_its_parameters_are_those_that_the_entry_point_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[object, str]] = []

    class Read(Exception):
        pass

    def read(lake: object, run_id: str) -> None:
        given.append((lake, run_id))
        raise Read

    monkeypatch.setattr(match_job, "run", read)
    with pytest.raises(Read):
        match_job.main([f"--{name}={value}" for name, value in TASK["python_wheel_task"]["named_parameters"].items()])
    ((lake, run_id),) = given
    assert str(lake).startswith("/Volumes/")
    assert run_id == "{{job.parameters.run_id}}"
    assert [parameter["name"] for parameter in JOB["parameters"]] == ["run_id"]  # as tasks/databricks_match.py gives it


def test_every_variable_is_declared_and_used_and_every_reference_there() -> None:
    text = (HOME / "databricks.yml").read_text()
    assert set(re.findall(r"\$\{var\.(\w+)\}", text)) == set(BUNDLE["variables"])
    for path in re.findall(r"\$\{resources\.([\w.]+)\}", text):
        found: Any = RESOURCES
        for part in path.split("."):
            found = found[part]


def test_the_job_ends_when_nobody_waits_for_it_any_more() -> None:
    assert JOB["timeout_seconds"] == MAX_MATCH
    assert "TERMINATED" in ENDED


@pytest.mark.parametrize("module", ["soundtracks/operations/databricks_ends.py", "tasks/databricks_match.py"])
def test_messages_name_the_bundle_where_it_is(module: str) -> None:
    named = re.findall(r"[\w./-]+\.yml", (HOME / module).read_text())
    assert named
    assert [path for path in named if not (HOME / path).is_file()] == []


def test_what_remedies_say_to_change_stands_in_the_bundle() -> None:
    remedies = " ".join(end.remedy for end in (*TERMINATIONS.values(), *RESULTS.values()))
    settings = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", remedies))
    assert settings == {"node_type_id", "spark_version", "timeout_seconds"}
    assert all(f"{name}:" in (HOME / "databricks.yml").read_text() for name in settings)


def test_the_caller_may_run_the_job_and_no_more() -> None:
    assert JOB["permissions"] == [{"level": "CAN_MANAGE_RUN", "service_principal_name": "${var.flows_identity}"}]
    text = (HOME / "databricks.yml").read_text()
    assert text.count("flows_identity}") == 1


def test_what_the_cluster_installs_brings_no_spark_and_no_server() -> None:
    """The wheel of the bundle is installed without extras: the runtime has its own Spark."""
    base = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert {"pyarrow", "rapidfuzz"} <= base
    assert not base & {"pyspark", "prefect", "prefect-azure", "deltalake", "great-expectations"}


def test_the_runtimes_python_is_one_of_ours() -> None:
    (cluster,) = JOB["job_clusters"]
    assert cluster["new_cluster"]["spark_version"].startswith("17.3.")  # Python 3.12: Databricks' release notes
    assert "3.12.3" in SpecifierSet(PROJECT["requires-python"])
