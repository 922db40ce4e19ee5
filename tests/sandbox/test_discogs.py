"""Discogs' stand-in: shapes as recorded, the moving window as the real service enforces it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sandbox import discogs
from sandbox.catalogue import load_catalogue, load_truth
from sandbox.discogs import Discogs, discogs_app
from sandbox.synthetic import with_synthetic

pytestmark = pytest.mark.slow

Connect = Callable[..., httpx.Client]
KEY = {"Authorization": f"Discogs token={discogs.TOKEN}"}
LARGE = with_synthetic(load_catalogue(), 12_000)


def search(client: httpx.Client, **parameters: str | int) -> list[dict]:
    answer = client.get("/database/search", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def titles(client: httpx.Client, **parameters: str | int) -> list[str]:
    return [result["title"] for result in search(client, **parameters)]


def test_a_plain_title_finds_no_soundtrack_first(discogs_client: httpx.Client) -> None:
    assert titles(discogs_client, q="Titanic", type="release")[0] == "Titanic (3) - Titanic"
    found = titles(discogs_client, q="Titanic soundtrack")
    assert found[:3].count("James Horner - Back To Titanic") == 3
    assert "James Horner - Titanic (Music From The Motion Picture)" in found[:8]
    assert "Titanic (3) - Titanic" in found


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"type": "master", "release_title": "inception"}, {"Hans Zimmer", "McCoy Tyner Trio"}),
        ({"artist": "Goblin", "style": "Soundtrack", "year": "1997"}, {"Goblin"}),
        ({"barcode": "074646321324"}, {"James Horner"}),
        ({"style": "score", "year": "1958", "type": "master"}, {"Bernard Herrmann"}),
        ({"style": "score", "year": "1957-1958", "type": "master"}, {"Bernard Herrmann"}),
        ({"title": "ABBA Arrival", "country": "Sweden"}, {"ABBA"}),
        ({"genre": "Non-Music", "format": "Shellac"}, set()),
    ],
)
def test_filters(discogs_client: httpx.Client, parameters: dict[str, str], expected: set[str]) -> None:
    assert {title.split(" - ")[0] for title in titles(discogs_client, **parameters)} == expected


def test_parallel_titles_are_found_in_both_scripts(discogs_client: httpx.Client) -> None:
    assert "Vangelis = ヴァンゲリス* - Blade Runner (Soundtrack) = ブレードランナー・サウンドトラック" in titles(
        discogs_client, q="ブレードランナー"
    )


def test_what_is_unknown_is_missing_or_zero(discogs_client: httpx.Client) -> None:
    undated = next(r for r in search(discogs_client, q="Orange Mécanique bande originale") if "Orange Mécanique" in r["title"])
    assert "year" not in undated
    assert (undated["master_id"], undated["master_url"], undated["catno"]) == (0, None, "none")
    nowhere = next(r for r in search(discogs_client, q="Tarantino Favourites"))
    assert "country" not in nowhere


def test_pages_with_addresses(discogs_client: httpx.Client) -> None:
    first = discogs_client.get("/database/search", params={"style": "Soundtrack", "per_page": 100}).json()
    pagination = first["pagination"]
    assert pagination["items"] > 400
    assert pagination["pages"] == -(-pagination["items"] // 100)
    seen = [result["id"] for result in first["results"]]
    while following := pagination["urls"].get("next"):
        answer = discogs_client.get(following).json()
        pagination = answer["pagination"]
        seen += [result["id"] for result in answer["results"]]
    assert len(seen) == len(set(seen)) == pagination["items"]
    assert set(pagination["urls"]) == {"first", "prev"}
    assert discogs_client.get("/database/search", params={"style": "Soundtrack", "page": 1000}).status_code == 404
    assert len(search(discogs_client, style="Soundtrack", per_page=500)) == 100


def test_addresses_stay_inside(discogs_client: httpx.Client) -> None:
    answer = discogs_client.get("/database/search", params={"style": "Soundtrack", "per_page": 3, "page": 2})
    links = {kind: url for url, kind in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["Link"])}
    assert links == answer.json()["pagination"]["urls"]
    found = answer.json()["results"][0]
    record = discogs_client.get(found["resource_url"]).json()
    for text in (answer.text, json.dumps(record)):
        assert "api.discogs.com" not in text
    for credit in record["artists"]:
        assert discogs_client.get(credit["resource_url"]).json()["name"] == credit["name"]


def test_at_most_ten_thousand_results(connect: Connect) -> None:
    client = connect(discogs_app(catalogue=LARGE), headers=KEY)
    ask = {"style": "Soundtrack", "per_page": 100}
    first = client.get("/database/search", params=ask | {"page": 1}).json()["pagination"]
    assert LARGE.albums[-1].album_id == "release:980011999"
    assert first["items"] > 8_000
    everything = client.get("/database/search", params={"genre": "Stage & Screen", "per_page": 100, "page": 100})
    assert everything.json()["pagination"]["items"] > 12_000
    assert len(everything.json()["results"]) == 100
    assert everything.json()["pagination"]["pages"] == 100, "as Discogs names 2,000 pages of five for 80,959 hits"
    assert client.get("/database/search", params={"genre": "Stage & Screen", "per_page": 100, "page": 101}).status_code == 404


def test_synthetic_albums_are_the_same_each_time_and_split_by_year_and_country() -> None:
    assert with_synthetic(load_catalogue(), 50) == with_synthetic(load_catalogue(), 50)
    assert with_synthetic(load_catalogue(), 50) != with_synthetic(load_catalogue(), 50, seed=2)
    made = LARGE.albums[len(load_catalogue().albums) :]
    assert len({album.year for album in made}) > 60
    assert len({album.country for album in made}) == 8


def test_records(discogs_client: httpx.Client) -> None:
    master = next(
        r for r in search(discogs_client, q="E.T. The Extra-Terrestrial soundtrack", type="master") if "Williams" in r["title"]
    )
    record = discogs_client.get(f"/masters/{master['id']}").json()
    assert (record["title"], record["year"]) == (
        "E.T. The Extra-Terrestrial (Music From The Original Motion Picture Soundtrack)",
        1982,
    )
    assert [credit["name"] for credit in record["artists"]] == ["John Williams (4)"]
    versions = discogs_client.get(f"/masters/{master['id']}/versions").json()
    assert [version["country"] for version in versions["versions"]] == ["US", "France", "US"]
    assert versions["versions"][0]["id"] == record["main_release"]
    release = discogs_client.get(f"/releases/{record['main_release']}").json()
    assert (release["master_id"], release["year"], release["country"]) == (master["id"], 1982, "US")
    assert release["formats"] == [{"name": "Vinyl", "qty": "1", "descriptions": ["LP", "Album"]}]


def test_credits_keep_numbers_variations_and_joins(discogs_client: httpx.Client) -> None:
    hit = next(r for r in search(discogs_client, q="タイタニック", type="release") if "Titanic" in r["title"])
    assert hit["title"] == "James Horner = ジェームズ・ホーナー* - Titanic = タイタニック"
    credits = discogs_client.get(hit["resource_url"]).json()["artists"]
    assert [(credit["name"], credit["anv"]) for credit in credits] == [("James Horner", "James Horner = ジェームズ・ホーナー")]
    two = next(r for r in search(discogs_client, q="Star Is Born Gaga Cooper", type="master"))
    artists = discogs_client.get(f"/masters/{two['id']}").json()["artists"]
    assert [(credit["name"], credit["join"]) for credit in artists] == [("Lady Gaga", "&"), ("Bradley Cooper", "")]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/releases/1", "Release not found."),
        ("/masters/1", "Master Release not found."),
        ("/masters/1/versions", "Master Release not found."),
        ("/nowhere", "The requested resource was not found."),
    ],
)
def test_deleted_and_unknown(discogs_client: httpx.Client, path: str, message: str) -> None:
    answer = discogs_client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"message": message})


def test_who_asks(discogs_service: Discogs, connect: Connect) -> None:
    client = connect(discogs_service, headers={})
    assert client.get("/database/search?q=x").status_code == 401
    assert client.get("/masters/1").status_code == 404
    assert client.get("/oauth/identity").json() == {"message": "You must authenticate to access this resource."}
    wrong = client.get("/database/search?q=x", headers={"Authorization": "Discogs token=wrong"})
    assert (wrong.status_code, wrong.json()["message"]) == (
        401,
        "Invalid consumer token. Please register an app before making requests.",
    )
    pair = {"Authorization": f"Discogs key={discogs.KEY}, secret={discogs.SECRET}"}
    assert client.get("/database/search?q=x", headers=pair).status_code == 200
    assert client.get("/oauth/identity", headers=pair).status_code == 401, "a pair is an app, and no user"
    assert client.get("/oauth/identity", headers=KEY).json()["username"] == "sample"
    nameless = client.get("/database/search?q=x", headers=KEY | {"User-Agent": ""})
    assert (nameless.status_code, nameless.text) == (403, "")


def test_the_moving_window(discogs_service: Discogs, discogs_client: httpx.Client) -> None:
    def ask() -> tuple[int, ...]:
        answer = discogs_client.get("/masters/1")
        return answer.status_code, *(int(answer.headers[f"X-Discogs-Ratelimit{part}"]) for part in ("", "-Used", "-Remaining"))

    assert ask() == (404, 60, 1, 59)
    discogs_service.clock.advance(30)
    assert [ask()[3] for _ in range(59)] == list(range(58, -1, -1))
    assert ask() == (429, 60, 60, 0)
    refused = discogs_client.get("/masters/1")
    assert refused.json() == {"message": "You are making requests too quickly."}
    assert "Retry-After" not in refused.headers
    discogs_service.clock.advance(30)  # only the first request has left the window
    assert ask() == (404, 60, 60, 0)
    assert ask()[0] == 429
    discogs_service.clock.advance(30)
    assert ask() == (404, 60, 2, 58)
    assert discogs_service.log.count(429) == 3
    assert discogs_service.log.busiest(60) == 63


def test_without_a_key_the_window_is_smaller(discogs_service: Discogs, connect: Connect) -> None:
    answer = connect(discogs_service, headers={}).get("/masters/1")
    assert (answer.headers["X-Discogs-Ratelimit"], answer.headers["X-Discogs-Ratelimit-Remaining"]) == ("25", "24")


def test_answers_are_compressed(discogs_client: httpx.Client) -> None:
    assert discogs_client.get("/database/search?style=Score").headers["Content-Encoding"] == "gzip"


def test_shapes_are_those_of_recorded_answers(discogs_client: httpx.Client, shared_data: Path) -> None:
    optional = {"year", "country", "user_data"}
    ours = search(discogs_client, style="Score", type="release", per_page=100)
    for file in sorted((shared_data / "discogs_search").glob("*/*.json")):
        real = json.loads(file.read_text(encoding="utf-8"))
        for result in real["results"]:
            for mine in ours:
                assert set(mine) - optional == set(result) - optional, file.name
            kinds = {key: type(value) for key, value in ours[0].items() if key in result and result[key] is not None}
            assert all(isinstance(result[key], kind) for key, kind in kinds.items() if ours[0][key] is not None), file.name
        page = discogs_client.get("/database/search", params={"style": "Score", "per_page": 5}).json()["pagination"]
        assert set(page) == set(real["pagination"])
    recorded = shared_data / "api_discogs" / "php_ricbra_with_headers"
    master = next(result["id"] for result in search(discogs_client, style="Score", type="master"))
    for name, path in {"get_master": f"/masters/{master}", "get_oauth_identity": "/oauth/identity"}.items():
        body = json.loads((recorded / name).read_text(encoding="utf-8").split("\n\n", 1)[1])
        assert set(body) - {"videos", "images"} <= set(discogs_client.get(path).json())


def test_every_soundtrack_can_be_found(connect: Connect) -> None:
    """By its film's title, or one of its other titles, with the word soundtrack: nothing in the truth is out of reach."""
    service = discogs_app()
    wanted: dict[str, set[str]] = {}
    for truth in load_truth().values():
        for film in truth.tmdb_ids:
            wanted.setdefault(film, set()).add(truth.album_id)
    out_of_reach = 0
    for film in load_catalogue().films:
        names = {film.title, film.original_title, *(title for _, title in film.alternative_titles)}
        found = {service._albums[i].album_id for name in names for i in service._found({"q": f"{name} soundtrack"})[:100]}
        out_of_reach += len(wanted.get(str(film.tmdb_id), set()) - found)
    assert out_of_reach <= 1  # a reissue under a wholly different name: reached through its master only
