"""Prefect's two UIs in a real browser, against the server as a stack starts it: with password, token and checks of addresses."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response

from soundtracks.operations.access import api_client
from tests.rigs.browser import PATIENCE, chromium
from tests.rigs.prefect_server import PrefectServer

pytestmark = [pytest.mark.server, pytest.mark.browser, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    made = PrefectServer(tmp_path_factory.mktemp("server"))
    made.start()
    with api_client(made.client_env, timeout=60) as api:
        flow = api.post("/flows/", json={"name": "link-soundtracks"}).json()["id"]
        run = {"flow_id": flow, "name": "films-of-mine.csv", "state": {"type": "RUNNING"}}
        run_id = api.post("/flow_runs/", json=run).json()["id"]
        line = {"name": "x", "level": 20, "message": "a line of its log", "timestamp": "2026-01-01T00:00:00Z"}
        api.post("/logs/", json=[line | {"flow_run_id": run_id}]).raise_for_status()
        made.run_id = run_id  # type: ignore[attr-defined]
    yield made
    made.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("ui", ["", "/v2"])
def test_who_knows_the_password_sees_runs_and_logs_and_changes_them(
    server: PrefectServer, browser: Browser, ui: str, host: str
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        refused: list[str] = []

        def note(response: Response) -> None:
            if response.status in (400, 401, 403):
                refused.append(f"{response.status} {response.request.method} {response.url}")

        base = f"http://{host}:{server.port}{ui}"
        page.goto(f"{base}/runs")
        page.locator("input[type=password]").fill(server.password)
        page.locator("button[type=submit]").click()
        page.get_by_text("films-of-mine.csv").first.wait_for()
        page.on("response", note)  # before the password, refusals are right
        page.goto(f"{base}/runs/flow-run/{server.run_id}")  # type: ignore[attr-defined]
        page.get_by_text("a line of its log").first.wait_for()
        page.goto(f"{base}/runs")
        page.get_by_text("films-of-mine.csv").first.wait_for()
        assert refused == []


def test_who_does_not_know_it_sees_nothing(server: PrefectServer, browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{server.url}/runs")
        page.locator("input[type=password]").fill("soundtracks:wrong")
        page.locator("button[type=submit]").click()
        page.get_by_text("Authentication failed", exact=False).first.wait_for()
        assert "films-of-mine.csv" not in page.content()


@pytest.mark.parametrize("known", [False, True], ids=["stranger", "logged in"])
def test_a_foreign_page_in_the_same_browser_can_do_nothing(
    server: PrefectServer, browser: Browser, tmp_path: Path, known: bool
) -> None:
    """The page of evil.test, and evil.test rebound to this machine; in a browser that has logged in before, too."""
    with browser.new_context() as context:
        if known:
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(f"{server.url}/runs")
            page.locator("input[type=password]").fill(server.password)
            page.locator("button[type=submit]").click()
            page.get_by_text("films-of-mine.csv").first.wait_for()
        evil = context.new_page()
        evil.route("http://evil.test/", lambda route: route.fulfill(body="<h1>evil</h1>", content_type="text/html"))
        evil.goto("http://evil.test/")
        assert attack(evil, server.port) == ["refused", "refused", "refused"]
    with api_client(server.client_env, timeout=60) as api:
        assert "evil" not in {flow["name"] for flow in api.post("/flows/filter", json={}).json()}


def attack(page: Page, port: int) -> list[str]:
    """What the page gets: it reads, it writes without asking first (a simple request), and it opens a WebSocket."""
    script = """async ([port]) => {
        const attempt = async (ask) => { try { return (await ask()) ? "done" : "refused"; } catch { return "refused"; } };
        const url = `http://127.0.0.1:${port}/api`;
        const json = { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } };
        const simple = { method: "POST", body: JSON.stringify({ name: "evil" }), mode: "no-cors" };
        return [
            await attempt(async () => (await fetch(`${url}/flow_runs/filter`, json)).ok),
            await attempt(async () => (await fetch(`${url}/flows/`, simple)).ok),
            await attempt(() => new Promise((resolve) => {
                const socket = new WebSocket(`ws://127.0.0.1:${port}/api/events/in`, "prefect");
                socket.onopen = () => resolve(true);
                socket.onerror = () => resolve(false);
            })),
        ];
    }"""
    return list(page.evaluate(script, [port]))
