"""Rows of tables: which of them go on with the record above, and which are records of their own."""

import pytest

from soundtracks.lists.read import read_bytes


@pytest.mark.parametrize("first", ["Rank", "id", "key", "Position", "Const", "ratingKey", "Media ID"])
@pytest.mark.parametrize("second", ["Watched", "imdb_id"])
def test_a_row_with_a_title_is_a_film_though_its_first_cells_are_blank(first: str, second: str) -> None:
    reading = read_bytes("films.csv", f"{first},{second},Title,Year\n1,,Alien,1979\n2,,Heat,1995\n,,Jaws,1975\n,,Up,\n".encode())
    assert [(film.title, film.year, film.other_titles) for film in reading.films] == [
        ("Alien", 1979, ()),
        ("Heat", 1995, ()),
        ("Jaws", 1975, ()),
        ("Up", None, ()),
    ]


@pytest.mark.parametrize(
    ("heading", "rows", "film"),
    [
        ("id,seen,movie.title,movie.year", "1,,Alien,1979\n,,Jaws,1975", ("Jaws", 1975, None, None)),
        ("id,seen,original_title,year", "1,,Alien,1979\n,,Jaws,1975", ("Jaws", 1975, None, None)),
        ("id,seen,name,year", "1,,Alien,1979\n,,Jaws,1975", ("Jaws", 1975, None, None)),
        ("id,seen,What it was,year", "1,,Alien,1979\n,,Jaws,1975", ("Jaws", 1975, None, None)),
        ("id,seen,title,imdb_id", "1,,Alien,tt0078748\n,,,tt0073195", (None, None, "tt0073195", None)),
        ("id,seen,title,tmdb_id", "1,,Alien,348\n,,,578", (None, None, None, "578")),
        ("id,seen,title,url", "1,,Alien,\n,,,https://www.imdb.com/title/tt0073195/", (None, None, "tt0073195", None)),
    ],
)
def test_what_names_a_film_begins_a_record(heading: str, rows: str, film: tuple[object, ...]) -> None:
    found = list(read_bytes("films.csv", f"{heading}\n{rows}\n".encode()).films)
    assert [f.row for f in found] == [2, 3]
    assert (found[1].title, found[1].year, found[1].imdb_id, found[1].tmdb_id) == film


def test_a_row_with_a_year_alone_is_set_aside_and_gives_no_film_another_year() -> None:
    reading = read_bytes(
        "films.csv", b"rank,seen,title,year\n1,x,Alien,1979\n2,x,Heat,1995\n,,,1975\n3,x,Up,2009\n4,x,Her,2013\n"
    )
    assert [film.year for film in reading.films] == [1979, 1995, 2009, 2013]
    assert [(place.line, place.reason) for place in reading.places] == [(4, "no title")]


def test_rows_that_fill_lists_alone_go_on_with_the_record_above() -> None:
    reading = read_bytes(
        "films.csv",
        b"ratingKey,title,year,genre,fields.name,guids.id\n1,Alien,1979,Horror,title,imdb://tt0078748\n"
        b",,,Thriller,summary,tmdb://348\n,,,,,tvdb://1\n2,Heat,1995,Crime,,imdb://tt0113277\n",
    )
    assert [(film.title, film.year, film.imdb_id, film.tmdb_id, film.other_titles) for film in reading.films] == [
        ("Alien", 1979, "tt0078748", "348", ()),
        ("Heat", 1995, "tt0113277", None, ()),
    ]
    assert reading.unreadable == 0
