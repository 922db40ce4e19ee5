"""What must be true of a login and a subscription before `soundtracks azure up`; `soundtracks doctor --azure` shows it."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from soundtracks.cli.azure.az import Refused
from soundtracks.cli.azure.place import PROVIDERS, Account, Place
from soundtracks.errors import AzureError

Check = tuple[str, Callable[[], str]]
#: The parent's core and the four of the match.
CORES = 5


class Checks:
    """Each returns what it found, or raises AzureError with what to do. `location`: where a new group would be."""

    def __init__(self, place: Place, location: str = "westeurope") -> None:
        self._place = place
        self._location = location

    def all(self) -> Iterator[Check]:
        yield "Azure login", self.login
        yield "Azure Bicep", self.bicep
        yield "Azure roles", self.roles
        yield "Azure providers", self.providers
        yield "Azure quota", self.quota
        yield "Azure names", self.names
        yield "Azure deployment", self.deployment

    @cached_property
    def account(self) -> Account:
        return self._place.account()

    def login(self) -> str:
        return f"{self.account.user} in the subscription {self.account.name} ({self.account.subscription})"

    def bicep(self) -> str:
        try:
            return self._place.az.text("bicep", "version").strip().splitlines()[0]
        except Refused as error:
            raise AzureError(f"The Azure CLI has no Bicep: {error.message}", hint="`az bicep install`.") from error

    def roles(self) -> str:
        """Bicep makes roles and grants them: that takes more than Contributor."""
        scope = f"/subscriptions/{self.account.subscription}"
        listed = self._place.az.json(
            "role", "assignment", "list", "--assignee", self.account.object_id, "--scope", scope,
            "--include-inherited", "--include-groups",
        )  # fmt: skip
        held = {assignment["roleDefinitionName"] for assignment in listed}
        if "Owner" in held or {"Contributor", "User Access Administrator"} <= held:
            return ", ".join(sorted(held))
        raise AzureError(
            f"{self.account.user} may not make roles in this subscription: it holds {', '.join(sorted(held)) or 'no role'}.",
            hint="Ask an owner of the subscription for Owner, or for Contributor and User Access Administrator.",
        )

    def missing_providers(self) -> list[str]:
        listed = self._place.az.json("provider", "list")
        registered = {p["namespace"] for p in listed if p["registrationState"] == "Registered"}
        return [name for name in PROVIDERS if name not in registered]

    def providers(self) -> str:
        missing = self.missing_providers()
        return f"`soundtracks azure up` registers {', '.join(missing)}" if missing else "all are registered"

    def quota(self) -> str:
        """Cores of container instances for one run with its match, and a place for the apps' environment."""
        exists = self._place.location()
        region = exists or self._location
        # cores that are taken where a deployment stands may be those of its own runs
        cores = self._left("Microsoft.ContainerInstance", region, "2023-05-01", "StandardCores", taken=not exists)
        if cores is not None and cores < CORES:
            raise AzureError(
                f"{region}: container instances have {cores:g} cores left, a run needs {CORES}.",
                hint="Ask for more in the portal (Quotas, Container Instances), or choose another region with --location.",
            )
        environments = self._left("Microsoft.App", region, "2024-03-01", "ManagedEnvironmentCount")
        if not exists and environments is not None and environments < 1:
            raise AzureError(
                f"{region}: the subscription may have no more environments of container apps.",
                hint="Ask for more in the portal (Quotas, Container Apps), or choose another region with --location.",
            )
        told = {"cores of container instances": cores, "environments of container apps": environments}
        known = [f"{left:g} {what} left" for what, left in told.items() if left is not None]
        return f"{region}: {', '.join(known) or 'Azure does not tell before the providers are registered'}"

    def _left(self, provider: str, region: str, version: str, name: str, *, taken: bool = True) -> float | None:
        """How many more there may be, or in all; None when Azure does not tell."""
        url = f"/subscriptions/{self.account.subscription}/providers/{provider}/locations/{region}/usages?api-version={version}"
        answer: Any = self._place.az.find("rest", "--method", "get", "--url", url)
        for usage in (answer or {}).get("value", []):
            if usage["name"]["value"] == name:
                return float(usage["limit"] - (usage["currentValue"] if taken else 0))
        return None

    def names(self) -> str:
        if vaults := self._place.deleted_vaults():
            raise AzureError(
                f"The deleted vault {vaults[0]['name']} still holds its name: a new deployment would be refused.",
                hint=f"`soundtracks azure down --env {self._place.environment}` purges it.",
            )
        return f"resource group {self._place.group}; nothing deleted holds a name"

    def deployment(self) -> str:
        """What is there by now, and whether the apps run."""
        if not self._place.location():
            return "none yet: `soundtracks azure up` makes it"
        state = self._place.deployment().get("provisioningState", "not begun")
        if state != "Succeeded":
            raise AzureError(f"The deployment in {self._place.group} is {state}.", hint="`soundtracks azure up` goes on with it.")
        apps = self._place.az.json("containerapp", "list", "--resource-group", self._place.group)
        states = {app["name"]: app["properties"].get("runningStatus", "unknown") for app in apps}
        if stopped := [f"{name} is {status}" for name, status in states.items() if status != "Running"]:
            raise AzureError(
                f"{', '.join(stopped)}.",
                hint=f"`az containerapp logs show --resource-group {self._place.group} --name NAME` says why.",
            )
        return f"{self._place.group}: {', '.join(states) or 'no apps yet'}"
