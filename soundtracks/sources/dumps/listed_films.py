"""Films for a list of titles out of imported items of Wikidata: what TMDB would have found, without a request and CC0."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.records import FILMS
from soundtracks.sources.batches import RESOLVED, Batch, to_films
from soundtracks.sources.choosing import NAMESAKES
from soundtracks.sources.models import Failure
from soundtracks.sources.tmdb import Title
from soundtracks.text.canonical import MAIN_TITLE, film_names, may_mean
from soundtracks.text.folding import fold, keys

#: Years that two catalogues may differ about one film.
APART = 1


def films_of(titles: Sequence[Title], items: pa.Table) -> Batch:
    """The film of each title (rows: FILMS, with rivals that share a name; resolved; failures), by id, else by name and year.

    `items`: as imported. Of several films of a name those whose whole title it is; of these the nearest in year; of those, the
    one that has a label in most languages. Where it is but a part of several films' titles, none is guessed.
    """
    films = _films(items)
    table, known = films.to_pylist(), _Names(film_names(films))
    by_id = {one: row for row, film in enumerate(table) for one in (film["tmdb_id"], film["imdb_id"], film["wikidata_id"]) if one}
    resolved: list[dict[str, Any]] = []
    failures: list[Failure] = []
    listed: dict[int, None] = {}
    for title in titles:
        row, reason = _found(title, table, by_id, known)
        told = {"row": title.row, "title": title.title, "year": title.year}
        resolved.append(told | ({"reason": reason} if row is None else {"tmdb_id": table[row]["tmdb_id"]}))
        if row is None:
            failures.append(Failure(name=str(title), reason=reason))
        else:
            listed[row] = None
    rivals = known.sharing(listed) - listed.keys()
    rows = [table[row] | {"listed": row in listed} for row in (*listed, *sorted(rivals))]
    found = to_films([pa.Table.from_pylist(rows, FILMS)])
    return Batch(rows=found, resolved=pa.Table.from_pylist(resolved, RESOLVED), failures=failures)


class _Names:
    """Films by canonical name, and names by film."""

    def __init__(self, names: pa.Table) -> None:
        self._films: dict[str, list[tuple[int, int]]] = {}
        self._keys: dict[int, list[str]] = {}
        for film, key, kind in zip(*(names[column].to_pylist() for column in ("film", "key", "kind")), strict=True):
            self._films.setdefault(key, []).append((film, kind))
            self._keys.setdefault(film, []).append(key)

    def films(self, title: Title) -> dict[int, int]:
        """Films that a title may mean, each with how near their names are: one of the grades below."""
        asked = pa.table(
            {"title": [title.title], "original_title": [None], "alternative_titles": [title.alternative_titles or None]},
            schema=_ASKED,
        )
        written = {key for name in title.names for key in keys(fold(name))}
        names = film_names(asked)
        grades: dict[int, int] = {}
        for key, kind in zip(names["key"].to_pylist(), names["kind"].to_pylist(), strict=True):
            for film, its_kind in self._films.get(key, []):
                grade = _grade(kind, its_kind, key in written, title.year)
                if grade is not None:
                    grades[film] = min(grade, grades.get(film, grade))
        return grades

    def sharing(self, films: dict[int, None]) -> set[int]:
        """Films that have a name of one of these."""
        return {other for film in films for key in self._keys.get(film, []) for other, _ in self._films[key]}


#: How near names are: the same, another spelling of it, a part of one of them, the same subtitle.
_SAME, _SPELT, _PART, _SUBTITLE = range(4)


def _grade(asked: int, its: int, written: bool, year: int | None) -> int | None:
    """How near a name that is asked for is to a film's of the same key, by their kinds; None where it tells nothing.

    Without a year a main title is not the film: "Alien: Romulus" is not "Alien".
    """
    if not may_mean(asked, its):
        return None
    if max(asked, its) < MAIN_TITLE:
        return _SAME if written else _SPELT
    if asked == its:
        return _SUBTITLE
    return None if asked == MAIN_TITLE and year is None else _PART


def _found(title: Title, films: Sequence[dict[str, Any]], by_id: dict[str, int], names: _Names) -> tuple[int | None, str]:
    """The row of a title's film, or why there is none."""
    for one in (title.wikidata_id, title.imdb_id, title.tmdb_id):
        if one and one in by_id:
            return by_id[one], ""
    if not title.title:
        return None, "no item of Wikidata that was imported has this id"
    grades = names.films(title)
    found = sorted(grades)
    if not found:
        return None, "no film of this name was imported from Wikidata"
    if title.year:
        near = [f for f in found if films[f]["year"] is None or abs(films[f]["year"] - title.year) <= APART]
        if not near:
            years = ", ".join(sorted({str(films[f]["year"]) for f in found}))
            return None, f"films of this name that were imported from Wikidata are of other years: {years}"
        found = near

    def order(film: int) -> tuple[int, int, str]:
        year = films[film]["year"]
        apart = APART + 1 if year is None else abs(year - title.year) if title.year else 0
        return apart, -len(films[film]["alternative_titles"] or []), films[film]["wikidata_id"]

    best = min(grades[film] for film in found)
    found = sorted((film for film in found if grades[film] == best), key=order)
    if best >= _PART and len(found) > 1 and order(found[0])[0] == order(found[1])[0]:
        named = ", ".join(f"{films[f]['title']} ({films[f]['year'] or 'no year'})" for f in found[:NAMESAKES])
        return None, f"no film of this very name was imported from Wikidata, but several that have it as a part: {named}"
    return found[0], ""


_ASKED = pa.schema([("title", pa.string()), ("original_title", pa.string()), ("alternative_titles", pa.list_(pa.string()))])


def _films(items: pa.Table) -> pa.Table:
    """Items that are films, schema FILMS: those with an id at TMDB or IMDb or a soundtrack, and a label."""
    is_film = pc.or_(pc.is_valid(items["tmdb_id"]), pc.or_(_any(items["imdb_ids"]), _any(items["soundtracks"])))
    some = items.filter(pc.and_(is_film, pc.is_valid(items["title"])))
    wanted = pc.list_flatten(some["composer_ids"]).unique()
    people = items.filter(pc.is_in(items["wikidata_id"], value_set=wanted))
    names = dict(zip(people["wikidata_id"].to_pylist(), people["title"].to_pylist(), strict=True))
    rows = []
    for item in some.to_pylist():
        composers = item["composers"] or [name for one in item["composer_ids"] or [] if (name := names.get(one))]
        imdb = item["imdb_ids"] or [None]
        rows.append(
            {
                "tmdb_id": item["tmdb_id"] or imdb[0] or item["wikidata_id"],
                "title": item["title"],
                "alternative_titles": [label for label in item["labels"] or [] if label != item["title"]] or None,
                "year": item["year"],
                "composers": composers or None,
                "imdb_id": imdb[0],
                "wikidata_id": item["wikidata_id"],
            }
        )
    return pa.Table.from_pylist(rows, FILMS)


def _any(lists: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.greater(pc.fill_null(pc.list_value_length(lists), 0), 0)
