"""The client that outlasts a locked database."""

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from soundtracks.operations.access import PAUSES, RetryLockedDatabase
from soundtracks.operations.client import retrying_client


@pytest.mark.parametrize(
    ("answers", "status", "pauses"),
    [
        ([201], 201, []),
        ([503, 503, 201], 201, PAUSES[:2]),
        ([500], 500, []),
        ([503] * 6, 503, PAUSES),
    ],
)
def test_a_locked_database_is_asked_again(answers: list[int], status: int, pauses: list[float]) -> None:
    slept: list[float] = []
    asked: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.read())
        return httpx.Response(answers[len(asked) - 1])

    with httpx.Client(transport=RetryLockedDatabase(httpx.MockTransport(answer), slept.append)) as client:
        assert client.post("http://server/api", json={"a": 1}).status_code == status
    assert slept == list(pauses)
    assert asked == [b'{"a":1}'] * len(answers)


def test_every_way_to_the_server_is_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Prefect's own TLS settings and the environment's proxies."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with temporary_settings({PREFECT_API_URL: "https://prefect.example/api"}):
        http = retrying_client()._client
    ways = [http._transport, *filter(None, http._mounts.values())]
    assert len(ways) == 2
    assert all(isinstance(way, RetryLockedDatabase) for way in ways)
