"""Which of the films found a title means."""

import pytest

from soundtracks.sources.choosing import choose
from soundtracks.sources.models import FoundFilm


def found(*films: tuple[int, str, int | None, float]) -> list[FoundFilm]:
    return [FoundFilm(id=i, title=title, release_date=year, popularity=known) for i, title, year, known in films]


@pytest.mark.parametrize(
    ("title", "year", "films", "chosen"),
    [
        ("Whiplash", 2014, [(1, "Whiplash", 2013, 9), (2, "Whiplash", 2014, 60)], [2]),
        ("Whiplash", 2013, [(2, "Whiplash", 2014, 60), (1, "Whiplash", 2013, 9)], [1]),
        ("Whiplash", None, [(1, "Whiplash", 2013, 9), (2, "Whiplash", 2014, 60)], [2, 1]),
        ("Gladiator", None, [(1, "Gladiator", 2000, 80), (2, "Gladiator", 1992, 9), (3, "Gladiator", 2019, 0.6)], [1, 2]),
        ("Dune", None, [(i, "Dune", 1950 + i, 10) for i in range(1, 6)], [1, 2, 3]),
        ("Amelie", 2001, [(1, "Amélie", 2001, 30)], [1]),
        ("the thing", 1982, [(1, "The Thing", 1982, 30), (2, "The Thing", 2011, 40)], [1]),
        ("Ghostbuster", 1984, [(1, "Ghostbusters", 1984, 30)], [1]),
        ("Thelma and Louise", 1991, [(1, "Thelma & Louise", 1991, 30)], [1]),
        ("Alien", 1979, [(1, "Aliens", 1986, 50), (2, "Alien", 1979, 50)], [2]),
        ("Alien", None, [(1, "Aliens", 1986, 50), (2, "Alien", 1979, 50)], [2]),
        ("Solaris", 1990, [(1, "Solaris", 1972, 50), (2, "Solaris", 2002, 50)], []),
        ("Solaris", 1972, [(1, "Solaris", None, 50)], [1]),
        ("Inception", 2010, [(1, "The Cobol Job", 2010, 3)], []),
        ("!!!", None, [(1, "???", 2000, 9), (2, "!!!", 2000, 1)], [2]),
        ("Up", 2009, [], []),
        ("Split", 2016, [(1, "Split", 2017, 60.0), (2, "Split", 2016, 0.6)], [1, 2]),  # the known one, and the namesake
        ("Split", 2016, [(1, "Split", 2017, 60.0), (2, "Split", 2016, 7.0)], [2]),  # both are known: the year decides
        ("Split", 2016, [(1, "Split", 2018, 60.0), (2, "Split", 2016, 0.6)], [2]),  # two years are not one
        # nearly the title: only where no other film is nearly called so
        ("Golmaal", None, [(1, "Gol Maal", 1979, 5), (2, "Golmal: Fun", 2006, 6)], [1]),
        ("OSS 117", None, [(1, "OSS 117: Lost in Rio", 2009, 10), (2, "OSS 117: Cairo, Nest of Spies", 2006, 12)], []),
        ("OSS 117", 2009, [(1, "OSS 117: Lost in Rio", 2009, 10), (2, "OSS 117: Cairo, Nest of Spies", 2006, 12)], [1]),
        ("District 13", None, [(1, "District B13", 2004, 12), (2, "District 13: Ultimatum", 2009, 10)], []),
        ("District 13", None, [(1, "District B13", 2004, 0.1), (2, "District 13: Ultimatum", 2009, 10)], [2]),  # an obscure one
        ("Old Boy", None, [(1, "Oldboy", 2003, 40), (2, "Oldboy", 2013, 20)], [1, 2]),  # namesakes
        # neither the title nor the year is right
        ("Alien", 1985, [(1, "Aliens", 1986, 50), (2, "Alien", 1979, 50)], []),
        ("Alien", 1986, [(1, "Aliens", 1986, 50), (2, "Alien", 1979, 50)], [1]),
        ("Alien", 1985, [(1, "Aliens", 1986, 50)], [1]),
    ],
)
def test_choice(title: str, year: int | None, films: list[tuple[int, str, int | None, float]], chosen: list[int]) -> None:
    assert [film.id for film in choose(found(*films), [title], year)] == chosen
