"""The film side of the match, built once and memory-mapped by every worker of a host.

A folder of plain files: numpy arrays and Arrow IPC, so that opening costs nothing and the workers of one host share
the pages. Canonical names are numbered by their hash; an album's names find films by equal name (binary search) or,
failing that, by similar name (3-gram matrix). Its size is bounded by the films: about 0.4 KB for each name.

    films.arrow      the films and their features, row = film number
    names.arrow      the distinct canonical names, row = name number
    hash.npy         64-bit hash of each name, ascending
    start.npy        name number -> its first entry in film.npy and kind.npy
    film.npy         film number of each (name, film), kind.npy: what kind of name it is for that film
    year.npy         year of each film, 0: unknown
    gram_*.npy       the names' 3-grams, a row for each gram (weights already normalised), a column for each name
    spelt.npy        column of gram_*.npy -> name number. Columns go by spelling: names that share a gram often share their
                     start, and stand near each other in memory; by hash a look-up among a million films took 2.6 times as long
    frequency.npy    in how many names of the statistics each gram occurs
    composers.npy    hashes of the names of all composers of the statistics
    standards.npy    hashes of the titles that many artists of the job have a record of
    index.json       sizes, version, statistics
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_matrix, vstack

from soundtracks.errors import MatchError
from soundtracks.matching.coverage import Coverage
from soundtracks.matching.features import film_features
from soundtracks.matching.grams import BUCKETS, gram_matrix, name_hash, normalised, rarity
from soundtracks.matching.renown import renown_levels
from soundtracks.matching.standards import NONE_KNOWN
from soundtracks.matching.trades import NOBODY, Hashes, film_composers
from soundtracks.text.canonical import film_names
from soundtracks.text.spelling import SPELT

#: Raised when the files' meaning changes: an index of another layout is not opened.
LAYOUT = 11

#: Columns of films that comparisons and links look at.
COMPARED = frozenset(
    {"tmdb_id", "title", "year", "last_year", "composers", "performers", "listed", "popularity", "imdb_id", "wikidata_id"}
    | {"f_composers", "f_aliases", "f_cast", "f_facts", "f_entered"}
)
_CHUNK = 50_000


@dataclass(frozen=True)
class Statistics:
    """What weights depend on beyond a single film: how many names, how often each 3-gram occurs in them, how much of the albums'
    world the films cover (None: not estimated yet), who composes for them (trades.py), which titles of the albums many artists
    have (standards.py). What renown.py counts over all films is in the levels of each.
    """

    names: int
    frequency: npt.NDArray[np.int32]
    coverage: Coverage | None = None
    composers: Hashes = field(default_factory=lambda: NOBODY)
    standards: Hashes = field(default_factory=lambda: NONE_KNOWN)

    @cached_property
    def weight(self) -> npt.NDArray[np.float32]:
        """How much each gram tells (grams.rarity)."""
        return rarity(self.names, self.frequency)


class FilmIndex:
    """Films by canonical name. See the module for the arrays."""

    def __init__(self, films: pa.RecordBatch, names: pa.Array, arrays: dict[str, npt.NDArray[Any]], meta: dict[str, Any]) -> None:
        self.films = films
        self.names = names
        self.meta = meta
        self.hash, self.start = arrays["hash"], arrays["start"]
        self.film, self.kind, self.year = arrays["film"], arrays["kind"], arrays["year"]
        self.spelt = arrays["spelt"]
        self.grams = csr_matrix(
            (arrays["gram_data"], arrays["gram_name"], arrays["gram_start"]), shape=(BUCKETS, len(arrays["spelt"])), copy=False
        )
        self.statistics = Statistics(
            meta["statistics_names"],
            arrays["frequency"],
            Coverage(*meta["coverage"]) if meta["coverage"] else None,
            arrays["composers"],
            arrays["standards"],
        )
        self._arrays = arrays

    def __len__(self) -> int:
        return int(self.films.num_rows)

    def taken(self, film: pa.Array) -> pa.Table:
        """The films of some pairs, in the pairs' order, with the columns that comparisons and links need."""
        films = self.films.select([name for name in self.films.schema.names if name in COMPARED])
        return pa.Table.from_batches([films.take(film) if len(film) else films.slice(0, 0)])

    @property
    def version(self) -> str:
        """Hash of films and statistics: equal versions give equal links."""
        return str(self.meta["version"])

    @classmethod
    def build(
        cls,
        films: pa.Table,
        names: pa.Table | None = None,
        read: "ReadFilms | None" = None,
    ) -> "FilmIndex":
        """Indexes `films` (schema FILMS, one row a film).

        `names`: what `film_names(films)` gives, where it is there already (benchmarks.quality: many worlds of one list).
        `read`: reads the films in parts, elsewhere than in this process.
        """
        if names is None:
            parts = list((read or read_films)(table for _, table in _chunks(films)))
            names = pa.concat_tables(_shifted(part.names, at) for part, (at, _) in zip(parts, _chunks(films), strict=True))
            features = pa.concat_tables([part.features for part in parts])
        else:
            features = pa.concat_tables([film_features(chunk) for _, chunk in _chunks(films)])
        columns = {name: films[name] for name in films.column_names} | {name: features[name] for name in features.column_names}
        for name, levels in zip(("f_facts", "f_entered"), renown_levels(films), strict=True):
            columns[name] = pa.chunked_array([pa.array(levels)])
        table = pa.table(columns).combine_chunks()
        batches = table.to_batches()
        batch = batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)

        years = pc.fill_null(films["year"], 0).to_numpy(zero_copy_only=False).astype(np.int16)
        arrays, distinct = _number_names(names, years)
        arrays["year"] = years
        spelt = pc.sort_indices(distinct)
        # keys of spellings are found by equality alone
        spelt = spelt.filter(pc.invert(pc.starts_with(distinct.take(spelt), SPELT)))
        arrays["spelt"] = spelt.to_numpy().astype(np.int32)
        matrix = _grams_of(distinct.take(pa.array(arrays["spelt"])))
        frequency = np.bincount(matrix.indices, minlength=BUCKETS).astype(np.int32)
        composers = film_composers(features["f_composers"])
        statistics = Statistics(len(spelt), frequency, None, composers)
        by_gram = normalised(matrix, statistics.weight).tocsc()  # a column-wise copy is the transposed matrix row-wise
        arrays |= {"gram_data": by_gram.data, "gram_name": by_gram.indices, "gram_start": by_gram.indptr}
        arrays |= {"frequency": statistics.frequency, "composers": statistics.composers, "standards": statistics.standards}
        meta = {
            "layout": LAYOUT,
            "films": len(films),
            "names": len(distinct),
            "statistics_names": statistics.names,
            "coverage": _shares(statistics),
            "version": _version(table, statistics),
        }
        return cls(batch, distinct, arrays, meta)

    def with_coverage(self, coverage: Coverage, standards: Hashes = NONE_KNOWN) -> "FilmIndex":
        """The same index for a job whose albums these films cover so far, and which has these standards."""
        statistics = replace(self.statistics, coverage=coverage)
        version = hashlib.sha256(f"{self.version};{coverage};".encode() + standards.tobytes()).hexdigest()[:16]
        meta = self.meta | {"coverage": _shares(statistics), "version": version}
        return FilmIndex(self.films, self.names, self._arrays | {"standards": standards}, meta)

    def save(self, folder: Path) -> None:
        """Writes the index; index.json comes last, so a folder without it is no index."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in self._arrays.items():
            np.save(folder / f"{name}.npy", array)
        _write_ipc(folder / "films.arrow", self.films)
        _write_ipc(folder / "names.arrow", pa.RecordBatch.from_arrays([self.names], names=["name"]))
        (folder / "index.json").write_text(json.dumps(self.meta, indent=1, sort_keys=True))

    @classmethod
    def open(cls, folder: Path) -> "FilmIndex":
        """Memory-maps an index. Raises MatchError if there is none, or one of another layout."""
        try:
            meta = json.loads((folder / "index.json").read_text())
            if meta["layout"] != LAYOUT:
                raise MatchError(f"The film index in {folder} has another layout.", hint="Remove the folder: it is built again.")
            # "c": private pages if ever written, which nobody does; sparse_dot_topn refuses read-only arrays
            arrays = {path.stem: np.load(path, mmap_mode="c") for path in folder.glob("*.npy")}
            return cls(_read_ipc(folder / "films.arrow"), _read_ipc(folder / "names.arrow").column(0), arrays, meta)
        except (OSError, KeyError, ValueError, pa.ArrowInvalid) as error:
            raise MatchError(f"No film index in {folder}: {error}.", hint="Remove the folder: it is built again.") from error

    @cached_property
    def film_ids(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        """(hash, film number) of every IMDb and Wikidata id of the films, by hash."""
        hashed, film = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
        for name in ("imdb_id", "wikidata_id"):
            if name in self.films.schema.names:
                row = np.flatnonzero(pc.is_valid(self.films[name]))
                hashed.append(name_hash(self.films[name].take(pa.array(row))))
                film.append(row.astype(np.int64))
        every, rows = np.concatenate(hashed), np.concatenate(film)
        order = np.lexsort((rows, every))
        return every[order], rows[order]

    @cached_property
    def by_composer(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        """(hash of a composer's canonical name, film number), by hash."""
        people = pc.split_pattern(self.films["f_composers"], "|")
        hashed, film = name_hash(pc.list_flatten(people)), pc.list_parent_indices(people).to_numpy().astype(np.int64)
        order = np.lexsort((film, hashed))
        return hashed[order], film[order]

    def namesakes(self, name: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """How many films carry each of these names (by name number)."""
        counts: npt.NDArray[np.int64] = (self.start[name + 1] - self.start[name]).astype(np.int64)
        return counts


class FilmsRead(NamedTuple):
    """What the index needs of some films: `film_names`, `film_features`."""

    names: pa.Table
    features: pa.Table


#: Reads parts of the films, in their order.
ReadFilms = Callable[[Iterable[pa.Table]], Iterator[FilmsRead]]


def read_films(parts: Iterable[pa.Table]) -> Iterator[FilmsRead]:
    """ReadFilms in this process."""
    for films in parts:
        yield FilmsRead(film_names(films), film_features(films))


def _chunks(table: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    for at in range(0, max(len(table), 1), _CHUNK):
        yield at, table.slice(at, _CHUNK)


def _shifted(names: pa.Table, by: int) -> pa.Table:
    column = pc.cast(pc.add(names["film"], by), pa.int32())
    return names.set_column(names.column_names.index("film"), "film", column)


def _number_names(names: pa.Table | None, years: npt.NDArray[np.int16]) -> tuple[dict[str, npt.NDArray[Any]], pa.Array]:
    """Numbers the distinct names by hash; a film that bears a name twice (title and original) keeps the surer kind."""
    if names is None or len(names) == 0:
        empty = np.zeros(0, dtype=np.int32)
        arrays: dict[str, npt.NDArray[Any]] = {
            "hash": empty.astype(np.uint64),
            "start": np.zeros(1, dtype=np.int32),
            "film": empty,
            "kind": empty.astype(np.int8),
        }
        return arrays, pa.array([], pa.large_string())
    hashed = name_hash(names["key"])
    film, kind = names["film"].to_numpy(), names["kind"].to_numpy()
    order = np.lexsort((kind, film, hashed))
    hashed, film, kind = hashed[order], film[order], kind[order]
    same = np.zeros(len(order), dtype=bool)
    same[1:] = (hashed[1:] == hashed[:-1]) & (film[1:] == film[:-1])
    hashed, film, kind, order = hashed[~same], film[~same], kind[~same], order[~same]
    # films of one name by year: those nearest to an album's are found without looking at all of them
    by_year = np.lexsort((film, years[film], hashed))
    hashed, film, kind, order = hashed[by_year], film[by_year], kind[by_year], order[by_year]
    distinct, first = np.unique(hashed, return_index=True)
    text = names["key"].combine_chunks() if isinstance(names["key"], pa.ChunkedArray) else names["key"]
    arrays = {
        "hash": np.asarray(distinct),
        "start": np.append(first, len(hashed)).astype(np.int32),
        "film": film.astype(np.int32),
        "kind": kind.astype(np.int8),
    }
    return arrays, pc.cast(text.take(pa.array(order[first])), pa.large_string())


def _grams_of(names: pa.Array) -> csr_matrix:
    parts = [gram_matrix(names.slice(at, _CHUNK).to_pylist()) for at in range(0, len(names), _CHUNK)]
    return vstack(parts, format="csr") if parts else gram_matrix([])


def _shares(statistics: Statistics) -> list[float] | None:
    return [statistics.coverage.known, statistics.coverage.agreeing] if statistics.coverage else None


def _version(films: pa.Table, statistics: Statistics) -> str:
    digest = hashlib.sha256(f"{LAYOUT};{statistics.names};{statistics.coverage}".encode())
    digest.update(statistics.frequency.tobytes())
    digest.update(statistics.composers.tobytes())
    digest.update(statistics.standards.tobytes())
    with pa.ipc.new_stream(sink := pa.BufferOutputStream(), films.schema) as writer:
        writer.write_table(films)
    digest.update(sink.getvalue())
    return digest.hexdigest()[:16]


def _write_ipc(path: Path, batch: pa.RecordBatch) -> None:
    with pa.OSFile(os.fspath(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)


def _read_ipc(path: Path) -> pa.RecordBatch:
    """The file's one batch, mapped: columns are views of the file."""
    with pa.ipc.open_file(pa.memory_map(os.fspath(path))) as reader:
        if reader.num_record_batches == 0:
            return pa.RecordBatch.from_pylist([], schema=reader.schema)
        return reader.get_batch(0)
