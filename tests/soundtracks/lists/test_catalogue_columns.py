"""Tables of one's own: ids and titles are exact, the other columns are known by the names that lists have."""

import json
from pathlib import Path

import pytest

from soundtracks.lists.catalogues import read_catalogue


@pytest.mark.parametrize(
    ("head", "values", "wanted", "notes"),
    [
        (
            "album_id,title,artists,release_year,genre,style,format",
            '1,Heat (1995),Various,1995-05-02,"Stage & Screen, Rock",Soundtrack,CD',
            {
                "artist": "Various",
                "year": 1995,
                "genres": ["Stage & Screen", "Rock"],
                "styles": ["Soundtrack"],
                "formats": ["CD"],
            },
            [
                "album_id from album_id; title from title; artist from artists; year from release_year; genres from genre;"
                " styles from style; formats from format"
            ],
        ),
        (
            "album_id,Title,Artist,Year,Genre,shelf",
            "1,Heat (1995),Various,1995,Rock,3",
            {"artist": "Various", "year": 1995, "genres": ["Rock"]},
            [
                "album_id from album_id; title from Title; artist from Artist; year from Year; genres from Genre",
                "not read: shelf",
            ],
        ),
        (
            "album_id,title,artist,year,genres",
            '1,Heat (1995),Various,1995,"Folk, World, & Country|Rock"',
            {"artist": "Various", "year": 1995, "genres": ["Folk, World, & Country", "Rock"]},
            [],
        ),
        (
            "album_id,title,composer,date",
            "1,Heat (1995),Elliot Goldenthal,1995-05-02",
            {"artist": "Elliot Goldenthal", "year": 1995},
            ["album_id from album_id; title from title; artist from composer; year from date"],
        ),
    ],
)
def test_columns_of_albums(head: str, values: str, wanted: dict[str, object], notes: list[str], tmp_path: Path) -> None:
    (tmp_path / "albums.csv").write_text(f"{head}\n{values}\n", encoding="utf-8")
    catalogue = read_catalogue(tmp_path / "albums.csv", "albums")
    (row,) = catalogue.table.to_pylist()
    assert {name: value for name, value in row.items() if value} == {"album_id": "1", "title": "Heat (1995)"} | wanted
    assert catalogue.notes == notes


@pytest.mark.parametrize(
    ("head", "values", "wanted", "notes"),
    [
        (
            "tmdb_id,title,year,composer",
            '1,Heat (US),1995,"Elliot Goldenthal, Moby"',
            {"year": 1995, "composers": ["Elliot Goldenthal", "Moby"]},
            ["tmdb_id from tmdb_id; title from title; year from year; composers from composer"],
        ),
        (
            "tmdb_id,title,release_year,music,IMDb URL,Director",
            "1,Heat (US),1995,Elliot Goldenthal,https://www.imdb.com/title/tt0113277/,Michael Mann",
            {"year": 1995, "composers": ["Elliot Goldenthal"], "imdb_id": "tt0113277"},
            [
                "tmdb_id from tmdb_id; title from title; year from release_year; composers from music; imdb_id from IMDb URL",
                "not read: Director",
            ],
        ),
        (
            "tmdb_id,title,release_date,barcode",
            "1,Heat (US),2010-01-01,4006381333931",
            {},
            ["not read: barcode, release_date"],
        ),
        (
            "tmdb_id,title,year,Also known as",
            '1,Heat (US),1998,"Run, Lola, Run"',
            {"year": 1998, "alternative_titles": ["Run, Lola, Run"]},
            ["tmdb_id from tmdb_id; title from title; year from year; alternative_titles from Also known as"],
        ),
        (
            "tmdb_id,title,year,Also known as",
            '1,Heat (US),1998,"Run, Lola, Run|Corre, Lola"',
            {"year": 1998, "alternative_titles": ["Run, Lola, Run", "Corre, Lola"]},
            ["tmdb_id from tmdb_id; title from title; year from year; alternative_titles from Also known as"],
        ),
        ("tmdb_id,title,year,listed", "1,Heat (US),1995,true", {"year": 1995, "listed": True}, []),
    ],
)
def test_columns_of_films(head: str, values: str, wanted: dict[str, object], notes: list[str], tmp_path: Path) -> None:
    (tmp_path / "films.csv").write_text(f"{head}\n{values}\n", encoding="utf-8")
    catalogue = read_catalogue(tmp_path / "films.csv", "films")
    (row,) = catalogue.table.to_pylist()
    assert {name: value for name, value in row.items() if value} == {"tmdb_id": "1", "title": "Heat (US)"} | wanted
    assert catalogue.notes == notes


def test_several_artists_are_joined_and_the_first_column_that_says_something_counts(tmp_path: Path) -> None:
    rows = [
        {"album_id": "1", "title": "Gladiator", "artists": ["Hans Zimmer", "Lisa Gerrard", "Hans Zimmer"], "released": "2000"},
        {"album_id": "2", "title": "Heat", "artists": [], "creator": "Various", "release_year": "soon", "released": "1995"},
    ]
    (tmp_path / "albums.json").write_text(json.dumps(rows), encoding="utf-8")
    table = read_catalogue(tmp_path / "albums.json", "albums").table
    assert table["artist"].to_pylist() == ["Hans Zimmer / Lisa Gerrard", "Various"]
    assert table["year"].to_pylist() == [2000, 1995]
