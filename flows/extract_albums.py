"""Subflow extract-albums: films to the albums that may be theirs, from Discogs or its dumps."""

from prefect import flow

from soundtracks.lake.lake import DatasetRef
from soundtracks.sources.models import Extracted
from soundtracks.sources.sweep import Choice
from tasks.extract_albums import fetch_album_batches, fetch_sweep_batches, films_to_search, plan_albums, publish_albums
from tasks.services import service
from tasks.take_from_dumps import take_albums_from_dumps


@flow(name="extract-albums", flow_run_name="extract-albums")
def extract_albums(films: DatasetRef, run_id: str, plan: Choice = "auto") -> Extracted:
    """Finds albums for films and publishes silver/albums.

    Ends early, with what it has, when Discogs fails again and again; running it again asks only for what is missing.

    Args:
        films: silver/films.
        run_id: the run whose folder takes the parts.
        plan: one search a film, a sweep of the soundtrack catalogue, or (auto) whichever takes fewer requests; or (dump, cc0)
            what `soundtracks import-dump` brought, without a request.
    """
    if plan in ("dump", "cc0"):
        return take_albums_from_dumps(films, plan)
    with service("discogs"):
        chosen = plan_albums(films, plan)
        swept = fetch_sweep_batches(chosen, run_id)
        searched = fetch_album_batches(films_to_search(films, swept, chosen), run_id)
        return publish_albums(films, chosen, [*swept, *searched])
