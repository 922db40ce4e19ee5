"""What imported dumps of MusicBrainz and Wikidata know of films and albums: their ids there, and which film an album is of.

    MusicBrainz' release group ── Discogs' master or release     Wikidata's film ── TMDB, IMDb
                              ├── IMDb's film                                   └── its soundtrack album (P406)
                              └── Wikidata's item                Wikidata's album ── Discogs, MusicBrainz

An album is found by its Discogs id or its master's, and what is found leads on: a release group to its item, an item to its
release group. Where a catalogue has several records for one album (score and songs under one master), none is its id, but
all of them say which film it is of.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.lake.lake import Lake
from soundtracks.records import ALBUMS, FILMS, conform
from soundtracks.sources.dumps.dump_kinds import RELEASE_GROUPS, WIKIDATA
from soundtracks.sources.dumps.musicbrainz import RELEASE_GROUPS as GROUP_SCHEMA
from soundtracks.sources.dumps.wikidata import ITEMS


@dataclass(frozen=True)
class KnownIds:
    """`groups`: RELEASE_GROUPS; `items`: ITEMS; both may be empty. Kept as Arrow: only what a table asks for becomes rows."""

    groups: pa.Table = field(default_factory=GROUP_SCHEMA.empty_table)
    items: pa.Table = field(default_factory=ITEMS.empty_table)

    @classmethod
    def from_lake(cls, lake: Lake) -> "KnownIds":
        """What `soundtracks import-dump` brought. Raises LakeError."""
        refs = lake.current(RELEASE_GROUPS.dataset), lake.current(WIKIDATA)
        groups, items = (lake.read_table(ref) if ref else None for ref in refs)
        return cls(GROUP_SCHEMA.empty_table() if groups is None else groups, ITEMS.empty_table() if items is None else items)

    def on_films(self, films: pa.Table) -> pa.Table:
        """FILMS with the ids of IMDb and Wikidata that they lack, where the ids that they have lead to one item, and with the
        soundtrack albums of that item which are tied to no record of Discogs."""
        table = conform(films, FILMS)
        if not len(self.items):
            return table
        item_of: dict[str, dict[str, Any] | None] = {}
        wanted = [*_values(table, "wikidata_id"), *_values(table, "imdb_id"), *_values(table, "tmdb_id")]
        for item in _holding(self.items, ("wikidata_id", "imdb_ids", "tmdb_id"), wanted).to_pylist():
            for one in filter(None, [item["wikidata_id"], item["tmdb_id"], *(item["imdb_ids"] or [])]):
                item_of[one] = None if one in item_of else item  # an id that two items claim tells nothing
        albums = [album for item in item_of.values() if item for album in item["soundtracks"] or []]
        tied = self.items.filter(pc.greater(pc.fill_null(pc.list_value_length(self.items["discogs_ids"]), 0), 0))
        known = set(_values(_holding(tied, ("wikidata_id",), albums), "wikidata_id"))
        known |= set(_values(_holding(self.groups, ("wikidata_id",), albums), "wikidata_id"))
        rows = table.to_pylist()
        for row in rows:
            named = (item_of.get(one) for one in (row["wikidata_id"], row["imdb_id"], row["tmdb_id"]) if one)
            if item := next(filter(None, named), None):
                imdb = item["imdb_ids"] or []
                row["wikidata_id"] = row["wikidata_id"] or item["wikidata_id"]
                row["imdb_id"] = row["imdb_id"] or (imdb[0] if len(imdb) == 1 else None)
                row["untied_soundtracks"] = _sorted(set(item["soundtracks"] or []) - known)
        return pa.Table.from_pylist(rows, FILMS)

    def on_albums(self, albums: pa.Table) -> pa.Table:
        """ALBUMS with what is known of each; what a table says of itself already stays."""
        table = conform(albums, ALBUMS)
        by_id = self._records([*_values(table, "album_id"), *_values(table, "master_id")])
        if not by_id:
            return table
        pairs = zip(table["album_id"].to_pylist(), table["master_id"].to_pylist(), strict=True)
        known = [_columns(by_id, [album, *([master] if master else [])]) for album, master in pairs]
        for name in ("film_ids", "musicbrainz_id", "wikidata_id", "musicbrainz_has", "wikidata_has"):
            at, column = table.schema.get_field_index(name), table[name].to_pylist()
            values = [before or found.get(name) for before, found in zip(column, known, strict=True)]
            table = table.set_column(at, ALBUMS.field(name), pa.array(values, ALBUMS.field(name).type))
        return table

    def _records(self, discogs: list[str]) -> dict[str, list["_Record"]]:
        """Release groups and items of some Discogs albums, and those that they lead on to, by each id of an album."""
        groups = _holding(self.groups, ("discogs_ids",), discogs)
        onward = [*_values(groups, "musicbrainz_id"), *_values(groups, "wikidata_id")]
        items = _holding(self.items, ("discogs_ids", "wikidata_id", "musicbrainz_id"), [*discogs, *onward])
        back = [*_values(items, "wikidata_id"), *_values(items, "musicbrainz_id"), *onward]
        groups = _holding(self.groups, ("discogs_ids", "musicbrainz_id", "wikidata_id"), [*discogs, *back])
        films_of: dict[str, list[str]] = {}
        for film in _holding(self.items, ("soundtracks",), _values(items, "wikidata_id")).to_pylist():
            for album in film["soundtracks"]:
                films_of.setdefault(album, []).append(film["wikidata_id"])
        found: dict[str, list[_Record]] = {}
        for row in groups.to_pylist():
            albums = [*(row["discogs_ids"] or []), *filter(None, [row["wikidata_id"]])]
            _add(found, _Record("musicbrainz", row["musicbrainz_id"], albums, row["imdb_ids"] or []))
        for row in items.to_pylist():
            albums = [*(row["discogs_ids"] or []), *filter(None, [row["musicbrainz_id"]])]
            if albums or row["wikidata_id"] in films_of:
                _add(found, _Record("wikidata", row["wikidata_id"], albums, films_of.get(row["wikidata_id"], [])))
        return found


@dataclass(frozen=True)
class _Record:
    """A release group or an item: its id, and the ids of albums and of films that it links."""

    source: str
    id: str
    albums: list[str]
    films: list[str]


def _add(found: dict[str, list[_Record]], record: _Record) -> None:
    for one in {record.id, *record.albums}:
        found.setdefault(one, []).append(record)


def _columns(by_id: Mapping[str, list[_Record]], ids: list[str]) -> Mapping[str, Any]:
    """Columns of an album, from the records that its ids lead to, in two steps at most."""
    found = [record for one in ids for record in by_id.get(one, [])]
    # Discogs' ids lead no further: a release may stand in two release groups
    further = [one for record in found for one in (record.id, *record.albums) if ":" not in one]
    every = {record.id: record for record in [*found, *(record for one in further for record in by_id.get(one, []))]}
    columns: dict[str, Any] = {"film_ids": _sorted(film for record in every.values() for film in record.films)}
    for source in ("musicbrainz", "wikidata"):
        of_source = [record for record in every.values() if record.source == source]
        if len(of_source) == 1:
            columns |= {f"{source}_id": of_source[0].id, f"{source}_has": _sorted([*of_source[0].albums, *of_source[0].films])}
    return columns


def _values(table: pa.Table, name: str) -> list[str]:
    return [value for value in table[name].unique().to_pylist() if value]


def _holding(table: pa.Table, columns: Iterable[str], values: list[str]) -> pa.Table:
    """The rows of which one of the columns, of texts or of lists of them, holds one of the values."""
    wanted = pa.array(sorted(set(values)), pa.string())
    rows = np.zeros(len(table), dtype=bool)
    for name in columns:
        column = table[name].combine_chunks()
        if pa.types.is_list(column.type):
            hit = pc.is_in(pc.list_flatten(column), value_set=wanted)
            rows[pc.list_parent_indices(column).filter(hit).to_numpy()] = True
        else:
            rows |= np.asarray(pc.is_in(column, value_set=wanted))
    return table.filter(pa.array(rows))


def _sorted(ids: Iterable[str]) -> list[str] | None:
    return sorted(set(ids)) or None
