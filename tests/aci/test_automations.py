"""The automations on a real server: each as `soundtracks deploy` registers it, only that ten seconds are long (Prefect's
least), and that each watches one run of ours."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect import flow
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from prefect.states import Failed, Pending, Running, State

from soundtracks.operations.automations import PREFIX, automations, register, register_webhook
from soundtracks.operations.lost_runs import TAG
from soundtracks.operations.runs import QUARANTINE_GREW
from tests.aci.azure_world import World
from tests.waiting import until

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]


@flow
def watched() -> None:
    pass


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The address of a webhook, and what it was told."""
    received: list[dict[str, str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/alerts", received
    server.shutdown()
    server.server_close()


@dataclass
class Watched:
    """One run for each automation that watches runs; `signal(name)` sends what the automation of this name waits for."""

    world: World
    runs: dict[str, UUID]

    def signal(self, name: str) -> None:
        match name:
            case "run stuck before its start":
                self._enter(name, Pending())
            case "run takes too long":
                self._enter(name, Running())
            case "run failed":
                self._enter(name, Running())
                self._enter(name, Failed(message='no "titles"\nat all'))
            case "quarantine grows":
                payload = {"run_id": "r1", "message": '4.0% of the "rows"'}
                self._emit(QUARANTINE_GREW, "soundtracks.quarantine.r1", payload)

    def until(self, name: str, check: Callable[[], Any]) -> Any:
        """What `check` returns once it is true. The signal is sent again now and then: a server on SQLite that is busy
        ("database is locked") loses events, which is why no work of ours is started by one."""
        for _ in range(4):
            self.signal(name)
            with contextlib.suppress(AssertionError):
                return until(check, 20, name)
        raise AssertionError(f"the automation {name!r} did nothing")

    def ended(self, name: str, *states: str) -> str:
        """The message of the state that the automation brought the run into."""
        run = self.runs[name]
        state = self.until(name, lambda: (found := self.world.read(run).state) and found.name in states and found)
        return state.message or ""

    def _enter(self, name: str, state: State) -> None:
        self.world.client.set_flow_run_state(self.runs[name], state, force=True)

    def _emit(self, event: str, resource: str, payload: dict[str, str] | None = None) -> None:
        body = {
            "occurred": datetime.now(UTC).isoformat(),
            "event": event,
            "resource": {"prefect.resource.id": resource},
            "related": [{"prefect.resource.id": f"prefect.tag.{TAG}", "prefect.resource.role": "tag"}],
            "payload": payload or {},
            "id": str(uuid4()),
        }
        httpx.post(f"{self.world.env['PREFECT_API_URL']}/events", json=[body]).raise_for_status()


@pytest.fixture(scope="module")
def watched_runs(world: World, told) -> Watched:
    """The automations, each for one run."""
    with temporary_settings({PREFECT_API_URL: world.env["PREFECT_API_URL"], PREFECT_API_AUTH_STRING: None}):
        webhook = register_webhook(told[0])
    quick, runs = [], {}
    for automation in automations(webhook):
        name = automation.name.removeprefix(PREFIX)
        if name == "quarantine grows":  # watches no run
            quick.append(automation)
            continue
        runs[name] = world.client.create_flow_run(watched, tags=[TAG], state=Pending()).id
        trigger = automation.trigger.model_copy(update={"match": {"prefect.resource.id": f"prefect.flow-run.{runs[name]}"}})
        if trigger.within:
            trigger = trigger.model_copy(update={"within": timedelta(seconds=10)})
        quick.append(automation.model_copy(update={"name": f"quick {name}", "trigger": trigger}))
    register(world.client, quick)
    return Watched(world, runs)


def test_a_run_that_never_starts_is_crashed(watched_runs: Watched):
    assert "never started" in watched_runs.ended("run stuck before its start", "Crashed")


def test_a_run_that_takes_too_long_is_cancelled(watched_runs: Watched):
    watched_runs.ended("run takes too long", "Cancelling", "Cancelled")


def texts(told, wanted: str) -> set[str]:
    """What the webhook was told, each once: the server may deliver an event twice."""
    return {message["text"] for message in told[1] if wanted in message["text"]}


def test_people_are_told_of_a_growing_quarantine(watched_runs: Watched, told):
    (text,) = watched_runs.until("quarantine grows", lambda: texts(told, "quarantine"))
    assert text == 'The quarantine grows: 4.0% of the "rows" Run r1'


def test_people_are_told_of_a_failed_run(watched_runs: Watched, told):
    (text,) = watched_runs.until("run failed", lambda: texts(told, "ended Failed"))
    assert 'ended Failed: no "titles" at all' in text
    assert str(watched_runs.runs["run failed"]) in text
