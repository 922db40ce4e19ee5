"""Films from TMDB: a title is searched, the right film chosen, and its details fetched: two requests at most a usual film.

Ids go first: TMDB's own is asked for as it is, IMDb's and Wikidata's through /find (which tells series and episodes apart).
Searches answer with namesakes too: they are kept as rivals, films outside the list that compete for the albums.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, field_validator

from soundtracks.errors import BadAnswer, NotFound, Unavailable
from soundtracks.sources.choosing import (
    NAMESAKES,
    all_titles,
    best_likeness,
    choose,
    meant,
    nearly_called,
    of_title,
    year_fits,
)
from soundtracks.sources.http import Source
from soundtracks.sources.models import (
    CollectionDetails,
    Credit,
    FilmDetails,
    FilmSearch,
    FoundById,
    FoundFilm,
    FoundSeries,
    PersonDetails,
    SeriesDetails,
    SeriesSearch,
)
from soundtracks.text.likeness import NEARLY, SAME
from soundtracks.text.search_wording import fold, holds

PARTS = "credits,alternative_titles,external_ids,translations"
#: Numbers of SourceMetrics that requests count towards which are made for the sake of rivals, and of composers' other names.
RIVALS, ALIASES = "rival_requests", "alias_requests"
PARTS_OF_SERIES = "aggregate_credits,alternative_titles,external_ids"
#: Below this popularity a film is hardly known: a title and year may mean its known namesake, dated a year off.
OBSCURE = 1.0
#: Hits whose own records are looked at where none fits by what the search says of it: it gives dates by region, and few titles.
LOOKED_AT = 3
#: Titles of at most so many words have namesakes worth a search of their own, where an id has spared it.
SHORT_TITLE = 3
PERFORMERS = 5


class Title(BaseModel):
    """A row of silver/titles: a title, ids, or both."""

    row: int
    title: str | None = None
    year: int | None = None
    tmdb_id: str | None = None
    imdb_id: str | None = None
    wikidata_id: str | None = None
    alternative_titles: list[str] = []

    @field_validator("alternative_titles", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return value or []

    def __str__(self) -> str:
        name = self.title or self.imdb_id or self.wikidata_id or (f"TMDB {self.tmdb_id}" if self.tmdb_id else f"row {self.row}")
        return f"{name} ({self.year})" if self.year else name

    @property
    def names(self) -> list[str]:
        """The title and its other titles, those that fold to the same words once."""
        first: dict[str, str] = {}
        for name in (self.title, *self.alternative_titles):
            if name and name.strip():
                first.setdefault(fold(name) or name, name)
        return list(first.values())


@dataclass
class Resolved:
    """What a title came to. `films`: those it means, `reason` why there are none. `rivals`: namesakes that searches named."""

    films: list[FilmDetails] = field(default_factory=list)
    reason: str = ""
    rivals: list[FoundFilm] = field(default_factory=list)


@dataclass
class _Found:
    """What the searches for one title brought. `gone`: hits whose own record is deleted."""

    hits: dict[int, FoundFilm] = field(default_factory=dict)
    gone: list[FoundFilm] = field(default_factory=list)
    failed: Unavailable | BadAnswer | None = None
    records: dict[int, list[FilmDetails]] = field(default_factory=dict)


class Tmdb:
    """TMDB's API, typed."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def search(self, title: str, year: int | None = None, count: str = "") -> list[FoundFilm]:
        """The first page of films for a title. `year`: of any release. `count`: see Source.get."""
        return FilmSearch.model_validate(self.source.get("/search/movie", _query(title, year), count)).results

    def film(self, tmdb_id: str, count: str = "") -> FilmDetails:
        """A film with credits, titles and ids. Raises NotFound for a deleted or merged id."""
        return FilmDetails.model_validate(self.source.get(f"/movie/{tmdb_id}", {"append_to_response": PARTS}, count))

    def find(self, external_id: str, source: Literal["imdb_id", "wikidata_id"]) -> FoundById:
        """The film, series or episode that an id of another service stands for; nothing where TMDB knows none."""
        return FoundById.model_validate(self.source.get(f"/find/{external_id}", {"external_source": source}))

    def series(self, name: str) -> list[FoundSeries]:
        """The first page of television series for a name."""
        query: dict[str, str | int | None] = {"query": name, "include_adult": "false"}
        return SeriesSearch.model_validate(self.source.get("/search/tv", query, RIVALS)).results

    def series_details(self, series: int) -> SeriesDetails:
        """A series with credits, titles and ids. Raises NotFound for a deleted id."""
        return SeriesDetails.model_validate(self.source.get(f"/tv/{series}", {"append_to_response": PARTS_OF_SERIES}, RIVALS))

    def collection(self, collection: int) -> CollectionDetails:
        """The parts of a collection, such as a film and its sequels. Raises NotFound."""
        return CollectionDetails.model_validate(self.source.get(f"/collection/{collection}", {}, RIVALS))

    def person(self, person: int) -> PersonDetails:
        """A person with its other names. Raises NotFound."""
        return PersonDetails.model_validate(self.source.get(f"/person/{person}", {}, ALIASES))

    def resolve(self, title: Title) -> Resolved:
        """The films that a title means, and the reason when there are none."""
        by_id = self._by_id(title)
        if by_id.films:
            return Resolved(by_id.films, rivals=self._namesakes_of(by_id.films[0]))
        if by_id.reason or not title.names:
            return Resolved(reason=by_id.reason or "It has neither a title nor an id that TMDB knows.")
        found = _Found()
        films = self._by_title(title, found)
        listed = {film.id for film in films}
        others = listed | {one.id for one in found.gone}
        rivals = [one for one in found.hits.values() if one.id not in others and _is_namesake(one, title.names)]
        return Resolved(films, "" if films else _reason(title, found), rivals)

    def _by_id(self, title: Title) -> Resolved:
        """The film of a title's ids; a reason only where an id says that it is no film, or nothing else is known."""
        if title.tmdb_id and title.tmdb_id.isascii() and title.tmdb_id.isdecimal():
            try:
                return Resolved([self.film(title.tmdb_id)])
            except NotFound:
                pass  # deleted, or merged into another id: the other ids and the title still tell which film was meant
        ids: tuple[tuple[str | None, Literal["imdb_id", "wikidata_id"]], ...] = (
            (title.imdb_id, "imdb_id"),
            (title.wikidata_id, "wikidata_id"),
        )
        for external_id, source in ids:
            if not external_id:
                continue
            try:
                found = self.find(external_id, source)
            except NotFound:
                continue  # not known there: what else is given still tells
            for one in found.movie_results:
                try:
                    return Resolved([self.film(str(one.id))])
                except NotFound:
                    continue
            if found.broadcast:
                return Resolved(reason=f"{external_id} is {found.broadcast}, no film.")
        given = " and ".join(filter(None, (title.tmdb_id, title.imdb_id, title.wikidata_id)))
        return Resolved(reason="" if title.names or not given else f"TMDB knows no film with the id {given}.")

    def _by_title(self, title: Title, found: _Found) -> list[FilmDetails]:
        """Searched without the year, which names the namesakes of other years as well; with it only where that brings no film
        of the very year that people know: the page was full of others, or another release has the year."""
        for name in title.names:
            for year in dict.fromkeys((None, title.year)):
                hits = self.search(name, year)
                found.hits.update((hit.id, hit) for hit in hits if hit.id not in found.hits)
                chosen = choose(found.hits.values(), title.names, title.year)
                if title.year and year is None and not any(_is_sure(one, title.year) for one in chosen):
                    continue
                films = self._films(chosen, [*hits, *found.hits.values()], title, found)
                if films:
                    return films
                if found.failed:
                    raise found.failed
        return []

    def _films(self, chosen: list[FoundFilm], hits: list[FoundFilm], title: Title, found: _Found) -> list[FilmDetails]:
        """The own records of the films chosen. Before one that is only nearly called so goes one that bears the title beside its
        own: "Robot" is no "Robots"; without a year both may be meant."""
        if of_title(chosen, title.names, title.year) and (films := self._records(chosen, found)):
            return films
        if found.failed:
            return []
        looked_at = self._looked_at(hits, title, found)
        same = of_title(looked_at, title.names, title.year)
        near = self._records(chosen, found)
        if same and title.year is None:
            return meant([*same, *(film for film in near if film not in same)], None)
        if same or near:
            return meant(same, title.year) or near
        near = nearly_called(looked_at, title.names, title.year)
        return near if len(near) == 1 else []

    def _records(self, hits: Iterable[FoundFilm], found: _Found) -> list[FilmDetails]:
        return [film for hit in hits for film in self._record(hit, found)]

    def _record(self, hit: FoundFilm, found: _Found) -> Iterator[FilmDetails]:
        """The own record of a hit, asked for once. One that is deleted, or that cannot be had, costs only itself."""
        if hit.id in found.records:
            yield from found.records[hit.id]
            return
        found.records[hit.id] = []
        try:
            found.records[hit.id] = [self.film(str(hit.id))]
        except NotFound:
            found.gone.append(hit)
        except (Unavailable, BadAnswer) as error:
            found.failed = error
        yield from found.records[hit.id]

    def _looked_at(self, hits: list[FoundFilm], title: Title, found: _Found) -> list[FilmDetails]:
        """The own records of the first hits, which know other titles, and a date where the search gave another; those most alike
        first, up to a film of the very title and year."""
        gone = {hit.id for hit in found.gone}
        once = {hit.id: hit for hit in hits if hit.id not in gone}.values()
        alike = sorted(once, key=lambda hit: best_likeness(title.names, hit) < NEARLY)
        films: list[FilmDetails] = []
        for hit in alike[:LOOKED_AT]:
            films += self._record(hit, found)
            if any(film.year == title.year for film in of_title(films[-1:], title.names, title.year)):
                break
        return films

    def _namesakes_of(self, film: FilmDetails) -> list[FoundFilm]:
        """The namesakes of a film that was given by its id: one search, where its title is short enough to have any."""
        name = film.title or film.original_title or ""
        if not 0 < len(fold(name).split()) <= SHORT_TITLE:
            return []
        try:
            hits = self.search(name, count=RIVALS)
        except (NotFound, BadAnswer, Unavailable):
            return []  # the film itself is there
        return [hit for hit in hits if hit.id != film.id and _is_namesake(hit, [name])]


