"""`soundtracks azure down`: everything away, so that nothing is left that costs or holds a name."""

from collections.abc import Iterator
from functools import partial

from rich.console import Console

from soundtracks.cli.azure import up
from soundtracks.cli.azure.az import Refused, insist
from soundtracks.cli.azure.az_answers import DeletedVault, Resource, RoleAssignment, RoleDefinition, Subnet
from soundtracks.cli.azure.place import Place

_ROLES = "Soundtrack Links "


class Down:
    """Looks when it is made; told by `plan`, done by `run`. Repeated, it goes on where it was."""

    def __init__(self, place: Place, console: Console) -> None:
        self._place, self._az, self._console = place, place.az, console
        self._account = place.account()
        self._exists = place.location()
        self._resources = self._az.list(Resource, "resource", "list", "--resource-group", place.group) if self._exists else []
        self._roles = self._own_roles()
        self._vaults = place.deleted_vaults()

    @property
    def nothing_there(self) -> bool:
        return not (self._exists or self._roles or self._vaults)

    def plan(self) -> Iterator[str]:
        """What `run` would do, a line a step."""
        yield f"as {self._account.user}, in the subscription {self._account.name} ({self._account.subscription})"
        for role in self._roles:
            yield f"delete the role {role.role_name} and its assignments"
        if self._exists:
            yield f"delete the resource group {self._place.group} with all that is in it, the lake's data too:"
            yield from (f"  {found.type} {found.name}" for found in sorted(self._resources, key=lambda r: r.type))
        names = [vault.name for vault in self._vaults]
        names += [found.name for found in self._of_type("Microsoft.KeyVault/vaults")]
        for name in names:
            yield f"purge the deleted vault {name}, whose name would stay taken for 7 days"

    def run(self) -> None:
        say = self._console.print
        for role in self._roles:
            insist(partial(self._delete_role, role), self._console)
            say(f"[green]✓[/] role {role.role_name} deleted", highlight=False)
        if self._exists:
            self._free_subnets()
            self._delete_workspaces()
            with self._console.status("deleting the resource group (ten minutes or so)…"):
                insist(lambda: self._az.text("group", "delete", "--name", self._place.group, "--yes"), self._console)
            say(f"[green]✓[/] resource group {self._place.group} deleted", highlight=False)
        for vault in self._place.deleted_vaults():
            self._purge(vault)
        up.OUTPUTS.unlink(missing_ok=True)
        say("Nothing is left that costs, and nothing deleted holds a name.")

    def _free_subnets(self) -> None:
        """Container instances leave a link behind in their subnet that keeps it, and with it the group (azure-cli 21637)."""
        for network in self._of_type("Microsoft.Network/virtualNetworks"):
            for subnet in self._az.list(Subnet, "network", "vnet", "subnet", "list", "--ids", network.id):
                for link in subnet.service_association_links:
                    if link.name == "acisal":
                        url = f"{subnet.id}/providers/Microsoft.ContainerInstance/serviceAssociationLinks/default"
                        self._az.do_if_there("rest", "--method", "delete", "--url", f"{url}?api-version=2018-10-01")
                        self._console.print(f"[green]✓[/] subnet {subnet.name} freed of container instances", highlight=False)

    def _delete_workspaces(self) -> None:
        """With force: otherwise Azure keeps the name for 14 days, and gives it back in the same group and region only."""
        for workspace in self._of_type("Microsoft.OperationalInsights/workspaces"):
            where = ("--resource-group", self._place.group, "--workspace-name", workspace.name)
            with self._console.status(f"deleting the log workspace {workspace.name}…"):
                insist(
                    partial(self._az.do_if_there, "monitor", "log-analytics", "workspace", "delete", *where, "--force", "--yes"),
                    self._console,
                )
            self._console.print(f"[green]✓[/] log workspace {workspace.name} deleted, its name is free", highlight=False)

    def _of_type(self, kind: str) -> list[Resource]:
        return [found for found in self._resources if found.type == kind]

    def _own_roles(self) -> list[RoleDefinition]:
        """Roles live in the tenant, not in the group: deleting the group leaves them."""
        listed = self._az.list(RoleDefinition, "role", "definition", "list", "--custom-role-only", "true")
        scope = f"/resourceGroups/{self._place.group}".lower()
        return [
            role
            for role in listed
            if role.role_name.startswith(_ROLES) and any(s.lower().endswith(scope) for s in role.assignable_scopes)
        ]

    def _delete_role(self, role: RoleDefinition) -> None:
        """A role that is assigned cannot be deleted."""
        scope = role.assignable_scopes[0]
        for assignment in self._az.list(RoleAssignment, "role", "assignment", "list", "--all", "--role", role.name):
            self._az.text("role", "assignment", "delete", "--ids", assignment.id)
        self._az.text("role", "definition", "delete", "--name", role.name, "--scope", scope)

    def _purge(self, vault: DeletedVault) -> None:
        name, location = vault.name, vault.properties.location
        try:
            with self._console.status(f"purging the vault {name}…"):
                self._az.text("keyvault", "purge", "--name", name, "--location", location)
            self._console.print(f"[green]✓[/] vault {name} purged", highlight=False)
        except Refused as error:
            until = vault.properties.scheduled_purge_date or "some days from now"
            self._console.print(f"[yellow]![/] The vault {name} stays deleted until {until}; it costs nothing.", highlight=False)
            self._console.print(error.message, markup=False, style="dim")
