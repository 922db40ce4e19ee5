"""The reconciliation service by its specification's schemas: both ways, batches, hostile requests, who may ask."""

import asyncio
import json
import math
from typing import Any

import httpx
import pyarrow as pa
import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from starlette.types import ASGIApp

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.serving.reconciliation import Query, Reconciler
from soundtracks.serving.reconciliation_api import create_service, manifest
from tests.conftest import SHARED_DATA

PORT = 8766
PUBLISHED = SHARED_DATA / "reconciliation"
GROUP = "0a1b2c3d-0000-4000-8000-000000000078"
FILM_ROWS: list[dict[str, Any]] = [
    {
        "tmdb_id": "78",
        "title": "Blade Runner",
        "year": 1982,
        "composers": ["Vangelis"],
        "imdb_id": "tt0083658",
        "wikidata_id": "Q184843",
    },
    {"tmdb_id": "335984", "title": "Blade Runner 2049", "year": 2017, "composers": ["Hans Zimmer"], "imdb_id": "tt1856101"},
    {"tmdb_id": "329865", "title": "Arrival", "year": 2016, "composers": ["Jóhann Jóhannsson"]},
    {"tmdb_id": "451915", "title": "Arrival", "year": 2017},
    {
        "tmdb_id": "14553",
        "title": "Stealing Beauty",
        "year": 1996,
        "composers": ["Richard Hartley"],
        "alternative_titles": ["Io ballo da sola"],
    },
]
ALBUM_ROWS: list[dict[str, Any]] = [
    {
        "album_id": "master:1",
        "title": "Blade Runner",
        "artist": "Vangelis",
        "year": 1994,
        "first_year": 1994,
        "musicbrainz_id": GROUP,
    },
    {"album_id": "release:11", "title": "Blade Runner", "artist": "Vangelis", "year": 1994, "master_id": "master:1"},
    {"album_id": "master:2", "title": "Blade Runner 2049", "artist": "Hans Zimmer", "year": 2017},
    {"album_id": "master:3", "title": "Arrival <b>", "artist": "Jóhann Jóhannsson", "year": 2016},
]
EVIDENCE = json.dumps(
    {
        "title": {"value": "blade runner", "level": "equal", "weight": 6.0},
        "year": {"value": None, "level": "unknown", "weight": 0.0},
    }
)
LINK_ROWS = [
    {
        "album_id": "master:1",
        "tmdb_id": "78",
        "decision": "accept",
        "probability": 0.99,
        "match_weight": 6.0,
        "evidence": EVIDENCE,
    },
    {"album_id": "release:11", "tmdb_id": "78", "decision": "accept", "probability": 0.98},
    {"album_id": "master:2", "tmdb_id": "335984", "decision": "accept", "probability": 0.97},
    {"album_id": "master:3", "tmdb_id": "329865", "decision": "review", "probability": 0.4},
]


@pytest.fixture(scope="module")
def reconciler() -> Reconciler:
    films, albums, links = (
        pa.Table.from_pylist(rows, s) for rows, s in ((FILM_ROWS, FILMS), (ALBUM_ROWS, ALBUMS), (LINK_ROWS, LINKS))
    )
    return Reconciler(Catalogue(films, albums, links).view, films)


