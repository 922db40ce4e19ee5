"""A local stack as its owner uses it, by its commands, with the sample's services; everything in folders of its own."""

import base64
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import psutil

from sandbox.catalogue import TITLES
from soundtracks.cli.stack import SAMPLE_SETTINGS
from soundtracks.errors import LakeError
from soundtracks.lake.lake import MANIFEST, Lake
from soundtracks.matching.lake_state import DATASET as MATCH_STATE
from soundtracks.operations.access import api_client
from soundtracks.operations.crashes import ADVICE
from soundtracks.operations.processes import FLOW_RUN, marked
from soundtracks.publishing.catalogue_tables import CatalogueTables
from tests.rigs.whole import changed_files, damage

ROOT = Path(__file__).parents[2]
SOUNDTRACKS = (sys.executable, "-m", "soundtracks.cli.main")
FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
#: Seconds after which a run that has not ended hangs.
HANGS = 900.0

#: The campaign keeps out of the way of the stack that its owner may have.
FREE_PORTS = {f"SOUNDTRACKS_PORT_{name}": "0" for name in ("SERVER", "TMDB", "DISCOGS")}

Link = tuple[str, str]


def clean_environment() -> dict[str, str]:
    """Ours, without settings of the product or of Prefect."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("SOUNDTRACKS_", "PREFECT_"))}


def has_ended(run: dict[str, Any]) -> bool:
    """Whether nothing will happen to it any more: a crashed run may be repeated, until advice stands in its message."""
    state = run["state"]
    return state["type"] in FINAL and (state["type"] != "CRASHED" or ADVICE in (state["message"] or ""))


class World:
    """`folder`: of the stack. `lake`: its lake's folder, which another stack may share."""

    def __init__(self, folder: Path, lake: Path, **settings: str) -> None:
        self.folder = folder
        ours = {"SOUNDTRACKS_STACK_FOLDER": str(folder), "SOUNDTRACKS_LAKE_URL": str(lake)}
        self.env = clean_environment() | FREE_PORTS | ours | settings
        self.lake = Lake(str(lake))
        self._api: httpx.Client | None = None
        self._ids: dict[str, str] = {}

    def command(self, *arguments: str, seconds: float = HANGS) -> subprocess.CompletedProcess[str]:
        command = [*SOUNDTRACKS, *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=seconds, check=False)

    def follow(self, name: str) -> subprocess.Popen[str]:
        """A person who looks on at the run of a title file, which is there."""
        command = [*SOUNDTRACKS, "run", "--follow", self.run_of(name)]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def up(self) -> None:
        """What a person does after anything went wrong. It must always work."""
        ended = self.command("up", "--sample")
        if ended.returncode:
            raise AssertionError(f"`soundtracks up` failed: {ended.stderr[-2000:]}")
        self._api = api_client(json.loads((self.folder / "stack.json").read_bytes())["env"], timeout=60)

    def down(self) -> None:
        self.command("down")

    def drop(self, name: str) -> None:
        """A title file of a content of its own: five films of the sample, and one that nobody knows. A name that ends in .zip
        is an export of Letterboxd's with the same films, which is copied as a browser does: piece by piece."""
        films = [*TITLES.read_text(encoding="utf-8").splitlines()[1:6], f"No Film of {name},1901"]
        if not name.endswith(".zip"):
            self.lake.write_bytes(f"titles/{name}", "\n".join(["title,year", *films, ""]).encode())
            return
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            rows = [f"2026-11-{day:02},{film},https://boxd.it/{day}" for day, film in enumerate(films, start=1)]
            archive.writestr("watched.csv", "\n".join(["Date,Name,Year,Letterboxd URI", *rows, ""]))
            archive.writestr("profile.csv", "Date Joined,Username\n2020-01-01,somebody\n")
        with self.lake.path(f"titles/{name}").open("wb", buffering=0) as file:
            for start in range(0, packed.tell(), 200):
                file.write(packed.getvalue()[start : start + 200])
                time.sleep(0.5)

    def forget_matches(self) -> None:
        """The next match finds nothing of those before it: all is to be done again, as in a new lake."""
        self.lake.delete(f"{MATCH_STATE}/{MANIFEST}")

    def runs_of(self, name: str) -> list[dict[str, Any]]:
        """Runs of a title file; none while the server is away."""
        assert self._api
        try:
            asked = {"flow_runs": {"name": {"any_": [name]}}}
            return list(self._api.post("/flow_runs/filter", json=asked).raise_for_status().json())
        except httpx.HTTPError:
            return []

    def end_of(self, name: str, seconds: float = HANGS) -> list[dict[str, Any]]:
        """The runs of a title file once all have ended; with others among them when they do not within the limit."""
        deadline = time.monotonic() + seconds
        while True:
            runs = self.runs_of(name)
            if (runs and all(has_ended(run) for run in runs)) or time.monotonic() > deadline:
                return runs
            time.sleep(1)

    def links(self) -> set[Link]:
        """The accepted links that are published."""
        rows = CatalogueTables(self.lake).links.read(columns=["album_id", "tmdb_id", "decision"]).to_pylist()
        return {(row["album_id"], row["tmdb_id"]) for row in rows if row["decision"] == "accept"}

    def damage(self) -> list[str]:
        """What of the lake is not what its manifests say, and what is wrong with the catalogue."""
        try:
            manifests = [entry.name for entry in self.lake.list("silver") if entry.name.endswith(f"/{MANIFEST}")]
            refs = [self.lake.current(manifest.removesuffix(f"/{MANIFEST}")) for manifest in manifests]
            found = [file for ref in refs if ref for file in changed_files(self.lake, ref)]
            return found if CatalogueTables(self.lake).is_empty else found + damage(self.lake)
        except LakeError as error:
            return [str(error)]

    def secrets(self) -> list[str]:
        """Files of the stack and the lake with a key or the password in them, besides those that are there to hold them."""
        password = (self.folder / "api-password").read_text(encoding="utf-8").strip()
        words = (password.partition(":")[2], base64.b64encode(password.encode()).decode(), *SAMPLE_SETTINGS.values())
        # sample.log is what the sample says, and its keys are for everybody
        known = {self.folder / name for name in ("api-password", "stack.json", "logs/sample.log")}
        files = [path for room in (self.folder, Path(self.lake.container)) for path in room.rglob("*") if path.is_file()]
        return [
            f"a secret in {path.name}"
            for path in files
            if path not in known and (data := path.read_bytes()) and any(word.encode() in data for word in words)
        ]

    def processes(self, name: str) -> dict[str, list[psutil.Process]]:
        """The stack's services by name, and all processes of the `run` of a title file, and of the `match` that it waits for."""
        services = {
            service["pid"]: service["name"] for service in json.loads((self.folder / "stack.json").read_bytes())["services"]
        }
        found: dict[str, list[psutil.Process]] = defaultdict(list)
        run = self.run_of(name)
        for process, environment in marked(self.folder).items():
            if process.pid in services:
                found[services[process.pid]].append(process)
            elif run and (flow_run := environment.get(FLOW_RUN)):
                found["run" if flow_run == run else "match"].append(process)
        return found

    def has_ended(self, name: str) -> bool:
        """Whether all runs of a title file have ended; not while there is none, or the server is away."""
        runs = self.runs_of(name)
        return bool(runs) and all(has_ended(run) for run in runs)

    def run_of(self, name: str) -> str:
        """Id of the first run of a title file, which a repetition keeps; empty while there is none."""
        if name not in self._ids and (runs := self.runs_of(name)):
            self._ids[name] = runs[0]["id"]
        return self._ids.get(name, "")

    def cut_the_power(self) -> None:
        """Every process of the stack at once. What the system had not yet written to the disk, it still writes."""
        for process in marked(self.folder):
            process.kill()
