"""The clean-up goes on, whatever one action or one look came to. What it does with a real worker: tests/aci."""

from threading import Event

import pytest
from azure.core.exceptions import HttpResponseError
from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import ObjectNotFound

from soundtracks.errors import UnexpectedAnswer
from soundtracks.operations import cleanup
from soundtracks.operations.cleanup import Cleanup
from soundtracks.operations.orphans import Action
from soundtracks.settings import Settings


@pytest.fixture
def looking() -> Cleanup:
    return Cleanup(Settings(azure_subscription_id="s", azure_resource_group="g"))


@pytest.mark.parametrize(
    "refused",
    [
        HttpResponseError("Conflict: a lock"),
        UnexpectedAnswer("Azure", "nothing"),
        ObjectNotFound(ValueError("deleted meanwhile")),
    ],
    ids=repr,
)
def test_an_action_that_is_refused_keeps_no_other_waiting(
    looking: Cleanup, refused: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    actions = [Action("remove", "group-1", "left behind"), Action("crash", "run-2", "lost")]
    acted: list[str] = []

    def act(self: Cleanup, client: object, action: Action) -> None:
        acted.append(action.target)
        if action.target == "group-1":
            raise refused

    monkeypatch.setattr(Cleanup, "_act", act)
    monkeypatch.setattr(Cleanup, "_groups", lambda self: iter(()))
    monkeypatch.setattr(Cleanup, "_runs", lambda *_: [])
    monkeypatch.setattr(cleanup, "decide", lambda *_: actions)
    monkeypatch.setattr(cleanup, "get_client", lambda **_: SyncPrefectClient("http://server.test/api"))
    assert [done.name for done in looking.once()] == ["run-2"]
    assert acted == ["group-1", "run-2"]
    assert "remove group-1 was refused" in caplog.text


def test_what_nobody_expected_does_not_end_the_watch(
    looking: Cleanup, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ending, looks = Event(), []

    def once(self: Cleanup) -> None:
        looks.append(1)
        if len(looks) == 2:
            ending.set()
        raise KeyError("an answer that nobody expected")

    monkeypatch.setattr(Cleanup, "once", once)
    looking.run(0, ending)
    assert len(looks) == 2
    assert "A look of the clean-up failed." in caplog.text
