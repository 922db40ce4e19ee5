"""What Microsoft's own compiler works out of infra/main.bicep: every resource with its names, roles and addresses.

Skipped where no `bicep` is found: on PATH, or beside the project.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.infra.test_bicep import INFRA

BESIDE = INFRA.parents[1] / "shared" / "tools" / "bicep" / "bicep"
BICEP = shutil.which("bicep") or (str(BESIDE) if os.access(BESIDE, os.X_OK) else None)
ENV = os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "BICEP_TRACING_ENABLED": "0"}
Resources = list[dict[str, Any]]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(BICEP is None, reason="the Bicep compiler is not installed")]

SECRETS = {
    "prefectAuthString": "admin:planted-1",
    "tmdbToken": "planted-2",
    "discogsToken": "planted-3",
    "sparkMaster": "sc://planted-4",
    "alertWebhook": "https://planted-5.example",
}
OWN_SUBNET = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n/subnets/host"
ADMITTED = {"adminAddresses": ["203.0.113.7/32", "198.51.100.0/24"]}
#: As azure-up deploys: infrastructure first, then with the image; from outside or not; all options; once more, no secret given.
GIVEN: dict[str, dict[str, Any]] = {
    "first pass": SECRETS,
    "private": SECRETS | {"imageTag": "abc123def456"},
    "admitted": SECRETS | ADMITTED | {"imageTag": "abc123def456"},
    "everything": SECRETS | ADMITTED | {"imageTag": "abc123def456", "withDatabricks": True, "adminObjectId": "1" * 8},
    "own workspace": SECRETS | ADMITTED | {"imageTag": "abc123def456", "databricksSubnets": [OWN_SUBNET]},
    "up to database": SECRETS | ADMITTED | {"imageTag": "abc123def456", "upTo": "database"},
    "up to server": SECRETS | ADMITTED | {"imageTag": "abc123def456", "upTo": "server"},
    "again": ADMITTED | {"imageTag": "fed654cba321", "hasAlertWebhook": True},
    "longest names": SECRETS | {"imageTag": "abc123def456", "prefix": "abcdefgh", "environment": "prod"},
}


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Resources]:
    """The resources of one of GIVEN."""
    folder = tmp_path_factory.mktemp("snapshot")
    shutil.copytree(INFRA, folder / "infra")

    @cache
    def made(name: str) -> Resources:
        file = folder / f"{name.replace(' ', '-')}.bicepparam"
        given = {"environment": "test", "alertEmail": "a@example.org"} | GIVEN[name]
        file.write_text("using 'infra/main.bicep'\n" + "".join(f"param {k} = {_bicep(v)}\n" for k, v in given.items()))
        where = ["--subscription-id", "0" * 8 + "-0000-0000-0000-000000000001", "--resource-group", "soundtracks-test"]
        where += ["--location", "westeurope", "--tenant-id", "0" * 8 + "-0000-0000-0000-000000000002", "--deployment-name", "d"]
        done = subprocess.run([str(BICEP), "snapshot", str(file), *where], env=ENV, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        document = json.loads(file.with_suffix(".snapshot.json").read_text())
        assert document["diagnostics"] == []
        return list(document["predictedResources"])

    return made


def _bicep(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "[" + ", ".join(map(_bicep, value)) + "]" if isinstance(value, list) else f"'{value}'"


def of_type(resources: Resources, kind: str) -> Resources:
    return [resource for resource in resources if resource["type"] == kind]


def test_the_compiler_has_no_error_and_no_warning(tmp_path: Path):
    files = (INFRA / "main.bicep", INFRA / "budget.bicep")
    said = [
        subprocess.run(
            [str(BICEP), "build", str(f), "--outfile", str(tmp_path / "x.json")], env=ENV, capture_output=True, text=True
        )
        for f in files
    ]
    assert [line for done in said for line in done.stderr.splitlines() if re.search(r": (Error|Warning) ", line)] == []
    assert [done.returncode for done in said] == [0, 0]


#: Type → what Azure takes as a name: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
NAMES = {
    "Microsoft.App/containerApps": r"(?!.*--)[a-z][a-z0-9-]{0,30}[a-z0-9]",
    "Microsoft.App/jobs": r"(?!.*--)[a-z][a-z0-9-]{0,30}[a-z0-9]",
    "Microsoft.App/managedEnvironments": r"[a-z][a-z0-9-]{0,30}[a-z0-9]",
    "Microsoft.ContainerRegistry/registries": r"[a-zA-Z0-9]{5,50}",
    "Microsoft.DBforPostgreSQL/flexibleServers": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "Microsoft.Databricks/workspaces": r"[a-zA-Z0-9_-]{3,64}",
    "Microsoft.EventGrid/systemTopics": r"[a-zA-Z0-9-]{3,50}",
    "Microsoft.KeyVault/vaults": r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]",
    "Microsoft.ManagedIdentity/userAssignedIdentities": r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}",
    "Microsoft.OperationalInsights/workspaces": r"[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]",
    "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
}


@pytest.mark.parametrize("given", GIVEN)
def test_names_keep_to_azures_rules(snapshot, given):
    named = [(resource["type"], resource["name"]) for resource in snapshot(given) if resource["type"] in NAMES]
    assert len(named) > 7
    assert [(kind, name) for kind, name in named if not re.fullmatch(NAMES[kind], name)] == []


@pytest.mark.parametrize(
    ("up_to", "apps", "jobs"),
    [
        ("up to database", [], ["migrate"]),
        ("up to server", ["server"], ["migrate", "register"]),
        ("admitted", ["server", "watcher", "worker"], ["migrate", "register"]),
    ],
)
def test_apps_are_renewed_step_by_step(snapshot, up_to, apps, jobs):
    """A deployment leaves alone what its template does not name: the workers of before go on until the last step."""
    resources = snapshot(up_to)
    assert sorted(r["name"].rpartition("-")[2] for r in of_type(resources, "Microsoft.App/containerApps")) == apps
    assert sorted(r["name"].rpartition("-")[2] for r in of_type(resources, "Microsoft.App/jobs")) == jobs
    told = {r["name"].removeprefix("sndtrk-test-") for r in of_type(resources, "Microsoft.Insights/metricAlerts")}
    assert {name for name in told if name.endswith("-restarts")} == (
        {f"{app}-restarts" for app in apps} if len(apps) == 3 else set()
    )


def test_a_second_deployment_makes_nothing_new(snapshot):
    """Without secrets, which are in the vault, and with another commit's image."""
    first, second = ({(r["type"], r["id"]) for r in snapshot(given)} for given in ("admitted", "again"))
    assert second == first


