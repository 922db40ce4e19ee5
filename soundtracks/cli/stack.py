"""The local stack: Prefect server, workers, inbox watcher and, with the sample, stand-ins for TMDB and Discogs.

What was started is written down before anything else happens, so that `down` ends exactly that: a process is ours
only if both its number and its start time are the recorded ones.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
from pydantic import BaseModel, Field

from soundtracks.errors import ServerError
from soundtracks.operations.deployments import HEARTBEAT_SECONDS
from soundtracks.settings import get_settings

#: Where prefect.yaml and the code are.
HOME = Path(__file__).resolve().parents[2]

SERVERS = ("server", "sample")
POOLS = ("soundtracks", "soundtracks-match")
SAMPLE_SETTINGS = {"SOUNDTRACKS_TMDB_TOKEN": "sample-tmdb-token", "SOUNDTRACKS_DISCOGS_TOKEN": "sample-discogs-token"}
#: A busy machine needs long to import Prefect; a service that takes longer has failed.
MAX_START = 180.0

#: Children of this very process, which must be waited for when they end; those of an earlier `up` are none of ours to reap.
_children: dict[int, subprocess.Popen[bytes]] = {}


class Service(BaseModel):
    """One process of the stack. `started`: its start time in seconds of the epoch, as the system tells it."""

    name: str
    pid: int
    started: float
    log: str
    url: str = ""

    def process(self) -> psutil.Process | None:
        """The running process; None when it has ended or its number belongs to another by now."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 1 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if same else None


class Stack(BaseModel):
    """What `up` started. `env`: settings that its processes share and that `run` takes over."""

    services: list[Service] = Field(default_factory=list)
    env: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def load(cls) -> "Stack":
        file = _folder() / "stack.json"
        return cls.model_validate_json(file.read_bytes()) if file.exists() else cls()

    def save(self) -> None:
        file = _folder() / "stack.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".part")
        temporary.write_text(self.model_dump_json(indent=1))
        temporary.replace(file)

    def running(self, name: str) -> Service | None:
        return next((s for s in self.services if s.name == name and s.process()), None)

    @property
    def api_url(self) -> str:
        """Address of the Prefect API; empty when no server of ours runs."""
        return self.env.get("PREFECT_API_URL", "") if self.running("server") else ""


def start(sample: bool) -> Iterator[tuple[str, str]]:
    """Starts what does not run yet, waits until it answers, and yields (service, address) as each is ready.

    Raises ServerError with the end of its log when a service does not come up.
    """
    stack = Stack.load()
    stack.services = [s for s in stack.services if s.process()]
    if not stack.services:
        stack.env = {}
    stack.env |= {
        "PREFECT_HOME": str(_folder() / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,tasks,expectations,soundtracks",
        "SOUNDTRACKS_HOME": str(HOME),
    }
    if sample:
        yield from _start_sample(stack)
    yield "Prefect", _start_server(stack)
    _deploy(stack)
    yield "deployments", "link-soundtracks/local, match-albums/local"
    for pool in POOLS:
        command = ["-m", "prefect", "worker", "start", "--pool", pool, "--name", pool, "--type", "process"]
        _start(stack, f"worker {pool}", command, ready=lambda pool=pool: _worker_is_online(stack, pool))  # type: ignore[misc]
        yield "worker", pool
    _start(stack, "watcher", ["-m", "soundtracks.cli.main", "watch"])
    yield "inbox", f"{_lake_url(stack)}/titles"


def use_lake() -> None:
    """Points this process at the lake of the running stack, such as the sample's, unless the environment names one.

    Call it before the settings are read.
    """
    if url := Stack.load().env.get("SOUNDTRACKS_LAKE_URL"):
        os.environ.setdefault("SOUNDTRACKS_LAKE_URL", url)


def stop() -> list[str]:
    """Ends what `start` started and nothing else; returns the names of what was still running."""
    running = [(service.name, process) for service in reversed(Stack.load().services) if (process := service.process())]
    # together, as each may take its time, but first those that have something left to say to a server
    for servers in (False, True):
        with ThreadPoolExecutor() as pool:
            list(pool.map(_terminate, [process for name, process in running if (name in SERVERS) == servers]))
    _reap()
    (_folder() / "stack.json").unlink(missing_ok=True)
    return [name for name, _ in running]


def _start_sample(stack: Stack) -> Iterator[tuple[str, str]]:
    tmdb, discogs = _port(stack, "tmdb", 4301), _port(stack, "discogs", 4302)
    urls = {"TMDB (sample)": f"http://127.0.0.1:{tmdb}", "Discogs (sample)": f"http://127.0.0.1:{discogs}"}
    stack.env |= SAMPLE_SETTINGS | {
        "SOUNDTRACKS_TMDB_BASE_URL": f"{urls['TMDB (sample)']}/3",
        "SOUNDTRACKS_DISCOGS_BASE_URL": urls["Discogs (sample)"],
        "SOUNDTRACKS_LAKE_URL": os.environ.get("SOUNDTRACKS_LAKE_URL", str(_folder() / "sample-lake")),
    }
    # the sample need not make people wait: it allows more requests a minute than Discogs and says so in its headers
    command = ["-m", "sandbox", "--port-tmdb", str(tmdb), "--port-discogs", str(discogs), "--discogs-rate", "6000"]
    _start(stack, "sample", command, ready=lambda: all(_answers(url) for url in urls.values()))
    yield from urls.items()


def _start_server(stack: Stack) -> str:
    port = _port(stack, "server", 4200)
    url = f"http://127.0.0.1:{port}"
    stack.env["PREFECT_API_URL"] = f"{url}/api"
    command = ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    _start(stack, "server", command, ready=lambda: _answers(f"{url}/api/health"), url=url)
    return url


def _deploy(stack: Stack) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "soundtracks.cli.main", "deploy", "--env", "local"],
        cwd=HOME,
        env=os.environ | stack.env,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise ServerError(f"The deployments could not be registered: {(result.stderr or result.stdout).strip()[-2000:]}")