def _query(title: str, year: int | None) -> dict[str, str | int | None]:
    return {"query": title, "year": year, "include_adult": "false"}


def _reason(title: Title, found: _Found) -> str:
    """Why a title came to no film, in words that its hits do not gainsay."""
    gone = {hit.id for hit in found.gone}
    if any(best_likeness(title.names, hit) >= NEARLY and year_fits(hit.year, title.year) for hit in found.gone):
        return f"TMDB lists {_named(found.gone[0])}, but its own record is deleted."
    wanted = f"this title{' and year' if title.year else ''}"
    hits = [hit for hit in found.hits.values() if hit.id not in gone]
    others = [hit for hit in hits if best_likeness(title.names, hit) == SAME]
    if others and title.year:
        return f"TMDB knows no film of {wanted}, but of other years: {_listed(others)}."
    near = nearly_called(hits, title.names, title.year)
    if len(near) > 1:
        return f"TMDB knows no film of {wanted}, but several of nearly this title: {_listed(near)}."
    if hits:
        closest = max(hits, key=lambda hit: best_likeness(title.names, hit))
        return f"TMDB knows no film of {wanted}; the closest is {_named(closest)}."
    return f"TMDB knows no film of {wanted}."


def _listed(hits: Sequence[FoundFilm]) -> str:
    return ", ".join(map(_named, hits[:NAMESAKES]))


