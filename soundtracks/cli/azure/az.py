"""The Azure CLI as it is on this machine: runs `az`, reads its JSON, and says its errors as a person would want them."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from time import sleep
from typing import Any, TypeVar

from rich.console import Console
from rich.markup import escape

from soundtracks.cli.azure.az_answers import Answer
from soundtracks.errors import AzureError
from soundtracks.operations.azure_failures import advise, core
from soundtracks.operations.replies import read_answer

INSTALL = "Install it (https://learn.microsoft.com/cli/azure/install-azure-cli), then `az login`."
#: Seconds that one step waits in all for what passes by itself; a role takes five minutes, a busy region ten and more.
MAX_INSISTENCE = 1800.0
T = TypeVar("T")
A = TypeVar("A", bound=Answer)
UNKNOWN = "If that does not help: the same command with `az … --debug`, or the portal's activity log."
_ABSENT = re.compile(r"(?:ResourceGroup|Resource|Deployment)NotFound|\(NotFound\)|(?:NAME|MANIFEST|TAG)_UNKNOWN|is not found")


class Refused(AzureError):
    """The CLI failed. `said`: its own words. `again`: seconds after which the same command may succeed by itself, or None."""

    def __init__(self, said: str) -> None:
        self.said = said
        advice = advise(said)
        self.again = advice.again if advice else None
        message = f"{advice.cause} Azure said: {core(said)}" if advice else f"Azure refused: {core(said)}"
        super().__init__(message, hint=advice.remedy if advice else UNKNOWN)


def insist(do: Callable[[], T], console: Console) -> T:
    """Does it; again when Azure refuses for a reason that passes by itself, saying what is waited for, MAX_INSISTENCE seconds
    at most. What is done must be the same when it is repeated. Raises Refused."""
    left = MAX_INSISTENCE
    while True:
        try:
            return do()
        except Refused as error:
            if error.again is None or left <= 0:
                raise
            wait = min(error.again, left)
            left -= wait
            console.print(f"[yellow]…[/] {escape(error.message)}", highlight=False)
            console.print(
                f"  It passes by itself: tried again in {wait:.0f} s, for {left / 60:.0f} more minutes at most.", highlight=False
            )
            sleep(wait)


class Az:
    """Runs `az` as whoever is logged in, and reads what it answers as one of az_answers.py. Raises Refused, UnexpectedAnswer, or
    AzureError when it is not installed."""

    def show(self, kind: type[A], *arguments: str) -> A:
        """The object that it answers."""
        return read_answer(kind, self._json(*arguments), command(arguments))

    def list(self, kind: type[A], *arguments: str) -> "list[A]":
        """The objects that it answers; none where it answers nothing."""
        said = self._json(*arguments)
        return read_answer(list[kind], said, command(arguments)) if said.strip() not in ("", "null") else []  # type: ignore[valid-type]

    def find(self, kind: type[A], *arguments: str) -> A | None:
        """The object, or None when Azure has no such thing."""
        try:
            return self.show(kind, *arguments)
        except Refused as error:
            if _ABSENT.search(error.said):
                return None
            raise

    def do(self, *arguments: str) -> None:
        """What matters is that it is done."""
        self._json(*arguments)

    def do_if_there(self, *arguments: str) -> None:
        """Passed over when Azure has no such thing."""
        try:
            self.do(*arguments)
        except Refused as error:
            if not _ABSENT.search(error.said):
                raise

    def text(self, *arguments: str) -> str:
        """The answer as the CLI prints it for people."""
        return self._run(*arguments)

    def _json(self, *arguments: str) -> str:
        return self._run(*arguments, "--output", "json", "--only-show-errors")

    def _run(self, *arguments: str) -> str:
        program = shutil.which("az")
        if program is None:
            raise AzureError("The Azure CLI (az) is not installed.", hint=INSTALL)
        # all our commands are the CLI's own: no extension, of whatever version there is today, is fetched on the way
        env = {**os.environ, "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no", "AZURE_CORE_NO_COLOR": "true"}
        asked = [program, *arguments]
        try:
            done = subprocess.run(
                asked, capture_output=True, encoding="utf-8", errors="replace", env=env, stdin=subprocess.DEVNULL
            )
        except OSError as error:
            raise AzureError(f"The Azure CLI at {program} cannot be started: {error.strerror}.", hint=INSTALL) from error
        if done.returncode:
            raise Refused(done.stderr or done.stdout)
        return done.stdout


def command(arguments: tuple[str, ...]) -> str:
    """What was asked, as a person would type it, without options; of `az rest` with the address."""
    words = list(takewhile(lambda word: not word.startswith("-"), arguments))
    if words == ["rest"]:
        words.append(arguments[arguments.index("--url") + 1].partition("?")[0])
    return f"`az {' '.join(words)}`"


def write_parameters(file: Path, values: dict[str, Any]) -> None:
    """A parameter file that only its owner reads: secrets stand in no command line, which others on the machine can see."""
    file.touch(mode=0o600)
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#"
    parameters = {name: {"value": value} for name, value in values.items()}
    file.write_text(json.dumps({"$schema": schema, "contentVersion": "1.0.0.0", "parameters": parameters}))
