"""What TMDB is asked once more, where a decision hangs on it (matching/doubts.py finds out where).

An album of a listed film's name may belong to a television series of that name, or to another part of the film's collection;
and whoever it credits may be the film's composer by another name. Each costs requests, so only films are asked for whose albums
would be decided otherwise: a search for series and the record of each that is called so, one request a collection, one a
composer. Answers are cached responses like all others.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, field_validator

from soundtracks.errors import NotFound
from soundtracks.records import FILMS, SERIES
from soundtracks.sources.batches import TMDB_THREADS, Batch, Done, Failed, ended, side_by_side, unseen
from soundtracks.sources.models import Failure, FoundFilm, FoundSeries, SeriesDetails
from soundtracks.sources.tmdb import RIVALS, Tmdb, composed, composers, original_names, rival_row
from soundtracks.text.canonical import ALTERNATIVE, film_names

#: Series of one name whose own records are looked at, the best known first.
SERIES_LOOKED_AT = 2
#: Composers of a film whose other names are asked for at most.
PEOPLE = 3
#: Other names of a person that are kept at most.
MAX_ALIASES = 30


class Doubt(BaseModel):
    """A row of silver/doubts (matching/doubts.py): a listed film, and what hangs on more than is known of it.

    `series`: canonical names by which a series may be called; `parts`: other films of its collection; `people`: other names of
    its composers.
    """

    tmdb_id: str
    series: list[str] = []
    parts: bool = False
    people: bool = False

    @field_validator("series", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return value or []


class Settled(BaseModel):
    """What TMDB says: rows of FILMS for rivals, and other names of the film's composers."""

    rivals: list[dict[str, Any]] = []
    aliases: list[str] = []


def settle(doubt: Doubt, tmdb: Tmdb) -> Settled:
    """Asks what hangs on it. Raises BadAnswer, Unavailable, CircuitOpen, Unauthorized; what is deleted says nothing."""
    rivals = [*_series(doubt, tmdb)]
    aliases: list[str] = []
    if doubt.parts or doubt.people:
        try:
            film = tmdb.film(doubt.tmdb_id, RIVALS)  # most often a cached response
        except NotFound:
            return Settled(rivals=rivals)
        if doubt.parts and film.belongs_to_collection:
            rivals += [rival_row(part) for part in _parts(film.belongs_to_collection.id, tmdb) if part.id != film.id]
        if doubt.people:
            known = [one.id for one in composed(film.credits.crew) if one.id]
            named = [*(original_names(film.credits.crew) or []), *(name for one in known[:PEOPLE] for name in _names(one, tmdb))]
            aliases = list(dict.fromkeys(named))
    return Settled(rivals=rivals, aliases=aliases)


def _series(doubt: Doubt, tmdb: Tmdb) -> Iterable[dict[str, Any]]:
    for name in doubt.series:
        called = [hit for hit in tmdb.series(name) if is_called(hit, name)]
        called.sort(key=lambda hit: (-(hit.popularity or 0.0), hit.id))
        for hit in called[:SERIES_LOOKED_AT]:
            try:
                yield series_row(tmdb.series_details(hit.id))
            except NotFound:
                continue


def is_called(hit: FoundSeries, name: str) -> bool:
    """Whether a series bears a canonical name; that its name goes on is not enough."""
    titled = {"title": [hit.name], "original_title": [hit.original_name], "alternative_titles": [None]}
    names = film_names(pa.table(titled, pa.schema([FILMS.field(column) for column in titled])))
    kinds = zip(names["key"].to_pylist(), names["kind"].to_pylist(), strict=True)
    return any(key == name and kind <= ALTERNATIVE for key, kind in kinds)


def _parts(collection: int, tmdb: Tmdb) -> list[FoundFilm]:
    try:
        return tmdb.collection(collection).parts
    except NotFound:
        return []


def _names(person: int, tmdb: Tmdb) -> list[str]:
    try:
        return tmdb.person(person).also_known_as[:MAX_ALIASES]
    except NotFound:
        return []


def series_row(series: SeriesDetails) -> dict[str, Any]:
    """A row of FILMS for a television series: a rival."""
    own = {name.casefold() for name in (series.name, series.original_name) if name}
    others = dict.fromkeys(one.title for one in series.alternative_titles if one.title.casefold() not in own)
    return {
        "tmdb_id": f"{SERIES}{series.id}",
        "title": series.name or series.original_name,
        "original_title": series.original_name,
        "alternative_titles": list(others),
        "year": series.first_air_date,
        "last_year": series.last_air_date,
        "composers": composers(series.crew),
        "composer_aliases": original_names(series.crew),
        "language": series.original_language,
        "popularity": series.popularity,
        "imdb_id": series.external_ids.imdb_id,
        "wikidata_id": series.external_ids.wikidata_id,
        "listed": False,
    }


def settle_all(doubts: Sequence[Doubt], tmdb: Tmdb, done: Done = unseen) -> Batch:
    """A batch of doubts: `rows`, of FILMS, are rivals, and of films in doubt no more than tmdb_id and composer_aliases."""
    rows: list[dict[str, Any]] = []
    failures: list[Failure] = []
    answers = side_by_side(doubts, lambda doubt: settle(doubt, tmdb), TMDB_THREADS, done)
    for doubt, got in zip(doubts, answers, strict=True):
        if isinstance(got, Failed):
            failures.append(Failure(name=f"What is in doubt of film {doubt.tmdb_id}", reason=got.reason))
            continue
        rows += got.rivals
        rows += [{"tmdb_id": doubt.tmdb_id, "composer_aliases": got.aliases, "listed": True}] if got.aliases else []
    return Batch(rows=pa.Table.from_pylist(rows, schema=FILMS), failures=failures, **ended(answers))


def with_settled(films: pa.Table, settled: Sequence[pa.Table]) -> pa.Table:
    """`films` (schema FILMS) with their composers' other names, then the rivals that are not among them yet, by id. `settled`:
    rows as `settle_all` gives them."""
    rows = {row["tmdb_id"]: row for row in films.to_pylist()}
    new: dict[str, dict[str, Any]] = {}
    for found in (row for table in settled for row in table.to_pylist()):
        known = rows.get(found["tmdb_id"])
        if known and found["listed"]:
            known["composer_aliases"] = list(dict.fromkeys([*(known["composer_aliases"] or []), *found["composer_aliases"]]))
        elif not known and not found["listed"] and found["title"]:
            new[found["tmdb_id"]] = found
    every = [*rows.values(), *(new[one] for one in sorted(new, key=lambda key: (len(key), key)))]
    return pa.Table.from_pylist(every, schema=FILMS)
