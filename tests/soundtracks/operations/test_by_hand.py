"""A run that a person asks for or ends: what the server is asked, and what people are told of its refusals."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from soundtracks.errors import BadInput, ServerError
from soundtracks.operations.by_hand import MAX_CANCEL, ask_for_run, cancel_run, run_of_key

RUN = uuid4()
Answers = dict[str, Any]


def asking(answers: Answers) -> tuple[httpx.Client, list[tuple[str, Any]]]:
    """A client of a server that gives these answers by path (a status, a body, or bodies one after the other), and what it is
    asked."""
    asked: list[tuple[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/api")
        asked.append((path, json.loads(request.content) if request.content else None))
        found = answers[path]
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return httpx.Response(found, text="it says why") if isinstance(found, int) else httpx.Response(200, json=found)

    return httpx.Client(base_url="http://server.test/api", transport=httpx.MockTransport(answer)), asked


NAMED, CREATE = "/deployments/name/link-soundtracks/local", "/deployments/d1/create_flow_run"


@pytest.mark.parametrize(("pool", "queue"), [("soundtracks", {"work_queue_name": "large"}), (None, {})])
def test_a_run_is_asked_for_once_with_its_name_key_and_queue(pool: str | None, queue: dict[str, str]) -> None:
    api, asked = asking({NAMED: {"id": "d1", "work_pool_name": pool}, CREATE: {"id": str(RUN)}})
    wanted: dict[str, object] = {"titles": "uploads/1/my \x1b[2Jlist.csv", "plan": "auto"}
    assert ask_for_run(api, "link-soundtracks/local", wanted, "by hand 1", "large") == RUN
    assert asked[1:] == [
        (
            CREATE,
            {
                "name": "my  [2Jlist.csv",
                "parameters": wanted,
                "idempotency_key": "by hand 1",
                "state": {"type": "SCHEDULED"},
                **queue,
            },
        )
    ]


@pytest.mark.parametrize(
    ("answers", "told", "hint"),
    [
        ({NAMED: 404}, "The server has no deployment link-soundtracks/local.", "Register it: `soundtracks deploy`."),
        ({NAMED: 401}, "The Prefect server refuses: HTTP 401, it says why", "PREFECT_API_AUTH_STRING"),
        ({NAMED: {"id": "d1", "work_pool_name": "p"}, CREATE: 409}, "The Prefect server refuses: HTTP 409", "PREFECT_API_URL"),
    ],
)
def test_a_refusal_says_what_to_do(answers: Answers, told: str, hint: str) -> None:
    api, _ = asking(answers)
    with pytest.raises(ServerError, match=told) as refused:
        ask_for_run(api, "link-soundtracks/local", {"titles": "x.csv"}, "k", "default")
    assert hint in (refused.value.hint or "")


def test_a_server_that_fails_is_not_taken_for_one_that_refuses() -> None:
    api, _ = asking({NAMED: 503})
    with pytest.raises(httpx.HTTPStatusError):  # client.answering makes a ServerError of it
        ask_for_run(api, "link-soundtracks/local", {"titles": "x.csv"}, "k", "default")


@pytest.mark.parametrize(("found", "run"), [([{"id": str(RUN)}], RUN), ([], None)])
def test_a_run_is_found_by_its_key(found: list[dict[str, str]], run: UUID | None) -> None:
    api, asked = asking({"/flow_runs/filter": [found]})
    assert run_of_key(api, "by hand 1") == run
    assert asked[0][1]["flow_runs"] == {"idempotency_key": {"any_": ["by hand 1"]}}


def test_a_cancelled_run_is_waited_for() -> None:
    states = [{"state": {"type": kind}} for kind in ("RUNNING", "CANCELLING", "CANCELLED")]
    api, asked = asking({f"/flow_runs/{RUN}/set_state": {"status": "ACCEPT"}, f"/flow_runs/{RUN}": states})
    slept: list[float] = []
    assert cancel_run(api, RUN, slept.append)
    assert asked[0][1]["state"]["type"] == "CANCELLING"
    assert slept == [1, 1]


def test_a_run_that_does_not_end_is_not_waited_for_for_ever() -> None:
    api, _ = asking({f"/flow_runs/{RUN}/set_state": {}, f"/flow_runs/{RUN}": {"state": {"type": "CANCELLING"}}})
    slept: list[float] = []
    assert not cancel_run(api, RUN, slept.append)
    assert len(slept) == MAX_CANCEL


def test_a_run_that_is_not_there_cannot_be_cancelled() -> None:
    api, _ = asking({f"/flow_runs/{RUN}/set_state": 404})
    with pytest.raises(BadInput, match=f"The server knows no run {RUN}"):
        cancel_run(api, RUN)
