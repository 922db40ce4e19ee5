"""Inputs that went wrong once, each made small: the facts are those that were reported, the files are written here."""

from pathlib import Path

import pytest

from soundtracks.lists.catalogues import read_catalogue
from soundtracks.lists.read import Reading, read_bytes
from tests.soundtracks.lists.corpus import text


def titles(reading: Reading) -> list[tuple[str | None, int | None]]:
    return [(row["title"], row["year"]) for row in reading.table.to_pylist()]


def test_a_year_under_another_name_is_read_and_tells_namesakes_apart() -> None:
    reading = read_bytes(
        "n.csv",
        text(
            "show_id,type,title,country,date_added,release_year",
            's1,Movie,Gladiator,,"May 1, 2021",2000',
            "s2,Movie,Gladiator,,,1992",
        ),
    )
    assert titles(reading) == [("Gladiator", 2000), ("Gladiator", 1992)]
    assert reading.duplicates == 0
    assert "not used: show_id (no id of TMDB, IMDb or Wikidata)" in reading.notes
    assert "title from title; year from release_year; kind from type" in reading.notes


def test_films_are_told_from_series_episodes_and_games() -> None:
    reading = read_bytes(
        "r.csv",
        text(
            "Const,Title,Title Type,Year",
            "tt0083658,Blade Runner,Movie,1982",
            "tt1,Dark,TV Series,2017",
            "tt2,Pilot,TV Episode,2008",
            "tt3,A Game,Video Game,2010",
        ),
    )
    assert reading.summary() == "r.csv: 1 film, 1 episode left out, 1 game left out, 1 series left out."


@pytest.mark.parametrize(
    ("value", "year"),
    [
        ("1982-06-25", 1982),
        ("(1950)", 1950),
        ("1972.00", 1972),
        ("25/06/1982", 1982),
        ("2017–2020", 2017),
        ("c. 1927", 1927),
        ("soon", None),
    ],
)
def test_a_date_is_a_year_and_the_row_stays(value: str, year: int | None) -> None:
    assert titles(read_bytes("t.csv", text("title,year", f"Film,{value}"))) == [("Film", year)]


def test_a_strange_year_is_said() -> None:
    assert "1 values are no years and count as unknown: 'soon'" in read_bytes("t.csv", text("title,year", "Film,soon")).notes


def test_an_open_quote_costs_its_line_alone() -> None:
    reading = read_bytes("q.csv", text("title,year", "Alien,1979", '"Gladiator,2000', "Ran,1985", "Heat,1995"))
    assert titles(reading) == [("Alien", 1979), ("Ran", 1985), ("Heat", 1995)]
    assert [str(place) for place in reading.places] == ["line 3: a quote that opens and does not close"]


def test_one_bad_line_of_a_catalogue_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "albums.csv"
    path.write_bytes(
        text(
            "album_id,title,artist,year",
            "a1,Blade Runner,Vangelis,1994",
            "a2,I, Robot,Beltrami,2004",
            "a3,Pulp Fiction,Various,1994",
        )
    )
    catalogue = read_catalogue(path, "albums")
    assert catalogue.table["album_id"].to_pylist() == ["a1", "a3"]
    assert catalogue.aside == [("albums.csv", 3, "", "5 values, the heading has 4")]


def test_lists_as_pandas_writes_them_are_lists(tmp_path: Path) -> None:
    path = tmp_path / "albums.csv"
    path.write_bytes(
        text("album_id,title,formats,genres", "1,A,\"['LP', 'Album']\",\"['Stage & Screen']\"", "2,B,LP|Album,Stage & Screen")
    )
    table = read_catalogue(path, "albums").table
    assert table["formats"].to_pylist() == [["LP", "Album"], ["LP", "Album"]]
    assert table["genres"].to_pylist() == [["Stage & Screen"], ["Stage & Screen"]]


def test_a_collection_is_linked_as_it_is_exported(tmp_path: Path) -> None:
    path = tmp_path / "collection.csv"
    path.write_bytes(
        text(
            "Catalog#,Artist,Title,Label,Format,Rating,Released,release_id,CollectionFolder",
            'X,Vangelis (2),Blade Runner,EW,"CD, Album",,1994,1001,All',
        )
    )
    (row,) = read_catalogue(path, "albums").table.to_pylist()
    assert (row["album_id"], row["artist"], row["year"], row["formats"]) == ("release:1001", "Vangelis", 1994, ["CD", "Album"])


def test_films_of_any_export_are_linked_by_the_ids_that_they_have(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_bytes(text("Const,Title,Title Type,Year", "tt0083658,Blade Runner,Movie,1982", "tt1,Dark,TV Series,2017"))
    catalogue = read_catalogue(path, "films")
    assert catalogue.table.select(["tmdb_id", "title", "year"]).to_pylist() == [
        {"tmdb_id": "tt0083658", "title": "Blade Runner", "year": 1982}
    ]
    assert catalogue.aside == [("films.csv", 3, "", "a series, no film")]


def test_headings_in_capitals_and_semicolons_are_read_by_link_too(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    path.write_bytes(text("TMDB_ID;Title;Year", "78;Blade Runner;1982"))
    assert read_catalogue(path, "films").table.select(["tmdb_id", "title", "year"]).to_pylist() == [
        {"tmdb_id": "78", "title": "Blade Runner", "year": 1982}
    ]


def test_escape_sequences_in_a_heading_are_taken_off() -> None:
    reading = read_bytes("e.csv", b"\x1b]0;title\x07\x1b[31mfilm,year\nBlade Runner,1982\n")
    assert titles(reading) == [("Blade Runner", 1982)]
    assert not any("\x1b" in note for note in reading.notes)
