"""The loop of those who look at a server again and again."""

from collections.abc import Callable, Iterator
from threading import Event

import pytest

from soundtracks.errors import LakeError, ServerError
from soundtracks.operations.looks import look_every


def looks(ending: Event, *outcomes: Exception | None) -> Callable[[], None]:
    """A look that comes to one outcome after the other, and with the last of them to the end."""
    left: Iterator[Exception | None] = iter(outcomes)
    count = len(outcomes)

    def look() -> None:
        nonlocal count
        count -= 1
        if not count:
            ending.set()
        if error := next(left):
            raise error

    return look


def test_who_is_away_is_told_and_looked_at_again(caplog: pytest.LogCaptureFixture) -> None:
    ending = Event()
    look_every(0, ending, looks(ending, ServerError("no server"), None, LakeError("no lake")), away=(ServerError, LakeError))
    assert caplog.messages == ["no server", "no lake"]


def test_what_nobody_expected_ends_the_loop_only_where_nothing_is_said_of_it(caplog: pytest.LogCaptureFixture) -> None:
    ending = Event()
    look_every(0, ending, looks(ending, KeyError("id"), None), away=(ServerError,), unexpected="A look failed.")
    assert caplog.messages == ["A look failed."]
    with pytest.raises(KeyError):
        look_every(0, Event(), looks(Event(), KeyError("id"), None), away=(ServerError,))
