"""What one region can give a subscription, asked before anything is made: database, containers, apps, and what policies allow."""

from collections.abc import Iterator
from functools import cached_property
from typing import TypeVar

from soundtracks.cli.azure.az import Az, Refused
from soundtracks.cli.azure.az_answers import Answer, Page, Policy, PostgresOffer, ResourceTypes, Usage

A = TypeVar("A", bound=Answer)
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
            shown = self._az.show(ResourceTypes, "provider", "show", "--namespace", namespace)
            for kind in shown.resource_types:
                found[f"{namespace}/{kind.resource_type}".lower()] = set(map(_plain, kind.locations))
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
        for assignment in self._az.show(Page[Policy], "rest", "--method", "get", "--url", url).value:
            given = assignment.properties
            if given.enforcement_mode == "DoNotEnforce":
                continue
            found += [
                (given.display_name or assignment.name, set(map(_plain, regions.value))) for regions in given.regions.values()
            ]
        return found

    def _postgres(self, region: str) -> Iterator[str]:
        """A region may be closed for a subscription: Azure then names no version, or a reason."""
        answer = self._ask(PostgresOffer, "Microsoft.DBforPostgreSQL", region, "capabilities", "2024-08-01")
        if answer is None:
            return
        known = answer[0] if answer else PostgresOffer()
        versions = {version.name for version in known.supported_server_versions}
        sizes = {
            (size.name or "").lower() for edition in known.supported_server_editions for size in edition.supported_server_skus
        }
        if known.restricted == "Enabled" or not versions:
            reason = f" ({known.reason})" if known.reason else ""
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
        for usage in self._ask(Usage, provider, region, "usages", version) or []:
            if usage.name.value == name:
                return usage.limit - (usage.current_value if taken else 0)
        return None

    def _ask(self, kind: type[A], provider: str, region: str, what: str, version: str) -> list[A] | None:
        """What there is of a kind; None where Azure does not say, as before the provider is registered."""
        url = f"/subscriptions/{self._subscription}/providers/{provider}/locations/{region}/{what}?api-version={version}"
        try:
            page = self._az.find(Page[kind], "rest", "--method", "get", "--url", url)  # type: ignore[valid-type]
            return page.value if page else None
        except Refused as error:
            if "MissingSubscriptionRegistration" in error.said or "NoRegisteredProviderFound" in error.said:
                return None
            raise


def _plain(place: str) -> str:
    """`West Europe` as in options: westeurope."""
    return place.replace(" ", "").lower()
