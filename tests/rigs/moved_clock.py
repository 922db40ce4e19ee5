"""Clocks for the product that never wait: sleeping moves them, and the sample services' clock too."""

import threading
from datetime import UTC, datetime, timedelta

from sandbox.clock import FrozenClock
from soundtracks.sources.pacing import Clock

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class MovedClock(Clock):
    """`service`: give this to the sample services. `slept`: every sleep so far, seconds."""

    def __init__(self) -> None:
        self.service = FrozenClock()
        self.slept: list[float] = []
        self._start = self.service()

    def monotonic(self) -> float:
        return self.service()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.service() - self._start)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.service.advance(seconds)


class OwnTimes(Clock):
    """A time for each thread, so that those who sleep side by side sleep at once. `latest`: the time of the last thread."""

    def __init__(self) -> None:
        self._own = threading.local()
        self.latest = 0.0

    def monotonic(self) -> float:
        return float(getattr(self._own, "time", 0.0))

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.monotonic())

    def sleep(self, seconds: float) -> None:
        self._own.time = self.monotonic() + seconds
        self.latest = max(self.latest, self._own.time)
