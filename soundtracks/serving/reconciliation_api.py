"""The Reconciliation Service API 0.2 (W3C community group, https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/).

GET|POST /reconcile             the manifest; `queries`: a batch; `extend`: values of entities
GET /suggest/{entity,type,property}?prefix=   /properties?type=   /preview?id=   /view?id=
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from html import escape
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from soundtracks.lists.values import MBID, imdb_id, wikidata_id
from soundtracks.publishing.catalogue import film_url
from soundtracks.publishing.lookup import discogs_id, tmdb_id
from soundtracks.reporting.data import read_steps
from soundtracks.serving.guard import HEADERS, Guard
from soundtracks.serving.reconciliation import Candidate, Kind, Query, Reconciler, album_name, film_name
from soundtracks.text.foreign import one_line

MAX_BODY = 8 << 20
#: Queries of a batch that are answered; OpenRefine sends ten.
MAX_BATCH = 5_000
MAX_LIMIT = 100
TYPES: dict[Kind, str] = {"film": "Film", "album": "Soundtrack album"}
#: Properties of queries: what they say of the thing that is named, and what they are called.
PROPERTIES = {
    "year": "Year",
    "artist": "Artist of the album",
    "imdb": "IMDb id",
    "wikidata": "Wikidata item",
    "tmdb": "TMDB id",
    "discogs": "Discogs id (master:1, release:2)",
    "musicbrainz": "MusicBrainz release group",
}
_YEAR = re.compile(r"(?<!\d)([12]\d{3})(?!\d)")
#: Programs of this machine that run in a browser, as OpenRefine does; others are named by `soundtracks serve --allow-origin`.
_LOCAL = re.compile(r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?")


def create_service(reconciler: Reconciler, *, port: int, origins: tuple[str, ...] = ()) -> ASGIApp:
    """The service, to be bound to 127.0.0.1:port. `origins`: pages elsewhere that may ask it too."""
    address = f"http://127.0.0.1:{port}"

    async def reconcile(request: Request) -> Response:
        said = dict(request.query_params)
        if request.method == "POST":
            said |= await _form(request)
        if "queries" in said:
            return JSONResponse(await run_in_threadpool(answer_batch, reconciler, said["queries"]))
        if "extend" in said:
            return JSONResponse(await run_in_threadpool(_extended, reconciler, said["extend"]))
        return JSONResponse(manifest(address))

    def suggest(request: Request) -> Response:
        prefix = request.query_params.get("prefix", "")[:200]
        kind = request.path_params["kind"]
        if kind == "entity":
            found = reconciler.suggest(prefix)
            return JSONResponse({"result": [{"id": c.id, "name": c.name, "notable": [_type(c.kind)]} for c in found]})
        names: dict[str, str] = {str(i): name for i, name in TYPES.items()} if kind == "type" else PROPERTIES
        hits = [{"id": i, "name": name} for i, name in names.items() if prefix.lower() in f"{i} {name}".lower()]
        return JSONResponse({"result": hits})

    def properties(request: Request) -> Response:
        kind = request.query_params.get("type", "")
        known = [{"id": name, "name": label} for name, label in (VALUES[kind].items() if kind in VALUES else ())]
        return JSONResponse({"type": kind, "properties": known})

    def preview(request: Request) -> Response:
        return HTMLResponse(_preview(reconciler, request.query_params.get("id", "")))

    def view(request: Request) -> Response:
        one = request.query_params.get("id", "")
        links = reconciler.albums.get(one)
        url = film_url(one) if one in reconciler.films else links[0].url if links else None
        if not url:
            raise HTTPException(404)
        return RedirectResponse(url)

    app = Starlette(
        routes=[
            Route("/reconcile", reconcile, methods=["GET", "POST", "OPTIONS"]),
            Route("/suggest/{kind:str}", suggest),
            Route("/properties", properties),
            Route("/preview", preview),
            Route("/view", view),
        ],
        exception_handlers={_Unusable: lambda _, error: PlainTextResponse(str(error), 400)},
    )
    headers = HEADERS | {"cross-origin-resource-policy": "cross-origin", "content-security-policy": _POLICY}
    headers.pop("x-frame-options")  # the preview stands in the client's frame
    return Guard(_Shared(app, origins), port, headers)


_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors http://localhost:* http://127.0.0.1:*"


class _Unusable(ValueError):
    """A request that cannot be understood; the message says why."""


class _Shared:
    """Lets pages of this machine and of named origins read the answers (CORS); a preflight is answered here."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app, self._origins = app, origins

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        origin = next((value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"origin"), "")
        allowed = origin in self._origins or _LOCAL.fullmatch(origin) is not None

        async def send_shared(message: Any) -> None:
            if message["type"] == "http.response.start" and allowed:
                shared = {"access-control-allow-origin": origin, "access-control-allow-headers": "content-type", "vary": "origin"}
                message["headers"] = [*message["headers"], *((k.encode(), v.encode("latin-1")) for k, v in shared.items())]
            await send(message)

        app: ASGIApp = PlainTextResponse("", 204) if scope["type"] == "http" and scope["method"] == "OPTIONS" else self._app
        if origin and not allowed:
            app = PlainTextResponse("Pages of this origin may not ask: soundtracks serve --allow-origin.", 403)
        await app(scope, receive, send_shared)


