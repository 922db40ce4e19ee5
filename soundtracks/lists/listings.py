"""Printouts that are lists between other words: directories, trees of folders, playlists, chats. Only their names are read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from soundtracks.errors import BadTitles

_TIME = r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:[ \u202f]?[ap]\.?m\.?)?"
_DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}"
_FORMS = {
    "chat": re.compile(rf"[\u200e\u200f]?\[?{_DATE},? {_TIME}\]? (?:- )?[^:]{{1,60}}: (?P<name>.+)", re.I),
    "directory": re.compile(rf"{_DATE} {{1,4}}{_TIME} {{1,30}}(?:<DIR>|[\d.,\u00a0]+) {{1,30}}(?P<name>[^ .].*)", re.I),
    "directory (ls)": re.compile(
        r"[-dl][rwxsStT-]{9}[.+@]? {1,9}\d+ {1,9}\S+ {1,9}\S+ {1,12}[\d.,]+[KMGT]? {1,9}\S+ {1,9}\S+ {1,9}[\d:]+ (?P<name>[^.].*)"
    ),
    "tree of folders": re.compile(r"^[│| \u00a0]*+(?:├──|└──|\|--|`--|\+---|\\---)[ \u00a0]?(?P<name>[^ \u00a0-].*)"),
}
#: The share of lines that must have a form before it is believed; what has another one is passed over.
SHARE = 0.3


@dataclass(frozen=True)
class Listing:
    """`name`: what the printout is, in words."""

    name: str
    form: re.Pattern[str] | None

    def lines(self, lines: Iterator[str]) -> Iterator[tuple[int, str]]:
        """(line, name) of what it lists."""
        for number, line in enumerate(lines, 1):
            if self.form is None:
                if line.strip() and not line.lstrip("\ufeff").startswith("#"):
                    yield number, line.strip()
            elif found := self.form.fullmatch(line.strip()):
                yield number, found["name"]


def listing_of(head: Sequence[str]) -> Listing | None:
    """What printout a text is, by its first lines; None for another text. Raises BadTitles for one that is not read."""
    filled = [line.strip() for line in head if line.strip()]
    if not filled:
        return None
    if filled[0].startswith("{|"):
        raise BadTitles(
            "This is the source of a wiki table.", hint="Copy the table as the page shows it, or save the page as HTML."
        )
    if filled[0].lstrip("\ufeff").startswith("#EXTM3U"):
        return Listing("playlist", None)
    for name, form in _FORMS.items():
        if sum(bool(form.fullmatch(line)) for line in filled) >= max(2, SHARE * len(filled)):
            return Listing(name, form)
    return None
