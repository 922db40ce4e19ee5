"""Candidate pairs: which films an album is compared with at all.

1. Equal canonical name: nearly all true pairs. Where hundreds of films share one name ("Home"), those nearest in year
   and composer are kept, MAX_NAMESAKES of them.
2. For albums that no film equals: the most similar names by rare character 3-grams (typos, partial titles).

Every number here is per album and does not depend on the album's neighbours in a batch: links are the same whatever
the engine, the batch size and the order.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import Indel
from rapidfuzz.process import cpdist

from soundtracks.matching.grams import MULTIPLIER, gram_matrix, most_alike, name_hash, normalised, rarest
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.people import credited
from soundtracks.matching.title_levels import ALIKE, SAME_SPELLING
from soundtracks.text.canonical import ALTERNATIVE, ARTIST, CUT, NAMED, RAW, WHOLE, artist_names, film_names
from soundtracks.text.spelling import spelling_key, spelt_alike

#: Films of one name that an album is compared with.
MAX_NAMESAKES = 20
#: Films of one name that are looked at to choose those: the nearest in year. More than bear any title in TMDB; without a bound,
#: work and memory grow with films times albums where a catalogue repeats one title.
CROWD = 600
#: Similar names fetched for each album name, and kept after a closer look.
FETCHED, KEPT = 12, 2
#: Least similarity (1 - Indel distance / total length) of a fetched name.
MIN_SIMILARITY = ALIKE
#: Years by which a record may precede a film whose name its own only resembles.
MAX_EARLIER = 1
#: Least cosine of the grams looked up. A name that shares only a common gram or two is not worth a closer look.
MIN_COSINE = 0.3
#: Postings read for one album name: a share of the films' names, within bounds that keep the work in hand at any size.
POSTINGS_SHARE, MIN_POSTINGS, MAX_POSTINGS = 0.02, 5_000, 20_000
AT_LEAST_GRAMS = 3

Ints = npt.NDArray[np.int64]

PAIRS = pa.schema(
    [
        ("album", pa.int32()),  # row in the batch
        ("film", pa.int32()),  # row in the index
        ("album_key", pa.string()),
        ("film_key", pa.string()),
        ("album_kind", pa.int8()),
        ("film_kind", pa.int8()),
        ("part", pa.int8()),  # which film of an album of several
        ("similarity", pa.float32()),  # 1.0: equal names; SAME_SPELLING
        ("namesakes", pa.int32()),  # films that bear film_key
        ("titles", pa.int8()),  # how many of the film's titles the album names
    ]
)


def find_candidates(albums: pa.Table, names: pa.Table, index: FilmIndex, similar: bool = True) -> pa.Table:
    """Pairs (PAIRS) of a batch of albums with films of the index: one row an album and film, with their best name pair.

    `names`: what `album_names(albums)` gives. `similar`: also names that only resemble. Ordered by album, then film.
    """
    if not len(names) or not len(index.names):
        return PAIRS.empty_table()
    entry, number = equal_names(name_hash(names["key"]), index)
    similarity = np.ones(len(entry), dtype=np.float32)
    found = _named(albums, names, entry)
    own, names = len(names), pa.concat_tables([names, artist_names(albums, np.flatnonzero(~found))]).combine_chunks()
    album = names["album"].to_numpy().astype(np.int64)
    year = first_year(albums)[album]
    hits = [(entry, number, similarity)]
    row, found_number = equal_names(name_hash(names["key"].slice(own)), index)
    hits.append((own + row, found_number, np.ones(len(row), dtype=np.float32)))
    about_then = _named_about_their_year(albums, names, entry, number, index)
    row, found_number = _same_spelling(names, np.flatnonzero(~about_then[album]), index)
    hits.append((row, found_number, np.full(len(row), SAME_SPELLING)))
    left = np.flatnonzero(~found[album] & (names["kind"].to_numpy() != ARTIST))
    if similar and len(left):
        row, found_number, score = _similar_names(names["key"].take(pa.array(left)), year[left], index)
        hits.append((left[row], found_number, score))
    entry, number, similarity = (np.concatenate(column) for column in zip(*hits, strict=True))

    hit, film, film_kind = _films_of(number, year[entry], index)
    kept = _nearest_namesakes(albums, album[entry[hit]], film, hit, number, index)
    then = year[entry[hit]]
    kept &= (similarity[hit] >= SAME_SPELLING) | (index.year[film] <= then + MAX_EARLIER) | (then == 0)
    hit, film, film_kind = hit[kept], film[kept], film_kind[kept]
    entry, number, similarity = entry[hit], number[hit], similarity[hit]

    # one row an album and film: equal before similar names, then the surer kind of name on either side
    kind = names["kind"].to_numpy()[entry]
    order = np.lexsort((number, entry, film_kind, kind, -similarity, film, album[entry]))
    order = order[(kind[order] != ARTIST) | (film_kind[order] <= ALTERNATIVE)]
    pair = album[entry][order] * len(index) + film[order]
    best = order[np.append(True, pair[1:] != pair[:-1])] if len(order) else order
    titles = _titles_named(names["key"], entry[order], pair, (similarity == 1)[order] & (film_kind[order] <= ALTERNATIVE))
    entry, number = entry[best], number[best]
    rows = np.flatnonzero(similarity[best] == SAME_SPELLING)
    pairs = pa.table(
        {
            "album": album[entry],
            "film": film[best],
            "album_key": names["key"].take(pa.array(entry)),
            "film_key": _spelt_names(index.names.take(pa.array(number)), rows, film[best], index),
            "album_kind": kind[best],
            "film_kind": film_kind[best],
            "part": names["part"].take(pa.array(entry)),
            "similarity": similarity[best],
            "namesakes": index.namesakes(number),
            "titles": titles,
        }
    ).cast(PAIRS)
    return _spellings_that_count(pairs, rows) if len(rows) else pairs


def _named(albums: pa.Table, names: pa.Table, entry: Ints) -> npt.NDArray[np.bool_]:
    """Which albums have a film's very name, the artist's apart. `entry`: names that are a film's."""
    named = np.zeros(len(albums), dtype=bool)
    named[names["album"].to_numpy()[entry[names["kind"].to_numpy()[entry] != ARTIST]]] = True
    return named


