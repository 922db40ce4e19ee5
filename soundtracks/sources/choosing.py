"""Which of the films that TMDB names somebody means by a title and, mostly, a year."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from soundtracks.sources.models import FilmDetails, FoundFilm
from soundtracks.text.likeness import NEARLY, SAME, likeness
from soundtracks.text.search_wording import fold

#: A title without a year may mean several films: so many are kept at most, and the match decides by their albums.
NAMESAKES = 3
#: A namesake counts when it has at least this share of the best known one's popularity: TMDB lists many student films.
KNOWN_SHARE = 0.1

Film = TypeVar("Film", bound=FoundFilm)


def choose(found: Iterable[FoundFilm], names: Sequence[str], year: int | None) -> list[FoundFilm]:
    """The films meant: of the same title and nearest year, or failing that nearly the same title; the best known first.

    None where films of different titles are nearly called so: any of them would be a guess.
    """
    found = list(found)
    same = of_title(found, names, year)
    return meant(same, year) if same else _nearly(found, names, year)


def of_title(films: Iterable[Film], names: Sequence[str], year: int | None) -> list[Film]:
    """Films of the very title, and of a year that fits."""
    return [film for film in films if best_likeness(names, film) == SAME and year_fits(film.year, year)]


def meant(films: Iterable[Film], year: int | None) -> list[Film]:
    """Those of the films of one title that are meant, the best known first.

    With a year it is the nearest, and namesakes of the same year; a film one year off beside these where they are obscure and
    it is not. Without a year, up to NAMESAKES known namesakes.
    """
    films = sorted(films, key=lambda film: (-(film.popularity or 0.0), film.id))
    if year is None or not films:
        return known_beside(films[:1], films)[:NAMESAKES]
    nearest = min(_distance(film, year) for film in films)
    near = [film for film in films if _distance(film, year) == nearest]
    if near[0] not in known_beside(films[:1], near):  # only obscure ones: the known film is meant as likely as they are
        return [film for film in films if film is near[0] or film in known_beside(films[:1], films)][:NAMESAKES]
    return known_beside(near[:1], near)[:NAMESAKES]


def known_beside(best: Sequence[Film], films: Iterable[Film]) -> list[Film]:
    """Those of the films that are not obscure beside the best known one."""
    known = max((film.popularity or 0.0 for film in best), default=0.0) * KNOWN_SHARE
    return [film for film in films if (film.popularity or 0.0) >= known]


def _nearly(found: Sequence[FoundFilm], names: Sequence[str], year: int | None) -> list[FoundFilm]:
    """Films of nearly the title that is wanted, those most alike."""
    near = nearly_called(found, names, year)
    best = max((best_likeness(names, film) for film in near), default=0.0)
    chosen = meant([film for film in near if best_likeness(names, film) == best], year)
    return [] if len({fold(film.title or "") for film in [*chosen, *known_beside(chosen, near)]}) > 1 else chosen


def nearly_called(found: Sequence[Film], names: Sequence[str], year: int | None) -> list[Film]:
    """Films of nearly the title. Where TMDB knows the very title of another year, only those of the very year: a film whose title
    and year are both a little off is another one."""
    elsewhere = any(best_likeness(names, film) == SAME for film in found)
    return [
        film
        for film in found
        if best_likeness(names, film) >= NEARLY and (film.year == year if elsewhere and year else year_fits(film.year, year))
    ]


def year_fits(found: int | None, wanted: int | None) -> bool:
    """One year off still fits: festivals and countries differ."""
    return wanted is None or found is None or abs(found - wanted) <= 1


def best_likeness(names: Iterable[str], film: FoundFilm) -> float:
    """How alike the most alike of a film's titles is to one of the names, 0 to 100; of an own record, its other titles too."""
    titles = all_titles(film) if isinstance(film, FilmDetails) else [one for one in (film.title, film.original_title) if one]
    return max((likeness(name, title) for name in names for title in titles), default=0.0)


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
