"""States of runs in words that say what is waited for."""

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
