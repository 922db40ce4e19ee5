"""States of runs in words that say what is waited for, or what went wrong."""

import re

from soundtracks import errors

#: What Prefect writes before the message of an exception.
_RAISED = re.compile(r"(?:Flow|Task) run encountered an exception: (?:\w+\.)*(\w+): ")

#: What a state means for somebody who waits. Others stand under their own name.
WAITS = {
    "Scheduled": "waits for a worker",
    "Late": "waits for a worker: is one running? `soundtracks doctor` says",
    "AwaitingConcurrencySlot": "waits for its turn: other runs are before it",
    "AwaitingRetry": "waits before it is tried again",
    "Pending": "its process starts",
    "Paused": "waits for somebody's word in the Prefect UI",
    "Suspended": "waits for approval",
    "Resuming": "was answered, and waits for a worker",
}


def in_words(state: str | None) -> str:
    """The name of a state, as somebody who waits understands it."""
    return WAITS.get(state or "", state or "")


def said(message: str | None) -> str:
    """The message of a state without the name of an error of ours, which speaks for itself; others' names are needed."""
    text = message or "no message"
    raised = _RAISED.match(text)
    return text[raised.end() :] if raised and hasattr(errors, raised[1]) else text
