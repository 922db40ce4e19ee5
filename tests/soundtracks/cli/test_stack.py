"""The local stack: what is started is written down, waited for, and ended; nothing else is touched."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from filelock import FileLock

from soundtracks.cli import stack as stack_module
from soundtracks.cli.stack import SAMPLE_SETTINGS, Stack, start, stop
from soundtracks.errors import ServerError
from soundtracks.operations import processes
from soundtracks.operations.processes import MARK, Service, marked
from tests.soundtracks.cli.conftest import start_web
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("folder")


@pytest.mark.slow
def test_a_service_is_waited_for_written_down_and_ended() -> None:
    _, url = start_web()
    assert stack_module._answers(url)
    (service,) = Stack.load().services
    assert service.process() is not None
    assert stop() == ["web"]
    assert service.process() is None
    assert not stack_module._answers(url)
    assert stop() == []


@pytest.mark.slow
def test_starting_again_leaves_alone_what_runs() -> None:
    stack, url = start_web()
    before = Stack.load().services[0].pid
    stack_module._start(stack, "web", ["-m", "http.server"], ready=lambda: stack_module._answers(url))
    assert [s.pid for s in Stack.load().services] == [before]


@pytest.mark.parametrize(
    ("environment", "arguments"),
    [
        ({}, ["-c", "input()"]),  # somebody else's, with the very same command
        ({MARK: "/another/stack"}, ["-c", "input()"]),
        ({MARK: "this stack's"}, ["-m", "soundtracks.operations.api_server"]),  # of ours, but not this service
    ],
    ids=["no mark", "mark of another stack", "another command"],
)
def test_a_recycled_process_number_is_not_ours(folder: Path, environment: dict[str, str], arguments: list[str]) -> None:
    env = {name: str(folder) if value == "this stack's" else value for name, value in environment.items()}
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env=os.environ | env)
    old = Service(name="old", pid=stranger.pid, folder=str(folder), arguments=arguments, log="")
    try:
        assert old.process() is None
    finally:
        stranger.communicate(b"\n")


@pytest.mark.slow
def test_a_clock_that_was_set_makes_no_service_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start times of processes move with the clock: a second server and second workers were started beside the first."""
    stack, _ = start_web()
    started = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: started(process) + 3600)
    assert stack.running("web") is not None


@pytest.mark.parametrize("content", [b"", b"\0" * 300, b'{"services": [{"name": "server"}]}'], ids=["empty", "zeros", "older"])
@pytest.mark.slow
def test_a_record_that_cannot_be_read_is_no_end_what_runs_is_ended_and_started_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    start_web("server")
    (folder / "stack.json").write_bytes(content)  # as a power cut may leave it
    assert Stack.load().api_url == ""
    monkeypatch.setattr(stack_module, "_start_all", lambda stack, sample: iter([("running", str(len(marked(folder))))]))
    assert list(start(sample=True)) == [("running", "0")]


def test_what_runs_is_ended_whatever_the_record(folder: Path) -> None:
    start_web("server")
    (folder / "stack.json").write_bytes(b"")
    stop()
    assert marked(folder) == {}


