import json
from pathlib import Path
from typing import Any

import pytest

from soundtracks.sources.models import AlbumSearch, FilmDetails, FilmSearch, MasterDetails


@pytest.mark.parametrize(
    ("value", "year"),
    [("1982", 1982), (1982, 1982), ("1982-06-25", 1982), ("", None), ("0", None), (0, None), (None, None), ("19??", None),
     (["1982"], None), (True, None), (99999, None), ("１９８２", None)],
)  # fmt: skip
def test_years(value: object, year: int | None) -> None:
    found = AlbumSearch.model_validate({"results": [{"id": 1, "type": "master", "year": value}]})
    assert found.results[0].year == year


@pytest.mark.parametrize(
    ("value", "styles"),
    [(["Soundtrack", "Score"], ["Soundtrack", "Score"]), (["A", "A", "", None, 3], ["A"]), ("Soundtrack", ["Soundtrack"]),
     (None, []), ({}, [])],
)  # fmt: skip
def test_lists(value: object, styles: list[str]) -> None:
    assert AlbumSearch.model_validate({"results": [{"id": 1, "type": "release", "style": value}]}).results[0].style == styles


@pytest.mark.parametrize("none", [0, None, "", "0", -1])
def test_no_master(none: object) -> None:
    assert AlbumSearch.model_validate({"results": [{"id": 1, "type": "release", "master_id": none}]}).results[0].master_id is None


@pytest.mark.parametrize(
    "record", [{"type": "master"}, {"id": None, "type": "master"}, {"id": 1, "type": "artist"}, {"id": 1}, "text", None, []]
)
def test_records_that_cannot_be_linked_are_left_out(record: object) -> None:
    good = {"id": 2, "type": "release", "title": "A - B"}
    assert [album.album_id for album in AlbumSearch.model_validate({"results": [record, good]}).results] == ["release:2"]


@pytest.mark.parametrize("answer", [{}, {"results": None}, {"results": {}}, {"results": [], "pagination": "none"}])
def test_answers_without_results(answer: dict[str, Any]) -> None:
    found = AlbumSearch.model_validate(answer)
    assert found.results == []
    assert found.pagination.items == 0


def test_a_film_without_parts_is_a_film() -> None:
    film = FilmDetails.model_validate({"id": 1, "title": "  Pi ", "release_date": "", "credits": None, "translations": []})
    assert (film.title, film.release_date, film.credits.crew, film.translations) == ("Pi", None, [], [])


def test_recorded_discogs_answers(shared_data: Path) -> None:
    count = 0
    for file in shared_data.glob("discogs_search/*/*.json"):
        recorded = json.loads(file.read_text())
        found = AlbumSearch.model_validate(recorded)
        assert len(found.results) == len(recorded["results"])
        assert found.pagination.items == recorded["pagination"]["items"]
        assert all(album.title and (album.style or album.genre) for album in found.results)
        count += len(found.results)
    assert count == 215
    master = json.loads((shared_data / "api_discogs/python3_discogs_client/masters/4242.json").read_text())
    assert MasterDetails.model_validate(master).artists


def test_recorded_tmdb_answers(shared_data: Path) -> None:
    folder = shared_data / "api_tmdb/rust_tmdb-api"
    found = FilmSearch.model_validate_json((folder / "search-movie.json").read_text())
    assert [(film.id, film.title, film.year) for film in found.results] == [(21778, "RRRrrrr!!!", 2004)]
    parts = {part: json.loads((folder / f"movie-{part.replace('_', '-')}.json").read_text()) for part in
             ("credits", "alternative_titles", "external_ids", "translations")}  # fmt: skip
    film = FilmDetails.model_validate(json.loads((folder / "movie-details.json").read_text()) | parts)
    assert film.title
    assert film.credits.crew
    assert film.alternative_titles
    assert len(film.translations) > 5
