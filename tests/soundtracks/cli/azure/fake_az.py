"""Stands in for the Azure CLI: answers from a small world kept in a file, writes down every call. Started as `az` on PATH.

The world changes as Azure's would (a group that is made is there, an image that is built is there), so that a command can
fail in the middle and be repeated. `fail`: beginning of a command → what the CLI would print to stderr, once.
"""

import base64
import json
import os
import sys
from pathlib import Path

OUTPUTS = {
    "sOUNDTRACKS_LAKE_URL": "az://lake",  # Azure changes the case of outputs' names
    "SOUNDTRACKS_LAKE_ACCOUNT_URL": "https://sndtrktest.blob.core.windows.net",
    "bUNDLE_VAR_LAKE": "abfss://lake@sndtrktest.dfs.core.windows.net/",
    "DATABRICKS_HOST": "",
    "registryName": "sndtrktest",
    "vaultName": "sndtrk-test",
    "registerJob": "sndtrk-test-register",
    "migrateJob": "sndtrk-test-migrate",
    "serverApp": "sndtrk-test-server",
    "stem": "sndtrk-test",
    "actionGroup": "/actionGroups/people",
}
POSTGRES = {
    "restricted": "Disabled",
    "supportedServerVersions": [{"name": "15"}, {"name": "16"}],
    "supportedServerEditions": [
        {"name": "Burstable", "supportedServerSkus": [{"name": "Standard_B1ms"}, {"name": "standard_b2s"}]}
    ],
}
VAULT = "/subscriptions/sub-1/resourceGroups/soundtracks-test/providers/Microsoft.KeyVault/vaults/sndtrk-test"


def main(arguments: list[str]) -> None:
    file = Path(os.environ["FAKE_AZ_WORLD"])
    world = json.loads(file.read_text())
    command = " ".join(a for a in arguments if not a.startswith("-"))
    given = parameters(arguments)
    world["calls"].append({"arguments": arguments, "parameters": given})
    file.write_text(json.dumps(world))
    for start, said in list(world["fail"].items()):
        if command.startswith(start):
            del world["fail"][start]
            file.write_text(json.dumps(world))
            sys.exit(said)
    answer = Fake(world, arguments, given).answer(command)
    file.write_text(json.dumps(world))
    print(answer if isinstance(answer, str) else "" if answer is None else json.dumps(answer))


def parameters(arguments: list[str]) -> dict[str, object]:
    """The content of the parameter file, which is gone after the call."""
    files = [Path(a[1:]) for a in arguments if a.startswith("@")]
    return {name: v["value"] for file in files for name, v in json.loads(file.read_text())["parameters"].items()}


