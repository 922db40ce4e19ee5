"""Catalogues of `link`: canonical files keep what they say."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from soundtracks.errors import BadInput
from soundtracks.lists.catalogue_columns import split_list
from soundtracks.lists.catalogues import Catalogue, read_catalogue, write_aside
from soundtracks.lists.read import read_path
from soundtracks.records import ALBUMS, FILMS


def read(tmp_path: Path, content: str | bytes, kind: str = "films") -> Catalogue:
    path = tmp_path / f"{kind}.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_catalogue(path, kind)  # type: ignore[arg-type]


def test_lists_years_and_quotes_are_read(tmp_path: Path) -> None:
    text = (
        'tmdb_id,title,alternative_titles,year,composers,extra\n862,"Toy, ""Story""",Juguetes| Spielzeug |,1995,Randy Newman,x\n'
    )
    catalogue = read(tmp_path, text)
    assert catalogue.table.schema == FILMS
    (row,) = catalogue.table.to_pylist()
    assert (row["tmdb_id"], row["title"], row["year"]) == ("862", 'Toy, "Story"', 1995)
    assert (row["alternative_titles"], row["composers"], row["original_title"]) == (
        ["Juguetes", "Spielzeug"],
        ["Randy Newman"],
        None,
    )
    assert catalogue.aside == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Home,1999", "no tmdb_id"),
        ("2,,1999", "no title"),
        ("2,   ,1999", "no title"),
        ("1,Again,1999", "tmdb_id stands in an earlier row"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(row: str, reason: str, tmp_path: Path) -> None:
    catalogue = read(tmp_path, f"tmdb_id,title,year\n1,Good,2000\n{row}\n")
    assert catalogue.table["tmdb_id"].to_pylist() == ["1"]
    assert [(line, why) for _, line, _, why in catalogue.aside] == [(3, reason)]
    write_aside(catalogue.aside, tmp_path / "quarantine.csv")
    assert (tmp_path / "quarantine.csv").read_text(encoding="utf-8").splitlines()[0] == "file,row,id,reason"


def test_what_is_too_long_is_cut_and_told(tmp_path: Path) -> None:
    text = f"album_id,title,artist\nrelease:1,{'t' * 501},{'a' * 500}\nrelease:2,Title,{'ä' * 700}\nrelease:3,Title,\n"
    catalogue = read(tmp_path, text, "albums")
    assert catalogue.table.schema == ALBUMS
    assert catalogue.table["title"].to_pylist() == ["t" * 500, "Title", "Title"]
    assert catalogue.table["artist"].to_pylist() == ["a" * 500, "ä" * 500, None]
    assert catalogue.notes == ["1 × title longer than 500 characters, cut", "1 × artist longer than 500 characters, cut"]


def test_the_artist_of_a_list_is_cut_and_told(tmp_path: Path) -> None:
    text = f"Artist,Album,Year,MusicBrainz Release Id\n{'b ' * 300},Score,1990,\nBand,Other,1991,\n"
    catalogue = read(tmp_path, text, "albums")
    assert [len(artist) for artist in catalogue.table["artist"].to_pylist()] == [499, 4]
    assert "1 × artist longer than 500 characters, cut" in catalogue.notes
    assert "1 × artist longer than 500 characters, cut" in read_path(tmp_path / "albums.csv", kind="albums").notes


@pytest.mark.parametrize(("year", "read_as"), [("soon", None), ("-5", None), ("99999", None), ("0", None), ("2013-04-20", 2013)])
def test_a_year_that_is_none_is_unknown_and_the_row_stays(year: str, read_as: int | None, tmp_path: Path) -> None:
    assert read(tmp_path, f"tmdb_id,title,year\n1,Good,{year}\n").table["year"].to_pylist() == [read_as]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"tmdb_id,title\n", "has no films that can be read"),
        (b"tmdb_id,title\n,\n1,\n", "none of its 1 rows can be used; the first: no title"),
        (b"PAR1 and then nonsense", "is a damaged Parquet file"),
        (b"%PDF-1.7", "is a PDF, not a list"),
        (b"x,y\nFoo,Bar\n", "has no films that can be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_bad_input(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=message):
        read(tmp_path, content)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_catalogue(tmp_path / "missing.csv", "albums")


def test_numbers_in_titles_stay_text_and_ids_are_kept_as_they_are(tmp_path: Path) -> None:
    rows = read(tmp_path, "tmdb_id,title\n007,1984\ntt1,Movie (1999)\n").table.select(["tmdb_id", "title"]).to_pylist()
    assert rows == [{"tmdb_id": "007", "title": "1984"}, {"tmdb_id": "tt1", "title": "Movie (1999)"}]


def test_parquet_with_other_types_is_taken(tmp_path: Path) -> None:
    table = pa.table({"album_id": [7, 8], "title": ["Home", None], "year": [1999.0, None], "genres": [["Stage & Screen"], []]})
    pq.write_table(table, tmp_path / "albums.parquet")
    catalogue = read_catalogue(tmp_path / "albums.parquet", "albums")
    assert catalogue.table.schema == ALBUMS
    (row,) = catalogue.table.to_pylist()
    assert (row["album_id"], row["year"], row["genres"]) == ("7", 1999, ["Stage & Screen"])
    assert catalogue.aside == [("albums.parquet", 2, "8", "no title")]


def test_tracks_are_gathered_into_albums(tmp_path: Path) -> None:
    text = "title,artist,album,albumartist,year\nMain Titles,Vangelis,Blade Runner,Vangelis,1994\nTears,Vangelis,Blade Runner,Vangelis,1994\n"
    (row,) = read(tmp_path, text, "albums").table.to_pylist()
    assert (row["album_id"], row["title"], row["artist"], row["year"]) == (
        "own:blade-runner:vangelis:1994",
        "Blade Runner",
        "Vangelis",
        1994,
    )


def test_plain_lines_are_films_but_no_catalogue_of_albums(tmp_path: Path) -> None:
    assert read(tmp_path, "Alien (1979)\n").table.select(["tmdb_id", "title", "year"]).to_pylist() == [
        {"tmdb_id": "own:alien:1979", "title": "Alien", "year": 1979}
    ]
    with pytest.raises(BadInput, match="plain lines"):
        read(tmp_path, "Alien (1979)\n", "albums")


@pytest.mark.parametrize("text", ["久石譲、坂本龍一", "久石譲，坂本龍一", "久石譲, 坂本龍一", "久石譲|坂本龍一"])
def test_names_are_told_apart_by_the_commas_of_their_language(text: str) -> None:
    assert split_list(text, commas=True) == ["久石譲", "坂本龍一"]
