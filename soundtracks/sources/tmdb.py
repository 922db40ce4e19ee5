"""Films from TMDB: a title is searched, the right film chosen, and its details fetched: two requests at most a film."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError
from rapidfuzz.fuzz import ratio

from soundtracks.errors import BadAnswer, NotFound
from soundtracks.sources.http import Source
from soundtracks.sources.models import Credit, FilmDetails, FilmSearch, FoundFilm
from soundtracks.text.search_wording import fold

PARTS = "credits,alternative_titles,external_ids,translations"
#: A title without a year may mean several films: so many are kept at most, and the match decides by their albums.
NAMESAKES = 3
#: A namesake counts when it has at least this share of the best known one's popularity: TMDB lists many student films.
KNOWN_SHARE = 0.1
#: Two spellings of one title are at least so alike, of 100: a missing letter in ten still passes.
NEARLY = 90.0
PERFORMERS = 5


class Title(BaseModel):
    """A row of silver/titles."""

    row: int
    title: str
    year: int | None = None
    tmdb_id: str | None = None

    def __str__(self) -> str:
        return f"{self.title} ({self.year})" if self.year else self.title


class Tmdb:
    """TMDB's API, typed."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def search(self, title: str, year: int | None = None) -> list[FoundFilm]:
        """The first page of films for a title. `year`: of any release."""
        answer = self.source.get("/search/movie", {"query": title, "year": year, "include_adult": "false"})
        return FilmSearch.model_validate(answer).results

    def film(self, tmdb_id: str) -> FilmDetails:
        """A film with credits, titles and ids. Raises NotFound for a deleted or merged id."""
        try:
            return FilmDetails.model_validate(self.source.get(f"/movie/{tmdb_id}", {"append_to_response": PARTS}))
        except ValidationError as error:
            raise BadAnswer("tmdb", f"film {tmdb_id} came without an id.") from error

    def resolve(self, title: Title) -> tuple[list[FilmDetails], str]:
        """The films that a title means, and the reason when there are none."""
        if title.tmdb_id and title.tmdb_id.isdigit():
            try:
                return [self.film(title.tmdb_id)], ""
            except NotFound:
                pass  # deleted, or merged into another id: the title still tells which film was meant
        for year in dict.fromkeys((title.year, None)):
            found = self.search(title.title, year)
            chosen = choose(found, title)
            films = [self.film(str(one.id)) for one in chosen] or self._by_other_title(found, title)
            if films:
                return films, ""
        closest = f"; the closest is {found[0].title} ({found[0].year or 'no year'})" if found else ""
        return [], f"TMDB knows no film of this title{' and year' if title.year else ''}{closest}."

    def _by_other_title(self, found: list[FoundFilm], title: Title) -> list[FilmDetails]:
        """The best hit, when the title asked for is one of its titles elsewhere."""
        for one in found[:1]:
            film = self.film(str(one.id))
            titles = {fold(name) for name in all_titles(film)}
            if fold(title.title) in titles and _year_fits(film.release_date, title.year):
                return [film]
        return []


def _year_fits(found: int | None, wanted: int | None) -> bool:
    """One year off still fits: festivals and countries differ."""
    return wanted is None or found is None or abs(found - wanted) <= 1


def choose(found: Iterable[FoundFilm], title: Title) -> list[FoundFilm]:
    """The films meant: of the same title and nearest year, or failing that nearly the same title; the best known first.

    With a year it is the nearest, and namesakes of the same year; without one, up to NAMESAKES known namesakes.
    """
    same = [film for film in found if _year_fits(film.year, title.year)]
    likeness = {
        film.id: max((_likeness(title.title, name) for name in (film.title, film.original_title) if name), default=0.0)
        for film in same
    }
    best = max(likeness.values(), default=0.0)
    if best < NEARLY:
        return []
    chosen = [film for film in same if likeness[film.id] == best]
    if title.year is not None:
        nearest = min(_distance(film, title.year) for film in chosen)
        chosen = [film for film in chosen if _distance(film, title.year) == nearest]
    chosen.sort(key=lambda film: (-(film.popularity or 0.0), film.id))
    known = (chosen[0].popularity or 0.0) * KNOWN_SHARE
    return [film for film in chosen if (film.popularity or 0.0) >= known][:NAMESAKES]


def _likeness(wanted: str, name: str) -> float:
    """0 to 100; 100 for the same title only. A title of mere punctuation folds to nothing and is compared as it is."""
    one, other = fold(wanted) or wanted.casefold(), fold(name) or name.casefold()
    return 100.0 if one == other else min(ratio(one, other), 99.0)


def _distance(film: FoundFilm, year: int) -> int:
    return abs(film.year - year) if film.year else 2


def all_titles(film: FilmDetails) -> list[str]:
    """Every title of a film, its own two first, each once."""
    others = [t.title for t in film.alternative_titles] + [t.data.title for t in film.translations]
    first: dict[str, str] = {}
    for name in (film.title, film.original_title, *(" ".join(name.split()) for name in others)):
        if name:
            first.setdefault(name.casefold(), name)
    return list(first.values())


def composers(crew: Iterable[Credit]) -> list[str]:
    """The Original Music Composers, or failing these all credited with Music."""
    crew = list(crew)
    for job in ("Original Music Composer", "Music"):
        names = list(dict.fromkeys(one.name for one in crew if one.job == job))
        if names:
            return names
    return []


def film_row(film: FilmDetails) -> dict[str, Any]:
    """A row of FILMS."""
    own = {name.casefold() for name in (film.title, film.original_title) if name}
    return {
        "tmdb_id": str(film.id),
        "title": film.title,
        "original_title": film.original_title,
        "alternative_titles": [name for name in all_titles(film) if name.casefold() not in own],
        "year": film.release_date,
        "composers": composers(film.credits.crew),
        "performers": list(dict.fromkeys(one.name for one in film.credits.cast))[:PERFORMERS],
        "language": film.original_language,
        "popularity": film.popularity,
        "imdb_id": film.imdb_id or film.external_ids.imdb_id,
        "wikidata_id": film.external_ids.wikidata_id,
    }
