"""Columns of catalogues for `soundtracks link`: which holds what, and their values in the types of the match."""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from soundtracks.lists.album_records import join_names
from soundtracks.lists.columns import Columns, first_text
from soundtracks.lists.films import MIN_BARE_IMDB, is_disc
from soundtracks.lists.kinds import compact
from soundtracks.lists.parts import Fields, Value
from soundtracks.lists.subjects import MAX_UNKNOWN
from soundtracks.lists.values import clean, imdb_id, known, parse_year, wikidata_id

_COMMAS = re.compile(r", |、|，")  # East Asia's have no blank behind them
_WHOLE = re.compile(r"(-?\d{1,15})\.0{1,6}")
#: Roles under which a column of the schema is found where it has another name.
ROLE = {
    "original_title": "original",
    "alternative_titles": "other title",
    "composers": "composer",
    "performers": "performer",
    "genres": "genres",
    "styles": "styles",
    "formats": "formats",
    "country": "country",
    "labels": "labels",
    "language": "language",
    "popularity": "popularity",
    "barcode": "barcode",
}
#: What the readers of lists find for themselves: roles, best first.
_FOUND = {
    "artist": ("artist", "track artist", "weak artist"),
    "imdb_id": ("imdb",),
    "wikidata_id": ("wikidata",),
}
_AS_ID: dict[str, Callable[[str], str | None]] = {
    "imdb_id": lambda text: imdb_id(text, numbers=len(text) >= MIN_BARE_IMDB),
    "wikidata_id": wikidata_id,
}


@dataclass
class OwnColumns:
    """Which columns of a table hold the fields of a schema.

    `named`: those of the field's own name. `meant`: those of another, best first. `notes`: what was read from which, where not
    all columns are named so.
    """

    named: list[tuple[pa.Field, str]]
    meant: list[tuple[pa.Field, list[str]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def row(self, fields: Fields) -> dict[str, object]:
        """The fields of a record, None where unknown. Commas part lists only in columns of other names, as in any list."""
        row = {wanted.name: converted(fields.get(name), wanted.type) for wanted, name in self.named}
        for wanted, names in self.meant:
            values = (as_meant(wanted, fields[name]) for name in names if name in fields)
            row[wanted.name] = next((value for value in values if value is not None), None)
        return row


def as_meant(wanted: pa.Field, value: Value) -> object:
    """The value of a column of another name in the type of a field, None where unknown: commas part lists, but no titles."""
    if wanted.name in _AS_ID:
        return _AS_ID[wanted.name](clean(first_text(value)))
    if wanted.name == "artist" and isinstance(value, list):
        value = join_names(value)
    return converted(value, wanted.type, commas=wanted.name != "alternative_titles")  # Run, Lola, Run is one


def own_columns(
    schema: pa.Schema, names: Mapping[str, str], sample: Sequence[Fields], *, spared: Mapping[str, str]
) -> OwnColumns:
    """The columns of a table of one's own: by the names of the schema, and else by those that lists have.

    `names`: compared name -> name of the column. `spared`: field -> column of the id and the title, which are read as they are.
    """
    fields = [(wanted, names.get(compact(wanted.name))) for wanted in schema]
    found = OwnColumns([(wanted, name) for wanted, name in fields if name is not None and wanted.name not in spared])
    taken = {*spared.values(), *(name for _, name in found.named)}
    columns = Columns.understand(sample)
    for wanted in (wanted for wanted, name in fields if name is None):
        if meant := [name for name in columns.of(*_roles(wanted.name, schema, columns)) if name not in taken]:
            found.meant.append((wanted, meant))
            taken.update(meant)
    unread = sorted(name for name in columns.names - taken if "." not in name)
    if found.meant:
        read = [(what, [name]) for what, name in spared.items()] + [(wanted.name, [name]) for wanted, name in found.named]
        read += [(wanted.name, meant[:3]) for wanted, meant in found.meant]
        found.notes = ["; ".join(f"{what} from {', '.join(of)}" for what, of in read)]
    if unread:
        more = f" and {len(unread) - MAX_UNKNOWN} more" if len(unread) > MAX_UNKNOWN else ""
        found.notes.append(f"not read: {', '.join(unread[:MAX_UNKNOWN])}{more}")
    return found


def _roles(wanted: str, schema: pa.Schema, columns: Columns) -> tuple[str, ...]:
    """The roles of columns that hold a field, best first, as the readers of films and of albums look for it."""
    if wanted == "year":
        if "barcode" in schema.names:
            return "year", "date", "loose date"
        return ("year",) if is_disc(columns) else ("year", "date")
    return _FOUND.get(wanted) or ((ROLE[wanted],) if wanted in ROLE else ())


def own_id(columns: Columns, fields: Fields) -> str:
    """What a record says in a column `id`, "" where it has none."""
    name = next((name for name in columns.of("plain id") if compact(name) == "id"), None)
    return known(whole(clean(first_text(fields.get(name, ""))))) if name else ""


def converted(value: Value | None, kind: pa.DataType, *, commas: bool = False) -> object:
    """A value in the type of a column; None where it is unknown or cannot be read."""
    if value is None:
        return None
    if pa.types.is_list(kind):
        return split_list(value, commas=commas) or None
    text = clean(first_text(value))
    if pa.types.is_integer(kind):
        return parse_year(text)
    if pa.types.is_boolean(kind):
        return None if not text else text.lower() in ("true", "1", "yes", "t", "y")
    if pa.types.is_floating(kind):
        try:
            number = float(text)
        except ValueError:
            return None
        return number if abs(number) < 1e12 else None
    return known(whole(text)) or None


def whole(text: str) -> str:
    """862 from 862.0, as pandas writes whole numbers where a column has gaps."""
    found = _WHOLE.fullmatch(text)
    return found[1] if found else text


def split_list(value: Value, *, commas: bool = False) -> list[str]:
    """A list as files have it: of its own, joined by |, as Python or JSON writes lists, or (`commas`) by commas."""
    if isinstance(value, list):
        return [text for item in value if (text := known(item))]
    text = value.strip()
    if text.startswith("[") and text.endswith("]") and len(text) < 64_000:
        try:
            items = ast.literal_eval(text)
            return [found for item in items if (found := known(str(item)))]
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            pass
    parts = text.split("|") if "|" in text or not commas else _COMMAS.split(text)
    return [found for part in parts if (found := known(part))]
