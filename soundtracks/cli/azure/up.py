"""`soundtracks azure up`: resource group, infrastructure, image, apps, deployments; repeated, it goes on where it was."""

import io
import ipaddress
import json
import re
import secrets
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from soundtracks.cli.azure.az import insist, write_parameters
from soundtracks.cli.azure.checks import Checks
from soundtracks.cli.azure.place import DEPLOYMENT, TAG, Account, Place
from soundtracks.cli.stack import HOME
from soundtracks.errors import AzureError, BadInput, MissingSetting
from soundtracks.settings import Settings, get_settings

#: Seconds between two looks at a job, and how long it may take.
PAUSE, MAX_JOB = 10.0, 900.0
IMAGE = "soundtrack-links"
OUTPUTS = HOME / ".azure.env"


@dataclass
class Request:
    """What was asked for; None: as in the last deployment, or the default."""

    location: str | None = None
    prefix: str | None = None
    admit: list[str] = field(default_factory=list)
    email: str | None = None
    budget: int | None = None
    databricks: bool | None = None


class Up:
    """Looks when it is made; told by `plan`, done by `run`. Raises AzureError, BadInput or MissingSetting for what is not as it
    must be, each with what to do; nothing is changed then."""

    def __init__(self, place: Place, wishes: Request, console: Console) -> None:
        self._place, self._az, self._wishes, self._console = place, place.az, wishes, console
        region = wishes.location or "westeurope"
        self._checks = Checks(place, region)
        self._account: Account = self._checks.account
        self._exists = place.location()
        if self._exists and wishes.location and wishes.location != self._exists:
            raise BadInput(f"{place.group} is in {self._exists}.", hint="`soundtracks azure down` first, to move it.")
        self._location = self._exists or region
        for check in (self._checks.roles, self._checks.quota, self._checks.names):
            check()
        self._missing = self._checks.missing_providers()
        self._before = place.parameters() if self._exists else {}
        self._kept = place.vault_secrets() if self._exists else set()
        self._tag = commit()
        self._values = self._parameters(get_settings())

    def plan(self) -> Iterator[str]:
        """What `run` would do, a line a step."""
        yield f"as {self._account.user}, in the subscription {self._account.name} ({self._account.subscription})"
        if self._missing:
            yield f"register the providers {', '.join(self._missing)}"
        if not self._exists:
            yield f"create the resource group {self._place.group} in {self._location}"
        yield "deploy infra/main.bicep: network, lake, vault, database, registry, logs, alerts, budget"
        yield f"build the image {IMAGE}:{self._tag} in the registry, unless it is there (what is not committed is not in it)"
        yield "deploy Prefect's server, workers, sweep and watcher with it"
        yield "register pools, deployments and automations by a job inside the network"
        addresses = self._values["adminAddresses"]
        yield (
            f"reachable from {', '.join(addresses)}" if addresses else "reachable from its own network only (--admit ADDRESS/32)"
        )
        yield f"tell {self._values['alertEmail']} of alerts, and when a month costs {self._values['monthlyBudget']}"

    def what_if(self) -> str:
        """Azure's own forecast; it needs the resource group."""
        if not self._exists:
            return "Azure's own forecast (what-if) needs the resource group: it is shown as soon as that exists, before all else."
        return str(self._deploy(["deployment", "group", "what-if"], {**self._values, "imageTag": self._tag}, self._az.text))

    def run(self, ask: Callable[[str], None]) -> None:
        """Each step is skipped, or does the same again, when it was done already. `ask` ends the command on a no."""
        for name in self._missing:
            self._step(f"registering {name}", partial(self._az.json, "provider", "register", "--namespace", name, "--wait"))
        if not self._exists:
            self._step(f"creating {self._place.group}", self._create_group)
            self._exists = self._location
            self._console.print(self.what_if(), markup=False, highlight=False)
            ask("Go on with this?")
        if not self._registry():
            self._step("deploying the infrastructure (ten minutes or so)", lambda: self._create(""))
        self._step(f"building {IMAGE}:{self._tag} in Azure (ten minutes or so)", self._build)
        self._values = self._parameters(get_settings(), keep=self._place.vault_secrets())
        self._step("deploying the apps (ten minutes or so)", lambda: self._create(self._tag))
        outputs = self._place.outputs()
        self._step("registering the deployments", lambda: self._register(outputs["registerJob"]))
        lines = [f'{name}="{value}"' for name, value in sorted(outputs.items()) if name.isupper()]
        OUTPUTS.write_text("\n".join(["# from the outputs of infra/main.bicep; no secrets", *lines]) + "\n")
        self._print_next_steps(outputs)

    def _parameters(self, settings: Settings, keep: set[str] | None = None) -> dict[str, Any]:
        kept, before, wishes = self._kept if keep is None else keep, self._before, self._wishes

        def given(name: str, secret: str, setting: str) -> str:
            value = getattr(settings, setting)
            if value is None and name not in kept:
                raise MissingSetting(f"SOUNDTRACKS_{setting.upper()}", f"{secret} goes into the vault")
            return value.get_secret_value() if value else ""

        databricks = wishes.databricks if wishes.databricks is not None else before.get("withDatabricks", False)
        addresses = wishes.admit or before.get("adminAddresses", [])
        if before and bool(addresses) != bool(before.get("adminAddresses")) and self._registry():
            raise BadInput(
                "Whether it can be reached from outside is decided by the first `azure up`.",
                hint="`soundtracks azure down` first.",
            )
        spark = settings.spark_master if "spark_master" in settings.model_fields_set else ""
        return {
            "environment": self._place.environment,
            "location": self._location,
            "prefix": self._prefix(before),
            "adminAddresses": [network(address) for address in addresses],
            "adminObjectId": self._account.object_id,
            "alertEmail": wishes.email or before.get("alertEmail", self._account.user),
            "monthlyBudget": wishes.budget or before.get("monthlyBudget", self._default_parameter("monthlyBudget")),
            "budgetStart": before.get("budgetStart", f"{datetime.now(UTC):%Y-%m}-01"),  # Azure lets nobody move it
            "withDatabricks": databricks,
            "databasePassword": "" if "prefect-database-url" in kept else f"Aa1{secrets.token_urlsafe(24)}",
            "prefectAuthString": "" if "prefect-api-auth-string" in kept else f"admin:{secrets.token_urlsafe(24)}",
            "tmdbToken": given("tmdb-token", "TMDB's key", "tmdb_token"),
            "discogsToken": given("discogs-token", "Discogs' key", "discogs_token"),
            "sparkMaster": spark or ("" if "spark-master" in kept else "local[*]"),
            "alertWebhook": settings.alert_webhook.get_secret_value() if settings.alert_webhook else "",
            "hasAlertWebhook": settings.alert_webhook is not None or "alert-webhook" in kept,
        }

    def _prefix(self, before: dict[str, Any]) -> str:
        known = str(before.get("prefix", ""))
        wanted = self._wishes.prefix or known or "sndtrk"
        if not re.fullmatch("[a-z][a-z0-9]{2,7}", wanted):
            raise BadInput(f"--prefix {wanted} begins no name in Azure.", hint="3 to 8 small letters or digits, a letter first.")
        if known and wanted != known:
            raise BadInput(f"{self._place.group} holds names that begin with {known}.", hint="`soundtracks azure down` first.")
        return wanted

    def _default_parameter(self, name: str) -> Any:
        """A value of the environment's parameter file, which `az deployment group create` by hand takes."""
        file = HOME / "infra" / "parameters" / f"{self._place.environment}.json"
        return json.loads(file.read_bytes())["parameters"][name]["value"]

    def _create_group(self) -> None:
        tags = (f"{TAG[0]}={TAG[1]}", f"environment={self._place.environment}")
        self._az.json("group", "create", "--name", self._place.group, "--location", self._location, "--tags", *tags)

    def _create(self, tag: str) -> None:
        self._deploy(["deployment", "group", "create"], {**self._values, "imageTag": tag}, self._az.json)

    def _deploy(self, command: list[str], values: dict[str, Any], call: Callable[..., Any]) -> Any:
        with tempfile.TemporaryDirectory(prefix="azure-") as folder:
            file = Path(folder, "given.json")
            write_parameters(file, values)
            return call(
                *command, "--resource-group", self._place.group, "--name", DEPLOYMENT,
                "--template-file", str(HOME / "infra" / "main.bicep"), "--parameters", f"@{file}",
            )  # fmt: skip

    def _registry(self) -> str:
        found = self._az.json("acr", "list", "--resource-group", self._place.group)
        return str(found[0]["name"]) if found else ""

    def _build(self) -> None:
        registry, image = self._registry(), f"{IMAGE}:{self._tag}"
        if self._az.find("acr", "repository", "show", "--name", registry, "--image", image) is not None:
            return
        with tempfile.TemporaryDirectory(prefix="image-") as folder:
            export(Path(folder))
            self._az.text(
                "acr", "build", "--registry", registry, "--image", image, "--file", str(Path(folder, "docker", "Dockerfile")),
                "--build-arg", f"COMMIT={self._tag}", folder,
            )  # fmt: skip

    def _register(self, job: str) -> None:
        where = ("--resource-group", self._place.group, "--name", job)
        started = self._az.json("containerapp", "job", "start", *where)["name"]
        deadline = time.monotonic() + MAX_JOB
        while time.monotonic() < deadline:
            shown = self._az.json("containerapp", "job", "execution", "show", *where, "--job-execution-name", started)
            status = shown["properties"]["status"]
            if status == "Succeeded":
                return
            if status in ("Failed", "Stopped", "Degraded"):
                break
            time.sleep(PAUSE)
        raise AzureError(
            f"The job {started} that registers the deployments did not succeed.",
            hint=f"`az containerapp job logs show -g {self._place.group} -n {job} --container register` tells why "
            "(it needs `az extension add --name containerapp`); `soundtracks azure up` starts it again.",
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


def network(address: str) -> str:
    """An address or a range, as a range. Raises BadInput when it is neither."""
    try:
        return str(ipaddress.IPv4Network(address))
    except ValueError as error:
        raise BadInput(
            f"--admit {address} is no IPv4 address or range.", hint="For example 203.0.113.7 or 203.0.113.0/24."
        ) from error


def commit() -> str:
    """The image's tag. Raises BadInput outside a git checkout."""
    found = subprocess.run(["git", "-C", str(HOME), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
    if found.returncode:
        raise BadInput("This is no git checkout; the image's tag is its commit.", hint="Clone the repository, and call it there.")
    return found.stdout.strip()


def export(folder: Path) -> None:
    """The files of the commit, as the image's context. `az acr build` would send the whole checkout, .env included: it looks
    for .dockerignore beside the sources only."""
    packed = subprocess.run(["git", "-C", str(HOME), "archive", "--format=tar", "HEAD"], capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
        files.extractall(folder, filter="data")
    shutil.copy(folder / "docker" / "Dockerfile.dockerignore", folder / ".dockerignore")
