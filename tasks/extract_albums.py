"""The step from films to albums: which way to ask Discogs, batches that do, and what is published in the end."""

from collections.abc import Sequence

import pyarrow as pa
from prefect import get_run_logger, task

from soundtracks.errors import DatasetBroken
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.records import listed_films
from soundtracks.settings import get_settings
from soundtracks.sources.batches import fetch_albums, fetch_partitions
from soundtracks.sources.discogs import Discogs, Film, to_albums
from soundtracks.sources.dumps.artists import OtherNames
from soundtracks.sources.dumps.known_ids import KnownIds
from soundtracks.sources.models import Extracted, Failure
from soundtracks.sources.sweep import Choice, Plan, make_plan, not_found, styles, this_year, unreached
from soundtracks.text.foreign import one_line
from tasks.batches import BatchRef, Fetched, SweepRef, batches_of, extracted, keep, one_by_one, parts_of, worth_repeating
from tasks.progress import Progress
from tasks.services import service
from tasks.take_from_dumps import dumps_are_imported

#: Partitions of one batch of a sweep: of all masters, a year of one style is some ten pages.
SWEEP_BATCH = 8


@task(task_run_name="plan-albums", tags=["discogs"])
def plan_albums(films: DatasetRef, choice: Choice) -> Plan:
    """Chooses between searching and sweeping by what each costs in requests; says why in the log."""
    with service("discogs") as source:
        discogs = Discogs(source, get_settings().search_breadth)
        unanswered = sum(not discogs.knows(film) for film in _films(films))
        plan = make_plan(discogs, unanswered, choice, this_year())
    if dumps_are_imported(Lake.from_settings()):
        plan = plan.model_copy(update={"why": f"{plan.why}; the imported dumps would take none: --plan dump"})
    get_run_logger().info("Plan: %s (%s)", plan.way, plan.why)
    return plan


def fetch_sweep_batches(plan: Plan, run_id: str) -> list[Fetched]:
    """The partitions to sweep, SWEEP_BATCH of them a batch; counts what none of them reached."""
    with service("discogs") as source:
        discogs, year = Discogs(source), this_year()
        swept = [style for kind in plan.kinds for style in styles(discogs, kind, year)]
        parts = [part for style in swept for part in style.parts]
        starts = range(0, len(parts), SWEEP_BATCH)
        batches = [SweepRef(partitions=parts[at : at + SWEEP_BATCH], run_id=run_id, start=at) for at in starts]
        fetched = one_by_one(source, "sweep-albums", "partitions", fetch_sweep_batch, batches)
        if missing := unreached(swept, [reached for one in fetched for reached in one.reached]):
            source.count(unreached=missing)
        return fetched


@task(
    retries=1, retry_delay_seconds=30, retry_condition_fn=worth_repeating, task_run_name="sweep-{batch.start}", tags=["discogs"]
)
def fetch_sweep_batch(batch: SweepRef, progress: Progress) -> Fetched:
    """Fetches all albums of some partitions of the soundtrack catalogue."""
    with service("discogs") as source:
        shown = progress.now_and_then(source, batch.start)
        return keep(source, "swept", batch, fetch_partitions(batch.partitions, Discogs(source), this_year(), shown))


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
    listed = (title for part in parts_of(lake, swept, "swept") for title in part["listed"].to_pylist())
    wanted = {film.tmdb_id for film in not_found(_films(films), listed)}
    missing = table.filter(pa.array([tmdb_id in wanted for tmdb_id in table["tmdb_id"].to_pylist()], pa.bool_()))
    get_run_logger().info(
        "The sweep holds albums for %d of %d films; the others are searched", len(table) - len(missing), len(table)
    )
    return lake.publish_table("silver/films-to-search", missing)


def fetch_album_batches(films: DatasetRef, run_id: str) -> list[Fetched]:
    """Batch after batch, until all are done or the circuit opens."""
    with service("discogs") as source:
        return one_by_one(source, "extract-albums", "films", fetch_album_batch, batches_of(films, run_id))


@task(
    retries=1, retry_delay_seconds=30, retry_condition_fn=worth_repeating, task_run_name="albums-{batch.start}", tags=["discogs"]
)
def fetch_album_batch(batch: BatchRef, progress: Progress) -> Fetched:
    """Searches the albums of some films."""
    films = [Film.model_validate(row) for row in batch.rows()]
    with service("discogs") as source:
        discogs = Discogs(source, get_settings().search_breadth)
        return keep(source, "albums", batch, fetch_albums(films, discogs, progress.now_and_then(source, batch.start)))


@task(task_run_name="publish-albums")
def publish_albums(films: DatasetRef, plan: Plan, fetched: list[Fetched]) -> Extracted:
    """Publishes silver/albums: each album once, however many searches and pages listed it."""
    lake = Lake.from_settings()
    found = [*parts_of(lake, fetched, "swept"), *parts_of(lake, fetched, "albums")]
    table = lake.read_table(films)
    albums, listed = KnownIds.from_lake(lake).on_albums(to_albums(found, table)), listed_films(table).num_rows
    albums = OtherNames.from_lake(lake, albums).on_albums(albums)
    with service("discogs") as source:
        done = extracted(
            source, lake.publish_table("silver/albums", albums), fetched, listed, plan=plan.way, plan_reason=plan.why
        )
    check_listed(albums.num_rows, done.failures, table)
    return done


def check_listed(albums: int, failures: Sequence[Failure], films: pa.Table) -> None:
    """Raises DatasetBroken where Discogs was asked and lists nothing at all: as for one film that has no soundtrack."""
    if albums or failures:
        return
    names = listed_films(films)["title"].to_pylist()
    what = one_line(names[0], 120) if len(names) == 1 else f"any of the {len(names):,} films"
    raise DatasetBroken(
        f"Discogs lists no album that could be the soundtrack of {what}.",
        hint="There may be none, or it goes by another name: look it up at discogs.com.",
    )


def _films(ref: DatasetRef) -> list[Film]:
    columns = list(Film.model_fields)
    films = listed_films(Lake.from_settings().read_table(ref))
    return [Film.model_validate(row) for row in films.select(columns).to_pylist()]
