"""Lines that stand beside the tables of a text: items of lists that are titles with their years. Other lines are counted."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from soundtracks.lists.columns import DATED_TITLE
from soundtracks.lists.titles import MARKDOWN_LINK, plain_markdown, without_pictures

#: What makes a line an item: the task of an outline, a bullet or a number. Its box for a tick goes with it.
_MARK = re.compile(r"(?P<sign>\*{1,8} (?:TODO|DONE)|[-*+]|\d{1,5}[.)])\s++(?:\[[ xX✓✔-]\] ?)?(?=\S)")
#: How lines begin that end in a year as titles do and are none.
_NO_TITLE = re.compile(r"(?:©|\(c\)|(?-i:by )|(?:copyright|licen[cs]ed?|version|last updated|updated|sources?)\b|v\d+\.\d)", re.I)
#: The page of a film itself, or its id, with nothing beside it.
_FILM = re.compile(
    r"<?(?:tt\d{7,10}|(?:https?://)?(?:www\.|m\.)?(?:imdb\.com/title/tt\d{7,10}|themoviedb\.org/movie/\d{1,9}(?:-[\w-]*+)?"
    r"|letterboxd\.com/film/[\w-]++|wikidata\.org/wiki/Q\d++)/?(?:\?\S*)?)>?",
    re.I,
)
_FENCE = re.compile(r" {0,3}(?P<fence>```|~~~)")
#: Longer texts are no titles.
MAX_BESIDE = 200
#: Items that a list must have before one of them is believed to be a title although it has no year.
MIN_LIST = 3
#: Films are listed so many years before they come out.
YEARS_AHEAD = 2


@dataclass(frozen=True)
class _Line:
    """`sign`: what marks an item, "" for another line. `sure`: whether it is a title with its year, or a film's page or id."""

    number: int
    text: str
    sign: str = ""
    indented: bool = False
    sure: bool = False


@dataclass
class Beside:
    """`titles`: (line, text without its mark). `others`: how many lines are none."""

    titles: list[tuple[int, str]] = field(default_factory=list)
    others: int = 0

    @classmethod
    def of(cls, lines: Iterable[tuple[int, str]]) -> "Beside":
        """Tells the titles among the numbered lines of a Markdown text. Rows, headings and lines of signs count for nothing.

        A title is an item that ends in its year in brackets, or a film's page or id alone; one item without either is believed
        in a list of which all others are such. What stands in code and in comments is no item.
        """
        found = cls()
        block: list[_Line] = []
        for line in _lines(lines):
            if line.indented:  # below an item, and no end of its list
                found._take([line])
                continue
            if not line.sign or (block and line.sign != block[0].sign):
                found._take(block)
                block = []
            if line.sign:
                block.append(line)
            elif line.text:
                found.others += 1
        found._take(block)
        found.titles.sort()
        return found

    def _take(self, block: list[_Line]) -> None:
        """Takes the titles of a list."""
        trusted = len(block) >= MIN_LIST and sum(not line.sure for line in block) == 1
        for line in block:
            if line.sure or (trusted and _may_be_title(line.text)):
                self.titles.append((line.number, line.text))
            else:
                self.others += 1


def is_dated_title(text: str) -> bool:
    """Whether a text is a title that ends in its year in brackets, and neither a notice nor of a year to come."""
    text = MARKDOWN_LINK.sub(lambda link: link["text"], text) if "](" in text else text
    text = without_pictures(plain_markdown(text.strip()))
    if not _may_be_title(text) or not DATED_TITLE.fullmatch(text):
        return False
    return int(text[-5:-1]) <= datetime.now(UTC).year + YEARS_AHEAD


def _may_be_title(text: str) -> bool:
    return len(text) <= MAX_BESIDE and "://" not in text and not _NO_TITLE.match(text)


def _lines(lines: Iterable[tuple[int, str]]) -> Iterator[_Line]:
    """The lines that are no rows and no signs. A heading, which ends a list, has no text; code and comments are no items."""
    fence, comment = "", False
    for number, line in lines:
        text = line.strip()
        opened = _FENCE.match(line)
        hidden = bool(fence) or comment or bool(opened) or text.startswith("<!--")
        if not comment and opened and fence in ("", opened["fence"]):
            fence = "" if fence else opened["fence"]
        if not fence and (comment or "<!--" in text):
            comment = text.rfind("-->") <= text.rfind("<!--")
        if "|" in text or not any(map(str.isalnum, text)):
            continue
        if text.startswith("#") and not hidden:
            yield _Line(number, "")
        else:
            yield _Line(number, text) if hidden else _line(number, line)


def _line(number: int, line: str) -> _Line:
    indented, text = line[:1].isspace(), line.strip()
    if mark := _MARK.match(text):
        rest = text[mark.end() :]
        sign = "1" if mark["sign"][0].isdigit() else "TODO" if " " in mark["sign"] else mark["sign"]
        return _Line(number, rest, sign, indented, bool(_FILM.fullmatch(rest)) or is_dated_title(rest))
    return _Line(number, text, "", indented)