def _named_about_their_year(
    albums: pa.Table, names: pa.Table, entry: Ints, number: Ints, index: FilmIndex
) -> npt.NDArray[np.bool_]:
    """Which albums have a film's very name and are of about its year, or undated: they need no other spelling."""
    album = names["album"].to_numpy()[entry].astype(np.int64)
    year = first_year(albums)
    hit, film, _ = _films_of(number, year[album], index)
    near = (_years_apart(albums, album[hit], film, index) <= 1) | (year[album[hit]] == 0)
    named = np.zeros(len(albums), dtype=bool)
    named[album[hit[near]]] = True
    return named


def _same_spelling(names: pa.Table, rows: Ints, index: FilmIndex) -> tuple[Ints, Ints]:
    """(row of the album's name, number of the key of the film's spellings), of some names."""
    whole = rows[np.isin(names["kind"].to_numpy()[rows], (WHOLE, NAMED, CUT, RAW))]
    keys = list(map(spelling_key, names["key"].take(pa.array(whole)).to_pylist()))
    row, number = equal_names(name_hash(pa.array(keys, pa.string())), index)
    return whole[row], number


def _titles_named(keys: pa.ChunkedArray, entry: Ints, pair: Ints, counts: npt.NDArray[np.bool_]) -> Ints:
    """How many titles of its film the album names, of each pair ("Gli orrori … (Baron Blood)"); one that holds another is one.

    `entry`, `pair`: row of the name and number of the pair, pairs together; `counts`: where a whole title is named.
    """
    first = np.flatnonzero(np.append(True, pair[1:] != pair[:-1])) if len(pair) else pair
    named = np.add.reduceat(counts.astype(np.int64), first) if len(pair) else first
    end = np.append(first[1:], len(pair))
    for n in np.flatnonzero(named > 1):
        rows = np.arange(first[n], end[n])[counts[first[n] : end[n]]]
        texts = [text for text in keys.take(pa.array(entry[rows])).to_pylist() if text.isascii()]
        whole = [text for text in texts if not any(text != other and f" {text} " in f" {other} " for other in texts)]
        named[n] = max(1, len(whole))
    return np.minimum(named, 9)


