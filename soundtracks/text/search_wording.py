"""Titles compared loosely, to decide what to ask for. (Whether an album belongs to a film is for the match to say.)"""

import re
from collections.abc import Iterable, Iterator

from anyascii import anyascii

from soundtracks.text import folding

_ARTICLE = re.compile(r"^(the|a|an) (?=.)")
#: Where one part of a listing ends: initials do not go on behind it.
_PARTS = re.compile(r" - |[(\[]")


def fold(title: str) -> str:
    """A title without case, accents, script, punctuation and leading article, its numerals as digits: `Amélie!` → `amelie`,
    `The Godfather: Part II` → `godfather 2`, `9½ Weeks` → `9 1 2 weeks`. The same within a longer text."""
    folded = folding.fold(title)
    if not folded.isascii():
        folded = folding.fold(anyascii(folded))
    words = [word for part in _PARTS.split(folded) for word in folding.words_of(part)]
    return _ARTICLE.sub("", " ".join(folding.with_digits(words)))


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
