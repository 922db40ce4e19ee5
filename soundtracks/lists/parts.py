"""What the readers of formats hand on: parts of a list (a table, a group of records, plain lines), and what was damaged."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

#: A value of a record: a text, or several where a record repeats a field.
Value: TypeAlias = str | list[str]
Fields: TypeAlias = dict[str, Value]

#: Damaged places that are kept word for word; all are counted.
MAX_PLACES = 1000
MAX_SHOWN = 200
#: Values of one field.
MAX_VALUES = 64


def add_value(fields: Fields, path: str, text: str) -> None:
    """Gives a field a value, beside those that it has."""
    before = fields.get(path)
    if before is None:
        fields[path] = text
    elif isinstance(before, list):
        if len(before) < MAX_VALUES:
            before.append(text)
    else:
        fields[path] = [before, text]


@dataclass(frozen=True)
class Place:
    """Something that could not be read: the file inside a ZIP or folder ("" for a plain file), its line, why, and the text."""

    member: str
    line: int
    reason: str
    text: str = ""

    def __str__(self) -> str:
        where = f"{self.member}, line {self.line}" if self.member else f"line {self.line}"
        return f"{where}: {self.reason}"


@dataclass
class Damage:
    """Collects damaged places while a file is read."""

    places: list[Place] = field(default_factory=list)
    count: int = 0

    def add(self, member: str, line: int, reason: str, text: str = "") -> None:
        self.count += 1
        if len(self.places) < MAX_PLACES:
            self.places.append(Place(member, line, reason, text[:MAX_SHOWN]))


class OnceEach:
    """Names that stand for one row each: the second of a name is called name.2."""

    def __init__(self) -> None:
        self._given = Counter[str]()

    def name(self, wanted: str) -> str:
        self._given[wanted] += 1
        count = self._given[wanted]
        return wanted if count == 1 else f"{wanted}.{count}"


@dataclass
class Part:
    """A table or group of records: `records` yields (line or number, fields). Or `lines`: (line, text), a title each.

    `group`: the key, element or sheet that holds it, which may tell the kind. `format`: in words. `headed`: names of fields
    come from the file; otherwise they are only numbers, and contents alone tell what a column is.
    """

    member: str
    format: str
    records: Iterator[tuple[int, Fields]] | None = None
    lines: Iterator[tuple[int, str]] | None = None
    group: str = ""
    headed: bool = True
    notes: list[str] = field(default_factory=list)
