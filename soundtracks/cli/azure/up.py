"""`soundtracks azure up`: resource group, infrastructure, image, apps, deployments; repeated, it goes on where it was."""

import ipaddress
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from soundtracks.cli.azure.az import Refused, insist, write_parameters
from soundtracks.cli.azure.az_answers import JobExecution, Named, Parameters, Registry, RevisedApp
from soundtracks.cli.azure.checks import Checks
from soundtracks.cli.azure.images import IMAGE, Images, commit
from soundtracks.cli.azure.place import BUDGET, DEPLOYMENT, TAG, Account, Place
from soundtracks.cli.stack import HOME
from soundtracks.errors import AzureError, BadInput, MissingSetting
from soundtracks.operations.databricks import Job
from soundtracks.settings import Settings, get_settings

#: Seconds between two looks, and how long may take: a job, as apps.bicep limits it, with its start; the server's start.
PAUSE, MAX_JOB, MAX_START = 10.0, {"migrate": 3 * 3600.0, "register": 900.0}, 900.0
#: The smallest disk of a Postgres server, GB.
MIN_DISK_GB = 32
#: What a month may cost before people are told, in the subscription's currency.
MONTHLY_BUDGET = {"test": 150, "prod": 300}
OUTPUTS = HOME / ".azure.env"


@dataclass
class Request:
    """What was asked for; None: as in the last deployment, or the default."""

    location: str | None = None
    prefix: str | None = None
    admit: list[str] = field(default_factory=list)
    email: str | None = None
    budget: int | None = None
    with_budget: bool = True
    databricks: bool | None = None
    databricks_subnets: list[str] = field(default_factory=list)


