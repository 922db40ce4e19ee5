"""Small catalogues for the match."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.scale.catalogue import make_catalogue
from soundtracks.records import ALBUMS, FILMS

Rows = Callable[..., pa.Table]


def _rows(schema: pa.Schema, key: str) -> Rows:
    def make(*rows: dict[str, Any]) -> pa.Table:
        return pa.Table.from_pylist([{key: str(n + 1)} | row for n, row in enumerate(rows)], schema=schema)

    return make


@pytest.fixture
def films() -> Rows:
    """Makes a table of films from dicts; tmdb_id counts from 1."""
    return _rows(FILMS, "tmdb_id")


@pytest.fixture
def albums() -> Rows:
    """Makes a table of albums from dicts; album_id counts from 1."""
    return _rows(ALBUMS, "album_id")


def with_standards(albums: pa.Table, films: pa.Table) -> pa.Table:
    """The albums, the first of them as records that four artists made of each of three films' titles, as of any other song."""
    count = 12
    columns = {
        "title": [films["title"][n // 4].as_py() for n in range(count)],
        "artist": [f"{name} And His Orchestra" for name in ("Ada", "Ben", "Cleo", "Dan")] * 3,
        **dict.fromkeys(("styles", "genres", "labels"), [None] * count),
    }
    for name, values in columns.items():
        field = albums.schema.field(name)
        column = pa.concat_arrays([pa.array(values, field.type), albums[name].slice(count).combine_chunks()])
        albums = albums.set_column(albums.column_names.index(name), field, column)
    return albums


def write_catalogue(folder: Path) -> tuple[Path, Path]:
    """400 films and 1,500 albums, reissues and standards among them, as Parquet files of a folder: their paths."""
    made = make_catalogue(400, 1_500, seed=5)
    films, albums = folder / "films.parquet", folder / "albums.parquet"
    pq.write_table(made.films, films)
    pq.write_table(with_standards(made.albums, made.films), albums)
    return films, albums
