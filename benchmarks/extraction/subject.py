"""Extraction without Prefect, as a process that can be killed: titles of the sample to silver films and albums.

python -m benchmarks.extraction.subject LAKE TMDB_URL DISCOGS_URL TITLES
"""

import sys

from sandbox import discogs as discogs_sample
from sandbox import tmdb as tmdb_sample
from sandbox.catalogue import load_catalogue
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.settings import Settings
from soundtracks.sources.batches import fetch_albums, fetch_films, to_films
from soundtracks.sources.discogs import Breadth, Discogs, Film, to_albums
from soundtracks.sources.endpoints import access_to
from soundtracks.sources.services import open_source
from soundtracks.sources.tmdb import Title, Tmdb

#: So many requests a window that the machine sets the pace, not the services.
RATE = 100_000


def sample_titles() -> list[Title]:
    """Every film of the sample, with its year."""
    films = load_catalogue().films
    return [Title(row=i, title=film.title, year=int(film.release_date[:4] or 0) or None) for i, film in enumerate(films, 1)]


def extract(
    lake_url: str, tmdb_url: str, discogs_url: str, breadth: Breadth = "usual", *, titles: int | None = None, paced: bool = False
) -> tuple[DatasetRef, DatasetRef, dict[str, int]]:
    """Silver films and albums, and how many requests each service was asked. `titles`: the first so many; `paced`: at the
    services' real pace."""
    lake = Lake(lake_url)
    settings = Settings(
        _env_file=None,
        tmdb_token=tmdb_sample.TOKEN,
        tmdb_base_url=f"{tmdb_url}/3",
        discogs_token=discogs_sample.TOKEN,
        discogs_base_url=discogs_url,
    )
    requests = {}
    free = None if paced else (RATE, 1.0)
    with open_source(access_to("tmdb", settings), lake, settings, allowance=free) as source:
        films = to_films([fetch_films(sample_titles()[:titles], Tmdb(source)).rows])
        requests["tmdb"] = source.metrics.requests
    with open_source(access_to("discogs", settings), lake, settings, allowance=free) as source:
        found = fetch_albums([Film.model_validate(row) for row in films.to_pylist()], Discogs(source, breadth)).rows
        requests["discogs"] = source.metrics.requests
    refs = lake.publish_table("silver/films", films), lake.publish_table("silver/albums", to_albums([found], films))
    return *refs, requests


if __name__ == "__main__":
    extract(sys.argv[1], sys.argv[2], sys.argv[3], titles=int(sys.argv[4]))
