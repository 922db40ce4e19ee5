"""Subflow extract-films: titles to films, from TMDB or from imported items of Wikidata."""

from prefect import flow

from soundtracks.lake.lake import DatasetRef
from soundtracks.sources.models import Extracted
from soundtracks.sources.sweep import Choice
from tasks.extract_films import fetch_film_batches, publish_films
from tasks.services import service
from tasks.take_from_dumps import take_films_from_wikidata


@flow(name="extract-films", flow_run_name="extract-films")
def extract_films(titles: DatasetRef, run_id: str, plan: Choice = "auto") -> Extracted:
    """Finds the film of each title and publishes silver/films.

    Ends early, with what it has, when TMDB fails again and again; running it again asks only for what is missing.

    Args:
        titles: silver/titles.
        run_id: the run whose folder takes the parts.
        plan: cc0: what `soundtracks import-dump` brought of Wikidata, without a request; any other asks TMDB.
    """
    if plan == "cc0":
        return take_films_from_wikidata(titles)
    with service("tmdb"):
        return publish_films(fetch_film_batches(titles, run_id), titles.rows)
