from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from soundtracks.errors import BadInput
from soundtracks.lists.catalogues import SetAside, read_albums, read_films


@pytest.fixture
def csv(tmp_path: Path):
    def write(text: str | bytes, name: str = "films.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_lists_years_and_quotes_are_read(csv) -> None:
    text = (
        'tmdb_id,title,alternative_titles,year,composers,extra\n862,"Toy, ""Story""",Juguetes| Spielzeug |,1995,Randy Newman,x\n'
    )
    films, aside = read_films(csv(text))
    assert films.to_pylist()[0] | {"tmdb_id": "862"} == films.to_pylist()[0]
    assert films["title"].to_pylist() == ['Toy, "Story"']
    assert films["alternative_titles"].to_pylist() == [["Juguetes", "Spielzeug"]]
    assert films["composers"].to_pylist() == [["Randy Newman"]]
    assert films["year"].to_pylist() == [1995]
    assert films["original_title"].to_pylist() == [None]
    assert aside.rows == []


@pytest.mark.parametrize(
    ("text", "year"),
    [("1995", 1995), ("1995.0", 1995), ("2013-04-20", 2013), ("1986-05", 1986), ("0", None), ("", None), (" 1995 ", 1995)],
)
def test_years_as_people_write_them(text: str, year: int | None, csv) -> None:
    films, _ = read_films(csv(f"tmdb_id,title,year\n1,Home,{text}\n"))
    assert films["year"].to_pylist() == [year]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Home,1999", "no tmdb_id"),
        ("2,,1999", "no title"),
        ("2,   ,1999", "no title"),
        ("2,Home,soon", "year 'soon' is no year"),
        ("2,Home,-5", "year '-5' is no year"),
        ("2,Home,99999", "year '99999' is no year"),
        ("1,Again,1999", "tmdb_id stands in an earlier row"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(row: str, reason: str, csv, tmp_path: Path) -> None:
    films, aside = read_films(csv(f"tmdb_id,title,year\n1,Good,2000\n{row}\n"))
    assert films["tmdb_id"].to_pylist() == ["1"]
    assert [(line, why) for _, line, _, why in aside.rows] == [(3, reason)]
    aside.write(tmp_path / "quarantine.csv")
    assert (tmp_path / "quarantine.csv").read_text(encoding="utf-8").splitlines()[0] == "file,row,id,reason"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"tmdb_id,title\n", "no rows"),
        (b"tmdb_id,name\n1,Home\n", "column title missing"),
        (b"name\nHome\n", "column tmdb_id and title missing"),
        ("tmdb_id,title\n1,Am\xe9lie\n".encode("latin-1"), "is not UTF-8"),
        (b"tmdb_id,title\n,\n", "none of its 1 rows can be used"),
        (b"tmdb_id,title\n1,Home,2,3\n", "neither CSV nor Parquet"),
        (b"PAR1 and then nonsense", "neither CSV nor Parquet"),
        (b"tmdb_id,title,title\n1,a,b\n", "stands twice"),
    ],
)
def test_a_file_that_cannot_be_used_is_bad_input(content: bytes, message: str, csv) -> None:
    with pytest.raises(BadInput, match=message):
        read_films(csv(content))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_albums(tmp_path / "missing.csv")


def test_a_byte_order_mark_is_no_part_of_a_name(csv) -> None:
    films, _ = read_films(csv(b"\xef\xbb\xbftmdb_id,title\n1,Home\n"))
    assert films["tmdb_id"].to_pylist() == ["1"]


def test_numbers_in_titles_stay_text(csv) -> None:
    films, _ = read_films(csv("tmdb_id,title\n007,1984\n"))
    assert films.select(["tmdb_id", "title"]).to_pylist() == [{"tmdb_id": "007", "title": "1984"}]


def test_parquet_with_other_types_is_taken(tmp_path: Path) -> None:
    table = pa.table({"album_id": [7, 8], "title": ["Home", None], "year": [1999.0, None], "genres": [["Stage & Screen"], []]})
    pq.write_table(table, tmp_path / "albums.parquet")
    albums, aside = read_albums(tmp_path / "albums.parquet")
    assert albums["album_id"].to_pylist() == ["7"]
    assert albums["year"].to_pylist() == [1999]
    assert albums["genres"].to_pylist() == [["Stage & Screen"]]
    assert aside == SetAside([("albums.parquet", 2, "8", "no title")])


def test_a_column_of_another_kind_is_bad_input(tmp_path: Path) -> None:
    pq.write_table(pa.table({"album_id": ["7"], "title": [["Home"]]}), tmp_path / "albums.parquet")
    with pytest.raises(BadInput, match="column title is list"):
        read_albums(tmp_path / "albums.parquet")
