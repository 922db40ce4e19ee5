"""The extraction flows' tasks: batches that Prefect shows and repeats, progress, and what is published in the end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Literal, TypeVar, cast
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from prefect import get_run_logger, task
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import task_run
from prefect.tasks import Task
from pydantic import BaseModel

from soundtracks.errors import CircuitOpen, Unavailable
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.operations.allowance import PrefectLimit
from soundtracks.operations.client import retrying_client
from soundtracks.records import listed_films, parquet_bytes
from soundtracks.settings import get_settings
from soundtracks.sources.batches import RESOLVED, Batch, fetch_albums, fetch_films, fetch_partitions, to_films
from soundtracks.sources.discogs import Discogs, Film, to_albums
from soundtracks.sources.endpoints import access_to
from soundtracks.sources.http import Source
from soundtracks.sources.models import Extracted, Failure
from soundtracks.sources.pacing import Clock
from soundtracks.sources.services import SHARED_ALLOWANCE, open_source
from soundtracks.sources.sweep import Choice, Partition, Plan, make_plan, not_found, partitions, this_year
from soundtracks.sources.tmdb import Title, Tmdb
from tasks.take_from_dumps import dumps_are_imported

#: Failures that are listed; all are counted.
LISTED_FAILURES = 500
#: Partitions of one batch of a sweep: of all masters, a year of one style is some ten pages.
SWEEP_BATCH = 8

#: Seconds between two updates of a progress artifact: each is a request to the Prefect server.
SHOWN_EVERY = 3.0

_source: ContextVar[Source] = ContextVar("source")
_progress: ContextVar["Progress"] = ContextVar("progress")
Piece = TypeVar("Piece", "BatchRef", "SweepRef")


class BatchRef(BaseModel):
    """Rows `start` to `stop` of a dataset."""

    ref: DatasetRef
    run_id: str
    start: int
    stop: int


class SweepRef(BaseModel):
    """Partitions of the sweep, the `start`th of the run and following."""

    partitions: list[Partition]
    run_id: str
    start: int

    @property
    def stop(self) -> int:
        return self.start + len(self.partitions)


class Fetched(BaseModel):
    """What a batch left in the lake. `parts`: its Parquet files, by kind."""

    parts: dict[str, str]
    failures: list[Failure]
    interrupted: str | None = None


@contextmanager
def asking(name: Literal["tmdb", "discogs"]) -> Iterator[Source]:
    """Opens a service for the tasks of one flow run; all runs of a Prefect server share its allowance.

    Raises MissingSetting when its key is not set.
    """
    settings, clock = get_settings(), Clock()
    access = access_to(name, settings)
    limit, window = SHARED_ALLOWANCE[name]
    with retrying_client() as client:
        shared = PrefectLimit(f"{name}-requests-{access.host}", limit, window, client, clock)
        with open_source(access, Lake.from_settings(settings), settings, clock=clock, shared=shared) as source:
            token = _source.set(source)
            try:
                yield source
            finally:
                _source.reset(token)
                shared.close()


def fetch_film_batches(titles: DatasetRef, run_id: str) -> list[Fetched]:
    """Batch after batch, until all are done or the circuit opens."""
    return _one_by_one("extract-films", "titles", fetch_film_batch, _batches(titles, run_id))


def fetch_album_batches(films: DatasetRef, run_id: str) -> list[Fetched]:
    return _one_by_one("extract-albums", "films", fetch_album_batch, _batches(films, run_id))


def fetch_sweep_batches(plan: Plan, run_id: str) -> list[Fetched]:
    """The partitions to sweep, SWEEP_BATCH of them a batch."""
    discogs, year = Discogs(_source.get()), this_year()
    parts = [part for kind in plan.kinds for part in partitions(discogs, kind, year)]
    starts = range(0, len(parts), SWEEP_BATCH)
    batches = [SweepRef(partitions=parts[at : at + SWEEP_BATCH], run_id=run_id, start=at) for at in starts]
    return _one_by_one("sweep-albums", "partitions", fetch_sweep_batch, batches)


def _batches(ref: DatasetRef, run_id: str) -> list[BatchRef]:
    size = get_settings().extract_batch
    return [BatchRef(ref=ref, run_id=run_id, start=at, stop=min(at + size, ref.rows)) for at in range(0, ref.rows, size)]


def _one_by_one(key: str, unit: str, fetch: Callable[[Piece], Fetched], batches: Sequence[Piece]) -> list[Fetched]:
    """One after the other: within a batch the service's whole allowance is used already."""
    if not batches:
        return []
    fetched: list[Fetched] = []
    progress = Progress(key, batches[-1].stop, unit)
    token = _progress.set(progress)
    try:
        for batch in batches:
            fetched.append(fetch(batch))
            progress.show(batch.stop)
            if fetched[-1].interrupted:
                break
    finally:
        _progress.reset(token)
    return fetched