@pytest.fixture(params=["full", "read-only"])
def spoilt(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A file system of a few pages, and what spoils it while files on it are open."""
    place = tmp_path_factory.mktemp("disk")

    def mount(*arguments: str) -> bool:
        return bool(shutil.which("mount")) and not subprocess.run(["mount", *arguments, str(place)], check=False).returncode

    if os.geteuid() != 0 or not mount("-t", "tmpfs", "-o", "size=16k", "tmpfs"):
        pytest.skip("nothing can be mounted here")
    mounted = [place]

    def spoil() -> None:
        if request.param == "full":
            with suppress(OSError), (place / "ballast").open("wb", buffering=0) as ballast:
                while ballast.write(b"x" * 4096):
                    continue
        else:
            assert mount("--bind", str(place))
            mounted.append(place)
            assert mount("-o", "remount,bind,ro")

    yield place, spoil
    for _ in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.slow
def test_a_disk_that_takes_nothing_is_told_and_what_runs_can_be_ended(
    spoilt: tuple[Path, Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, spoil = spoilt
    monkeypatch.setenv("SOUNDTRACKS_STACK_FOLDER", str(place))
    start_web()
    spoil()

    def start_another(stack: Stack, sample: bool) -> Iterator[tuple[str, str]]:
        stack_module._start(stack, "another", ["-c", "import time; time.sleep(600)"])
        yield "another", ""

    monkeypatch.setattr(stack_module, "_start_all", start_another)
    with pytest.raises(ServerError, match="cannot use its folder") as told:
        list(start(sample=False))
    assert "SOUNDTRACKS_STACK_FOLDER" in told.value.hint
    assert len(marked(place)) == 1
    assert stop() == ["web"]
    assert marked(place) == {}


@pytest.mark.slow
def test_a_log_does_not_grow_over_years(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(processes, "MAX_LOG", 10)
    log = folder / "logs" / "loud.log"
    for number in range(4):
        line = f"start {number}"
        code = f"import time; print({line!r}, flush=True); time.sleep(600)"
        stack_module._start(Stack.load(), "loud", ["-c", code], ready=lambda line=line: line in log.read_text())  # type: ignore[misc]
        stop()
    logs = {file.name: file.read_text().splitlines() for file in log.parent.iterdir()}
    assert logs == {"loud.log": ["start 2", "start 3"], "loud.old.log": ["start 0", "start 1"]}


def test_a_service_that_dies_is_told_with_the_end_of_its_log() -> None:
    with pytest.raises(ServerError, match="No module named no_such_module") as caught:
        stack_module._start(Stack(), "broken", ["-m", "no_such_module"], ready=lambda: False)
    assert "broken.log" in caught.value.hint


def test_a_port_in_use_is_avoided_and_a_given_one_kept() -> None:
    stack = Stack()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        chosen = stack_module._port(stack, "server", port)
    assert chosen != port
    assert stack_module._port(stack, "server", port) == chosen


@pytest.mark.slow
def test_a_port_that_another_program_took_is_left_to_it_and_what_knew_it_starts_anew(tmp_path: Path) -> None:
    """Two stacks that start at once, or a program that came while the server was down. What answers there is not ours."""
    stack = Stack()
    port = stack_module._port(stack, "server", 0)
    stack_module._start(stack, "worker soundtracks", ["-c", "import time; time.sleep(600)"])
    worker = stack.running("worker soundtracks")
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    stranger = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=tmp_path)
    try:
        until(lambda: stack_module._answers(f"http://127.0.0.1:{port}"), 120, "the stranger")

        def begin(port: int) -> None:
            arguments = ["-m", "http.server", str(port), "--bind", "127.0.0.1"]
            ready = lambda: stack_module._answers(f"http://127.0.0.1:{port}")  # noqa: E731
            stack_module._start(stack, "server", arguments, ready=ready, ports=(port,))

        (chosen,) = stack_module._on_ports(stack, {"server": port}, begin)
    finally:
        stranger.kill()
        stranger.wait()
    assert chosen != port
    assert stack_module._answers(f"http://127.0.0.1:{chosen}")
    assert stack.env["SOUNDTRACKS_PORT_SERVER"] == str(chosen)
    assert worker
    assert worker.process() is None


def test_a_service_that_listens_and_is_not_ready_in_time_is_no_stranger_on_its_own_port(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = Stack()
    port = stack_module._port(stack, "server", 0)
    arguments = ["-m", "http.server", str(port), "--bind", "127.0.0.1"]
    clock = [0.0]

    def not_ready() -> bool:
        clock[0] += 1e6
        return False

    monkeypatch.setattr(stack_module, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=time.sleep))
    with pytest.raises(ServerError, match="did not come up"):
        stack_module._start(stack, "server", arguments, ready=not_ready, ports=(port,))


def test_a_service_that_dies_for_another_reason_is_not_tried_on_another_port() -> None:
    stack = Stack()
    tried = []

    def begin(port: int) -> None:
        tried.append(port)
        stack_module._start(stack, "server", ["-m", "no_such_module"], ports=(port,))

    with pytest.raises(ServerError, match="No module named no_such_module"):
        stack_module._on_ports(stack, {"server": 0}, begin)
    assert len(tried) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_service_that_starts_while_a_signal_comes_is_known_and_heeds_signals(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Between its start and its first instruction a process has neither command nor mark to be found by."""
    begin = subprocess.Popen

    def begin_and_interrupt(*arguments: Any, **how: Any) -> Any:
        made = begin(*arguments, **how)
        signal.raise_signal(number)
        return made

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", begin_and_interrupt)
        with pytest.raises(KeyboardInterrupt if number == signal.SIGINT else SystemExit), processes.interrupted_once():
            processes.start_service(folder, folder, "waiting", ["-c", "import time; time.sleep(600)"], {}, "")
    (service,) = marked(folder)
    service.send_signal(number)
    assert service.wait(60) in (-number, 1)  # 1: Python's own KeyboardInterrupt


@pytest.mark.parametrize("within", [processes.interrupted_once, processes.deferred])
def test_what_a_command_was_told_to_ignore_it_ignores(within: Callable[[], AbstractContextManager[None]]) -> None:
    """`nohup soundtracks up`, and in a script `soundtracks up &`."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGHUP, signal.SIGINT)}
    try:
        with within():
            for number in before:
                signal.raise_signal(number)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_within_another_the_first_interruption_still_counts_alone() -> None:
    """The demo starts a stack: what is pressed while the start cleans up must not break off the demo's own end."""
    ended = []

    def demo() -> None:
        with processes.interrupted_once():
            try:
                with processes.interrupted_once():
                    signal.raise_signal(signal.SIGINT)
            finally:
                signal.raise_signal(signal.SIGINT)
                ended.append(True)

    with pytest.raises(KeyboardInterrupt):
        demo()
    assert ended == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.slow
def test_children_of_a_service_end_with_it(tmp_path: Path) -> None:
    script = tmp_path / "family.py"
    script.write_text(
        "import subprocess, sys, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=subprocess.PIPE)\n"
        f"pathlib.Path({str(tmp_path / 'child')!r}).write_text(str(child.pid))\n"
        "child.wait()\n"
    )
    stack = Stack()
    stack_module._start(
        stack,
        "family",
        [str(script)],
        ready=lambda: (tmp_path / "child").exists() and bool((tmp_path / "child").read_text()),
    )
    child = int((tmp_path / "child").read_text())
    assert psutil.pid_exists(child)
    stop()
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def orphan(folder: Path, code: str = "input()") -> subprocess.Popen[bytes]:
    """A process that carries the stack's mark and that no record names, as a flow run has whose worker was killed."""
    env = os.environ | {MARK: str(folder.resolve())}
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, env=env)


