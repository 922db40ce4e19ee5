"""Reconciliation: which film an album title means, and which albums a film has, for OpenRefine and other clients.

Albums are reconciled against films by the match itself (blocking, evidence, model), so that a candidate's features are the
weights of its evidence. Films are reconciled against the albums that are linked to them.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from soundtracks.lake.lake import Lake
from soundtracks.matching.blocking import find_candidates
from soundtracks.matching.coverage import UNKNOWN
from soundtracks.matching.evidence import NAMES, compare
from soundtracks.matching.features import album_features
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.model import Model
from soundtracks.matching.said_films import with_said_films
from soundtracks.publishing.former import open_catalogue
from soundtracks.publishing.works import AlbumLink, album_links
from soundtracks.records import ALBUMS, FILMS, conform
from soundtracks.text.canonical import MAIN_TITLE, album_names, film_names, may_mean

Kind = Literal["film", "album"]
#: Years between a film and the year that a query says; catalogues differ by one.
YEARS_APART = 1
_DECIDED = {"accept": 1.0, "review": 0.5}


@dataclass(frozen=True)
class Query:
    """What is looked for: `film`: the film of the album that `text` names; `album`: the albums of the film that it names.

    `artist`: of the album. `year`: of the album or film that `text` names. `film_ids`: TMDB's, IMDb's or Wikidata's of the film;
    `album_ids`: Discogs' (master:1, release:2) or MusicBrainz' of the album. They are kept apart: 78 is a film and an album.
    """

    text: str = ""
    kind: Kind = "film"
    artist: str | None = None
    year: int | None = None
    film_ids: tuple[str, ...] = ()
    album_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """`score`: 0 to 100. `match`: sure enough to be taken without a look. `features`: bits of evidence by name."""

    id: str
    name: str
    kind: Kind
    score: float
    match: bool
    features: Mapping[str, float] = field(default_factory=dict)


class Reconciler:
    """Answers queries out of published links (schema VIEW) and their films (schema FILMS)."""

    def __init__(self, view: pa.Table, films: pa.Table) -> None:
        self._films = conform(films, FILMS).combine_chunks()
        self._model, self._index = Model.load(), FilmIndex.build(self._films)
        self.films = {row["tmdb_id"]: row for row in self._films.to_pylist()}
        self.links: dict[str, list[AlbumLink]] = {}  # by film
        self.albums: dict[str, list[AlbumLink]] = {}  # by id of the work or of a pressing
        self._rejected: dict[str, set[str]] = {}  # films by an album that a person said is not theirs
        for link in album_links(view):
            for one in _rejected_by_people(link):
                self._rejected.setdefault(one, set()).add(link.row["tmdb_id"])
            if link.row["decision"] not in _DECIDED or link.row["tmdb_id"] not in self.films:
                continue
            self.links.setdefault(link.row["tmdb_id"], []).append(link)
            for one in _ids(link):
                self.albums.setdefault(one, []).append(link)
        self._by_id: dict[str, str] = {}
        for tmdb_id, film in self.films.items():
            self._by_id |= {one: tmdb_id for one in (tmdb_id, film["imdb_id"], film["wikidata_id"]) if one}
        works = {link.work_id for every in self.links.values() for link in every}
        titles = [("film", one, film["title"]) for one, film in self.films.items()]
        titles += [("album", one, self.albums[one][0].row["album_title"]) for one in works]
        self._titles = sorted((title.casefold(), kind, one) for kind, one, title in titles if title)
        ids = self._films["tmdb_id"].to_pylist()
        self._by_name: dict[str, list[tuple[str, int]]] = {}  # (film, the kind of name that it is of it)
        for row, key, kind in _names(self._films):
            self._by_name.setdefault(key, []).append((ids[row], kind))

    @classmethod
    def from_lake(cls, lake: Lake) -> "Reconciler":
        """Of the whole catalogue. Raises BadInput before the first run."""
        catalogue = open_catalogue(lake).catalogue()
        return cls(catalogue.view, catalogue.every_film)

    def answer(self, queries: Sequence[Query], limit: int = 5) -> list[list[Candidate]]:
        """The best candidates of each query, best first, `limit` at most."""
        found: list[list[Candidate]] = [[] for _ in queries]
        for_films = [n for n, query in enumerate(queries) if query.kind == "film"]
        for n, candidates in zip(for_films, self._films_of([queries[n] for n in for_films]), strict=True):
            found[n] = candidates
        for n, query in enumerate(queries):
            if query.kind == "album":
                found[n] = self._albums_of(query)
        return [candidates[:limit] for candidates in found]

    def suggest(self, prefix: str, limit: int = 10) -> list[Candidate]:
        """Films and albums whose name begins so."""
        start = prefix.strip().casefold()
        if not start:
            return []
        at = bisect_left(self._titles, (start,))
        found = takewhile(lambda named: named[0].startswith(start), islice(self._titles, at, None))
        return [
            self._film(one, 100.0, False) if kind == "film" else self._album(self.albums[one][0], 100.0, False)
            for _, kind, one in islice(found, limit)
        ]

    # albums to films ----------------------------------------------------------------------------------------------------

    def _films_of(self, queries: Sequence[Query]) -> list[list[Candidate]]:
        known = [self._linked(query) for query in queries]
        asked = [n for n, candidates in enumerate(known) if not candidates and queries[n].text.strip()]
        if asked and len(self._films):
            for n, candidates in zip(asked, self._matched([queries[n] for n in asked]), strict=True):
                known[n] = candidates
        return known

    def _linked(self, query: Query) -> list[Candidate]:
        """The films that are linked to an album known by its id, and those of ids; one is sure where all that is sure is it."""
        scores: dict[str, float] = {}
        sure = {self._by_id[one] for one in query.film_ids if one in self._by_id}
        named = dict.fromkeys(sure, 100.0)
        for one in query.album_ids:
            for link in self.albums.get(one, []):
                film = link.row["tmdb_id"]
                if film not in self._rejected.get(one, ()):
                    scores[film] = max(_score(link), scores.get(film, 0.0))
                    sure |= {film} if link.row["decision"] == "accept" else set()
        rejected = self._rejected_for(query)
        found = (self._film(film, score, sure == {film} and film not in rejected) for film, score in (scores | named).items())
        return sorted(found, key=_best)

    def _rejected_for(self, query: Query) -> set[str]:
        """Films of which a person said that the album, known by its id, is not theirs."""
        return {film for one in query.album_ids for film in self._rejected.get(one, ())}

    def _matched(self, queries: Sequence[Query]) -> list[list[Candidate]]:
        rows = [
            {"album_id": str(n), "title": q.text, "artist": q.artist, "year": q.year, "film_ids": list(q.film_ids) or None}
            for n, q in enumerate(queries)
        ]
        albums = pa.Table.from_pylist(rows, ALBUMS)
        names = album_names(albums)
        pairs = with_said_films(find_candidates(albums, names, self._index), albums, names, self._index)
        found: list[list[Candidate]] = [[] for _ in queries]
        if not len(pairs):
            return found
        films = pa.Table.from_batches([self._index.films.take(pairs["film"].combine_chunks())])
        statistics = self._index.statistics
        features = album_features(albums, statistics.composers).take(pairs["album"])
        levels = compare(pairs, films, features, statistics.coverage or UNKNOWN, statistics.standards)
        bits = self._model.bits(levels)
        odds = np.exp2(np.minimum(self._model.weights(levels), 60))
        album = pairs["album"].to_numpy().astype(np.int64)
        total = np.bincount(album, weights=odds, minlength=len(queries))
        probability = odds / (1 + total[album])
        rejected = [self._rejected_for(query) for query in queries]
        for row, (n, film) in enumerate(zip(album.tolist(), films["tmdb_id"].to_pylist(), strict=True)):
            if film in rejected[n]:
                continue
            told = {name: round(float(b), 2) for name, b in zip(NAMES, bits[row], strict=True) if b}
            sure = bool(probability[row] >= self._model.accept)
            found[n].append(self._film(film, 100 * float(probability[row]), sure, told))
        return [sorted(candidates, key=_best) for candidates in found]

    # films to albums ----------------------------------------------------------------------------------------------------

    def _albums_of(self, query: Query) -> list[Candidate]:
        by_id = list(dict.fromkeys(self._by_id[one] for one in query.film_ids if one in self._by_id))
        named, called_so = ([], True) if by_id else self._films_named(query.text, query.year)
        films = by_id or named
        share = 1 / len(films) if films else 0.0
        links = [(link, share) for film in films for link in self.links.get(film, [])]
        accepted = [link for link, _ in links if link.row["decision"] == "accept"]
        sure = called_so and len(films) == len(accepted) == 1
        return sorted(
            (self._album(link, _score(link) * one, sure and link in accepted) for link, one in links),
            key=_best,
        )

    def _films_named(self, text: str, year: int | None) -> tuple[list[str], bool]:
        """Films of this name, and whether it is their whole title; those of which it is but a part where there is no other."""
        asked = pa.Table.from_pylist([{"tmdb_id": "", "title": text}], FILMS)
        found: dict[str, bool] = {}
        for _, key, kind in _names(asked):
            for film, its_kind in self._by_name.get(key, []):
                if may_mean(kind, its_kind):
                    found[film] = found.get(film, False) or max(kind, its_kind) < MAIN_TITLE
        near = [one for one in found if year is None or abs((self.films[one]["year"] or year) - year) <= YEARS_APART]
        whole = [one for one in near if found[one]]
        films = whole or near
        return [one for one in films if one in self.links] or films, bool(whole)

    # candidates ----------------------------------------------------------------------------------------------------------

    def _film(self, film: str, score: float, match: bool, features: Mapping[str, float] | None = None) -> Candidate:
        return Candidate(film, film_name(self.films[film]), "film", round(score, 2), match, features or {})

    def _album(self, link: AlbumLink, score: float, match: bool) -> Candidate:
        return Candidate(link.work_id, album_name(link), "album", round(score, 2), match)


def _ids(link: AlbumLink) -> set[str]:
    """What the album of a link is known by."""
    return {*link.ids, link.row["album_musicbrainz_id"]} - {None}


def _rejected_by_people(link: AlbumLink) -> set[str]:
    """The ids of the album, or of those of its pressings, that a person said is not the film's."""
    rows = [row for row in (link.row, *link.pressings) if (row["decision"], row["decided_by"]) == ("reject", "person")]
    return _ids(link) if link.row in rows else {row["album_id"] for row in rows}


def _names(films: pa.Table) -> Iterator[tuple[int, str, int]]:
    """(row, name, its kind) of all names of films."""
    if len(films):
        names = film_names(films)
        yield from zip(*(names[column].to_pylist() for column in ("film", "key", "kind")), strict=True)


def film_name(film: Mapping[str, Any]) -> str:
    """ "Alien (1979)"."""
    title = film["title"] or f"TMDB {film['tmdb_id']}"
    return f"{title} ({film['year']})" if film["year"] else title


def album_name(link: AlbumLink) -> str:
    """ "Jerry Goldsmith: Alien (1979)"."""
    title = link.row["album_title"] or link.work_id
    named = f"{link.row['album_artist']}: {title}" if link.row["album_artist"] else title
    return f"{named} ({link.year})" if link.year else named


def _score(link: AlbumLink) -> float:
    """What a person accepted is sure."""
    by_person = link.row["decided_by"] == "person" and link.row["decision"] == "accept"
    return 100.0 if by_person else 100 * (link.row["probability"] or 0.0)


def _best(candidate: Candidate) -> tuple[float, str]:
    return -candidate.score, candidate.id