def manifest(address: str) -> dict[str, Any]:
    """What the service can do."""
    return {
        "versions": ["0.2"],
        "name": "Soundtrack Links",
        "identifierSpace": "https://www.themoviedb.org/movie/",
        "schemaSpace": "https://schema.org/",
        "defaultTypes": [_type(kind) for kind in TYPES],
        "view": {"url": f"{address}/view?id={{{{id}}}}"},
        "preview": {"url": f"{address}/preview?id={{{{id}}}}", "width": 420, "height": 300},
        "suggest": {
            kind: {"service_url": address, "service_path": f"/suggest/{kind}"} for kind in ("entity", "type", "property")
        },
        "extend": {"propose_properties": {"service_url": address, "service_path": "/properties"}, "property_settings": []},
    }


def _type(kind: Kind) -> dict[str, str]:
    return {"id": kind, "name": TYPES[kind]}


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError as error:
        raise _Unusable(f"The body is no form: {error}") from error


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Unusable(f"`{what}` is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise _Unusable(f"`{what}` must be a JSON object.")
    return value


def answer_batch(reconciler: Reconciler, text: str) -> dict[str, Any]:
    """What the protocol answers to a batch of queries, which is JSON: key -> {"result": candidates, best first}.

    Raises a ValueError that says what cannot be understood.
    """
    batch = _object(text, "queries")
    if len(batch) > MAX_BATCH:
        raise _Unusable(f"{len(batch):,} queries are more than {MAX_BATCH:,}: send them in smaller batches.")
    queries = [_query(key, query) for key, query in batch.items()]
    limits = [_limit(query) for query in batch.values()]
    found = reconciler.answer(queries, max(limits, default=1))
    return {key: {"result": [_result(c) for c in each[:limit]]} for key, each, limit in zip(batch, found, limits, strict=True)}


def _limit(query: dict[str, Any]) -> int:
    limit = query.get("limit")
    return (
        min(max(int(limit), 1), MAX_LIMIT)
        if isinstance(limit, int | float) and not isinstance(limit, bool) and math.isfinite(limit)
        else 5
    )


def _query(key: str, query: Any) -> Query:
    if not isinstance(query, dict) or not (isinstance(query.get("query"), str) or query.get("properties")):
        raise _Unusable(f"The query {key} has neither a text nor properties.")
    wanted = query.get("type")
    kinds = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
    said: dict[str, list[str]] = {}
    listed = query.get("properties")
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and isinstance(one.get("pid"), str):
            value = one.get("v")
            said.setdefault(one["pid"], []).extend(_texts(value if isinstance(value, list) else [value]))
    years = [int(found[1]) for text in said.get("year", []) if (found := _YEAR.search(text))]
    return Query(
        text=one_line(query.get("query") or "")[:1_000],
        kind="album" if "album" in kinds else "film",
        artist=", ".join(said.get("artist", [])) or None,
        year=years[0] if years else None,
        film_ids=_read(said, _FILM_IDS),
        album_ids=_read(said, _ALBUM_IDS),
    )


def _texts(values: list[Any]) -> list[str]:
    """Values of a property: texts, numbers, or entities that were reconciled before."""
    plain = (value.get("id") if isinstance(value, dict) else value for value in values)
    return [one_line(int(v) if isinstance(v, float) and v.is_integer() else v)[:1_000] for v in plain if v is not None]


def _read(said: dict[str, list[str]], services: dict[str, Callable[[str], Iterable[str | None]]]) -> tuple[str, ...]:
    """The ids that are said, each as its service writes it: what no service wrote is left out."""
    found = (one for name, read in services.items() for text in said.get(name, []) for one in read(text))
    return tuple(dict.fromkeys(one for one in found if one))


def _discogs_ids(text: str) -> tuple[str, ...]:
    """A bare number may be a master's or a release's."""
    if text.isascii() and text.isdigit():
        return f"master:{int(text)}", f"release:{int(text)}"
    return (discogs_id(text) or text,)


#: How values of properties are read: films' ids and albums', so that no album's number is taken for a film's.
_FILM_IDS: dict[str, Callable[[str], Iterable[str | None]]] = {
    "imdb": lambda text: (imdb_id(text, numbers=True),),
    "wikidata": lambda text: (wikidata_id(text),),
    "tmdb": lambda text: (tmdb_id(text) or text,),  # a series has another form
}
_ALBUM_IDS: dict[str, Callable[[str], Iterable[str | None]]] = {
    "discogs": lambda text: _discogs_ids(text.strip()),
    "musicbrainz": lambda text: (found[0].lower() if (found := MBID.search(text)) else None,),
}


def _result(candidate: Candidate) -> dict[str, Any]:
    return {
        "id": candidate.id,
        "name": candidate.name,
        "score": candidate.score,
        "match": candidate.match,
        "type": [_type(candidate.kind)],
        "features": [{"id": name, "value": bits} for name, bits in candidate.features.items()],
    }


#: Values that entities of each type have, for columns that a client adds.
VALUES: dict[str, dict[str, str]] = {
    "film": {"title": "Title", "year": "Year", "imdb": "IMDb id", "wikidata": "Wikidata item", "albums": "Soundtrack albums"},
    "album": {
        "title": "Title",
        "artist": "Artist",
        "year": "Year",
        "musicbrainz": "MusicBrainz release group",
        "wikidata": "Wikidata item",
        "films": "Films",
    },
}


def _extended(reconciler: Reconciler, text: str) -> dict[str, Any]:
    asked = _object(text, "extend")
    ids, properties = asked.get("ids"), asked.get("properties")
    if not isinstance(ids, list) or not isinstance(properties, list):
        raise _Unusable("`extend` needs ids and properties.")
    wanted = [str(one["id"]) for one in properties if isinstance(one, dict) and "id" in one]
    labels = VALUES["film"] | VALUES["album"]
    meta = [
        {
            "id": name,
            "name": labels.get(name, name),
            **({"type": _type("album" if name == "albums" else "film")} if name in ("albums", "films") else {}),
        }
        for name in wanted
    ]
    rows = {str(one): {name: _value(reconciler, str(one), name) for name in wanted} for one in ids[:MAX_BATCH]}
    return {"meta": meta, "rows": rows}


def _value(reconciler: Reconciler, one: str, name: str) -> list[dict[str, Any]]:
    film, links = reconciler.films.get(one), reconciler.albums.get(one, [])
    if film:
        if name == "albums":
            return [
                {"id": k.work_id, "name": album_name(k)} for k in reconciler.links.get(one, []) if k.row["decision"] == "accept"
            ]
        value = {"title": film["title"], "year": film["year"], "imdb": film["imdb_id"], "wikidata": film["wikidata_id"]}.get(name)
    elif links:
        if name == "films":
            accepted = [k.row["tmdb_id"] for k in links if k.row["decision"] == "accept"]
            return [{"id": film_id, "name": film_name(reconciler.films[film_id])} for film_id in dict.fromkeys(accepted)]
        row = links[0].row
        value = {
            "title": row["album_title"],
            "artist": row["album_artist"],
            "year": links[0].year,
            "musicbrainz": row["album_musicbrainz_id"],
            "wikidata": row["album_wikidata_id"],
        }.get(name)
    else:
        value = None
    if value is None:
        return []
    return [{"int": value}] if isinstance(value, int) else [{"str": str(value)}]


def _preview(reconciler: Reconciler, one: str) -> str:
    """An entity with its links and the evidence for the likeliest of them."""
    film, links = reconciler.films.get(one), reconciler.albums.get(one, [])
    if not film and not links:
        raise HTTPException(404)
    title = film_name(film) if film else album_name(links[0])
    listed = reconciler.links.get(one, []) if film else links
    name: Callable[[Any], str] = album_name if film else lambda link: film_name(reconciler.films[link.row["tmdb_id"]])
    lines = "".join(f"<li>{escape(name(link))}: {escape(link.row['decision'])}</li>" for link in listed[:8])
    best = max(listed, key=lambda link: link.row["probability"] or 0.0, default=None)
    steps = read_steps(best.row["evidence"], best.row["match_weight"]) if best else []
    rows = "".join(
        f"<tr><td>{escape(step['label'])}</td><td>{escape(step['level'])}</td><td>{step['weight']:+.1f}</td></tr>"
        for step in steps
        if step["weight"]
    )
    style = "body{font:14px sans-serif;margin:.5em}table{border-collapse:collapse}td{padding:0 .5em 0 0}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{style}</style>'
        f'<h1 style="font-size:1.1em">{escape(title)}</h1><ul>{lines}</ul><table>{rows}</table></html>'
    )
