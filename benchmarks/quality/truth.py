"""Truth tables: which films an album is the soundtrack of."""

import csv
from pathlib import Path

from soundtracks.errors import BadInput
from soundtracks.text.spreadsheet import plain_cell

#: album_id -> (group, ids of its films)
Truth = dict[str, tuple[str, frozenset[str]]]


def read_truth(path: Path) -> Truth:
    """A truth table, CSV: album_id, group, tmdb_ids; `soundtracks review --export` writes the same. Raises BadInput."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if missing := {"album_id", "group", "tmdb_ids"} - set(rows.fieldnames or ()):
            raise BadInput(
                f"{path} lacks the column {', '.join(sorted(missing))}.", hint="`soundtracks review --export` has them."
            )
        return {
            plain_cell(row["album_id"]): (row["group"], frozenset(plain_cell(i) for i in row["tmdb_ids"].split("|") if i))
            for row in rows
        }
