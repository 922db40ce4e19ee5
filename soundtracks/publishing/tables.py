"""links.parquet and links.csv: the joined view for analysts and for spreadsheets."""

import io
import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.notices import NOTICES
from soundtracks.publishing.options import Options
from soundtracks.records import parquet_bytes

#: A cell that begins like this is run as a formula by a spreadsheet (OWASP, "CSV injection"), full-width forms included.
_FORMULA = re.compile(r"[=+\-@＝＋－＠]")
#: Plain ids and numbers stay exactly as they are, so that they can be joined on.
_PLAIN = re.compile(r"-?[0-9][0-9.]*|[A-Za-z0-9][A-Za-z0-9:_.\-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def write_parquet(catalogue: Catalogue, _: Options) -> bytes:
    """links.parquet: schema VIEW, descriptions in the fields' metadata, the notices in the table's (key `notices`)."""
    return parquet_bytes(catalogue.view.replace_schema_metadata({"notices": "\n".join(NOTICES)}))


def write_csv(catalogue: Catalogue, _: Options) -> bytes:
    """links.csv: schema VIEW, as `spreadsheet_csv` writes it."""
    return spreadsheet_csv(catalogue.view)


def spreadsheet_csv(table: pa.Table) -> bytes:
    """A table as CSV that spreadsheets and programs both read rightly.

    UTF-8 with a byte order mark (without one, Excel shows Amélie as AmÃ©lie) unless all is ASCII; lists joined by `|`;
    control characters become a space; a text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    frame = pd.DataFrame({name: _column(table[name]) for name in table.column_names})
    text = io.StringIO()
    frame.to_csv(text, index=False, lineterminator="\r\n")
    data = text.getvalue()
    return data.encode("utf-8" if data.isascii() else "utf-8-sig")


def _column(column: pa.ChunkedArray) -> Any:
    if pa.types.is_integer(column.type):
        return column.to_pandas().astype("Int64")
    if pa.types.is_floating(column.type):
        return column.to_pandas()
    as_text: Callable[[Any], str] = "|".join if pa.types.is_list(column.type) else str
    return pd.Series([None if v is None else safe_cell(as_text(v)) for v in column.to_pylist()], dtype=object)


def safe_cell(text: str) -> str:
    """The text as one line that no spreadsheet takes for a formula."""
    if _PLAIN.fullmatch(text):
        return text
    text = one_line(text)
    return f"'{text}" if _FORMULA.match(text) else text


def one_line(text: str) -> str:
    """The text with each run of control characters and line breaks made one space, trimmed."""
    return _CONTROL.sub(" ", text).strip()
