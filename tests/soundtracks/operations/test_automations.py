"""Which automations are registered, with and without a webhook. What they do: tests/aci/test_automations.py."""

from uuid import uuid4

from soundtracks.operations.automations import PREFIX, automations


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