def _named(hit: FoundFilm) -> str:
    return f"{hit.title or hit.original_title or hit.id} ({hit.year or 'no year'})"


def _is_namesake(hit: FoundFilm, names: Iterable[str]) -> bool:
    """Whether one of a hit's titles holds one of the names: the same title, a sequel or a part of a series."""
    titles = [fold(title) for title in (hit.title, hit.original_title) if title]
    return any(holds(title, fold(name)) for title in titles for name in names)


def _is_sure(film: FoundFilm, year: int) -> bool:
    """Whether it is of the very year, and known."""
    return film.year == year and (film.popularity or 0.0) >= OBSCURE


def composed(crew: Iterable[Credit]) -> list[Credit]:
    """The Original Music Composers, or failing these all credited with Music; each once."""
    crew = list(crew)
    for job in ("Original Music Composer", "Music"):
        if found := {one.name: one for one in reversed(crew) if one.job == job}:
            return [*reversed(found.values())]
    return []


def composers(crew: Iterable[Credit]) -> list[str]:
    """Names of those who composed."""
    return [one.name for one in composed(crew)]


def original_names(crew: Iterable[Credit]) -> list[str] | None:
    """What those who composed are called in their own script, where it is another name: 久石譲 of Joe Hisaishi."""
    names = (one.original_name for one in composed(crew) if one.original_name != one.name)
    return list(dict.fromkeys(filter(None, names))) or None


def rival_row(film: FoundFilm) -> dict[str, Any]:
    """A row of FILMS for a film outside the list: what the search says of it, which costs no request."""
    return {
        "tmdb_id": str(film.id),
        "title": film.title or film.original_title,
        "original_title": film.original_title,
        "year": film.year,
        "language": film.original_language,
        "popularity": film.popularity,
        "poster": film.poster_path,
        "listed": False,
    }


def film_row(film: FilmDetails) -> dict[str, Any]:
    """A row of FILMS for a film of the list."""
    own = {name.casefold() for name in (film.title, film.original_title) if name}
    return {
        "tmdb_id": str(film.id),
        "title": film.title,
        "original_title": film.original_title,
        "alternative_titles": [name for name in all_titles(film) if name.casefold() not in own],
        "year": film.release_date,
        "composers": composers(film.credits.crew),
        "composer_aliases": original_names(film.credits.crew),
        "performers": list(dict.fromkeys(one.name for one in film.credits.cast))[:PERFORMERS],
        "language": film.original_language,
        "popularity": film.popularity,
        "imdb_id": film.imdb_id or film.external_ids.imdb_id,
        "wikidata_id": film.external_ids.wikidata_id,
        "poster": film.poster_path,
        "listed": True,
    }
