"""The Azure CLI as it is on this machine: runs `az`, reads its JSON, and says its errors as a person would want them."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from soundtracks.errors import AzureError

INSTALL = "Install it (https://learn.microsoft.com/cli/azure/install-azure-cli), then `az login`."
#: What the CLI says → what that means and what to do; the first that fits counts. {0}, {1}: groups of the pattern.
ADVICE: list[tuple[str, str, str]] = [
    (
        r"az login|AADSTS\d+|InteractionRequired|refresh token has expired",
        "The Azure CLI is not logged in, or its login has expired.",
        "`az login`, then the same command again.",
    ),
    (
        r"SubscriptionNotFound|subscription of '?[^']*'? doesn't exist|No subscriptions? found",
        "The subscription is not there for this login.",
        "`az account list -o table` shows those that are; `az account set --subscription NAME` chooses one.",
    ),
    (
        r"does not have authorization to perform action '([^']+)' over scope '([^']+)'",
        "This login may not do {0} on {1}.",
        "Ask an owner of the subscription for Owner, or for Contributor and User Access Administrator; a new role takes minutes.",
    ),
    (
        r"MissingSubscriptionRegistration.*?namespace '([\w.]+)'",
        "The subscription does not use {0} yet.",
        "`az provider register --namespace {0} --wait`, then the same command again.",
    ),
    (
        r"QuotaExceeded|quota|ContainerGroupQuotaReached|MaxNumberOf\w+Exceeded|exceed\w* .*limit",
        "The subscription's quota does not suffice.",
        "Ask for more in the portal (Quotas), or choose another --location. `soundtracks doctor --azure` shows quotas.",
    ),
    (
        r"SkuNotAvailable|LocationNotAvailable|LocationIsOfferRestricted|not available (?:for .{1,80} )?in (?:location|region)",
        "The region does not offer one of the services to this subscription.",
        "Choose another with --location, for example northeurope or swedencentral (`soundtracks azure down` first).",
    ),
    (
        r"(?:already exists|deleted state|soft.?deleted).*(?:deleted|recover|purge)|VaultAlreadyExists",
        "A deleted vault still holds its name.",
        "`soundtracks azure down` purges it; then the same command again.",
    ),
    (
        r"(\w*(?:AlreadyTaken|AlreadyInUse|NameUnavailable|NameNotAvailable|ServerNameAlreadyExists))",
        "A name is taken by somebody else ({0}).",
        "`soundtracks azure down`, then up with another beginning of all names: --prefix (3 to 8 small letters).",
    ),
    (
        r"ForbiddenByFirewall|[Cc]lient address is not authorized|not authorized to perform this operation|AuthorizationFailure",
        "The vault or the storage account does not admit this machine's address.",
        "`soundtracks azure up --admit ADDRESS/32` with the address that the network shows to others.",
    ),
    (
        r"RequestDisallowedByPolicy.*?policy '([^']+)'|RequestDisallowedByPolicy",
        "A policy of the organisation forbids it.",
        "Its name stands in the message below; ask whoever keeps the policies.",
    ),
    (
        r"DeploymentActive|ResourceGroupBeingDeleted|AnotherOperationInProgress|is currently being (?:deleted|updated)",
        "Azure is still busy with an earlier command.",
        "Wait some minutes, then the same command again: it goes on where it was.",
    ),
    (
        r"TasksOperationsNotAllowed",
        "This subscription may not build images in Azure: new and free ones may not.",
        "Build here: `az acr login -n REGISTRY`, `docker build -f docker/Dockerfile -t IMAGE .`, `docker push IMAGE`; up again.",
    ),
    (
        r"toomanyrequests|pull rate limit",
        "Docker Hub gives no more images to Azure for now.",
        "Copy the base once (`az acr import --source docker.io/library/python:3.11-slim-bookworm …`), or try again in an hour.",
    ),
    (
        r"Max retries exceeded|ConnectionError|Name or service not known|getaddrinfo failed|timed? ?out",
        "Azure cannot be reached from this machine.",
        "Network, proxy? Then the same command again: it goes on where it was.",
    ),
]
_ABSENT = re.compile(r"(?:ResourceGroup|Resource|Deployment)NotFound|\(NotFound\)|(?:NAME|MANIFEST|TAG)_UNKNOWN|is not found")


class Refused(AzureError):
    """The CLI failed. `said`: its own words."""

    def __init__(self, said: str) -> None:
        self.said = said
        message, hint = advice(said)
        super().__init__(message, hint=hint)


def advice(said: str) -> tuple[str, str]:
    """What went wrong in plain words, with the core of what the CLI said, and what to do."""
    core = _core(said)
    for pattern, message, hint in ADVICE:
        if found := re.search(pattern, said, re.DOTALL):
            groups = [group or "" for group in found.groups()]
            return f"{message.format(*groups)} Azure said: {core}", hint.format(*groups)
    return f"Azure refused: {core}", "If that does not help: the same command with `az … --debug`, or the portal's activity log."


def _core(said: str) -> str:
    """The innermost message of a nested answer, else what follows the last ERROR, else the end; one line, 400 characters."""
    messages = re.findall(r'"message"\s*:\s*"((?:[^"\\]|\\.)*)"', said)
    text = messages[-1].replace('\\"', '"') if messages else said.rpartition("ERROR:")[2]
    line = " ".join(text.split())
    return (line[:400] if messages or "ERROR:" in said else line[-400:]) or "nothing"


class Az:
    """Runs `az` as whoever is logged in. Raises Refused, or AzureError when it is not installed."""

    def json(self, *arguments: str) -> Any:
        """The answer as JSON; None when there is none."""
        said = self._run(*arguments, "--output", "json", "--only-show-errors")
        return json.loads(said) if said.strip() else None

    def find(self, *arguments: str) -> Any:
        """The answer, or None when Azure has no such thing."""
        try:
            return self.json(*arguments)
        except Refused as error:
            if _ABSENT.search(error.said):
                return None
            raise

    def text(self, *arguments: str) -> str:
        """The answer as the CLI prints it for people."""
        return self._run(*arguments)

    def _run(self, *arguments: str) -> str:
        program = shutil.which("az")
        if program is None:
            raise AzureError("The Azure CLI (az) is not installed.", hint=INSTALL)
        # commands that live in an extension install it without asking
        env = {**os.environ, "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "yes_without_prompt", "AZURE_CORE_NO_COLOR": "true"}
        done = subprocess.run([program, *arguments], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise Refused(done.stderr or done.stdout)
        return done.stdout


def write_parameters(file: Path, values: dict[str, Any]) -> None:
    """A parameter file that only its owner reads: secrets stand in no command line, which others on the machine can see."""
    file.touch(mode=0o600)
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#"
    parameters = {name: {"value": value} for name, value in values.items()}
    file.write_text(json.dumps({"$schema": schema, "contentVersion": "1.0.0.0", "parameters": parameters}))