class Up:
    """Looks when it is made; told by `plan`, done by `run`. Raises AzureError, BadInput or MissingSetting for what is not as it
    must be, each with what to do; nothing is changed then."""

    def __init__(self, place: Place, wishes: Request, console: Console) -> None:
        self._place, self._az, self._wishes, self._console = place, place.az, wishes, console
        region = wishes.location or "westeurope"
        checks = Checks(place, region)
        self._account: Account = checks.account
        self._exists = checks.exists
        if self._exists and wishes.location and wishes.location != self._exists:
            raise BadInput(f"{place.group} is in {self._exists}.", hint="`soundtracks azure down` first, to move it.")
        self._location = self._exists or region
        for check in (checks.roles, checks.subscription, checks.writing, checks.region, checks.names):
            check()
        self._before = place.parameters() if self._exists else Parameters()
        self._missing = checks.missing_providers(databricks=self._with_databricks() or bool(self._subnets()))
        self._kept = place.vault_secrets() if self._exists else set()
        self._disk = place.disk_size() if self._exists else None
        self._budget_before = place.parameters(BUDGET) if self._exists else Parameters()
        self._tag = commit()
        self._values = self._parameters(get_settings())

    def plan(self) -> Iterator[str]:
        """What `run` would do, a line a step."""
        yield f"as {self._account.user}, in the subscription {self._account.name} ({self._account.subscription})"
        if self._missing:
            yield f"register the providers {', '.join(self._missing)}"
        if not self._exists:
            yield f"create the resource group {self._place.group} in {self._location}"
        yield "deploy infra/main.bicep: network, lake, vault, database, registry, logs, alerts"
        yield f"build the images {IMAGE}:{self._tag} and :{self._tag}-match in the registry, unless they are there"
        yield "(from the commit: what is not committed is not in them)"
        yield "migrate Prefect's database by a job inside the network, while what runs goes on"
        yield "deploy Prefect's server with the new image"
        yield "register pools, deployments and automations by a job inside the network"
        yield "deploy workers, clean-up and watcher"
        addresses = self._values["adminAddresses"]
        yield (
            f"reachable from {', '.join(addresses)}" if addresses else "reachable from its own network only (--admit ADDRESS/32)"
        )
        yield f"tell {self._values['alertEmail']} of alerts"
        if self._wishes.with_budget:
            yield f"a budget that alerts when a month costs {self._amount()} (it stops nothing)"

    def what_if(self) -> str:
        """Azure's own forecast; it needs the resource group."""
        if not self._exists:
            return "Azure's own forecast (what-if) needs the resource group: it is shown as soon as that exists, before all else."
        return str(self._deploy(["deployment", "group", "what-if"], {**self._values, "imageTag": self._tag}, self._az.text))

    def run(self, ask: Callable[[str], None]) -> None:
        """Each step is skipped, or does the same again, when it was done already. `ask` ends the command on a no."""
        for name in self._missing:
            self._step(f"registering {name}", partial(self._az.do, "provider", "register", "--namespace", name, "--wait"))
        if not self._exists:
            self._step(f"creating {self._place.group}", self._create_group)
            self._exists = self._location
            self._console.print(self.what_if(), markup=False, highlight=False)
            ask("Go on with this?")
        if not self._registry():
            self._step("deploying the infrastructure (ten minutes or so)", lambda: self._create(""))
        for what, do in Images(self._place, self._tag).steps():
            self._step(what, do)
        self._values = self._parameters(get_settings(), keep=self._place.vault_secrets())
        # a client may be older than its server for a while, never newer; and no server starts before its database is ready
        create = partial(self._create, self._tag)
        self._step("deploying the job that migrates the database", partial(create, "database"))
        names = self._place.names()
        self._step("migrating the database", lambda: self._run_job(names["migrateJob"], "migrate", "migrates the database"))
        self._step("deploying the server (some minutes)", partial(create, "server"))
        self._step("waiting for the new server", lambda: self._await_server(names["serverApp"]))
        register = partial(self._run_job, names["registerJob"], "register", "registers the deployments")
        self._step("registering the deployments", register)
        self._step("deploying workers, clean-up and watcher (some minutes)", partial(create, "all"))
        outputs = self._place.outputs()
        if self._wishes.with_budget:
            self._budget(outputs)
        shown = {_variable(name): value for name, value in outputs.items() if name.isupper() and value}
        lines = [f'{name}="{value}"' for name, value in sorted(shown.items())]
        OUTPUTS.write_text("\n".join(["# from the outputs of infra/main.bicep; no secrets", *lines]) + "\n")
        self._print_next_steps(outputs)

    def _parameters(self, settings: Settings, keep: set[str] | None = None) -> dict[str, Any]:
        kept, before, wishes = self._kept if keep is None else keep, self._before, self._wishes

        def given(name: str, secret: str, setting: str) -> str:
            value = getattr(settings, setting)
            if value is None and name not in kept:
                raise MissingSetting(f"SOUNDTRACKS_{setting.upper()}", f"{secret} goes into the vault")
            return value.get_secret_value() if value else ""

        addresses = wishes.admit or before.admin_addresses.value or []
        if before != Parameters() and bool(addresses) != bool(before.admin_addresses.value) and self._registry():
            raise BadInput(
                "Whether it can be reached from outside is decided by the first `azure up`.",
                hint="`soundtracks azure down` first.",
            )
        spark = settings.spark_master.get_secret_value() if "spark_master" in settings.model_fields_set else ""
        return {
            "environment": self._place.environment,
            "location": self._location,
            "prefix": self._prefix(before.prefix.value or ""),
            "adminAddresses": [network(address) for address in addresses],
            "adminObjectId": self._account.object_id,
            "alertEmail": wishes.email or before.alert_email.value or self._account.user,
            "databaseDiskGB": self._disk or MIN_DISK_GB,
            "withDatabricks": self._with_databricks(),
            "databricksSubnets": self._subnets(),
            "databricksJob": self._databricks_job(settings),
            "prefectAuthString": "" if "prefect-api-auth-string" in kept else f"admin:{secrets.token_urlsafe(24)}",
            "tmdbToken": given("tmdb-token", "TMDB's key", "tmdb_token"),
            "discogsToken": given("discogs-token", "Discogs' key", "discogs_token"),
            "sparkMaster": spark or ("" if "spark-master" in kept else "local[*]"),
            "alertWebhook": settings.alert_webhook.get_secret_value() if settings.alert_webhook else "",
            "hasAlertWebhook": settings.alert_webhook is not None or "alert-webhook" in kept,
        }

    def _with_databricks(self) -> bool:
        wished = self._wishes.databricks
        return bool(self._before.with_databricks.value if wished is None else wished)

    def _subnets(self) -> list[str]:
        return [subnet(one) for one in self._wishes.databricks_subnets or self._before.databricks_subnets.value or []]

    def _databricks_job(self, settings: Settings) -> str:
        wished = settings.databricks_job or self._before.databricks_job.value or "none"
        if wished != "none":
            Job.read(wished)
        return wished

    def _amount(self) -> int:
        before = self._budget_before.amount.value or self._before.monthly_budget.value
        return self._wishes.budget or before or MONTHLY_BUDGET[self._place.environment]

    def _budget(self, outputs: dict[str, str]) -> None:
        """Made last, since nothing depends on it: a subscription of the first 48 hours, or of certain offers, may not have one.

        Its first month can never be moved: Azure is asked for that of the budget that stands.
        """
        name = f"{outputs['stem']}-budget"
        try:
            start = self._place.first_month_of_budget(self._account.subscription, name)
        except Refused:  # then the making says why, where that is refused too
            made = self._place.deployment(BUDGET).provisioning_state == "Succeeded"
            start = (self._budget_before.start.value or "") if made else ""
        values = {
            "name": name,
            "amount": self._amount(),
            "start": start or f"{datetime.now(UTC):%Y-%m}-01",
            "email": self._values["alertEmail"],
            "actionGroup": outputs["actionGroup"],
        }
        try:
            deploy = partial(self._deploy, ["deployment", "group", "create"], values, self._az.do, BUDGET, "budget.bicep")
            self._step("making the budget", deploy)
        except Refused as error:
            what = f"The budget of {start[:7]} stays as it is" if start else "There is no budget"
            self._console.print(f"[yellow]![/] {what}: {escape(error.message)}", highlight=False)
            self._console.print(f"  {escape(error.hint)} Nothing else depends on it.", highlight=False)

    def _prefix(self, known: str) -> str:
        wanted = self._wishes.prefix or known or "sndtrk"
        if not re.fullmatch("[a-z][a-z0-9]{2,7}", wanted):
            raise BadInput(f"--prefix {wanted} begins no name in Azure.", hint="3 to 8 small letters or digits, a letter first.")
        if known and wanted != known:
            raise BadInput(f"{self._place.group} holds names that begin with {known}.", hint="`soundtracks azure down` first.")
        return wanted

    def _create_group(self) -> None:
        tags = (f"{TAG[0]}={TAG[1]}", f"environment={self._place.environment}")
        self._az.do("group", "create", "--name", self._place.group, "--location", self._location, "--tags", *tags)

    def _create(self, tag: str, up_to: str = "all") -> None:
        self._deploy(["deployment", "group", "create"], {**self._values, "imageTag": tag, "upTo": up_to}, self._az.do)

    def _deploy(
        self,
        command: list[str],
        values: dict[str, Any],
        call: Callable[..., Any],
        name: str = DEPLOYMENT,
        template: str = "main.bicep",
    ) -> Any:
        with tempfile.TemporaryDirectory(prefix="azure-") as folder:
            file = Path(folder, "given.json")
            write_parameters(file, values)
            return call(
                *command, "--resource-group", self._place.group, "--name", name,
                "--template-file", str(HOME / "infra" / template), "--parameters", f"@{file}",
            )  # fmt: skip

    def _registry(self) -> str:
        found = self._az.list(Registry, "acr", "list", "--resource-group", self._place.group)
        return found[0].name if found else ""

    def _run_job(self, job: str, container: str, what: str) -> None:
        """Starts a job inside the network and waits for its end. Raises AzureError."""
        where = ("--resource-group", self._place.group, "--name", job)
        started = self._az.show(Named, "containerapp", "job", "start", *where).name
        deadline = time.monotonic() + MAX_JOB[container]
        while time.monotonic() < deadline:
            shown = self._az.show(
                JobExecution, "containerapp", "job", "execution", "show", *where, "--job-execution-name", started
            )
            status = shown.properties.status
            if status == "Succeeded":
                return
            if status in ("Failed", "Stopped", "Degraded"):
                break
            time.sleep(PAUSE)
        raise AzureError(
            f"The job {started} that {what} did not succeed.",
            hint=f"`az containerapp job logs show -g {self._place.group} -n {job} --container {container}` says why "
            "(`az extension add --name containerapp` first); `soundtracks azure up` starts it again. What ran goes on.",
        )

    def _await_server(self, app: str) -> None:
        """Until Azure sends requests to the server that was deployed last, not to its forerunner. Raises AzureError."""
        where = ("--resource-group", self._place.group, "--name", app)
        deadline = time.monotonic() + MAX_START
        while True:
            shown = self._az.show(RevisedApp, "containerapp", "show", *where).properties
            if shown.latest_revision_name == shown.latest_ready_revision_name:
                return
            if time.monotonic() >= deadline:
                break
            time.sleep(PAUSE)
        raise AzureError(
            f"The new server did not start within {MAX_START / 60:.0f} minutes; the one before it, if there was one, goes on.",
            hint=f"`az containerapp logs show -g {self._place.group} -n {app}` says why; `soundtracks azure up` goes on.",
        )

    def _step(self, what: str, do: Callable[[], Any]) -> None:
        with self._console.status(f"{what}…"):
            insist(do, self._console)
        self._console.print(f"[green]✓[/] {what}", highlight=False)

    def _print_next_steps(self, outputs: dict[str, str]) -> None:
        say = self._console.print
        say(f"\nPrefect UI: {outputs['PREFECT_API_URL'].removesuffix('/api')}", highlight=False, soft_wrap=True)
        password = (
            f"az keyvault secret show --vault-name {outputs['vaultName']} --name prefect-api-auth-string --query value -o tsv"
        )
        say(f"It asks for: {password}", highlight=False, soft_wrap=True, markup=False)
        say("Title files: titles/ of the lake. `soundtracks azure smoke` tries it; `soundtracks azure down` ends it.")


def _variable(output: str) -> str:
    """The name of an output as what reads it wants it: variables of the bundle are in small letters."""
    bundle = "BUNDLE_VAR_"
    return bundle + output.removeprefix(bundle).lower() if output.startswith(bundle) else output


_SUBNET = re.compile(
    r"/subscriptions/[\w-]+/resourceGroups/[^/]+/providers/Microsoft\.Network/virtualNetworks/[^/]+/subnets/[^/]+"
)


def subnet(resource: str) -> str:
    """The resource id of a subnet. Raises BadInput when it is none."""
    if not _SUBNET.fullmatch(resource):
        raise BadInput(
            f"--databricks-subnet {resource} is no resource id of a subnet.",
            hint="`az network vnet subnet show … --query id -o tsv` prints it.",
        )
    return resource


def network(address: str) -> str:
    """An address or a range, as a range. Raises BadInput when it is neither."""
    try:
        return str(ipaddress.IPv4Network(address))
    except ValueError as error:
        raise BadInput(
            f"--admit {address} is no IPv4 address or range.", hint="For example 203.0.113.7 or 203.0.113.0/24."
        ) from error
