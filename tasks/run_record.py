"""What one run of the pipeline is: its id, its folder in the lake, and what it measured so far."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.metrics import RunMetrics
from soundtracks.operations.runs import emit_quarantine_alert
from soundtracks.reporting.history import quarantine_growth, roll_up
from soundtracks.sources.models import Extracted, Failure
from tasks.artifacts import headline
from tasks.match import Matched
from tasks.publish import Published
from tasks.read_titles import Listed
from tasks.validate import Validated


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

    def listed(self, listed: Listed, valid: Validated) -> DatasetRef:
        """Notes what the title file held; returns the titles to go on with."""
        self.metrics.titles = {"file": listed.file, "rows": listed.rows, "unique": listed.ref.rows}
        if listed.left_out:
            self.metrics.titles["left_out"] = ", ".join(f"{count} {kind}" for kind, count in sorted(listed.left_out.items()))
        self.metrics.read_as = listed.notes
        ref = self.validated("titles", valid)
        counted = self.metrics.validation["titles"]  # the gate never saw the rows that could not be read
        counted.rows += listed.unreadable
        counted.quarantined += listed.unreadable
        return ref

    def extracted(self, source: str, extracted: Extracted) -> DatasetRef:
        """Notes what a service was asked and what it could not give; returns what it gave."""
        self.metrics.extraction[source] = extracted.metrics
        self.failures[source] = extracted.failures
        return extracted.ref

    def validated(self, dataset: str, valid: Validated) -> DatasetRef:
        """Notes what the gate found; returns the good rows."""
        self.metrics.validation[dataset] = valid.metrics
        return valid.ref

    def matched(self, matched: Matched) -> DatasetRef:
        """Notes what the match did; returns the links."""
        self.metrics.matching = matched.metrics
        return matched.ref

    def published(self, published: Published) -> DatasetRef:
        """Notes what was found; returns the published links."""
        self.metrics.links = published.links
        return published.ref

    def save(self) -> None:
        self.lake.write_bytes(f"runs/{self.id}/metrics.json", self.metrics.model_dump_json(indent=1, exclude_none=True).encode())
        self.lake.write_json(f"runs/{self.id}/failures.json", {k: [f.model_dump() for f in v] for k, v in self.failures.items()})

    def finish(self, links: DatasetRef) -> DatasetRef:
        """Notes the end, puts the run beside all others and tells when the quarantine grows; returns the published links."""
        self.metrics.finished = datetime.now(UTC)
        self.save()
        if told := quarantine_growth(roll_up(self.lake, anew=self.id), self.id):
            emit_quarantine_alert(self.id, told)
        return links

    @property
    def summary(self) -> str:
        """What came out, in a sentence."""
        return headline(self.metrics)
