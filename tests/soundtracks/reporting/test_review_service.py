"""The review page's service: what it shows, and that nobody from elsewhere decides anything."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pyarrow as pa
import pytest

from soundtracks.decisions import FOLDER, read_decisions, stamp
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.serving.review_queue import ReviewQueue
from tests.soundtracks.reporting.review_service import TOKEN, said

pytestmark = pytest.mark.slow


def test_who_has_no_token_spends_no_allowance(serve: Callable[[Catalogue], str], small: Catalogue) -> None:
    url = serve(small)
    key = {"x-review-token": TOKEN}
    assert httpx.get(f"{url}api/films?q=dune&beyond=1").status_code == 403
    assert httpx.get(f"{url}api/albums?q=discogs.com/release/90").status_code == 403
    assert [f["title"] for f in httpx.get(f"{url}api/films?q=dune&beyond=1", headers=key).json()["films"]] == ["Dune"]
    assert httpx.get(f"{url}api/albums?q=master:1").json()["title"] == "Alien (Original Soundtrack)"  # of the links: free
    assert httpx.get(f"{url}api/albums?q=discogs.com/release/91", headers=key).status_code == 404


GOOD = {"decisions": [{"album_id": "release:3", "tmdb_id": "679", "decision": "accept", "by": "Ann"}]}


def post(url: str, body: object = None, **headers: str) -> int:
    ours = {"origin": url.rstrip("/"), "x-review-token": TOKEN, "sec-fetch-site": "same-origin"}
    kept = {k: v for k, v in (ours | {k.replace("_", "-"): v for k, v in headers.items()}).items() if v}
    return httpx.post(f"{url}api/decisions", json=GOOD if body is None else body, headers=kept).status_code


def test_our_own_page_may_decide(serve: Callable[[Catalogue], str], small: Catalogue, lake: Lake) -> None:
    assert post(serve(small)) == 201
    assert said(lake) == [("Ann", "accept", "release:3", "679")]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"x_review_token": ""}, 403),
        ({"x_review_token": "guessed"}, 403),
        ({"content_type": "text/plain"}, 415),
        ({"host": "evil.example"}, 421),
    ],
    ids=str,
)
def test_nobody_else_may(
    serve: Callable[[Catalogue], str], small: Catalogue, lake: Lake, headers: dict[str, str], status: int
) -> None:
    assert post(serve(small), **headers) == status
    assert said(lake) == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"decision": "maybe"}, 422),
        ({"by": " "}, 422),
        ({"album_id": "release:99"}, 422),
        ({"tmdb_id": "99"}, 422),
        ({"further": 1}, 422),
        ({"at": "2026-11-24T05:00:00Z"}, 422),  # the server's to give
        ({"at": "9999-12-31T23:59:59-14:00"}, 422),
        ({"run_id": "another"}, 422),
        ({"by": "A\x1b[31mnn"}, 422),
        ({"album_id": "x" * 30_000}, 413),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_decision(
    serve: Callable[[Catalogue], str], small: Catalogue, lake: Lake, change: dict[str, object], status: int
) -> None:
    assert post(serve(small), {"decisions": [GOOD["decisions"][0] | change]}) == status
    assert said(lake) == []


@pytest.mark.parametrize(("decision", "status"), [("accept", 422), ("reject", 201), ("skip", 201)])
def test_a_series_is_no_film_to_accept(serve: Callable[[Catalogue], str], lake: Lake, decision: str, status: int) -> None:
    films = [{"tmdb_id": "1", "title": "Star Trek"}, {"tmdb_id": "tv:5", "title": "Star Trek", "listed": False}]
    url = serve(
        Catalogue(
            pa.Table.from_pylist(films, FILMS),
            pa.Table.from_pylist([{"album_id": "release:3", "title": "Star Trek"}], ALBUMS),
            pa.Table.from_pylist([{"album_id": "release:3", "tmdb_id": "tv:5", "decision": "review"}], LINKS),
        )
    )
    assert [film["tmdb_id"] for film in httpx.get(f"{url}api/films?q=star+trek").json()["films"]] == ["1"]
    assert post(url, {"decisions": [GOOD["decisions"][0] | {"tmdb_id": "tv:5", "decision": decision}]}) == status
    assert len(said(lake)) == (status == 201)


def test_a_pair_that_is_named_twice_is_decided_once(serve: Callable[[Catalogue], str], small: Catalogue, lake: Lake) -> None:
    assert post(serve(small), {"decisions": GOOD["decisions"] * 2}) == 201
    assert len(lake.list(FOLDER)) == len(said(lake)) == 1


def test_the_server_gives_the_time(serve: Callable[[Catalogue], str], small: Catalogue, lake: Lake) -> None:
    before = stamp(datetime.now(UTC))
    assert post(serve(small)) == 201
    (row,) = read_decisions(lake).to_pylist()
    assert before <= row["at"] <= stamp(datetime.now(UTC))


def test_no_answer_holds_the_token(serve: Callable[[Catalogue], str], small: Catalogue) -> None:
    url = serve(small)
    for path in ("", "assets/review.js", "api/queue", "api/decisions"):
        answer = httpx.get(url + path)
        assert answer.status_code == 200
        assert TOKEN not in answer.text + str(answer.headers)


def test_every_answer_is_locked(serve: Callable[[Catalogue], str], small: Catalogue) -> None:
    url = serve(small)
    for path in ("", "assets/review.js", "api/queue", "api/films?q=alien", "assets/nothing"):
        headers = httpx.get(url + path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in headers


def test_search_puts_the_title_itself_first(small: Catalogue) -> None:
    queue = ReviewQueue(small.view, small.films)
    assert [film["title"] for film in queue.search("ALIEN")] == ["Alien", "Aliens"]
    assert [film["title"] for film in queue.search("repulsion 1965")] == ["Répulsion"]
    assert queue.search("  ") == []


def test_pressings_that_are_linked_already_are_one_album(small: Catalogue) -> None:
    links = small.links.to_pylist()
    again = links + [links[0] | {"album_id": f"release:{i}"} for i in (6, 7)]
    again.append(links[2] | {"album_id": "release:8", "tmdb_id": "348"})
    pressing = small.albums.to_pylist()[0] | {"master_id": "master:1"}
    albums = small.albums.to_pylist() + [pressing | {"album_id": f"release:{i}"} for i in (6, 7)]
    tables = (pa.Table.from_pylist(rows, schema) for rows, schema in ((albums, ALBUMS), (again, LINKS)))
    queue = ReviewQueue(Catalogue(small.films, *tables).view, small.films)
    item = next(item for item in queue.items if item["film"]["tmdb_id"] == "348")
    assert item["linked"] == ["Alien (Original Soundtrack) (1979)", "Alien Score (1980)"]


def test_any_album_can_be_looked_at_again(small: Catalogue) -> None:
    queue = ReviewQueue(small.view, small.films, only=["release:2", "release:5"])
    assert {item["film"]["title"]: [album["album_id"] for album in item["albums"]] for item in queue.items} == {
        "Alien": ["release:2"],  # was linked
        "Répulsion": ["release:5"],  # was rejected
    }
    with pytest.raises(BadInput, match="Nothing among the links is 'release:99'"):
        ReviewQueue(small.view, small.films, only=["release:2", "release:99"])
