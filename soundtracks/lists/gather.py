"""Films of a list, each once: rows that share an id are one film, and what one row lacks another gives.

A million rows fit into a few hundred megabytes: rows go to Arrow in batches, and only hashes of their keys stay behind.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from soundtracks.lists.films import Film
from soundtracks.records import TITLES

BATCH = 20_000


@dataclass
class Films:
    """`rows`: films added, with duplicates."""

    rows: int = 0
    duplicates: int = 0
    _pending: list[Film] = field(default_factory=list)
    _batches: list[pa.RecordBatch] = field(default_factory=list)
    _where: dict[int, int] = field(default_factory=dict)
    _whole: "array[int]" = field(default_factory=lambda: array("q"))
    _more: dict[int, list[Film]] = field(default_factory=dict)

    def add(self, film: Film) -> int:
        """Returns the place of the film among the films: that of the first of its rows."""
        self.rows += 1
        whole = hash(film[1:])
        where = self._where
        keys = _keys(film)
        found = next((at for key in keys if (at := where.get(key)) is not None), None)
        if found is not None and self._is_same(found, film):
            self.duplicates += 1
            if self._whole[found] != whole:
                self._more.setdefault(found, []).append(film)
            for key in keys:
                where.setdefault(key, found)
            return found
        at = len(self._whole)
        for key in keys:
            where.setdefault(key, at)
        self._whole.append(whole)
        self._pending.append(film)
        if len(self._pending) >= BATCH:
            self._flush()
        return at

    def _is_same(self, at: int, film: Film) -> bool:
        """Two rows that share one id and differ in another are two films: one of the ids is wrong, and we cannot know which."""
        if not film.imdb_id or not (film.tmdb_id or film.wikidata_id):
            return True
        first = self._at(at)
        return not (first.imdb_id and first.imdb_id != film.imdb_id)

    def _at(self, at: int) -> Film:
        batch, offset = divmod(at, BATCH)
        if batch >= len(self._batches):
            return self._pending[offset]
        return _film(self._batches[batch].slice(offset, 1).to_pylist()[0])

    def _flush(self) -> None:
        if self._pending:
            self._batches.append(_batch(self._pending))
            self._pending = []

    def table(self) -> pa.Table:
        """Schema TITLES, in the order of the list."""
        merged = {at: _merged([self._at(at), *more]) for at, more in self._more.items()}
        self._flush()
        for number, batch in enumerate(self._batches if merged else []):
            changed = [at for at in merged if at // BATCH == number]
            if changed:
                films = [_film(row) for row in batch.to_pylist()]
                for at in changed:
                    films[at % BATCH] = merged[at]
                self._batches[number] = _batch(films)
        self._more.clear()
        return pa.Table.from_batches(self._batches, schema=TITLES)

    def __len__(self) -> int:
        return len(self._whole)

    def __iter__(self) -> Iterator[Film]:
        if not self._batches:  # a small list never becomes a table: pyarrow's conversion loads pandas
            for at, film in enumerate(self._pending):
                yield _merged([film, *self._more[at]]) if at in self._more else film
            return
        for batch in self.table().to_batches():
            for row in batch.to_pylist():
                yield _film(row)


def _film(row: dict[str, Any]) -> Film:
    """A film from a row of schema TITLES."""
    others = tuple(row.pop("alternative_titles") or ())
    return Film(**row, other_titles=others)


def _keys(film: Film) -> list[int]:
    """Hashes of what tells a film: its ids, or its title and year where it has none."""
    keys = []
    if film.tmdb_id:
        keys.append(hash(("tmdb", film.tmdb_id)))
    if film.imdb_id:
        keys.append(hash(("imdb", film.imdb_id)))
    if film.wikidata_id:
        keys.append(hash(("wikidata", film.wikidata_id)))
    return keys or [hash(("title", (film.title or "").casefold(), film.year))]


def _merged(films: list[Film]) -> Film:
    """One film of its rows: the first title, the earliest year, every id."""
    first = films[0]
    years = [film.year for film in films if film.year]
    title = next((film.title for film in films if film.title and film.title.strip("?")), first.title)
    others = {text.casefold(): text for film in films for text in (*film.other_titles, film.title) if text}
    others.pop((title or "").casefold(), None)
    return Film(
        first.row,
        title,
        min(years, default=None),
        next((film.tmdb_id for film in films if film.tmdb_id), None),
        next((film.imdb_id for film in films if film.imdb_id), None),
        next((film.wikidata_id for film in films if film.wikidata_id), None),
        tuple(others.values()),
    )


def _batch(films: list[Film]) -> pa.RecordBatch:
    columns = list(zip(*films, strict=True))
    columns[-1] = tuple(list(titles) or None for titles in columns[-1])
    return pa.RecordBatch.from_arrays([pa.array(c, f.type) for c, f in zip(columns, TITLES, strict=True)], schema=TITLES)
