"""Candidate pairs by composer and year: films whose title the album has in another language.

"Le Voyage De Chihiro" by Joe Hisaishi of 2001 says that it is a soundtrack and has no word in common with "Spirited Away"; who
composed and when brings them together. Only for albums that no film is called like, and for films of about their year.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching.blocking import first_year, where_equal
from soundtracks.matching.coverage import says_soundtrack
from soundtracks.matching.features import album_credits
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.said_films import with_pairs
from soundtracks.matching.title_levels import SAME_SPELLING, share_a_word
from soundtracks.matching.trades import named_people
from soundtracks.text.canonical import film_names

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
    few[~few] = _share_a_word(album[~few], film[~few], names, index)
    return with_pairs(pairs, album[few], film[few], names, index, competing=True)


def _share_a_word(album: Ints, film: Ints, names: pa.Table, index: FilmIndex) -> npt.NDArray[np.bool_]:
    """Which pairs, by row, have a telling word in common: of a composer's many films "Les Demoiselles de Rochefort" is rather
    "The Young Girls of Rochefort"."""
    if not len(album):
        return np.zeros(0, dtype=bool)
    rows = np.unique(film)
    of_film, of_album = (
        _words(film_names(pa.Table.from_batches([index.films.take(pa.array(rows))])), "film"),
        _words(names.filter(pc.is_in(names["album"], value_set=pa.array(np.unique(album), pa.int32()))), "album"),
    )
    place = np.searchsorted(rows, film)
    pairs = zip(album.tolist(), place.tolist(), strict=True)
    return np.array([share_a_word(of_album.get(a, ()), of_film.get(f, ())) for a, f in pairs], dtype=bool)


def _words(names: pa.Table, row: str) -> dict[int, set[str]]:
    """All words of the names of each record."""
    found: dict[int, set[str]] = {}
    for at, name in zip(names[row].to_pylist(), names["key"].to_pylist(), strict=True):
        found.setdefault(at, set()).update(name.split())
    return found


def _of_composers(albums: pa.Table, rows: Ints, index: FilmIndex) -> tuple[Ints, Ints]:
    """(album, film), by row and each once, of some albums that call themselves film music."""
    hashed, films = index.by_composer
    rows = rows[(first_year(albums)[rows] > 0)] if len(hashed) else rows[:0]
    if len(rows):
        rows = rows[says_soundtrack(albums.take(pa.array(rows)))]
    if not len(rows):
        return rows, rows
    named, wanted = named_people(album_credits(albums.take(pa.array(rows))).texts.column)
    at, place = where_equal(wanted, hashed)
    album, film = rows[named[at]], films[place]
    year = index.year[film].astype(np.int64)
    near = (year > 0) & (np.abs(first_year(albums)[album] - year) <= MAX_YEARS)
    both = np.unique(np.stack([album[near], film[near]], axis=1), axis=0)
    return both[:, 0], both[:, 1]
