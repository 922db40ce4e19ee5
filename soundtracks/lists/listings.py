"""Printouts that are lists between other words: directories, trees of folders, playlists, chats. Only their names are read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from soundtracks.errors import BadTitles
from soundtracks.lists.titles import parse_line

_TIME = r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?:[ \u202f]?[ap]\.?m\.?)?"
_DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}"
_CHAT = "chat"
#: What stands before each message of a chat, and what only messengers write so: with brackets, or with a dash behind.
_STAMP = re.compile(rf"[\u200e\u200f]?\[?{_DATE},? {_TIME}\]? (?:- )?", re.I)
_SURE_STAMP = re.compile(rf"[\u200e\u200f]?(?:\[{_DATE},? {_TIME}\] |{_DATE},? {_TIME} - )", re.I)
#: What a messenger writes for what is no text: <Media omitted>, and what begins with a mark that nobody types.
_NO_TEXT = re.compile(r"<[^<>]{1,60}>|[\u200e\u200f].*")
_FORMS = {
    _CHAT: re.compile(rf"{_STAMP.pattern}[^:]{{1,60}}: (?P<name>.+)", re.I),
    "directory": re.compile(rf"{_DATE} {{1,4}}{_TIME} {{1,30}}(?:<DIR>|[\d.,\u00a0]+) {{1,30}}(?P<name>[^ .].*)", re.I),
    "directory (ls)": re.compile(
        r"[-dl][rwxsStT-]{9}[.+@]? {1,9}\d+ {1,9}\S+ {1,9}\S+ {1,12}[\d.,]+[KMGT]? {1,9}\S+ {1,9}\S+ {1,9}[\d:]+ (?P<name>[^.].*)"
    ),
    "tree of folders": re.compile(r"^[│| \u00a0]*+(?:├──|└──|\|--|`--|\+---|\\---)[ \u00a0]?(?P<name>[^ \u00a0-].*)"),
}
#: The share of lines that must have a form before it is believed; what has another one is passed over.
SHARE = 0.3
#: Lines of one message of a chat that are looked at together.
MAX_MESSAGE = 1000


@dataclass(frozen=True)
class Listing:
    """`name`: what the printout is, in words."""

    name: str
    form: re.Pattern[str] | None

    def lines(self, lines: Iterator[str], notes: list[str]) -> Iterator[tuple[int, str]]:
        """(line, name) of what it lists. `notes` says at the end how many lines were passed over."""
        passed = 0
        for number, name in self._read(lines):
            passed += name is None
            if name is not None:
                yield number, name
        if passed:
            notes.append(f"{passed} other line{'s' if passed > 1 else ''} of the {self.name} passed over")

    def _read(self, lines: Iterator[str]) -> Iterator[tuple[int, str | None]]:
        """(line, name) of each line that is not blank; None for one that names nothing."""
        numbered = ((number, text) for number, line in enumerate(lines, 1) if (text := line.strip()))
        if self.form is None:
            yield from ((number, line) for number, line in numbered if not line.lstrip("\ufeff").startswith("#"))
        elif self.name == _CHAT:
            for message in _messages(numbered, self.form):
                yield from _of_message(message)
        else:
            for number, line in numbered:
                found = self.form.fullmatch(line)
                yield number, found["name"] if found else None


def _messages(lines: Iterator[tuple[int, str]], form: re.Pattern[str]) -> Iterator[list[tuple[int, str]]]:
    """The lines of each message. What is no message (somebody joined) is one of a line that says nothing."""
    message: list[tuple[int, str]] = []
    for number, line in lines:
        stamped = _STAMP.match(line)
        if message and (stamped or len(message) == MAX_MESSAGE):
            yield message
            message = []
        found = form.fullmatch(line)
        message.append((number, found["name"] if found else "" if stamped else line))
    if message:
        yield message


def _of_message(message: list[tuple[int, str]]) -> Iterator[tuple[int, str | None]]:
    """The lines of a message that name something: "and mine" before titles that all have their years only introduces them."""
    (first, opening), *others = message
    introduces = len(others) > 1 and not parse_line(opening).year and all(parse_line(text).year for _, text in others)
    yield first, None if introduces else _named(opening)
    yield from ((number, _named(text)) for number, text in others)


def _named(text: str) -> str | None:
    return None if not text or text.endswith(":") or _NO_TEXT.fullmatch(text) else text


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
    # long messages leave few lines with a stamp
    if _SURE_STAMP.match(filled[0]) and sum(bool(_FORMS[_CHAT].fullmatch(line)) for line in filled) > 1:
        return Listing(_CHAT, _FORMS[_CHAT])
    return None
