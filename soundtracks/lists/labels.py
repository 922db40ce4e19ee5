"""Labels of albums, as `soundtracks review --export` writes them and spreadsheets save them again.

album_id,group,tmdb_ids
master:1,review_accepted,348|679
release:7,review_rejected,
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from soundtracks.errors import BadInput
from soundtracks.lists.columns import first_text
from soundtracks.lists.containers import open_path
from soundtracks.lists.kinds import compact
from soundtracks.lists.parts import Damage, Fields, Place
from soundtracks.lists.read import check_rows, open_parts
from soundtracks.lists.values import clean
from soundtracks.text.spreadsheet import plain_cell

ACCEPTED, REJECTED = "review_accepted", "review_rejected"
COLUMNS = ("album_id", "group", "tmdb_ids")
#: What a spreadsheet makes of a long number: its last digits are lost.
_ROUNDED = re.compile(r"\d[.,]\d+E\+?\d+", re.I)
_MAX_ID = 200
_HINT = "Give a file of `soundtracks review --export`, or a table with a heading album_id,group,tmdb_ids."


@dataclass(frozen=True)
class Label:
    """What people said of an album: `tmdb_ids` are its films; none: it is no film's soundtrack."""

    album_id: str
    tmdb_ids: tuple[str, ...]


@dataclass
class Labels:
    """`labels`: each album once. `places`: lines that are no labels, and why. `notes`: in words, how the file was read."""

    labels: list[Label] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_labels(path: Path) -> Labels:
    """The labels of a table in any encoding, dialect or workbook. Raises BadInput for one that has none."""
    if not path.exists():
        raise BadInput(f"{path}: no such file.")
    damage, found, seen = Damage(), Labels(), dict[str, int]()
    for line, fields in _records(path, damage, found.notes):
        try:
            label = _label(fields)
            if label.album_id in seen:
                raise ValueError(f"{label.album_id} stands in line {seen[label.album_id]} already")
        except ValueError as error:
            damage.add("", line, str(error))
            continue
        seen[label.album_id] = line
        found.labels.append(label)
        check_rows(path.name, len(found.labels))
    found.places = sorted(damage.places, key=lambda place: place.line)
    if not found.labels:
        why = f"; the first: {found.places[0]}" if found.places else ""
        raise BadInput(f"{path.name} has no labels{why}.", hint=_HINT)
    return found


def _records(path: Path, damage: Damage, notes: list[str]) -> Iterator[tuple[int, Fields]]:
    """Rows by the names of COLUMNS, whatever their case and order."""
    for part in open_parts(open_path(path), damage, notes):
        if part.records is None:
            raise BadInput(f"{path.name} is no table with a heading.", hint=_HINT)
        names: dict[str, str] = {}
        for line, fields in part.records:
            if not names:
                names = {wanted: name for wanted in COLUMNS for name in fields if compact(name) == compact(wanted)}
                if len(names) < len(COLUMNS):
                    has = ", ".join(list(fields)[:12])
                    raise BadInput(
                        f"{path.name} lacks {', '.join(c for c in COLUMNS if c not in names)}; it has: {has}.", hint=_HINT
                    )
            yield line, {wanted: fields.get(name, "") for wanted, name in names.items()}
        notes += [part.format, *part.notes]


def _label(fields: Fields) -> Label:
    """Raises ValueError with what is wrong."""
    album, group, films = (plain_cell(clean(first_text(fields[column]))) for column in COLUMNS)
    ids = tuple(dict.fromkeys(text.removesuffix(".0") for part in films.split("|") if (text := part.strip())))
    if not album:
        raise ValueError("no album_id")
    for text in (album, *ids):
        if _ROUNDED.fullmatch(text):
            raise ValueError(f"{text} is an id that a spreadsheet has rounded")
        if len(text) > _MAX_ID:
            raise ValueError(f"an id of more than {_MAX_ID} characters")
    match group.casefold():
        case "review_accepted" if not ids:
            raise ValueError(f"{ACCEPTED} without tmdb_ids")
        case "review_rejected" if ids:
            raise ValueError(f"{REJECTED} with tmdb_ids")
        case "review_accepted" | "review_rejected":
            return Label(album, ids)
    raise ValueError(f"the group is neither {ACCEPTED} nor {REJECTED}: {group[:40] or 'empty'}")
