"""What one run of the pipeline is: its id, its folder in the lake, and what it measured so far."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic

from tasks.lake import Lake
from tasks.metrics import RunMetrics


class Run:
    """Collects metrics and saves them after each stage, so that a run that fails shows how far it came."""

    def __init__(self, run_id: str, lake: Lake) -> None:
        self.id = run_id
        self.lake = lake
        self.metrics = RunMetrics(run_id=run_id, started=datetime.now(UTC))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times a stage, in seconds."""
        start = monotonic()
        try:
            yield
        finally:
            self.metrics.stages[name] = round(monotonic() - start, 3)
            self.save()

    def save(self) -> None:
        self.lake.write_bytes(f"runs/{self.id}/metrics.json", self.metrics.model_dump_json(indent=1, exclude_none=True).encode())

    def finish(self) -> None:
        self.metrics.finished = datetime.now(UTC)
        self.save()
