"""The Bicep files, as far as that goes without Azure: syntax, names, and every resource against the models of Azure's SDK.

Planted errors prove that the checks catch them. What only Azure can tell (does the API version know the property, is the
name free, is there quota) is left to `az bicep build` and what-if: docs/azure.md.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.infra import models
from tests.infra.bicep import Resource, Scope, Unknown, problems, read

INFRA = Path(__file__).parents[2] / "infra"
FILES = sorted(INFRA.glob("**/*.bicep"))
#: What azure-up adds to the parameter file; secrets are not to be seen in what is worked out.
GIVEN = {
    "imageTag": "abc123",
    "adminObjectId": "11111111-1111-1111-1111-111111111111",
    **{name: Unknown(f"<{name}>") for name in ("prefectAuthString", "tmdbToken", "discogsToken", "sparkMaster")},
}
#: What azure-up gives the budget, a deployment of its own.
BUDGET = {"name": "sndtrk-test-budget", "amount": 150, "start": "2026-11-01", "email": "a@example.org", "actionGroup": "/people"}
WORLDS = {
    "test": {},
    "prod": {},
    "test with addresses, Databricks and a webhook": {
        "adminAddresses": ["203.0.113.7/32"], "withDatabricks": True, "alertWebhook": Unknown("<alertWebhook>"),
    },
}  # fmt: skip


def world(home: Path, name: str) -> Scope:
    """main.bicep with the values of a parameter file and what a deployment adds."""
    file = json.loads((home / "parameters" / f"{name.split()[0]}.json").read_bytes())
    given = {key: value["value"] for key, value in file["parameters"].items()}
    return Scope(read(home / "main.bicep"), given | GIVEN | WORLDS[name])


def findings(home: Path) -> list[str]:
    """All that is wrong with the files of a folder."""
    found = [problem for file in sorted(home.glob("**/*.bicep")) for problem in problems(read(file))]
    if not found:  # a name that does not exist cannot be worked out
        scopes = [*(world(home, name) for name in WORLDS), Scope(read(home / "budget.bicep"), BUDGET)]
        found = [p for scope in scopes for resource in scope.resources() for p in models.problems(resource)]
    return sorted(set(found))


@pytest.mark.slow
def test_nothing_is_wrong():
    assert findings(INFRA) == []


def test_every_file_is_used():
    used = {INFRA / "main.bicep", INFRA / "budget.bicep"}
    for file in FILES:
        used |= {(file.parent / m["detail"]["path"]).resolve() for m in read(file).part("modules").values()}
    assert used == set(FILES)


@pytest.mark.parametrize("name", ["test", "prod"])
def test_parameter_files_give_what_is_there(name):
    given = set(json.loads((INFRA / "parameters" / f"{name}.json").read_bytes())["parameters"])
    main = read(INFRA / "main.bicep")
    assert given <= set(main.part("parameters"))
    assert main.required <= given
    assert not given & main.secure


PLANTED = [
    ("storage", "minimumTlsVersion:", "minimumTlsVersn:", "storage.bicep: account/properties/minimumTlsVersn: not a property"),
    ("storage", "'TLS1_2'", "'TLS12'", "storage.bicep: account/properties/minimumTlsVersion: 'TLS12' is none of"),
    ("storage", "  kind: 'StorageV2'\n", "", "storage.bicep: account/kind: required"),
    ("storage", "supportsHttpsTrafficOnly: true", "supportsHttpsTrafficOnly: 'true'", "'true' should be a bool"),
    ("storage", "actionGroupId:", "actionGroup:", "actions/0/actionGroup: not a property of MetricAlertAction"),
    ("storage", "endpointType: 'StorageQueue'", "endpointType: 'Queue'", "endpointType: 'Queue' is none of"),
    ("storage", "queueName: queue", "queue: queue", "destination/properties/queue: not a property"),
    ("storage", "SingleResourceMultipleMetricCriteria'", "SingleResource'", "odata.type: 'Microsoft.Azure.Monitor.SingleResource' is none of"),
    ("storage", "operator: 'GreaterThan'", "operator: 'MoreThan'", "criteria/allOf/0/operator: 'MoreThan' is none of"),
    ("storage", "Microsoft.Storage/storageAccounts@", "Microsoft.Storage/storageAccount@", "nothing is known of Microsoft.Storage/storageAccount"),
    ("storage", "parent: queues", "parent: nosuch", "storage.bicep: landed: there is no 'nosuch'"),
    ("storage", "'${lake}/raw/tmdb/'", "'${lak}/raw/tmdb/'", "storage.bicep: lifecycle: there is no 'lak'"),
    ("network", "publicIpAddresses:", "publicIPAddresses:", "gateway/properties/publicIPAddresses: not a property"),
    ("network", "direction: 'Inbound'", "direction: 'Inwards'", "direction: 'Inwards' is none of"),
    ("network", "priority: 100", "priority: '100'", "'100' should be a int"),
    ("vault", "    tenantId: tenant().tenantId\n", "", "vault.bicep: vault/properties/tenantId: required by VaultProperties"),
    ("vault", "@secure()\nparam tmdbToken", "param tmdbToken", "a secret goes into 'tmdbToken', which is not @secure()"),
    ("vault", "categoryGroup: 'audit'", "categoriesGroup: 'audit'", "logs/0/categoriesGroup: not a property of LogSettings"),
    ("database", "principalType: 'ServicePrincipal'", "principalType: 'Robot'", "principalType: 'Robot' is none of"),
    ("database", "tier: 'Burstable'", "tier: 'Cheap'", "sku/tier: 'Cheap' is none of"),
    ("apps", "minReplicas: 1", "minReplica: 1", "template/scale/minReplica: not a property of Scale"),
    ("apps", "secretRef: 'auth' }\n            { name: 'PREFECT_SERVER_UI", "secretRefs: 'auth' }\n            { name: 'PREFECT_SERVER_UI", "env/4/secretRefs: not a property of EnvironmentVar"),
    ("apps", "triggerType: 'Manual'", "triggerType: 'ByHand'", "triggerType: 'ByHand' is none of"),
    ("apps", "param actionGroup string\n", "", "main.bicep: module apps: has no parameter 'actionGroup'"),
    ("apps", "output apiUrl", "output apiAddress", "main.bicep: module apps: has no output 'apiUrl'"),
    ("registry", "param sku string", "param sku string\nparam extra string", "main.bicep: module registry: parameter 'extra' is missing"),
    ("registry", "adminUserEnabled: false", "adminUserEnabled: false\n    loginServer: 'x'", "loginServer: only Azure sets this"),
    ("logs", "param email string", "param email string\nparam spare string = ''", "logs.bicep: spare is never used"),
    ("logs", "  location: 'global'\n", "", "logs.bicep: people/location: required by ActionGroupResource"),
    ("roles", "roleDefinitionId: launcher.id", "roleId: launcher.id", "properties/roleDefinitionId: required by RoleAssignmentCreateParameters"),
    ("budget", "timeGrain: 'Monthly'", "timeGrain: 'Weekly'", "timeGrain: 'Weekly' is none of"),
    ("databricks", "name: 'premium'", "nam: 'premium'", "sku/nam: not a property"),
    ("private-name", "ipv4Address: address", "ipv4: address", "aRecords/0/ipv4: not a property of ARecord"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("module", "right", "wrong", "expected"), PLANTED, ids=[p[3] for p in PLANTED])
def test_a_planted_error_is_found(tmp_path, module, right, wrong, expected):
    home = tmp_path / "infra"
    shutil.copytree(INFRA, home)
    (file,) = home.glob(f"**/{module}.bicep")
    text = file.read_text()
    assert right in text
    file.write_text(text.replace(right, wrong))
    assert any(expected in finding for finding in findings(home)), findings(home)


def test_a_planted_syntax_error_is_found(tmp_path):
    file = tmp_path / "broken.bicep"
    file.write_text((INFRA / "modules" / "registry.bicep").read_text().replace("properties: {", "properties: ", 1))
    with pytest.raises(Exception, match="Unexpected"):
        read(file)


@pytest.mark.slow
def test_no_resource_asks_for_an_api_that_is_newer_than_its_model():
    """A newer API may require what the model does not know yet. Packages of many versions do not tell theirs."""
    resources = {(r.type, r.api_version) for r in world(INFRA, list(WORLDS)[-1]).resources() if r.type in models.MODELS}
    spoken = {package: models.api_version(package) for package, _ in models.MODELS.values()}
    assert {package for package, version in spoken.items() if not version} == {"authorization", "monitor", "msi", "network"}
    newer = {(t, v) for t, v in resources if spoken[models.MODELS[t][0]] and v > spoken[models.MODELS[t][0]]}
    assert newer == set()


def template(wrong: tuple[str, str] = ("", "")) -> Resource:
    """The container group of the job template; what the worker or ARM fills in is unknown."""

    def known(value):
        if isinstance(value, dict):
            return {key: known(item) for key, item in value.items()}
        if isinstance(value, list):
            return [known(item) for item in value]
        return Unknown(value) if isinstance(value, str) and value.startswith(("{{", "[")) else value

    text = (INFRA / "job-templates" / "aci.json").read_text()
    (group,) = json.loads(text.replace(*wrong) if wrong[0] else text)["job_configuration"]["arm_template"]["resources"]
    body = {key: value for key, value in known(group).items() if key not in ("type", "apiVersion")}
    return Resource("aci.json", "group", group["type"], group["apiVersion"], body, True)


def test_the_job_template_is_one_that_container_instances_takes():
    assert list(models.problems(template())) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("memoryInGB", "memoryInGb", "requests/memoryInGb: not a property of ResourceRequests"),
        ('"restartPolicy": "Never"', '"restartPolicy": "Once"', "'Once' is none of"),
        ('"workspaceKey"', '"key"', "logAnalytics/workspaceKey: required"),
    ],
)
def test_an_error_planted_in_the_job_template_is_found(right, wrong, expected):
    assert any(expected in problem for problem in models.problems(template((right, wrong))))


@pytest.mark.parametrize("name", WORLDS)
def test_names_keep_to_azures_rules(name):
    rules = {
        "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
        "Microsoft.KeyVault/vaults": r"[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]",
        "Microsoft.ContainerRegistry/registries": r"[a-zA-Z0-9]{5,50}",
        "Microsoft.App/containerApps": r"[a-z][a-z0-9-]{0,29}[a-z0-9]",
        "Microsoft.App/jobs": r"[a-z][a-z0-9-]{0,29}[a-z0-9]",
        "Microsoft.DBforPostgreSQL/flexibleServers": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
        "Microsoft.Storage/storageAccounts/queueServices/queues": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
        "Microsoft.Storage/storageAccounts/blobServices/containers": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
        "Microsoft.Databricks/workspaces": r"[a-zA-Z0-9_-]{3,64}",
    }
    longest = Scope(read(INFRA / "main.bicep"), {**world(INFRA, name)._parameters, "prefix": "abcdefgh"})
    for resource in [*world(INFRA, name).resources(), *longest.resources()]:
        if resource.type in rules:
            assert re.fullmatch(rules[resource.type], resource.body["name"]), resource.body["name"]


@pytest.mark.parametrize("name", WORLDS)
def test_apps_ask_for_sizes_that_container_apps_has(name):
    """Consumption: a quarter core at a time, two GiB for each core."""
    for resource in world(INFRA, name).resources():
        if resource.type in ("Microsoft.App/containerApps", "Microsoft.App/jobs"):
            wanted = [c["resources"] for c in resource.body["properties"]["template"]["containers"]]
            cpu = sum(w["cpu"] for w in wanted)
            assert (cpu * 4).is_integer()
            assert cpu <= 4
            assert sum(float(w["memory"].removesuffix("Gi")) for w in wanted) == cpu * 2
