"""The whole catalogue as files by id below public/ in the lake, to be served as they are by any web server or by Blob Storage.

    public/films/tmdb/78.json  public/films/imdb/tt0083658.json  public/albums/discogs/{master,release}/3575.json
    public/index.json  public/feed.atom  public/links.parquet  public/links.sqlite  public/schema/{film,album}.v1.json
    public/lidarr/api/v1/{album,artist,…}

Only what changed is written, what is gone is deleted; the index comes last. Names that may not be shown any more (terms.py) are
left out, ids and decisions stay.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa

from soundtracks.errors import DamagedFile
from soundtracks.lake.lake import IN_FLIGHT, Lake
from soundtracks.publishing import database, tables
from soundtracks.publishing.catalogue import Catalogue, album_url, film_url, imdb_url
from soundtracks.publishing.catalogue_tables import CatalogueTables, catalogue_of
from soundtracks.publishing.lidarr import lidarr_files
from soundtracks.publishing.merging import as_text
from soundtracks.publishing.notices import DISCOGS_AFFILIATION, DISCOGS_NOTICE, DISCOGS_URL, TMDB_NOTICE, TMDB_URL
from soundtracks.publishing.options import Options
from soundtracks.publishing.terms import ORIGIN, UNKNOWN, Origin, origins, publishable
from soundtracks.publishing.works import AlbumLink, album_links, pressing_facts
from soundtracks.text.foreign import one_line

FOLDER = "public"
#: Of the files' shape: a field that is added keeps it, one that goes or changes its meaning raises it.
VERSION = 1
FEED_ENTRIES = 100
_BATCH = 64  # files made before they are written: what is held in memory
_HASHES = f"{FOLDER}/files.json"
_INDEX = "index.json"
#: What a publication writes below public/, besides what tells of it: folders, and files that readers fetch whole.
_WRITTEN = ("films/tmdb/", "films/imdb/", "albums/discogs/", "schema/", "lidarr/api/")
_WHOLE = ("feed.atom", "links.parquet", "links.sqlite")


@dataclass(frozen=True)
class Published:
    """What a publication did: files written, deleted, and those that were right already."""

    written: int
    deleted: int
    kept: int


@dataclass(frozen=True)
class Everything:
    """A catalogue, where its names come from by id, and when each link (album, film) was decided, where known."""

    catalogue: Catalogue
    films: Mapping[str, Origin]
    albums: Mapping[str, Origin]
    decided_at: Mapping[tuple[str, str], datetime]

    @classmethod
    def of(cls, tables: CatalogueTables) -> "Everything":
        """What the catalogue's tables hold now. Links are read first: whatever is merged meanwhile, their rows are there."""
        links, films, albums = tables.links.read(), tables.films.read(), tables.albums.read()
        times = links.select(["album_id", "tmdb_id", "decided_at"]).to_pylist()
        return cls(
            catalogue_of(links, films, albums, as_text(tables.decisions.read())),
            origins(films.select([*tables.films.key, *ORIGIN])),
            origins(albums.select([*tables.albums.key, *ORIGIN])),
            {(link["album_id"], link["tmdb_id"]): link["decided_at"] for link in times if link["decided_at"]},
        )

    def until(self, now: datetime) -> datetime | None:
        """When the first of the names that may be shown now may be shown no more; None: never."""
        ends = (origin.until() for known in (self.films, self.albums) for origin in known.values())
        return min((end for end in ends if end and end > now), default=None)

    def publishable(self, now: datetime) -> Catalogue:
        """The catalogue without names that may not be shown, and without reviewers' names."""
        return publishable(_nameless(self.catalogue), self.films, self.albums, now)


