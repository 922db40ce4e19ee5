"""Files that are small and ask for much, and members of ZIP files that are no lists: refused or passed over in words."""

import gzip
import io
import stat
import zipfile
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from soundtracks.errors import BadTitles
from soundtracks.lists import containers, workbooks
from soundtracks.lists.read import Reading, read_bytes

ALIEN = b"title,year\nAlien,1979\n"


def workbook(cells: dict[tuple[int, int], str | int]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    sheet = book.add_worksheet()
    for (row, column), value in cells.items():
        sheet.write(row, column, value)
    book.close()
    return out.getvalue()


def titles(reading: Reading) -> list[str | None]:
    return [film.title for film in reading.films]


def test_a_cell_far_off_does_not_end_our_process() -> None:
    """The library lays sheets out whole: 17 thousand million cells ended the process that read them."""
    book = workbook({(0, 0): "title", (1, 0): "Alien", (1_048_575, 16_383): 1})
    with pytest.raises(BadTitles, match="takes more memory or time than a list may"):
        read_bytes("far.xlsx", book)


def test_a_heading_below_blank_rows_and_columns() -> None:
    reading = read_bytes("films.xlsx", workbook({(2, 1): "Title", (2, 2): "Year", (3, 1): "Alien", (3, 2): 1979, (5, 1): "Ran"}))
    assert [(film.row, film.title, film.year) for film in reading.films] == [(4, "Alien", 1979), (6, "Ran", None)]
    assert "the heading is on line 3" in reading.notes


@pytest.mark.parametrize("nested", [False, True])
def test_a_text_that_a_parquet_file_repeats_is_counted_each_time(nested: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_BYTES", 2**20)
    plots = ["A" * 10_000] * 300
    out = io.BytesIO()
    pq.write_table(pa.table({"title": ["Alien"] * 300, "plot": [[plot] for plot in plots] if nested else plots}), out)
    assert len(out.getvalue()) < 100_000
    with pytest.raises(BadTitles, match="unpacks to more than a list can be"):
        read_bytes("bomb.parquet", out.getvalue())


@pytest.mark.parametrize(
    "data",
    [b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b'{"title":"A","x":' * 5_000 + b"1" + b"}" * 5_000, b"[" * 200_000],
    ids=["objects", "records", "arrays"],
)
def test_json_that_is_nested_without_end_is_refused(data: bytes) -> None:
    with pytest.raises(BadTitles, match="holds no list"):
        read_bytes("deep.json", data)


def test_numbers_of_thousands_of_digits_cost_nothing_but_themselves() -> None:
    long = "1" * 5_000
    reading = read_bytes("x.json", f'[{{"title": "Alien", "year": {long}}}, {{"title": "Ran", "tmdb_id": 1e999}}]'.encode())
    assert [(film.title, film.year, film.tmdb_id) for film in reading.films] == [("Alien", None, None), ("Ran", None, None)]
    assert "1 × no TMDB id in tmdb_id: 'inf'" in reading.notes


def archive(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            made.writestr(name, data)
    return out.getvalue()


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.csv")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


MEMBERS: dict[str, tuple[Callable[[], tuple[str | zipfile.ZipInfo, bytes]], str]] = {
    "link": (lambda: (link(), b"/etc/passwd"), ""),
    "zip": (lambda: ("inner.csv", archive(("x.csv", ALIEN))), "inner.csv not read: inner.csv is a ZIP file within another."),
    "pdf": (lambda: ("a.txt", b"%PDF-1.7 x"), "a.txt not read: a.txt is a PDF, not a list."),
    "binary": (
        lambda: ("b.txt", bytes(range(1, 256)) * 9),
        "b.txt not read: b.txt is no text: it is full of control characters.",
    ),
    "bomb": (
        lambda: ("c.csv.gz", gzip.compress(b"A" * 3_000_000)),
        "c.csv.gz not read: c.csv.gz unpacks to more than a list can be.",
    ),
}


@pytest.mark.parametrize("kind", MEMBERS)
def test_members_that_are_no_lists(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "SMALL", 2**16)
    member, note = MEMBERS[kind]
    reading = read_bytes("x.zip", archive(("a.csv", ALIEN), member()))
    assert titles(reading) == ["Alien"]
    assert note in [*reading.notes, ""]


def test_a_packed_member_is_read() -> None:
    assert titles(read_bytes("x.zip", archive(("films.csv.gz", gzip.compress(ALIEN))))) == ["Alien"]


@pytest.mark.parametrize("name", ["C:\\x.csv", "c:x.csv", "\\\\server\\x.csv", "a/../../x.csv", "..\\x.csv", "/x.csv"])
def test_names_that_climb_out_are_refused(name: str) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = name
    with pytest.raises(BadTitles, match="climbs out"):
        read_bytes("x.zip", archive((info, ALIEN)))


def test_an_entry_of_bibtex_that_does_not_end_costs_itself_alone() -> None:
    entries = "\n".join(
        ["@movie{a, title = {Alien}, year = 1979}", "@movie{b, title = {Ran", "@movie{c, title = {Heat}, year = 1995}"]
    )
    reading = read_bytes("films.bib", f"{entries}\n{'@video{d, title = {Roma}}' * 3}".encode())
    assert (titles(reading), reading.unreadable) == (["Alien", "Heat", "Roma"], 1)