def _spellings_that_count(pairs: pa.Table, rows: Ints) -> pa.Table:
    """Pairs without those, of some rows, whose names have sounds in common but not letters enough."""
    of_album, of_film = (pairs[side].take(pa.array(rows)).to_pylist() for side in ("album_key", "film_key"))
    keep = np.ones(len(pairs), dtype=bool)
    keep[rows] = np.fromiter(map(spelt_alike, of_album, of_film), dtype=bool, count=len(rows))
    return pairs.filter(pa.array(keep))


def _spelt_names(keys: pa.Array, rows: Ints, film: Ints, index: FilmIndex) -> pa.Array:
    """The keys, with the film's name in place of the key of its spellings in some rows."""
    if not len(rows):
        return keys
    given = keys.to_pylist()
    known = film_names(pa.Table.from_batches([index.films.take(pa.array(film[rows]))]))
    owner, name = known["film"].to_pylist(), known["key"].to_pylist()
    before = {(owner[at], name[at]): name[at - 1] for at in range(1, len(name))}
    for at, row in enumerate(rows):
        given[row] = before[at, given[row]]
    return pa.array(given, keys.type)


def equal_names(hashed: npt.NDArray[np.uint64], index: FilmIndex) -> tuple[Ints, Ints]:
    """(row of the album's name, number of the film's name) where they are equal."""
    number = np.minimum(np.searchsorted(index.hash, hashed), len(index.hash) - 1)
    row = np.flatnonzero(index.hash[number] == hashed)
    return row, number[row]


def _similar_names(keys: pa.ChunkedArray, year: Ints, index: FilmIndex) -> tuple[Ints, Ints, npt.NDArray[np.float32]]:
    """(row of the album's name, number of the film's name, similarity), the KEPT best of each row.

    `year`: of each album; 0: unknown. What only resembles the name of later films is no candidate: no evidence outweighs both.
    """
    names = keys.combine_chunks().dictionary_encode()  # pressings of one record have one name: it is looked up once
    text, name = names.dictionary.to_pylist(), names.indices.to_numpy()
    of_name, number = _fetched(text, index)
    start = np.searchsorted(of_name, np.arange(len(text) + 1))
    row, at = ranges(start[name], np.diff(start)[name])
    number = number[at]
    earliest = index.year[index.film[index.start[number]]].astype(np.int64)
    then = (year[row] == 0) | (earliest <= year[row] + MAX_EARLIER)
    row, number = row[then], number[then]
    if not len(row):
        return row, number, np.zeros(0, dtype=np.float32)
    theirs = index.names.take(pa.array(number)).to_pylist()
    score = cpdist([text[n] for n in name[row]], theirs, scorer=Indel.normalized_similarity, dtype=np.float64).astype(np.float32)
    order = np.lexsort((number, -score, row))
    rank = _rank(row[order])
    order = order[(rank < KEPT) & (score[order] >= MIN_SIMILARITY)]
    return row[order], number[order], score[order]


def _fetched(text: list[str], index: FilmIndex) -> tuple[Ints, Ints]:
    """(row of the album's name, number of the film's name): the FETCHED nearest by their rarest common grams."""
    statistics = index.statistics
    postings = int(np.clip(statistics.names * POSTINGS_SHARE, MIN_POSTINGS, MAX_POSTINGS))
    grams = normalised(rarest(gram_matrix(text), statistics.frequency, postings, AT_LEAST_GRAMS), statistics.weight)
    row, column = most_alike(grams, index.grams, FETCHED, MIN_COSINE)
    return row, index.spelt[column].astype(np.int64)


