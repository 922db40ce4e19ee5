"""The one writer of every table that leaves the house as CSV: spreadsheets and programs both read it rightly.

A spreadsheet runs a cell that begins with a formula sign (OWASP, "CSV injection"). Programs in German or French cut at
semicolons whatever is quoted at commas, so that a formula may also stand behind a separator in the middle of a value.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

#: Characters that begin a formula, with all that compatibility normalisation (NFKC) makes of one, and the minus sign.
SIGNS = "=+-@＝﹦⁼₌⩵⩶＋﹢⁺₊﬩－﹣⁻₋−＠﹫"
#: What may stand before the sign unseen: control and format characters, blanks, fillers.
_UNSEEN = (
    r"[\s\x00-\x20\x7f-\xa0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    r"\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U000e0000-\U000e0fff]"
)
_SIGN = f"[{re.escape(SIGNS)}]"
_FORMULA = re.compile(rf"\A'*{_UNSEEN}*{_SIGN}")
#: A sign behind a separator that is not our own; quotes in between may be taken away by a program that cuts there.
_INSIDE = re.compile(f"(?<=[;|])(?P<before>(?:{_UNSEEN}|[\"'])*)(?P<sign>{_SIGN})")
#: Plain ids and numbers stay exactly as they are, so that they can be joined on.
_PLAIN = re.compile(r"-?[0-9][0-9.]*|[A-Za-z0-9][A-Za-z0-9:_.\-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
#: RE2, of texts that may need a change: no letter, digit or harmless punctuation at the start, or a separator, or a control.
_SUSPECT = r"^[^\pL\pN(\[{!#$%&*./:;<>?]|^[\x{115f}\x{1160}\x{3164}\x{ffa0}]|[;|\pC\p{Zl}\p{Zp}]|[\s\pZ]$"


class Sink(Protocol):
    """A text file that was opened with newline=""."""

    def write(self, text: str, /) -> Any: ...


def safe_cell(text: str) -> str:
    """The text as one line that no spreadsheet takes for a formula, wherever it cuts. `plain_cell` undoes it.

    Control characters become a blank. An apostrophe is put before a formula sign at the beginning (also before one that a
    guard was put before already, so that no two texts become one), and behind `;` and `|`.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = _INSIDE.sub(r"\g<before>'\g<sign>", _CONTROL.sub(" ", text).strip())
    return f"'{text}" if _FORMULA.match(text) else text


def plain_cell(cell: str) -> str:
    """The text that `safe_cell` made this cell of; control characters, and blanks around it, are gone."""
    text = cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
    return _INSIDE.sub(lambda found: found["before"].removesuffix("'") + found["sign"], text)


def write_csv(sink: Sink, header: Iterable[str], rows: Iterable[Iterable[Any]], newline: str = "\r\n") -> None:
    """Writes rows of texts, numbers and None as CSV: each text by `safe_cell`, None as an empty cell."""
    writer = csv.writer(sink, lineterminator=newline)
    writer.writerow(safe_cell(name) for name in header)
    writer.writerows([safe_cell(value) if isinstance(value, str) else value for value in row] for row in rows)


def write_tables(sink: Sink, schema: pa.Schema, tables: Iterable[pa.Table | pa.RecordBatch], newline: str = "\r\n") -> None:
    """Writes tables of one schema as CSV, one after another, as `write_csv` does; lists are joined by `|`.

    A million rows are no trouble: only texts that may need a guard are looked at one by one.
    """
    writer = csv.writer(sink, lineterminator=newline)
    writer.writerow(safe_cell(name) for name in schema.names)
    for table in tables:
        writer.writerows(zip(*(_cells(column) for column in table.columns), strict=True))


def _cells(column: pa.ChunkedArray | pa.Array) -> Iterator[Any]:
    values = column.to_pylist()
    if pa.types.is_list(column.type):
        return (None if value is None else safe_cell("|".join(value)) for value in values)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return iter(values)
    suspects = pc.fill_null(pc.match_substring_regex(column, _SUSPECT), False).to_pylist()
    return (safe_cell(value) if suspect else value for value, suspect in zip(values, suspects, strict=True))
