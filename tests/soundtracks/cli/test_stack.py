"""The local stack: what is started is written down, waited for, and ended; nothing else is touched."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from soundtracks.cli import stack as stack_module
from soundtracks.cli.stack import Service, Stack, stop, use_lake
from soundtracks.errors import ServerError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SOUNDTRACKS_STACK_FOLDER", str(tmp_path))
    yield tmp_path
    stop()


def start_web(name: str = "web") -> tuple[Stack, str]:
    """A small web server as a service."""
    stack = Stack.load()
    port = stack_module._port(stack, name, 0)
    url = f"http://127.0.0.1:{port}"
    stack_module._start(
        stack, name, ["-m", "http.server", str(port), "--bind", "127.0.0.1"], ready=lambda: stack_module._answers(url), url=url
    )
    return stack, url


def test_a_service_is_waited_for_written_down_and_ended() -> None:
    _, url = start_web()
    assert stack_module._answers(url)
    (service,) = Stack.load().services
    assert service.process() is not None
    assert stop() == ["web"]
    assert service.process() is None
    assert not stack_module._answers(url)
    assert stop() == []


def test_starting_again_leaves_alone_what_runs() -> None:
    stack, url = start_web()
    before = Stack.load().services[0].pid
    stack_module._start(stack, "web", ["-m", "http.server"], ready=lambda: stack_module._answers(url))
    assert [s.pid for s in Stack.load().services] == [before]


def test_a_recycled_process_number_is_not_ours() -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        started = psutil.Process(stranger.pid).create_time()
        Stack(services=[Service(name="old", pid=stranger.pid, started=started - 100, log="")]).save()
        assert stop() == []
        assert stranger.poll() is None
    finally:
        stranger.communicate()


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


@pytest.mark.parametrize(
    ("stack", "environment", "expected"),
    [
        ({}, {}, None),
        ({"SOUNDTRACKS_LAKE_URL": "/sample"}, {}, "/sample"),
        ({"SOUNDTRACKS_LAKE_URL": "/sample"}, {"SOUNDTRACKS_LAKE_URL": "/own"}, "/own"),
    ],
)
def test_commands_read_the_lake_of_the_running_stack(
    stack: dict[str, str], environment: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {"SOUNDTRACKS_STACK_FOLDER": os.environ["SOUNDTRACKS_STACK_FOLDER"], **environment})
    Stack(env=stack).save()
    use_lake()
    assert os.environ.get("SOUNDTRACKS_LAKE_URL") == expected
