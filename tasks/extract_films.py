"""The step from titles to films: batches that ask TMDB, and what is published in the end."""

import pyarrow as pa
from prefect import task

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.records import listed_films
from soundtracks.sources.batches import RESOLVED, fetch_films, to_films
from soundtracks.sources.dumps.known_ids import KnownIds
from soundtracks.sources.models import Extracted
from soundtracks.sources.tmdb import Title, Tmdb
from tasks.batches import BatchRef, Fetched, batches_of, check_found, extracted, keep, one_by_one, parts_of, worth_repeating
from tasks.progress import Progress
from tasks.services import service


def fetch_film_batches(titles: DatasetRef, run_id: str) -> list[Fetched]:
    """Batch after batch."""
    with service("tmdb") as tmdb:
        return one_by_one(tmdb, "extract-films", "titles", fetch_film_batch, batches_of(titles, run_id))


# Each request has had its own retries by then; this second chance comes after a pause in which a service may recover.
@task(retries=1, retry_delay_seconds=30, retry_condition_fn=worth_repeating, task_run_name="films-{batch.start}", tags=["tmdb"])
def fetch_film_batch(batch: BatchRef, progress: Progress) -> Fetched:
    """Finds the films of some titles."""
    titles = [Title.model_validate(row) for row in batch.rows()]
    with service("tmdb") as tmdb:
        return keep(tmdb, "films", batch, fetch_films(titles, Tmdb(tmdb), progress.now_and_then(tmdb, batch.start)))


@task(task_run_name="publish-films")
def publish_films(fetched: list[Fetched], total: int) -> Extracted:
    """Publishes silver/films, the list's and their rivals, and silver/resolved: which films each title came to."""
    lake = Lake.from_settings()
    films = KnownIds.from_lake(lake).on_films(to_films(parts_of(lake, fetched, "films"), parts_of(lake, fetched, "rivals")))
    rivals = films.num_rows - listed_films(films).num_rows
    resolved = pa.concat_tables([RESOLVED.empty_table(), *parts_of(lake, fetched, "resolved")])
    with service("tmdb") as tmdb:
        found = extracted(tmdb, lake.publish_table("silver/films", films), fetched, total, rivals=rivals)
    check_found(films.num_rows - rivals, found.failures, total)
    return found.model_copy(update={"resolved": lake.publish_table("silver/resolved", resolved)})
