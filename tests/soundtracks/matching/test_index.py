from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from soundtracks.errors import MatchError
from soundtracks.matching.grams import name_hash
from soundtracks.matching.index import FilmIndex
from soundtracks.records import FILMS


def _bearers(index: FilmIndex, name: str) -> list[str]:
    number = int(np.searchsorted(index.hash, name_hash(pa.array([name]))[0]))
    entries = index.film[index.start[number] : index.start[number + 1]]
    assert index.names[number].as_py() == name
    return [index.films["tmdb_id"][int(film)].as_py() for film in entries]


@pytest.fixture
def three(films) -> pa.Table:
    return films(
        {"title": "Home", "year": 2015, "composers": ["Lorne Balfe"]},
        {"title": "Home", "original_title": "Home", "year": 2009},
        {"title": "Stealing Beauty", "original_title": "Io ballo da sola", "alternative_titles": ["Beauté volée"]},
    )


def test_films_are_found_by_each_of_their_names(three: pa.Table) -> None:
    index = FilmIndex.build(three)
    assert len(index) == 3
    assert _bearers(index, "home") == ["2", "1"]  # by year
    assert _bearers(index, "stealing beauty") == ["3"]
    assert _bearers(index, "io ballo da sola") == ["3"]
    assert index.year.tolist() == [2015, 2009, 0]


def test_an_opened_index_is_the_saved_one(three: pa.Table, tmp_path: Path) -> None:
    built = FilmIndex.build(three)
    built.save(tmp_path / "index")
    opened = FilmIndex.open(tmp_path / "index")
    assert opened.version == built.version
    assert opened.names.equals(built.names)
    assert opened.films.equals(built.films)
    assert (opened.grams != built.grams).nnz == 0
    assert isinstance(opened.hash, np.memmap)  # the workers of a host share its pages


def test_rows_of_the_gram_matrix_have_length_one(three: pa.Table) -> None:
    index = FilmIndex.build(three)
    squares = index.grams.multiply(index.grams).sum(axis=0)
    assert np.allclose(squares, 1)


def test_the_version_follows_the_films(three: pa.Table) -> None:
    assert FilmIndex.build(three).version == FilmIndex.build(three).version
    assert FilmIndex.build(three).version != FilmIndex.build(three.slice(1)).version


def test_no_films_make_an_index_too(tmp_path: Path) -> None:
    FilmIndex.build(FILMS.empty_table()).save(tmp_path)
    assert len(FilmIndex.open(tmp_path)) == 0


def test_what_is_no_index_is_told(tmp_path: Path) -> None:
    with pytest.raises(MatchError, match="No film index"):
        FilmIndex.open(tmp_path)
    (tmp_path / "index.json").write_text('{"layout": 0}')
    with pytest.raises(MatchError, match="another layout"):
        FilmIndex.open(tmp_path)