def _done_of(batch: BatchRef | SweepRef) -> Callable[[int], None]:
    """Shows how far a batch is while it is under way."""
    progress = _progress.get()
    return lambda done: progress.show_now_and_then(batch.start + done)


def _worth_repeating(_task: Task[..., object], _run: TaskRun, state: State) -> bool:
    """Only missing answers are: a wrong key or a full disk stays what it is."""
    return isinstance(state.result(raise_on_failure=False), Unavailable)


# The whole batch is repeated, but only what failed is asked again: everything else is kept. (Each request has had its own
# retries by then; this second chance comes after a pause in which a service may recover.)
@task(retries=1, retry_delay_seconds=30, retry_condition_fn=_worth_repeating, task_run_name="films-{batch.start}", tags=["tmdb"])
def fetch_film_batch(batch: BatchRef) -> Fetched:
    """Finds the films of some titles."""
    titles = [Title.model_validate(row) for row in _rows(batch)]
    return _keep("films", batch, fetch_films(titles, Tmdb(_source.get()), _done_of(batch)))


@task(
    retries=1, retry_delay_seconds=30, retry_condition_fn=_worth_repeating, task_run_name="albums-{batch.start}", tags=["discogs"]
)
def fetch_album_batch(batch: BatchRef) -> Fetched:
    """Searches the albums of some films."""
    films = [Film.model_validate(row) for row in _rows(batch)]
    return _keep("albums", batch, fetch_albums(films, Discogs(_source.get(), get_settings().search_breadth), _done_of(batch)))


@task(
    retries=1, retry_delay_seconds=30, retry_condition_fn=_worth_repeating, task_run_name="sweep-{batch.start}", tags=["discogs"]
)
def fetch_sweep_batch(batch: SweepRef) -> Fetched:
    """Fetches all albums of some partitions of the soundtrack catalogue."""
    return _keep("swept", batch, fetch_partitions(batch.partitions, Discogs(_source.get()), this_year(), _done_of(batch)))


@task(task_run_name="plan-albums", tags=["discogs"])
def plan_albums(films: DatasetRef, choice: Choice) -> Plan:
    """Chooses between searching and sweeping by what each costs in requests; says why in the log."""
    discogs = Discogs(_source.get(), get_settings().search_breadth)
    unanswered = sum(not discogs.knows(film) for film in _films(films))
    plan = make_plan(discogs, unanswered, choice, this_year())
    if dumps_are_imported(Lake.from_settings()):
        plan = plan.model_copy(update={"why": f"{plan.why}; the imported dumps would take none: --plan dump"})
    get_run_logger().info("Plan: %s (%s)", plan.way, plan.why)
    return plan


@task(task_run_name="films-to-search")
def films_to_search(films: DatasetRef, swept: list[Fetched], plan: Plan) -> DatasetRef:
    """The films that are searched: all of the list, none, or those whose titles the sweep did not come across.

    Rivals are not: their albums come along with those of their namesakes.
    """
    lake = Lake.from_settings()
    table = listed_films(lake.read_table(films))
    if plan.search == "none":
        return lake.publish_table("silver/films-to-search", table.slice(0, 0))
    if plan.search == "all":
        return lake.publish_table("silver/films-to-search", table)
    listed = (title for part in _parts(lake, swept, "swept") for title in part["listed"].to_pylist())
    wanted = {film.tmdb_id for film in not_found(_films(films), listed)}
    missing = table.filter(pa.array([tmdb_id in wanted for tmdb_id in table["tmdb_id"].to_pylist()], pa.bool_()))
    get_run_logger().info(
        "The sweep holds albums for %d of %d films; the others are searched", len(table) - len(missing), len(table)
    )
    return lake.publish_table("silver/films-to-search", missing)


def _films(ref: DatasetRef) -> list[Film]:
    columns = list(Film.model_fields)
    films = listed_films(Lake.from_settings().read_table(ref))
    return [Film.model_validate(row) for row in films.select(columns).to_pylist()]


def _rows(batch: BatchRef) -> list[dict[str, object]]:
    table = Lake.from_settings().read_table(batch.ref)
    return list(table.slice(batch.start, batch.stop - batch.start).to_pylist())


