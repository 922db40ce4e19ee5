"""The reader as a whole: what it says, what it refuses, what it merges, and what it costs."""

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundtracks.errors import BadTitles, LakeError
from soundtracks.lake.lake import Lake
from soundtracks.lists import containers
from soundtracks.lists.films import Film
from soundtracks.lists.gather import Films
from soundtracks.lists.landed import read_landed
from soundtracks.lists.read import read_bytes, read_path
from soundtracks.lists.values import clean
from soundtracks.settings import get_settings
from tests.soundtracks.lists.corpus import text, zipped

# refusals ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("list.txt", b"", "list.txt is empty."),
        ("list.txt", b" \n\n", "list.txt is empty."),
        ("list.csv", text("x,y", "Foo,Bar", "Baz,Qux"), "list.csv: no column can be told to be the title; it has: x, y."),
        ("list.csv", text("title,year"), "list.csv has nothing in it that is a film."),
        ("games.csv", text("Game,Platforms", "Blade Runner,PC"), "games.csv has no film: 1 game."),
        ("list.pdf", b"%PDF-1.7 x", "list.pdf is a PDF, not a list."),
        ("list.txt", b"\x00\x01\x02" * 100, "list.txt is no text: it holds zero bytes."),
        ("list.json", b'{"a": [1, 2]}', "list.json holds no list of films or albums."),
        ("list.zip", zipped({"a.jpg": "x"}), "list.zip holds no file that could be a list."),
        ("list.zip", zipped({"../a.csv": "title\nAlien\n"}), "list.zip: the name '../a.csv' climbs out of the ZIP file."),
        ("list.docx", zipped({"word/document.xml": "x"}), "list.docx is a Word document, not a list."),
    ],
)
def test_refused(name: str, data: bytes, message: str) -> None:
    with pytest.raises(BadTitles) as caught:
        read_bytes(name, data).check_usable()
    assert caught.value.message == message
    assert caught.value.exit_code == 2


def test_who_wants_albums_is_told_what_those_need() -> None:
    with pytest.raises(BadTitles, match=r"x\.txt has no album: 2 films\. Lists of albums need artist and title"):
        read_bytes("x.txt", b"Alien (1979)\nHeat (1995)\n", kind="albums").check_usable()
    empty = b"Catalog#,Artist,Title,Label,Format,Rating,Released,release_id,CollectionFolder,Date Added\r\n"
    with pytest.raises(BadTitles, match=r"^x\.csv has nothing in it that is an album\. Lists of albums need artist and title"):
        read_bytes("x.csv", empty, kind="albums").check_usable()
    assert read_bytes("x.csv", b"artist,title\nVangelis,Blade Runner\n", kind="albums").count == 1


@pytest.mark.parametrize(
    ("name", "content", "left_out"),
    [
        ("x.csv", "series_name\nLost\nThe Wire\n", {"series": 2}),
        ("x.csv", "Show Title;Network\nLost;ABC\nThe Wire;HBO\n", {"series": 2}),
        ("x.csv", "series_name,year,network\nLost,2004,ABC\nThe Wire,2002,HBO\n", {"series": 2}),
        ("x.csv", "tv_show_name,season_number,episode_number\nLost,1,1\nLost,1,2\n", {"episode": 2}),
        ("x.json", '[{"series_name": "Lost"}, {"series_name": "The Wire"}]', {"series": 2}),
    ],
)
def test_a_table_that_names_series_alone_is_counted_and_not_refused(name: str, content: str, left_out: dict[str, int]) -> None:
    reading = read_bytes(name, content.encode())
    assert (reading.count, dict(reading.left_out), reading.unreadable) == (0, left_out, 0)
    with pytest.raises(BadTitles, match=r"x\.\w+ has no film: 2 (series|episodes)\."):
        reading.check_usable()


@pytest.mark.parametrize("column", ["title", "Film", "name"])
def test_the_series_of_a_film_does_not_make_it_one(column: str) -> None:
    reading = read_bytes("x.csv", f"{column},series_name,year\nAlien,Alien,1979\nHeat,,1995\n".encode())
    assert [film.title for film in reading.films] == ["Alien", "Heat"]
    assert dict(reading.left_out) == {}


def test_a_file_of_which_a_third_is_damaged_is_refused_with_the_first_places() -> None:
    rows = ["Alien,1979"] * 6 + ["a,b,1", "a,b,2", "a,b,3"]
    with pytest.raises(
        BadTitles, match=r"3 of its rows cannot be read\. line 8: 3 values, the heading has 2; line 9: .*; line 10: "
    ):
        read_bytes("x.csv", text("title,year", *rows))
    assert read_bytes("x.csv", text("title,year", *rows, "Ran,1985")).unreadable == 3


