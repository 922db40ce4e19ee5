"""Finding the run of a dropped file, on a server that knows its runs by their keys only; following one on a server that goes away."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import AwaitingRetry, Cancelled, Completed, Crashed, Failed, Running, Suspended
from rich.console import Console

from soundtracks.cli import follow
from soundtracks.errors import BadInput, ServerError
from soundtracks.inbox.memory import Memory
from soundtracks.lake.lake import Lake
from soundtracks.operations.client import ServerRefuses
from soundtracks.operations.crashes import ADVICE

NAME = "titles/a.csv"


class Server:
    """Knows these keys."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def read_flow_runs(self, flow_run_filter: Any) -> list[str]:
        return [key for key in self.keys if key in flow_run_filter.idempotency_key.any_]


@pytest.fixture
def dropped(lake: Lake) -> str:
    """The key of a file's first run."""
    lake.write_bytes(NAME, b"Jaws\n")
    return f"{lake.container}/{NAME}@{lake.etag(NAME)}"


def run_of(lake: Lake, monkeypatch: pytest.MonkeyPatch, *keys: str) -> object:
    @contextmanager
    def client(sync_client: bool) -> Iterator[Server]:
        yield Server(*keys)

    monkeypatch.setattr(follow, "get_client", client)
    return follow.run_of_file(lake, NAME, 5, 0.05, 0.01, "look there")


def test_the_run_of_a_new_file(lake: Lake, dropped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_of(lake, monkeypatch, dropped) == dropped


def test_a_run_that_never_comes(lake: Lake, dropped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServerError, match=r"No run was started for titles/a\.csv\. look there"):
        run_of(lake, monkeypatch)


def test_a_file_that_had_its_run(lake: Lake, dropped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Memory(lake).remember(NAME, lake.etag(NAME), 1)
    assert run_of(lake, monkeypatch, dropped) == dropped
    assert run_of(lake, monkeypatch) is None  # the server has deleted it; no other will come


def test_a_file_that_came_back(lake: Lake, dropped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Memory(lake).remember(NAME, lake.etag(NAME), 1)
    Memory(lake).remember(NAME, "other", 1)
    assert run_of(lake, monkeypatch, dropped, f"{dropped}#2") == f"{dropped}#2"
    Memory(lake).remember(NAME, lake.etag(NAME), 2)
    assert run_of(lake, monkeypatch, dropped, f"{dropped}#2") == f"{dropped}#2"


def refusal(status: int) -> PrefectHTTPStatusError:
    request = httpx.Request("GET", "http://127.0.0.1:9/api")
    return PrefectHTTPStatusError(f"HTTP {status}", request=request, response=httpx.Response(status, request=request))


class Faltering:
    """Answers with these in turn, and from then on that the run has completed."""

    def __init__(self, *answers: Exception | State) -> None:
        self.answers = [Running(), *answers, Completed()]

    def read_flow_run(self, run_id: UUID) -> FlowRun:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return FlowRun(id=run_id, flow_id=uuid4(), name="films.csv", state=answer, state_name=answer.name)

    def read_flow_runs(self, **wanted: object) -> list[FlowRun]:
        return []


def followed(*answers: Exception | State) -> FlowRun:
    return follow.follow(Faltering(*answers), uuid4(), Console(quiet=True), "", sleep=lambda seconds: None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "away",
    [httpx.ConnectError("refused"), httpx.ReadTimeout("late"), httpx.RemoteProtocolError("cut off"), refusal(500), refusal(503)],
    ids=repr,
)
def test_a_server_that_restarts_is_waited_for(away: Exception) -> None:
    run = followed(away, away)
    assert run.state
    assert run.state.is_completed()


@pytest.mark.parametrize("away", [httpx.ConnectError("refused"), refusal(500)], ids=repr)
def test_of_a_server_that_stays_away_it_says_how_to_follow_on(away: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "MAX_AWAY", -1)
    with pytest.raises(ServerError, match="soundtracks run --follow"):
        followed(away)


def test_a_run_that_the_server_does_not_know_is_bad_input() -> None:
    with pytest.raises(BadInput, match="The server knows no run"):
        followed(ObjectNotFound(refusal(404)))


def test_what_the_server_refuses_is_not_waited_for() -> None:
    with pytest.raises(ServerRefuses, match="refuses: HTTP 422"):
        followed(refusal(422))


KILLED = Crashed(message="Flow run infrastructure exited with non-zero status code -9.")


def test_a_run_that_crashed_and_is_repeated_has_not_ended() -> None:
    run = followed(KILLED, KILLED, AwaitingRetry(), Running())
    assert run.state
    assert run.state.is_completed()


def test_a_run_that_crashed_for_good_ends_with_its_advice() -> None:
    with pytest.raises(follow.RunFailed, match=rf"ended Crashed: The machine died\. {ADVICE}"):
        followed(KILLED, Crashed(message=f"The machine died. {ADVICE} run it again."))


def test_a_crash_that_nobody_judges_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "MAX_JUDGED", -1)
    with pytest.raises(follow.RunFailed, match="status code -9"):
        followed(KILLED)


def test_who_judges_has_its_time_from_when_the_server_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(follow, "MAX_JUDGED", 1.2)
    monkeypatch.setattr(follow, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    server = Faltering(KILLED, KILLED, httpx.ConnectError("refused"), KILLED, AwaitingRetry())
    run = follow.follow(server, uuid4(), Console(quiet=True), "", sleep=lambda s: clock.__setitem__(0, clock[0] + s))  # type: ignore[arg-type]
    assert run.state
    assert run.state.is_completed()


def test_a_run_that_waits_for_approval_is_not_followed_for_days() -> None:
    ended = followed(Suspended())
    assert ended.state is not None
    assert ended.state.is_paused()


@pytest.mark.parametrize(
    ("last", "mark"),
    [(Completed(), "✓"), (Suspended(), "✓"), (Failed(message="x"), "✗"), (Cancelled(), "✗")],
    ids=lambda v: str(v),
)
def test_what_failed_is_not_ticked_off(last: State, mark: str) -> None:
    shown = Console(file=StringIO(), width=120)
    with suppress(follow.RunFailed):
        follow.follow(Faltering(last), uuid4(), shown, "", sleep=lambda seconds: None)  # type: ignore[arg-type]
    assert [line[0] for line in shown.file.getvalue().splitlines() if "films.csv" in line] == [mark]  # type: ignore[attr-defined]
