"""What films an album looks for, as 64-bit keys: a film that has none of an album's keys is never compared with it by name or id.

Keys of a film are its names and their spellings, its ids, its composers. Keys of an album are the names read out of it and their
spellings, the ids of films that it is said to belong to with all names of those films (whose namesakes count), and whoever its
credit may name (trades.py). A hash that two things share makes an album be scored once more, no more than that.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching.blocking import equal_names, ranges
from soundtracks.matching.features import album_credits
from soundtracks.matching.grams import name_hash
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.said_films import said_films
from soundtracks.matching.trades import Hashes, named_people
from soundtracks.text.canonical import ARTIST, album_names, artist_names
from soundtracks.text.spelling import spelling_key

Ints = npt.NDArray[np.int64]
_BATCH = 20_000


def film_keys(index: FilmIndex) -> pa.ListArray:
    """Keys of each film, in the order of the index."""
    names = np.repeat(index.hash, np.diff(index.start)), index.film.astype(np.int64)
    keys, rows = zip(names, index.film_ids, index.by_composer, strict=True)
    return _lists(np.concatenate(keys), np.concatenate(rows), len(index))


def looked_for(albums: pa.Table, index: FilmIndex) -> tuple[pa.ListArray, npt.NDArray[np.bool_]]:
    """(keys, whether no film bears a name of one of its albums) of each group of albums (GROUPED, ordered)."""
    group = pc.dictionary_encode(albums["group"].combine_chunks()).indices.to_numpy().astype(np.int64)
    count = int(group.max()) + 1 if len(group) else 0
    is_open = np.zeros(count, dtype=bool)
    keys, rows = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for at in range(0, len(albums), _BATCH):
        batch = albums.slice(at, _BATCH).combine_chunks()
        names = album_names(batch)
        is_open[group[at + _nameless(batch, names, index)]] = True
        for key, row in _keys(batch, names, index):
            keys.append(key)
            rows.append(group[at + row])
    return _lists(np.concatenate(keys), np.concatenate(rows), count), is_open


def _nameless(albums: pa.Table, names: pa.Table, index: FilmIndex) -> Ints:
    """Albums of which no name is a film's: films whose names resemble theirs are looked at (blocking.find_candidates)."""
    own = names.filter(pc.not_equal(names["kind"], ARTIST))
    album = own["album"].to_numpy().astype(np.int64)
    without = np.zeros(len(albums), dtype=bool)
    without[album] = True
    if len(own) and len(index.names):
        without[album[equal_names(name_hash(own["key"]), index)[0]]] = False
    return np.flatnonzero(without)


def _keys(albums: pa.Table, names: pa.Table, index: FilmIndex) -> Iterator[tuple[Hashes, Ints]]:
    """(key, album) of a batch, each kind for itself."""
    every = pa.concat_tables([names, artist_names(albums, range(len(albums)))])
    album, texts = every["album"].to_numpy().astype(np.int64), every["key"].to_pylist()
    yield name_hash(every["key"]), album
    yield name_hash(pa.array(list(map(spelling_key, texts)), pa.string())), album
    row, person = named_people(album_credits(albums).texts.column)
    yield person, row
    ids = albums["film_ids"].combine_chunks()
    yield name_hash(pc.list_flatten(ids)), pc.list_parent_indices(ids).to_numpy().astype(np.int64)
    said, film = said_films(albums, index)
    if len(film):
        by_film = np.argsort(index.film, kind="stable")
        names_of = np.bincount(index.film, minlength=len(index)).astype(np.int64)
        pair, at = ranges((np.cumsum(names_of) - names_of)[film], names_of[film])
        yield np.repeat(index.hash, np.diff(index.start))[by_film][at], said[pair]


def _lists(keys: Hashes, rows: Ints, count: int) -> pa.ListArray:
    """The distinct keys of each row, ascending."""
    order = np.lexsort((keys, rows))
    keys, rows = keys[order], rows[order]
    first = np.append(True, (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1]))[: len(keys)]
    keys, rows = keys[first], rows[first]
    offsets = np.append(0, np.cumsum(np.bincount(rows, minlength=count))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(keys, pa.uint64()))
