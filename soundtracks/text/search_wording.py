"""Titles compared loosely, to decide what to ask for. (Whether an album belongs to a film is for the match to say.)

An album is wanted where the match might see a film in it: it holds one of the film's titles, or a name that the match reads
out of it (canonical.py) is one of the film's, or resembles one.
"""

import re
from collections.abc import Iterable, Iterator

import pyarrow as pa
from anyascii import anyascii

from soundtracks.text import folding
from soundtracks.text.canonical import album_names, artist_names, film_names
from soundtracks.text.spelling import spelling, spelling_key

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
        self.folded = set(folded) - {""}
        self._longest = max((len(title.split()) for title in self.folded), default=0)

    def within(self, text: str) -> Iterator[str]:
        """The folded titles that a folded text holds."""
        words = text.split()
        for start in range(len(words)):
            for end in range(start + 1, min(start + self._longest, len(words)) + 1):
                if (title := " ".join(words[start:end])) in self.folded:
                    yield title


#: Words that titles come with and without: "Borg vs McEnroe", "Borg McEnroe".
_SMALL = frozenset(["a", "an", "and", "in", "of", "or", "the", "to", "versus", "vs"])
#: Sounds of a resemblance at least: what is shorter resembles too much.
MIN_SOUNDS = 8


def resemblance(name: str) -> str:
    """What a canonical name shares with those that only resemble it, "" where it is too short or in another script.

    Small words, double letters and spellings of a sound are gone: "Baahubali: The Beginning" is "Bāhubali: The Beginning".
    """
    sounds = spelling(" ".join(word for word in name.split() if word not in _SMALL))
    return sounds if len(sounds) >= MIN_SOUNDS else ""


class Wanted:
    """The titles of one film or of many, to tell which albums may be theirs."""

    def __init__(self, titles: Iterable[str]) -> None:
        """`titles`: as they are written."""
        titles = list(dict.fromkeys(titles))
        self.titles = TitleIndex(map(fold, titles))
        table = pa.table({name: pa.array(titles, pa.string()) for name in ("title", "original_title")})
        names = film_names(table.append_column("alternative_titles", pa.nulls(len(titles), pa.list_(pa.string()))))
        whole = set(names["key"].to_pylist())
        whole |= {name.removesuffix(" 1") for name in whole}  # the first of a series is called like the series
        #: What an album's name is looked up by (`names_of`).
        self.names = whole | {f"{_RESEMBLING}{sounds}" for name in whole if (sounds := resemblance(name))}

    def held_by(self, albums: pa.Table) -> list[bool]:
        """Which albums (columns title, artist) may be a film's."""
        held = [next(self.titles.within(fold(title or "")), None) is not None for title in albums["title"].to_pylist()]
        others = [row for row, found in enumerate(held) if not found]
        for row, key in names_of(albums.take(pa.array(others, pa.int64()))):
            held[others[row]] |= key in self.names
        return held


#: Before what a name shares with those that only resemble it, to tell it from a name.
_RESEMBLING = "~"


def names_of(albums: pa.Table) -> Iterator[tuple[int, str]]:
    """(row, key) of every name that the match reads out of albums (columns title, artist): as it is, in another spelling, and
    what it shares with those that only resemble it."""
    for names in (album_names(albums), artist_names(albums, range(len(albums)))):
        for row, name in zip(names["album"].to_pylist(), names["key"].to_pylist(), strict=True):
            yield row, name
            if spelt := spelling_key(name):
                yield row, spelt
            if sounds := resemblance(name):
                yield row, f"{_RESEMBLING}{sounds}"
