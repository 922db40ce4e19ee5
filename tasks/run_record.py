"""What one run of the pipeline is: its id, its folder in the lake, and what it measured so far."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from time import monotonic

from soundtracks.errors import LakeError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.datasets import Matched
from soundtracks.metrics import ApprovalMetrics, RunMetrics
from soundtracks.operations.lineage import Lineage
from soundtracks.operations.runs import emit_quarantine_alert
from soundtracks.reporting.history import quarantine_growth, roll_up
from soundtracks.reporting.moves import moved_in_words
from soundtracks.sources.models import Extracted, Failure
from soundtracks.text.foreign import one_line
from tasks.artifacts import headline
from tasks.publish import Published
from tasks.read_titles import Listed
from tasks.run_outputs import Found
from tasks.validate import Validated

#: In the folder of a run that waits for approval: the datasets that it came to.
HELD = "held.json"

logger = logging.getLogger(__name__)  # into the log of the parent's run, where people look first


class Run:
    """Collects metrics and saves them after each stage, so that a run that fails shows how far it came.

    `held`: what a run that waited for approval had found; None for one that begins.
    """

    def __init__(self, run_id: str, lake: Lake) -> None:
        self.id = run_id
        self.lake = lake
        self.metrics = RunMetrics(run_id=run_id, started=datetime.now(UTC))
        self.failures: dict[str, list[Failure]] = {}
        self.lineage = Lineage(run_id, lake)
        self.held = self._taken_up()
        if self.held is None:
            self.lineage.begin()

    def _taken_up(self) -> Found | None:
        """What was found before the run waited, with its numbers."""
        if not self.lake.exists(f"runs/{self.id}/{HELD}"):
            return None
        found = Found.model_validate(self.lake.read_json(f"runs/{self.id}/{HELD}"))
        self.metrics = RunMetrics.model_validate(self.lake.read_json(f"runs/{self.id}/metrics.json"))
        failures = self.lake.read_json(f"runs/{self.id}/failures.json")
        self.failures = {name: [Failure.model_validate(one) for one in some] for name, some in failures.items()}
        if self.metrics.finished:  # it ended while it waited, and was retried: it is asked for again
            self.metrics.finished, self._proposal.decision = None, None
            self.save()
        self.lineage.go_on(found.films, *found.albums, found.links)
        return found

    def hold(self, found: Found, proposal: ApprovalMetrics) -> None:
        """Keeps what was found: the process that goes on after the approval publishes just that."""
        self.metrics.approval = proposal
        self.save()
        self.lake.write_json(f"runs/{self.id}/{HELD}", found.model_dump(mode="json"))
        self.held = found

    def waits_until(self, moment: datetime) -> None:
        """Notes how long the run waits from now on."""
        self._proposal.until = moment
        self.save()

    def approved(self, decision: str, by: str, reason: str) -> None:
        """Notes what a person decided."""
        approval = self._proposal
        approval.decision, approval.by, approval.reason = decision, one_line(by) or None, one_line(reason) or None
        self.save()
        logger.info("Approval: %s%s%s", decision, f" by {approval.by}" if by else "", f": {approval.reason}" if reason else "")

    @property
    def approval_summary(self) -> str:
        """What the run would move, in a sentence."""
        return moved_in_words(self._proposal.moved, self._proposal.standing)

    @property
    def links_to_move(self) -> int:
        """How many links the run would move, when a person was asked."""
        return self._proposal.moved

    @property
    def _proposal(self) -> ApprovalMetrics:
        if self.metrics.approval is None:
            raise AssertionError("a run that was not held is asked about")
        return self.metrics.approval

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times a stage, in seconds."""
        start = monotonic()
        self.lineage.begin(name)
        try:
            yield
        except BaseException as error:
            with suppress(LakeError):  # the first error is the one to tell
                self.lineage.end(name, failed=str(error) or type(error).__name__)
                self.lineage.end(failed=f"{name} failed")
            raise
        else:
            self.lineage.end(name)
        finally:
            self.metrics.stages[name] = round(monotonic() - start, 3)
            self.save()
            logger.info("%s: %.1f s", name, self.metrics.stages[name])

    def record(self, **results: Listed | Extracted | Validated | Matched | Published) -> None:
        """Notes what steps came to, each by the name of its service or dataset: what was asked, found and set aside.

        Saved at once, with the versions of datasets: from now on nothing that cleans up may take them from the run.
        """
        for name, result in results.items():
            self.lineage.wrote(result.ref)
            match result:
                case Listed():
                    self._listed(result)
                case Extracted():
                    self.metrics.extraction[name] = result.metrics
                    self.failures[name] = result.failures
                    if name == "tmdb":
                        self.metrics.titles["unresolved"] = result.failed
                    found = f"{result.ref.rows:,} rows, {result.metrics.requests:,} requests"
                    logger.info("%s: %s, %s answers kept from before", name, found, f"{result.metrics.cache_hits:,}")
                case Validated():
                    self.metrics.validation[name] = result.metrics
                    logger.info(
                        "%s: %s rows, %s set aside", name, *(f"{n:,}" for n in (result.metrics.rows, result.metrics.quarantined))
                    )
                case Matched():
                    self.metrics.matching = result.metrics
                    logger.info("%s", result.metrics.summary)
                case Published():
                    self.metrics.links, self.metrics.catalogue = result.links, result.catalogue
            self.uses(result.ref)
        self._count_unreadable(results)
        self.save()

    def uses(self, dataset: DatasetRef) -> None:
        """Notes a dataset's version as one that must stay as long as the run."""
        if dataset.folder not in self.metrics.versions:
            self.metrics.versions.append(dataset.folder)

    def _listed(self, listed: Listed) -> None:
        self.lineage.read_file(listed.file)
        self.metrics.titles = {"file": listed.file, "rows": listed.rows, "unique": listed.ref.rows}
        if listed.left_out:
            self.metrics.titles["left_out"] = ", ".join(f"{count} {kind}" for kind, count in sorted(listed.left_out.items()))
        if listed.unreadable:
            self.metrics.titles["unreadable"] = listed.unreadable
        self.metrics.read_as = listed.notes

    def _count_unreadable(self, results: Mapping[str, object]) -> None:
        """The gate never saw the rows that could not be read."""
        for listed in (result for result in results.values() if isinstance(result, Listed)):
            counted = self.metrics.validation["titles"]
            counted.rows += listed.unreadable
            counted.quarantined += listed.unreadable

    def save(self) -> None:
        self.lake.write_bytes(f"runs/{self.id}/metrics.json", self.metrics.model_dump_json(indent=1, exclude_none=True).encode())
        self.lake.write_json(f"runs/{self.id}/failures.json", {k: [f.model_dump() for f in v] for k, v in self.failures.items()})

    def discard(self) -> str:
        """Notes the end of a run that a person did not want published; returns why, in a sentence."""
        told = f"Not published: discarded by {self._proposal.by or 'a person'}{_because(self._proposal.reason)}"
        self.metrics.finished = datetime.now(UTC)
        self.save()
        self.lineage.end(failed=told)
        roll_up(self.lake, anew=self.id)
        return told

    def finish(self, links: DatasetRef) -> DatasetRef:
        """Notes the end, puts the run beside all others and tells when the quarantine grows; returns the published links."""
        self.metrics.finished = datetime.now(UTC)
        self.save()
        self.lineage.end()
        if told := quarantine_growth(roll_up(self.lake, anew=self.id), self.id):
            emit_quarantine_alert(self.id, told)
        return links

    @property
    def summary(self) -> str:
        """What came out, in a sentence."""
        return headline(self.metrics)


def _because(reason: str | None) -> str:
    return f": {reason}" if reason else "."
