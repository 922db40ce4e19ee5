"""The automations on a real server: each as `soundtracks deploy` registers it, only that ten seconds are long (Prefect's
least), and that each watches one run of ours."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import UUID

import httpx
import pytest
from prefect import flow
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from prefect.states import Failed, Pending, Running

from tasks.automations import PREFIX, TAG, automations, register, register_webhook
from tasks.events import QUARANTINE_GREW
from tests.aci.azure_world import World, until

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


@pytest.fixture(scope="module")
def watched_runs(world: World, told) -> dict[str, UUID]:
    """One run for each automation, in the state that it waits in."""
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
    for name in ("run lost", "run takes too long", "run failed"):
        world.client.set_flow_run_state(runs[name], Running(), force=True)
    beat = {
        "occurred": datetime.now(UTC).isoformat(),
        "event": "prefect.flow-run.heartbeat",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{runs['run lost']}"},
        "related": [{"prefect.resource.id": f"prefect.tag.{TAG}", "prefect.resource.role": "tag"}],
        "id": "0199d3b0-0000-7000-8000-000000000001",
    }
    growth = {
        "occurred": datetime.now(UTC).isoformat(),
        "event": QUARANTINE_GREW,
        "resource": {"prefect.resource.id": "soundtracks.quarantine.r1"},
        "payload": {"run_id": "r1", "message": '4.0% of the "rows"'},
        "id": "0199d3b0-0000-7000-8000-000000000002",
    }
    httpx.post(f"{world.env['PREFECT_API_URL']}/events", json=[beat, growth]).raise_for_status()
    world.client.set_flow_run_state(runs["run stuck before its start"], Pending(), force=True)
    world.client.set_flow_run_state(runs["run failed"], Failed(message='no "titles"\nat all'), force=True)
    return runs


def test_a_run_whose_heartbeat_ceases_is_crashed(world: World, watched_runs):
    found = world.wait(watched_runs["run lost"], "Crashed", 60)
    assert "no heartbeat" in found.state.message


def test_a_run_that_never_starts_is_crashed(world: World, watched_runs):
    found = world.wait(watched_runs["run stuck before its start"], "Crashed", 60)
    assert "never started" in found.state.message


def test_a_run_that_takes_too_long_is_cancelled(world: World, watched_runs):
    until(lambda: world.read(watched_runs["run takes too long"]).state_name in ("Cancelling", "Cancelled"), 60, "its end")


def texts(told, wanted: str) -> set[str]:
    """What the webhook was told, each once: the server may deliver an event twice."""
    return {message["text"] for message in told[1] if wanted in message["text"]}


def test_people_are_told_of_a_growing_quarantine(world: World, watched_runs, told):
    (text,) = until(lambda: texts(told, "quarantine"), 60, "the webhook's call")
    assert text == 'The quarantine grows: 4.0% of the "rows" Run r1'


def test_people_are_told_of_a_failed_run(world: World, watched_runs, told):
    (text,) = until(lambda: texts(told, "ended Failed"), 60, "the webhook's call")
    assert 'ended Failed: no "titles"\nat all' in text
    assert str(watched_runs["run failed"]) in text
