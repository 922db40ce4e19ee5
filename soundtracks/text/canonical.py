"""Canonical names: what is left of a title when everything is gone that differs between catalogues without meaning.

    "Fox, The"                                       fox
    "The Godfather, Part II (Original Soundtrack)"   godfather 2
    "Music From And Inspired By M:I-2"               mi 2
    "Blade Runner (Soundtrack) = ブレードランナー…"    blade runner, ブレードランナー, buredoranna

A film has a name for each of its titles; an album has each film title that can be read out of it, the surest reading
with the lowest kind. Names of other scripts are kept as they are and transliterated beside.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from soundtracks.text.folding import POSSESSIVE, UNSPACED, fold, key, keys
from soundtracks.text.readings import ARTIST, BESIDE, CUT, FRONT, NAMED, PART, PART_NUMBER, RAW, SEGMENT, WHOLE, read_album
from soundtracks.text.signals import FILM_MUSIC_LABELS
from soundtracks.text.spelling import spelling_key
from soundtracks.text.vocabulary import FILM_BEFORE

__all__ = [
    "ALTERNATIVE",
    "ARTIST",
    "BESIDE",
    "CUT",
    "FRONT",
    "NAMED",
    "PART",
    "RAW",
    "SEGMENT",
    "WHOLE",
    "album_names",
    "artist_names",
    "clean_artist",
    "credit_in_title",
    "film_names",
    "key",
    "may_mean",
    "names_no_film",
]

#: Kinds of film names.
TITLE, ORIGINAL, ALTERNATIVE, MAIN_TITLE, SUBTITLE = range(5)


def may_mean(asked: int, its: int) -> bool:
    """Whether a name of the kind `asked` that is also a film's, of the kind `its`, may mean the film.

    Two films of a series have the main title in common: "Trois couleurs: Blanc", "Trois couleurs: Bleu".
    """
    return min(asked, its) < MAIN_TITLE or asked == its == SUBTITLE


# films ---------------------------------------------------------------------------------------------------------------


def film_names(films: pa.Table) -> pa.Table:
    """Names of films (columns title, original_title, alternative_titles): film (row), key, kind. A film has a name once."""
    rows: list[int] = []
    names: list[str] = []
    kinds: list[int] = []
    columns = (films[c].to_pylist() for c in ("title", "original_title", "alternative_titles"))
    for row, (title, original, others) in enumerate(zip(*columns, strict=True)):
        seen: dict[str, int] = {}
        for text, kind in _titles(title, original, others):
            for name, weaker in _film_keys(text):
                if name not in seen:
                    seen[name] = weaker or kind
                    if not weaker and (spelt := spelling_key(name)) and spelt not in seen:
                        seen[spelt] = kind
        rows.extend([row] * len(seen))
        names.extend(seen)
        kinds.extend(seen.values())
    return pa.table({"film": pa.array(rows, pa.int32()), "key": pa.array(names, pa.string()), "kind": pa.array(kinds, pa.int8())})


def _titles(title: str | None, original: str | None, others: list[str] | None) -> Iterator[tuple[str, int]]:
    if title:
        yield title, TITLE
    if original and original != title:
        yield original, ORIGINAL
    for other in others or ():
        if other:
            yield other, ALTERNATIVE


#: "The Godfather: Part II" is not called The Godfather.
_NUMBERED_PART = re.compile(r"(?:part|chapter|vol\.?|volume) (?:\d{1,2}|[ivx]+|one|two|three|four)$")
#: A film about a film has no title of that film's.
_MAKING_OF = re.compile(r"^(?:the )?making of |^behind the scenes ")
#: "葉問2:宗師傳奇": no blank follows the colon where none parts words. Only behind a part's number: what stands before it without
#: one is the series' name, "名探偵コナン" and "007".
_SUBTITLED = re.compile(rf" ?: |(?<=[{UNSPACED}][0-9]):(?=[{UNSPACED}])|, (?=the )| - | \((?=\D)")
#: Long titles are shortened in use: "Dr. Strangelove or: How I…", "The French Dispatch of the Liberty, Kansas Evening Sun".
_LONG_TITLE = re.compile(r"^([^ ]+ [^ ]+?(?: [^ ]+)?),?(?: or:?| of the| and the|,) (?:[^ ]+ ){3,}[^ ]+$")


@lru_cache(maxsize=1 << 14)
def _film_keys(title: str) -> tuple[tuple[str, int], ...]:
    """(name, MAIN_TITLE or SUBTITLE where it is but a part; 0 where it is the whole title)."""
    folded = fold(title)
    found = [(name, 0) for name in keys(folded)]
    if " presents" in folded:
        found += [(name, 0) for name in keys(folded.replace(" presents", ""))]
    before = None if folded.isascii() else FILM_BEFORE.match(folded)
    if before:
        found += [(name, 0) for name in keys(folded[before.end() :].strip('" '))]
    # "Star Wars: Episode III - Revenge of the Sith" is called "Star Wars: Revenge of the Sith" too
    unnumbered = PART_NUMBER.sub("", folded) if ":" in folded or " - " in folded else folded
    if unnumbered != folded:
        found += [(name, 0) for name in keys(unnumbered)]
    cut = None if _MAKING_OF.match(folded) else _SUBTITLED.search(folded)
    if cut and cut.start() > 0 and not _NUMBERED_PART.match(folded[cut.end() :]):
        found += [(name, MAIN_TITLE) for name in keys(folded[: cut.start()]) if len(name) > 1]
    if cut and cut.start() > 0:
        *_, last = _SUBTITLED.split(folded)
        found += [(name, SUBTITLE) for name in keys(last.rstrip(")")) if " " in name]
    long = _LONG_TITLE.match(folded)
    if long:
        found += [(name, MAIN_TITLE) for name in keys(long[1])]
    owned = POSSESSIVE.match(folded)
    if owned:
        found += [(name, SUBTITLE) for name in keys(folded[owned.end() :])]
    return tuple(found)


# albums --------------------------------------------------------------------------------------------------------------


def album_names(albums: pa.Table) -> pa.Table:
    """Film titles read out of albums (columns title, artist): album (row), key, kind, part. An album has a name once.

    `part`: 0, or the number of the film for albums of several ("A / B").
    """
    of_album = list(map(_names_of_album, albums["title"].to_pylist(), albums["artist"].to_pylist()))
    rows = np.repeat(np.arange(len(of_album), dtype=np.int32), list(map(len, of_album)))
    found = list(chain.from_iterable(of_album))
    names, kinds, parts = zip(*found, strict=True) if found else ((), (), ())
    return _names(rows, names, kinds, parts)


def _names_of_album(title: str | None, artist: str | None) -> tuple[tuple[str, int, int], ...]:
    if not title:
        return ()
    readings = read_album(title)
    claim = credit_in_title(title, artist) if "-" in title or "–" in title else None
    if claim:
        readings = _surest(readings + read_album(claim[1]))
    if artist and _are_raw(readings):
        # "Soundtrack" by American Satan: the film stands in the artist's place, and no film is called so
        readings = () if _SOUNDTRACK.search(title) else readings
        readings += tuple((name, ARTIST, 0) for name in _names_of_artist(artist))
    return readings


def _are_raw(readings: tuple[tuple[str, int, int], ...]) -> bool:
    """Whether no reading is of a title."""
    return {kind for _, kind, _ in readings} <= {RAW}


def artist_names(albums: pa.Table, rows: Iterable[int]) -> pa.Table:
    """As `album_names`, for some albums: the artist, where the title speaks of a soundtrack ("Awesome Mix Vol. 1 (Original
    Soundtrack)" by "Guardians of the Galaxy")."""
    at = pa.array(rows, pa.int64())
    album: list[int] = []
    names: list[str] = []
    titles, artists = (albums[column].take(at).to_pylist() for column in ("title", "artist"))
    for row, title, artist in zip(at.to_pylist(), titles, artists, strict=True):
        if title and artist and _SOUNDTRACK.search(title) and not _LABEL.search(fold(artist)):
            of_artist = _keys_of_artist(artist)
            album += [row] * len(of_artist)
            names += of_artist
    return _names(album, names, [ARTIST] * len(names), [0] * len(names))


