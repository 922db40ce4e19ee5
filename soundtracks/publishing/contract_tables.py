"""The tables that the data contract is about: the links' view that a run publishes, and the catalogue's Delta tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from soundtracks.publishing.catalogue import COLUMNS
from soundtracks.publishing.catalogue_tables import ALBUMS_TABLE, DECISIONS_TABLE, FILMS_TABLE
from soundtracks.publishing.merging import LINKS_TABLE
from soundtracks.publishing.runs_table import COLUMNS as RUN_COLUMNS
from soundtracks.publishing.runs_table import TABLE as RUNS_PLACE

#: Name, type, may it be null, what it means.
Column = tuple[str, pa.DataType, bool, str]
DECIDED = ("accept", "review", "reject")


@dataclass(frozen=True)
class Table:
    """A published table. `key`: tells rows apart. `values`: that a column may have. `ranges`: its least and its most."""

    name: str
    place: str
    what: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return [name for name, *_ in self.columns]


LINKS_VIEW = Table(
    "links",
    "links.parquet",
    "One row for each accepted film of an album, or its best candidate otherwise.",
    COLUMNS,
    ("album_id", "tmdb_id"),
    {"decision": DECIDED, "decided_by": ("model", "person")},
    {"probability": (0.0, 1.0)},
)

_PROVENANCE = {
    "source": "Where the names come from, such as tmdb, wikidata, discogs, discogs dump.",
    "retrieved_at": "When they were fetched at the earliest; null if unknown, or where it does not matter (CC0).",
    "run_id": "The run that last wrote the row.",
    "updated_at": "When it did.",
}
_FILMS = {
    "tmdb_id": "TMDB's id of the film, or the list's own; tv:ID of a series that competes for albums.",
    "title": "Its title.",
    "original_title": "Its title in its own language.",
    "alternative_titles": "Further titles.",
    "year": "Year of the first release.",
    "composers": "Who wrote its music.",
    "performers": "Its billed cast, the first five.",
    "language": "Its own language, ISO 639-1.",
    "popularity": "TMDB's figure.",
    "imdb_id": "IMDb's id, such as tt0083658.",
    "wikidata_id": "Its item in Wikidata, such as Q184843.",
    "untied_soundtracks": "Items of its soundtrack albums that Wikidata ties to no record of Discogs.",
    "poster": "Path of its poster on TMDB's picture server.",
    "listed": "False: it stands in no list, and only competes for albums.",
    "composer_aliases": "Other names of its composers, such as stage names.",
    "last_year": "Of a television series, which only competes for albums: the year of its last broadcast.",
}
_ALBUMS = {
    "album_id": "Discogs' album: master:ID or release:ID (own ids stay as they were).",
    "title": "Its title.",
    "artist": "The artist credit.",
    "year": "Year of this edition.",
    "genres": "Discogs' genres.",
    "styles": "Discogs' styles.",
    "formats": "What the pressing is, such as Vinyl, LP.",
    "first_year": "Year of the album's first release (its master's).",
    "master_id": "Its master's number.",
    "country": "Where the pressing was released.",
    "labels": "Its labels.",
    "barcode": "Its barcode.",
    "artist_names": "The artists' own names, where the credit shows variations.",
    "tracks": "Names of the tracks, or one number: how many there are.",
    "catalogue_numbers": "The labels' own numbers of the pressing.",
    "film_ids": "IMDb's and Wikidata's ids of the films that MusicBrainz and Wikidata say it belongs to.",
    "musicbrainz_id": "MusicBrainz' release group.",
    "wikidata_id": "Its item in Wikidata.",
    "musicbrainz_has": "Ids that the release group links already.",
    "wikidata_has": "Ids that the item has already.",
    "artist_aliases": "Other names of the artists, as Discogs' artists have them.",
}
_LINKS = {name: text for name, _, _, text in COLUMNS} | {
    "model_decision": "The model's own decision; null where only a person linked the two.",
    "reviewed_at": "When the person decided; null where the model did.",
    "run_id": "The run that last decided the album; null where none did.",
    "decided_at": "When it was last decided.",
}
_DECISIONS = {
    "album_id": "The album, or the work whose pressings are meant.",
    "tmdb_id": "The film; null for a word on the album alone.",
    "decision": "accept, reject, skip, or undo of the same person's earlier word.",
    "by": "Who said it.",
    "at": "When.",
}


def _described(schema: pa.Schema, texts: Mapping[str, str], required: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple((f.name, f.type, f.name not in required, texts[f.name]) for f in schema)


FILMS = Table(
    "films",
    "catalogue/films",
    "One row a film, as a run found it last.",
    _described(FILMS_TABLE, _FILMS | _PROVENANCE, ("tmdb_id",)),
    ("tmdb_id",),
)
ALBUMS = Table(
    "albums",
    "catalogue/albums",
    "One row an album, as a run found it last.",
    _described(ALBUMS_TABLE, _ALBUMS | _PROVENANCE, ("album_id",)),
    ("album_id",),
)
LINKS = Table(
    "catalogue_links",
    "catalogue/links",
    "Each album's accepted films, or its best candidate, with the run and time that last decided it.",
    _described(LINKS_TABLE, _LINKS, ("album_id", "decision", "decided_by")),
    LINKS_VIEW.key,
    {**LINKS_VIEW.values, "model_decision": DECIDED},
    LINKS_VIEW.ranges,
)
DECISIONS = Table(
    "decisions",
    "catalogue/decisions",
    "Every word of people on album and film.",
    _described(DECISIONS_TABLE, _DECISIONS, ("album_id", "decision")),
    ("album_id", "tmdb_id", "by", "at"),
    {"decision": ("accept", "reject", "skip", "undo")},
)
RUNS = Table(
    "runs",
    RUNS_PLACE,
    "One row a run: what it read, asked, found and changed.",
    tuple((name, kind, name != "run_id", text) for name, kind, _, text in RUN_COLUMNS),
    ("run_id",),
)
#: Of the contract, the view first.
TABLES = (LINKS_VIEW, LINKS, FILMS, ALBUMS, DECISIONS, RUNS)
