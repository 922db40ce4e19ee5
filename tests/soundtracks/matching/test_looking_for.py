"""What films an album looks for."""

from typing import Any

import pyarrow as pa
import pytest

from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import with_groups
from soundtracks.matching.looking_for import film_keys, looked_for
from soundtracks.records import ALBUMS, FILMS

NO_COMPOSER = {"tmdb_id": "1", "title": "Home"}
ROTA = {"tmdb_id": "2", "title": "Amarcord", "composers": ["Nino Rota"], "imdb_id": "tt0071129"}
THAI = {"tmdb_id": "3", "title": "โหมโรง", "composers": ["Chatchai Pongprapaphan"]}


def films_looked_for(album: dict[str, Any]) -> list[str]:
    """Of the three films those that the album shares a key with."""
    index = FilmIndex.build(pa.Table.from_pylist([NO_COMPOSER, ROTA, THAI], schema=FILMS))
    (keys,) = looked_for(with_groups(pa.Table.from_pylist([{"album_id": "1"} | album], schema=ALBUMS)), index)[0].to_pylist()
    ids = index.films["tmdb_id"].to_pylist()
    return [film for film, of_film in zip(ids, film_keys(index).to_pylist(), strict=True) if set(keys) & set(of_film)]


@pytest.mark.parametrize(
    ("album", "films"),
    [
        ({"title": "Home"}, ["1"]),
        ({"title": "Songs", "artist": "Nino Rota"}, ["2"]),
        ({"title": "Songs", "film_ids": ["tt0071129"]}, ["2"]),
        ({"title": "โหมโรง (Original Soundtrack)"}, ["3"]),
        ({"title": "Songs", "artist": "Chatchai Pongprapaphan & Friends"}, ["3"]),
        ({"title": "Songs"}, []),  # whose artist nobody knows is not of the films whose composer nobody knows
        ({"title": "Songs", "artist": ""}, []),
        ({"title": None, "artist": "?"}, []),
    ],
)
def test_an_album_looks_for_films_of_its_names_ids_and_people(album: dict[str, Any], films: list[str]) -> None:
    assert films_looked_for(album) == films