def _names(
    rows: Sequence[int] | npt.NDArray[np.int32], names: Sequence[str], kinds: Sequence[int], parts: Sequence[int]
) -> pa.Table:
    return pa.table(
        {
            "album": pa.array(rows, pa.int32()),
            "key": pa.array(names, pa.string()),
            "kind": pa.array(kinds, pa.int8()),
            "part": pa.array(parts, pa.int8()),
        }
    )


def _surest(readings: tuple[tuple[str, int, int], ...]) -> tuple[tuple[str, int, int], ...]:
    """Readings with each name once, as the surest kind."""
    found: dict[str, tuple[int, int]] = {}
    for name, kind, part in readings:
        if name not in found or (kind, part) < found[name]:
            found[name] = (kind, part)
    return tuple((name, kind, part) for name, (kind, part) in found.items())


def names_no_film(title: str) -> bool:
    """Whether a title is but wording ("Soundtrack"): the film stands elsewhere."""
    return _are_raw(read_album(title))


_SOUNDTRACK = re.compile(r"(?i)soundtrack|motion picture|\bo\.?s\.?t\b")


@lru_cache(maxsize=1 << 14)
def _names_of_artist(artist: str) -> tuple[str, ...]:
    """Names that an artist's credit is or holds, where the film stands in the artist's place."""
    clean = clean_artist(artist)
    return tuple(dict.fromkeys([*keys(fold(clean)), *(name for name, _, _ in read_album(clean))]))


@lru_cache(maxsize=1 << 14)
def _keys_of_artist(artist: str) -> tuple[str, ...]:
    return tuple(keys(fold(clean_artist(artist))))


#: Shops write the label where the artist should stand: no film.
_LABEL = FILM_MUSIC_LABELS.python

_DASHED = re.compile("^([^:(\\[]*?[^ :(\\[]) [-–—] (?=.)")


@lru_cache(maxsize=1 << 15)
def credit_in_title(title: str, artist: str | None) -> tuple[str, str] | None:
    """(credit, title) of a title that may begin with its artist, as shops write it: "Queen - Flash Gordon".

    None where it does not, where what follows is no title ("Jaws - Original Soundtrack", "Rocky - 2"), and where the artist is
    known as another.
    """
    dashed = _DASHED.match(title)
    if not dashed:
        return None
    credit, rest = dashed[1], title[dashed.end() :].strip()
    if artist and (artist[:2].casefold() != credit[:2].casefold() or key(clean_artist(artist)) != key(credit)):
        return None
    names = read_album(rest)
    return (credit, rest) if any(kind != RAW and not name.isdecimal() for name, kind, _ in names) else None


_NUMBERED = re.compile(r"\s\(\d+\)(?=\s*(?:$|[,;/&]|and\b|feat))")


def clean_artist(name: str) -> str:
    """A Discogs artist credit without its numbers of namesakes and asterisks: "Vangelis*", "John Williams (4)"."""
    return _NUMBERED.sub("", name).replace("*", "").strip()