@pytest.mark.parametrize("given", GIVEN)
def test_no_secret_is_worked_out_in_clear(snapshot, given):
    assert re.findall(r"planted-\d", json.dumps(snapshot(given))) == []


def test_what_has_a_public_address(snapshot):
    def open_to(resources: Resources) -> dict[str, Any]:
        (apps,) = of_type(resources, "Microsoft.App/managedEnvironments")
        (server,) = [app for app in of_type(resources, "Microsoft.App/containerApps") if app["name"].endswith("-server")]
        rules = server["properties"]["configuration"]["ingress"].get("ipSecurityRestrictions", [])
        return {"internal": apps["properties"]["vnetConfiguration"]["internal"], "rules": [r["ipAddressRange"] for r in rules]}

    private, admitted = snapshot("private"), snapshot("admitted")
    outgoing = "[format('{0}/32', reference('"
    assert open_to(private) == {"internal": True, "rules": []}
    shown = open_to(admitted)
    assert shown["internal"] is False
    assert [rule for rule in shown["rules"] if not rule.startswith(outgoing)] == [
        "203.0.113.7/32",
        "198.51.100.0/24",
        "10.42.0.0/16",
        "100.100.0.0/16",
    ]
    for resources in (private, admitted):
        assert [r["name"] for r in of_type(resources, "Microsoft.Network/publicIPAddresses")] == ["sndtrk-test-nat-address"]
        ingress = [
            a["name"] for a in of_type(resources, "Microsoft.App/containerApps") if "ingress" in a["properties"]["configuration"]
        ]
        assert ingress == ["sndtrk-test-server"]
        (database,) = of_type(resources, "Microsoft.DBforPostgreSQL/flexibleServers")
        assert database["properties"]["network"]["publicNetworkAccess"] == "Disabled"
        (lake,) = of_type(resources, "Microsoft.Storage/storageAccounts")
        (vault,) = of_type(resources, "Microsoft.KeyVault/vaults")
        for firewall in (lake["properties"]["networkAcls"], vault["properties"]["networkAcls"]):
            assert firewall["defaultAction"] == "Deny"


def test_the_apps_subnet_is_closed_where_the_server_is_private(snapshot):
    def guarded(resources: Resources) -> set[str]:
        (network,) = of_type(resources, "Microsoft.Network/virtualNetworks")
        subnets = network["properties"]["subnets"]
        return {s["name"] for s in subnets if s["properties"].get("networkSecurityGroup")}

    assert guarded(snapshot("private")) == {"apps", "runs", "database"}
    assert guarded(snapshot("admitted")) == {"runs", "database"}


def test_the_vaults_reads_are_written_down_and_its_firewall_knows_our_address(snapshot):
    (audit,) = of_type(snapshot("private"), "Microsoft.Insights/diagnosticSettings")
    assert "/vaults/" in audit["id"]
    assert audit["properties"]["logs"] == [{"categoryGroup": "audit", "enabled": True}]
    (vault,) = of_type(snapshot("private"), "Microsoft.KeyVault/vaults")
    assert "sndtrk-test-nat-address" in json.dumps(vault["properties"]["networkAcls"])


ROLES = {
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "blob contributor",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "queue contributor",
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "queue sender",
    "4633458b-17de-408a-b874-0445c86b69e6": "reads secret",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "keeps secrets",
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": "pull",
    "db58b8e5-c6ad-4a2a-8342-4190687cbf4a": "delegates",
    "f1a07417-d97a-45cb-824c-7a7467783830": "lends",
}


