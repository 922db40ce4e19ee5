"""Candidate pairs by composer and year: films whose title the album has in another language.

"Le Voyage De Chihiro" by Joe Hisaishi of 2001 says that it is a soundtrack and has no word in common with "Spirited Away"; who
composed and when brings them together. Only for albums that no film is called like, and for films of about their year.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from soundtracks.matching.blocking import first_year, ranges
from soundtracks.matching.coverage import says_soundtrack
from soundtracks.matching.grams import name_hash
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.people import credited
from soundtracks.matching.said_films import with_pairs
from soundtracks.matching.title_levels import SAME_SPELLING
from soundtracks.text.canonical import credit_in_title

#: Films of one composer that an album is compared with; where more are of its year, nothing tells which.
MAX_FILMS = 3
#: Years between the album and its film.
MAX_YEARS = 1

Ints = npt.NDArray[np.int64]


def with_films_by_composer(pairs: pa.Table, albums: pa.Table, names: pa.Table, index: FilmIndex) -> pa.Table:
    """`pairs` (blocking.PAIRS) and those of soundtracks without a film of their name with the films that their composer
    made about their year. `names`: what `album_names(albums)` gives."""
    called = pairs["album"].to_numpy()[pairs["similarity"].to_numpy() >= SAME_SPELLING]
    unnamed = np.ones(len(albums), dtype=bool)
    unnamed[called] = False
    album, film = _of_composers(albums, np.flatnonzero(unnamed), index)
    few = np.bincount(album, minlength=len(albums))[album] <= MAX_FILMS
    known = set(zip(pairs["album"].to_pylist(), pairs["film"].to_pylist(), strict=True))
    new = sorted(set(zip(album[few].tolist(), film[few].tolist(), strict=True)) - known)
    return with_pairs(pairs, new, names, index, competing=True)


def has_film_by_composer(albums: pa.Table, index: FilmIndex) -> npt.NDArray[np.bool_]:
    """Which albums may be compared with a film of the index by its composer."""
    found = np.zeros(len(albums), dtype=bool)
    found[_of_composers(albums, np.arange(len(albums)), index)[0]] = True
    return found


def _of_composers(albums: pa.Table, rows: Ints, index: FilmIndex) -> tuple[Ints, Ints]:
    """(album, film), by row and each once, of some albums that call themselves film music."""
    hashed, films = index.by_composer
    rows = rows[(first_year(albums)[rows] > 0)] if len(hashed) else rows[:0]
    if len(rows):
        rows = rows[says_soundtrack(albums.take(pa.array(rows)))]
    if not len(rows):
        return rows, rows
    some = albums.select(["title", "artist"]).take(pa.array(rows)).to_pylist()
    claims = [None if one["artist"] else credit_in_title(one["title"] or "", None) for one in some]
    credits = [credited(claim[0] if claim else one["artist"] or "") for one, claim in zip(some, claims, strict=True)]
    owner, people = zip(*((row, name) for row, credit in zip(rows, credits, strict=True) for name in _names(credit)), strict=True)
    wanted = name_hash(pa.array(people, pa.string()))
    start = np.searchsorted(hashed, wanted)
    at, place = ranges(start, np.searchsorted(hashed, wanted, side="right") - start)
    album, film = np.array(owner, dtype=np.int64)[at], films[place]
    year = index.year[film].astype(np.int64)
    near = (year > 0) & (np.abs(first_year(albums)[album] - year) <= MAX_YEARS)
    both = np.unique(np.stack([album[near], film[near]], axis=1), axis=0)
    return both[:, 0], both[:, 1]


def _names(credit: str) -> list[str]:
    """A canonical credit, and each two neighbours of its words: "joe hisaishi and the …" names Joe Hisaishi."""
    words = credit.split()
    return [credit, *(" ".join(words[n : n + 2]) for n in range(len(words) - 1))]
