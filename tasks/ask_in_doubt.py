"""The step before the match: films of whose albums more must be known, and what TMDB says of these."""

from prefect import get_run_logger, task

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.doubts import DOUBTS, doubts
from soundtracks.matching.local.engine import fits
from soundtracks.matching.machine import available_memory
from soundtracks.matching.model import Model
from soundtracks.metrics import SourceMetrics
from soundtracks.records import ALBUMS, FILMS, conform, listed_films
from soundtracks.sources.in_doubt import Doubt, settle_all, with_settled
from soundtracks.sources.models import Extracted
from soundtracks.sources.tmdb import Tmdb
from tasks.batches import BatchRef, Fetched, batches_of, keep, one_by_one, parts_of, worth_repeating
from tasks.progress import Progress
from tasks.services import service

#: Counts of two times that TMDB was asked, which add up.
_COUNTS = ("requests", "cache_hits", "retries", "too_many_requests", "wait_seconds", "rival_requests", "alias_requests")


def ask_in_doubt(found: Extracted, films: DatasetRef, albums: DatasetRef, run_id: str) -> Extracted:
    """`found` with what TMDB says where a decision hangs on it: more rivals, and other names of composers.

    Where TMDB was asked for nothing (cc0), it is not asked here; where it does not answer, the films stay as they are.
    """
    if found.metrics.plan == "cc0":
        return found.model_copy(update={"ref": films})
    in_doubt = find_doubts(films, albums)
    if not in_doubt.rows:
        return found.model_copy(update={"ref": films})
    with service("tmdb") as tmdb:
        fetched = one_by_one(tmdb, "ask-in-doubt", "films", settle_batch, batches_of(in_doubt, run_id))
        asked = tmdb.metrics
    return publish_settled(found, films, fetched, asked, in_doubt.rows)


@task(task_run_name="find-doubts")
def find_doubts(films: DatasetRef, albums: DatasetRef) -> DatasetRef:
    """Publishes silver/doubts: films for whose albums an answer would change a decision; none, and the log says so, of more than
    this process has memory for: such a match has a container or a cluster of its own."""
    lake = Lake.from_settings()
    if not fits(films.rows, albums.rows, available_memory()):
        what = "%d films and %d albums are too many to look here for what is in doubt: TMDB is not asked once more."
        get_run_logger().warning(what, films.rows, albums.rows)
        return lake.publish_table("silver/doubts", DOUBTS.empty_table())
    found = doubts(conform(lake.read_table(films), FILMS), conform(lake.read_table(albums), ALBUMS), Model.load())
    return lake.publish_table("silver/doubts", found)


@task(retries=1, retry_delay_seconds=30, retry_condition_fn=worth_repeating, task_run_name="doubts-{batch.start}", tags=["tmdb"])
def settle_batch(batch: BatchRef, progress: Progress) -> Fetched:
    """Asks TMDB what hangs on some films."""
    wanted = [Doubt.model_validate(row) for row in batch.rows()]
    with service("tmdb") as tmdb:
        return keep(tmdb, "settled", batch, settle_all(wanted, Tmdb(tmdb), progress.now_and_then(tmdb, batch.start)))


@task(task_run_name="publish-settled")
def publish_settled(found: Extracted, films: DatasetRef, fetched: list[Fetched], asked: SourceMetrics, count: int) -> Extracted:
    """Publishes silver/films anew, with what was learnt. An answer that is missing leaves its film as it was, and is logged."""
    lake, logger = Lake.from_settings(), get_run_logger()
    before = conform(lake.read_table(films), FILMS)
    table = with_settled(before, parts_of(lake, fetched, "settled"))
    rivals = len(table) - len(listed_films(table))
    logger.info("%d films in doubt: %d requests, %d more rivals", count, asked.requests, len(table) - len(before))
    for failure in (failure for one in fetched for failure in one.failures):
        logger.warning("%s: %s", failure.name, failure.reason)
    interrupted = found.interrupted or next((one.interrupted for one in fetched if one.interrupted), None)
    metrics = added(found.metrics, asked).model_copy(update={"rivals": rivals, "doubts": count, "interrupted": interrupted})
    if found.resolved and (titles := len(lake.read_table(found.resolved)["row"].unique())):
        metrics.requests_per_item = round(metrics.requests / titles, 2)
    return found.model_copy(
        update={"ref": lake.publish_table("silver/films", table), "metrics": metrics, "interrupted": interrupted}
    )


def added(one: SourceMetrics, other: SourceMetrics) -> SourceMetrics:
    """What a service was asked in two steps of a run."""
    both = ((name, getattr(one, name), getattr(other, name)) for name in _COUNTS)
    sums = {name: round((first or 0) + (second or 0), 3) for name, first, second in both if (first, second) != (None, None)}
    return one.model_copy(update=sums)