def publish_static(lake: Lake, known: Everything, now: datetime, lacking: Collection[str] = ()) -> Published:
    """Writes the files that changed since the last publication, and those of `lacking` (names below public/). Raises LakeError;
    files that were written stay and are right."""
    before = {name: digest for name, digest in _noted(lake).items() if name not in lacking}
    shown = known.publishable(now)
    hashes: dict[str, str] = {}
    whole: dict[str, dict[str, Any]] = {}  # what readers fetch whole: size and SHA-256
    written = 0
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        for batch in _batches(static_files(known, shown)):
            hashes |= {name: hashlib.sha256(data).hexdigest() for name, data in batch}
            whole |= {name: {"bytes": len(data), "sha256": hashes[name]} for name, data in batch if "/" not in name}
            changed = [(name, data) for name, data in batch if before.get(name) != hashes[name]]
            list(pool.map(lambda file: lake.write_bytes(f"{FOLDER}/{file[0]}", file[1]), changed))
            written += len(changed)
    gone = sorted(before.keys() - hashes.keys())
    for name in gone:
        lake.delete(f"{FOLDER}/{name}")
    if written or gone or lacking:
        index = {"version": VERSION, "updated": _time(now), **_counts(shown), "files": dict(sorted(whole.items()))}
        lake.write_bytes(f"{FOLDER}/{_INDEX}", _json(index))
        lake.write_json(_HASHES, hashes)  # last: what a publication that broke off has written is written again
    return Published(written, len(gone), len(hashes) - written)


def forget_files(lake: Lake) -> None:
    """Takes nothing for granted of the files that are there: the next publication writes all of them, and deletes the others."""
    lake.delete(_HASHES)


def are_noted(lake: Lake) -> bool:
    """Whether it is noted what the last publication wrote: not where it broke off, or nothing is taken for granted."""
    return lake.exists(_HASHES)


def lacking_files(lake: Lake) -> frozenset[str]:
    """Names below public/ that the last publication wrote and that are not there any more: somebody deleted them."""
    noted = _noted(lake)
    there = {entry.name.removeprefix(f"{FOLDER}/") for entry in lake.list(FOLDER)}
    return frozenset({*noted, _INDEX} - there) if noted else frozenset()


def _noted(lake: Lake) -> dict[str, str]:
    """The hash of each file below public/ that a publication wrote; "" for all that it may have, where no notes are, or damaged
    ones: what somebody else has put there stays."""
    with suppress(DamagedFile):
        if lake.exists(_HASHES) and isinstance(noted := lake.read_json(_HASHES), dict):
            return {name: str(digest) for name, digest in noted.items()}
    there = (entry.name.removeprefix(f"{FOLDER}/") for entry in lake.list(FOLDER))
    return {name: "" for name in there if name.startswith(_WRITTEN) or name in _WHOLE}


