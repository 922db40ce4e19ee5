"""Lists in workbooks (XLSX, ODS, XLS) and in Parquet files."""

import datetime
from collections.abc import Iterator
from typing import Any

from soundtracks.errors import BadTitles
from soundtracks.lists.columns import heading_score
from soundtracks.lists.containers import Member
from soundtracks.lists.markup import sheet_part
from soundtracks.lists.parts import Damage, Fields, Part

ROWS_AT_A_TIME = 10_000


def read_workbook(member: Member, name: str, damage: Damage) -> list[Part]:
    """Each sheet as a part; dates and numbers as texts. Raises BadTitles for a damaged or protected workbook."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with member.open() as file:
            book = CalamineWorkbook.from_filelike(file)
            sheets = [(n, book.get_sheet_by_name(n).to_python(skip_empty_area=False)) for n in book.sheet_names]
    except PasswordError as error:
        raise BadTitles(f"{member.name} is protected by a password.", hint="Save it without one.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise BadTitles(
            f"{member.name} is a damaged workbook: {error}.", hint="Open it in a spreadsheet and save it as CSV UTF-8."
        ) from error
    parts = []
    for sheet, rows in sheets:
        cells = [(n, [_text(cell) for cell in row]) for n, row in enumerate(rows, 1)]
        filled = [(n, row) for n, row in cells if any(row)]
        headed = bool(filled) and heading_score(filled[0][1]) > 0
        if len(book.sheet_names) == 1 and filled and not headed and all(not any(row[1:]) for _, row in filled):
            lines = iter([(n, row[0]) for n, row in filled])
            parts.append(Part(name, "workbook, one title per row", lines=lines, headed=False))
        elif filled:
            parts.append(sheet_part(cells, name, "workbook", damage, group=sheet))
    return parts


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    return str(value)


def read_parquet(member: Member, name: str, damage: Damage) -> list[Part]:
    """The rows of a Parquet file; lists stay lists. Raises BadTitles."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with member.open() as file:
            pq.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise BadTitles(f"{member.name} is a damaged Parquet file: {error}.") from error
    return [Part(name, "Parquet", _parquet_records(member))]


def _parquet_records(member: Member) -> Iterator[tuple[int, Fields]]:
    import pyarrow.parquet as pq

    number = 0
    with member.open() as file:
        for batch in pq.ParquetFile(file).iter_batches(ROWS_AT_A_TIME):
            for row in batch.to_pylist():
                number += 1
                yield number, {key: _value(value) for key, value in row.items() if value is not None}


def _value(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [_text(item) for item in value if item is not None]
    return _text(value)
