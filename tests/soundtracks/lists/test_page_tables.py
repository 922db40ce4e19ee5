"""Tables of saved pages: merged cells, headings of several rows, and what stands in cells beside their text."""

import pytest
from lxml import html

from soundtracks.lists import page_tables
from soundtracks.lists.read import Reading, read_bytes

ALIEN, HEAT = ("Alien", 1979), ("Heat", 1995)


def table(*rows: str) -> str:
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def read(*content: str) -> Reading:
    return read_bytes("page.html", f"<html><body>{''.join(content)}".encode())


def films(reading: Reading) -> list[tuple[str | None, int | None]]:
    return [(film.title, film.year) for film in reading.films]


INNER = table("<td>Ripley<td>Weaver", "<td>Dallas<td>Skerritt")
SIMPLE = table("<th>Title<th>Year", "<td>Alien<td>1979", "<td>Heat<td>1995")

MERGED = {
    "years over rows": (
        ("<th>Year<th>Title<th>Director", "<td rowspan=2>1982<td>Blade Runner<td>Ridley Scott", "<td>Poltergeist<td>Tobe Hooper"),
        [("Blade Runner", 1982), ("Poltergeist", 1982)],
    ),
    "to the end": (("<th>Title<th>Year", "<td>Alien<td rowspan=0>1979", "<td>Mad Max"), [ALIEN, ("Mad Max", 1979)]),
    "a last column": (
        ("<th>Title<th>Notes<th>Year", "<td>Alien<td>x<td rowspan=2>1979", "<td>Mad Max"),
        [ALIEN, ("Mad Max", 1979)],
    ),
    "over columns": (("<th>Title<th>US<th>Year", "<td>Alien<td colspan=2>1979", "<td>Heat<td>x<td>1995"), [ALIEN, HEAT]),
    "a heading above numbers and titles": (
        ("<th colspan=2>Title<th>Year", "<td>1<td>Alien<td>1979", "<td>2<td>Heat<td>1995"),
        [ALIEN, HEAT],
    ),
    "a heading above posters and titles": (
        ("<th colspan=2>Title<th>Year", "<td><img><td>Alien<td>1979", "<td><td>Heat<td>1995"),
        [ALIEN, HEAT],
    ),
    "a heading above months and years": (
        ("<th>Title<th colspan=2>Year", "<td>Alien<td>May<td>1979", "<td>Heat<td>June<td>1995"),
        [ALIEN, HEAT],
    ),
    "a heading above titles and remarks": (
        ("<th>No.<th colspan=2>Title<th>Year", "<td>1<td>Alien<td>x<td>1979", "<td>2<td>Heat<td>y<td>1995"),
        [ALIEN, HEAT],
    ),
    "a heading of two rows": (
        ("<th rowspan=2>Title<th colspan=2>Year", "<th>US<th>UK", "<td>Alien<td>1979<td>1980", "<td>Heat<td>1995<td>1996"),
        [ALIEN, HEAT],
    ),
    "a heading of two rows, of plain cells": (
        ("<td rowspan=2>Title<td colspan=2>Year", "<td>US<td>UK", "<td>Alien<td>1979<td>1980", "<td>Heat<td>1995<td>1996"),
        [ALIEN, HEAT],
    ),
    "a heading whose names are below": (
        ("<th colspan=2>Film<th rowspan=2>Notes", "<th>Title<th>Year", "<td>Alien<td>1979<td>x", "<td>Heat<td>1995<td>y"),
        [ALIEN, HEAT],
    ),
    "headings before rows": (("<th>Title<th>Year", "<th>Alien<td>1979", "<th>Heat<td>1995"), [ALIEN, HEAT]),
    "headings everywhere": (("<th>Title<th>Year", "<th>Alien<th>1979", "<th>Heat<th>1995"), [ALIEN, HEAT]),
}


@pytest.mark.parametrize(("rows", "wanted"), MERGED.values(), ids=MERGED.keys())
def test_merged_cells(rows: tuple[str, ...], wanted: list[tuple[str, int]]) -> None:
    reading = read(table(*rows))
    assert (films(reading), reading.unreadable) == (wanted, 0)


def test_lines_across_the_table_are_passed_over() -> None:
    later = ("<td colspan=2>Later films", "<td>Heat<td>1995", "<th>Title<th>Year")
    reading = read(table("<th colspan=2>Films", "<th>Title<th>Year", "<td>Alien<td>1979", *later, "<td>Ran<td>1985"))
    assert films(reading) == [ALIEN, HEAT, ("Ran", 1985)]
    said = {"the heading is on line 2", "1 repeated heading line passed over", "1 line across the whole table passed over"}
    assert said <= set(reading.notes)


