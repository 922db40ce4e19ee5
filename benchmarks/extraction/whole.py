"""Whole flows on a real Prefect server: the allowance that extract-albums uses, and a run on dumps from titles to score."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import pyarrow as pa

from benchmarks.extraction.subject import sample_titles
from benchmarks.extraction.window import Used
from sandbox import discogs, tmdb
from sandbox.catalogue import TITLES as TITLE_FILE
from sandbox.catalogue import Album, load_catalogue
from sandbox.score import Score, score_links
from sandbox.serve import serving
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue_tables import CatalogueTables
from soundtracks.records import TITLES
from soundtracks.settings import get_settings
from soundtracks.sources.dumps.importer import import_dump


def use_by_flow(seconds: float) -> Used:
    """The requests that one run of extract-albums makes in its first so many seconds, with all that Prefect does beside."""
    from flows.extract_albums import extract_albums
    from flows.extract_films import extract_films

    service = discogs.discogs_app()
    with _world(service) as lake:
        wanted = sample_titles()[: round(seconds)]
        rows = [{"row": title.row, "title": title.title, "year": title.year} for title in wanted]
        titles = lake.publish_table("silver/titles", pa.Table.from_pylist(rows, schema=TITLES))
        extract_albums(extract_films(titles, "r1").ref, "r1", "search")
    first = min(request.at for request in service.log.requests)
    made = sum(request.at < first + seconds for request in service.log.requests) - service.log.count(429)
    return Used(round(seconds), made, service.log.count(429), {"flow": made})


def link_by_dumps() -> tuple[Score, float, int]:
    """The sample's titles through the whole pipeline with the sample's albums as dumps: score, seconds, requests to Discogs."""
    from flows.link_soundtracks import link_soundtracks

    service = discogs.discogs_app()
    with _world(service) as lake, TemporaryDirectory() as folder:
        for kind in ("master", "release"):
            records = "".join(_record(album) for album in load_catalogue().albums if album.kind == kind)
            dump = Path(folder) / f"{kind}s.xml"
            dump.write_text(f"<{kind}s>{records}</{kind}s>", encoding="utf-8")
            import_dump(lake, dump)
        started = time.monotonic()
        link_soundtracks(titles=str(TITLE_FILE), plan="dump")
        seconds = time.monotonic() - started
        links = CatalogueTables(lake).links.read(columns=["album_id", "tmdb_id", "decision"]).to_pylist()
    return score_links((row["album_id"], row["tmdb_id"], row["decision"]) for row in links), seconds, service.log.count()


@contextmanager
def _world(service: discogs.Discogs) -> Iterator[Lake]:
    """An empty lake, both services, and settings that name them."""
    with TemporaryDirectory() as folder, serving(service) as albums, serving(tmdb.tmdb_app()) as films:
        settings = {
            "LAKE_URL": folder,
            "TMDB_TOKEN": tmdb.TOKEN,
            "TMDB_BASE_URL": f"{films}/3",
            "DISCOGS_TOKEN": discogs.TOKEN,
            "DISCOGS_BASE_URL": albums,
            "MATCH_ENGINE": "local",
        }
        os.environ |= {f"SOUNDTRACKS_{name}": value for name, value in settings.items()}
        get_settings.cache_clear()
        yield Lake(folder)


def _record(album: Album) -> str:
    """An album as the dumps have it."""
    year = "year" if album.kind == "master" else "released"
    master = f"<master_id>{album.master_id or 0}</master_id>" if album.kind == "release" else ""
    return (
        f'<{album.kind} id="{album.id}"><artists><artist><name>{escape(album.artist)}</name><join/></artist></artists>'
        f"<title>{escape(album.title)}</title><genres>{_all('genre', album.genres)}</genres>"
        f"<styles>{_all('style', album.styles)}</styles><{year}>{album.year}</{year}>{master}</{album.kind}>"
    )


def _all(name: str, values: tuple[str, ...]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for value in values)
