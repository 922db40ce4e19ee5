"""Where in Azure it all is: the subscription, the resource group, and what the last deployment left there."""

from dataclasses import dataclass

from soundtracks.cli.azure.az import Az
from soundtracks.cli.azure.az_answers import (
    DeletedVault,
    DeletedWorkspace,
    Deployment,
    DeploymentProperties,
    Group,
    Login,
    Named,
    Page,
    Parameters,
    PostgresServer,
    StandingBudget,
    WithId,
)
from soundtracks.errors import BadInput, UnexpectedAnswer

#: Name of the deployment in the group, and the tag by which a group is known as ours.
DEPLOYMENT = "soundtracks"
#: Of the budget, which is deployed after all others.
BUDGET = "soundtracks-budget"
TAG = ("application", "soundtrack-links")
#: What infra/ uses, and a subscription has to be registered for.
PROVIDERS = (
    "Microsoft.App",
    "Microsoft.ContainerInstance",
    "Microsoft.ContainerRegistry",
    "Microsoft.DBforPostgreSQL",
    "Microsoft.EventGrid",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.Network",
    "Microsoft.OperationalInsights",
    "Microsoft.Storage",
)


@dataclass(frozen=True)
class Account:
    """Who is logged in, and to which subscription. `object_id`: of the user or service principal."""

    name: str
    subscription: str
    user: str
    object_id: str


class Place:
    """One environment ("test" or "prod") in one resource group."""

    def __init__(self, az: Az, environment: str, group: str = "") -> None:
        self.az = az
        self.environment = environment
        self.group = group or f"soundtracks-{environment}"

    def account(self) -> Account:
        found = self.az.show(Login, "account", "show")
        user = found.user
        asked = ("ad", "signed-in-user", "show") if user.type == "user" else ("ad", "sp", "show", "--id", user.name)
        return Account(found.name, found.id, user.name, self.az.show(WithId, *asked).id)

    def location(self) -> str:
        """Of the group; empty when there is none. Raises BadInput when a group of that name is not ours."""
        found = self.az.find(Group, "group", "show", "--name", self.group)
        if found is None:
            return ""
        if (found.tags or {}).get(TAG[0]) != TAG[1]:
            raise BadInput(
                f"The resource group {self.group} was not made by `soundtracks azure up`: it is left alone.",
                hint="Choose another name with --group.",
            )
        return found.location

    def deployment(self, name: str = DEPLOYMENT) -> DeploymentProperties:
        """Of infra/main.bicep, or another: its parameters (no secrets), outputs and state; empty when there was none."""
        found = self.az.find(Deployment, "deployment", "group", "show", "--resource-group", self.group, "--name", name)
        return (found or Deployment()).properties

    def parameters(self, name: str = DEPLOYMENT) -> Parameters:
        """What the last deployment was given, whether it succeeded or not."""
        return self.deployment(name).parameters or Parameters()

    def first_month_of_budget(self, subscription: str, name: str) -> str:
        """First day of the month from which the budget of that name counts; empty where there is none. Raises Refused."""
        scope = f"/subscriptions/{subscription}/resourceGroups/{self.group}"
        url = f"{scope}/providers/Microsoft.Consumption/budgets?api-version=2023-11-01"
        listed = self.az.show(Page[StandingBudget], "rest", "--method", "get", "--url", url)
        return next((one.properties.time_period.start_date[:10] for one in listed.value if one.name == name), "")

    def names(self) -> "Outputs":
        """The outputs of the last deployment, however far it came."""
        outputs = {name: given.value for name, given in (self.deployment().outputs or {}).items() if given.value is not None}
        # Azure gives the names of outputs in whatever case it likes
        return Outputs(
            {name if name[:1].islower() and "_" not in name else name.upper(): value for name, value in outputs.items()}
        )

    def outputs(self) -> "Outputs":
        """Of the last deployment that succeeded with all apps. Raises BadInput when there is none."""
        outputs = self.names()
        if not outputs.get("PREFECT_API_URL"):
            raise BadInput(
                f"There is no finished deployment in {self.group}.", hint="`soundtracks azure up` makes or finishes it."
            )
        return outputs

    def disk_size(self) -> int | None:
        """Of the database, GB; None where there is none yet. It grows by itself, and Azure refuses a smaller one."""
        servers = self.az.list(PostgresServer, "postgres", "flexible-server", "list", "--resource-group", self.group)
        return max((server.storage.storage_size_gb for server in servers), default=None)

    def vault_secrets(self) -> set[str]:
        """Names of the secrets in the vault, asked of the control plane: the vault's firewall does not matter."""
        found: set[str] = set()
        for vault in self.az.list(WithId, "keyvault", "list", "--resource-group", self.group):
            listed = self.az.show(Page[Named], "rest", "--method", "get", "--url", f"{vault.id}/secrets?api-version=2023-07-01")
            found |= {secret.name for secret in listed.value}
        return found

    def deleted_vaults(self) -> list[DeletedVault]:
        """Vaults of this group that are deleted but still hold their names."""
        deleted = self.az.list(DeletedVault, "keyvault", "list-deleted", "--resource-type", "vault")
        mark = f"/resourcegroups/{self.group}/".lower()
        return [vault for vault in deleted if mark in vault.properties.vault_id.lower()]

    def deleted_workspaces(self, subscription: str) -> list[DeletedWorkspace]:
        """Log workspaces of this group that are deleted but still hold their names."""
        url = f"/subscriptions/{subscription}/providers/Microsoft.OperationalInsights/deletedWorkspaces?api-version=2023-09-01"
        deleted = self.az.find(Page[DeletedWorkspace], "rest", "--method", "get", "--url", url)
        mark = f"/resourcegroups/{self.group}/".lower()
        return [workspace for workspace in deleted.value if mark in workspace.id.lower()] if deleted else []


class Outputs(dict[str, str]):
    """Values by name; of a name that is not there: UnexpectedAnswer."""

    def __missing__(self, name: str) -> str:
        raise UnexpectedAnswer("`az deployment group show`", f"no properties.outputs.{name}")
