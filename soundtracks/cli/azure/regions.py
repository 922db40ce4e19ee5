"""What one region can give a subscription, asked before anything is made: database, containers, apps, and what policies allow."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from soundtracks.cli.azure.az import Az, Refused

#: The parent's core and the four of the match.
CORES = 5
#: The server that infra/modules/database.bicep makes.
POSTGRES_VERSION, POSTGRES_SIZES = "16", {"test": "standard_b1ms", "prod": "standard_b2s"}
#: What stands in few regions, or is closed in some: provider, type, what it is to a person.
SCARCE = (
    ("Microsoft.App", "managedEnvironments", "Container Apps"),
    ("Microsoft.ContainerInstance", "containerGroups", "container instances"),
    ("Microsoft.DBforPostgreSQL", "flexibleServers", "Postgres"),
)
#: Asked in this order for one where all can be had; larger and newer regions first.
CANDIDATES = (
    "swedencentral", "northeurope", "germanywestcentral", "francecentral", "uksouth", "switzerlandnorth", "italynorth",
    "polandcentral", "westeurope", "eastus2", "centralus", "westus3", "canadacentral", "australiaeast", "southeastasia",
)  # fmt: skip


class Regions:
    """Answers are kept: one question for each thing and region. Raises Refused."""

    def __init__(self, az: Az, subscription: str, environment: str, *, exists: bool) -> None:
        self._az, self._subscription, self._exists = az, subscription, exists
        self._size = POSTGRES_SIZES[environment]
        self.left: dict[str, dict[str, float]] = {}

    def obstacles(self, region: str) -> list[str]:
        """Why not everything can be made there; empty when nothing is known to be in the way."""
        return [*self._not_offered(region), *self._forbidden(region), *self._postgres(region), *self._quota(region)]

    def suggestion(self, other_than: str) -> str:
        """A region where all of it can be had, as an option; what to do where none of the candidates is one."""
        for region in CANDIDATES:
            if region != other_than and not self.obstacles(region):
                return f"--location {region} has all of it."
        return "None of the usual regions has all of it: ask Azure's support for one, or take another subscription."

    def _not_offered(self, region: str) -> Iterator[str]:
        for namespace, kind, what in SCARCE:
            offered = self._offered.get(f"{namespace}/{kind}".lower())
            if offered and region not in offered:
                yield f"{what} cannot be had there"

    @cached_property
    def _offered(self) -> dict[str, set[str]]:
        found = {}
        for namespace in {namespace for namespace, _, _ in SCARCE}:
            shown = self._az.show("provider", "show", "--namespace", namespace)
            for kind in shown.get("resourceTypes", []):
                places = {_plain(place) for place in kind.get("locations") or []}
                found[f"{namespace}/{kind['resourceType']}".lower()] = places
        return found

    def _forbidden(self, region: str) -> Iterator[str]:
        for name, allowed in self._allowed:
            if allowed and region not in allowed:
                yield f"the policy {name} allows {', '.join(sorted(allowed))} only"

    @cached_property
    def _allowed(self) -> list[tuple[str, set[str]]]:
        """Policies that name regions, as most of the kind do, in a parameter of that name; a student's has one of Azure's own."""
        scope = f"/subscriptions/{self._subscription}/providers/Microsoft.Authorization/policyAssignments"
        url = f"{scope}?api-version=2022-06-01&%24filter=atScope()"  # those of groups above it, too
        found = []
        for assignment in self._az.show("rest", "--method", "get", "--url", url)["value"]:
            given = assignment["properties"]
            if given.get("enforcementMode") == "DoNotEnforce":
                continue
            for name, parameter in (given.get("parameters") or {}).items():
                if "allowedlocations" in name.lower() and isinstance(parameter.get("value"), list):
                    places = {_plain(place) for place in parameter["value"]}
                    found.append((str(given.get("displayName") or assignment["name"]), places))
        return found

    def _postgres(self, region: str) -> Iterator[str]:
        """A region may be closed for a subscription: Azure then names no version, or a reason."""
        answer = self._ask("Microsoft.DBforPostgreSQL", region, "capabilities", "2024-08-01")
        if answer is None:
            return
        known = answer["value"][0] if answer.get("value") else {}
        versions = {str(version.get("name")) for version in known.get("supportedServerVersions") or []}
        sizes = {
            str(size.get("name")).lower()
            for edition in known.get("supportedServerEditions") or []
            for size in edition.get("supportedServerSkus") or []
        }
        if known.get("restricted") == "Enabled" or not versions:
            reason = f" ({known['reason']})" if known.get("reason") else ""
            yield f"Postgres is closed for this subscription there{reason}"
        elif POSTGRES_VERSION not in versions:
            yield f"Postgres {POSTGRES_VERSION} cannot be had there"
        elif sizes and self._size not in sizes:
            yield f"Postgres cannot be had in the size {self._size} there"

    def _quota(self, region: str) -> Iterator[str]:
        """Cores of container instances for one run with its match, and a place for the apps' environment."""
        # cores that are taken where a deployment stands may be those of its own runs
        cores = self._left("Microsoft.ContainerInstance", region, "2023-05-01", "StandardCores", taken=not self._exists)
        environments = self._left("Microsoft.App", region, "2024-03-01", "ManagedEnvironmentCount")
        told = {"cores of container instances": cores, "environments of container apps": environments}
        self.left[region] = {what: left for what, left in told.items() if left is not None}
        if cores is not None and cores < CORES:
            yield f"container instances have {cores:g} cores left, a run needs {CORES}"
        if not self._exists and environments is not None and environments < 1:
            yield "the subscription may have no more environments of container apps there"

    def _left(self, provider: str, region: str, version: str, name: str, *, taken: bool = True) -> float | None:
        """How many more there may be, or in all; None when Azure does not tell."""
        answer = self._ask(provider, region, "usages", version) or {}
        for usage in answer.get("value", []):
            if usage["name"]["value"] == name:
                return float(usage["limit"] - (usage["currentValue"] if taken else 0))
        return None

    def _ask(self, provider: str, region: str, what: str, version: str) -> Any:
        """None where Azure does not say, as before the provider is registered."""
        url = f"/subscriptions/{self._subscription}/providers/{provider}/locations/{region}/{what}?api-version={version}"
        try:
            return self._az.find("rest", "--method", "get", "--url", url)
        except Refused as error:
            if "MissingSubscriptionRegistration" in error.said or "NoRegisteredProviderFound" in error.said:
                return None
            raise


def _plain(place: str) -> str:
    """`West Europe` as in options: westeurope."""
    return place.replace(" ", "").lower()
