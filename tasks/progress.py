"""A progress artifact in Prefect's UI: how far, how fast, and when it will be done."""

from collections.abc import Callable
from datetime import timedelta
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from pydantic import BaseModel

from soundtracks.sources.http import Source

#: Seconds between two updates of the artifact: each is a request to the Prefect server.
SHOWN_EVERY = 3.0


class Progress(BaseModel):
    """`artifact`: its id. `total`: how many of `unit` there are to do. `started`: monotonic seconds of this process."""

    artifact: UUID
    total: int
    unit: str
    started: float

    @classmethod
    def begin(cls, source: Source, key: str, total: int, unit: str) -> "Progress":
        artifact = cast(UUID, create_progress_artifact(0.0, key=key, description=f"0 of {total} {unit}"))
        return cls(artifact=artifact, total=total, unit=unit, started=source.clock.monotonic())

    def show(self, source: Source, done: int) -> None:
        """`done`: how many are, all together."""
        metrics, clock = source.metrics, source.clock
        elapsed = max(clock.monotonic() - self.started, 1e-3)
        left = timedelta(seconds=round(elapsed / max(done, 1) * (self.total - done)))
        end = (clock.now() + left).strftime("%H:%M:%S UTC")
        rate = metrics.requests / elapsed * 60
        update_progress_artifact(
            self.artifact,
            100.0 * done / max(self.total, 1),
            f"{done} of {self.total} {self.unit}; {metrics.requests} requests ({rate:.0f} a minute), "
            f"{metrics.cache_hits} cached responses, {metrics.retries} retries; {left} left, expected end {end}",
        )

    def now_and_then(self, source: Source, start: int) -> Callable[[int], None]:
        """Shows how far a batch is that begins at `start`, at most every SHOWN_EVERY seconds."""
        shown = source.clock.monotonic()

        def done(count: int) -> None:
            nonlocal shown
            now = source.clock.monotonic()
            if now - shown >= SHOWN_EVERY:
                shown = now
                self.show(source, start + count)

        return done
