"""What a worker that starts in a container of its own finds left behind, and what it leaves alone. On a stand-in of the API."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from soundtracks.errors import ServerError
from soundtracks.operations.access import api_client
from soundtracks.operations.lost_runs import LostRuns
from soundtracks.operations.worker import LISTEN, MAX_LISTEN, LeftBehind
from tests.rigs.flow_runs import Api
from tests.rigs.prefect_server import PrefectServer
from tests.waiting import until

OURS = "soundtracks host-1"


class Time:
    """A clock that only sleeping moves. `then`: what happens at each of its steps, told the seconds so far."""

    def __init__(self, then: Callable[[float], None] = lambda seconds: None) -> None:
        self.seconds = 0.0
        self.then = then

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.then(self.seconds)


@pytest.fixture
def api() -> Api:
    made = Api()
    made.online = {OURS}
    return made


def left_behind(api: Api, time: Time, living: set[str] | None = None) -> LeftBehind:
    lost = LostRuns(httpx.Client(base_url="http://server.test/api", transport=httpx.MockTransport(api)))
    return LeftBehind(lost, "soundtracks", OURS, living or set(), now=time.now, sleep=time.sleep)


@pytest.mark.parametrize(
    ("state", "ends"),
    [
        ("RUNNING", "AwaitingRetry"),
        ("PENDING", "AwaitingRetry"),  # claimed and never started
        ("CANCELLING", "Cancelled"),
        ("SCHEDULED", "Scheduled"),  # its own work now
        ("PAUSED", "Paused"),
        ("COMPLETED", "Completed"),
    ],
)
def test_what_becomes_of_a_run_that_nobody_vouches_for(api: Api, state: str, ends: str) -> None:
    api.add("run", state)
    time = Time()
    left_behind(api, time).end()
    assert api.is_now("run")[0] == ends
    assert time.seconds <= LISTEN + 5


@pytest.mark.parametrize("pool", ["soundtracks-match", None])
def test_runs_of_other_pools_and_subflows_are_not_looked_at(api: Api, pool: str | None) -> None:
    api.add("run", "RUNNING", pool=pool)
    assert left_behind(api, Time()).end() == []
    assert api.is_now("run")[0] == "Running"


def test_a_run_with_a_process_here_lives(api: Api) -> None:
    api.add("run", "RUNNING")
    assert left_behind(api, Time(), living={"run"}).end() == []


def test_what_the_worker_claims_itself_is_not_among_them(api: Api) -> None:
    left = left_behind(api, Time(lambda seconds: api.add("new", "PENDING", since=0)))
    api.add("new", "PENDING", since=0)
    assert left.end() == []
    assert api.is_now("new")[0] == "Pending"


def test_a_run_that_moved_on_meanwhile_is_left_alone(api: Api) -> None:
    api.add("run", "PENDING")
    started = {"state_id": "new", "state": {**api.runs["run"]["state"], "type": "RUNNING", "name": "Running"}}
    assert left_behind(api, Time(lambda seconds: api.runs["run"].update(started))).end() == []
    assert api.is_now("run")[0] == "Running"


def test_a_run_that_beats_lives_also_when_the_server_has_forgotten_its_worker(api: Api) -> None:
    """After an outage every worker is offline until it is heard again."""
    api.add("living", "RUNNING")
    api.add("dead", "RUNNING")
    left_behind(api, Time(lambda seconds: api.beating.add("living"))).end()
    assert api.is_now("living")[0] == "Running"
    assert api.is_now("dead")[0] == "AwaitingRetry"


def test_while_another_worker_of_the_pool_lives_nothing_is_ended(api: Api) -> None:
    api.add("run", "RUNNING")
    api.online = {OURS, "soundtracks host-2"}
    time = Time()
    assert left_behind(api, time).end() == []
    assert time.seconds == MAX_LISTEN
    assert api.is_now("run")[0] == "Running"


def test_a_predecessor_of_another_name_is_waited_for_until_the_server_knows_that_it_is_gone(api: Api) -> None:
    """`compose up` makes a new container, with a new host name."""
    api.add("run", "RUNNING")
    api.online = {OURS, "soundtracks host-0"}
    left_behind(api, Time(lambda seconds: api.online.discard("soundtracks host-0") if seconds >= 120 else None)).end()
    assert api.is_now("run")[0] == "AwaitingRetry"


def test_an_outage_while_it_listens_begins_the_time_anew(api: Api) -> None:
    """The heartbeats of that time were not heard."""
    api.add("living", "RUNNING")

    def outage(seconds: float) -> None:
        api.away = 30 <= seconds < 85
        if seconds > 100:
            api.beating.add("living")

    time = Time(outage)
    assert left_behind(api, time).end() == []
    assert time.seconds >= 80 + LISTEN
    assert api.is_now("living")[0] == "Running"


def test_without_a_server_it_does_not_start(api: Api) -> None:
    api.away = True
    with pytest.raises(ServerError):
        left_behind(api, Time())


@pytest.mark.server
@pytest.mark.timeout(600)
def test_the_worker_comes_online_under_its_own_name_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    """The real server and worker, as compose starts them."""
    server = PrefectServer(tmp_path)
    server.start()
    env = os.environ | server.client_env | {"PREFECT_HOME": str(tmp_path), "PREFECT_WORKER_WEBSERVER_PORT": "0"}
    with api_client(server.client_env, timeout=60) as api, (tmp_path / "worker.log").open("wb") as log:
        api.post("/work_pools/", json={"name": "soundtracks", "type": "process"}).raise_for_status()
        command = [sys.executable, "-m", "soundtracks.operations.worker", "--pool", "soundtracks"]
        worker = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            (name,) = until(lambda: LostRuns(api).workers_online("soundtracks"), 300, "the worker", every=1)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(120) == 0, (tmp_path / "worker.log").read_text()
        finally:
            worker.kill()
            server.kill()
    assert name.startswith("soundtracks ")
