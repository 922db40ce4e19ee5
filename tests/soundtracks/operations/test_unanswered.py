"""Runs that ended while they waited for approval: the lake is told, and what people see of it."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from soundtracks.errors import ServerError
from soundtracks.lake.lake import Lake
from soundtracks.metrics import ApprovalMetrics, RunMetrics
from soundtracks.operations.unanswered import Unanswered
from soundtracks.publishing.runs_table import fate
from soundtracks.reporting.history import read_history
from soundtracks.reporting.moves import PROPOSAL
from tests.rigs.flow_runs import Api

NOW = datetime.now(UTC)
ASKED = ApprovalMetrics(standing=40, moved=30, until=NOW + timedelta(days=7))


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def unanswered(lake: Lake, api: Api) -> Unanswered:
    return Unanswered(lake, httpx.Client(base_url="http://server.test/api", transport=httpx.MockTransport(api)))


def waiting(lake: Lake, run: str, approval: ApprovalMetrics | None = ASKED, proposal: bool = True) -> None:
    metrics = RunMetrics(run_id=run, started=NOW - timedelta(hours=1), approval=approval)
    lake.write_bytes(f"runs/{run}/metrics.json", metrics.model_dump_json(exclude_none=True).encode())
    if proposal:
        lake.write_bytes(f"runs/{run}/{PROPOSAL}", b"<html>")


def fates(lake: Lake) -> dict[str, str]:
    return {run["run_id"]: fate(run) for run in read_history(lake).to_pylist()}


@pytest.mark.parametrize(
    ("state", "decision", "told"),
    [
        ("CANCELLED", "cancelled", "not published: cancelled while it waited"),
        ("FAILED", "unanswered", "not published: nobody approved it in time"),
    ],
)
def test_a_run_that_ended_while_it_waited_says_so(
    lake: Lake, api: Api, unanswered: Unanswered, state: str, decision: str, told: str
) -> None:
    waiting(lake, "r1")
    api.add("r1", "PAUSED")
    assert unanswered.once() == []
    assert fates(lake) == {"r1": "waits for approval"}
    api.add("r1", state, since=2 * 3600)
    assert unanswered.once() == ["r1"]
    saved = lake.read_json("runs/r1/metrics.json")
    assert saved["approval"]["decision"] == decision
    assert abs(datetime.fromisoformat(saved["finished"]) - (datetime.now(UTC) - timedelta(hours=2))) < timedelta(hours=1)
    assert fates(lake) == {"r1": told}
    assert unanswered.once() == []


@pytest.mark.parametrize(
    ("approval", "proposal"),
    [
        (None, False),  # it failed before it could ask
        (ASKED.model_copy(update={"decision": "publish"}), True),  # it was cancelled while it published
        (ASKED.model_copy(update={"decision": "discard"}), True),
    ],
    ids=["never asked", "approved", "discarded"],
)
def test_other_runs_stay_as_they_are(
    lake: Lake, api: Api, unanswered: Unanswered, approval: ApprovalMetrics | None, proposal: bool
) -> None:
    waiting(lake, "r1", approval, proposal)
    api.add("r1", "CANCELLED")
    before = lake.read_bytes("runs/r1/metrics.json")
    assert unanswered.once() == []
    assert not unanswered.note("r1")
    assert lake.read_bytes("runs/r1/metrics.json") == before


def test_who_cancels_need_not_wait_for_the_watcher(lake: Lake, api: Api, unanswered: Unanswered) -> None:
    waiting(lake, "r1")
    api.add("r1", "CANCELLED")
    assert unanswered.note("r1")
    assert fates(lake) == {"r1": "not published: cancelled while it waited"}


def test_a_run_that_was_retried_and_ended_again_is_noted_again(lake: Lake, api: Api, unanswered: Unanswered) -> None:
    waiting(lake, "r1")
    api.add("r1", "FAILED")
    assert unanswered.once() == ["r1"]
    waiting(lake, "r1")  # as a run that goes on leaves it: test_run_record.py
    api.add("r1", "CANCELLED")
    api.runs["r1"]["state_id"] = "r1-7"
    assert unanswered.once() == ["r1"]
    assert fates(lake) == {"r1": "not published: cancelled while it waited"}


def test_damaged_and_foreign_runs_are_passed_over(lake: Lake, api: Api, unanswered: Unanswered) -> None:
    waiting(lake, "broken")
    lake.write_bytes("runs/broken/metrics.json", b"[]")
    waiting(lake, "good")
    for run in ("broken", "of another lake", "good"):
        api.add(run, "CANCELLED")
    assert unanswered.once() == ["good"]


def test_more_runs_than_a_page_of_the_server(lake: Lake, api: Api, unanswered: Unanswered) -> None:
    for number in range(450):
        api.add(f"r{number}", "FAILED")
    waiting(lake, "r449")
    assert unanswered.once() == ["r449"]


def test_a_server_that_is_away_is_told(lake: Lake, api: Api, unanswered: Unanswered) -> None:
    api.away = True
    with pytest.raises(ServerError, match="does not answer"):
        unanswered.once()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({}, "not finished"),  # it goes on, or failed
        ({"finished": NOW}, ""),
        ({"finished": NOW, "published": NOW}, ""),
        ({"published": NOW, "asked_until": NOW, "approval": "publish"}, ""),
        ({"asked_until": NOW}, "waits for approval"),
        ({"asked_until": NOW, "approval": "publish"}, "not finished"),
        ({"asked_until": NOW, "approval": "discard", "finished": NOW}, "not published: discarded"),
        ({"problem": "metrics.json holds no metrics."}, ""),
    ],
    ids=lambda value: ", ".join(value) or "nothing" if isinstance(value, dict) else value,  # the same in all processes: no times
)
def test_what_became_of_a_run(row: dict[str, object], told: str) -> None:
    columns = ("asked_until", "approval", "finished", "published", "problem")
    assert fate(dict.fromkeys(columns) | row) == told
