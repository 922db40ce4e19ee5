"""soundtracks.xlsx: the links and the editions as sheets of a workbook, for people who would rather not import a CSV."""

import io
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.editions import EDITIONS, ranked_editions
from soundtracks.publishing.options import Options
from soundtracks.publishing.tables import SLIM, slim_rows
from soundtracks.text.foreign import xml_line
from soundtracks.text.spreadsheet import safe_cell

#: What Excel opens, https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3: rows of a sheet, UTF-16 units
#: of a cell.
MAX_ROWS, MAX_CELL = 1_048_576, 32_767
#: The same links give the same bytes: Excel's day 1, not the day on which the file was written.
_CREATED = datetime(1900, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_WIDTHS = {pa.string(): 24, pa.int32(): 10, pa.float64(): 11, pa.bool_(): 8}
_SHORT = MAX_CELL // 2  # characters that fit whatever they are
_NOTICES = pa.schema([("notice", pa.string())])


def write_workbook(catalogue: Catalogue, options: Options) -> bytes:
    """soundtracks.xlsx: sheets Soundtracks (schema SLIM), Editions (EDITIONS) and Notices, each with a heading and filters.

    Every text is a text: ids keep their digits, and no title is a formula, not even after somebody edits its cell. A table of
    more rows than a sheet holds goes on in another sheet, such as Soundtracks 2.
    """
    editions = [edition.as_row() for edition in catalogue.once(ranked_editions)]
    notices = [{"notice": notice} for notice in options.notices]
    return workbook(
        {"Soundtracks": (SLIM, catalogue.once(slim_rows)), "Editions": (EDITIONS, editions), "Notices": (_NOTICES, notices)}
    )


def workbook(tables: dict[str, tuple[pa.Schema, list[dict[str, Any]]]], max_rows: int = MAX_ROWS) -> bytes:
    """A workbook of tables: sheet name -> schema of flat columns, rows. Same tables, same bytes. Raises OSError where this
    machine's disk is full."""
    sink = io.BytesIO()
    try:
        # rows go to a file of its own as they are written, which it leaves behind when it fails
        with TemporaryDirectory() as folder, Workbook(sink, {"constant_memory": True, "tmpdir": folder}) as book:
            book.set_properties({"created": _CREATED})
            heading, quoted = book.add_format({"bold": True, "text_wrap": False}), book.add_format({"quote_prefix": True})
            for name, (schema, rows) in tables.items():
                for number, part in zip(count(1), _parts(rows, max_rows - 1), strict=False):
                    _write_sheet(book, name if number == 1 else f"{name} {number}", schema, part, heading, quoted)
    except FileCreateError as error:
        raise OSError(str(error)) from error
    return sink.getvalue()


def _parts(rows: list[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    yield from (rows[start : start + size] for start in range(0, max(len(rows), 1), size))


def _write_sheet(
    book: Workbook, name: str, schema: pa.Schema, rows: list[dict[str, Any]], heading: Format, quoted: Format
) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(schema) - 1)
    for column, field in enumerate(schema):
        sheet.set_column(column, column, _WIDTHS[field.type] if len(schema) > 1 else 120)
        sheet.write_string(0, column, field.name, heading)
    for at, row in enumerate(rows, 1):
        for column, field in enumerate(schema):
            value = row[field.name]
            if isinstance(value, str):
                text = cell_text(value)
                formula = not text[:1].isalnum() and safe_cell(text).startswith("'")
                sheet.write_string(at, column, text, quoted if formula else None)
            elif isinstance(value, bool):
                sheet.write_boolean(at, column, value)
            elif value is not None and math.isfinite(value):
                sheet.write_number(at, column, value)


def cell_text(text: str) -> str:
    """A text that a cell can hold, as one line; what is too long ends in an ellipsis."""
    if len(text) < _SHORT and text.isprintable():
        return text
    line = xml_line(text)
    units = line.encode("utf-16-le")
    if len(units) <= 2 * MAX_CELL:
        return line
    return units[: 2 * (MAX_CELL - 1)].decode("utf-16-le", "ignore") + "…"
