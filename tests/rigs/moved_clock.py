"""A clock for the product that never waits: sleeping moves it, and the sample services' clock with it."""

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
