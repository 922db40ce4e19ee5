"""The local stack when it is killed: a match's processes, a worker, the server, the whole machine. Each on the real parts."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox.catalogue import TITLES
from soundtracks.cli.stack import Stack, folder, start, stop
from soundtracks.lake.lake import Lake
from soundtracks.operations.access import api_client
from soundtracks.operations.processes import FLOW_RUN, marked
from tests.rigs.stack import FINAL, ROOT, sample_stack
from tests.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.timeout(1200)]


class Killed:
    """A stack with the sample, its runs and its processes."""

    def __init__(self) -> None:
        self.dropped = 0
        self.connect()

    def connect(self) -> None:
        """After each start: its server may have another port."""
        self.env = Stack.load().env
        self.lake = Lake(self.env["SOUNDTRACKS_LAKE_URL"])
        self.api = api_client(self.env, timeout=60)

    def drop(self, name: str) -> None:
        """A title file of five films that no other has, for what was matched once is not matched again; one nobody knows."""
        head, *rows = TITLES.read_text().splitlines()
        own = rows[5 * self.dropped : 5 * self.dropped + 5]
        self.dropped += 1
        self.lake.write_bytes(f"titles/{name}", "\n".join([head, *own, f"No Film of {name},1901"]).encode())

    def run_of(self, name: str) -> dict[str, Any]:
        """The run of a title file, as it is now; as soon as there is one."""
        asked = {"flow_runs": {"name": {"any_": [name]}}}
        return dict(until(lambda: self.api.post("/flow_runs/filter", json=asked).json(), 120, f"a run of {name}")[0])

    def matches_of(self, run: str) -> list[dict[str, Any]]:
        asked = {"flow_runs": {"parent_flow_run_id": {"any_": [run]}, "name": {"any_": ["match-albums"]}}}
        return list(self.api.post("/flow_runs/filter", json=asked).json())

    def match_with_java(self, name: str) -> tuple[dict[str, Any], list[psutil.Process]]:
        """The running match of a title file's run, and its processes, once Spark's Java is among them."""
        run = self.run_of(name)

        def look() -> tuple[dict[str, Any], list[psutil.Process]] | None:
            for match in self.matches_of(run["id"]):
                processes = self.processes_of(match["id"])
                if match["state"]["type"] == "RUNNING" and any("java" in command(process) for process in processes):
                    return match, processes
            return None

        found = until(look, 300, f"Java in the match of {name}")
        assert found
        return found

    def processes_of(self, run: str) -> list[psutil.Process]:
        return [process for process, environment in marked(folder()).items() if environment.get(FLOW_RUN) == run]

    def ended(self, name: str) -> dict[str, Any]:
        until(lambda: self.run_of(name)["state"]["type"] in FINAL, 600, f"the end of {name}", every=1)
        return self.run_of(name)


def command(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


def gone(processes: list[psutil.Process]) -> None:
    """Nothing is left of a match, a moment after it was cancelled or killed."""
    until(
        lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes), 120, "the end of its processes"
    )


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killed]:
    # Java and Python's workers are what may be left behind
    with sample_stack(tmp_path_factory.mktemp("stack"), SOUNDTRACKS_MATCH_ENGINE="spark"):
        made = Killed()
        yield made
        made.api.close()


def test_a_match_that_is_killed_leaves_nothing_and_is_run_again(killed: Killed) -> None:
    killed.drop("killed.csv")
    _, processes = killed.match_with_java("killed.csv")
    flow = next(process for process in processes if "prefect" in " ".join(process.cmdline()))
    flow.send_signal(signal.SIGKILL)
    gone(processes)
    run = killed.ended("killed.csv")
    assert run["state"]["type"] == "COMPLETED", run["state"]["message"]
    states = sorted(match["state"]["type"] for match in killed.matches_of(run["id"]))
    assert states == ["COMPLETED", "CRASHED"]


def test_a_match_that_is_cancelled_leaves_nothing(killed: Killed) -> None:
    killed.drop("cancelled.csv")
    match, processes = killed.match_with_java("cancelled.csv")
    killed.api.post(f"/flow_runs/{match['id']}/set_state", json={"state": {"type": "CANCELLING", "name": "Cancelling"}})
    until(lambda: killed.api.get(f"/flow_runs/{match['id']}").json()["state"]["type"] == "CANCELLED", 120, "the cancellation")
    gone(processes)
    assert killed.ended("cancelled.csv")["state"]["type"] == "FAILED"


def test_a_run_by_hand_that_is_interrupted_ends_with_its_match(killed: Killed, tmp_path: Path) -> None:
    titles = tmp_path / "by-hand.csv"
    titles.write_text("title,year\nBlade Runner,1982\nNo Film by hand,1901\n")
    arguments = [sys.executable, "-m", "soundtracks.cli.main", "run", str(titles)]
    by_hand = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL)
    match, processes = killed.match_with_java("by-hand.csv")
    by_hand.send_signal(signal.SIGINT)
    assert by_hand.wait(120) != 0
    assert killed.run_of("by-hand.csv")["state"]["type"] == "CANCELLED"
    until(lambda: killed.api.get(f"/flow_runs/{match['id']}").json()["state"]["type"] in FINAL, 60, "the end of the match")
    gone(processes)


def test_after_a_power_cut_in_a_match_up_takes_up_the_run_and_the_next_has_its_match(killed: Killed) -> None:
    killed.drop("cut.csv")
    killed.match_with_java("cut.csv")
    for process in marked(folder()):  # everything at once, as when the power goes
        with suppress(psutil.NoSuchProcess):  # Java ends by itself as soon as its parent is gone
            process.kill()
    until(lambda: not marked(folder()), 60, "the end of all")
    said = [f"{service} {address}" for service, address in start(sample=True)]
    killed.api.close()
    killed.connect()
    assert any(line.startswith("lost run cut.csv") for line in said), said
    assert any(line.startswith("lost run match-albums") for line in said), said
    killed.drop("next.csv")
    for name in ("cut.csv", "next.csv"):
        assert killed.ended(name)["state"]["type"] == "COMPLETED", killed.ended(name)["state"]["message"]


def test_down_leaves_nothing_even_of_a_run_whose_worker_was_killed(killed: Killed) -> None:
    killed.drop("down.csv")
    killed.match_with_java("down.csv")
    workers = [service for service in Stack.load().services if service.name.startswith("worker")]
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    place = Path(folder())
    assert marked(place)
    stop()
    assert marked(place) == {}
