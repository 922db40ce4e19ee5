"""A real Prefect server, real ACI workers and the stand-in for Azure, started once for all scenarios."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import FlowRun
from prefect.states import Scheduled

from tests.rigs.ports import free_port
from tests.waiting import until

HOME = Path(__file__).parents[2]
#: Planted where the worker could pass them on; no template may hold them.
PLANTED = {
    "PREFECT_API_AUTH_STRING": "planted-admin:planted-secret-1",
    "PREFECT_SERVER_DATABASE_CONNECTION_URL": "postgresql+asyncpg://prefect:planted-secret-2@db/prefect",
    "SOUNDTRACKS_TMDB_TOKEN": "planted-secret-3",
}
VARIABLES = {
    "SOUNDTRACKS_HOME": str(HOME),
    "SOUNDTRACKS_IMAGE": "soundtracks.azurecr.io/soundtrack-links:abc1234",
    "SOUNDTRACKS_AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000001",
    "SOUNDTRACKS_AZURE_RESOURCE_GROUP": "rg-soundtracks",
    "SOUNDTRACKS_AZURE_IDENTITY_ID": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/"
    "userAssignedIdentities/flows",
    "SOUNDTRACKS_AZURE_IDENTITY_CLIENT_ID": "00000000-0000-0000-0000-000000000002",
    "SOUNDTRACKS_AZURE_REGISTRY": "soundtracks.azurecr.io",
    "SOUNDTRACKS_AZURE_SUBNET_ID": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/f",
    "SOUNDTRACKS_AZURE_LOG_WORKSPACE_ID": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/"
    "workspaces/w",
    "SOUNDTRACKS_DATABRICKS_JOB": "none",
    "SOUNDTRACKS_KEY_VAULT_URL": "https://sandbox.vault.azure.net",
    "SOUNDTRACKS_LAKE_ACCOUNT_URL": "https://soundtracks.blob.core.windows.net",
}


#: The two pools of prefect.yaml's azure environment.
MAIN, MATCH = "soundtracks-azure", "soundtracks-match-azure"


class World:
    """`client`: of the Prefect server. Everything it starts ends with the block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = contextlib.ExitStack()
        port = free_port()
        api = f"http://127.0.0.1:{port}/api"
        self.lake = folder / "lake"
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "SOUNDTRACKS_"))}
        self.variables = VARIABLES | {"SOUNDTRACKS_LAKE_URL": str(self.lake)}
        self.env = (
            clean
            | self.variables
            | {
                "PREFECT_API_URL": api,
                "PREFECT_HOME": str(folder / "prefect"),
                "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
                "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,tasks,expectations,soundtracks",
            }
        )
        server_env = self.env | {"PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS": "2"}
        self.start("server", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), env=server_env)
        self.azure_process: subprocess.Popen[bytes] | None = None
        self.client = self._stack.enter_context(SyncPrefectClient(api))
        until(lambda: httpx.get(f"{api}/health").status_code == 200, 90, "the Prefect server")

    def start_azure(self, *options: str) -> None:
        self.azure_process = self.start("azure", "tests.rigs.azure", str(self.folder / "azure"), *options)
        settings = self.folder / "azure" / "settings.json"
        until(settings.exists, 30, "the stand-in for Azure")
        self.network = json.loads(settings.read_text())
        self.controls = httpx.Client(base_url=self.network["IDENTITY_ENDPOINT"].removesuffix("/msi/token") + "/_sandbox")
        self._stack.callback(self.controls.close)

    def start(self, log: str, module: str, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{log}.log").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=HOME,
                env=env or self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._stack.callback(end, process)
        return process

    def start_worker(self, pool: str, **env: str) -> "subprocess.Popen[bytes]":
        """The real worker, led to the stand-in by environment variables alone."""
        worker_env = self.env | self.network | {"PREFECT_WORKER_QUERY_SECONDS": "1"} | env
        name = ("--pool", pool, "--type", "azure-container-instance", "--name", f"worker-{pool}")
        return self.start(f"worker-{pool}", "prefect", "worker", "start", *name, env=worker_env)

    def run(self, name: str, /, *, delay: float = 1.5, **parameters: Any) -> UUID:
        """A run that starts soon: late enough to set its fault first."""
        found = self.client.read_deployment_by_name(name)
        soon = Scheduled(scheduled_time=datetime.now(UTC) + timedelta(seconds=delay))
        return self.client.create_flow_run_from_deployment(found.id, parameters=parameters, state=soon).id

    def fault(self, run: UUID, **fault: Any) -> None:
        self.controls.put(f"/faults/{run}", json=fault).raise_for_status()

    def read(self, run: UUID) -> FlowRun:
        return self.client.read_flow_run(run)

    def group(self, run: UUID) -> dict[str, Any] | None:
        return next((group for group in self.controls.get("/groups").json() if str(run) in group["name"]), None)

    def kept_output(self, run: UUID) -> str:
        """What Log Analytics keeps of the run's containers."""
        return "\n".join(self.controls.get(f"/logs/{run}").json())

    def last_log_lines(self) -> list[str]:
        """The end of what all match containers printed: a parent's failure says only that its child ended."""
        return list(self.controls.get("/logs/match-albums").json())[-30:]

    def logged(self, run: UUID, words: str) -> None:
        """Waits until the server has the run's log with these words: logs come in batches, after the state."""
        until(lambda: words in self.log(run), 30, f"{words!r} in the log of {run}")

    def log(self, run: UUID) -> str:
        logs = self.client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run])))
        return "\n".join(log.message for log in logs)

    def states(self, run: UUID) -> list[str]:
        return [state.name for state in self.client.read_flow_run_states(run)]

    def wait(self, run: UUID, state: str, seconds: float, *, fleeting: bool = False) -> FlowRun:
        """The run when it has this state. Fails with its history after the time, or when it ended in another state that is
        not `fleeting`: one which the clean-up may leave again."""
        deadline = time.monotonic() + seconds
        while (found := self.read(run)).state_name != state:
            ended = found.state is not None and found.state.is_final() and not fleeting
            if ended or time.monotonic() > deadline:
                words = "\n".join(self.last_log_lines())
                raise AssertionError(f"not {state} within {seconds} s, but {self.states(run)}: {found.state}\n{words}")
            time.sleep(0.25)
        return found

    def close(self) -> None:
        self._stack.close()


@dataclass
class Scenarios:
    """`runs`: name of the scenario → its run."""

    world: World
    runs: dict[str, UUID] = field(default_factory=dict)

    def begin(
        self, name: str, deployment: str, fault: dict[str, Any] | None = None, *, delay: float = 1.5, **parameters: Any
    ) -> UUID:
        self.runs[name] = run = self.world.run(deployment, delay=delay, **parameters)
        if fault:
            self.world.fault(run, **fault)
        return run


def end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    made = World(folder)
    try:
        yield made
    finally:
        made.close()