def test_what_carries_the_stacks_mark_ends_with_it_though_no_record_names_it(folder: Path) -> None:
    process = orphan(folder)
    assert [p.pid for p in marked(folder.resolve())] == [process.pid]
    stop()
    process.communicate(timeout=10)
    assert not psutil.pid_exists(process.pid)


def test_what_carries_another_stacks_mark_is_left_alone(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    process = orphan(tmp_path_factory.mktemp("other"))
    try:
        stop()
        assert process.poll() is None
    finally:
        process.communicate()


@pytest.mark.slow
def test_a_service_that_an_earlier_up_started_and_did_not_write_down_is_taken_over() -> None:
    _, url = start_web()
    (before,) = Stack.load().services
    Stack(env=Stack.load().env).save()  # as if it had been killed before it wrote the service down
    stack = Stack.load()
    arguments = ["-m", "http.server", url.rpartition(":")[2], "--bind", "127.0.0.1"]
    stack_module._start(stack, "web", arguments, ready=lambda: stack_module._answers(url))
    assert [service.pid for service in Stack.load().services] == [before.pid]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ServerError("no")], ids=repr)
@pytest.mark.slow
def test_an_up_that_is_interrupted_leaves_nothing(error: BaseException, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_service_then_the_end(stack: Stack, sample: bool) -> Iterator[tuple[str, str]]:
        stack_module._start(stack, "web", ["-c", "import time; time.sleep(60)"])
        yield "web", "started"
        raise error

    monkeypatch.setattr(stack_module, "_start_all", one_service_then_the_end)
    with pytest.raises(type(error) if isinstance(error, BaseException) else error):
        list(start(sample=True))
    assert marked(folder.resolve()) == {}
    assert Stack.load().services == []


@pytest.mark.slow
def test_an_up_that_is_interrupted_leaves_what_ran_before_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack, url = start_web("server")
    stack.env |= SAMPLE_SETTINGS
    stack.save()

    def interrupted(stack: Stack, sample: bool) -> Iterator[tuple[str, str]]:
        stack_module._start(stack, "late", ["-c", "import time; time.sleep(60)"])
        yield "late", "started"
        raise KeyboardInterrupt

    monkeypatch.setattr(stack_module, "_start_all", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(start(sample=True))
    assert stack_module._answers(url)
    assert len(marked(folder.resolve())) == 1


def test_down_waits_for_an_up_and_says_so_when_that_takes_long(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_module, "MAX_WAIT", 0.1)
    with FileLock(folder / "stack.lock", thread_local=False), pytest.raises(ServerError, match="is under way"):
        stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_service_that_is_interrupted_before_it_is_written_down_is_ended_and_a_second_signal_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, folder: Path, number: signal.Signals
) -> None:
    begin, end = processes.start_service, processes.end

    def begin_and_interrupt(*arguments: Any) -> Service:
        begin(*arguments)
        signal.raise_signal(number)
        raise AssertionError("the signal was not heard")

    def interrupt_and_end(found: Sequence[psutil.Process]) -> None:
        signal.raise_signal(number)
        end(found)

    monkeypatch.setattr(processes, "start_service", begin_and_interrupt)
    monkeypatch.setattr(processes, "end", interrupt_and_end)
    with pytest.raises(KeyboardInterrupt if number == signal.SIGINT else SystemExit):
        list(start(sample=True))
    assert marked(folder) == {}
    assert Stack.load().services == []
