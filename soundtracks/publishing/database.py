"""links.sqlite and its datasette.json: films, albums, links and evidence as a database with views and full-text search."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.publishing.catalogue import AT_ONCE, COLUMNS, Catalogue, album_url, film_url
from soundtracks.publishing.notices import (
    CC0_URL,
    DISCOGS_LICENCE,
    DISCOGS_LICENCE_URL,
    DISCOGS_NOTICE,
    DISCOGS_URL,
    TMDB_LICENCE,
    TMDB_NOTICE,
    TMDB_URL,
)
from soundtracks.publishing.options import Options
from soundtracks.publishing.room import needing_room

#: What each table and view holds; Datasette shows it above the table.
TABLES = {
    "films": "Films from TMDB. Lists (titles, composers, performers) are JSON arrays. listed: 1 for films of the list; 0 for "
    "others that links name, as an album's own film or its runner-up.",
    "albums": "Albums from Discogs. Lists (genres, styles, formats) are JSON arrays.",
    "links": "One row for each accepted film of an album, or for its best candidate otherwise.",
    "evidence": "Why: each comparison behind a link, with its level and its weight in bits, in the order of the model's table.",
    "notices": "What TMDB and Discogs ask to be said beside their data.",
    "accepted": "The links, with titles and addresses.",
    "review_queue": "What a person should look at, likeliest first, with the runner-up.",
    "unmatched_films": "Films of the list without an accepted album.",
    "unmatched_albums": "Albums without an accepted film or one to review.",
    "decided_by_people": "Decisions that people made; they win over the model's.",
    "evidence_summary": "How often each level of evidence occurs, and what became of its links.",
}

#: What Datasette counts beside each table, to be narrowed by a click.
FACETS: dict[str, list[str | dict[str, str]]] = {
    "films": ["language", "year", "listed"],
    "albums": [{"array": "formats"}, {"array": "styles"}, "country", "year"],
    "links": ["decision", "decided_by"],
    "evidence": ["name", "level"],
    "accepted": ["decided_by", "film_year"],
    "review_queue": ["film_year", "album_year"],
    "unmatched_films": ["year"],
    "unmatched_albums": [{"array": "styles"}, "year"],
    "decided_by_people": ["reviewer", "decision"],
    "evidence_summary": ["name"],
}

_LINK_COLUMNS = (
    "album_id",
    "tmdb_id",
    "decision",
    "probability",
    "match_weight",
    "runner_up_tmdb_id",
    "runner_up_gap",
    "decided_by",
    "reviewer",
    "reviewed_at",
)


def write_sqlite(catalogue: Catalogue, options: Options) -> bytes:
    """links.sqlite: tables, views and search of schema.sql. Same catalogue, same bytes. Raises LakeError where this machine's
    disk is full."""
    with needing_room(), TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder, "links.sqlite"))) as database:
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")  # lost with its process, and no loss
        database.executescript(files("soundtracks.publishing").joinpath("schema.sql").read_text(encoding="utf-8"))
        view = catalogue.view
        _insert(database, "films", _films(catalogue, view))
        _insert(database, "albums", _albums(catalogue, view))
        links = _rows(view.select(_LINK_COLUMNS))
        _insert(database, "links", ((number, *row.values()) for number, row in enumerate(links, 1)))
        _insert(database, "evidence", _evidence(view))
        _insert(database, "notices", enumerate(options.notices, 1))
        for table in ("films", "albums"):
            database.execute(f"INSERT INTO {table}_fts ({table}_fts) VALUES ('rebuild')")  # noqa: S608 (our own names)
        database.execute("ANALYZE")
        database.commit()
        return Path(folder, "links.sqlite").read_bytes()  # `serialize` would hold it twice


def _insert(database: sqlite3.Connection, table: str, rows: Any) -> None:
    width = len(database.execute(f"PRAGMA table_info({table})").fetchall())
    database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", rows)  # noqa: S608 (our own names)


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows of a table, of which few are Python objects at once."""
    for batch in table.to_batches(max_chunksize=AT_ONCE):
        yield from batch.to_pylist()


def _array(names: list[str] | None) -> str | None:
    """A list as JSON: SQLite's json_each and Datasette's facets take it apart, whatever stands in a name."""
    return None if names is None else json.dumps(names, ensure_ascii=False)