def _keep(kind: str, batch: BatchRef | SweepRef, got: Batch) -> Fetched:
    if got.passing and not got.interrupted and task_run.run_count == 1:
        failed = got.failures[0]
        raise Unavailable(_source.get().name, f"{got.passing} got no answer, e.g. {failed.name}: {failed.reason}")
    parts = {kind: got.rows, "resolved": got.resolved, "rivals": got.rivals}
    lake = Lake.from_settings()
    names = {}
    for part, table in parts.items():
        if table is None:
            continue
        names[part] = f"runs/{batch.run_id}/parts/{part}-{batch.start:08}.parquet"
        lake.write_bytes(names[part], parquet_bytes(table))
    return Fetched(parts=names, failures=got.failures, interrupted=got.interrupted)


@task(task_run_name="publish-films")
def publish_films(fetched: list[Fetched], total: int) -> Extracted:
    """Publishes silver/films, the list's and their rivals, and silver/resolved: which films each title came to."""
    lake = Lake.from_settings()
    films = to_films(_parts(lake, fetched, "films"), _parts(lake, fetched, "rivals"))
    if rivals := films.num_rows - listed_films(films).num_rows:
        _source.get().count(rivals=rivals)
    resolved = pa.concat_tables([RESOLVED.empty_table(), *_parts(lake, fetched, "resolved")])
    extracted = _extracted(lake.publish_table("silver/films", films), fetched, total)
    return extracted.model_copy(update={"resolved": lake.publish_table("silver/resolved", resolved)})


@task(task_run_name="publish-albums")
def publish_albums(films: DatasetRef, plan: Plan, fetched: list[Fetched]) -> Extracted:
    """Publishes silver/albums: each album once, however many searches and pages listed it."""
    lake = Lake.from_settings()
    found = [*_parts(lake, fetched, "swept"), *_parts(lake, fetched, "albums")]
    table = lake.read_table(films)
    albums = to_albums(found, table)
    listed = listed_films(table).num_rows
    return _extracted(lake.publish_table("silver/albums", albums), fetched, listed, plan=plan.way, plan_reason=plan.why)


def _parts(lake: Lake, fetched: Sequence[Fetched], kind: str) -> list[pa.Table]:
    return [pq.read_table(pa.BufferReader(lake.read_bytes(one.parts[kind]))) for one in fetched if kind in one.parts]


def _extracted(ref: DatasetRef, fetched: Sequence[Fetched], total: int, **further: str) -> Extracted:
    source = _source.get()
    interrupted = next((one.interrupted for one in fetched if one.interrupted), None)
    if interrupted and not ref.rows:
        raise CircuitOpen(source.name, interrupted, hint="Nothing was answered. Is the service down, or the address wrong?")
    failures = [failure for one in fetched for failure in one.failures]
    metrics = source.metrics
    asked_per = round(metrics.requests / total, 2) if total else 0.0
    extracted = Extracted(
        ref=ref,
        metrics=metrics.model_copy(update={"requests_per_item": asked_per, "interrupted": interrupted, **further}),
        failures=failures[:LISTED_FAILURES],
        failed=len(failures),
        interrupted=interrupted,
    )
    logger = get_run_logger()
    logger.info(
        "%s: %d rows for %d asked: %d requests, %d answers that were kept, %d retries, %.0f s waited, %d failed",
        *(
            ref.dataset,
            ref.rows,
            total,
            metrics.requests,
            metrics.cache_hits,
            metrics.retries,
            metrics.wait_seconds,
            len(failures),
        ),
    )
    for failure in failures[:20]:
        logger.warning("%s: %s", failure.name, failure.reason)
    if interrupted:
        logger.error("Ended early: %s", interrupted)
    return extracted


class Progress:
    """A progress artifact in the UI: how far, how fast, and when it will be done."""

    def __init__(self, key: str, total: int, unit: str) -> None:
        """`total`: how many of `unit` there are to do."""
        self._source, self._total, self._unit = _source.get(), total, unit
        self._clock = self._source.clock
        self._started = self._shown = self._clock.monotonic()
        self._id = cast(UUID, create_progress_artifact(0.0, key=key, description=f"0 of {total} {unit}"))

    def show_now_and_then(self, done: int) -> None:
        if self._clock.monotonic() - self._shown >= SHOWN_EVERY:
            self.show(done)

    def show(self, done: int) -> None:
        """`done`: how many are, all together."""
        self._shown = self._clock.monotonic()
        metrics = self._source.metrics
        elapsed = max(self._clock.monotonic() - self._started, 1e-3)
        left = timedelta(seconds=round(elapsed / max(done, 1) * (self._total - done)))
        end = (self._clock.now() + left).strftime("%H:%M:%S UTC")
        rate = metrics.requests / elapsed * 60
        update_progress_artifact(
            self._id,
            100.0 * done / max(self._total, 1),
            f"{done} of {self._total} {self._unit}; {metrics.requests} requests ({rate:.0f} a minute), "
            f"{metrics.cache_hits} kept answers, {metrics.retries} retries; {left} left, expected end {end}",
        )
