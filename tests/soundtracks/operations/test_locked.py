"""A server whose database is locked now and then answers all the same."""

import asyncio
from itertools import pairwise

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from soundtracks.operations.api_server import PAUSES, RepeatLocked


class Server:
    """Answers with these statuses, one a request; where one is locked it raises besides, as Prefect does."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = statuses
        self.asked: list[bytes] = []
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        scope["path"] = "changed by a router"
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        self.asked.append(body)
        status = self.statuses[len(self.asked) - 1]
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"answer %d" % len(self.asked)})
        if status >= 500:
            raise RuntimeError(f"the log's copy of {status}")


def ask(server: Server) -> httpx.Response:
    async def post() -> httpx.Response:
        transport = httpx.ASGITransport(RepeatLocked(server, [0] * len(PAUSES)), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.post("http://server/api/flows/", json={"a": 1})

    return asyncio.run(post())


@pytest.mark.parametrize(
    ("statuses", "text"),
    [
        ([201], "answer 1"),
        ([503, 503, 201], "answer 3"),
        ([503, 500], "answer 2"),
        ([404], "answer 1"),
        ([*[503] * len(PAUSES), 200], "answer 6"),
        ([503] * (len(PAUSES) + 1), "answer 6"),  # Prefect's client then asks again, after seconds
    ],
    ids=str,
)
def test_what_is_refused_for_a_moment_is_repeated(statuses: list[int], text: str) -> None:
    server = Server(*statuses)
    answer = ask(server)
    assert (answer.status_code, answer.text) == (statuses[-1], text)
    assert server.asked == [b'{"a":1}'] * len(statuses)
    assert server.paths == ["/api/flows/"] * len(statuses)


def test_the_pauses_grow_and_end_before_a_client_loses_patience() -> None:
    assert all(one < other for one, other in pairwise(PAUSES))
    assert sum(PAUSES) < 2


def test_a_socket_is_left_alone() -> None:
    """It lives for days: what it says is not kept for a repetition."""
    told: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        told.extend([scope, receive, send])

    async def hear() -> Message:
        raise AssertionError("nothing is said")

    async def say(message: Message) -> None:
        raise AssertionError("nothing is heard")

    scope = {"type": "websocket"}
    asyncio.run(RepeatLocked(app)(scope, hear, say))
    assert told == [scope, hear, say]
