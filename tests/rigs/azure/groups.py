"""Container groups: each with one container, whose command runs as a process of this machine."""

import asyncio
import contextlib
import copy
import os
import re
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psutil

from soundtracks.operations.processes import family
from tests.rigs.azure.faults import Fault
from tests.rigs.azure.templates import TemplateError

TYPE = "Microsoft.ContainerInstance/containerGroups"
#: A container that is told to end is killed after so many seconds.
GRACE = 10.0

#: From an image, its environment and its command: the argv and the environment of the process that stands for the container.
Start = Callable[[str, dict[str, str], list[str]], tuple[Sequence[str], Mapping[str, str]]]


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class ContainerGroup:
    """`resource`: the group as the evaluated template describes it. Raises TemplateError for one that Azure refuses."""

    def __init__(self, scope_id: str, resource: dict[str, Any], fault: Fault) -> None:
        self.name: str = resource["name"]
        if resource["type"] != TYPE or not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", self.name):
            raise TemplateError(f"InvalidContainerGroupName: {resource['type']} '{self.name}'")
        self.id = f"{scope_id}/providers/{TYPE}/{self.name}"
        self.resource = resource
        self.fault = fault
        self.output: list[str] = []
        self.started = self.finished = ""
        self.exit_code: int | None = None
        self._listed_ended = 0
        #: set when so many listings as the fault says held the group with its container ended
        self.end_seen = asyncio.Event()
        self._cue: float | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def container(self) -> dict[str, Any]:
        found: dict[str, Any] = self.resource["properties"]["containers"][0]["properties"]
        return found

    @property
    def running(self) -> bool:
        return bool(self.started) and self.exit_code is None

    @property
    def since_cue(self) -> float | None:
        """Seconds since the container printed the line that its fault waits for; None before it."""
        return None if self._cue is None else time.monotonic() - self._cue

    def environment(self) -> dict[str, str]:
        """The container's variables. Raises TemplateError unless each has exactly one value, a text."""
        variables = {}
        for variable in self.container.get("environmentVariables", []):
            values = [variable[key] for key in ("value", "secureValue") if variable.get(key) is not None]
            if len(values) != 1 or not isinstance(values[0], str):
                raise TemplateError(f"InvalidEnvironmentVariable: '{variable['name']}' needs one text.")
            variables[variable["name"]] = values[0]
        return variables

    async def start(self, start: Start) -> None:
        command = self.fault.command or self.container["command"]
        argv, environment = start(self.container["image"], self.environment(), list(command))
        self._process = await asyncio.create_subprocess_exec(
            *argv,
            env=dict(environment),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=1 << 20,
        )
        self.started = now()
        if not self.fault.unavailable_from:
            self._cue = time.monotonic()
        self._watch = asyncio.create_task(self._follow(self._process))

    async def _follow(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            words = line.decode(errors="replace").rstrip()
            self.output.append(f"{now()} {words}")
            if self._cue is None and self.fault.unavailable_from in words:
                self._cue = time.monotonic()
        code = await process.wait()
        self.exit_code = code if code >= 0 else 128 - code
        self.finished = now()

    async def end(self) -> None:
        """Ends the container's processes, kindly first. None outlives the first one, whatever session it has made for itself:
        Prefect's engine would run on, and report of a container that is gone."""
        if self._process is None or self._watch is None or not self.running:
            return
        everybody: set[psutil.Process] = set()
        with contextlib.suppress(psutil.NoSuchProcess):
            everybody = set(family(psutil.Process(self._process.pid)))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), GRACE)
        for process in everybody.union(*map(family, everybody)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        await asyncio.wait({self._watch}, timeout=GRACE)  # for ever, if something that nobody knows of holds its output

    def note_listing(self) -> None:
        """Somebody lists the groups, and sees this one as it is."""
        self._listed_ended += self.exit_code is not None
        if self._listed_ended >= self.fault.hidden_after_listings:
            self.end_seen.set()

    def view(self, *, listed: bool = False) -> dict[str, Any]:
        """The group as Azure answers it: no secure values; in a listing no instance view."""
        shown = copy.deepcopy(self.resource)
        properties = shown["properties"]
        for container in properties["containers"]:
            for variable in container["properties"].get("environmentVariables", []):
                variable.pop("secureValue", None)
            if not (listed or self.fault.no_instance_view):
                container["properties"]["instanceView"] = {"restartCount": 0, "currentState": self._state()}
        properties.get("diagnostics", {}).get("logAnalytics", {}).pop("workspaceKey", None)
        properties["provisioningState"] = "Succeeded"
        return {"id": self.id, "name": self.name, "type": TYPE, **shown}

    def _state(self) -> dict[str, Any]:
        if not self.started:
            return {"state": "Waiting", "detailStatus": "ContainerCreating"}
        if self.exit_code is None:
            return {"state": "Running", "startTime": self.started, "detailStatus": ""}
        detail = "Completed" if self.exit_code == 0 else "OOMKilled" if self.exit_code == 137 else "Error"
        times = {"startTime": self.started, "finishTime": self.finished}
        return {"state": "Terminated", **times, "exitCode": self.exit_code, "detailStatus": detail}
