"""Which automations are registered, with and without a webhook. What they do: tests/aci/test_automations.py."""

import json
import re
from types import SimpleNamespace
from uuid import uuid4

import pytest
from prefect.server.utilities.user_templates import render_user_template_sync

from soundtracks.operations import automations as module
from soundtracks.operations.automations import PREFIX, automations
from soundtracks.text.foreign import one_line, webhook
from tests.hostile.texts import TEXTS


def test_each_says_what_it_is_for() -> None:
    assert all(automation.name.startswith(PREFIX) and len(automation.description) > 30 for automation in automations())


def test_those_that_tell_people_are_off_without_a_webhook() -> None:
    off = {a.name.removeprefix(PREFIX): a.description for a in automations() if not a.enabled}
    assert list(off) == ["run failed", "quarantine grows"]
    assert all("SOUNDTRACKS_ALERT_WEBHOOK" in text for text in off.values())


def test_with_a_webhook_all_are_on() -> None:
    webhook = uuid4()
    registered = automations(webhook)
    assert all(automation.enabled for automation in registered)
    called = {a.name.removeprefix(PREFIX) for a in registered for action in a.actions if action.type == "call-webhook"}
    assert called == {"run failed", "quarantine grows"}


@pytest.mark.parametrize("name", TEXTS)
def test_nobody_is_called_and_nothing_linked_by_what_a_webhook_is_told(name: str) -> None:
    """Rendered by Prefect's own engine, as the server does it."""
    text = TEXTS[name]
    run = SimpleNamespace(name=text, state=SimpleNamespace(name="Failed", message=text))
    event = SimpleNamespace(payload=SimpleNamespace(message=text, run_id=text))
    for template in (module._FAILED.replace("flow_run|ui_url", "'URL'"), module._GREW):
        rendered = render_user_template_sync(template, {"flow": SimpleNamespace(name="link"), "flow_run": run, "event": event})
        told = json.loads(rendered)["text"]
        assert not re.search(r"[<>\n]|&(?!(amp|lt|gt);)|@\w|https?://|www\.", told)
        assert seen(webhook(text)) in seen(told)


def seen(text: str) -> str:
    """What is left of a text without what nobody sees."""
    return re.sub(r"\s+", "", one_line(text))
