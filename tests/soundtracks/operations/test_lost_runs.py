"""Which runs count as lost, and what becomes of them; on a stand-in of the server's API that keeps runs in a dictionary."""

from datetime import UTC, datetime, timedelta
from threading import Event

import httpx
import pytest

from soundtracks.errors import ServerError
from soundtracks.operations.crashes import ADVICE
from soundtracks.operations.lost_runs import LOST_AFTER, UNAPPROVED, LostRuns
from tests.rigs.flow_runs import Api

MINUTE = 60.0
LOST = "The run was lost: its process, its worker or its machine ended without a word."


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def clock() -> list[float]:
    return [1_000_000.0]


@pytest.fixture
def lost(api: Api, clock: list[float]) -> LostRuns:
    return LostRuns(httpx.Client(base_url="http://server.test/api", transport=httpx.MockTransport(api)), now=lambda: clock[0])


def watch(lost: LostRuns, clock: list[float], minutes: int) -> None:
    for _ in range(minutes):
        lost.once()
        clock[0] += MINUTE


def test_a_run_without_heartbeats_is_ended_and_repeated_once_the_server_was_watched_for_so_long(
    api: Api, lost: LostRuns, clock: list[float]
) -> None:
    api.add("run", "RUNNING")
    watch(lost, clock, 3)
    assert api.is_now("run") == ("Running", "")
    lost.once()
    assert api.is_now("run") == ("AwaitingRetry", f"Run again, 2 of 3, because its infrastructure failed: {LOST}")


def test_a_run_that_beats_lives(api: Api, lost: LostRuns, clock: list[float]) -> None:
    api.add("run", "RUNNING")
    api.beating = {"run"}
    watch(lost, clock, 30)
    assert api.is_now("run") == ("Running", "")


@pytest.mark.parametrize("minutes", [3, 5, 60])
def test_after_an_outage_of_the_server_a_living_run_has_time_to_be_heard_again(
    api: Api, lost: LostRuns, clock: list[float], minutes: int
) -> None:
    """The server missed its heartbeats: whoever asked now without further thought would end it."""
    api.add("living", "RUNNING")
    api.add("dead", "RUNNING")
    api.beating = {"living", "dead"}
    watch(lost, clock, 10)
    api.away = True
    for _ in range(minutes):
        with pytest.raises(ServerError):
            lost.once()
        clock[0] += MINUTE
    api.away, api.beating = False, set()
    lost.once()
    clock[0] += MINUTE
    api.beating = {"living"}
    watch(lost, clock, 4)
    assert api.is_now("living") == ("Running", "")
    assert api.is_now("dead")[0] == "AwaitingRetry"


@pytest.mark.parametrize("jump", [3600, -3600, 101])
def test_after_the_machine_slept_or_its_clock_was_set_nothing_is_ended_at_once(
    api: Api, lost: LostRuns, clock: list[float], jump: float
) -> None:
    api.add("run", "RUNNING")
    api.beating = {"run"}
    watch(lost, clock, 10)
    clock[0] += jump
    api.beating = set()
    lost.once()
    assert api.is_now("run") == ("Running", "")


@pytest.mark.parametrize(
    ("state", "since", "ends"),
    [
        ("RUNNING", LOST_AFTER.total_seconds() + 1, "AwaitingRetry"),
        ("RUNNING", LOST_AFTER.total_seconds() - 30, "Running"),  # it may not have sent any yet
        ("PENDING", 300, "Pending"),  # an image is pulled, a busy machine imports
        ("PENDING", 1000, "AwaitingRetry"),
        ("CANCELLING", 600, "Cancelled"),
        ("COMPLETED", 600, "Completed"),
        ("SCHEDULED", 600, "Scheduled"),
        ("PAUSED", 600, "Paused"),
    ],
)
def test_what_becomes_of_a_silent_run(api: Api, lost: LostRuns, clock: list[float], state: str, since: float, ends: str) -> None:
    api.add("run", state, since)
    watch(lost, clock, 4)
    assert api.is_now("run")[0] == ends


def test_it_ends_with_its_subflows_and_without_the_matches_that_run_elsewhere(
    api: Api, lost: LostRuns, clock: list[float]
) -> None:
    api.add("run", "RUNNING")
    api.add("validate", "RUNNING", pool=None, parent_run="run", parent_task_run_id="t1")
    api.add("match", "RUNNING", pool="soundtracks-match", parent_run="run", parent_task_run_id="t2")
    api.beating = {"match"}
    watch(lost, clock, 4)
    assert api.is_now("validate") == ("Crashed", LOST)
    assert api.is_now("match") == ("Running", "")


