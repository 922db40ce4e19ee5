"""Title files: what is read, what is set aside, what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundtracks.errors import BadTitles, LakeError
from soundtracks.lake.lake import Lake
from soundtracks.lists import titles as titles_module
from soundtracks.lists.titles import parse_titles, read_titles
from tests.conftest import blob_lake


def rows(name: str, text: str) -> list[tuple[str, int | None, str | None]]:
    return [(r["title"], r["year"], r["tmdb_id"]) for r in parse_titles(name, text.encode()).table.to_pylist()]


@pytest.mark.parametrize(
    ("line", "title", "year"),
    [
        ("Alien", "Alien", None),
        ("Alien (1979)", "Alien", 1979),
        ("  Alien   (1979)  ", "Alien", 1979),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
        ("(500) Days of Summer", "(500) Days of Summer", None),
        ("2012 (2009)", "2012", 2009),
        ("1917", "1917", None),
        ("#Alive (2020)", "#Alive", 2020),
        ("Amélie", "Amélie", None),
        ("千と千尋の神隠し (2001)", "千と千尋の神隠し", 2001),
        ("🎬🍿", "🎬🍿", None),
        ('"""', '"""', None),
        ("a, b; c", "a, b; c", None),
        ("<script>alert(1)</script> (1999)", "<script>alert(1)</script>", 1999),
        ("x" * 500, "x" * 500, None),
        ("Movie (director's cut)", "Movie (director's cut)", None),
        ("(1999)", "(1999)", None),
    ],
)
def test_text_line(line: str, title: str, year: int | None) -> None:
    assert rows("list.txt", line + "\n") == [(title, year, None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title\nAlien\n", [("Alien", None, None)]),
        ("title,year,tmdb_id\nAlien,1979,348\n", [("Alien", 1979, "348")]),
        ("\ufeffTitle,Year\nAlien,1979\n", [("Alien", 1979, None)]),
        ("tmdb_id;year;title\n348;1979;Alien\n", [("Alien", 1979, "348")]),
        ("title\tyear\nAlien\t1979.0\n", [("Alien", 1979, None)]),
        ('title,year\n"I, Robot",2004\n', [("I, Robot", 2004, None)]),
        ('title\n"""Crocodile"" Dundee"\n', [('"Crocodile" Dundee', None, None)]),
        ("title,year,seen\nAlien,,yes\n", [("Alien", None, None)]),
        ("title,year\nAlien,0\n", [("Alien", None, None)]),
        ("title,year\n\nAlien,1979\n,,\n", [("Alien", 1979, None)]),
        ("title,year\nAlien\n", [("Alien", None, None)]),
        ("title\r\nAlien\r\nAliens\r\n", [("Alien", None, None), ("Aliens", None, None)]),
    ],
)
def test_csv(text: str, expected: list[tuple[str, int | None, str | None]]) -> None:
    assert rows("list.csv", text) == expected


def test_duplicates_are_asked_once_and_the_first_stays() -> None:
    listed = parse_titles("list.txt", b"Alien (1979)\nHeat\nALIEN  (1979)\nAlien\n")
    assert [(r["row"], r["title"]) for r in listed.table.to_pylist()] == [(1, "Alien"), (2, "Heat"), (4, "Alien")]
    assert (listed.rows, listed.duplicates) == (4, 1)


def test_unreadable_year_is_set_aside_with_its_reason() -> None:
    listed = parse_titles("list.csv", b"title,year\nAlien,nineteen\nHeat,1995\n")
    assert [r["title"] for r in listed.table.to_pylist()] == ["Heat"]
    (rejected,) = listed.rejected.to_pylist()
    assert (rejected["rule"], rejected["column"], rejected["value"]) == ("readable_year", "year", "nineteen")
    assert '"Alien"' in rejected["row"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("list.txt", b"", "list.txt is empty."),
        ("list.txt", b"\xef\xbb\xbf \n\n", "list.txt is empty."),
        ("list.txt", b"Alien\nAm\xe9lie\n", "list.txt is not UTF-8: line 2 holds the byte 0xe9."),
        ("list.csv", b"name,year\nAlien,1979\n", "list.csv has no column title; it has: name, year."),
        ("list.txt", "Alien".encode("utf-16"), "list.txt is not UTF-8: line 1 holds the byte 0xff."),
    ],
)
def test_unreadable_file(name: str, data: bytes, message: str) -> None:
    with pytest.raises(BadTitles) as caught:
        parse_titles(name, data)
    assert caught.value.message == message
    assert caught.value.exit_code == 2


