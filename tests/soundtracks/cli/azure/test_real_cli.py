"""Every call that we make, read by the real Azure CLI where there is one: it checks commands and options before it asks for a
login, and is given none. Skipped where `az` is not installed."""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from soundtracks.cli.azure.az import Az
from soundtracks.cli.azure.checks import Checks
from soundtracks.cli.azure.place import Place
from soundtracks.errors import AzureError

REAL = shutil.which("az")
#: What the CLI says of a command, an option or a value that it does not know.
UNKNOWN = re.compile(r"misspelled|unrecognized arguments|required|invalid choice|expected|not a valid value|ambiguous")


@pytest.mark.skipif(REAL is None, reason="the Azure CLI is not installed")
def test_the_real_cli_knows_each_call(world, call, tmp_path):
    call("up", "--yes")
    call("up", "--dry-run", "--admit", "203.0.113.7")
    world.set(providers=[])
    call("up", "--yes")
    for _, check in Checks(Place(Az(), "test")).all():
        with suppress(AzureError):
            check()
    call("down", "--yes")
    calls = {tuple(re.sub(r"^@.*", f"@{tmp_path}/given.json", a) for a in c["arguments"]) for c in world.state["calls"]}
    calls.add(("keyvault", "secret", "show", "--vault-name", "v", "--name", "prefect-api-auth-string", "--output", "json"))
    assert len(calls) > 25
    (tmp_path / "given.json").write_text('{"$schema": "x", "contentVersion": "1.0.0.0", "parameters": {}}')
    env = os.environ | {"AZURE_CONFIG_DIR": str(tmp_path / "config"), "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no"}

    def said(arguments: tuple[str, ...]) -> str:
        done = subprocess.run([str(REAL), *arguments], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL)
        return done.stderr

    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(calls, pool.map(said, calls), strict=True))
    assert {" ".join(c): a for c, a in answers.items() if UNKNOWN.search(a)} == {}
    assert sum("az login" in answer for answer in answers.values()) > 20