@pytest.mark.slow
@pytest.mark.parametrize("size", [17 * 2**20, 300 * 2**20])
def test_bombs_are_refused(size: int) -> None:
    with pytest.raises(BadTitles, match="unpacks to"):
        read_bytes("bomb.txt.gz", gzip.compress(b"\n" * size, 9))
    with pytest.raises(BadTitles, match="unpacks to"):
        read_bytes("bomb.zip", zipped({"a.txt": "\n" * size}))


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(zipped({"a.csv": "title\nAlien\n"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + offset] |= 1
    with pytest.raises(BadTitles, match="is encrypted"):
        read_bytes("x.zip", bytes(data))


def test_a_damaged_zip_is_refused() -> None:
    with pytest.raises(BadTitles, match="damaged"):
        read_bytes("x.zip", zipped({"a.csv": "title\nAlien\n"})[:-30])


def test_rows_are_bounded_by_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDTRACKS_MAX_ROWS", "5")
    get_settings.cache_clear()
    try:
        assert read_bytes("x.txt", b"ab\n" * 5).rows == 5
        with pytest.raises(BadTitles, match="more than 5 rows"):
            read_bytes("x.txt", b"ab\n" * 6)
    finally:
        get_settings.cache_clear()


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(2 * 2**30)  # sparse
    with pytest.raises(BadTitles, match=r"huge\.txt is larger than 256 MB"):
        read_path(tmp_path / "huge.txt")


def test_a_line_without_end_is_set_aside() -> None:
    reading = read_bytes("x.txt", b"Alien\n" + b"x" * 70_000 + b"\nRan\n")
    assert [str(place) for place in reading.places] == ["line 2: a line of more than 64 KB"]
    assert reading.table["title"].to_pylist() == ["Alien", "Ran"]


# containers -------------------------------------------------------------------------------------------------------------


def test_a_folder_of_nfo_files_is_a_list(tmp_path: Path) -> None:
    for title in ("Alien", "Ran"):
        (tmp_path / title).mkdir()
        (tmp_path / title / "movie.nfo").write_text(f"<movie><title>{title}</title></movie>\nhttps://www.themoviedb.org/movie/7")
        (tmp_path / title / "poster.jpg").write_bytes(b"x")
    (tmp_path / "link.csv").symlink_to("/etc/passwd")
    reading = read_path(tmp_path)
    assert sorted(reading.table["title"].to_pylist()) == ["Alien"]  # one id: one film
    assert reading.duplicates == 1
    assert "2 other files are no lists (pictures and the like)" in reading.notes


def test_what_its_owner_has_deleted_is_not_read() -> None:
    reading = read_bytes(
        "x.zip",
        zipped(
            {"watched.csv": "Name,Year\nAlien,1979\n", "deleted/diary.csv": "Name,Year\nRan,1985\n", "note.csv": "a,b\nc,d\n"}
        ),
    )
    assert reading.table["title"].to_pylist() == ["Alien"]
    assert "deleted/ not read: deleted entries" in reading.notes
    assert any(note.startswith("note.csv not read") for note in reading.notes)


# films, each once -------------------------------------------------------------------------------------------------------


def test_rows_that_share_an_id_are_one_film_with_all_that_they_know() -> None:
    films = Films()
    films.add(Film(1, "Blade Runner", 1983, tmdb_id="78"))
    films.add(Film(2, "Der Blade Runner", 1982, imdb_id="tt0083658", tmdb_id="78"))
    films.add(Film(3, "Blade Runner", 1983, tmdb_id="78"))
    films.add(Film(4, "Another", None, imdb_id="tt0083658"))
    films.add(Film(5, "Blade Runner", 1982))
    films.add(Film(6, "blade runner", 1982))
    assert list(films) == [
        Film(1, "Blade Runner", 1982, "78", "tt0083658", None, ("Der Blade Runner", "Another")),
        Film(5, "Blade Runner", 1982),
    ]
    assert (films.rows, films.duplicates) == (6, 4)


def test_ids_that_contradict_each_other_make_two_films() -> None:
    films = Films()
    films.add(Film(1, "A", None, tmdb_id="1", imdb_id="tt0000001"))
    films.add(Film(2, "B", None, tmdb_id="1", imdb_id="tt0000002"))
    assert [film.title for film in films] == ["A", "B"]


# where a list lies ------------------------------------------------------------------------------------------------------


def test_a_path_and_a_name_of_the_lake_are_both_read(any_lake: Lake, tmp_path: Path) -> None:
    any_lake.write_bytes("titles/inbox.txt", b"Alien\n")
    (tmp_path / "own.csv").write_text("title\nHeat\n")
    assert read_landed("titles/inbox.txt", any_lake).reading.table["title"].to_pylist() == ["Alien"]
    assert read_landed(str(tmp_path / "own.csv"), any_lake).reading.table["title"].to_pylist() == ["Heat"]


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("titles/none.txt", BadTitles, "There is no title file titles/none.txt."),
        ("/nowhere/none.txt", BadTitles, "There is no title file /nowhere/none.txt."),
        ("https://example.org/list.txt", BadTitles, "https://example.org/list.txt is an address, not a file."),
        ("titles/../../secret.txt", LakeError, "'titles/../../secret.txt' is not a name inside the lake."),
    ],
)
def test_no_list_there(lake: Lake, source: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        read_landed(source, lake)
    assert caught.value.message == message  # type: ignore[attr-defined]


def test_another_version_than_that_of_the_event_is_refused(any_lake: Lake) -> None:
    any_lake.write_bytes("titles/list.txt", b"Alien\n")
    sha256 = read_landed("titles/list.txt", any_lake).sha256
    assert read_landed("titles/list.txt", any_lake, expected_version=sha256).reading.rows == 1
    assert read_landed("titles/list.txt", any_lake, expected_version=any_lake.etag("titles/list.txt")).reading.rows == 1
    with pytest.raises(BadTitles, match="no longer the version"):
        read_landed("titles/list.txt", any_lake, expected_version="0" * 64)


def test_a_file_of_the_lake_that_is_too_large_is_not_fetched(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.write_bytes("titles/large.txt", b"Alien\nAliens\n")
    monkeypatch.setattr("soundtracks.lists.landed.MAX_BYTES", 10)
    with pytest.raises(BadTitles, match="is larger than"):
        read_landed("titles/large.txt", lake)


# properties -------------------------------------------------------------------------------------------------------------

# Letter by letter: for whole texts hypothesis also takes words of the modules that happen to be loaded, and "AKA" means something.
WORD = st.lists(st.characters(whitelist_categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=8).map("".join)
SIGN = st.sampled_from([" ", ", ", "; ", " | ", '"', "'", ": ", " - ", "! ", "\t", "\n", "’", " & "])
TITLE = st.builds(
    lambda words, signs: "x" + "".join(a + b for a, b in zip(words, [*signs, ""], strict=False)) + "z",
    st.lists(WORD, min_size=1, max_size=4),
    st.lists(SIGN, max_size=3),
).filter(lambda title: clean(title) == " ".join(title.split()))  # "ÂŠ" would be undone: it was read in a wrong encoding
ROW = st.tuples(TITLE, st.one_of(st.none(), st.integers(1874, 2030)), st.integers(1, 10**7))


@given(
    st.lists(ROW, min_size=1, max_size=8, unique_by=lambda row: row[2]),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.permutations(["title", "year", "tmdb_id"]),
)
@pytest.mark.slow
def test_what_we_write_is_read_again_in_any_dialect(rows, delimiter, quoting, end, encoding, order) -> None:  # type: ignore[no-untyped-def]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(order)
    for title, year, tmdb_id in rows:
        writer.writerow([{"title": title, "year": year or "", "tmdb_id": tmdb_id}[name] for name in order])
    reading = read_bytes("list.csv", out.getvalue().encode(encoding))
    assert reading.unreadable == 0
    got = [(r["tmdb_id"], r["title"], r["year"]) for r in reading.table.to_pylist()]
    assert got == [(str(tmdb_id), " ".join(title.split()), year) for title, year, tmdb_id in rows]
    as_json = json.dumps([{"title": title, "year": year, "ids": {"tmdb": tmdb_id}} for title, year, tmdb_id in rows])
    assert [(r["tmdb_id"], r["title"], r["year"]) for r in read_bytes("l.json", as_json.encode()).table.to_pylist()] == got


@given(st.binary(max_size=400), st.sampled_from(["x.txt", "x.csv", "x.json", "x.xml", "x.zip", "x.xlsx", "x.parquet", "x.nfo"]))
@pytest.mark.slow
def test_any_bytes_are_read_or_refused_with_our_error(data: bytes, name: str) -> None:
    try:
        reading = read_bytes(name, data)
    except BadTitles:
        return
    assert reading.table.num_rows + reading.duplicates == reading.rows or reading.kind == "albums"


@given(
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=200),
    st.sampled_from(["", "[", "{", "<", '"', "title,year\n", "[{", "<a>"]),
)
@pytest.mark.slow
def test_any_text_is_read_or_refused_with_our_error(content: str, start: str) -> None:
    for name in ("x.txt", "x.csv", "x.json", "x.xml"):
        try:
            read_bytes(name, (start + content).encode())
        except BadTitles:
            continue


def test_the_folder_and_zip_bounds_are_those_of_a_file() -> None:
    assert containers.MAX_BYTES == 256 * 2**20
    assert zipfile.is_zipfile(io.BytesIO(zipped({"a": "b"})))
