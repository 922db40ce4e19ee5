"""Titles compared loosely, to decide what to ask for. (Whether an album belongs to a film is for the match to say.)"""

import re
from collections.abc import Iterable, Iterator

from anyascii import anyascii

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_APOSTROPHES = re.compile(r"['’`´]")
_ARTICLE = re.compile(r"^(the|a|an) (?=.)")


def fold(title: str) -> str:
    """A title without case, accents, script, punctuation and leading article: `Amélie!` → `amelie`."""
    plain = anyascii(_APOSTROPHES.sub("", title.casefold().replace("&", " and "))).lower()
    return _ARTICLE.sub("", _NOT_A_WORD.sub(" ", plain).strip())


def holds(text: str, title: str) -> bool:
    """Whether a folded text holds all words of a folded title, in order and side by side."""
    return bool(title) and f" {title} " in f" {text} "


class TitleIndex:
    """Many folded titles, to be found in texts word by word: the cost of a text does not grow with their number."""

    def __init__(self, folded: Iterable[str]) -> None:
        self._folded = set(folded) - {""}
        self._longest = max((len(title.split()) for title in self._folded), default=0)

    def within(self, text: str) -> Iterator[str]:
        """The folded titles that a folded text holds."""
        words = text.split()
        for start in range(len(words)):
            for end in range(start + 1, min(start + self._longest, len(words)) + 1):
                if (title := " ".join(words[start:end])) in self._folded:
                    yield title
