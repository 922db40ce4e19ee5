"""The Prefect server as a stack starts it, on a port and in a folder of its own; it may be killed and started again."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import psutil

from soundtracks.operations.access import PASSWORD, read_password, server_environment
from tests.rigs.ports import free_port
from tests.waiting import until

ROOT = Path(__file__).parents[2]


class PrefectServer:
    """`settings`: further ones of the server, such as the address of its database."""

    def __init__(self, folder: Path, settings: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.folder = folder
        self.password = read_password(folder / "api-password")
        self.url = f"http://127.0.0.1:{self.port}"
        self.client_env = {"PREFECT_API_URL": f"{self.url}/api", PASSWORD: self.password}
        self.settings = settings or {}

    def start(self) -> None:
        own = {"PREFECT_HOME": str(self.folder), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
        env = os.environ | self.client_env | own | server_environment(self.port, self.password) | self.settings
        command = [sys.executable, "-m", "soundtracks.operations.api_server", "--port", str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        until(self._answers, 400, "the server")

    def _answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "server.log").read_text(errors="replace")[-3000:]
        return httpx.get(f"{self.url}/api/health").status_code == 200

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def memory(self) -> int:
        """Resident bytes of the server's process."""
        return int(psutil.Process(self.process.pid).memory_info().rss)
