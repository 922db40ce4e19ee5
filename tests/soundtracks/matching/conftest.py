"""Small catalogues for the match."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

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
