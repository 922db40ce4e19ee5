"""The stack that `soundtracks up --sample` starts, in a folder of its own, as a person sees it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from soundtracks.cli.stack import Stack, start, stop
from soundtracks.lake.lake import Lake
from soundtracks.metrics import RunMetrics
from soundtracks.operations.access import api_client
from soundtracks.publishing.catalogue_tables import CatalogueTables
from tests.waiting import until

ROOT = Path(__file__).parents[2]
FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


class World:
    """The running stack as a person sees it: its lake, its server, its commands."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = os.environ | env
        self.api = api_client(env, timeout=60)
        self.lake = Lake(env["SOUNDTRACKS_LAKE_URL"])

    def runs(self, **where: Any) -> list[dict[str, Any]]:
        answer = self.api.post("/flow_runs/filter", json={"flow_runs": where, "sort": "START_TIME_ASC"})
        answer.raise_for_status()
        return list(answer.json())

    def run_of(self, name: str) -> dict[str, Any]:
        """The run of a title file, once it has ended."""
        ended = until(
            lambda: [r for r in self.runs(name={"any_": [name]}) if r["state"]["type"] in FINAL], 240, f"the end of {name}"
        )
        return ended[0]

    def ended(self, run: str) -> dict[str, Any]:
        """The state in which a run ends."""
        return until(
            lambda: (state := self.api.get(f"/flow_runs/{run}").json()["state"])["type"] in FINAL and state,
            240,
            f"the end of {run}",
        )

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "soundtracks.cli.main", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=300)

    def links(self) -> set[tuple[str, str, str]]:
        rows = CatalogueTables(self.lake).links.read(columns=["album_id", "tmdb_id", "decision"]).to_pylist()
        return {(row["album_id"], row["tmdb_id"], row["decision"]) for row in rows}

    def metrics(self, run: dict[str, Any]) -> RunMetrics:
        return RunMetrics.model_validate(self.lake.read_json(f"runs/{run['id']}/metrics.json"))


@contextmanager
def sample_stack(folder: Path, **settings: str) -> Iterator[World]:
    """A running stack with these settings, SOUNDTRACKS_…; it ends with the context."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(("SOUNDTRACKS_", "PREFECT_"))]:
            patch.delenv(name)
        patch.setenv("SOUNDTRACKS_STACK_FOLDER", str(folder))
        for name, value in settings.items():
            patch.setenv(name, value)
        try:
            list(start(sample=True))
            made = World(Stack.load().env)
            yield made
            made.api.close()
        finally:
            stop()
