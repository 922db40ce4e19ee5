"""The cells of a workbook, read in a process of their own: soundtracks.lists.workbooks starts it, it imports nothing of ours.

A workbook of a kilobyte may name a cell so far off that the library, which lays sheets out whole, asks for terabytes and ends
its process. Here that costs this process alone, and its memory is bounded.
"""

import datetime
import io
import json
import sys
from typing import Any

#: A million titles take some 300 MB here.
MAX_MEMORY = 2 * 2**30
#: How the process ends for a workbook with a password, and for a damaged one.
PROTECTED, DAMAGED = 3, 4


def text_of(value: Any) -> str:
    """A cell as text: dates as ISO dates, whole numbers without decimals."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    return str(value)


def main() -> int:
    """Reads a workbook from the input; writes a line of JSON for each sheet (its name, its cells that are merged over rows: first
    row, column, last row, from 0) and each row (its texts)."""
    try:
        import resource
    except ImportError:  # Windows has no such bounds
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    write = sys.stdout.write
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            left = sheet.start[1] if sheet.start else 0  # rows begin at the first column that is not empty
            merged = sheet.merged_cell_ranges or ()  # those of ODS the library does not tell
            over = [(top, column - left, bottom) for (top, column), (bottom, _) in merged if bottom > top and column >= left]
            write(json.dumps({"name": name, "merged": over}) + "\n")
            for row in sheet.iter_rows():
                texts = [text_of(cell) for cell in row]
                while texts and not texts[-1]:
                    texts.pop()
                write(json.dumps(texts) + "\n")
    except PasswordError:
        return PROTECTED
    except (CalamineError, OSError, ValueError) as error:
        sys.stderr.write(str(error)[:300])
        return DAMAGED
    return 0


if __name__ == "__main__":
    sys.exit(main())
