"""Plain lines of a list: what stands in each besides its title, lines that are none, and lines that hold several."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from soundtracks.lists.titles import PICTURES, ListStyle, ascii_digits

_YEAR = r"[(\[（【［](?:18|19|20)\d\d年?[)\]）】］]"
_YEARS = re.compile(_YEAR)
_DATED = re.compile(rf"[^\s(\[（【［].*{_YEAR}")
#: Where one film may end and the next begin; a slash without blanks is one of a path.
_BETWEEN = re.compile(r"(?<=[)\]）】］])(?: ?[,;&、] ?| / )(?=\S)")
_WORD = re.compile(r"[^\W\d_]{3,}")
#: Words that a film's title does not consist of alone, and those that a remark begins with.
_OF_EDITIONS = frozenset(
    """vol volume part parts chapter teil cut director directors final extended special theatrical edition version remaster
    remastered restored restoration release imax uhd dvd blu ray bluray the and iii vii viii xii xiii""".split()  # noqa: SIM905 easier to read
)
_OF_REMARKS = frozenset(("seen", "watched", "rewatched", "again", "added", "rated", "bought"))
#: Signs that draw a line where nothing else stands in it, and those that are drawn around a word: -- done --, == Seen ==.
_DRAWING, _AROUND = frozenset("-=_*~#+.–— "), "-=#+"


@dataclass
class LineReader:
    """Takes the titles out of lines.

    `headings`, `signs`: lines passed over. `doubtful`: lines that may hold several films, `example` the first of them.
    """

    style: ListStyle
    headings: int = 0
    signs: int = 0
    doubtful: int = 0
    example: str = ""

    @classmethod
    def of(cls, sample: Sequence[str]) -> "LineReader":
        """From the first lines of a list."""
        return cls(ListStyle.of(sample))

    def titles(self, line: str) -> list[str]:
        """The titles of a line as they are written: several where each has its year, none where the line is no title."""
        bare = self.style.strip(line)
        if bare is None or _is_drawn_around(bare):
            self.headings += 1
            return []
        if _is_decoration(bare):
            self.signs += 1
            return []
        return self._each(bare)

    def _each(self, line: str) -> list[str]:
        text = ascii_digits(line)
        years = list(_YEARS.finditer(text))
        if len(years) < 2:
            return [line]
        behind = {year.end() for year in years}
        gaps = [found.span() for found in _BETWEEN.finditer(text) if found.start() in behind]
        spans = [(before[1], after[0]) for before, after in pairwise([(0, 0), *gaps, (len(text), len(text))])]
        parts = [text[start:end] for start, end in spans]
        again = any("/" in text[slice(*gap)] and _year(a) == _year(b) for gap, (a, b) in zip(gaps, pairwise(parts), strict=True))
        if len(spans) == len(years) and not again and all(_DATED.fullmatch(part) and _is_title(part) for part in parts):
            return [line[start:end] for start, end in spans]
        between = [text[first.end() : second.start()] for first, second in pairwise(years)]
        if any(_has_word(words) and words[0] not in "/\\" for words in between):
            self.doubtful += 1
            self.example = self.example or line[:60]
        return [line]

    def notes(self) -> list[str]:
        """What was passed over and what was not plain, in words."""
        notes = []
        if self.headings:
            notes.append(f"{self.headings} heading line{'s' if self.headings > 1 else ''} passed over")
        if self.signs:
            notes.append(f"{self.signs} line{'s' if self.signs > 1 else ''} without a word passed over")
        if self.doubtful:
            lines = "lines with several years are each" if self.doubtful > 1 else "line with several years is"
            notes.append(f"{self.doubtful} {lines} read as one film: {self.example!r}")
        return notes


def _has_word(text: str) -> bool:
    return any(map(str.isalnum, text))


def _year(part: str) -> str:
    return part.rstrip("年)]）】］")[-4:]


def _is_title(part: str) -> bool:
    """Whether a part of a line is a title of its own, and no remark, no edition and no number of a sequel."""
    first = next(filter(str.isalnum, part))
    if first.isalpha() and first.upper() == first.lower():  # a script without capitals, and with short words
        return True
    words = [word.lower() for word in _WORD.findall(part)]
    return not first.islower() and not _OF_EDITIONS.issuperset(words) and words[0] not in _OF_REMARKS


def _is_drawn_around(line: str) -> bool:
    sign = line[:1] * 2
    return line[:1] in _AROUND and line.startswith(sign) and line.endswith(sign) and _has_word(line)


def _is_decoration(line: str) -> bool:
    """Whether a line is only drawn or only pictures. Other signs may be a title: $ and ☆."""
    if not line or _has_word(line):
        return False
    return (len(line) > 1 and _DRAWING.issuperset(line)) or not PICTURES.sub("", line).strip()
