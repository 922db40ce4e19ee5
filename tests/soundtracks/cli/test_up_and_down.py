"""`soundtracks up` and `down` as people use them: twice at once, interrupted at any moment. Real processes."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from soundtracks.cli.stack import Stack
from soundtracks.operations.processes import marked
from tests.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[3]
SERVICES = {"sample", "server", "worker soundtracks", "worker soundtracks-match", "watcher"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in [n for n in os.environ if n.startswith(("SOUNDTRACKS_", "PREFECT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SOUNDTRACKS_STACK_FOLDER", str(tmp_path / "stack"))
    yield tmp_path / "stack"
    assert command("down").wait(120) == 0


def command(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "soundtracks.cli.main", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)


def test_two_ups_at_once_start_each_service_once_and_down_ends_them_all(folder: Path) -> None:
    ups = [command("up", "--sample"), command("up", "--sample")]
    assert [up.wait(600) for up in ups] == [0, 0]
    assert Counter(service.name for service in Stack.load().services) == dict.fromkeys(SERVICES, 1)
    recorded = {service.pid for service in Stack.load().services}
    assert {process.pid for process in marked(folder)} == recorded
    downs = [command("down"), command("down")]
    assert [down.wait(120) for down in downs] == [0, 0]
    assert marked(folder) == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_an_up_that_is_told_to_end_at_any_moment_leaves_nothing(folder: Path, number: signal.Signals) -> None:
    """Once in each third of its way: while the services start, while it deploys, while the workers start."""
    moment = random.Random(number).choice(["sample", "server", "worker soundtracks"])
    up = command("up", "--sample")
    until(lambda: any(service.name == moment for service in Stack.load().services), 300, moment, every=0.05)
    time.sleep(random.Random(number).random() * 3)
    up.send_signal(number)
    if number == signal.SIGINT:
        up.send_signal(number)  # an impatient person presses twice
    assert up.wait(120) != 0
    assert marked(folder) == {}
    assert Stack.load().services == []


def test_what_an_up_left_that_was_killed_outright_is_taken_over_or_ended(folder: Path) -> None:
    up = command("up", "--sample")
    until(lambda: any(service.name == "server" for service in Stack.load().services), 300, "the server", every=0.05)
    up.kill()
    up.wait()
    before = {service.name: service.pid for service in Stack.load().services}
    assert command("up", "--sample").wait(600) == 0
    after = {service.name: service.pid for service in Stack.load().services}
    assert set(after) == SERVICES
    assert {name: after[name] for name in before} == before
    assert command("down").wait(120) == 0
    assert marked(folder) == {}
