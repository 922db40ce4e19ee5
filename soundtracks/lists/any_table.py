"""Tables of whatever things, for linking records of one kind: every column as text, and what identifies a row."""

from dataclasses import dataclass, field
from pathlib import Path

from soundtracks.errors import BadInput
from soundtracks.lists.containers import open_path
from soundtracks.lists.kinds import compact
from soundtracks.lists.parts import Damage, OnceEach, Place
from soundtracks.lists.read import check_rows, open_parts


@dataclass
class AnyTable:
    """`ids`: each once. `columns`: all but that of the ids, "" where there is nothing. `places`: rows that cannot be read."""

    ids: list[str]
    columns: dict[str, list[str]]
    places: list[Place] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_any_table(path: Path) -> AnyTable:
    """The rows of a table in any encoding, dialect or workbook. Raises BadInput for one that has none.

    Ids are those of the first column whose name ends in "id" and that has another value in each row; without one, the
    numbers of the lines.
    """
    if not path.exists():
        raise BadInput(f"{path}: no such file.")
    damage, notes = Damage(), list[str]()
    lines, columns, rows = list[str](), dict[str, list[str]](), OnceEach()
    for part in open_parts(open_path(path), damage, notes):
        if part.records is None or not part.headed:
            raise BadInput(f"{path.name} is no table with a heading.", hint="Give each column a name in the first line.")
        for line, fields in part.records:
            for name in fields:
                columns.setdefault(name, [""] * len(lines))
            lines.append(rows.name(f"{part.member}:{line}" if part.member else str(line)))
            for name, values in columns.items():
                value = fields.get(name, "")
                values.append(" ".join(value if isinstance(value, list) else [value]).strip())
            check_rows(path.name, len(lines))
    if not lines:
        raise BadInput(f"{path.name} has no rows.", hint="It needs a heading and a row for each record.")
    key = next((name for name, values in columns.items() if compact(name).endswith("id") and _identifies(values)), None)
    if key is None:
        notes.append("no column of ids: rows are known by their line")
    ids = columns.pop(key) if key else lines
    return AnyTable(ids, columns, damage.places, notes)


def _identifies(values: list[str]) -> bool:
    return all(values) and len(set(values)) == len(values)
