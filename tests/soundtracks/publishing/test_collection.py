"""Editions beside what somebody owns and wants."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pytest

from soundtracks.lists.album_records import Album
from soundtracks.lists.read import read_bytes
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.collection import (
    ANOTHER,
    BY_NAME,
    SAME,
    WANTLIST,
    Shelf,
    compare,
    is_wantlist,
    lacking,
    write_editions,
    write_wantlist,
)
from soundtracks.publishing.editions import ranked_editions
from soundtracks.records import ALBUMS, FILMS, LINKS
from tests.conftest import SHARED_DATA

GROUP = "00000000-0000-4000-8000-000000000001"
#: Two albums of Blade Runner, one of Drive. Release 13 is an edition that no film is linked to.
ROWS = [
    {"album_id": "master:1", "title": "Blade Runner", "artist": "Vangelis", "first_year": 1994, "musicbrainz_id": GROUP},
    {"album_id": "release:11", "title": "Blade Runner = ブレードランナー", "artist": "Vangelis", "year": 1994, "master_id": "master:1"},
    {"album_id": "release:12", "title": "Blade Runner", "artist": "Vangelis", "year": 2013, "master_id": "master:1", "formats": ["LP", "Reissue"]},
    {"album_id": "release:20", "title": "Blade Runner (Orchestral)", "artist": "The New American Orchestra", "year": 1982},
    {"album_id": "master:3", "title": "Drive (OST)", "artist": "Various", "first_year": 2011},
    {"album_id": "release:13", "title": "Something Else", "artist": "Somebody", "master_id": "1"},
]  # fmt: skip
FILM_ROWS = [{"tmdb_id": "78", "title": "Blade Runner", "year": 1982}, {"tmdb_id": "64690", "title": "Drive", "year": 2011}]


def two_films() -> Catalogue:
    links = [(row["album_id"], "64690" if row["album_id"] == "master:3" else "78") for row in ROWS[:-1]]
    rows = [{"album_id": album, "tmdb_id": film, "decision": "accept", "probability": 0.99} for album, film in links]
    tables = (pa.Table.from_pylist(rows, schema) for rows, schema in ((FILM_ROWS, FILMS), (ROWS, ALBUMS), (rows, LINKS)))
    return Catalogue(*tables)


@pytest.fixture(scope="module", name="two_films")
def of_two_films() -> Catalogue:
    return two_films()


def owned(catalogue: Catalogue, *albums: Album) -> dict[str, str]:
    """How each edition is owned; those that are not are left out."""
    found = compare(ranked_editions(catalogue), Shelf.of(albums, catalogue), Shelf())
    return {one.edition.id: one.owned for one in found if one.owned}


@pytest.mark.parametrize(
    ("album", "found"),
    [
        (Album(1, "x", discogs="release:11"), {"release:11": SAME, "release:12": ANOTHER}),
        (Album(1, "x", discogs="release:13"), {"release:11": ANOTHER, "release:12": ANOTHER}),
        (Album(1, "x", discogs="master:1"), {"release:11": ANOTHER, "release:12": ANOTHER}),
        (Album(1, "x", mb_group=GROUP), {"release:11": ANOTHER, "release:12": ANOTHER}),
        (Album(1, "BLADE RUNNER", "Vangelis (2)"), {"release:11": BY_NAME, "release:12": BY_NAME}),
        (Album(1, "ブレードランナー", "Vangelis"), {"release:11": BY_NAME}),
        (Album(1, "Drive (OST)", "Various Artists"), {"master:3": BY_NAME}),
        (Album(1, "Drive (OST)", "Cliff Martinez"), {}),
        (Album(1, "Blade Runner"), {}),
        (Album(1, "!!!", "Vangelis"), {}),
        (Album(1, "x", discogs="release:20"), {"release:20": SAME}),
        (Album(1, "x", discogs="release:999"), {}),
    ],
)  # fmt: skip
def test_how_an_edition_is_owned(two_films: Catalogue, album: Album, found: dict[str, str]) -> None:
    assert owned(two_films, album) == found


@pytest.mark.parametrize(
    ("each", "mine", "lack"),
    [
        ("film", [], ["release:20", "master:3"]),
        ("album", [], ["release:20", "release:11", "master:3"]),
        ("edition", [], ["release:20", "release:11", "release:12", "master:3"]),
        ("film", ["release:12"], ["master:3"]),
        ("album", ["release:12"], ["release:20", "master:3"]),
        ("edition", ["release:12"], ["release:20", "release:11", "master:3"]),
        ("film", ["release:20", "master:3"], []),
    ],
)  # fmt: skip
def test_what_lacks(two_films: Catalogue, each: str, mine: list[str], lack: list[str]) -> None:
    shelf = Shelf.of([Album(1, "x", discogs=one) for one in mine], two_films)
    found = compare(ranked_editions(two_films), shelf, Shelf())
    assert [one.edition.id for one in lacking(found, each)] == lack


COLLECTION = b"""Catalog#,Artist,Title,Label,Format,Rating,Released,release_id,CollectionFolder,Date Added,Collection Media Condition,Collection Sleeve Condition,Collection Notes
4509-96574-2,Vangelis,Blade Runner,EastWest,"CD, Album",,1994,11,Uncategorized,2020-01-01 10:00:00,Mint (M),,
"""
INVENTORY = b"""listing_id,artist,title,label,catno,format,release_id,status,price,listed,comments
5,Vangelis,Blade Runner,EastWest,4509-96574-2,"CD, Album",12,For Sale,9.99,2020-01-01 10:00:00,
"""


@pytest.mark.parametrize(("data", "release"), [(COLLECTION, "release:11"), (INVENTORY, "release:12")])
def test_discogs_own_exports_of_what_is_there(two_films: Catalogue, data: bytes, release: str) -> None:
    reading = read_bytes("mine.csv", data, kind="albums")
    assert not is_wantlist(reading)
    assert owned(two_films, *reading.albums)[release] == SAME


def test_the_wantlist_is_read_as_discogs_own(two_films: Catalogue) -> None:
    found = compare(ranked_editions(two_films), Shelf(), Shelf())
    data = write_wantlist(found)
    reading = read_bytes("wants.csv", data, kind="albums")
    assert is_wantlist(reading)
    assert [album.discogs for album in reading.albums][:3] == ["release:20", "release:11", "release:12"]
    assert next((album.title, album.artist, album.year) for album in reading.albums) == (
        "Blade Runner (Orchestral)",
        "The New American Orchestra",
        1982,
    )
    first = next(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert first["Notes"] == "Soundtrack of Blade Runner (1982); https://www.discogs.com/release/20"


@pytest.mark.parametrize(
    ("film", "name"),
    [
        ({"title": "Drive", "year": 2011}, "Drive (2011)"),
        ({"title": "Drive"}, "Drive"),
        ({"year": 2011}, "TMDB 64690"),
        ({}, "TMDB 64690"),
    ],
)
def test_a_film_without_a_title_is_told_by_its_id(film: dict[str, object], name: str) -> None:
    catalogue = Catalogue(
        pa.Table.from_pylist([{"tmdb_id": "64690"} | film], FILMS),
        pa.Table.from_pylist([{"album_id": "master:3", "title": "Drive (OST)"}], ALBUMS),
        pa.Table.from_pylist([{"album_id": "master:3", "tmdb_id": "64690", "decision": "accept"}], LINKS),
    )
    (edition,) = ranked_editions(catalogue)
    assert edition.film_name == name
    (row,) = csv.DictReader(io.StringIO(write_wantlist(compare([edition], Shelf(), Shelf())).decode("utf-8-sig"), newline=""))
    assert row["Notes"] == f"Soundtrack of {name}; https://www.discogs.com/master/3"


def test_the_wantlist_has_the_columns_of_discogs(two_films: Catalogue) -> None:
    theirs = SHARED_DATA / "exports" / "e54-discogs-wantlist.csv"
    if not theirs.is_file():
        pytest.skip("the shared exports are not here")
    assert next(csv.reader([Path(theirs).read_text(encoding="utf-8-sig").splitlines()[0]])) == WANTLIST.names


def test_the_editions_say_how_they_are_owned_and_wanted(two_films: Catalogue) -> None:
    shelf, wants = (Shelf.of([Album(1, "x", discogs=one)], two_films) for one in ("release:11", "release:20"))
    data = write_editions(compare(ranked_editions(two_films), shelf, wants))
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert {row["edition_id"]: (row["owned"], row["wanted"]) for row in rows} == {
        "release:20": ("", SAME),
        "release:11": (SAME, ""),
        "release:12": (ANOTHER, ""),
        "master:3": ("", ""),
    }
