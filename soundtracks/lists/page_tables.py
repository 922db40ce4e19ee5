"""Tables of saved pages, laid out as a browser shows them: a merged cell stands in each row and column that it covers.

A page may claim that a cell covers any number of rows: what is repeated is bounded.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from soundtracks.lists.columns import HEADING_WITHIN, SAMPLE, heading_at, heading_score, tells_by_contents
from soundtracks.lists.headings import roles_of
from soundtracks.lists.values import parse_year

#: Columns that merged cells may reach, and cells of a page that stand there only because another one reaches them.
MAX_COLUMNS, MAX_REPEATED = 100, 200_000
#: Rows below a heading that may belong to it.
MAX_BELOW = 3
_SPAN = re.compile(r"\s*(\d{1,9})")
_REFERENCE = re.compile(r"\s*\[[^\[\]]{1,30}\]\s*")
_HIDDEN = re.compile(r"display\s*:\s*none", re.I)
#: Elements that are no text of the cell in which they stand, and those at which another line begins.
_NO_TEXT = frozenset(("style", "script", "template", "table"))
_LINES = frozenset(("br", "p", "div", "li", "ul", "ol", "dl", "dd", "dt", "hr"))


@dataclass(frozen=True)
class PageTable:
    """`rows`: (line, cells), all of one width and the heading first where there is one. `linked`: the last cell has addresses."""

    rows: list[tuple[int, list[str]]]
    linked: bool
    notes: list[str]


@dataclass(frozen=True, slots=True)
class _Cell:
    """`row`: number of the row in which it begins. `holds_table`: whether another table stands in it."""

    text: str = ""
    links: str = ""
    holds_table: bool = False
    row: int = 0


@dataclass
class _Row:
    """`cells`: what stands in each column. `is_head`: whether all that begins in this row are cells of a heading."""

    number: int
    cells: list[_Cell]
    is_head: bool

    @property
    def own(self) -> list[_Cell]:
        return _begun(self.number, self.cells)

    @property
    def filled(self) -> int:
        return sum(bool(cell.text) for cell in self.own)

    @property
    def texts(self) -> list[str]:
        return [cell.text for cell in self.cells]


def page_tables(root: etree._Element) -> list[PageTable]:
    """The tables of a page that may be lists. Those that only place others, or stand in a cell of a list, are passed over."""
    layout = _Layout()
    taken: dict[etree._Element, list[_Row]] = {}
    for table in root.iter("table"):
        if any(outer in taken for outer in table.iterancestors("table")):
            continue
        rows = layout.rows(table)
        if not _only_places(rows) and len(filled := [row for row in rows if row.filled]) > 1:
            taken[table] = filled
    tables = list(taken.values())
    lists = [rows for rows in tables if _may_be_list(rows)]
    found = [_read(rows) for rows in lists or tables]
    if lists and len(lists) < len(tables):
        found[0].notes.append(f"{len(tables) - len(lists)} of the page's tables passed over: no column of titles")
    return found


def page_text(element: etree._Element) -> str:
    """The text of an element as a reader of the page sees it: without styles, scripts, hidden text and marks of references."""
    return _seen(element)[0]


class _Layout:
    """Lays out the tables of one page. `room`: how many cells may still be repeated."""

    def __init__(self) -> None:
        self.room = MAX_REPEATED

    def rows(self, table: etree._Element) -> list[_Row]:
        rows: list[_Row] = []
        reaching: dict[int, tuple[_Cell, int]] = {}  # by column: a cell, and how many rows it still covers
        group = None
        for number, row in enumerate(_rows_of(table), 1):
            if row.getparent() is not group:  # no cell reaches from the heading of a table into its body
                group, reaching = row.getparent(), {}
            elements = [element for element in row if element.tag in ("td", "th")]
            cells = self._cells(number, elements, reaching)
            heads = [element.tag == "th" for element, cell in zip(elements, _begun(number, cells), strict=True) if cell.text]
            rows.append(_Row(number, cells, bool(heads) and all(heads)))
        return rows

    def _cells(self, number: int, elements: list[etree._Element], reaching: dict[int, tuple[_Cell, int]]) -> list[_Cell]:
        widest = MAX_COLUMNS if self.room > 0 else 0
        if not widest:
            reaching.clear()
        cells: list[_Cell] = []
        for element in elements:
            _take_over(cells, reaching)
            cell = _Cell(*_seen(element), row=number)
            down = _span(element, "rowspan") or MAX_REPEATED  # 0: to the end
            for _ in range(min(_span(element, "colspan") or 1, max(1, widest - len(cells)))):
                if down > 1 and len(cells) < widest:
                    reaching[len(cells)] = cell, down - 1
                cells.append(cell)
        for column in sorted(column for column in reaching if column >= len(cells)):
            cells += [_Cell()] * (column - len(cells))
            _take_over(cells, reaching)
        self.room -= len(cells) - len(elements)
        return cells


def _take_over(cells: list[_Cell], reaching: dict[int, tuple[_Cell, int]]) -> None:
    """Adds the cells that reach into the next columns from rows above."""
    while reached := reaching.pop(len(cells), None):
        cell, more = reached
        if more > 1:
            reaching[len(cells)] = cell, more - 1
        cells.append(cell)


def _span(element: etree._Element, name: str) -> int:
    found = _SPAN.match(element.get(name) or "1")
    return int(found[1]) if found else 1


def _rows_of(table: etree._Element) -> Iterator[etree._Element]:
    """The rows of a table without those of the tables in its cells."""
    walk = etree.iterwalk(table, events=("start",), tag=("tr", "table"))
    for _, element in walk:
        if element.tag == "tr":
            yield element
        elif element is not table:
            walk.skip_subtree()


def _seen(element: etree._Element) -> tuple[str, str, bool]:
    """(text, addresses, whether a table stands in it) of an element."""
    if not len(element):
        return " ".join((element.text or "").split()), "", False
    texts: list[str] = []
    links: list[str] = []
    holds_table = False
    walk = etree.iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, inner in walk:
        if inner.tag in _LINES:
            texts.append(" ")
        if event == "start" and inner is not element and _is_unseen(inner):
            holds_table = holds_table or inner.tag == "table"
            walk.skip_subtree()
        elif event == "start":
            texts.append(inner.text or "")
            links += filter(None, [inner.get("href")] if inner.tag == "a" else [])
        elif inner is not element:
            texts.append(inner.tail or "")
    return " ".join("".join(texts).split()), " ".join(links), holds_table


def _is_unseen(element: etree._Element) -> bool:
    if element.tag == "sup":
        text = "".join(map(str, element.itertext()))
        return "reference" in (element.get("class") or "").split() or _REFERENCE.fullmatch(text) is not None
    return element.tag in _NO_TEXT or _HIDDEN.search(element.get("style") or "") is not None


# what a table means ----------------------------------------------------------------------------------------------------


def _only_places(rows: list[_Row]) -> bool:
    """Whether a table only says where others stand on the page: it holds tables, and hardly a text or no titles of its own."""
    if not any(cell.holds_table for row in rows for cell in row.cells):
        return False
    filled = [row for row in rows if row.filled]
    return not any(row.filled > 1 for row in filled[1:]) or not _may_be_list(filled)


def _may_be_list(rows: Sequence[_Row]) -> bool:
    return _heading(rows) is not None or _tells(rows)


def _heading(rows: Sequence[_Row]) -> int | None:
    """The index of the row that names the columns."""
    texts = [[cell.text for cell in _each_once(row.cells)] for row in rows[:HEADING_WITHIN]]
    scores = [heading_score(cells) for cells in texts]
    best = heading_at(scores, texts)
    return best if scores and scores[best] > 0 else None


def _tells(rows: Sequence[_Row]) -> bool:
    width = max(len(row.cells) for row in rows)
    return tells_by_contents([_padded(row.texts, width) for row in rows[:SAMPLE]])


def _read(rows: list[_Row]) -> PageTable:
    notes: list[str] = []
    at = _heading(rows)
    width = max(len(row.cells) for row in rows)
    below = rows if at is None else _below(rows[at], rows[at + 1 :], notes)
    cells = [(row.number, _padded(row.texts, width)) for row in below]
    if at is not None:
        cells.insert(0, (rows[at].number, _names(rows[at], [texts for _, texts in cells[:SAMPLE]], width)))
    links = {row.number: " ".join(cell.links for cell in _each_once(row.cells) if cell.links) for row in below}
    if linked := any(links.values()):
        cells = [(number, [*texts, links.get(number, "")]) for number, texts in cells]
    return PageTable(cells, linked, notes)


def _below(heading: _Row, rows: Sequence[_Row], notes: list[str]) -> list[_Row]:
    """The rows below a heading: without its own other rows, where it comes again, and titles across the whole table."""
    kept: list[_Row] = []
    repeated = across = 0
    above, room = heading, MAX_BELOW
    has_body = not all(row.is_head for row in rows)
    for row in rows:
        if row.texts == heading.texts:
            repeated += 1
            above, room = row, MAX_BELOW
        elif room and has_body and _goes_on(above, row):
            room -= 1
        else:
            room = 0
            is_title = len(row.cells) >= max(2, len(heading.cells)) and len(_each_once(row.cells)) == 1
            across += is_title
            kept += [] if is_title else [row]
    for count, what in ((repeated, "repeated heading line"), (across, "line")):
        if count:
            where = " across the whole table" if what == "line" else ""
            notes.append(f"{count} {what}{'s' if count > 1 else ''}{where} passed over")
    return kept


def _goes_on(heading: _Row, row: _Row) -> bool:
    """Whether a row below a heading is another row of it: the countries below "Year"."""
    if heading.is_head or row.is_head:
        return heading.is_head and row.is_head
    reached = any(cell.row == heading.number for cell in row.cells)
    return reached and not any(map(str.isdigit, "".join(cell.text for cell in row.own)))


def _names(heading: _Row, rows: Sequence[list[str]], width: int) -> list[str]:
    """The names of the columns. One that stands above several is that of the first which has what it says."""
    names = [""] * width
    column = 0
    for cell in _each_once(heading.cells):
        count = next((n for n, other in enumerate(heading.cells[column:]) if other is not cell), len(heading.cells) - column)
        columns = range(column, column + count)
        fits: Callable[[str], object] = parse_year if {"year", "date"} & set(roles_of(cell.text)) else _is_text
        half = len(rows) / 2
        fitting = [at for at in columns if sum(bool(fits(texts[at])) for texts in rows) >= half > 0] if count > 1 else []
        names[(fitting or [at for at in columns if any(texts[at] for texts in rows)] or [column])[0]] = cell.text
        column += count
    return names


def _is_text(text: str) -> bool:
    return any(map(str.isalpha, text))


def _each_once(cells: Sequence[_Cell]) -> list[_Cell]:
    """The cells of a row, a merged one once."""
    return [cell for at, cell in enumerate(cells) if not at or cell is not cells[at - 1]]


def _begun(number: int, cells: Sequence[_Cell]) -> list[_Cell]:
    return [cell for cell in _each_once(cells) if cell.row == number]


def _padded(texts: list[str], width: int) -> list[str]:
    return texts + [""] * (width - len(texts))