def test_a_lost_match_is_not_repeated_by_us_because_its_parent_does(api: Api, lost: LostRuns, clock: list[float]) -> None:
    api.add("match", "RUNNING", pool="soundtracks-match", parent_run="run", parent_task_run_id="t2")
    watch(lost, clock, 4)
    name, message = api.is_now("match")
    assert name == "Crashed"
    assert ADVICE in message


def test_a_run_that_crashed_three_times_is_explained_instead(api: Api, lost: LostRuns) -> None:
    api.add("run", "CRASHED", message=LOST)
    api.states["run"] = [{"type": "PENDING", "message": ""}, *api.states["run"]] * 3
    lost.once()
    assert api.is_now("run") == ("Crashed", f"{LOST} It was started 3 times.\n{ADVICE} the infrastructure failed, not the flow.")
    before = len(api.states["run"])
    lost.once()
    assert len(api.states["run"]) == before


def test_a_run_that_started_while_the_server_was_away_is_repeated(api: Api, lost: LostRuns) -> None:
    """A file that landed has nobody who would start it again."""
    api.add(
        "run",
        "CRASHED",
        message="Flow run infrastructure exited with non-zero status code 1. Process exited with a general error.",
    )
    lost.once()
    assert api.is_now("run")[0] == "AwaitingRetry"


def test_crashed_containers_are_left_to_the_sweep_of_azure(api: Api, lost: LostRuns) -> None:
    api.add("run", "CRASHED", message=LOST, pool="azure")
    lost.once()
    assert api.is_now("run") == ("Crashed", LOST)


def waiting(seconds: float | None) -> dict[str, object]:
    """A state that waits so many seconds more; None: for ever."""
    until = None if seconds is None else (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    at = (datetime.now(UTC) - timedelta(days=6)).isoformat()
    details = {"pause_timeout": until, "pause_reschedule": True}
    return {"type": "PAUSED", "name": "Suspended", "timestamp": at, "message": None, "state_details": details}


@pytest.mark.parametrize(("seconds", "ended"), [(60, True), (-5, True), (3600, False), (None, False)])
def test_a_run_that_nobody_approved_ends_and_says_what_to_do(
    api: Api, lost: LostRuns, clock: list[float], seconds: float | None, ended: bool
) -> None:
    """While it waits it sends no heartbeats for days, and is not lost."""
    api.add("run", "PAUSED")
    api.runs["run"]["state"] = waiting(seconds)
    watch(lost, clock, 10)
    assert api.is_now("run") == (("Failed", UNAPPROVED) if ended else ("Suspended", None))


def test_more_runs_than_one_answer_holds_are_all_seen(api: Api, lost: LostRuns) -> None:
    for number in range(450):
        api.add(f"run-{number}", "RUNNING")
    assert len(lost.silent()) == 450


def test_a_look_that_fails_does_not_end_the_watch(api: Api, lost: LostRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    ending, looks = Event(), []

    def broken() -> None:
        looks.append(1)
        if len(looks) == 3:
            ending.set()
        raise KeyError("state")

    monkeypatch.setattr(lost, "once", broken)
    lost.run(0, ending)
    assert len(looks) == 3


def test_a_run_that_moves_on_while_it_is_judged_is_left_alone(api: Api, lost: LostRuns) -> None:
    api.add("run", "RUNNING")
    found = lost.without_process(["soundtracks"], living=[], served=[])
    api.runs["run"] |= {"state": {**api.runs["run"]["state"], "type": "COMPLETED", "name": "Completed"}, "state_id": "new"}
    assert lost.take_up(found) == []
    assert api.is_now("run")[0] == "Completed"


@pytest.mark.parametrize(
    ("state", "pool", "living", "served", "expected"),
    [
        ("RUNNING", "soundtracks", [], [], True),
        ("RUNNING", "soundtracks", [], ["soundtracks"], True),
        ("RUNNING", "soundtracks", ["run"], [], False),
        ("PENDING", "soundtracks", [], [], True),
        ("PENDING", "soundtracks", [], ["soundtracks"], False),  # claimed by a worker that is about to start it
        ("CANCELLING", "soundtracks", [], [], True),
        ("RUNNING", "somebody-elses", [], [], False),
        ("COMPLETED", "soundtracks", [], [], False),
    ],
)
def test_on_one_machine_a_run_without_a_process_is_lost(
    api: Api, lost: LostRuns, state: str, pool: str, living: list[str], served: list[str], expected: bool
) -> None:
    api.add("run", state, since=1, pool=pool)
    found = lost.without_process(["soundtracks", "soundtracks-match"], living, served)
    assert [f.run.id for f in found] == (["run"] if expected else [])
