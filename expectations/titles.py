"""What a list of titles must be."""

from great_expectations.expectations.expectation import Expectation

from expectations.rules import (
    ExpectColumn,
    ExpectFilmYear,
    ExpectKnown,
    ExpectNoControlCharacters,
    ExpectReadableTitle,
    ExpectSaneLength,
    ExpectSomeRows,
    ExpectTmdbId,
)


def suite() -> list[Expectation]:
    return [
        ExpectSomeRows(),
        ExpectColumn(column="title"),
        ExpectKnown(column="title"),
        ExpectReadableTitle(column="title"),
        ExpectSaneLength(column="title"),
        ExpectNoControlCharacters(column="title"),
        ExpectFilmYear(column="year"),
        ExpectTmdbId(column="tmdb_id"),
    ]
