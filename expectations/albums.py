"""What albums from Discogs must be."""

from great_expectations.expectations.expectation import Expectation

from expectations.rules import (
    ExpectAlbumId,
    ExpectAlbumYear,
    ExpectColumn,
    ExpectKnown,
    ExpectMostlyKnown,
    ExpectReadableTitle,
    ExpectReadWhole,
    ExpectSomeRows,
    ExpectUnique,
)


def suite() -> list[Expectation]:
    return [
        ExpectSomeRows(),
        *(ExpectColumn(column=name) for name in ("album_id", "title", "artist", "year", "genres", "styles", "formats")),
        ExpectKnown(column="album_id"),
        ExpectAlbumId(column="album_id"),
        ExpectUnique(column="album_id"),
        ExpectKnown(column="title"),
        ExpectReadableTitle(column="title"),
        ExpectReadWhole(column="title"),
        ExpectReadWhole(column="artist"),
        ExpectAlbumYear(column="year"),
        ExpectAlbumYear(column="first_year"),
        ExpectMostlyKnown(column="artist"),
        ExpectMostlyKnown(column="styles"),
    ]