def grants(resources: Resources) -> set[tuple[str, str, str]]:
    """Who, what, where: the last parts of the names."""
    own = {r["id"]: r["properties"]["roleName"].split()[2] for r in of_type(resources, "Microsoft.Authorization/roleDefinitions")}
    found = set()
    for assignment in of_type(resources, "Microsoft.Authorization/roleAssignments"):
        properties = assignment["properties"]
        who = re.search(r"(?:userAssignedIdentities|systemTopics|accessConnectors)/([\w-]+)'", properties["principalId"])
        where = re.sub(r"/providers/Microsoft.Authorization.*|', 'Microsoft.Authorization.*", "", assignment["id"])
        role = properties["roleDefinitionId"].rpartition("/")[2].rstrip("]')")
        name = ROLES.get(role) or next(n for i, n in own.items() if role in i)
        found.add((who[1].removeprefix("sndtrk-test-") if who else "deployer", name, re.split("[/']", where)[-1]))
    return found


def test_who_holds_which_role_where(snapshot):
    found = grants(snapshot("everything"))
    (vault,) = (r["name"] for r in of_type(snapshot("everything"), "Microsoft.KeyVault/vaults"))
    registry = vault.replace("-", "")
    assert found == {
        *((who, "pull", registry) for who in ("server", "worker", "watcher", "register", "flows")),
        *((who, "reads secret", "prefect-api-auth-string") for who in ("server", "worker", "watcher", "register", "flows")),
        *(("flows", "reads secret", secret) for secret in ("tmdb-token", "discogs-token", "spark-master")),
        ("register", "reads secret", "alert-webhook"),
        ("worker", "launcher", "soundtracks-test"),
        ("worker", "joiner", "runs"),
        ("worker", "joiner", "sndtrk-test-logs"),
        ("worker", "lends", "sndtrk-test-flows"),
        ("watcher", "queue contributor", "title-events"),
        ("watcher", "blob contributor", "lake"),
        ("flows", "blob contributor", "lake"),
        ("storage-events", "queue sender", "title-events"),
        ("storage-events", "blob contributor", "dead-letters"),
        ("databricks", "blob contributor", "lake"),
        ("databricks", "delegates", registry),
        ("deployer", "blob contributor", "lake"),
        ("deployer", "keeps secrets", vault),
    }


def admitted_to_the_lake(resources: Resources) -> tuple[list[str], list[str]]:
    """(the last part of each subnet, of each resource) that the lake's firewall lets in."""
    (lake,) = of_type(resources, "Microsoft.Storage/storageAccounts")
    rules = lake["properties"]["networkAcls"]
    ids = [rule["id"] for rule in rules["virtualNetworkRules"]], [rule["resourceId"] for rule in rules["resourceAccessRules"]]
    subnets, connectors = ([re.split("[/']", one.rstrip("')]"))[-1] for one in each] for each in ids)
    return subnets, connectors


@pytest.mark.parametrize(
    ("given", "subnets", "connectors", "workspaces"),
    [
        ("admitted", ["apps", "runs"], [], []),
        ("everything", ["apps", "runs", "databricks-host", "databricks-container"], ["sndtrk-test-databricks"], ["Enabled"]),
        ("own workspace", ["apps", "runs", "host"], ["sndtrk-test-databricks"], []),
    ],
)
def test_a_workspace_reaches_the_lake_and_no_other_does(snapshot, given, subnets, connectors, workspaces):
    resources = snapshot(given)
    assert admitted_to_the_lake(resources) == (subnets, connectors)
    made = of_type(resources, "Microsoft.Databricks/workspaces")
    assert len(made) == len(workspaces)
    for workspace in made:
        parameters = {name: value["value"] for name, value in workspace["properties"]["parameters"].items()}
        assert parameters.pop("customVirtualNetworkId").endswith("sndtrk-test-network")
        assert parameters == {
            "enableNoPublicIp": True,
            "customPublicSubnetName": "databricks-host",
            "customPrivateSubnetName": "databricks-container",
        }
        (network,) = of_type(resources, "Microsoft.Network/virtualNetworks")
        clusters = [s["properties"] for s in network["properties"]["subnets"] if s["name"].startswith("databricks-")]
        assert [s["addressPrefix"] for s in clusters] == ["10.42.4.0/24", "10.42.5.0/24"]
        assert {s["delegations"][0]["properties"]["serviceName"] for s in clusters} == {"Microsoft.Databricks/workspaces"}


def test_the_watcher_may_change_the_inbox_and_its_quarantine_only(snapshot):
    conditions = [
        r["properties"]["condition"]
        for r in of_type(snapshot("private"), "Microsoft.Authorization/roleAssignments")
        if "condition" in r["properties"]
    ]
    (condition,) = conditions
    actions = set(re.findall(r"ActionMatches\{'[\w./]*/blobs/([\w/]+)'\}", condition))
    assert actions == {"write", "add/action", "delete", "move/action"}
    assert set(re.findall(r"StringStartsWith '([^']+)'", condition)) == {"titles/", "quarantine/titles/", "inbox/"}
    assert condition.count("(") == condition.count(")")
