"""Lines of a text that stand beside its tables: the items of lists, and titles with their years. Other lines are counted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from soundtracks.lists.columns import DATED_TITLE
from soundtracks.lists.titles import parse_line

#: What makes a line an item: a bullet, a number, or the task of an outline. Its box for a tick goes with it.
_MARK = re.compile(r"(?P<sign>[-*+]|\d{1,5}[.)]|\*{1,8} (?:TODO|DONE))\s++(?:\[[ xX✓✔-]\] ?)?(?=\S)")
#: The share of items that must have a year or an id before one without is believed to be a film.
SURE = 2 / 3
#: A line without a mark is no title if it is longer.
MAX_UNMARKED = 120


@dataclass(frozen=True)
class _Line:
    """`sign`: what marks an item, "" for another line. `dated`: whether a year or an id stands in it."""

    number: int
    text: str
    sign: str
    indented: bool
    dated: bool


@dataclass
class Beside:
    """`titles`: (line, text without its mark). `others`: how many lines are none."""

    titles: list[tuple[int, str]] = field(default_factory=list)
    others: int = 0

    @classmethod
    def of(cls, lines: Iterable[tuple[int, str]]) -> "Beside":
        """Tells the titles among numbered lines that belong to no table. Headings and lines of signs alone count for nothing.

        An item needs a year or an id, or to stand among items of which most have one; another line needs its year at the end
        and a neighbour that is a title too, because a year may also end a sentence.
        """
        read = [_line(number, text) for number, text in lines if any(map(str.isalnum, text)) and not text.startswith("#")]
        items = [line for line in read if line.sign and (line.dated or not line.indented)]
        signs = {line.sign for line in items if line.dated}
        trusted = signs if sum(line.dated for line in items) >= SURE * len(items) else set()
        near = {n for a, b in pairwise(line.number for line in read if line.dated) if b - a == 1 for n in (a, b)}
        found = cls()
        for line in read:
            if line.sign and not line.dated:
                is_title = line.sign in trusted and not line.indented
            else:
                is_title = line.dated and bool(line.sign or line.number in near)
            if is_title:
                found.titles.append((line.number, line.text))
            else:
                found.others += 1
        return found


def _line(number: int, text: str) -> _Line:
    indented, text = text[:1].isspace(), text.strip()
    if mark := _MARK.match(text):
        rest = text[mark.end() :]
        written = parse_line(rest)
        dated = bool(written.year or written.imdb_id or written.tmdb_id or written.wikidata_id)
        sign = "1" if mark["sign"][0].isdigit() else mark["sign"]
        return _Line(number, rest, sign, indented, dated)
    return _Line(number, text, "", False, len(text) <= MAX_UNMARKED and DATED_TITLE.fullmatch(text) is not None)
