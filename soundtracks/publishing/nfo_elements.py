"""Where the elements of an .nfo file stand, in bytes: a file can be changed there, and nowhere else.

An .nfo file may be no XML behind its root (a combination nfo has an address there), and most are of other kinds: what is no XML
at all is no fault.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from soundtracks.text.foreign import one_line


class NotReadable(ValueError):
    """An .nfo file of an album or film that cannot be read; the message says why."""


@dataclass
class Element:
    """A direct child of the root. `text`: what stands directly in it, stripped. `plain`: it has no attribute and no element."""

    name: str
    attributes: Mapping[str, str]
    start: int
    end: int = 0
    text: str = ""
    plain: bool = True


@dataclass
class Elements:
    """The root's name, its children that have a text, and where its closing tag begins; an empty root (<album/>) has none."""

    root: str = ""
    children: list[Element] = field(default_factory=list)
    closing: int | None = None


def elements_of(data: bytes, roots: Container[str]) -> Elements | None:
    """The elements of a file with one of these roots; None for every other file. Raises NotReadable where such a file is damaged,
    or written so that ASCII cannot be put into it."""
    reader = _Reader(data)
    try:
        reader.read()
    except expat.ExpatError as error:
        if reader.found.root in roots and not reader.ended:  # behind its end it may be anything
            raise NotReadable(f"no XML: {one_line(error, 200)}") from error
    except (LookupError, ValueError) as error:  # encodings that nobody knows, or with several bytes a letter
        raise NotReadable(f"no XML: {one_line(error, 200)}") from error
    if reader.found.root not in roots:
        return None
    if not reader.is_ascii:
        raise NotReadable("written in UTF-16, or another encoding without ASCII")
    return reader.found


class _Reader:
    """Reads with expat, which tells of each tag where it stands. Entities that a file makes itself are not unfolded."""

    def __init__(self, data: bytes) -> None:
        self.found = Elements()
        self.ended, self.is_ascii = False, False
        self._data, self._depth = data, 0
        self._skipped = len(data) - len(data.lstrip())  # before its declaration XML allows nothing
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.DefaultHandler = lambda _: None  # where there is one, expat unfolds no entities

    def read(self) -> None:
        self._parser.Parse(self._data[self._skipped :], True)

    def _at(self) -> int:
        return self._skipped + self._parser.CurrentByteIndex

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth == 1:
            self.found.root = name
            self.is_ascii = self._data.startswith(f"<{name}".encode(), self._at())
        elif self._depth == 2:
            self.found.children.append(Element(name, attributes, self._at(), plain=not attributes))
        else:
            self.found.children[-1].plain = False

    def _text(self, text: str) -> None:
        if self._depth == 2:
            self.found.children[-1].text += text

    def _end(self, name: str) -> None:
        self._depth -= 1
        at = self._at()
        if self._depth == 0:
            self.ended = True
            self.found.closing = at if self._data.startswith(f"</{name}".encode(), at) else None
        elif self._depth == 1:
            child = self.found.children[-1]
            child.text, child.end = child.text.strip(), self._data.find(b">", at) + 1
            if not child.text:
                self.found.children.pop()
