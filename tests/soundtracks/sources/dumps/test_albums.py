"""Albums of imported dumps for a list of films."""

import pyarrow as pa
import pytest

from soundtracks.records import ALBUMS
from soundtracks.sources.discogs import Film
from soundtracks.sources.dumps.albums import Dump, albums_of

FILMS = [
    Film(tmdb_id="1", title="Deep Red", original_title="Profondo rosso", alternative_titles=["Rosso", "サスペリアPART2"]),
    Film(tmdb_id="2", title="The Third Man"),
]


def albums(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=ALBUMS)


NONE = Dump.of(albums())


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("Profondo Rosso (Colonna Sonora Originale)", True),
        ("Deep Red", True),
        ("サスペリアPART2", True),
        ("Third Man Theme", True),
        ("Deep Redemption", False),
        ("Man", False),
        (None, False),
    ],
)
def test_albums_that_hold_a_title_of_a_film(title: str | None, kept: bool) -> None:
    row = {"album_id": "release:1", "title": title}
    assert albums_of(FILMS, NONE, Dump.of(albums(row)))["album_id"].to_pylist() == ["release:1"] * kept
    assert albums_of(FILMS, Dump.of(albums(row | {"album_id": "master:1"})), NONE).num_rows == kept


def test_releases_come_with_their_master_and_its_first_year() -> None:
    masters = albums({"album_id": "master:7", "title": "Deep Red", "year": 1975, "first_year": 1975})
    releases = albums(
        {"album_id": "release:3", "title": "Rouge", "year": 2001, "master_id": "master:7"},
        {"album_id": "release:2", "title": "Deep Red", "year": 1999, "master_id": "master:8"},
        {"album_id": "release:1", "title": "Other", "year": 1980, "master_id": "master:9"},
    )
    found = albums_of(FILMS, Dump.of(masters), Dump.of(releases))
    assert found.schema == ALBUMS
    assert [(row["album_id"], row["first_year"]) for row in found.to_pylist()] == [
        ("master:7", 1975),
        ("release:2", None),
        ("release:3", 1975),
    ]


def test_no_films_no_albums() -> None:
    assert albums_of([], Dump.of(albums({"album_id": "master:1", "title": "Deep Red"})), NONE).num_rows == 0
