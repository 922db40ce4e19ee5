"""Films whose title an album has in another language: found by composer and year."""

from typing import Any

import pyarrow as pa
import pytest

from soundtracks.matching.by_composer import MAX_FILMS
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import candidates
from soundtracks.records import ALBUMS, FILMS
from soundtracks.text.canonical import album_names

SPIRITED = {"tmdb_id": "129", "title": "Spirited Away", "year": 2001, "composers": ["Joe Hisaishi"]}
BROTHER = {"tmdb_id": "327", "title": "Brother", "year": 2000, "composers": ["Joe Hisaishi"]}
DOLLS = {"tmdb_id": "328", "title": "Dolls", "year": 2002, "composers": ["Joe Hisaishi"]}
FRENCH = {"title": "Le Voyage De Chihiro (Bande Originale)", "artist": "Joe Hisaishi", "year": 2001}


def found(album: dict[str, Any], *films: dict[str, Any]) -> list[str]:
    albums = pa.Table.from_pylist([{"album_id": "1"} | album], schema=ALBUMS)
    index = FilmIndex.build(pa.Table.from_pylist(list(films), schema=FILMS))
    pairs = candidates(albums, album_names(albums), index)
    return index.films["tmdb_id"].take(pairs["film"].combine_chunks()).to_pylist()


@pytest.mark.parametrize(
    "album",
    [
        FRENCH,
        FRENCH | {"title": "Le Voyage De Chihiro", "styles": ["Soundtrack"]},
        FRENCH | {"artist": "Joe Hisaishi & New Japan Philharmonic"},
        FRENCH | {"artist": None, "title": "Joe Hisaishi - Le Voyage De Chihiro (Bande Originale)"},
        FRENCH | {"year": 2016, "first_year": 2002},
    ],
)
def test_a_film_of_the_composer_and_the_year(album: dict[str, Any]) -> None:
    assert found(album, SPIRITED) == ["129"]


@pytest.mark.parametrize(
    "album",
    [
        FRENCH | {"year": 2004},
        FRENCH | {"year": None},
        FRENCH | {"title": "Le Voyage De Chihiro"},  # nothing says that it is film music
        FRENCH | {"artist": "Joe Satriani"},
        FRENCH | {"artist": None},
    ],
)
def test_no_other(album: dict[str, Any]) -> None:
    assert found(album, SPIRITED) == []


def test_films_of_its_name_are_enough() -> None:
    assert found(FRENCH | {"title": "Brother (Original Soundtrack)"}, SPIRITED, BROTHER) == ["327"]


def test_where_many_are_of_the_year_nothing_tells_which() -> None:
    assert found(FRENCH, SPIRITED, BROTHER, DOLLS) == ["129", "327", "328"]
    others = [SPIRITED | {"tmdb_id": str(400 + n), "title": f"Film {n}"} for n in range(MAX_FILMS + 1)]
    assert found(FRENCH, *others) == []


def test_of_many_those_with_a_word_of_the_title() -> None:
    wanted = {"tmdb_id": "9", "title": "Chihiro in the City", "year": 2001, "composers": ["Joe Hisaishi"]}
    others = [SPIRITED | {"tmdb_id": str(100 + n), "title": f"Story {n}"} for n in range(MAX_FILMS)]
    assert found(FRENCH, wanted, *others) == ["9"]
    assert found(FRENCH, *others, SPIRITED) == []
