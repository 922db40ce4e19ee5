"""What films from TMDB must be."""

from great_expectations.expectations.expectation import Expectation

from expectations.rules import (
    ExpectColumn,
    ExpectFilmYear,
    ExpectKnown,
    ExpectMostlyKnown,
    ExpectReadableTitle,
    ExpectSomeRows,
    ExpectTmdbId,
    ExpectUnique,
)


def suite() -> list[Expectation]:
    return [
        ExpectSomeRows(),
        *(
            ExpectColumn(column=name)
            for name in ("tmdb_id", "title", "original_title", "alternative_titles", "year", "composers")
        ),
        ExpectKnown(column="tmdb_id"),
        ExpectTmdbId(column="tmdb_id"),
        ExpectUnique(column="tmdb_id"),
        ExpectKnown(column="title"),
        ExpectReadableTitle(column="title"),
        ExpectFilmYear(column="year"),
        ExpectMostlyKnown(column="year"),
        ExpectMostlyKnown(column="composers"),
    ]
