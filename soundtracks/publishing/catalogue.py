"""The catalogue: films, albums and links of a run with people's decisions applied, and the joined view that every output shows.

Every output is a function of a Catalogue alone, so the same catalogue gives the same bytes.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.records import ALBUMS, FILMS, LINKS, SERIES, conform, track_counts, work_ids

T = TypeVar("T")

#: Rows that are Python objects at once where an output is written row by row: one with its lists takes kilobytes so.
AT_ONCE = 5_000

#: People's decisions, oldest first or not. `decision`: accept | reject | skip | undo. `at`: ISO 8601, UTC.
DECISIONS = pa.schema(
    [
        pa.field("album_id", pa.string(), nullable=False),
        ("tmdb_id", pa.string()),
        pa.field("decision", pa.string(), nullable=False),
        ("by", pa.string()),
        ("at", pa.string()),
    ]
)

#: Every column of a published link: name, type, may it be null, what it means. docs/outputs.md lists the same (a test compares).
COLUMNS: tuple[tuple[str, pa.DataType, bool, str], ...] = (
    ("album_id", pa.string(), False, "Discogs' album: master:ID or release:ID (own ids stay as they were given to `link`)."),
    ("tmdb_id", pa.string(), True, "TMDB's film; null where the album has no candidate at all."),
    ("decision", pa.string(), False, "accept: linked; review: a person should look; reject: not linked, best candidate shown."),
    ("probability", pa.float64(), True, "How likely the link is right, 0 to 1; null where only a person said so."),
    (
        "match_weight",
        pa.float64(),
        True,
        "Sum of the pair's own evidence, bits; what rivals take away is in probability.",
    ),
    ("runner_up_tmdb_id", pa.string(), True, "The next best film for the album; null if there is none."),
    ("runner_up_gap", pa.float64(), True, "Bits between the best film and the runner-up: small means hard to tell apart."),
    ("evidence", pa.string(), True, 'JSON: name -> {"value", "level", "weight" in bits}, in the order of the model\'s table.'),
    ("album_title", pa.string(), True, "The album's title as Discogs has it."),
    ("album_artist", pa.string(), True, "The album's artist credit."),
    ("album_year", pa.int32(), True, "Year of this edition; null if unknown."),
    ("album_first_year", pa.int32(), True, "Year of the album's first release (its master's); null if unknown."),
    ("work_id", pa.string(), False, "The album as a work: its master's id, which its pressings share, or its own without one."),
    ("album_formats", pa.string(), True, "What the pressing is, such as Vinyl, LP; null if unknown."),
    ("album_country", pa.string(), True, "Where the pressing was released; null if unknown."),
    ("album_labels", pa.string(), True, "The pressing's labels; null if unknown."),
    ("album_catalogue_numbers", pa.string(), True, "The labels' numbers of the pressing; null if unknown."),
    ("album_tracks", pa.int32(), True, "How many tracks it has; null if unknown, as where a search alone found it."),
    ("album_url", pa.string(), True, "The album's page on Discogs; null for ids that are not Discogs'."),
    ("album_musicbrainz_id", pa.string(), True, "MusicBrainz' release group, where an imported dump knows it."),
    ("album_wikidata_id", pa.string(), True, "The album's item in Wikidata, where an imported dump knows it."),
    ("film_title", pa.string(), True, "The film's title on TMDB."),
    ("film_year", pa.int32(), True, "Year of the film's first release; null if unknown."),
    ("film_url", pa.string(), True, "The film's page on TMDB; null for ids that are not TMDB's."),
    ("film_imdb_id", pa.string(), True, "IMDb's id of the film, such as tt0083658; null if unknown."),
    ("film_wikidata_id", pa.string(), True, "The film's item in Wikidata, such as Q184843; null if unknown."),
    ("decided_by", pa.string(), False, "model, or person: a person's decision wins over the model's."),
    ("reviewer", pa.string(), True, "Who decided; null where the model did."),
    ("reviewed_at", pa.string(), True, "When the person decided, ISO 8601 in UTC; null where the model did."),
)

#: Schema of the joined view; each field's metadata holds its description.
VIEW = pa.schema([pa.field(n, t, nullable, {"description": text}) for n, t, nullable, text in COLUMNS])

_ALBUM_FIELDS = {"album_title": "title", "album_artist": "artist", "album_year": "year", "album_first_year": "first_year"}
_ALBUM_FIELDS |= {"album_musicbrainz_id": "musicbrainz_id", "album_wikidata_id": "wikidata_id"}
_FILM_FIELDS = {"film_title": "title", "film_year": "year", "film_imdb_id": "imdb_id", "film_wikidata_id": "wikidata_id"}
_ORDER = {"accept": 0, "review": 1, "reject": 2}


def album_url(album_id: str) -> str | None:
    """The page of "master:ID" or "release:ID" on Discogs; None for other ids."""
    kind, _, number = album_id.partition(":")
    return f"https://www.discogs.com/{kind}/{number}" if kind in ("master", "release") and _is_number(number) else None


def film_url(tmdb_id: str | None) -> str | None:
    """The page of a film, or of a series, on TMDB; None for ids that are not TMDB's."""
    if tmdb_id and tmdb_id.startswith(SERIES) and _is_number(tmdb_id.removeprefix(SERIES)):
        return f"https://www.themoviedb.org/tv/{tmdb_id.removeprefix(SERIES)}"
    return f"https://www.themoviedb.org/movie/{tmdb_id}" if tmdb_id and _is_number(tmdb_id) else None


