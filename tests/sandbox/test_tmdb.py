"""TMDB's stand-in: answers shaped as recorded ones, errors worded as the service words them."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sandbox import tmdb
from sandbox.catalogue import load_catalogue
from sandbox.search import tokens
from sandbox.tmdb import Tmdb, tmdb_app

pytestmark = pytest.mark.slow

Connect = Callable[..., httpx.Client]
RECORDED = "api_tmdb/rust_tmdb-api"


def found(client: httpx.Client, **parameters: str | int) -> list[int]:
    answer = client.get("/3/search/movie", params=parameters)
    assert answer.status_code == 200
    return [film["id"] for film in answer.json()["results"]]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("Titanic", [597, 16535]),
        ("amelie", [194]),
        ("タイタニック", [597]),
        ("Solaris", [593, 2103]),
        ("ghostbusters 2", [2978]),
        ("nothing of the kind", []),
    ],
)
def test_search_looks_at_every_title(tmdb_client: httpx.Client, query: str, ids: list[int]) -> None:
    assert found(tmdb_client, query=query) == ids


def test_search_by_year(tmdb_client: httpx.Client) -> None:
    assert found(tmdb_client, query="King Kong", primary_release_year=1976) == [10730]
    assert found(tmdb_client, query="King Kong", year=1933) == [244]
    assert found(tmdb_client, query="King Kong", year=1999) == []


def test_pages_of_twenty(tmdb_client: httpx.Client) -> None:
    first = tmdb_client.get("/3/search/movie", params={"query": "the"}).json()
    assert first["total_results"] > 40
    assert len(first["results"]) == 20
    second = found(tmdb_client, query="the", page=2)
    assert len(second) == 20
    assert not set(second) & {film["id"] for film in first["results"]}
    assert found(tmdb_client, query="the", page=first["total_pages"] + 1) == []


def test_a_film_without_a_date(tmdb_client: httpx.Client) -> None:
    film = tmdb_client.get("/3/movie/617127", params={"append_to_response": "release_dates,credits"}).json()
    assert (film["release_date"], film["status"], film["release_dates"]) == ("", "Planned", {"results": []})
    assert film["credits"]["crew"] == []
    assert found(tmdb_client, query="Blade", year=1998) == [36647]


def test_language_chooses_the_title(tmdb_client: httpx.Client) -> None:
    title = {
        code: tmdb_client.get("/3/movie/129", params={"language": code}).json()["title"]
        for code in ("en-US", "ja", "fr-FR", "sv")
    }
    assert title == {"en-US": "Spirited Away", "ja": "千と千尋の神隠し", "fr-FR": "Le Voyage de Chihiro", "sv": "Spirited Away"}


def test_details_with_parts(tmdb_client: httpx.Client) -> None:
    parts = "credits,alternative_titles,external_ids,translations,release_dates"
    film = tmdb_client.get("/3/movie/240", params={"append_to_response": parts}).json()
    assert (film["title"], film["release_date"], film["imdb_id"]) == ("The Godfather Part II", "1974-12-20", "tt0071562")
    crew = [(person["name"], person["job"]) for person in film["credits"]["crew"]]
    assert ("Nino Rota", "Original Music Composer") in crew
    assert ("Carmine Coppola", "Music") in crew
    assert {"iso_3166_1": "FR", "title": "Le Parrain, 2e partie", "type": ""} in film["alternative_titles"]["titles"]
    assert film["external_ids"]["imdb_id"] == "tt0071562"
    assert film["release_dates"]["results"][0]["release_dates"][0]["release_date"] == "1974-12-20T00:00:00.000Z"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/3/movie/999999999", 404, 34),
        ("/3/movie/none", 404, 34),
        ("/3/nowhere", 404, 34),
        ("/3/search/movie?query=x&page=501", 400, 22),
        ("/3/search/movie?query=x&page=0", 400, 22),
        (f"/3/movie/78?append_to_response={','.join(['credits'] * 21)}", 400, 27),
    ],
)
def test_errors(tmdb_client: httpx.Client, path: str, status: int, code: int) -> None:
    answer = tmdb_client.get(path)
    assert answer.status_code == status
    assert set(answer.json()) == {"status_code", "status_message", "success"}
    assert (answer.json()["status_code"], answer.json()["success"]) == (code, False)


def test_a_search_without_query(tmdb_client: httpx.Client) -> None:
    answer = tmdb_client.get("/3/search/movie")
    assert (answer.status_code, answer.json()) == (422, {"errors": ["query must be provided"]})


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Token {tmdb.TOKEN}"}])
def test_a_wrong_key(tmdb_service: Tmdb, connect: Connect, headers: dict[str, str]) -> None:
    answer = connect(tmdb_service, headers=headers).get("/3/authentication")
    assert (answer.status_code, answer.json()["status_code"]) == (401, 7)


def test_an_old_style_key_is_accepted(tmdb_service: Tmdb, connect: Connect) -> None:
    assert connect(tmdb_service, headers={}).get("/3/authentication", params={"api_key": tmdb.API_KEY}).json()["success"]


def test_too_fast(tmdb_service: Tmdb, tmdb_client: httpx.Client) -> None:
    statuses = [tmdb_client.get("/3/movie/78").status_code for _ in range(52)]
    assert statuses == [200] * 50 + [429] * 2
    refused = tmdb_client.get("/3/movie/78").json()
    assert refused == {
        "status_code": 25,
        "status_message": "Your request count (51) is over the allowed limit of (50).",
        "success": False,
    }
    tmdb_service.clock.advance(1.0)
    assert tmdb_client.get("/3/movie/78").status_code == 200


def recorded(shared_data: Path, name: str) -> dict:
    return json.loads((shared_data / RECORDED / name).read_text(encoding="utf-8"))


def test_shapes_are_those_of_recorded_answers(tmdb_client: httpx.Client, shared_data: Path) -> None:
    real = recorded(shared_data, "movie-details.json")
    ours = tmdb_client.get("/3/movie/550").json()
    assert set(real) <= set(ours)
    assert {key for key in ours if type(ours[key]) is not type(real.get(key))} <= {
        "origin_country",
        "backdrop_path",
        "poster_path",
    }

    real = recorded(shared_data, "search-movie.json")
    ours = tmdb_client.get("/3/search/movie", params={"query": "Fight Club"}).json()
    assert set(ours) == set(real)
    assert set(ours["results"][0]) == set(real["results"][0])

    for part, key in {"alternative-titles": "titles", "translations": "translations", "release-dates": "results"}.items():
        real = recorded(shared_data, f"movie-{part}.json")
        ours = tmdb_client.get(f"/3/movie/550/{part.replace('-', '_')}").json()
        assert set(ours) == set(real)
        assert set(ours[key][0]) == set(real[key][0])
    real = recorded(shared_data, "movie-credits.json")
    ours = tmdb_client.get("/3/movie/550/credits").json()
    assert set(ours["cast"][0]) == set(real["cast"][0])
    assert set(ours["crew"][0]) == set(real["crew"][0])
    assert set(tmdb_client.get("/3/movie/550/external_ids").json()) == set(recorded(shared_data, "movie-external-ids.json"))


def test_every_film_is_found_by_each_of_its_titles(connect: Connect) -> None:
    client = connect(tmdb_app(rate=10_000), headers={"Authorization": f"Bearer {tmdb.TOKEN}"})
    for film in load_catalogue().films:
        for title in (film.title, film.original_title):
            if tokens(title):
                assert film.tmdb_id in found(client, query=title), (film.tmdb_id, title)
