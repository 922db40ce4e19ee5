"""Subflow extract-films: titles to films, from TMDB."""

from prefect import flow

from soundtracks.lake.lake import DatasetRef
from soundtracks.sources.models import Extracted
from tasks.extract_films import fetch_film_batches, publish_films
from tasks.services import service


@flow(name="extract-films", flow_run_name="extract-films")
def extract_films(titles: DatasetRef, run_id: str) -> Extracted:
    """Finds the film of each title and publishes silver/films.

    Ends early, with what it has, when TMDB fails again and again; running it again asks only for what is missing.
    """
    with service("tmdb"):
        return publish_films(fetch_film_batches(titles, run_id), titles.rows)
