"""Each fault happens as it says, for as many requests as it says, and is gone then."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox import discogs, tmdb
from sandbox.discogs import Discogs
from sandbox.faults import CLOUDFLARE_403, Edit, Fault, Faults, apply_edits, black_hole
from sandbox.tmdb import Tmdb

pytestmark = pytest.mark.slow

Connect = Callable[..., httpx.Client]
SEARCH = "/database/search?style=Score&per_page=5"


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit(at="a", drop=True), {"b": [{"c": 1}, {"c": 2}]}),
        (Edit(at="a", set=None), {"a": None, "b": [{"c": 1}, {"c": 2}]}),
        (Edit(at="b.*.c", set=""), {"a": 0, "b": [{"c": ""}, {"c": ""}]}),
        (Edit(at="b.1.c", drop=True), {"a": 0, "b": [{"c": 1}, {}]}),
        (Edit(at="b.0", drop=True), {"a": 0, "b": [{"c": 2}]}),
        (Edit(at="b.7.c", set=1), {"a": 0, "b": [{"c": 1}, {"c": 2}]}),
        (Edit(at="x.y", set=1), {"a": 0, "b": [{"c": 1}, {"c": 2}]}),
    ],
)
def test_edits(edit: Edit, expected: dict[str, Any]) -> None:
    document = {"a": 0, "b": [{"c": 1}, {"c": 2}]}
    assert apply_edits(document, [edit]) == expected
    assert document == {"a": 0, "b": [{"c": 1}, {"c": 2}]}


def test_a_fault_is_used_up() -> None:
    faults = Faults()
    given = Fault(path="search", times=2, after=1)
    faults.add(given)
    assert [faults.take(target) is not None for target in ("/search", "/masters/1", "/search", "/search", "/search")] == [
        False, False, True, True, False,
    ]  # fmt: skip
    assert given.times == 2


@pytest.mark.parametrize("retry_after", [None, "3", "Wed, 25 Nov 2026 08:00:00 GMT", "86400000", "soon"])
def test_too_many_requests(discogs_service: Discogs, discogs_client: httpx.Client, retry_after: str | None) -> None:
    discogs_service.faults.add(Fault(status=429, headers={} if retry_after is None else {"Retry-After": retry_after}))
    answer = discogs_client.get(SEARCH)
    assert (answer.status_code, answer.json()) == (429, {"message": "You are making requests too quickly."})
    assert answer.headers.get("Retry-After") == retry_after
    assert discogs_client.get(SEARCH).status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors(discogs_service: Discogs, discogs_client: httpx.Client, status: int) -> None:
    discogs_service.faults.add(Fault(path="^/database", times=2, status=status))
    assert [discogs_client.get(SEARCH).status_code for _ in range(3)] == [status, status, 200]


@pytest.mark.parametrize(("status", "code"), [(429, 25), (500, 11), (502, 43), (503, 46), (504, 24), (404, 34), (401, 7)])
def test_tmdb_words_its_errors(tmdb_service: Tmdb, tmdb_client: httpx.Client, status: int, code: int) -> None:
    tmdb_service.faults.add(Fault(status=status))
    answer = tmdb_client.get("/3/movie/78")
    assert (answer.status_code, answer.json()["status_code"]) == (status, code)


def test_html_instead_of_json(discogs_service: Discogs, discogs_client: httpx.Client) -> None:
    discogs_service.faults.add(
        Fault(status=403, body=CLOUDFLARE_403), Fault(status=200, body="<html>hello</html>"), Fault(status=502)
    )
    answers = [discogs_client.get(SEARCH) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [403, 200, 502]
    assert all(answer.headers["Content-Type"].startswith("text/html") for answer in answers)


def test_a_hanging_answer(discogs_service: Discogs, connect: Connect) -> None:
    client = connect(discogs_service, headers={"Authorization": f"Discogs token={discogs.TOKEN}"}, timeout=0.2)
    discogs_service.faults.add(Fault(kind="hang"))
    with pytest.raises(httpx.ReadTimeout):
        client.get(SEARCH)
    assert client.get(SEARCH).status_code == 200


def test_an_address_that_never_accepts() -> None:
    with black_hole() as url, pytest.raises(httpx.ConnectTimeout):
        httpx.get(url, timeout=0.2)


def test_a_connection_that_breaks_in_mid_body(discogs_service: Discogs, discogs_client: httpx.Client) -> None:
    discogs_service.faults.add(Fault(kind="reset"))
    with pytest.raises(httpx.RemoteProtocolError):
        discogs_client.get(SEARCH)
    assert discogs_client.get(SEARCH).status_code == 200


def test_a_truncated_answer(discogs_service: Discogs, discogs_client: httpx.Client) -> None:
    discogs_service.faults.add(Fault(kind="truncate"))
    answer = discogs_client.get(SEARCH)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_fields_missing_or_of_another_type(discogs_service: Discogs, discogs_client: httpx.Client) -> None:
    edits = [
        Edit(at="results.*.master_id", set=0),
        Edit(at="results.0.year", set=""),
        Edit(at="results.1.title", drop=True),
        Edit(at="results.2.format", set="Vinyl"),
    ]
    discogs_service.faults.add(Fault(kind="edit", edit=edits))
    results = discogs_client.get(SEARCH).json()["results"]
    assert {result["master_id"] for result in results} == {0}
    assert results[0]["year"] == ""
    assert "title" not in results[1]
    assert results[2]["format"] == "Vinyl"


@pytest.mark.parametrize(("shift", "overlap"), [(1, 1), (0, 0), (-1, 0)])
def test_pages_that_change_while_they_are_read(
    discogs_service: Discogs, discogs_client: httpx.Client, shift: int, overlap: int
) -> None:
    whole = [r["id"] for r in discogs_client.get("/database/search?style=Score&per_page=15").json()["results"]]
    first = [r["id"] for r in discogs_client.get(SEARCH + "&page=1").json()["results"]]
    discogs_service.faults.add(Fault(kind="shift", shift=shift, path="page=2"))
    second = [r["id"] for r in discogs_client.get(SEARCH + "&page=2").json()["results"]]
    assert len(set(first) & set(second)) == overlap
    assert second == whole[5 - shift : 10 - shift]


def test_faults_and_log_over_http(tmdb_client: httpx.Client) -> None:
    assert tmdb_client.post("/__sandbox/faults", json={"path": "movie/78", "status": 503}).status_code == 204
    assert tmdb_client.get("/__sandbox/faults").json()[0]["status"] == 503
    assert tmdb_client.post("/__sandbox/faults", json=[{"knid": "hang"}]).status_code == 422
    assert [tmdb_client.get("/3/movie/78").status_code for _ in range(3)] == [503, 200, 200]
    log = tmdb_client.get("/__sandbox/requests", params={"seconds": 1}).json()
    assert (log["count"], log["statuses"]) == (3, {"503": 1, "200": 2})
    assert log["repeated"] == {"/3/movie/78": 2}
    assert log["busiest"] == {"seconds": 1.0, "requests": 3}
    assert tmdb_client.delete("/__sandbox/requests").status_code == 204
    assert tmdb_client.get("/__sandbox/requests").json()["count"] == 0
    tmdb_client.post("/__sandbox/faults", json={"times": None})
    assert tmdb_client.delete("/__sandbox/faults").status_code == 204
    assert tmdb_client.get("/3/movie/78").status_code == 200
    assert tmdb_client.get("/__sandbox/nothing").status_code == 404


def test_the_clock_over_http(discogs_client: httpx.Client) -> None:
    assert [discogs_client.get("/masters/1").status_code for _ in range(61)] == [404] * 60 + [429]
    discogs_client.post("/__sandbox/clock", params={"advance": 60})
    assert discogs_client.get("/masters/1").headers["X-Discogs-Ratelimit-Used"] == "1"


def test_the_log_keeps_no_key(discogs_service: Discogs, tmdb_service: Tmdb, connect: Connect) -> None:
    connect(discogs_service, headers={}).get(
        f"/oauth/identity?key={discogs.KEY}&secret={discogs.SECRET}&token={discogs.TOKEN}&b=1"
    )
    connect(tmdb_service, headers={}).get(f"/3/authentication?api_key={tmdb.API_KEY}")
    assert [request.url for request in discogs_service.log.requests] == ["/oauth/identity?b=1"]
    assert [request.url for request in tmdb_service.log.requests] == ["/3/authentication"]


def counters(answer: httpx.Response) -> tuple[int, int]:
    return int(answer.headers["X-Discogs-Ratelimit-Used"]), int(answer.headers["X-Discogs-Ratelimit-Remaining"])


def test_an_inexact_counter(discogs_service: Discogs, discogs_client: httpx.Client) -> None:
    discogs_service.faults.add(Fault(kind="counter", plus=20, every=3, times=1), Fault(kind="counter", factor=2, times=2))
    seen = [counters(discogs_client.get(SEARCH)) for _ in range(5)]
    assert seen == [(2, 59), (4, 58), (23, 57), (4, 56), (5, 55)]
    discogs_service.faults.add(Fault(kind="counter", plus=20, remaining_too=True))
    assert counters(discogs_client.get(SEARCH)) == (26, 34)


def test_a_dripping_body_arrives_byte_by_byte(discogs_service: Discogs, discogs_client: httpx.Client) -> None:
    discogs_service.faults.add(Fault(path="masters", kind="drip", pause=0.001))
    with discogs_client.stream("GET", "/masters/1") as answer:
        pieces = list(answer.iter_raw())
    assert len(pieces) > 10
    assert b"".join(pieces) == b'{"message": "Master Release not found."}'


def test_an_endless_body_ends_when_nobody_reads_on(discogs_service: Discogs, discogs_client: httpx.Client) -> None:
    discogs_service.faults.add(Fault(kind="endless"))
    with discogs_client.stream("GET", SEARCH) as answer:
        read = 0
        for piece in answer.iter_raw():
            read += len(piece)
            if read > 5_000_000:
                break
    assert discogs_client.get(SEARCH).status_code == 200


def test_a_bomb_is_small_on_the_wire(discogs_service: Discogs, discogs_client: httpx.Client) -> None:
    discogs_service.faults.add(Fault(kind="bomb", megabytes=8))
    with discogs_client.stream("GET", SEARCH) as answer:
        raw = b"".join(answer.iter_raw())
    assert len(raw) < 20_000
    assert len(gzip.decompress(raw)) > 8 << 20


def test_a_body_in_another_encoding(discogs_service: Discogs, discogs_client: httpx.Client) -> None:
    discogs_service.faults.add(
        Fault(status=200, body='{"a": "é\ud800"}', encoding="utf-8"), Fault(status=200, body="é", encoding="latin-1")
    )
    assert discogs_client.get(SEARCH).content == b'{"a": "\xc3\xa9\xed\xa0\x80"}'
    assert discogs_client.get(SEARCH).content == b"\xe9"
