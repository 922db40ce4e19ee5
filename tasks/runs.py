"""What one run of the pipeline is: its id, its folder in the lake, and what it measured so far."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic

from pydantic import BaseModel

from tasks.lake import DatasetRef, Lake
from tasks.metrics import MatchMetrics, RunMetrics, SourceMetrics, ValidationMetrics


class Failure(BaseModel):
    """Something asked for that was not found, and why: a title that no film carries, a film that no answer came for."""

    name: str
    reason: str


class Run:
    """Collects metrics and saves them after each stage, so that a run that fails shows how far it came."""

    def __init__(self, run_id: str, lake: Lake) -> None:
        self.id = run_id
        self.lake = lake
        self.metrics = RunMetrics(run_id=run_id, started=datetime.now(UTC))
        self.failures: dict[str, list[Failure]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times a stage, in seconds."""
        start = monotonic()
        try:
            yield
        finally:
            self.metrics.stages[name] = round(monotonic() - start, 3)
            self.save()

    def listed(self, file: str, rows: int, unique: int) -> None:
        self.metrics.titles = {"file": file, "rows": rows, "unique": unique}

    def extracted(self, source: str, ref: DatasetRef, metrics: SourceMetrics, failures: list[Failure]) -> DatasetRef:
        self.metrics.extraction[source] = metrics
        self.failures[source] = failures
        return ref

    def validated(self, dataset: str, ref: DatasetRef, metrics: ValidationMetrics) -> DatasetRef:
        self.metrics.validation[dataset] = metrics
        return ref

    def matched(self, ref: DatasetRef, metrics: MatchMetrics) -> DatasetRef:
        self.metrics.matching = metrics
        return ref

    def save(self) -> None:
        self.lake.write_bytes(f"runs/{self.id}/metrics.json", self.metrics.model_dump_json(indent=1, exclude_none=True).encode())
        self.lake.write_json(f"runs/{self.id}/failures.json", {k: [f.model_dump() for f in v] for k, v in self.failures.items()})

    def finish(self) -> None:
        self.metrics.finished = datetime.now(UTC)
        self.save()
