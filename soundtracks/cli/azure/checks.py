"""What must be true of a login and a subscription before `soundtracks azure up`; `soundtracks doctor --azure` shows it."""

from collections.abc import Callable, Iterator
from functools import cached_property

from soundtracks.cli.azure.az import Refused
from soundtracks.cli.azure.az_answers import App, Provider, RoleAssignment, Subscription, Token
from soundtracks.cli.azure.place import PROVIDERS, Account, Place
from soundtracks.cli.azure.regions import Regions
from soundtracks.cli.azure.standing import require_active, require_second_factor
from soundtracks.errors import AzureError

Check = tuple[str, Callable[[], str]]


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
        yield "Azure subscription", self.subscription
        yield "Azure writing", self.writing
        yield "Azure region", self.region
        yield "Azure names", self.names
        yield "Azure deployment", self.deployment

    @cached_property
    def account(self) -> Account:
        return self._place.account()

    @cached_property
    def exists(self) -> str:
        """The region of the deployment's group; empty while there is none."""
        return self._place.location()

    def login(self) -> str:
        return f"{self.account.user} in the subscription {self.account.name} ({self.account.subscription})"

    def bicep(self) -> str:
        try:
            return next(iter(self._place.az.text("bicep", "version").strip().splitlines()), "of no known version")
        except Refused as error:
            raise AzureError(f"The Azure CLI has no Bicep: {error.message}", hint="`az bicep install`.") from error

    def roles(self) -> str:
        """Bicep makes roles and grants them: that takes more than Contributor."""
        scope = f"/subscriptions/{self.account.subscription}"
        listed = self._place.az.list(
            RoleAssignment, "role", "assignment", "list", "--assignee", self.account.object_id, "--scope", scope,
            "--include-inherited", "--include-groups",
        )  # fmt: skip
        held = {assignment.role_definition_name for assignment in listed if assignment.role_definition_name}
        if "Owner" in held or {"Contributor", "User Access Administrator"} <= held:
            return ", ".join(sorted(held))
        raise AzureError(
            f"{self.account.user} may not make roles in this subscription: it holds {', '.join(sorted(held)) or 'no role'}.",
            hint="Ask an owner of the subscription for Owner, or for Contributor and User Access Administrator.",
        )

    def missing_providers(self, *, databricks: bool = False) -> list[str]:
        listed = self._place.az.list(Provider, "provider", "list")
        registered = {p.namespace for p in listed if p.registration_state == "Registered"}
        wanted = [*PROVIDERS, "Microsoft.Databricks"] if databricks else PROVIDERS
        return [name for name in wanted if name not in registered]

    def providers(self) -> str:
        missing = self.missing_providers()
        return f"`soundtracks azure up` registers {', '.join(missing)}" if missing else "all are registered"

    def subscription(self) -> str:
        shown = self._place.az.show(
            Subscription, "rest", "--method", "get", "--url", f"/subscriptions/{self.account.subscription}?api-version=2022-12-01"
        )
        return require_active(shown)

    def writing(self) -> str:
        """Reading takes a password, writing a second factor."""
        resource = "https://management.core.windows.net/"
        given = self._place.az.show(Token, "account", "get-access-token", "--resource", resource)
        return require_second_factor(given.access_token.get_secret_value())

    def region(self) -> str:
        """Whether all of it can be had where it shall stand; if not, where else."""
        region = self.exists or self._location
        regions = Regions(self._place.az, self.account.subscription, self._place.environment, exists=bool(self.exists))
        if obstacles := regions.obstacles(region):
            hint = "Ask for more in the portal (Quotas)." if self.exists else regions.suggestion(region)
            raise AzureError(f"{region}: {'; '.join(obstacles)}.", hint=hint)
        known = [f"{left:g} {what} left" for what, left in regions.left[region].items()]
        return f"{region}: {', '.join(known) or 'Azure tells no numbers before the providers are registered'}"

    def names(self) -> str:
        """Deleted vaults and log workspaces hold their names for days."""
        if vaults := self._place.deleted_vaults():
            raise AzureError(
                f"The deleted vault {vaults[0].name} still holds its name: a new deployment would be refused.",
                hint=f"`soundtracks azure down --env {self._place.environment}` purges it.",
            )
        if workspaces := self._place.deleted_workspaces(self.account.subscription):
            location = workspaces[0].location
            if location != (self.exists or self._location):
                raise AzureError(
                    f"The deleted log workspace {workspaces[0].name} still holds its name, in {location}.",
                    hint=f"--location {location} takes it up again; elsewhere its name is free after 14 days.",
                )
        return f"resource group {self._place.group}; nothing deleted holds a name"

    def deployment(self) -> str:
        """What is there by now, and whether the apps run."""
        if not self.exists:
            return "none yet: `soundtracks azure up` makes it"
        state = self._place.deployment().provisioning_state
        if state != "Succeeded":
            raise AzureError(f"The deployment in {self._place.group} is {state}.", hint="`soundtracks azure up` goes on with it.")
        if (reached := self._place.parameters().up_to.value or "all") != "all":
            raise AzureError(
                f"The deployment in {self._place.group} has come as far as its {reached}: what is behind it is as it was.",
                hint="`soundtracks azure up` goes on with it.",
            )
        apps = self._place.az.list(App, "containerapp", "list", "--resource-group", self._place.group)
        states = {app.name: app.properties.running_status or "unknown" for app in apps}
        if stopped := [f"{name} is {status}" for name, status in states.items() if status != "Running"]:
            raise AzureError(
                f"{', '.join(stopped)}.",
                hint=f"`az containerapp logs show --resource-group {self._place.group} --name NAME` says why.",
            )
        return f"{self._place.group}: {', '.join(states) or 'no apps yet'}"