class Client:
    """Asks the service without a network."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, method: str, path: str, **how: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{PORT}") as client:
                return await client.request(method, path, **how)

        return asyncio.run(ask())

    def get(self, path: str, **how: Any) -> httpx.Response:
        return self("GET", path, **how)

    def post(self, path: str, **how: Any) -> httpx.Response:
        return self("POST", path, **how)


@pytest.fixture
def client(reconciler: Reconciler) -> Client:
    return Client(create_service(reconciler, port=PORT, origins=("https://testbench.example",)))


def best(reconciler: Reconciler, **query: Any) -> list[tuple[str, bool]]:
    return [(candidate.id, candidate.match) for candidate in reconciler.answer([Query(**query)])[0]]


@pytest.mark.parametrize(
    ("query", "film", "match"),
    [
        ({"text": "Blade Runner (Original Motion Picture Soundtrack)", "artist": "Vangelis"}, "78", True),
        ({"text": "Blade Runner 2049 (Original Soundtrack)", "year": 2017}, "335984", True),
        ({"text": "Io Ballo Da Sola (Colonna Sonora Originale Del Film)", "year": 1996}, "14553", True),
        ({"text": "Arrival (Original Motion Picture Soundtrack)", "artist": "Jóhann Jóhannsson", "year": 2016}, "329865", True),
        ({"album_ids": ("master:1",)}, "78", True),
        ({"album_ids": ("release:11",)}, "78", True),
        ({"album_ids": (GROUP,)}, "78", True),
        ({"text": "anything", "film_ids": ("tt1856101",)}, "335984", True),
        ({"album_ids": ("master:3",)}, "329865", False),  # to review
    ],
)
def test_an_album_comes_to_its_film(reconciler: Reconciler, query: dict[str, Any], film: str, match: bool) -> None:
    assert best(reconciler, kind="film", **query)[0] == (film, match)


@pytest.mark.parametrize(
    "query", [{"text": "Xylophone Concerto No. 7"}, {"text": ""}, {"text": "   "}, {"album_ids": ("master:99",)}]
)
def test_an_album_of_no_film(reconciler: Reconciler, query: dict[str, Any]) -> None:
    assert best(reconciler, kind="film", **query) == []


@pytest.mark.parametrize(
    ("query", "albums"),
    [
        ({"text": "Blade Runner", "year": 1982}, [("master:1", True)]),
        ({"text": "blade runner"}, [("master:1", True)]),
        ({"text": "Blade Runner", "year": 1983}, [("master:1", True)]),
        ({"text": "Blade Runner", "year": 1990}, []),
        ({"film_ids": ("Q184843",)}, [("master:1", True)]),
        ({"film_ids": ("78",)}, [("master:1", True)]),
        ({"text": "Arrival"}, [("master:3", False)]),
        ({"text": "Heat"}, []),
    ],
)
def test_a_film_comes_to_its_albums(reconciler: Reconciler, query: dict[str, Any], albums: list[tuple[str, bool]]) -> None:
    assert best(reconciler, kind="album", **query) == albums


def test_features_are_the_evidence_and_add_up_to_the_score(reconciler: Reconciler) -> None:
    ((candidate, *_),) = reconciler.answer([Query("Blade Runner (Original Motion Picture Soundtrack)", artist="Vangelis")])
    assert candidate.features["credit"] > 3
    assert {"title", "soundtrack"} <= candidate.features.keys()
    assert 99 < candidate.score <= 100


# the protocol ----------------------------------------------------------------------------------------------------------------

#: The essence of the specification's schemas, for where the published ones are not at hand.
RESULT = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["result"],
        "properties": {
            "result": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "name", "score"],
                    "properties": {
                        "id": {"type": "string"},
                        "name": {"type": "string"},
                        "score": {"type": "number"},
                        "match": {"type": "boolean"},
                        "type": {"type": "array", "items": {"type": "object", "required": ["id"]}},
                        "features": {
                            "type": "array",
                            "items": {"type": "object", "properties": {"value": {"type": ["number", "boolean"]}}},
                        },
                    },
                },
            }
        },
    },
}
EXTENDED = {
    "type": "object",
    "required": ["rows", "meta"],
    "properties": {
        "meta": {"type": "array", "items": {"type": "object", "required": ["id", "name"]}},
        "rows": {"type": "object"},
    },
}
MANIFEST = {
    "type": "object",
    "required": ["versions", "name", "identifierSpace", "schemaSpace"],
    "properties": {"versions": {"type": "array", "contains": {"const": "0.2"}}},
}


def valid(document: Any, name: str, otherwise: dict[str, Any]) -> None:
    """Holds a document to the published schema, or to its essence where that is not at hand."""
    Draft7Validator(otherwise).validate(document)
    if PUBLISHED.is_dir():
        contents = {path.name: json.loads(path.read_text()) for path in PUBLISHED.glob("*.json")}
        for schema in contents.values():
            schema["$schema"] = "http://json-schema.org/draft-07/schema#"
        resources = [(schema["$id"], Resource.from_contents(schema)) for schema in contents.values()]
        Draft7Validator(contents[name], registry=Registry().with_resources(resources)).validate(document)


def ask(client: Client, queries: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/reconcile", data={"queries": json.dumps(queries)})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    valid(found, "reconciliation-result-batch.json", RESULT)
    return found


def test_the_manifest(client: Client) -> None:
    valid(client.get("/reconcile").json(), "manifest.json", MANIFEST)
    assert client.get("/reconcile").json() == manifest(f"http://127.0.0.1:{PORT}")


def test_a_batch(client: Client) -> None:
    queries = {
        "q0": {"query": "Blade Runner (OST)", "type": "film", "properties": [{"pid": "artist", "v": "Vangelis"}], "limit": 1},
        "q1": {"query": "Blade Runner", "type": ["album"], "properties": [{"pid": "year", "v": 1982}], "type_strict": "any"},
        "q2": {"properties": [{"pid": "imdb", "v": ["tt1856101"]}]},
        "q3": {"query": "Arrival", "type": "album", "properties": [{"pid": "tmdb", "v": {"id": "329865", "name": "Arrival"}}]},
        "q4": {"query": "Nothing like it whatsoever"},
    }
    valid(queries, "reconciliation-query-batch.json", {"type": "object"})
    found = ask(client, queries)
    assert {key: [c["id"] for c in each["result"]][:1] for key, each in found.items()} == {
        "q0": ["78"],
        "q1": ["master:1"],
        "q2": ["335984"],
        "q3": ["master:3"],
        "q4": [],
    }
    assert found["q0"]["result"][0]["type"] == [{"id": "film", "name": "Film"}]
    assert client.get("/reconcile", params={"queries": json.dumps(queries)}).json() == found


@pytest.mark.slow
def test_a_thousand_queries_at_once(client: Client) -> None:
    titles = ["Blade Runner (Soundtrack)", "Arrival OST", "Stealing Beauty - Music From The Film", "Something Else Entirely"]
    queries = {f"q{n}": {"query": f"{titles[n % 4]} {n}", "type": "film" if n % 3 else "album"} for n in range(1_000)}
    found = ask(client, queries)
    assert list(found) == list(queries)
    assert found["q1"]["result"]


@pytest.mark.parametrize(
    ("limit", "count"), [(None, 2), (1, 1), (0, 1), (-5, 1), (1e300, 2), (math.inf, 2), (True, 2), ("3", 2), (1.9, 1)]
)
@pytest.mark.slow
def test_limits(client: Client, limit: Any, count: int) -> None:
    found = ask(client, {"q": {"query": "Arrival"} | ({} if limit is None else {"limit": limit})})
    assert len(found["q"]["result"]) == count


@pytest.mark.parametrize(
    "queries",
    [
        "",
        "no json",
        "[]",
        "null",
        '"x"',
        '{"q": 5}',
        '{"q": {}}',
        '{"q": {"query": 5}}',
        '{"q": null}',
        "[" * 100_000,
        '{"q": {"query": null}}',
    ],
)
def test_batches_that_cannot_be_understood(client: Client, queries: str) -> None:
    answer = client.post("/reconcile", data={"queries": queries})
    assert answer.status_code == 400
    assert answer.text


@pytest.mark.parametrize(
    "query",
    [
        {"query": "x", "properties": "no list"},
        {"query": "x", "properties": [1, None, {"pid": 5}, {"v": 5}]},
        {"query": "x", "properties": [{"pid": "year", "v": "nineteen"}, {"pid": "year", "v": None}, {"pid": "imdb", "v": []}]},
        {"query": "\x00\u202e\ud800", "type": 5},
        {"query": "x" * 100_000},
        {"query": "x", "limit": float("nan")},
    ],
)
def test_odd_queries_are_answered(client: Client, query: dict[str, Any]) -> None:
    assert "q" in ask(client, {"q": query})


def test_columns_are_added(client: Client) -> None:
    asked = {
        "ids": ["78", "master:1", "nobody"],
        "properties": [{"id": i} for i in ("title", "year", "imdb", "albums", "films", "other")],
    }
    found = client.post("/reconcile", data={"extend": json.dumps(asked)}).json()
    valid(found, "data-extension-response.json", EXTENDED)
    assert found["rows"]["78"] == {
        "title": [{"str": "Blade Runner"}],
        "year": [{"int": 1982}],
        "imdb": [{"str": "tt0083658"}],
        "albums": [{"id": "master:1", "name": "Vangelis: Blade Runner (1994)"}],
        "films": [],
        "other": [],
    }
    assert found["rows"]["master:1"]["films"] == [{"id": "78", "name": "Blade Runner (1982)"}]
    assert found["rows"]["nobody"]["title"] == []
    proposed = client.get("/properties", params={"type": "album"}).json()
    valid(proposed, "data-extension-property-proposal.json", {"type": "object"})
    assert {"artist", "musicbrainz"} <= {one["id"] for one in proposed["properties"]}


@pytest.mark.parametrize(
    ("path", "schema", "ids"),
    [
        ("/suggest/entity?prefix=blade", "suggest-entities-response.json", ["78", "335984", "master:2", "master:1"]),
        ("/suggest/entity?prefix=", "suggest-entities-response.json", []),
        ("/suggest/type?prefix=sound", "suggest-types-response.json", ["album"]),
        ("/suggest/property?prefix=imdb", "suggest-properties-response.json", ["imdb"]),
    ],
)
def test_suggestions(client: Client, path: str, schema: str, ids: list[str]) -> None:
    found = client.get(path).json()
    valid(found, schema, {"type": "object", "required": ["result"]})
    assert sorted(one["id"] for one in found["result"]) == sorted(ids)


def test_suggestions_begin_with_what_is_typed(reconciler: Reconciler) -> None:
    assert [c.id for c in reconciler.suggest("Blade Runner", limit=3)] == ["master:1", "78", "master:2"]
    assert [c.id for c in reconciler.suggest(" ARRIVAL ", limit=2)] == ["329865", "451915"]
    assert reconciler.suggest("runner") == []
    assert reconciler.suggest("\U0010ffff") == []


def test_a_preview_shows_links_and_evidence_as_text(client: Client) -> None:
    page = client.get("/preview", params={"id": "78"}).text
    assert "Vangelis: Blade Runner (1994): accept" in page
    assert "<td>equal</td><td>+6.0</td>" in page
    hostile = client.get("/preview", params={"id": "master:3"}).text
    assert "Arrival &lt;b&gt;" in hostile
    assert "<b>" not in hostile
    assert client.get("/preview", params={"id": "nobody"}).status_code == 404


def test_a_view_leads_to_the_record(client: Client) -> None:
    assert client.get("/view", params={"id": "78"}).headers["location"] == "https://www.themoviedb.org/movie/78"
    assert client.get("/view", params={"id": "release:11"}).headers["location"] == "https://www.discogs.com/master/1"
    assert client.get("/view", params={"id": "//evil.example"}).status_code == 404


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, None),
        ("http://127.0.0.1:3333", True),
        ("http://localhost:3333", True),
        ("https://testbench.example", True),
        ("https://evil.example", False),
        ("http://localhost.evil.example", False),
        ("null", False),
    ],
)
def test_who_may_ask(client: Client, origin: str | None, allowed: bool | None) -> None:
    headers = {"origin": origin} if origin else {}
    answer = client.get("/reconcile", headers=headers)
    assert answer.status_code == (403 if allowed is False else 200)
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
    assert client("OPTIONS", "/reconcile", headers=headers).status_code == (403 if allowed is False else 204)


def test_another_name_of_this_machine_is_refused(client: Client) -> None:
    assert client.get("/reconcile", headers={"host": "evil.example"}).status_code == 421


def test_too_large_a_body_is_refused(client: Client) -> None:
    assert client.post("/reconcile", content=b"queries=" + b"x" * (9 << 20)).status_code == 413
