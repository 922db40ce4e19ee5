"""The labelled albums that weights are estimated and measured on, as candidate pairs with levels of evidence."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from soundtracks.errors import BadInput
from soundtracks.lists.catalogues import read_catalogue
from soundtracks.matching.blocking import find_candidates
from soundtracks.matching.evidence import Levels, album_features, compare
from soundtracks.matching.index import FilmIndex
from soundtracks.text.canonical import album_names
from soundtracks.text.spreadsheet import plain_cell

#: Beside the project: shared/data/eval with films.csv, albums.csv, truth.csv.
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "eval"


@dataclass(frozen=True)
class Labelled:
    """Albums, their candidate pairs and levels, and the truth.

    `wanted`: for each album the ids of its films (empty: none); `group`: gold, hand_ost, …; `right`: whether a pair is
    true; `less`: levels of the same pairs had the albums no genres, styles and formats, and had they no year either;
    `fold_key`: what must not stand in training and test at once, an album's film or else its title.
    """

    films: pa.Table
    albums: pa.Table
    index: FilmIndex
    pairs: pa.Table
    pair_films: pa.Table
    levels: Levels
    less: tuple[Levels, ...]
    wanted: list[frozenset[str]]
    group: list[str]
    right: npt.NDArray[np.bool_]
    fold_key: list[str]


def load(folder: Path = DATA) -> Labelled:
    """Reads and compares the evaluation set. Raises BadInput when it is not there."""
    if not (folder / "truth.csv").is_file():
        raise BadInput(f"No labelled albums in {folder}.", hint="This benchmark needs films.csv, albums.csv and truth.csv there.")
    films = read_catalogue(folder / "films.csv", "films").table
    albums = read_catalogue(folder / "albums.csv", "albums").table
    return labelled(films, albums, read_truth(folder / "truth.csv"))


#: album_id -> (group, ids of its films)
Truth = dict[str, tuple[str, frozenset[str]]]


def read_truth(path: Path) -> Truth:
    """A truth table, CSV: album_id, group, tmdb_ids; `soundtracks review --export` writes the same. Raises BadInput."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if missing := {"album_id", "group", "tmdb_ids"} - set(rows.fieldnames or ()):
            raise BadInput(
                f"{path} lacks the column {', '.join(sorted(missing))}.", hint="`soundtracks review --export` has them."
            )
        return {
            plain_cell(row["album_id"]): (row["group"], frozenset(plain_cell(i) for i in row["tmdb_ids"].split("|") if i))
            for row in rows
        }


def labelled(films: pa.Table, albums: pa.Table, truth: Truth) -> Labelled:
    """Compares albums, each of which stands in the truth, with the films."""
    ids = albums["album_id"].to_pylist()
    index = FilmIndex.build(films)
    pairs = find_candidates(albums, album_names(albums), index)
    pair_films = pa.Table.from_batches([index.films.take(pairs["film"].combine_chunks())])
    levels, *less = (
        compare(pairs, pair_films, album_features(known).take(pairs["album"]))
        for known in (
            albums,
            without(albums, "genres", "styles", "formats"),
            without(albums, "genres", "styles", "formats", "year"),
        )
    )
    wanted = [truth[i][1] for i in ids]
    right = np.array(
        [f in wanted[a] for a, f in zip(pairs["album"].to_pylist(), pair_films["tmdb_id"].to_pylist(), strict=True)], dtype=bool
    )
    titles = albums["title"].to_pylist()
    fold_key = [min(w) if w else f"title:{(t or '').lower()}" for w, t in zip(wanted, titles, strict=True)]
    return Labelled(
        films, albums, index, pairs, pair_films, levels, tuple(less), wanted, [truth[i][0] for i in ids], right, fold_key
    )


def without(albums: pa.Table, *columns: str) -> pa.Table:
    """The albums as if nothing were known in these columns."""
    for name in columns:
        at = albums.column_names.index(name)
        albums = albums.set_column(at, albums.schema.field(name), pa.nulls(len(albums), albums.schema.field(name).type))
    return albums
