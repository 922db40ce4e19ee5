import numpy as np
import pyarrow as pa
import pytest

from soundtracks.matching.renown import (
    ENTERED,
    HALF_KNOWN,
    LEVELS,
    are_ids_of_tmdb,
    entered_levels,
    facts_levels,
    popularity_level,
    shares_known,
)
from soundtracks.matching.title_levels import NULL
from soundtracks.records import FILMS

FILMS_OF = pa.Table.from_pylist(
    [
        {"tmdb_id": "1", "title": "Known", "original_title": "Known", "alternative_titles": ["Bekannt"], "composers": ["A B"]},
        {"tmdb_id": "2", "title": "Half", "original_title": "Half", "alternative_titles": []},
        {"tmdb_id": "3", "title": "Obscure"},
        {"tmdb_id": "4", "title": "Blank", "original_title": "", "composers": []},
    ],
    schema=FILMS,
)


def test_what_is_known_of_most_films_of_a_list() -> None:
    assert shares_known(FILMS_OF) == (0.5, 0.25, 0.25)
    assert shares_known(FILMS_OF.slice(0, 0)) == HALF_KNOWN


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ((0.5, 0.25, 0.25), ["far more", "as many as of others", "far fewer", "far fewer"]),
        # where hardly anything is known of any film, it says little that nothing is known of this one
        ((0.1, 0.0, 0.0), ["far more", "more", "as many as of others", "as many as of others"]),
        ((1.0, 1.0, 1.0), ["as many as of others", "far fewer", "far fewer", "far fewer"]),
    ],
)
def test_films_are_compared_with_their_list(shares: tuple[float, ...], expected: list[str]) -> None:
    assert [LEVELS[level] for level in facts_levels(FILMS_OF, shares)] == expected


def _films(*rows: tuple[str, int | None]) -> pa.Table:
    return pa.Table.from_pylist([{"tmdb_id": film, "title": "A", "year": year} for film, year in rows], schema=FILMS)


@pytest.mark.parametrize(
    ("film", "year", "expected"),
    [
        ("105", 1985, "among the first"),  # Back to the Future
        ("12826", 1979, "early"),  # Just a Gigolo, with David Bowie
        ("202125", 1931, "much later"),  # another of that name
        ("332562", 2018, "early"),  # A Star Is Born: entered years before its release
        ("244786", 2014, "early"),  # Whiplash
        ("367412", 2013, "later"),  # the short film of that name
        ("1078605", 2025, "early"),  # Weapons
        ("603", None, None),
        ("tt0133093", 1999, None),
    ],
)
def test_films_that_many_know_were_entered_first(film: str, year: int | None, expected: str | None) -> None:
    (level,) = entered_levels(_films((film, year)), of_tmdb=True)
    assert (ENTERED[level] if level >= 0 else None) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("603", 1999), ("27205", 2010), ("438631", 2021)], True),
        ([("603", 1999)], True),
        ([(str(n), 1960 + n) for n in range(1, 60)], False),  # somebody's own numbers
        ([(str(n * 7), 2012 + n % 8) for n in range(1, 60)], False),
        ([("tt0133093", 1999)], False),
        ([], True),
    ],
)
def test_ids_that_are_not_those_of_tmdb_tell_nothing(rows: list[tuple[str, int]], expected: bool) -> None:
    assert are_ids_of_tmdb(_films(*rows)) is expected


def test_popularity() -> None:
    assert popularity_level(np.array([0.6, 3, 10, 80, np.nan])).tolist() == [0, 1, 2, 3, NULL]
