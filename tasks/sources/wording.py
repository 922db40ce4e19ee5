"""Titles compared loosely, to decide what to ask for. (Whether an album belongs to a film is for the match to say.)"""

import re

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
