"""Arrays of texts at the top of a JSON object that are lists of films by their names or by the years of their titles."""

from typing import Any

from soundtracks.lists.beside import is_dated_title
from soundtracks.lists.kinds import NAMES_OF_LISTS, compact, kind_of
from soundtracks.lists.values import parse_year

#: What people write of a film that they own, besides its title.
_FORMATS = frozenset(("dvd", "bluray", "4k", "4kuhd", "uhd", "hd", "3d", "vhs", "digital", "laserdisc", "streaming", "cinema"))


def named_arrays(document: Any, *, alone: bool) -> tuple[list[tuple[str, list[Any]]], list[str]]:
    """(name, titles) of each such array, and what is said of those that are not read.

    `alone`: no records stand in the file. Beside films that are objects, "owned" and "seen" say something of them.
    """
    found: list[tuple[str, list[Any]]] = []
    notes: list[str] = []
    for name, value in document.items() if isinstance(document, dict) else ():
        texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
        if not texts or kind_of(name) or not (compact(name) in NAMES_OF_LISTS or all(map(is_dated_title, texts))):
            continue
        titles = [text for text in texts if alone and _may_be_title(text)]
        if titles:
            found.append((name, titles))
        if left := len(texts) - len(titles):
            notes.append(f"{left:,} text{'s' if left > 1 else ''} of {name} not read")
    return found, notes


def _may_be_title(text: str) -> bool:
    """Whether a text is no date, no number and no format."""
    return any(map(str.isalpha, text)) and parse_year(text) is None and compact(text) not in _FORMATS
