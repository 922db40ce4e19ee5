"""The client of the API over hours: the server forgets tokens, is away, is another one. On a stand-in of its middleware."""

import httpx
import pytest

from soundtracks.operations.access import Credentials

API = "http://server.test/api"


class Guarded:
    """Prefect's check against forged requests (server/api/middleware.py). `on`: whether it checks; `away`: gives no token."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.given = 0
        self.on = True
        self.away = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/csrf-token":
            if self.away:
                return httpx.Response(503)
            if not self.on:
                return httpx.Response(422, json={"detail": "CSRF protection is disabled."})
            self.given += 1
            self.tokens = {request.url.params["client"]: f"token {self.given}"}
            return httpx.Response(200, json={"token": f"token {self.given}"})
        client, token = request.headers.get("Prefect-Csrf-Client"), request.headers.get("Prefect-Csrf-Token")
        refused = self.on and request.method != "GET" and (client is None or self.tokens.get(client) != token)
        return httpx.Response(403 if refused else 200, json={"body": request.content.decode()})


@pytest.fixture
def server() -> Guarded:
    return Guarded()


@pytest.fixture
def api(server: Guarded) -> httpx.Client:
    return httpx.Client(base_url=API, auth=Credentials(API, "user:word"), transport=httpx.MockTransport(server))


def test_one_token_serves_until_the_server_forgets_it(server: Guarded, api: httpx.Client) -> None:
    assert [api.post("/x", json={}).status_code for _ in range(3)] == [200, 200, 200]
    assert server.given == 1
    server.tokens.clear()  # an hour has passed, or its database is new
    answer = api.post("/x", json={"a": 1})
    assert (answer.status_code, answer.json()) == (200, {"body": '{"a":1}'})
    assert server.given == 2


def test_a_server_that_gave_no_token_while_it_was_busy_is_asked_again(server: Guarded, api: httpx.Client) -> None:
    server.away = True
    assert api.post("/x").status_code == 403
    server.away = False
    assert api.post("/x").status_code == 200


def test_a_server_that_wants_no_token_may_want_one_later(server: Guarded, api: httpx.Client) -> None:
    server.on = False
    assert api.post("/x").status_code == 200
    server.on = True
    assert [api.post("/x").status_code for _ in range(2)] == [200, 200]


def test_what_is_refused_for_another_reason_is_told(server: Guarded) -> None:
    forbidden = httpx.MockTransport(lambda request: httpx.Response(403, json={"token": "t"}))
    with httpx.Client(base_url=API, auth=Credentials(API, ""), transport=forbidden) as api:
        assert [api.post("/x").status_code for _ in range(2)] == [403, 403]


def test_what_changes_nothing_asks_for_no_token(server: Guarded, api: httpx.Client) -> None:
    assert api.get("/x").status_code == 200
    assert server.given == 0
