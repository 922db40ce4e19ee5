"""Ids of films and albums that have none: made of what they are called, so that they stay when their list grows or is sorted.

    own:psycho:1960                      a film
    own:psycho:bernard-herrmann:1960     an album
    own:psycho::1960                     one without an artist

What people decided on a film or album is kept under its id: the number of a row would hand it to whatever stands there next.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from soundtracks.text.folding import find_words, fold

#: Characters of a name in an id: a longer one is cut, and the hash of all of it put behind. An id of a decision has room for 200.
MAX_SLUG = 60
#: Digits of the number of a row.
_MAX_DIGITS = 9


class IdOfRow(NamedTuple):
    """What a row says in a column `id`. `place`: of the row among the rows of its file, from 1. `line`: where it stands."""

    place: int
    line: int
    text: str


def film_id(title: str, year: int | None) -> str:
    """The id of a film by its folded title and year; two films may have the same."""
    return _joined(title, str(year or ""))


def album_id(title: str, artist: str | None, year: int | None, barcode: str | None = None) -> str:
    """The id of an album by its folded title and artist, its year and barcode; two albums may have the same."""
    return _joined(title, _slug(artist or ""), str(year or ""), barcode or "")


def count_rows(ids: Sequence[IdOfRow], before: int) -> bool:
    """Whether the ids of a table are but the numbers of its rows, from 1 or 0, or go on from those of the tables before it.

    `before`: rows of these. What lacks an id is numbered as well; damaged rows have a line, though no place.
    """
    if not ids or not all(i.text.isdecimal() and len(i.text) <= _MAX_DIGITS for i in ids):
        return False
    if int(ids[0].text) - ids[0].place not in (0, -1, -before, -before - 1):
        return False
    return len({int(i.text) - i.place for i in ids}) == 1 or len({int(i.text) - i.line for i in ids}) == 1


def _joined(title: str, *others: str) -> str:
    return ":".join(("own", _slug(title), *others)).rstrip(":")


def _slug(text: str) -> str:
    """The words of a text, joined by hyphens; the hash of one that has no words."""
    slug = "-".join(find_words(fold(text)))
    if 0 < len(slug) <= MAX_SLUG or not text:
        return slug
    digest = hashlib.sha256(text.casefold().encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{slug[: MAX_SLUG - 9].rstrip('-')}-{digest}".lstrip("-")
