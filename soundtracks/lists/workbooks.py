"""Lists in workbooks (XLSX, ODS, XLS) and in Parquet files."""

import json
import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundtracks.errors import BadTitles
from soundtracks.lists import workbook_cells
from soundtracks.lists.columns import heading_score
from soundtracks.lists.containers import MAX_BYTES, Member
from soundtracks.lists.markup import sheet_part
from soundtracks.lists.page_tables import MAX_REPEATED
from soundtracks.lists.parts import Damage, Fields, Part

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_A_TIME = 10_000
#: Seconds after which a workbook is given up: a million rows take twenty.
MAX_SECONDS = 300
#: First row, column and last row, from 0.
_Merged = tuple[int, int, int]
#: What the process that reads workbooks gets of our environment: no key of ours.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")


def read_workbook(member: Member, name: str, damage: Damage) -> list[Part]:
    """Each sheet as a part; dates and numbers as texts. Raises BadTitles for a damaged, protected or boundless workbook."""
    sheets = _sheets(member)
    parts = []
    for sheet, rows, merged in sheets:
        filled = [(n, row) for n, row in rows if row]
        headed = bool(filled) and heading_score(filled[0][1]) > 0
        filled = _laid_out(filled, [cell for cell in merged if not headed or cell[0] + 1 > filled[0][0]])
        if len(sheets) == 1 and filled and not headed and all(len(row) == 1 for _, row in filled):
            lines = iter([(n, row[0]) for n, row in filled])
            parts.append(Part(name, "workbook, one title per row", lines=lines, headed=False))
        elif filled:
            parts.append(sheet_part(filled, name, "workbook", damage, group=sheet))
    return parts


def _laid_out(rows: list[tuple[int, list[str]]], merged: list[_Merged]) -> list[tuple[int, list[str]]]:
    """The rows, with the text of a cell that is merged over several in each of them, as it looks."""
    begun, standing = deque(sorted(merged)), dict[int, tuple[int, str]]()  # column -> its last row and text
    repeated = 0
    for number, row in rows:
        if repeated > MAX_REPEATED:
            break
        for column, (last, text) in list(standing.items()):
            if last < number:
                del standing[column]
                continue
            row.extend([""] * (column + 1 - len(row)))
            row[column] = row[column] or text
            repeated += 1
        while begun and begun[0][0] < number:
            top, column, bottom = begun.popleft()
            if top == number - 1 and column < len(row):
                standing[column] = (bottom + 1, row[column])
    return rows


def _sheets(member: Member) -> list[tuple[str, list[tuple[int, list[str]]], list[_Merged]]]:
    """Each sheet: its name, its rows (number, texts up to the last that is not empty), its cells that are merged over rows."""
    command = [sys.executable, "-I", str(Path(workbook_cells.__file__))]
    environment = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
    with tempfile.TemporaryFile() as book:
        book.write(member.bytes())
        book.seek(0)
        try:
            done = subprocess.run(
                command, stdin=book, capture_output=True, env=environment, timeout=MAX_SECONDS, check=False, encoding="ascii"
            )
        except subprocess.TimeoutExpired:
            raise _boundless(member.name) from None
    if done.returncode == workbook_cells.PROTECTED:
        raise BadTitles(f"{member.name} is protected by a password.", hint="Save it without one.")
    if done.returncode == workbook_cells.DAMAGED:
        raise BadTitles(
            f"{member.name} is a damaged workbook: {done.stderr}.", hint="Open it in a spreadsheet and save it as CSV UTF-8."
        )
    if done.returncode:
        raise _boundless(member.name)
    sheets: list[tuple[str, list[tuple[int, list[str]]], list[_Merged]]] = []
    for line in done.stdout.splitlines():
        value = json.loads(line)
        if isinstance(value, dict):
            sheets.append((value["name"], [], [(top, column, bottom) for top, column, bottom in value["merged"]]))
        else:
            rows = sheets[-1][1]
            rows.append((len(rows) + 1, value))
    return sheets


def _boundless(name: str) -> BadTitles:
    return BadTitles(
        f"{name} takes more memory or time than a list may: perhaps a value stands far below or far to the right of it.",
        hint="Delete what stands far off, or save the list as CSV UTF-8.",
    )


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
    """A text that stands in a file once may stand in a million rows: texts are kept as references until they are counted."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = size = 0
    with member.open() as file:
        schema = pq.ParquetFile(file).schema
        leaves = [schema.column(at) for at in range(len(schema.names))]
        texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    try:
        with member.open() as file:
            for batch in pq.ParquetFile(file, read_dictionary=texts).iter_batches(ROWS_AT_A_TIME):
                size += sum(map(_size, batch.columns))
                if size > MAX_BYTES:
                    raise BadTitles(f"{member.name} unpacks to more than a list can be.", hint="Give a file with fewer columns.")
                for row in batch.to_pylist():
                    number += 1
                    yield number, {key: _value(value) for key, value in row.items() if value is not None}
    except (pa.ArrowInvalid, OSError) as error:
        raise BadTitles(f"{member.name} is a damaged Parquet file: {error}.") from error


def _size(array: "pa.Array[Any]") -> int:
    """The bytes that an array's texts come to when each is written out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(array.type):
        lengths = pc.binary_length(array.dictionary)
        return int(pc.sum(pc.take(lengths, array.indices)).as_py() or 0)
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        return _size(array.flatten())
    if pa.types.is_struct(array.type):
        return sum(_size(array.field(at)) for at in range(array.type.num_fields))
    return int(array.nbytes)


def _value(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [workbook_cells.text_of(item) for item in value if item is not None]
    return workbook_cells.text_of(value)
