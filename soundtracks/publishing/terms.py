"""What may be published of a catalogue, by where its names come from and how old they are.

Ids and decisions are ours and stay. Names from CC0 sources (Discogs' dumps, Wikidata) stay. Names from Discogs' API must not be
older than six hours, those from TMDB not older than six months: older ones are left out until they were fetched again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.records import ALBUMS, FILMS

#: How long names of a source may be shown. None: for ever (CC0). A source that is not named here is taken for an API.
AGES: Mapping[str, timedelta | None] = {
    "discogs dump": None,
    "wikidata": None,
    "tmdb": timedelta(days=182),
    "tmdb dump": timedelta(days=182),
    "discogs": timedelta(hours=6),
}
_OTHER = timedelta(hours=6)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
#: What is no name: ids, and what they say of each other.
_FILM_IDS = ("tmdb_id", "imdb_id", "wikidata_id", "untied_soundtracks", "listed")
_ALBUM_IDS = ("album_id", "master_id", "musicbrainz_id", "wikidata_id", "film_ids", "musicbrainz_has", "wikidata_has")


@dataclass(frozen=True)
class Origin:
    """Where names come from, such as "tmdb", "discogs", "discogs dump"; when they were fetched at the earliest, if known."""

    source: str | None = None
    retrieved_at: datetime | None = None

    def until(self) -> datetime | None:
        """When the names must be fetched again or left out; None: never. Of an unknown age: since long."""
        age = AGES.get(self.source or "", _OTHER)
        return None if age is None else (self.retrieved_at or _LONG_AGO) + age

    def may_be_shown(self, now: datetime) -> bool:
        until = self.until()
        return until is None or now < until


UNKNOWN = Origin()
#: Columns of a table that hold it.
ORIGIN = ("source", "retrieved_at")


def origins(table: pa.Table) -> dict[str, Origin]:
    """The origins of rows by their ids; columns: id, ORIGIN."""
    return {one: Origin(source, at) for one, source, at in zip(*(c.to_pylist() for c in table.columns), strict=True)}


def publishable(catalogue: Catalogue, films: Mapping[str, Origin], albums: Mapping[str, Origin], now: datetime) -> Catalogue:
    """The catalogue without names that may not be shown any more. Ids and decisions stay; so does evidence, without what was
    compared."""
    stale_films = _stale(catalogue.every_film["tmdb_id"].to_pylist(), films, now)
    stale_albums = _stale(catalogue.albums["album_id"].to_pylist(), albums, now)
    if not stale_films and not stale_albums:
        return catalogue
    links = catalogue.links.to_pylist()
    for link in links:
        films_named = {link["tmdb_id"], link["runner_up_tmdb_id"], _rival(link["evidence"])}
        if link["album_id"] in stale_albums or films_named & stale_films:
            link["evidence"] = _without_values(link["evidence"])
    return Catalogue(
        _blanked(catalogue.every_film, FILMS, _FILM_IDS, stale_films),
        _blanked(catalogue.albums, ALBUMS, _ALBUM_IDS, stale_albums),
        pa.Table.from_pylist(links, catalogue.links.schema),
        catalogue.decisions,
    )


def _stale(ids: list[str], known: Mapping[str, Origin], now: datetime) -> set[str]:
    return {one for one in ids if not known.get(one, UNKNOWN).may_be_shown(now)}


def _blanked(table: pa.Table, schema: pa.Schema, kept: tuple[str, ...], stale: set[str]) -> pa.Table:
    if not stale:
        return table
    rows = table.to_pylist()
    for row in rows:
        if row[schema.names[0]] in stale:
            row |= {name: None for name in schema.names if name not in kept}
    return pa.Table.from_pylist(rows, schema)


def _rival(evidence: str | None) -> str | None:
    """The film outside the list that evidence names, with its title; None where it names none."""
    if not evidence or '"rival"' not in evidence:
        return None
    rival = json.loads(evidence).get("rival")
    return rival.get("tmdb_id") if isinstance(rival, dict) else None


def _without_values(evidence: str | None) -> str | None:
    if not evidence:
        return evidence
    pieces: dict[str, dict[str, Any]] = json.loads(evidence)
    return json.dumps({name: {k: piece.get(k) for k in ("level", "weight")} | {"value": None} for name, piece in pieces.items()})
