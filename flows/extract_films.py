"""Subflow extract-films: titles to films, from TMDB."""

from prefect import flow

from tasks.extraction import Progress, asking, batches_of, fetch_film_batch, publish_films
from tasks.lake import DatasetRef
from tasks.sources.models import Extracted


@flow(name="extract-films", flow_run_name="films-{run_id}")
def extract_films(titles: DatasetRef, run_id: str) -> Extracted:
    """Finds the film of each title and publishes silver/films.

    Ends early, with what it has, when TMDB fails again and again; running it again asks only for what is missing.
    """
    with asking("tmdb"):
        progress = Progress("extract-films", titles.rows, "titles")
        fetched = []
        for batch in batches_of(titles, run_id):
            fetched.append(fetch_film_batch(batch))
            progress.update(batch.stop)
            if fetched[-1].interrupted:
                break
        return publish_films(fetched, titles.rows)
