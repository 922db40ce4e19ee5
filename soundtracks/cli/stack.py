"""The local stack: Prefect server, workers, inbox watcher and, with the sample, stand-ins for TMDB and Discogs.

One `up` or `down` at a time. What was started is written down before anything else happens, and every process carries the
stack's mark (soundtracks/operations/processes.py): `down` ends exactly what belongs to the stack, recorded or not.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
import httpx
import psutil
from pydantic import BaseModel, Field, ValidationError

from soundtracks.cli.replacing import replace_file
from soundtracks.errors import BadInput, ServerError
from soundtracks.operations import processes
from soundtracks.operations.access import PASSWORD, api_client, is_open, read_password, server_environment
from soundtracks.operations.client import answering
from soundtracks.operations.deployments import HEARTBEAT_SECONDS
from soundtracks.operations.lost_runs import LostRuns
from soundtracks.operations.processes import Service
from soundtracks.operations.versions import check_versions, keep_copy, note_version
from soundtracks.settings import get_settings

#: Where prefect.yaml and the code are.
HOME = Path(__file__).resolve().parents[2]

SERVERS = ("server", "sample")
#: Each pool, and how often its worker looks for runs, in seconds: people wait for the first, and a look costs a hundredth of a
#: core. Prefect's usual ten are for servers far away.
POOLS = {"soundtracks": 1, "soundtracks-match": 2}
SAMPLE_SETTINGS = {"SOUNDTRACKS_TMDB_TOKEN": "sample-tmdb-token", "SOUNDTRACKS_DISCOGS_TOKEN": "sample-discogs-token"}
#: A busy machine needs long to import Prefect; a service that takes longer has failed.
MAX_START = 180.0
#: Seconds that `down` waits for an `up` in another terminal to end; an `up` waits for another as long as that may take.
MAX_WAIT = 20.0


class Stack(BaseModel):
    """What `up` started. `env`: settings that its processes share and that `run` takes over; holds the API's password."""

    services: list[Service] = Field(default_factory=list)
    env: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def load(cls) -> "Stack":
        """What is written down; nothing where that is damaged. Raises ServerError when it may not be read, as another user's."""
        file = folder() / "stack.json"
        with _disk_errors_explained(), suppress(ValidationError):
            if file.exists():
                return cls.model_validate_json(file.read_bytes())
        return cls()

    def save(self) -> None:
        file = folder() / "stack.json"
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(file, self.model_dump_json(indent=1).encode(), mode=0o600)

    @property
    def is_sample(self) -> bool:
        """Whether its workers ask the sample's services."""
        return SAMPLE_SETTINGS.items() <= self.env.items()

    def running(self, name: str) -> Service | None:
        return next((s for s in self.services if s.name == name and s.process()), None)

    @property
    def api_url(self) -> str:
        """Address of the Prefect API; empty when no server of ours runs."""
        return self.env.get("PREFECT_API_URL", "") if self.running("server") else ""


def start(sample: bool) -> Iterator[tuple[str, str]]:
    """Starts what does not run yet, waits until it answers, and yields (service, address) as each is ready.

    Runs that died with an earlier stack are ended, and those that can go on do. When a service does not come up, or on
    Ctrl-C, what this call started is ended again. A stack with the sample keeps it. Raises ServerError with the end of the
    service's log, or when the stack's folder cannot be written; BadInput when the sample is wanted in a stack without it.
    """
    busy = "Another `soundtracks up` or `down` is under way and does not end."
    with _disk_errors_explained(), _alone(MAX_START * 3, busy), processes.interrupted_once():
        stack = Stack.load()
        stack.services = [s for s in stack.services if s.process()]
        if not stack.services:  # whatever runs all the same, nobody knows its ports and settings
            processes.end(list(processes.marked(folder())))
            stack.env = {}
        elif sample and not stack.is_sample:
            raise BadInput(
                "The running stack asks TMDB and Discogs themselves, and its lake is no sample.",
                hint="End it first: `soundtracks down`; or give the sample a stack of its own: SOUNDTRACKS_STACK_FOLDER.",
            )
        before, ours = {service.name for service in stack.services}, set(processes.marked(folder()))
        try:
            yield from _start_all(stack, sample or stack.is_sample)
        except BaseException:
            with processes.undisturbed():
                _end(stack, {service.name for service in stack.services} - before)
                processes.end([started for started in processes.services(folder()) if started not in ours])  # not yet recorded
                if not before:
                    (folder() / "stack.json").unlink(missing_ok=True)
            raise


