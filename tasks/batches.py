"""What both extractions share: batches that Prefect shows and repeats, their parts in the lake, and what they add up to."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from prefect import get_run_logger
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import task_run
from prefect.tasks import Task
from pydantic import BaseModel

from soundtracks.errors import CircuitOpen, DatasetBroken, Unavailable
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.records import parquet_bytes
from soundtracks.settings import get_settings
from soundtracks.sources.batches import Batch
from soundtracks.sources.http import Source
from soundtracks.sources.models import Extracted, Failure
from soundtracks.sources.sweep import Partition, Reached
from tasks.progress import Progress

#: Failures that are listed; all are counted.
LISTED_FAILURES = 500

Piece = TypeVar("Piece", "BatchRef", "SweepRef")


class BatchRef(BaseModel):
    """Rows `start` to `stop` of a dataset."""

    ref: DatasetRef
    run_id: str
    start: int
    stop: int

    def rows(self) -> list[dict[str, object]]:
        table = Lake.from_settings().read_table(self.ref)
        return list(table.slice(self.start, self.stop - self.start).to_pylist())


class SweepRef(BaseModel):
    """Partitions of the sweep, the `start`th of the run and following."""

    partitions: list[Partition]
    run_id: str
    start: int

    @property
    def stop(self) -> int:
        return self.start + len(self.partitions)


class Fetched(BaseModel):
    """What a batch left in the lake. `parts`: its Parquet files, by kind. `reached`: of a sweep, how much of each partition."""

    parts: dict[str, str]
    failures: list[Failure]
    interrupted: str | None = None
    reached: list[Reached] = []


def batches_of(ref: DatasetRef, run_id: str) -> list[BatchRef]:
    """A dataset cut into batches of the size that the settings say."""
    size = get_settings().extract_batch
    return [BatchRef(ref=ref, run_id=run_id, start=at, stop=min(at + size, ref.rows)) for at in range(0, ref.rows, size)]


def one_by_one(
    source: Source, key: str, unit: str, fetch: Callable[[Piece, Progress], Fetched], batches: Sequence[Piece]
) -> list[Fetched]:
    """One after the other, until all are done or the circuit opens: within a batch the whole allowance is used already."""
    if not batches:
        return []
    fetched: list[Fetched] = []
    progress = Progress.begin(source, key, batches[-1].stop, unit)
    for batch in batches:
        fetched.append(fetch(batch, progress))
        progress.show(source, batch.stop)
        if fetched[-1].interrupted:
            break
    return fetched


def worth_repeating(_task: Task[..., object], _run: TaskRun, state: State) -> bool:
    """Only missing answers are: a wrong key or a full disk stays what it is."""
    return isinstance(state.result(raise_on_failure=False), Unavailable)


def keep(source: Source, kind: str, batch: BatchRef | SweepRef, got: Batch) -> Fetched:
    """Writes a batch's parts into the run's folder.

    Raises Unavailable where answers are missing and the task may be repeated: the whole batch is, but only what failed is
    asked again, everything else is kept.
    """
    if got.passing and not got.interrupted and task_run.run_count == 1:
        failed = got.failures[0]
        raise Unavailable(source.name, f"{got.passing} got no answer, e.g. {failed.name}: {failed.reason}")
    parts = {kind: got.rows, "resolved": got.resolved, "rivals": got.rivals}
    lake = Lake.from_settings()
    names = {}
    for part, table in parts.items():
        if table is not None:
            names[part] = f"runs/{batch.run_id}/parts/{part}-{batch.start:08}.parquet"
            lake.write_bytes(names[part], parquet_bytes(table))
    return Fetched(parts=names, failures=got.failures, interrupted=got.interrupted, reached=got.reached)


def parts_of(lake: Lake, fetched: Sequence[Fetched], kind: str) -> list[pa.Table]:
    return [pq.read_table(pa.BufferReader(lake.read_bytes(one.parts[kind]))) for one in fetched if kind in one.parts]


def extracted(source: Source, ref: DatasetRef, fetched: Sequence[Fetched], total: int, **further: str | int) -> Extracted:
    """What all batches came to, with the service's counts; logs it. Raises CircuitOpen when nothing was answered: a list that is
    too short to open the circuit is told so too."""
    interrupted = next((one.interrupted for one in fetched if one.interrupted), None)
    if not ref.rows and (why := interrupted or source.circuit.doubt):
        raise CircuitOpen(source.name, why, hint="Nothing was answered. Is the service down, or the address wrong?")
    failures = [failure for one in fetched for failure in one.failures]
    metrics = source.metrics
    asked_per = round(metrics.requests / total, 2) if total else 0.0
    logger = get_run_logger()
    logger.info(
        "%s: %d rows for %d items: %d requests, %d cached responses, %d retries, %.0f s waited, %d failed",
        *(ref.dataset, ref.rows, total, metrics.requests, metrics.cache_hits, metrics.retries, metrics.wait_seconds),
        len(failures),
    )
    for failure in failures[:20]:
        logger.warning("%s: %s", failure.name, failure.reason)
    if interrupted:
        logger.error("Ended early: %s", interrupted)
    return Extracted(
        ref=ref,
        metrics=metrics.model_copy(update={"requests_per_item": asked_per, "interrupted": interrupted, **further}),
        failures=failures[:LISTED_FAILURES],
        failed=len(failures),
        interrupted=interrupted,
    )


def check_found(films: int, failures: Sequence[Failure], titles: int) -> None:
    """Raises DatasetBroken where no title came to a film: the person who gave them can do something about it."""
    if films or not failures:
        return
    first = f"{failures[0].name}: {failures[0].reason}"
    said = (
        f"No film was found for {first}"
        if titles == 1
        else f"No film was found for any of the {titles:,} titles, such as {first}"
    )
    raise DatasetBroken(said, hint="Check spelling and year, or give ids: tt0083658, tmdb:78.")