def _films(catalogue: Catalogue, view: pa.Table) -> Iterator[tuple[Any, ...]]:
    """The films of the list, and every other that a link names: with nothing but its id where the catalogue lacks it."""
    names = ("tmdb_id", "title", "original_title", "alternative_titles", "year", "composers", "performers", "language")
    columns = [*names, "popularity", "imdb_id", "wikidata_id"]
    named = {*view["tmdb_id"].to_pylist(), *view["runner_up_tmdb_id"].to_pylist(), None}
    rivals = catalogue.rivals.filter(pc.is_in(catalogue.rivals["tmdb_id"], value_set=pa.array(named, pa.string())))
    known: set[str | None] = {None}
    for films, listed in ((catalogue.films, 1), (rivals, 0)):
        for f in _rows(films.select(columns)):
            known.add(f["tmdb_id"])
            f |= {k: _array(f[k]) for k in ("alternative_titles", "composers", "performers")}
            yield (*(f[k] for k in columns), listed, film_url(f["tmdb_id"]))
    yield from ((i, *[None] * 10, 0, film_url(i)) for i in sorted(named - known))


def _albums(catalogue: Catalogue, view: pa.Table) -> Iterator[tuple[Any, ...]]:
    """All albums, and a row with nothing but its id for an album that a link names but the catalogue lacks."""
    order = ("album_id", "title", "artist", "year", "first_year", "master_id", "genres", "styles", "formats", "country")
    known = set()
    for a in _rows(catalogue.albums.select(order)):
        known.add(a["album_id"])
        a |= {k: _array(a[k]) for k in ("genres", "styles", "formats")}
        yield (*(a[k] for k in order), album_url(a["album_id"]))
    yield from ((i, *[None] * 9, album_url(i)) for i in sorted({*view["album_id"].to_pylist()} - known))


def _evidence(view: pa.Table) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(_rows(view.select(["evidence"])), 1):
        for position, (name, part) in enumerate(json.loads(row["evidence"] or "{}").items(), 1):
            value = part.get("value")
            text = value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield number, position, name, text, part.get("level"), part.get("weight")


_OF_THE_SERVICES = {
    "license": f"{DISCOGS_LICENCE} {TMDB_LICENCE}",
    "license_url": DISCOGS_LICENCE_URL,
    "source": f"{DISCOGS_NOTICE} {TMDB_NOTICE}",
    "source_url": DISCOGS_URL,
}
_CC0 = {"license": "CC0", "license_url": CC0_URL, "source": "Wikidata and Discogs' data dumps", "source_url": DISCOGS_URL}


def write_datasette_metadata(_: Catalogue, options: Options) -> bytes:
    """datasette.json: what Datasette shows around links.sqlite: descriptions, licences, sources, a search over everything."""
    meaning = {name: text for name, _, _, text in COLUMNS}
    tables: dict[str, dict[str, Any]] = {
        name: {"description": text, "facets": FACETS.get(name, [])} for name, text in TABLES.items()
    }
    for name in ("films", "albums"):
        tables[name] |= {"label_column": "title"}
    if not options.open_data:
        tables["films"] |= {"license": TMDB_LICENCE, "source": TMDB_NOTICE, "source_url": TMDB_URL}
        tables["albums"] |= {"license": DISCOGS_LICENCE, "source": DISCOGS_NOTICE, "source_url": DISCOGS_URL}
    tables["links"] |= {"sort_desc": "probability", "columns": {c: meaning[c] for c in _LINK_COLUMNS}}
    search = """
        SELECT 'film' AS kind, f.tmdb_id AS id, f.title, f.year, f.url FROM films AS f
        WHERE f.rowid IN (SELECT rowid FROM films_fts WHERE films_fts MATCH :words)
        UNION ALL
        SELECT 'album', a.album_id, a.title, a.year, a.url FROM albums AS a
        WHERE a.rowid IN (SELECT rowid FROM albums_fts WHERE albums_fts MATCH :words)
        LIMIT 100"""
    return json.dumps(
        {
            "title": "Soundtrack links",
            "description": " ".join(options.notices),
            **(_CC0 if options.open_data else _OF_THE_SERVICES),
            "databases": {
                "links": {
                    "tables": tables,
                    "queries": {"search": {"sql": search, "title": "Films and albums by name", "params": ["words"]}},
                }
            },
        },
        indent=1,
        ensure_ascii=False,
    ).encode()
