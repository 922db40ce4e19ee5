"""A sequel's title is resolved to this part of the series, whatever else the search names."""

import pytest

from soundtracks.sources.tmdb import Title, Tmdb
from tests.rigs.said_tmdb import Said, film

POLICE_STORY = [
    film(1, "Police Story 2", "1988-08-20", 18.0),
    film(2, "Police Story", "1985-12-14", 20.0),
    film(3, "Police Story 3: Super Cop", "1992-07-04", 18.0),
    film(4, "Police Story 4: First Strike", "1996-02-10", 18.0),
]
HALLOWEEN = [
    film(1, "Halloween II", "1981-10-30", 40.0),
    film(2, "Halloween", "1978-10-24", 60.0),
    film(4, "Halloween 4: The Return of Michael Myers", "1988-10-21", 30.0),
    film(5, "Halloween II", "2009-08-28", 30.0),
]
ELM_STREET = [
    film(1, "A Nightmare on Elm Street", "1984-11-09", 50.0),
    film(2, "A Nightmare on Elm Street Part 2: Freddy's Revenge", "1985-11-01", 30.0),
    film(3, "A Nightmare on Elm Street 3: Dream Warriors", "1987-02-27", 30.0),
]
FRIDAY = [
    film(1, "Friday the 13th", "1980-05-09", 40.0),
    film(2, "Friday the 13th Part 2", "1981-04-30", 30.0),
    film(3, "Friday the 13th Part III", "1982-08-13", 30.0),
    film(7, "Friday the 13th Part VII: The New Blood", "1988-05-13", 30.0),
]
TOY_STORY = [film(2, "Toy Story 2", "1999-10-30", 70.0), film(1, "Toy Story", "1995-10-30", 80.0)]
ROCKY = [film(2, "Rocky II", "1979-06-15", 50.0), film(1, "Rocky", "1976-11-20", 60.0)]
APOLLO = [film(2, "Apollo 13: Survival", "2024-09-05", 8.0), film(1, "Apollo 13", "1995-06-30", 50.0)]
ROUNDUP = [
    film(1, "The Outlaws", "2017-10-03", 18.0, original_title="범죄도시"),
    film(3, "The Roundup: No Way Out", "2023-05-31", 25.0, original_title="범죄도시 3"),
    film(2, "The Roundup", "2022-05-18", 20.0, original_title="범죄도시 2"),
]


@pytest.mark.parametrize(
    ("title", "year", "said", "ids"),
    [
        ("Police Story 4", None, POLICE_STORY, [4]),
        ("Police Story 4", 1996, POLICE_STORY, [4]),
        ("Police Story III", None, POLICE_STORY, [3]),
        ("Police Story", None, POLICE_STORY, [2]),
        ("Police Story 1", None, POLICE_STORY, [2]),
        ("Halloween 4", None, HALLOWEEN, [4]),
        ("Halloween 2", None, HALLOWEEN, [1, 5]),  # two films of the very title
        ("A Nightmare on Elm Street 2", 1985, ELM_STREET, [2]),
        ("A Nightmare on Elm Street 3", None, ELM_STREET, [3]),
        ("Nightmare on Elm Street", None, ELM_STREET, [1]),
        ("Friday the 13th Part 7", None, FRIDAY, [7]),
        ("Friday the 13th Part 3", None, FRIDAY, [3]),
        ("Toy Story 1", None, TOY_STORY, [1]),
        ("Rocky", None, ROCKY, [1]),
        ("Rocky I", None, ROCKY, [1]),
        ("Apollo 13", None, APOLLO, [1]),
        ("Apollo 13", 2024, APOLLO, [2]),
        ("범죄도시 2", None, ROUNDUP, [2]),
        ("범죄도시", None, ROUNDUP, [1]),
    ],
)
def test_the_part_that_is_wanted(title: str, year: int | None, said: list[dict], ids: list[int]) -> None:
    got = Tmdb(Said(said)).resolve(Title(row=1, title=title, year=year))  # type: ignore[arg-type]
    assert [one.id for one in got.films] == ids


@pytest.mark.parametrize(
    ("title", "said", "reason"),
    [
        ("Police Story 5", POLICE_STORY, "TMDB knows no film of this title; the closest is Police Story 2 (1988)."),
        ("Toy Story 3", TOY_STORY, "TMDB knows no film of this title; the closest is Toy Story 2 (1999)."),
        ("Apollo 12", APOLLO, "TMDB knows no film of this title; the closest is Apollo 13 (1995)."),
    ],
)
def test_a_part_that_was_not_found_is_no_other_part(title: str, said: list[dict], reason: str) -> None:
    got = Tmdb(Said(said)).resolve(Title(row=1, title=title))  # type: ignore[arg-type]
    assert (got.films, got.reason) == ([], reason)
