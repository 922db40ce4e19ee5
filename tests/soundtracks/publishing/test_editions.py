"""Every edition of a film's music, ranked."""

import csv
import io

import pyarrow as pa
import pytest

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.editions import EDITION_COLUMNS, kind_of, ranked_editions, write_editions
from soundtracks.publishing.options import Options
from soundtracks.records import ALBUMS, FILMS, LINKS

ALIEN = {"tmdb_id": "348", "title": "Alien", "year": 1979}


def linked(*albums: dict, films: tuple[dict, ...] = (ALIEN,), to: str = "348") -> Catalogue:
    """Albums that are all linked to one film; `p` in an album is the link's probability."""
    links = [
        {"album_id": a["album_id"], "tmdb_id": a.get("to", to), "decision": "accept", "probability": a.get("p", 0.99)}
        for a in albums
    ]
    rows = [
        {name: value for name, value in a.items() if name in ALBUMS.names} | {"title": a.get("title", "Alien")} for a in albums
    ]
    return Catalogue(
        pa.Table.from_pylist(list(films), FILMS), pa.Table.from_pylist(rows, ALBUMS), pa.Table.from_pylist(links, LINKS)
    )


@pytest.mark.parametrize(
    ("formats", "kind"),
    [
        ([], "album"),
        (["Vinyl", "LP", "Album", "Reissue"], "album"),
        (["CD", "Compilation"], "album"),
        (["Vinyl", '12"', "EP"], "EP"),
        (["Vinyl", '7"', "Single"], "single"),
        (["Vinyl", '7"'], "single"),
        (["Vinyl", '7"', "EP"], "EP"),
        (["Vinyl", "LP", "Album", "Promo"], "promotional"),
        (["CD", "Album", "Unofficial Release"], "unofficial"),
        (["CD", "Album", "Promo", "Unofficial Release"], "unofficial"),
        (["CD", "Comp", "Smplr"], "promotional"),
        (["cassette", "ALBUM"], "album"),
    ],
)  # fmt: skip
def test_what_an_edition_is(formats: list[str], kind: str) -> None:
    assert kind_of(formats) == kind


def order(*albums: dict) -> list[tuple[int, int, str]]:
    return [(e.album_rank, e.edition_rank, e.id) for e in ranked_editions(linked(*albums))]


def pressing(number: int, year: int | None, *formats: str, master: str = "1", **more: object) -> dict:
    return {"album_id": f"release:{number}", "master_id": f"master:{master}", "year": year, "formats": list(formats), **more}


def test_editions_of_an_album() -> None:
    assert order(
        {"album_id": "master:1", "first_year": 1979},
        pressing(9, 1979, "Vinyl", "LP", "Unofficial Release"),
        pressing(8, 1978, "Vinyl", "LP", "Promo"),
        pressing(7, 1979, "CD", "Album", "Reissue"),
        pressing(6, None, "Vinyl", "LP", "Album"),
        pressing(5, 1980, "Cassette", "Album"),
        pressing(4, 1979, "Vinyl", "LP", "Album"),
        pressing(3, 1979, "Vinyl", "LP", "Album"),
    ) == [(1, rank, f"release:{number}") for rank, number in enumerate((3, 4, 5, 6, 7, 8, 9), 1)]


def test_albums_of_a_film() -> None:
    single = pressing(20, 1979, "Vinyl", '7"', "Single", master="2")
    later = pressing(30, 1999, "CD", "Album", master="3", first_year=1999)
    likely = pressing(40, 1979, "CD", "Album", master="4", first_year=1979, p=0.999)
    unsure = pressing(50, 1979, "CD", "Album", master="5", first_year=1979, p=0.91)
    undated = pressing(60, None, "CD", "Album", master="6")
    bootleg = pressing(70, 1979, "CD", "Album", "Unofficial Release", master="7", first_year=1979)
    assert [i for _, _, i in order(bootleg, single, undated, unsure, later, likely)] == [
        f"release:{number}" for number in (40, 50, 30, 60, 20, 70)
    ]


def test_the_composers_own_record_goes_before_others_renderings() -> None:
    albums = (
        pressing(10, 1979, "Vinyl", "LP", master="1", artist="The Film Orchestra", first_year=1979),
        pressing(20, 1999, "CD", master="2", artist="Jerry Goldsmith (2)", first_year=1999),
        pressing(30, 2001, "CD", master="3", artist="Various", first_year=2001),
        pressing(40, 2003, "CD", master="4", first_year=2003),
        pressing(50, 2005, "CD", master="5", artist="Jerry Goldsmith & The National Philharmonic", first_year=2005),
    )
    composed = ALIEN | {"composers": ["Jerry Goldsmith"]}
    assert [e.id for e in ranked_editions(linked(*albums, films=(composed,)))] == [f"release:{n}" for n in (20, 30, 40, 50, 10)]
    assert [e.id for e in ranked_editions(linked(*albums))] == [f"release:{n}" for n in (10, 20, 30, 40, 50)]


def test_a_master_without_known_releases_is_an_edition_itself() -> None:
    assert order({"album_id": "master:1", "first_year": 1979}) == [(1, 1, "master:1")]
    assert order({"album_id": "release:1", "year": 1979}) == [(1, 1, "release:1")]


def test_an_album_of_two_films_stands_with_both() -> None:
    both = linked({"album_id": "release:1"}, films=(ALIEN, {"tmdb_id": "679", "title": "Aliens", "year": 1986}))
    links = pa.concat_tables(
        [both.links, pa.Table.from_pylist([{"album_id": "release:1", "tmdb_id": "679", "decision": "accept"}], LINKS)]
    )
    found = ranked_editions(Catalogue(both.films, both.albums, links))
    assert [(e.film_id, e.album_rank) for e in found] == [("348", 1), ("679", 1)]


def test_the_file(pressed: Catalogue, empty: Catalogue) -> None:
    rows = list(csv.DictReader(io.StringIO(write_editions(pressed, Options()).decode("utf-8-sig"), newline="")))
    assert list(rows[0]) == list(EDITION_COLUMNS)
    assert [(r["edition_id"], r["kind"], r["country"], r["catalogue_number"], r["url"]) for r in rows] == [
        ("release:11", "album", "US", "T-593", "https://www.discogs.com/release/11"),
        ("release:12", "album", "", "", "https://www.discogs.com/release/12"),
    ]
    assert write_editions(empty, Options()).decode().strip().split(",") == list(EDITION_COLUMNS)


def test_hostile_names_stay_text(catalogue: Catalogue) -> None:
    text = write_editions(catalogue, Options()).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline="")):
        assert not [cell for cell in row if cell[:1] in ("=", "+", "-", "@")]