def _films_of(number: Ints, year: Ints, index: FilmIndex) -> tuple[Ints, Ints, Ints]:
    """The films that bear each name: (position in `number`, film, kind of name); of a crowd those nearest in year.

    `year`: the album's, of each name; 0: unknown.
    """
    start, count = index.start[number].astype(np.int64), index.namesakes(number)
    for row in np.flatnonzero(count > CROWD):
        of_name = index.year[index.film[start[row] : start[row] + count[row]]]
        middle = int(np.searchsorted(of_name, year[row])) if year[row] else len(of_name) // 2
        start[row] += np.clip(middle - CROWD // 2, 0, count[row] - CROWD)
        count[row] = CROWD
    hit, at = ranges(start, count)
    return hit, index.film[at].astype(np.int64), index.kind[at].astype(np.int64)


def _nearest_namesakes(
    albums: pa.Table, album: Ints, film: Ints, hit: Ints, number: Ints, index: FilmIndex
) -> npt.NDArray[np.bool_]:
    """Keeps of a name that many films bear those nearest to the album: shared composer first, then nearest year."""
    keep = np.ones(len(film), dtype=bool)
    crowded = np.flatnonzero(index.namesakes(number)[hit] > MAX_NAMESAKES)
    if not len(crowded):
        return keep
    album, film, hit = album[crowded], film[crowded], hit[crowded]
    far = _years_apart(albums, album, film, index) - 1000 * _share_a_name(albums, album, film, index)
    order = np.lexsort((film, far, hit))
    keep[crowded[order[_rank(hit[order]) >= MAX_NAMESAKES]]] = False
    return keep


def _years_apart(albums: pa.Table, album: Ints, film: Ints, index: FilmIndex) -> Ints:
    """Years between the film and the album's first release; 25 where either is unknown."""
    year = first_year(albums)
    of_album, of_film = year[album], index.year[film].astype(np.int64)
    return np.where((of_album > 0) & (of_film > 0), np.abs(of_album - of_film), 25)


def first_year(albums: pa.Table) -> Ints:
    """Year of each album's first release, else of this edition; 0: unknown."""
    known = pc.fill_null(pc.coalesce(albums["first_year"], albums["year"]), 0)
    year: Ints = known.to_numpy(zero_copy_only=False).astype(np.int64)
    return year


def _share_a_name(albums: pa.Table, album: Ints, film: Ints, index: FilmIndex) -> Ints:
    """1 where a word of a composer's name stands in the artist credit."""
    albums_once, album = np.unique(album, return_inverse=True)
    films_once, film = np.unique(film, return_inverse=True)
    artists = albums["artist"].take(pa.array(albums_once)).to_pylist()
    of_album, said = _words(pa.array([credited(artist) if artist else "" for artist in artists], pa.string()))
    of_film, known = _words(index.films["f_composers"].take(pa.array(films_once)))
    count = np.bincount(of_film, minlength=len(films_once))
    pair, at = ranges((np.cumsum(count) - count)[film], count[film])
    # a word counts where it is said of the pair's own album: word and album are one number
    mark = np.arange(len(albums_once), dtype=np.uint64) * MULTIPLIER
    shared = np.zeros(len(film), dtype=np.int64)
    shared[pair[np.isin(known[at] + mark[album[pair]], said + mark[of_album])]] = 1
    return shared


def _words(names: pa.Array) -> tuple[Ints, npt.NDArray[np.uint64]]:
    """(row, hash) of each word of more than two letters in canonical names of people."""
    words = pc.split_pattern_regex(pc.fill_null(names, ""), "[ |]")
    row, word = pc.list_parent_indices(words), pc.list_flatten(words)
    long = pc.greater(pc.utf8_length(word), 2)
    return row.filter(long).to_numpy(), name_hash(word.filter(long))


def ranges(start: Ints, count: Ints) -> tuple[Ints, Ints]:
    """(row, start, start + 1, … by row) of so many neighbours each."""
    total = np.cumsum(count)
    row = np.repeat(np.arange(len(count)), count)
    return row, np.arange(len(row)) + np.repeat(start - total + count, count)


def where_equal(wanted: npt.NDArray[np.uint64], ascending: npt.NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """(place in `wanted`, place in `ascending`) of every two that are equal."""
    start = np.searchsorted(ascending, wanted)
    return ranges(start, np.searchsorted(ascending, wanted, side="right") - start)


def _rank(group: Ints) -> Ints:
    """0, 1, 2 … within each run of equal values."""
    starts = np.flatnonzero(np.append(True, group[1:] != group[:-1])) if len(group) else np.zeros(0, dtype=np.int64)
    return np.arange(len(group)) - np.repeat(starts, np.diff(np.append(starts, len(group))))