def test_a_path_and_a_name_of_the_lake_are_both_read(lake: Lake, tmp_path: Path) -> None:
    lake.write_bytes("titles/inbox.txt", b"Alien\n")
    (tmp_path / "own.csv").write_text("title\nHeat\n")
    assert read_titles("titles/inbox.txt", lake).table["title"].to_pylist() == ["Alien"]
    assert read_titles(str(tmp_path / "own.csv"), lake).table["title"].to_pylist() == ["Heat"]


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("titles/none.txt", BadTitles, "There is no title file titles/none.txt."),
        ("/nowhere/none.txt", BadTitles, "There is no title file /nowhere/none.txt."),
        ("titles/list.exe", BadTitles, "list.exe is no title file: its name must end with .txt, .csv or .tsv."),
        ("titles/../../secret.txt", LakeError, "'titles/../../secret.txt' is no name inside the lake."),
        ("titles/folder.txt", BadTitles, "titles/folder.txt is a folder, not a title file."),
    ],
)
def test_no_title_file(lake: Lake, source: str, error: type[Exception], message: str) -> None:
    lake.write_bytes("titles/folder.txt/x", b"")
    with pytest.raises(error) as caught:
        read_titles(source, lake)
    assert caught.value.message == message  # type: ignore[attr-defined]


def test_a_huge_line_is_refused_without_reading_on(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lake.path("titles/huge.txt")
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.truncate(2 * 2**30)  # sparse: 2 GB of zero bytes in one line
    with pytest.raises(BadTitles, match="has a line of more than 64 KB"):
        read_titles("titles/huge.txt", lake)


def test_a_line_across_chunks_is_measured_whole(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(titles_module, "CHUNK", 10)
    monkeypatch.setattr(titles_module, "MAX_LINE", 25)
    lake.write_bytes("titles/ok.txt", b"x" * 25 + b"\n" + b"y" * 25 + b"\n")
    assert read_titles("titles/ok.txt", lake).rows == 2
    lake.write_bytes("titles/long.txt", b"ok\n" + b"x" * 26 + b"\n")
    with pytest.raises(BadTitles, match="has a line of more than"):
        read_titles("titles/long.txt", lake)


def test_a_large_file_is_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(titles_module, "MAX_FILE", 10)
    lake.write_bytes("titles/large.txt", b"Alien\nAliens\n")
    with pytest.raises(BadTitles, match=r"large\.txt is larger than"):
        read_titles("titles/large.txt", lake)


def test_a_file_that_changes_while_it_is_read_is_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.write_bytes("titles/list.txt", b"Alien\n")
    versions = iter([("before",), ("after",)])
    monkeypatch.setattr(titles_module, "_version", lambda path: next(versions))
    with pytest.raises(BadTitles, match="changed while it was read"):
        read_titles("titles/list.txt", lake)


def test_another_version_than_the_event_told_is_refused(lake: Lake) -> None:
    lake.write_bytes("titles/list.txt", b"Alien\n")
    sha256 = read_titles("titles/list.txt", lake).sha256
    assert read_titles("titles/list.txt", lake, expected_version=sha256).rows == 1
    with pytest.raises(BadTitles, match="no longer the version"):
        read_titles("titles/list.txt", lake, expected_version="0" * 64)


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=200))
def test_any_text_parses_or_is_refused_with_our_error(text: str) -> None:
    for name in ("list.txt", "list.csv"):
        try:
            listed = parse_titles(name, text.encode())
        except BadTitles:
            continue
        assert listed.rows == listed.table.num_rows + listed.duplicates + listed.rejected.num_rows


def test_a_title_file_in_blob_storage_is_read(azurite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = blob_lake(azurite)
    lake.write_bytes("titles/list.txt", "Amélie (2001)\n".encode())
    read = read_titles("titles/list.txt", lake, expected_version=f'"{lake.etag("titles/list.txt")}"')
    assert [(row["title"], row["year"]) for row in read.table.to_pylist()] == [("Amélie", 2001)]
    for source, message in (("titles/none.txt", "There is no title file"), ("titles/list.xml", "must end with")):
        with pytest.raises(BadTitles, match=message):
            read_titles(source, lake)
    monkeypatch.setattr(titles_module, "MAX_FILE", 10)
    with pytest.raises(BadTitles, match=r"list\.txt is larger than"):
        read_titles("titles/list.txt", lake)
