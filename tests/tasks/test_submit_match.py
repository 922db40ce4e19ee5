"""The parent of a match while the server is away, or without its database, for a while."""

from types import SimpleNamespace
from uuid import uuid4

import httpx
import pytest
from prefect.exceptions import PrefectHTTPStatusError
from prefect.states import Completed, State

from soundtracks.errors import MatchError
from tasks import submit_match

CHILD = SimpleNamespace(id=uuid4(), name="match-albums", state=None)


def failing(status: int) -> PrefectHTTPStatusError:
    request = httpx.Request("GET", "http://server.test/api")
    return PrefectHTTPStatusError(f"HTTP {status}", request=request, response=httpx.Response(status, request=request))


class Server:
    """Answers with one after the other."""

    def __init__(self, *answers: Exception | State) -> None:
        self.answers = list(answers)

    def answer(self, *_: object, **__: object) -> SimpleNamespace:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(id=CHILD.id, name=CHILD.name, state=answer)

    read_flow_run = answer


@pytest.fixture(autouse=True)
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submit_match._run_of_key.retry, "sleep", lambda _: None)
    monkeypatch.setattr(submit_match, "get_run_logger", lambda: SimpleNamespace(info=lambda *_: None))


AWAY = [httpx.ConnectError("refused"), httpx.ReadTimeout("late"), failing(500), failing(503)]


def test_a_match_is_waited_for_while_the_server_is_away() -> None:
    server = Server(*AWAY, Completed())
    state = submit_match._wait(server, CHILD, deadline=float("inf"), poll_interval=0)  # type: ignore[arg-type]
    assert state is not None
    assert state.is_completed()


def test_what_the_server_refuses_is_not_waited_for() -> None:
    with pytest.raises(PrefectHTTPStatusError, match="401"):
        submit_match._wait(Server(failing(401)), CHILD, deadline=float("inf"), poll_interval=0)  # type: ignore[arg-type]


def test_a_match_begins_once_the_server_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submit_match, "run_deployment", Server(*AWAY, Completed()).answer)
    assert submit_match._start("match-albums/local", {}, 0).id == CHILD.id


@pytest.mark.parametrize(
    ("answer", "hint"),
    [(failing(422), "`soundtracks deploy` renews it"), (failing(500), "Retry this run once the server is back")],
)
def test_a_server_that_stays_away_and_one_that_refuses_are_told_apart(
    answer: Exception, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submit_match._run_of_key.retry, "stop", lambda state: state.attempt_number == 3)
    monkeypatch.setattr(submit_match, "run_deployment", Server(*[answer] * 3).answer)
    with pytest.raises(MatchError, match="The server did not start match-albums/local") as told:
        submit_match._start("match-albums/local", {}, 0)
    assert hint in told.value.hint