def _start_all(stack: Stack, sample: bool) -> Iterator[tuple[str, str]]:
    stack.env |= {
        "PREFECT_HOME": str(folder() / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,tasks,expectations,soundtracks",
        "SOUNDTRACKS_HOME": str(HOME),
    }
    if sample:
        yield from _start_sample(stack)
    stack.env.setdefault("SOUNDTRACKS_LAKE_URL", _lake_url())
    yield "Prefect", _start_server(stack)
    _deploy(stack)
    yield "deployments", "link-soundtracks/local, match-albums/local"
    served = {pool for pool in POOLS if stack.running(f"worker {pool}")}
    yield from _take_up_lost_runs(stack, served)
    for pool, seconds in POOLS.items():
        command = ["-m", "prefect", "worker", "start", "--pool", pool, "--name", pool, "--type", "process"]
        ready = lambda pool=pool: _worker_is_online(stack, pool)  # noqa: E731
        _start(stack, f"worker {pool}", command, ready=ready, env={"PREFECT_WORKER_QUERY_SECONDS": str(seconds)})
        yield "worker", pool
    _start(stack, "watcher", ["-m", "soundtracks.cli.main", "watch"])
    yield "inbox", f"{stack.env['SOUNDTRACKS_LAKE_URL']}/titles"


def use_lake() -> None:
    """Points this process at the lake of the running stack, such as the sample's, unless the environment names one.

    Call it before the settings are read.
    """
    if url := Stack.load().env.get("SOUNDTRACKS_LAKE_URL"):
        os.environ.setdefault("SOUNDTRACKS_LAKE_URL", url)


def stop() -> list[str]:
    """Ends what belongs to the stack and nothing else; returns the names of the services that were still running."""
    busy = "A `soundtracks up` is under way: wait for it, or end it with Ctrl-C."
    with _alone(MAX_WAIT, busy, needed=False), processes.undisturbed():
        stack = Stack.load()
        running = [service.name for service in reversed(stack.services) if service.process()]
        _end(stack, set(running))
        processes.end(list(processes.marked(folder())))  # what no record names
        with suppress(OSError):  # a record of what has ended does no harm
            (folder() / "stack.json").unlink(missing_ok=True)
    return running


def folder() -> Path:
    """Where the stack keeps its state, its logs and Prefect's database; only its owner may look into it."""
    return Path(os.environ.get("SOUNDTRACKS_STACK_FOLDER", HOME / ".soundtracks")).resolve()


def password_file() -> Path:
    return folder() / "api-password"


@contextmanager
def _disk_errors_explained() -> Iterator[None]:
    """Raises ServerError for a full disk, a folder without access, and the like."""
    try:
        yield
    except OSError as error:
        raise ServerError(
            f"The stack cannot use its folder {folder()}: {error}.",
            hint="Free space or access there, or name another one: SOUNDTRACKS_STACK_FOLDER.",
        ) from error


@contextmanager
def _alone(wait: float, message: str, *, needed: bool = True) -> Iterator[None]:
    """Holds the stack's lock. Raises ServerError when another command holds it for longer than `wait` seconds, and OSError when
    it cannot be made, if it is needed."""
    lock = filelock.FileLock(folder() / "stack.lock", timeout=wait, mode=0o600)
    try:
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        folder().chmod(0o700)
        lock.acquire()
    except filelock.Timeout:
        raise ServerError(message) from None
    except OSError:
        if needed:
            raise
    try:
        yield
    finally:
        lock.release()


def _end(stack: Stack, names: set[str]) -> None:
    """Ends these services, with what runs in them: first those that have something left to say to a server."""
    for servers in (False, True):
        found = [s.process() for s in stack.services if s.name in names and (s.name in SERVERS) == servers]
        processes.end([member for process in found if process for member in processes.family(process)])


def _start_sample(stack: Stack) -> Iterator[tuple[str, str]]:
    def begin(tmdb: int, discogs: int) -> None:
        stack.env |= SAMPLE_SETTINGS | {
            "SOUNDTRACKS_TMDB_BASE_URL": f"{_local(tmdb)}/3",
            "SOUNDTRACKS_DISCOGS_BASE_URL": _local(discogs),
            "SOUNDTRACKS_LAKE_URL": os.environ.get("SOUNDTRACKS_LAKE_URL", str(folder() / "sample-lake")),
        }
        # the sample need not make people wait: it allows more requests a minute than Discogs and says so in its headers
        command = ["-m", "sandbox", "--port-tmdb", str(tmdb), "--port-discogs", str(discogs), "--discogs-rate", "6000"]
        ready = lambda: _answers(_local(tmdb)) and _answers(_local(discogs))  # noqa: E731
        _start(stack, "sample", command, ready=ready, ports=(tmdb, discogs))

    tmdb, discogs = _on_ports(stack, {"tmdb": 4301, "discogs": 4302}, begin)
    yield "TMDB (sample)", _local(tmdb)
    yield "Discogs (sample)", _local(discogs)


def _start_server(stack: Stack) -> str:
    password = read_password(password_file())
    home = Path(stack.env["PREFECT_HOME"])
    if not stack.running("server"):
        keep_copy(home)

    def begin(port: int) -> None:
        url = _local(port)
        stack.env |= {"PREFECT_API_URL": f"{url}/api", PASSWORD: password}
        command = ["-m", "soundtracks.operations.api_server", "--port", str(port)]
        environment = server_environment(port, password, get_settings().server_retention_days)
        ready = lambda: _answers(f"{url}/api/health")  # noqa: E731
        _start(stack, "server", command, ready=ready, url=url, env=environment, ports=(port,))

    (port,) = _on_ports(stack, {"server": 4200}, begin)
    url = _local(port)
    if _asks_for_no_password(f"{url}/api"):
        raise ServerError(
            f"The server on {url} asks for no password: any web page could use it.",
            hint="An earlier version started it. End it with `soundtracks down`, then `soundtracks up`.",
        )
    with api_client(stack.env) as api:
        check_versions(api)
    note_version(home)
    return url


def _asks_for_no_password(api_url: str) -> bool:
    """Raises ServerError where the server, which may be busy with its start, does not answer for minutes."""
    from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

    again = Retrying(
        retry=retry_if_exception_type(httpx.TransportError), wait=wait_fixed(1), stop=stop_after_delay(MAX_START), reraise=True
    )
    with answering(hint="Run `soundtracks up` again; its log is in .soundtracks/logs."):
        return again(is_open, api_url)


def _deploy(stack: Stack) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "soundtracks.cli.main", "deploy", "--env", "local"],
        cwd=HOME,
        env=os.environ | stack.env | {processes.MARK: str(folder())},
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise ServerError(f"The deployments could not be registered: {(result.stderr or result.stdout).strip()[-2000:]}")


