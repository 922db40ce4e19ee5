"""soundtracks.xlsx, as a reader of its own field opens it."""

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from lxml import etree
from python_calamine import CalamineWorkbook

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.editions import EDITION_COLUMNS
from soundtracks.publishing.options import Options
from soundtracks.publishing.tables import SLIM
from soundtracks.publishing.workbook import MAX_CELL, cell_text, workbook, write_workbook

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TEXT = pa.schema([("id", pa.string()), ("text", pa.string()), ("number", pa.float64()), ("yes", pa.bool_())])


def sheets(data: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def row(text: str | None, number: float | None = 1.5) -> dict[str, Any]:
    return {"id": "007", "text": text, "number": number, "yes": True}


def test_the_sheets(pressed: Catalogue) -> None:
    found = sheets(write_workbook(pressed, Options()))
    assert list(found) == ["Soundtracks", "Editions", "Notices"]
    assert found["Soundtracks"][0] == SLIM.names
    assert found["Soundtracks"][1][:6] == ["Alien", 1979, "Alien (OST)", "", 1979, 2]
    assert found["Soundtracks"][1][8:11] == ["348", "tt0078748", "https://www.discogs.com/master/1"]  # ids are texts
    assert found["Editions"][0] == list(EDITION_COLUMNS)
    assert [cells[15] for cells in found["Editions"][1:]] == ["release:11", "release:12"]
    assert "TMDB" in found["Notices"][4][0]


def test_nothing_found(empty: Catalogue) -> None:
    assert [len(rows) for rows in sheets(write_workbook(empty, Options())).values()] == [1, 1, 6]


def test_the_same_links_give_the_same_bytes(pressed: Catalogue) -> None:
    data = write_workbook(pressed, Options())
    assert data == write_workbook(pressed, Options())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert str(datetime.now(UTC).year).encode() not in archive.read("docProps/core.xml")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://evil.example\",\"x\")", "{=1+1}", "http://evil.example", "1e5", "0012", "TRUE",
     "2026-11-26", "internal:Sheet1!A1", "mailto:x@evil.example", "_x0041_", "a & <b>", "  padded  ", "", "\uff1d1+1", "𝕏 エイリアン"],
)  # fmt: skip
def test_every_text_is_a_text(text: str) -> None:
    data = workbook({"A": (TEXT, [row(text)])})
    assert sheets(data)["A"][1] == ["007", text, 1.5, True]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        tree = etree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
        assert not [name for name in archive.namelist() if "rels" in name and "sheet" in name]  # no links
    assert [element.tag for element in tree.iter(f"{SHEET}f")] == []


@pytest.mark.parametrize(("text", "quoted"), [("=1+1", True), ("\uff1d1", True), ("-Θ-", True), ("Alien", False), ("007", False)])
def test_a_formula_stays_a_text_when_its_cell_is_edited(text: str, quoted: bool) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook({"A": (TEXT, [row(text)])}))) as archive:
        style = etree.fromstring(archive.read("xl/worksheets/sheet1.xml")).find(f".//{SHEET}c[@r='B2']").get("s", "0")
        formats = etree.fromstring(archive.read("xl/styles.xml")).find(f"{SHEET}cellXfs")
    assert (formats[int(style)].get("quotePrefix") == "1") is quoted


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a\nb\x00c", "a b c"),
        ("x\ud800y", "x\ufffdy"),
        ("x\ufffey\uffff", "x\ufffdy\ufffd"),
        ("a" * MAX_CELL, "a" * MAX_CELL),
        ("a" * (MAX_CELL + 1), "a" * (MAX_CELL - 1) + "…"),
        ("🎬" * 20_000, "🎬" * 16_383 + "…"),
    ],
)
def test_what_no_cell_can_hold(text: str, cell: str) -> None:
    assert cell_text(text) == cell
    assert sheets(workbook({"A": (TEXT, [row(text)])}))["A"][1][1] == cell


@pytest.mark.parametrize("number", [None, float("nan"), float("inf")])
def test_an_unknown_number_is_an_empty_cell(number: float | None) -> None:
    assert sheets(workbook({"A": (TEXT, [row(None, number)])}))["A"][1] == ["007", "", "", True]


def test_a_table_of_more_rows_than_a_sheet_holds_goes_on_in_another() -> None:
    rows = [row(str(number)) for number in range(7)]
    found = sheets(workbook({"A": (TEXT, rows), "B": (TEXT, [])}, max_rows=4))
    assert {name: [cells[1] for cells in rows] for name, rows in found.items()} == {
        "A": ["text", "0", "1", "2"],
        "A 2": ["text", "3", "4", "5"],
        "A 3": ["text", "6"],
        "B": ["text"],
    }