def test_no_cell_reaches_out_of_the_heading() -> None:
    head = "<thead><tr><th rowspan=99>Title<th>Year</tr></thead>"
    assert films(read(f"<table>{head}<tbody><tr><td>Alien<td>1979</tr><tr><td>Heat<td>1995</tr></tbody></table>")) == [
        ALIEN,
        HEAT,
    ]


def test_the_address_of_a_merged_title_is_that_of_each_of_its_rows() -> None:
    link = "<a href='https://www.imdb.com/title/tt0078748/'>Alien</a>"
    reading = read(
        table("<th>Title<th>Year<th>Award", f"<td rowspan=2>{link}<td rowspan=2>1979<td>A", "<td>B", "<td>Heat<td>1995<td>C")
    )
    assert [(film.title, film.imdb_id) for film in reading.films] == [("Alien", "tt0078748"), ("Heat", None)]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("Alien<sup>[2]</sup>", "Alien"),
        ("Alien<sup class='x reference'><a href='#n'>note 1</a></sup> (1979)", "Alien (1979)"),
        ("Alien<sup>3</sup>", "Alien3"),
        ("Kiki's Delivery Service<br>魔女の宅急便", "Kiki's Delivery Service 魔女の宅急便"),
        ("<p>Alien</p><p>1979</p>", "Alien 1979"),
        ("<style>.mw-parser-output{}</style><i>Heat</i><script>x()</script>", "Heat"),
        ("<span style='display: none'>0001</span>Heat<!-- x --> 2", "Heat 2"),
        ("Alien<table><tr><td>Ripley</td></tr></table>", "Alien"),
    ],
)
def test_text_of_a_cell(cell: str, text: str) -> None:
    element = html.document_fromstring(f"<table><tr><td>{cell}</td></tr></table>").find(".//td")
    assert element is not None
    assert page_tables.page_text(element) == text


@pytest.mark.parametrize(
    "content",
    [
        (table("<th>Title<th>Year<th>Cast", f"<td>Alien<td>1979<td>{INNER}", "<td>Heat<td>1995<td>"),),
        (table("<th>Title<th>Year<th>Cast", f"<td>Alien<td>1979<td>{INNER}", f"<td>Heat<td>1995<td>{INNER}"),),
        (table(f"<td>{SIMPLE}"),),
        (table("<td>Logo<td>Sign in", f"<td>Menu<td>{SIMPLE}<td>News", "<td>Imprint"),),
        (table("<td>Born<td>here", "<td>Died<td>there"), SIMPLE),
    ],
    ids=["in a cell", "in each row", "around the list", "around the page", "beside the list"],
)
def test_tables_that_are_no_lists(content: tuple[str, ...]) -> None:
    assert films(read(*content)) == [ALIEN, HEAT]


def test_a_table_beside_the_list_is_said() -> None:
    assert "1 of the page's tables passed over: no column of titles" in read(INNER, SIMPLE).notes


@pytest.mark.parametrize("cell", ["rowspan=1000000000", "rowspan=1000000000 colspan=1000000000", "rowspan=0 colspan=99999"])
def test_cells_that_claim_to_be_boundless(cell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_tables, "MAX_REPEATED", 500)
    root = html.document_fromstring(table("<th>Title<th>Year", *[f"<td {cell}>Alien"] * 50, *["<td>x"] * 100))
    (found,) = page_tables.page_tables(root)
    assert max(len(cells) for _, cells in found.rows) <= page_tables.MAX_COLUMNS + 1
    assert sum(text == "Alien" for _, cells in found.rows for text in cells) < 500 + page_tables.MAX_COLUMNS + 50


def test_merged_cells_of_an_xml_spreadsheet() -> None:
    def row(*cells: str) -> str:
        return f"<Row>{''.join(f'<Cell {cell}</Data></Cell>' for cell in cells)}</Row>"

    rows = row("ss:MergeAcross='1'><Data>Title", "><Data>Year") + row("><Data>Alien", "><Data>x", "><Data>1979")
    book = f"<?xml version='1.0'?><Workbook xmlns:ss='urn:s'><Worksheet><Table>{rows}</Table></Worksheet></Workbook>"
    assert films(read_bytes("films.xml", book.encode())) == [ALIEN]
