"""A machine with a fake `az` on its PATH, and the commands called on it."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from soundtracks.cli.azure import az, smoke, up
from soundtracks.cli.azure.commands import azure
from soundtracks.cli.azure.place import PROVIDERS
from soundtracks.settings import get_settings
from tests.soundtracks.cli.azure import fake_az

GROUP_SCOPE = "/subscriptions/sub-1/resourceGroups/soundtracks-test"


class World:
    """What the fake Azure holds. `calls`: what was asked of it, as "group create …" without options."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(
            calls=[], fail={}, held=["Owner"], providers=list(PROVIDERS), group=None, registry=False, vault=False, secrets=[],
            deployment=None, images=[], apps=[], job=["Running", "Succeeded"], migration="Succeeded", revisions=["", "server--1", "server--2"], deleted_vaults=[], deleted_roles=[], outputs={}, budget=None, standing=None, disk=None,
            quota={"Microsoft.ContainerInstance": ["StandardCores", 10, 0], "Microsoft.App": ["ManagedEnvironmentCount", 15, 0]},
            subscription={"state": "Enabled", "subscriptionPolicies": {"quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"}},
            amr=["pwd", "mfa"], offered={}, policies=[], postgres={}, deleted_workspaces=[],
            roles=[{"name": "role-1", "roleName": "Soundtrack Links launcher (soundtracks-test x)", "assignableScopes": [GROUP_SCOPE]},
                   {"name": "role-2", "roleName": "Somebody else's", "assignableScopes": [GROUP_SCOPE]}],
        )  # fmt: skip

    @property
    def state(self) -> dict[str, Any]:
        return json.loads(self._file.read_text()) if self._file.exists() else {}

    def set(self, **changes: Any) -> None:
        self._file.write_text(json.dumps(self.state | changes))

    def calls(self, *beginnings: str) -> list[str]:
        """Commands of these beginnings, in their order."""
        said = [" ".join(a for a in call["arguments"] if not a.startswith("-")) for call in self.state["calls"]]
        return [s for s in said if s.startswith(beginnings or ("",))]

    def parameters(self) -> list[dict[str, Any]]:
        """What each deployment of infra/main.bicep was given."""
        return [given for given in self._deployed() if "imageTag" in given]

    def budgets(self) -> list[dict[str, Any]]:
        """What each deployment of the budget was given."""
        return [given for given in self._deployed() if "amount" in given]

    def _deployed(self) -> list[dict[str, Any]]:
        return [c["parameters"] for c in self.state["calls"] if c["arguments"][:3] == ["deployment", "group", "create"]]

    @property
    def changes(self) -> list[str]:
        """Calls that change something."""
        words = ("create", "delete", "register", "import", "build", "purge", "start")
        return [call for call in self.calls() if set(call.split()[:4]) & set(words)]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "az"
    fake = Path(__file__).with_name("fake_az.py")
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{fake}" "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_AZ_WORLD", str(tmp_path / "world.json"))
    for name in [name for name in os.environ if name.startswith(("SOUNDTRACKS_", "PREFECT_API"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SOUNDTRACKS_TMDB_TOKEN", "planted-tmdb-token")
    monkeypatch.setenv("SOUNDTRACKS_DISCOGS_TOKEN", "planted-discogs-token")
    monkeypatch.setattr(up, "PAUSE", 0.0)
    monkeypatch.setattr(smoke, "PAUSE", 0.0)
    monkeypatch.setattr(up, "OUTPUTS", tmp_path / ".azure.env")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(az, "sleep", lambda _seconds: None)
    monkeypatch.setattr(az, "subprocess", Inside())
    get_settings.cache_clear()
    yield World(tmp_path / "world.json")
    get_settings.cache_clear()


class Inside:
    """`subprocess` for calls of the fake `az`, in this process: some thousand of them are made."""

    DEVNULL = subprocess.DEVNULL

    def run(self, command: list[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        out = io.StringIO()
        try:
            with redirect_stdout(out):
                fake_az.main(command[1:])
        except SystemExit as ended:
            return subprocess.CompletedProcess(command, 1, "", str(ended.code))
        return subprocess.CompletedProcess(command, 0, out.getvalue(), "")


@pytest.fixture
def real_process(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """`az` is started from PATH as on a user's machine."""
    monkeypatch.setattr(az, "subprocess", subprocess)


@pytest.fixture
def call(world: World) -> Callable[..., Result]:
    """Calls `soundtracks azure …`; errors of ours are in `exception`."""

    def run(*arguments: str, answer: str | None = None) -> Result:
        get_settings.cache_clear()
        return CliRunner().invoke(azure, arguments, input=answer)

    return run
