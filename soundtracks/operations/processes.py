"""The processes of a local stack: started with a mark in their environment, found and ended by it.

A process is known by its number, its command and its mark, not by its start time: that moves when the clock of the machine
is set, and a second stack was started beside the first. The mark, which children inherit, also finds what no record names:
flow runs whose worker was killed, Spark's Java, and what an `up` started that was itself killed before it wrote that down.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import psutil
from pydantic import BaseModel

#: The folder of the stack that a process belongs to.
MARK = "SOUNDTRACKS_STACK_MARK"
#: What Prefect's worker gives the process of a flow run.
FLOW_RUN = "PREFECT__FLOW_RUN_ID"
#: Seconds that processes have to end by themselves, and then to be gone.
MAX_END, MAX_KILL = 15.0, 5.0
#: Bytes of a log at which a service that starts begins another; the one before is kept, older ones are not.
MAX_LOG = 20 * 2**20
#: The signals that tell a command to end.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: Children of this very process, which must be waited for when they end.
_children: dict[int, subprocess.Popen[bytes]] = {}


class Service(BaseModel):
    """One process of the stack in `folder`. `arguments`: of its Python."""

    name: str
    pid: int
    folder: str
    arguments: list[str]
    log: str
    url: str = ""

    def process(self) -> psutil.Process | None:
        """The running process; None when it has ended or its number belongs to another by now."""
        try:
            process = psutil.Process(self.pid)
        except psutil.NoSuchProcess:
            return None
        return process if _is(process, self.folder, self.arguments) else None


def start_service(folder: Path, home: Path, name: str, arguments: Sequence[str], env: Mapping[str, str], url: str) -> Service:
    """Starts `python arguments…` in `home`, marked as part of the stack in `folder`, or adopts the one that already runs.

    What it writes only its owner may read.
    """
    log = log_file(folder, name)
    process = _running(folder, arguments)
    if process is None:
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if log.exists() and log.stat().st_size > MAX_LOG:
            log.replace(log.with_suffix(".old.log"))
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as output, deferred():
            child = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=home,
                env={**os.environ, **env, MARK: str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C at the terminal is not for the stack
                umask=0o077,
            )
            _children[child.pid] = child
            process = psutil.Process(child.pid)
            while child.poll() is None and not _is(process, folder, arguments):  # for a moment it has neither command nor mark
                time.sleep(0.001)
    return Service(name=name, pid=process.pid, folder=str(folder), arguments=list(arguments), log=str(log), url=url)


def log_file(folder: Path, name: str) -> Path:
    return folder / "logs" / f"{name.replace(' ', '-')}.log"


def marked(folder: Path) -> dict[psutil.Process, dict[str, str]]:
    """Every running process of the stack in `folder`, but this one, with its environment."""
    found = {}
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            environment = process.environ()
            ours = environment.get(MARK) == str(folder) and process.pid != os.getpid()
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found[process] = environment
    return found


def flow_runs(folder: Path) -> set[str]:
    """Ids of the flow runs that have a running process here."""
    return {environment[FLOW_RUN] for environment in marked(folder).values() if FLOW_RUN in environment}


def flow_runs_here() -> set[str]:
    """Ids of the flow runs that have a process of any stack, or of none, that this one may look into."""
    found = set()
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if run := process.environ().get(FLOW_RUN):
                found.add(run)
    return found


def services(folder: Path) -> list[psutil.Process]:
    """What runs of the stack in `folder` besides flow runs."""
    return [process for process, environment in marked(folder).items() if FLOW_RUN not in environment]


def family(process: psutil.Process) -> list[psutil.Process]:
    """The process and all its descendants."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def end(processes: Sequence[psutil.Process]) -> None:
    """Ends them together; kills what has not ended by itself in time."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=MAX_END)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=MAX_KILL)
    reap()


def reap() -> None:
    """Reaps child processes that have exited."""
    for pid in [pid for pid, child in _children.items() if child.poll() is not None]:
        del _children[pid]


@contextmanager
def interrupted_once(*, last: bool = False) -> Iterator[None]:
    """Within it the first Ctrl-C, SIGTERM or SIGHUP raises, and those that follow have no effect: there is no moment at which
    a second one could break off what the first one set going. Within another one it changes nothing.

    `last`: it is the last work of this process: once it is done a signal comes too late and has no effect, so that nothing that
    was done is said to have been broken off.
    """
    if any(signal.getsignal(number) is _interrupt for number in ENDING):
        yield
        return
    with _handled_by(_interrupt, once_done=signal.SIG_IGN if last else None):
        yield


def _interrupt(number: int, frame: FrameType | None) -> None:
    for other in ENDING:
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)


@contextmanager
def deferred() -> Iterator[None]:
    """Within it a signal to end waits for the end of the block. What is started within is not told to ignore it."""
    heard: list[int] = []
    with _handled_by(lambda number, frame: heard.append(number)):
        yield
    if heard:
        signal.raise_signal(heard[0])


@contextmanager
def undisturbed() -> Iterator[None]:
    """Within it a further Ctrl-C or SIGTERM has no effect: what is being ended is ended whole."""
    with _handled_by(signal.SIG_IGN):
        yield


@contextmanager
def _handled_by(
    handler: Callable[[int, FrameType | None], object] | signal.Handlers, once_done: signal.Handlers | None = None
) -> Iterator[None]:
    """Gives it what ENDING tells this process, but for what it was told to ignore, as `nohup` tells it of a terminal that is
    closed. Only the main thread can hear signals; in others it changes nothing. `once_done`: who gets it after the block has
    ended well; default: who had it before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heeded = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heeded}
    after = before
    try:
        yield
        after = dict.fromkeys(heeded, once_done) if once_done is not None else before
    finally:
        for number, next_one in after.items():
            signal.signal(number, next_one)


def _running(folder: Path, arguments: Sequence[str]) -> psutil.Process | None:
    """The stack's process with these arguments; found when an earlier `up` was killed before it could write it down."""
    return next((process for process in marked(folder) if _is(process, folder, arguments)), None)


def _is(process: psutil.Process, folder: Path | str, arguments: Sequence[str]) -> bool:
    """Whether it is the running process of the stack in `folder` with these arguments of Python."""
    try:
        return process.environ().get(MARK) == str(folder) and process.cmdline()[1:] == list(arguments)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