def _batches(files: Iterator[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    while batch := list(islice(files, _BATCH)):
        yield batch


def static_files(known: Everything, shown: Catalogue) -> Iterator[tuple[str, bytes]]:
    """(name below public/, content) of every file but the index. `shown`: what of the catalogue may be (`publishable`)."""
    links = [link for link in album_links(shown.accepted) if link.row["tmdb_id"]]
    by_film: dict[str, list[AlbumLink]] = {}
    by_imdb: dict[str, list[AlbumLink]] = {}
    by_work: dict[str, list[AlbumLink]] = {}
    for link in sorted(links, key=lambda k: (-(k.row["probability"] or 1), k.work_id)):
        by_film.setdefault(link.row["tmdb_id"], []).append(link)
        if imdb_url(link.row["film_imdb_id"]):
            by_imdb.setdefault(link.row["film_imdb_id"], []).append(link)
        by_work.setdefault(link.work_id, []).append(link)
    for film, of_film in sorted(by_film.items()):
        if film_url(film):
            yield f"films/tmdb/{film}.json", _film_document(known, of_film)
    for imdb, of_imdb in sorted(by_imdb.items()):
        yield f"films/imdb/{imdb}.json", _film_document(known, of_imdb)
    for of_work in by_work.values():
        data = _json(
            _document(
                {"album": _album(known, of_work[0])},
                {"films": [_film(known, link) | _decision(known, link) for link in of_work]},
            )
        )
        for one in sorted(filter(album_url, {i for link in of_work for i in link.ids})):
            yield f"albums/discogs/{one.replace(':', '/')}.json", data
    yield from ((name, _json(content)) for name, content in lidarr_files(links).items())
    yield "feed.atom", _feed(known, links)
    yield "links.parquet", tables.write_parquet(shown, Options())
    yield "links.sqlite", database.write_sqlite(shown, Options())
    yield from ((f"schema/{name}.v{VERSION}.json", _json(schema)) for name, schema in SCHEMAS.items())


def _film_document(known: Everything, links: list[AlbumLink]) -> bytes:
    """A film and its albums, likeliest first. Two films with one id at IMDb are one film here: the smaller id names it, and an
    album of both stands once."""
    film = min(links, key=lambda link: (len(link.row["tmdb_id"]), link.row["tmdb_id"]))
    albums: dict[str, AlbumLink] = {}
    for link in links:
        albums.setdefault(link.work_id, link)
    return _json(_document({"film": _film(known, film)}, {"albums": [_album(known, link) for link in albums.values()]}))


def _nameless(catalogue: Catalogue) -> Catalogue:
    """The catalogue with numbers instead of reviewers' names: who decided is nobody's business but the lake's."""
    said = catalogue.decisions
    number = {name: f"person {n}" for n, name in enumerate(sorted({name or "" for name in said["by"].to_pylist()}), 1)}
    by = pa.array([number[name or ""] for name in said["by"].to_pylist()], pa.string())
    decisions = said.set_column(said.schema.get_field_index("by"), "by", by)
    return Catalogue(catalogue.every_film, catalogue.albums, catalogue.links, decisions)


def _document(subject: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    (name,) = subject
    told = [*subject.values(), *next(iter(others.values()))]
    sources = sorted({one["names"]["source"] or "unknown" for one in told})
    return {"$schema": f"/schema/{name}.v{VERSION}.json", "version": VERSION, **subject, **others, "licence": licence(sources)}


def licence(sources: list[str]) -> list[str]:
    """What must stand beside names of these sources."""
    notes = []
    if "discogs" in sources:
        notes += [f"{DISCOGS_NOTICE} {DISCOGS_URL}", DISCOGS_AFFILIATION]
    if {"tmdb", "tmdb dump"} & set(sources):
        notes += [f"{TMDB_NOTICE} {TMDB_URL}", "Films: non-commercial, with attribution; not for training AI or ML models."]
    if {"discogs dump", "wikidata"} & set(sources):
        notes.append("Names from Discogs' data dumps and from Wikidata: CC0.")
    return [*notes, "Ids, links, decisions and probabilities are this catalogue's own."]


def _names(origin: Origin, *, shown: bool) -> dict[str, Any]:
    until = origin.until()
    return {
        "source": origin.source,
        "retrieved_at": _time(origin.retrieved_at) if origin.retrieved_at else None,
        "until": _time(until) if until and shown else None,
        "shown": shown,
    }


def _film(known: Everything, link: AlbumLink) -> dict[str, Any]:
    row, origin = link.row, known.films.get(link.row["tmdb_id"], UNKNOWN)
    return {
        "tmdb_id": row["tmdb_id"],
        "imdb_id": row["film_imdb_id"],
        "wikidata_id": row["film_wikidata_id"],
        "url": row["film_url"],
        "title": row["film_title"],
        "year": row["film_year"],
        "names": _names(origin, shown=row["film_title"] is not None),
    }


def _album(known: Everything, link: AlbumLink) -> dict[str, Any]:
    row, origin = link.row, known.albums.get(link.row["album_id"], UNKNOWN)
    return {
        "album_id": link.work_id,
        "musicbrainz_id": row["album_musicbrainz_id"],
        "wikidata_id": row["album_wikidata_id"],
        "url": link.url,
        "title": row["album_title"],
        "artist": row["album_artist"],
        "year": link.year,
        "names": _names(origin, shown=row["album_title"] is not None),
        "pressings": [{"album_id": p["album_id"], "url": p["album_url"]} | pressing_facts(p) for p in link.pressings],
    } | _decision(known, link)


def _decision(known: Everything, link: AlbumLink) -> dict[str, Any]:
    at = _decided(known, link)
    return {"decided_by": link.row["decided_by"], "probability": link.row["probability"], "decided_at": _time(at) if at else None}


def _decided(known: Everything, link: AlbumLink) -> datetime | None:
    film = link.row["tmdb_id"]
    times = [known.decided_at.get((p["album_id"], film)) for p in (link.row, *link.pressings)]
    return min((at for at in times if at), default=None)


#: Characters that XML does not allow.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _feed(known: Everything, links: list[AlbumLink]) -> bytes:
    """Atom (RFC 4287): the links decided last, newest first. Of a link that nobody knows the time of, the feed says nothing."""
    timed = [(at, link) for link in links if (at := _decided(known, link))]
    newest = sorted(timed, key=lambda each: (each[0], each[1].work_id, each[1].row["tmdb_id"]), reverse=True)[:FEED_ENTRIES]
    updated = _time(newest[0][0] if newest else datetime(1970, 1, 1, tzinfo=UTC))
    entries = []
    for at, link in newest:
        row = link.row
        film = f"{row['film_title']} ({row['film_year']})" if row["film_title"] and row["film_year"] else row["film_title"]
        title = f"{film or 'TMDB ' + row['tmdb_id']}: {row['album_title'] or link.work_id}"
        address = link.url or row["film_url"] or ""
        entries.append(
            f"<entry><id>tag:soundtrack-links,2026:{escape(link.work_id)}/{escape(row['tmdb_id'])}</id>"
            f"<title>{escape(one_line(title))}</title><updated>{_time(at)}</updated>"
            + (f"<link href={quoteattr(address)}/>" if address else "")
            + "</entry>"
        )
    feed = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        "<id>tag:soundtrack-links,2026:links</id><title>New soundtrack links</title>"
        f"<updated>{updated}</updated><author><name>Soundtrack Links</name></author>"
        f'<link rel="self" href="feed.atom"/>{"".join(entries)}</feed>\n'
    )
    return _NOT_XML.sub("", feed).encode()


def _counts(catalogue: Catalogue) -> dict[str, int]:
    accepted = catalogue.accepted
    return {"films": len(set(accepted["tmdb_id"].to_pylist())), "albums": len(set(accepted["work_id"].to_pylist()))}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def _text(description: str, *, null: bool = True) -> dict[str, Any]:
    return {"type": ["string", "null"] if null else "string", "description": description}


_NAMES = {
    "type": "object",
    "description": "Where title, artist and year come from, and until when they may be shown; null in them where shown is false.",
    "required": ["source", "retrieved_at", "until", "shown"],
    "properties": {
        "source": _text("tmdb, wikidata, discogs, discogs dump …"),
        "retrieved_at": _text("When they were fetched, ISO 8601, UTC."),
        "until": _text("When they must be fetched again; null: never."),
        "shown": {"type": "boolean"},
    },
}
_YEAR = {"type": ["integer", "null"]}
_DECISION = {
    "decided_by": {"enum": ["model", "person"]},
    "probability": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    "decided_at": _text("When it was last decided, ISO 8601, UTC; null if unknown."),
}
_FILM = {
    "tmdb_id": _text("TMDB's id, or the list's own.", null=False),
    "imdb_id": _text("Such as tt0083658."),
    "wikidata_id": _text("Such as Q184843."),
    "url": _text("The film's page on TMDB."),
    "title": _text("Its title."),
    "year": _YEAR,
    "names": _NAMES,
}
_ALBUM = {
    "album_id": _text("Discogs' master:ID, or release:ID where there is no master.", null=False),
    "musicbrainz_id": _text("MusicBrainz' release group."),
    "wikidata_id": _text("The album's item."),
    "url": _text("The album's page on Discogs."),
    "title": _text("Its title."),
    "artist": _text("The artist credit."),
    "year": _YEAR,
    "names": _NAMES,
    "pressings": {"type": "array", "items": {"type": "object", "required": ["album_id"]}},
    **_DECISION,
}


def _schema(title: str, subject: str, one: dict[str, Any], others: str, other: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "required": ["version", subject, others, "licence"],
        "properties": {
            "version": {"const": VERSION},
            subject: {"type": "object", "required": list(one), "properties": one},
            others: {"type": "array", "minItems": 1, "items": {"type": "object", "required": list(other), "properties": other}},
            "licence": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        },
    }


#: JSON Schema of the files by id.
SCHEMAS = {
    "film": _schema("A film and its soundtrack albums", "film", _FILM, "albums", _ALBUM),
    "album": _schema("An album and the films that it is the soundtrack of", "album", _ALBUM, "films", {**_FILM, **_DECISION}),
}