#: TMDB's pictures, 185 pixels wide: https://developer.themoviedb.org/docs/image-basics.
POSTERS = "https://image.tmdb.org"


def poster_url(path: str | None) -> str | None:
    """The address of a poster by its path; None for what is no path of TMDB."""
    return f"{POSTERS}/t/p/w185{path}" if path and re.fullmatch(r"/[A-Za-z0-9_-]{1,80}\.(jpg|png)", path) else None


def imdb_url(imdb_id: str | None) -> str | None:
    """The page of a film on IMDb; None for what is no id of theirs."""
    return f"https://www.imdb.com/title/{imdb_id}/" if imdb_id and re.fullmatch(r"tt[0-9]{7,10}", imdb_id) else None


def wikidata_item(wikidata_id: str | None) -> str | None:
    """The id of an item of Wikidata, such as Q103569; None for what is none."""
    return wikidata_id if wikidata_id and re.fullmatch(r"Q[1-9][0-9]{0,11}", wikidata_id) else None


def musicbrainz_mbid(mbid: str | None) -> str | None:
    """An id of MusicBrainz; None for what is none."""
    return mbid if mbid and re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", mbid) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


@dataclass(frozen=True)
class Catalogue:
    """films: FILMS, albums: ALBUMS, links: LINKS, decisions: DECISIONS (people's; may be empty).

    Missing nullable columns are filled with null, further columns dropped, rows sorted by id, duplicate ids kept once. Films
    outside the user's list are kept apart, as `rivals`.
    """

    films: pa.Table
    albums: pa.Table
    links: pa.Table
    decisions: pa.Table = field(default_factory=DECISIONS.empty_table)
    rivals: pa.Table = field(init=False)
    _made: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, schema, key in (("films", FILMS, "tmdb_id"), ("albums", ALBUMS, "album_id")):
            table = conform(getattr(self, name), schema).sort_by(key)
            firsts = pc.index_in(table[key].unique(), value_set=table[key])
            object.__setattr__(self, name, table.take(firsts).combine_chunks())
        every = self.films
        listed = pc.fill_null(every["listed"], True)
        object.__setattr__(self, "films", every.filter(listed).combine_chunks())
        object.__setattr__(self, "rivals", every.filter(pc.invert(listed)).combine_chunks())
        for name, schema in (("links", LINKS), ("decisions", DECISIONS)):
            object.__setattr__(self, name, conform(getattr(self, name), schema).combine_chunks())
        object.__setattr__(self, "links", self._linked_to_listed())

    def _linked_to_listed(self) -> pa.Table:
        """The links; an album that is a rival's is linked to nobody."""
        theirs = pc.is_in(self.links["tmdb_id"], value_set=self.rivals["tmdb_id"])
        decision = pc.if_else(theirs, "reject", self.links["decision"])
        at = LINKS.get_field_index("decision")
        return self.links.set_column(at, LINKS.field("decision"), decision).combine_chunks()

    @cached_property
    def every_film(self) -> pa.Table:
        """Films and rivals."""
        return pa.concat_tables([self.films, self.rivals]).combine_chunks()

    @cached_property
    def view(self) -> pa.Table:
        """Schema VIEW: one row a link, people's decisions applied, by album, then accepted first, then likeliest."""
        links = apply_decisions(self.links, self.decisions, self.works)
        columns = {name: links[name] for name in links.column_names}
        albums = self._counted.take(pc.index_in(links["album_id"], value_set=self.albums["album_id"]))
        films = self.every_film.take(pc.index_in(links["tmdb_id"], value_set=self.every_film["tmdb_id"]))
        columns |= {name: albums[source] for name, source in _ALBUM_FIELDS.items()}
        columns |= {name: films[source] for name, source in _FILM_FIELDS.items()}
        columns["album_country"] = albums["country"]
        columns |= {f"album_{name}": _joined(albums[name]) for name in ("formats", "labels", "catalogue_numbers")}
        columns["album_tracks"] = albums["tracks"]
        columns["work_id"] = pc.coalesce(work_ids(albums), links["album_id"])
        columns["album_url"] = pa.array([album_url(i) for i in links["album_id"].to_pylist()], pa.string())
        columns["film_url"] = pa.array([film_url(i) for i in links["tmdb_id"].to_pylist()], pa.string())
        rank = pa.array([_ORDER.get(d, 3) for d in links["decision"].to_pylist()], pa.int8())
        table = pa.table([columns[f.name] for f in VIEW], schema=VIEW).append_column("rank", rank)
        keys = [("album_id", "ascending"), ("rank", "ascending"), ("match_weight", "descending"), ("tmdb_id", "ascending")]
        return table.sort_by(keys).select(VIEW.names).combine_chunks()

    @cached_property
    def works(self) -> dict[str, str]:
        """album_id -> the work that it is a pressing of; its own id where it has no master."""
        return works_of(self.albums)

    @cached_property
    def accepted(self) -> pa.Table:
        """The rows of the view that are links."""
        return self.view.filter(pc.equal(self.view["decision"], "accept"))

    def once(self, make: "Callable[[Catalogue], T]") -> T:
        """What `make` makes of this catalogue, made once however many outputs show it; nobody changes it."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast(T, self._made[make])

    def forget(self) -> None:
        """Lets go of what was made `once`: as Python objects, it is most of the memory of a large catalogue."""
        self._made.clear()

    def film_rows(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Rows of films and rivals (schema FILMS) by id; unknown ids are absent."""
        return _rows(self.every_film, "tmdb_id", ids)

    def album_rows(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Rows of albums (schema ALBUMS, `tracks` as their number) by id; unknown ids are absent."""
        return _rows(self._counted, "album_id", ids)

    @cached_property
    def _counted(self) -> pa.Table:
        """The albums with the number of their tracks: as Python objects, the tracks would be most of a row."""
        return self.albums.set_column(ALBUMS.get_field_index("tracks"), "tracks", track_counts(self.albums["tracks"]))


def works_of(albums: pa.Table) -> dict[str, str]:
    """album -> work. `albums`: album_id, master_id."""
    return dict(zip(albums["album_id"].to_pylist(), work_ids(albums).to_pylist(), strict=True))


def _rows(table: pa.Table, key: str, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    wanted = pa.array(sorted({i for i in ids if i is not None}), pa.string())
    return {row[key]: row for row in table.filter(pc.is_in(table[key], value_set=wanted)).to_pylist()}


def _joined(names: pa.ChunkedArray) -> pa.ChunkedArray:
    text = pc.binary_join(names, ", ")
    return pc.if_else(pc.equal(text, ""), None, text)


def apply_decisions(links: pa.Table, decisions: pa.Table, works: Mapping[str, str]) -> pa.Table:
    """LINKS with decided_by, reviewer, reviewed_at.

    A person's last word on an album and film wins: `accept` and `reject` set the row (an accepted film that the model never
    proposed gets a row of its own), `undo` takes the same person's earlier word back, `skip` says nothing. A word on a work
    covers all its pressings but those that have a word of their own. Once a person accepted a film for an album, what the model
    left for review there is settled: rejected.
    """
    words = words_on_pressings(effective_decisions(decisions), works)
    by_model = pa.array(["model"] * links.num_rows, pa.string())
    nothing = pa.nulls(links.num_rows, pa.string())
    table = links.append_column("decided_by", by_model).append_column("reviewer", nothing).append_column("reviewed_at", nothing)
    if not words:
        return table
    touched = pc.is_in(table["album_id"], value_set=pa.array(sorted({album for album, _ in words}), pa.string()))
    rows: dict[tuple[str, str | None], dict[str, Any]] = {
        (r["album_id"], r["tmdb_id"]): r for r in table.filter(touched).to_pylist()
    }
    for pair, word in words.items():
        row = rows.setdefault(pair, dict.fromkeys(table.column_names) | {"album_id": pair[0], "tmdb_id": pair[1]})
        row |= {"decision": word["decision"], "decided_by": "person", "reviewer": word["by"], "reviewed_at": word["at"]}
    settled = {album for (album, _), word in words.items() if word["decision"] == "accept"}
    kept = []
    for (album, film), row in rows.items():
        if album in settled and row["decided_by"] == "model":
            if film is None:  # "no candidate at all" is no longer true
                continue
            if row["decision"] == "review":
                row["decision"] = "reject"
        kept.append(row)
    return pa.concat_tables([table.filter(pc.invert(touched)), pa.Table.from_pylist(kept, schema=table.schema)])


def effective_decisions(decisions: pa.Table) -> dict[tuple[str, str], Mapping[str, Any]]:
    """(album_id, tmdb_id) -> the decision that counts: the latest `accept` or `reject` that its own author has not undone."""
    said: dict[tuple[str, str], dict[str | None, Mapping[str, Any]]] = {}
    for word in sorted(decisions.to_pylist(), key=lambda d: d["at"] or ""):
        pair = (word["album_id"], word["tmdb_id"])
        if word["decision"] == "undo":
            said.get(pair, {}).pop(word["by"], None)
        elif word["decision"] in ("accept", "reject") and word["tmdb_id"]:
            said.setdefault(pair, {}).pop(word["by"], None)  # the latest stands last
            said[pair][word["by"]] = word
    return {pair: list(by_person.values())[-1] for pair, by_person in said.items() if by_person}


def words_on_pressings(
    words: Mapping[tuple[str, str], Mapping[str, Any]], works: Mapping[str, str]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """(album_id, tmdb_id) -> the word that counts there: the album's own, else the one on its work.

    `words`: as said, on a work's id or on one pressing's. `works`: album_id -> work. A work of which no pressing is known
    stays under its own id.
    """
    pressings: dict[str, list[str]] = {}
    for album, work in works.items():
        pressings.setdefault(work, []).append(album)
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for (said_on, film), word in words.items():
        for album in pressings.get(said_on, [said_on]):
            found[album, film] = words.get((album, film), word)
    return found