class Fake:
    def __init__(self, world: dict, arguments: list[str], given: dict[str, object]) -> None:
        self.world, self.arguments, self.given = world, arguments, given

    def option(self, name: str) -> str:
        return self.arguments[self.arguments.index(name) + 1]

    def answer(self, command: str) -> object:
        world = self.world
        if command.startswith("account show"):
            return {"name": "Pay as you go", "id": "sub-1", "user": {"name": "ada@example.org", "type": "user"}}
        if command.startswith("account get-access-token"):
            claims = json.dumps({"idtyp": "user", "tid": "tenant-1", "amr": world["amr"]}).encode()
            return {"accessToken": f"x.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.x"}
        if command.startswith("provider show"):
            kinds = world["offered"].get(self.option("--namespace"), {})
            return {"resourceTypes": [{"resourceType": kind, "locations": places} for kind, places in kinds.items()]}
        if command.startswith("ad signed-in-user"):
            return {"id": "object-1"}
        if command.startswith("bicep version"):
            return "Bicep CLI version 0.40.2 (a test)"
        if command.startswith("role assignment list"):
            return [{"roleDefinitionName": name, "id": f"assignment-{name}"} for name in world["held"]]
        if command.startswith("role definition list"):
            return [r for r in world["roles"] if r not in world["deleted_roles"]]
        if command.startswith("role definition delete"):
            world["deleted_roles"] += [r for r in world["roles"] if r["name"] == self.option("--name")]
            return None
        if command.startswith("provider list"):
            return [{"namespace": n, "registrationState": "Registered"} for n in world["providers"]]
        if command.startswith("provider register"):
            world["providers"].append(self.option("--namespace"))
            return None
        if command.startswith("group show"):
            if not world["group"]:
                sys.exit("ERROR: (ResourceGroupNotFound) Resource group 'soundtracks-test' could not be found.")
            return world["group"]
        if command.startswith("group create"):
            tags = dict(a.split("=") for a in self.arguments if "=" in a)
            world["group"] = {"location": self.option("--location"), "tags": tags}
            return world["group"]
        if command.startswith("group delete"):
            if world["vault"]:
                world["deleted_vaults"].append(
                    {"name": "sndtrk-test", "properties": {"vaultId": VAULT, "location": "westeurope"}}
                )
            world.update(group=None, registry=False, vault=False, secrets=[], deployment=None, apps=[], images=[])
            return None
        if command.startswith("resource list"):
            found = ["KeyVault/vaults", "Network/virtualNetworks", "OperationalInsights/workspaces"]
            return (
                [{"type": f"Microsoft.{kind}", "name": "sndtrk-test", "id": f"/{kind}"} for kind in found]
                if world["vault"]
                else []
            )
        if command.startswith("keyvault list-deleted"):
            return world["deleted_vaults"]
        if command.startswith("keyvault list"):
            return [{"id": VAULT}] if world["vault"] else []
        if command.startswith("keyvault purge"):
            world["deleted_vaults"] = []
            return None
        if command.startswith("keyvault secret show"):
            return {"value": "admin:from-the-vault"}
        if command.startswith("rest"):
            if self.option("--method") == "delete":
                return None
            return self.rest(self.option("--url"))
        if command.startswith("deployment group show"):
            if self.option("--name") == "soundtracks-budget":
                if not world["budget"]:
                    sys.exit("ERROR: (DeploymentNotFound) Deployment 'soundtracks-budget' could not be found.")
                return {"properties": world["budget"]}
            if not world["deployment"]:
                sys.exit("ERROR: (DeploymentNotFound) Deployment 'soundtracks' could not be found.")
            return {"properties": world["deployment"]}
        if command.startswith("deployment group what-if"):
            return "Resource changes: 62 to create."
        if command.startswith("deployment group create"):
            return self.make_budget() if self.option("--name") == "soundtracks-budget" else self.deploy()
        if command.startswith("postgres flexible-server list"):
            return [{"storage": {"storageSizeGb": world["disk"]}}] if world["disk"] else []
        if command.startswith("network vnet subnet list"):
            return [
                {"name": "runs", "id": "/subnets/runs", "serviceAssociationLinks": [{"name": "acisal"}]},
                {"name": "apps", "id": "/subnets/apps"},
            ]
        if command.startswith("acr list"):
            return [{"name": "sndtrktest", "loginServer": "sndtrktest.azurecr.io"}] if world["registry"] else []
        if command.startswith("acr import"):
            world["images"].append(self.option("--image"))
            return None
        if command.startswith("acr repository show"):
            if self.option("--image") not in world["images"]:
                sys.exit("ERROR: repository soundtrack-links is not found. Correlation ID: 1.")
            return {"digest": f"sha256:of-{self.option('--image')}"}
        if command.startswith("acr build"):
            folder = Path(self.arguments[-1])
            world["context"] = sorted(p.name for p in folder.iterdir())
            world["images"].append(self.option("--image"))
            return "Run ID: ca1 was successful"
        if command.startswith("containerapp job start"):
            return {"name": f"{self.option('--name').rpartition('-')[2]}-1"}
        if command.startswith("containerapp job execution show"):
            if self.option("--name").endswith("-migrate"):
                return {"properties": {"status": world["migration"]}}
            return {"properties": {"status": world["job"].pop(0) if len(world["job"]) > 1 else world["job"][0]}}
        if command.startswith("containerapp show"):
            ready = world["revisions"].pop(0) if len(world["revisions"]) > 1 else world["revisions"][0]
            return {"properties": {"latestRevisionName": "server--2"} | ({"latestReadyRevisionName": ready} if ready else {})}
        if command.startswith("containerapp env list"):
            return [{"name": "apps"}] if world["apps"] else []
        if command.startswith("containerapp list"):
            return [{"name": name, "properties": {"runningStatus": status}} for name, status in world["apps"]]
        return None

    def rest(self, url: str) -> object:
        if "/secrets?" in url:
            return {"value": [{"name": name} for name in self.world["secrets"]]}
        if url.startswith("/subscriptions/sub-1?"):
            return {"displayName": "Pay as you go", **self.world["subscription"]}
        if "/resourceGroups/soundtracks-test/providers/Microsoft.Consumption/budgets?" in url:
            return {"value": [self.world["standing"]] if self.world["standing"] else []}
        if "/policyAssignments?" in url:
            return {"value": self.world["policies"]}
        if "/deletedWorkspaces?" in url:
            return {"value": self.world["deleted_workspaces"]}
        if "/capabilities?" in url:
            return {"value": [self.world["postgres"].get(url.split("/locations/")[1].split("/")[0], POSTGRES)]}
        for name, left in self.world["quota"].items():
            if f"/providers/{name}/" in url:
                return {"value": [{"name": {"value": left[0]}, "limit": left[1], "currentValue": left[2]}]}
        sys.exit("ERROR: (NotFound) not registered")

    def make_budget(self) -> None:
        month = f"{self.given['start']}T00:00:00Z"
        standing = self.world["standing"] or {"name": self.given["name"], "properties": {"timePeriod": {"startDate": month}}}
        if standing["properties"]["timePeriod"]["startDate"] != month:
            self.world["budget"]["provisioningState"] = "Failed"
            Path(os.environ["FAKE_AZ_WORLD"]).write_text(json.dumps(self.world))
            sys.exit("ERROR: (400) Start date cannot be updated once budget is created.")
        self.world["standing"] = standing
        parameters = {name: {"value": value} for name, value in self.given.items()}
        self.world["budget"] = {"provisioningState": "Succeeded", "parameters": parameters}

    def deploy(self) -> None:
        world, given = self.world, self.given
        plain = {n: {"value": v} for n, v in given.items() if not n.endswith(("Token", "String", "Webhook", "Master"))}
        names = {
            "prefectAuthString": "prefect-api-auth-string",
            "tmdbToken": "tmdb-token", "discogsToken": "discogs-token", "sparkMaster": "spark-master", "alertWebhook": "alert-webhook",
        }  # fmt: skip
        world["secrets"] = sorted({*world["secrets"], *(secret for name, secret in names.items() if given[name])})
        world.update(registry=True, vault=True)
        outputs = dict(OUTPUTS)
        done = given["imageTag"] and given["upTo"] == "all"
        outputs["pREFECT_API_URL"] = "https://sndtrk-test-server.example/api" if done else ""
        if done:
            world["apps"] = [
                ["sndtrk-test-server", "Running"],
                ["sndtrk-test-worker", "Running"],
                ["sndtrk-test-watcher", "Running"],
            ]
        outputs |= world["outputs"]
        world["deployment"] = {
            "provisioningState": "Succeeded",
            "parameters": plain,
            "outputs": {name: {"type": "String", "value": value} for name, value in outputs.items()},
        }


if __name__ == "__main__":
    main(sys.argv[1:])
