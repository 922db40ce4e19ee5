"""Workbooks: cells that are merged over rows."""

import io

import pytest
import xlsxwriter

from soundtracks.lists import workbooks
from soundtracks.lists.read import Reading, read_bytes

Cell = str | int
#: First row, first column, last row, last column, from 0.
Merged = tuple[int, int, int, int, Cell]

FILMS: list[tuple[Cell, ...]] = [("Blade Runner", "Scott"), ("Poltergeist", "Hooper"), ("Tron", "Lisberger")]


def workbook(rows: list[tuple[Cell, ...]], *merged: Merged, at: tuple[int, int] = (0, 0)) -> bytes:
    """`rows` from the cell `at`; each merged cell is `at` that, too."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if value != "":
                    sheet.write(at[0] + number, at[1] + column, value)
        for top, left, bottom, right, value in merged:
            sheet.merge_range(at[0] + top, at[1] + left, at[0] + bottom, at[1] + right, value)
    return out.getvalue()


def films(reading: Reading) -> list[tuple[str | None, int | None]]:
    return [(film.title, film.year) for film in reading.films]


OF_1982 = [("Blade Runner", 1982), ("Poltergeist", 1982), ("Tron", 1982)]
YEARS = [("Year", "Title", "Director"), *(("", *film) for film in FILMS)]


@pytest.mark.parametrize("at", [(0, 0), (3, 2)])
@pytest.mark.parametrize(
    ("rows", "merged", "found"),
    [
        (YEARS, [(1, 0, 3, 0, 1982)], OF_1982),
        ([*YEARS, (1999, "The Matrix", "Wachowski")], [(1, 0, 3, 0, 1982)], [*OF_1982, ("The Matrix", 1999)]),
        ([*YEARS[:3], (), YEARS[3]], [(1, 0, 4, 0, 1982)], OF_1982),
        (YEARS, [(1, 0, 90, 0, 1982)], OF_1982),
        (YEARS, [(1, 0, 2, 0, 1982)], [*OF_1982[:2], ("Tron", None)]),
        ([("Title", "Year"), ("Alien",), ("Mad Max",)], [(1, 1, 2, 1, 1979)], [("Alien", 1979), ("Mad Max", 1979)]),
    ],
)
def test_a_cell_that_is_merged_over_rows_stands_in_each(
    rows: list[tuple[Cell, ...]], merged: list[Merged], found: list[tuple[str, int | None]], at: tuple[int, int]
) -> None:
    assert films(read_bytes("films.xlsx", workbook(rows, *merged, at=at))) == found


def test_a_heading_is_no_film_below_itself() -> None:
    rows: list[tuple[Cell, ...]] = [("", "Year", "Director"), ("", "", "first name"), ("Alien", 1979, "Ridley")]
    assert films(read_bytes("films.xlsx", workbook(rows, (0, 0, 1, 0, "Title")))) == [("Alien", 1979)]


def test_what_is_repeated_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_REPEATED", 1)
    assert films(read_bytes("films.xlsx", workbook(YEARS, (1, 0, 3, 0, 1982)))) == OF_1982
    monkeypatch.setattr(workbooks, "MAX_REPEATED", 0)
    assert films(read_bytes("films.xlsx", workbook(YEARS, (1, 0, 3, 0, 1982)))) == [*OF_1982[:2], ("Tron", None)]
