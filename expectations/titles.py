"""What a list of titles must be."""

from great_expectations.expectations.expectation import Expectation

from expectations.rules import (
    ExpectColumn,
    ExpectFilmYear,
    ExpectImdbId,
    ExpectNoControlCharacters,
    ExpectReadableTitle,
    ExpectSaneLength,
    ExpectSomeRows,
    ExpectTitleOrId,
    ExpectTmdbId,
    ExpectWikidataId,
)


def suite() -> list[Expectation]:
    return [
        ExpectSomeRows(),
        ExpectColumn(column="title"),
        ExpectTitleOrId(column="title"),
        ExpectReadableTitle(column="title"),
        ExpectSaneLength(column="title"),
        ExpectNoControlCharacters(column="title"),
        ExpectFilmYear(column="year"),
        ExpectTmdbId(column="tmdb_id"),
        ExpectImdbId(column="imdb_id"),
        ExpectWikidataId(column="wikidata_id"),
    ]