def _take_up_lost_runs(stack: Stack, served: set[str]) -> Iterator[tuple[str, str]]:
    with api_client(stack.env) as api:
        lost = LostRuns(api)
        for done in lost.take_up(lost.without_process(POOLS, processes.flow_runs(folder()), served)):
            yield "lost run", f"{done.name}: {done.action.message}"


def _start(
    stack: Stack,
    name: str,
    arguments: list[str],
    *,
    ready: Callable[[], bool] = lambda: True,
    url: str = "",
    env: dict[str, str] | None = None,
    ports: tuple[int, ...] = (),
) -> None:
    """Starts `python arguments…` unless it runs, writes it down, and waits until it listens on its `ports` itself and is `ready`.

    `env`: for this service only. Raises PortTaken when it ended because another program listens on one of them.
    """
    if not stack.running(name):
        service = processes.start_service(folder(), HOME, name, arguments, stack.env | (env or {}), url)
        stack.services = [*(s for s in stack.services if s.name != name), service]
        stack.save()
    deadline = time.monotonic() + MAX_START
    while not (_listens(stack.running(name), ports) and ready()):
        ended = stack.running(name) is None
        if ended and not all(map(_is_free, ports)):
            raise PortTaken
        if ended or time.monotonic() > deadline:
            log = processes.log_file(folder(), name)
            processes.reap()
            tail = log.read_text(errors="replace")[-1500:]
            raise ServerError(f"{name} did not come up:\n{tail}", hint=f"Its whole log is {log}.")
        time.sleep(0.2)


class PortTaken(Exception):
    """Another program listens on a port that was free a moment ago, or that the stack had before."""


def _on_ports(stack: Stack, wanted: dict[str, int], begin: Callable[..., None]) -> list[int]:
    """Calls `begin` with a port for each service of `wanted`, and once more with others if one was taken in the meantime; what
    runs and knows the old ones is ended then. Returns the ports. `wanted`: name → preferred port."""
    ports = [_port(stack, name, preferred) for name, preferred in wanted.items()]
    try:
        begin(*ports)
    except PortTaken:
        _end(stack, {service.name for service in stack.services} - set(SERVERS))
        for name in wanted:
            del stack.env[_port_setting(name)]
        ports = [_port(stack, name, 0) for name in wanted]
        begin(*ports)
    return ports


def _port(stack: Stack, name: str, preferred: int) -> int:
    """The port a service had before, else that of SOUNDTRACKS_PORT_<NAME>, else the preferred one, else any free one."""
    key = _port_setting(name)
    if key not in stack.env:
        wanted = _number(key, os.environ.get(key, str(preferred)))
        stack.env[key] = str(_bound(wanted) or _bound(0))
    return int(stack.env[key])


def _port_setting(name: str) -> str:
    return f"SOUNDTRACKS_PORT_{name.upper()}"


def _bound(port: int) -> int | None:
    """The port, or any free one for 0; None when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return None
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    return _bound(port) is not None


def _listens(service: Service | None, ports: tuple[int, ...]) -> bool:
    """Whether the service itself listens on all these ports: another program may answer on them."""
    process = service.process() if service else None
    if process is None:
        return False
    try:
        held = {one.laddr.port for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN} if ports else set()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return held.issuperset(ports)


def _local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _number(key: str, port: str) -> int:
    """Raises BadInput for what is no port; 0 is any free one."""
    if port.isascii() and port.isdigit() and int(port) < 2**16:
        return int(port)
    raise BadInput(f"{key} is {port!r}, which is no port.", hint="A number up to 65535, or 0 for any that is free.")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code < 500
    except httpx.HTTPError:
        return False


def _worker_is_online(stack: Stack, pool: str) -> bool:
    try:
        with api_client(stack.env) as api:
            return bool(LostRuns(api).workers_online(pool))
    except ServerError:
        return False


def _lake_url() -> str:
    """The lake as every process finds it, wherever it runs: a folder is named from the root."""
    url = get_settings().lake_url
    return url if "://" in url else os.path.abspath(url)
