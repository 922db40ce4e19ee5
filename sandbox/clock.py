"""The sandbox's clock: real time plus what was added, so that a test passes a minute without waiting for it."""

import time


class Clock:
    def __init__(self) -> None:
        self._added = 0.0

    def __call__(self) -> float:
        """Seconds of a monotonic clock."""
        return time.monotonic() + self._added

    def advance(self, seconds: float) -> None:
        self._added += seconds


class FrozenClock(Clock):
    """Stands still until advanced."""

    def __call__(self) -> float:
        return 1_000_000.0 + self._added