def _start(stack: Stack, name: str, arguments: list[str], *, ready: Callable[[], bool] = lambda: True, url: str = "") -> None:
    """Starts `python arguments…` unless it runs, writes it down, and waits until `ready`."""
    if not stack.running(name):
        log = _folder() / "logs" / f"{name.replace(' ', '-')}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=HOME,
                env=os.environ | stack.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C at the terminal is not for the stack
            )
        _children[process.pid] = process
        started = psutil.Process(process.pid).create_time()
        stack.services = [s for s in stack.services if s.name != name]
        stack.services.append(Service(name=name, pid=process.pid, started=started, log=str(log), url=url))
        stack.save()
    deadline = time.monotonic() + MAX_START
    while not ready():
        service = stack.running(name)
        if service is None or time.monotonic() > deadline:
            log = _folder() / "logs" / f"{name.replace(' ', '-')}.log"
            tail = log.read_text(errors="replace")[-1500:]
            _reap()
            raise ServerError(
                f"{name} did not come up:\n{tail}", hint=f"Its whole log is {log}. `soundtracks down` ends the rest."
            )
        time.sleep(0.2)


def _port(stack: Stack, name: str, preferred: int) -> int:
    """The port a service had before, else the preferred one, else any free one: a port in use is avoided."""
    key = f"SOUNDTRACKS_PORT_{name.upper()}"
    if key not in stack.env:
        for port in (preferred, 0):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                stack.env[key] = str(probe.getsockname()[1])
                break
    return int(stack.env[key])


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code < 500
    except httpx.HTTPError:
        return False


def _worker_is_online(stack: Stack, pool: str) -> bool:
    try:
        answer = httpx.post(f"{stack.env['PREFECT_API_URL']}/work_pools/{pool}/workers/filter", json={}, timeout=5)
        workers = answer.json() if answer.status_code == 200 else []
    except (httpx.HTTPError, json.JSONDecodeError):
        return False
    return any(worker["status"] == "ONLINE" for worker in workers)


def _terminate(process: psutil.Process) -> None:
    """Ends a process and its children; flow runs are children of their worker."""
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.terminate()
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(family, timeout=15)
    for member in alive:
        member.kill()
    psutil.wait_procs(alive, timeout=5)


def _reap() -> None:
    """Takes leave of children that have ended."""
    for pid in [pid for pid, child in _children.items() if child.poll() is not None]:
        del _children[pid]


def _lake_url(stack: Stack) -> str:
    return stack.env.get("SOUNDTRACKS_LAKE_URL") or get_settings().lake_url


def _folder() -> Path:
    """Where the stack keeps its state, its logs and Prefect's database."""
    return Path(os.environ.get("SOUNDTRACKS_STACK_FOLDER", HOME / ".soundtracks")).resolve()
