"""What films from TMDB must be."""

from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column

from expectations.rules import (
    ExpectColumn,
    ExpectFilmYear,
    ExpectKnown,
    ExpectMostlyKnown,
    ExpectReadableTitle,
    ExpectReadWhole,
    ExpectSomeRows,
    ExpectTmdbId,
    ExpectUnique,
)

#: Of a rival no more is known than a search says.
LISTED = Column("listed").is_null() | (Column("listed") == True)  # noqa: E712 -- makes a condition


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
        ExpectReadWhole(column="title"),
        ExpectFilmYear(column="year"),
        ExpectMostlyKnown(column="year"),
        ExpectMostlyKnown(column="composers", row_condition=LISTED),
    ]
