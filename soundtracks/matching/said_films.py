"""Candidate pairs by id: films that MusicBrainz or Wikidata say an album belongs to, whatever the two are called.

"Io Ballo Da Sola" and "Stealing Beauty" have no letters in common that would bring them together; an id does.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import Indel

from soundtracks.matching.blocking import PAIRS, equal_names, where_equal
from soundtracks.matching.grams import name_hash
from soundtracks.matching.index import FilmIndex
from soundtracks.text.canonical import film_names
from soundtracks.text.spelling import SPELT

Rows = npt.NDArray[np.int64]


def with_said_films(pairs: pa.Table, albums: pa.Table, names: pa.Table, index: FilmIndex) -> pa.Table:
    """`pairs` (blocking.PAIRS) and those of albums with the films of their `film_ids` that stand in the index, each once.

    `names`: what `album_names(albums)` gives. A new pair is compared by the two names that resemble each other most.
    """
    return with_pairs(pairs, *said_films(albums, index), names, index)


def with_pairs(
    pairs: pa.Table, album: Rows, film: Rows, names: pa.Table, index: FilmIndex, *, competing: bool = False
) -> pa.Table:
    """`pairs` and those of (album, film) that are not among them, by whatever name. `competing`: films new to one album do."""
    if not len(album):
        return pairs
    known = set(zip(pairs["album"].to_pylist(), pairs["film"].to_pylist(), strict=True))
    new = sorted(set(zip(album.tolist(), film.tolist(), strict=True)) - known)
    if not new:
        return pairs
    of_album = _names_by_row(names, "album", {row for row, _ in new})
    rows = sorted({row for _, row in new})
    found = film_names(pa.Table.from_batches([index.films.take(pa.array(rows))]))
    found = found.filter(pc.invert(pc.starts_with(found["key"], SPELT)))
    of_film = {rows[at]: each for at, each in _names_by_row(found, "film", set(range(len(rows)))).items()}
    made = pa.Table.from_pylist(list(_pairs(new, of_album, of_film, competing)), PAIRS)
    made = made.set_column(PAIRS.get_field_index("namesakes"), PAIRS.field("namesakes"), _namesakes(made["film_key"], index))
    return pa.concat_tables([pairs, made]).sort_by([("album", "ascending"), ("film", "ascending")])


def said_films(albums: pa.Table, index: FilmIndex) -> tuple[Rows, Rows]:
    """(album, film), both by row: which albums are said to belong to which films of the index."""
    nothing = np.zeros(0, dtype=np.int64)
    if "film_ids" not in albums.column_names or not len(index):
        return nothing, nothing
    column = albums["film_ids"].combine_chunks()
    ids, owner = pc.list_flatten(column), pc.list_parent_indices(column).to_numpy()
    hashed, films = index.film_ids
    if not len(ids) or not len(hashed):
        return nothing, nothing
    row, at = where_equal(name_hash(ids), hashed)
    return owner[row].astype(np.int64), films[at]


def _names_by_row(names: pa.Table, row: str, wanted: set[int]) -> Mapping[int, list[dict[str, object]]]:
    found: dict[int, list[dict[str, object]]] = {}
    some = names.filter(pc.is_in(names[row], value_set=pa.array(sorted(wanted), pa.int32())))
    for name in some.to_pylist():
        found.setdefault(name[row], []).append(name)
    return found


#: Films that an album is said to belong to do not compete: each is a part of its own, behind those that its title has.
FIRST_PART, MOST_PARTS = 64, 32
_NO_NAME = [{"key": "", "kind": 0, "part": 0}]


def _pairs(
    new: list[tuple[int, int]],
    of_album: Mapping[int, list[dict[str, object]]],
    of_film: Mapping[int, list[dict[str, object]]],
    competing: bool,
) -> Iterator[dict[str, object]]:
    for album, pairs in groupby(new, itemgetter(0)):
        films = [film for _, film in pairs]
        for place, film in enumerate(films):  # counted in the album: links must not depend on its neighbours
            similarity, ours, theirs = max(
                (
                    (Indel.normalized_similarity(str(a["key"]), str(f["key"])), a, f)
                    for a in of_album.get(album, _NO_NAME)
                    for f in of_film.get(film, _NO_NAME)
                ),
                key=itemgetter(0),
            )
            own = FIRST_PART + place % MOST_PARTS if len(films) > 1 and not competing else 0
            yield {
                "album": album,
                "film": film,
                "album_key": ours["key"],
                "film_key": theirs["key"],
                "album_kind": ours["kind"],
                "film_kind": theirs["kind"],
                "part": ours["part"] if similarity == 1 else own,
                "similarity": similarity if ours["key"] else 0.0,
                "titles": 1,
            }


def _namesakes(film_keys: pa.ChunkedArray, index: FilmIndex) -> pa.Array:
    """How many films bear each name; 1 for one that is not in the index."""
    count = np.ones(len(film_keys), dtype=np.int32)
    if len(index.names):
        row, number = equal_names(name_hash(film_keys), index)
        count[row] = index.namesakes(number)
    return pa.array(count)


def agreement(links: pa.Table, albums: pa.Table, films: pa.Table) -> dict[str, int]:
    """How far accepted links agree with the films that MusicBrainz and Wikidata name, in albums (MatchMetrics).

    `said`: of such a film among `films`, linked or not; `said_same`, `said_other`: linked to it, or to another.
    """
    if "film_ids" not in albums.column_names:
        return {}
    some = albums.select(["album_id", "film_ids"]).filter(
        pc.greater(pc.fill_null(pc.list_value_length(albums["film_ids"]), 0), 0)
    )
    named = pa.array(sorted({one for ids in some["film_ids"].to_pylist() for one in ids}), pa.string())
    of_film: dict[str, set[str]] = {}
    for column in ("imdb_id", "wikidata_id"):
        if column in films.column_names:
            known = films.filter(pc.is_in(films[column], value_set=named))
            for one, film in zip(known[column].to_pylist(), known["tmdb_id"].to_pylist(), strict=True):
                of_film.setdefault(one, set()).add(film)
    said = {
        album: {film for one in ids for film in of_film.get(one, ())}
        for album, ids in zip(some["album_id"].to_pylist(), some["film_ids"].to_pylist(), strict=True)
    }
    said = {album: named_films for album, named_films in said.items() if named_films}
    theirs = pc.is_in(links["album_id"], value_set=pa.array(list(said), pa.string()))
    accepted: dict[str, set[str]] = {}
    for link in links.filter(pc.and_(theirs, pc.equal(links["decision"], "accept"))).select(["album_id", "tmdb_id"]).to_pylist():
        accepted.setdefault(link["album_id"], set()).add(link["tmdb_id"])
    same = sum(linked <= said[album] for album, linked in accepted.items())
    return {"said": len(said), "said_same": same, "said_other": len(accepted) - same} if said else {}
