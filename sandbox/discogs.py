"""Discogs' API over the sample albums, as https://www.discogs.com/developers describes it and recorded answers show it."""

import json
import math
import re
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zlib import crc32

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.catalogue import Album, Catalogue, load_catalogue
from sandbox.clock import Clock
from sandbox.faults import MAINTENANCE_502
from sandbox.search import Facets, TextIndex
from sandbox.service import Service, shifted
from sandbox.window import MovingWindow

# Keys of the sample: anyone may know them.
TOKEN = "sample-discogs-token"  # noqa: S105
KEY = "sample-discogs-key"
SECRET = "sample-discogs-secret"  # noqa: S105
API = "https://api.discogs.com"
MAX_RESULTS = 10_000
MAX_PER_PAGE = 100

MESSAGES = {
    401: "Invalid consumer token. Please register an app before making requests.",
    403: "You are not allowed to access this resource.",
    404: "The requested resource was not found.",
    429: "You are making requests too quickly.",
    500: "An internal server error occurred.",
    503: "Service unavailable.",
    504: "Query time exceeded. Please try a simpler query.",
}
FILTERS = ("style", "genre", "country", "format", "barcode", "catno", "label")


def failure(status: int, message: str = "") -> JSONResponse:
    return JSONResponse({"message": message or MESSAGES[status]}, status)


def authenticated(request: Request) -> bool | None:
    """Whether the request carries the right key; None when it carries none."""
    header = request.headers.get("authorization", "")
    given = dict(re.findall(r"(token|key|secret)=([^,\s]+)", header)) if header.startswith("Discogs ") else {}
    given |= {name: request.query_params[name] for name in ("token", "key", "secret") if name in request.query_params}
    if not given:
        return False if header else None
    return given.get("token") == TOKEN or (given.get("key"), given.get("secret")) == (KEY, SECRET)


class Guard:
    """User-Agent, key and the moving window, with the headers that tell what is left of it."""

    def __init__(self, app: ASGIApp, window: MovingWindow, rate: int, anonymous_rate: int) -> None:
        self._app, self._window, self._rate, self._anonymous_rate = app, window, rate, anonymous_rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if not request.headers.get("user-agent"):
            await Response("", 403)(scope, receive, send)
            return
        known = authenticated(request)
        if known is False:
            await failure(401)(scope, receive, send)
            return
        limit = self._rate if known else self._anonymous_rate
        caller = request.client.host if request.client else ""
        admitted = self._window.admit(caller, limit)
        used = self._window.used(caller)
        left = {"x-discogs-ratelimit": limit, "-used": used, "-remaining": max(limit - used, 0)}
        headers = [
            (b"x-discogs-ratelimit" + (name.encode() if name.startswith("-") else b""), str(value).encode())
            for name, value in left.items()
        ]

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        if admitted:
            await self._app(scope, receive, telling)
        else:
            await failure(429)(scope, receive, telling)


class Discogs(Service):
    """`rate` requests (`anonymous_rate` without a key) are let through in any `window` seconds from one address."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        rate: int = 60,
        anonymous_rate: int = 25,
        window: float = 60.0,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or Clock()
        self._albums = catalogue.albums
        self._by_id = {(album.kind, album.id): album for album in self._albums}
        self._versions: dict[int, list[Album]] = defaultdict(list)
        for album in self._albums:
            if album.kind == "release" and album.master_id:
                self._versions[album.master_id].append(album)
        self._text = TextIndex(searchable(album) for album in self._albums)
        self._titles = TextIndex([(album.title, 1.0)] for album in self._albums)
        self._artists = TextIndex([(album.artist, 1.0)] for album in self._albums)
        self._facets = facets_of(self._albums)
        routes = [
            Route("/database/search", self._search),
            Route("/masters/{number:int}", self._master),
            Route("/masters/{number:int}/versions", self._master_versions),
            Route("/releases/{number:int}", self._release),
            Route("/oauth/identity", self._identity),
        ]
        moving = MovingWindow(window, clock)
        guard = Middleware(Guard, window=moving, rate=rate, anonymous_rate=anonymous_rate)
        app = Starlette(routes=routes, middleware=[guard], exception_handlers={404: self._missing})
        super().__init__("discogs", app, clock)

    def error_body(self, status: int) -> str:
        return MAINTENANCE_502 if status == 502 else json.dumps({"message": MESSAGES.get(status, "Error.")})

    async def _missing(self, _request: Request, _error: Exception) -> Response:
        return failure(404)

    async def _identity(self, request: Request) -> Response:
        if not authenticated(request):
            return failure(401, "You must authenticate to access this resource.")
        answer = {"id": 1, "username": "sample", "resource_url": f"{API}/users/sample", "consumer_name": "Sample"}
        return JSONResponse(answer)

    async def _search(self, request: Request) -> Response:
        asked = request.query_params
        if authenticated(request) is None:
            return failure(401, "You must authenticate to access this resource.")
        return paged(request, "results", [self._albums[i] for i in self._found(dict(asked))], self._result, MAX_RESULTS)

    def _found(self, asked: dict[str, str]) -> list[int]:
        """Positions of the albums that answer a query, the best first."""
        hits: set[int] | None = None

        def narrow(to: set[int]) -> None:
            nonlocal hits
            hits = to if hits is None else hits & to

        for name in FILTERS:
            if asked.get(name):
                for value in asked[name].split("|") if name == "style" else [asked[name]]:
                    narrow(self._facets.get(name, value))
        if asked.get("type"):
            narrow(self._facets.get("type", asked["type"]))
        if asked.get("year"):
            first, _, last = asked["year"].partition("-")
            years = [str(year) for year in range(int(first), int(last) + 1)] if first.isdigit() and last.isdigit() else [first]
            narrow(set().union(*(self._facets.get("year", year) for year in years)))
        if asked.get("title"):
            narrow(self._text.containing(asked["title"], weight=1.0))
        if asked.get("release_title"):
            narrow(self._titles.containing(asked["release_title"]))
        if asked.get("artist"):
            narrow(self._artists.containing(asked["artist"]))
        text = " ".join(filter(None, (asked.get("q") or asked.get("query"), asked.get("track"))))
        scores: dict[int, float] = self._text.search(text) if text else {}
        if text:
            narrow(set(scores))
        if hits is None:
            hits = set(range(len(self._albums)))
        return sorted(hits, key=lambda i: (-scores.get(i, 0.0), -self._albums[i].have, self._albums[i].id))

    def _result(self, album: Album) -> dict[str, Any]:
        """An album as search results show it; what is unknown is missing, as it is there."""
        result: dict[str, Any] = {
            "country": album.country,
            "year": album.year,
            "format": list(album.formats),
            "label": list(album.labels),
            "type": album.kind,
            "genre": list(album.genres),
            "style": list(album.styles),
            "id": album.id,
            "barcode": list(album.barcodes),
            "master_id": album.master_id,
            "master_url": f"{API}/masters/{album.master_id}" if album.master_id else None,
            "uri": f"/{album.kind}/{album.id}-{slug(album)}",
            "catno": album.catno or "none",
            "title": f"{album.artist} - {album.title}",
            "thumb": "",
            "cover_image": "https://st.discogs.com/images/spacer.gif",
            "resource_url": f"{API}/{album.kind}s/{album.id}",
            "community": {"want": album.have // 2, "have": album.have},
        }
        if not album.year or album.year == "0":
            del result["year"]
        if not album.country:
            del result["country"]
        if album.kind == "release":
            result["format_quantity"] = 1
            result["formats"] = [formats(album)]
        return result

    async def _master(self, request: Request) -> Response:
        album = self._by_id.get(("master", request.path_params["number"]))
        if album is None:
            return failure(404, "Master Release not found.")
        main = self._versions[album.id][0].id
        return JSONResponse(
            {
                "id": album.id,
                "main_release": main,
                "most_recent_release": self._versions[album.id][-1].id,
                "resource_url": f"{API}/masters/{album.id}",
                "uri": f"https://www.discogs.com/master/{album.id}-{slug(album)}",
                "versions_url": f"{API}/masters/{album.id}/versions",
                "main_release_url": f"{API}/releases/{main}",
                "num_for_sale": 0,
                "lowest_price": None,
                "genres": list(album.genres),
                "styles": list(album.styles),
                "year": int(album.year or 0),
                "tracklist": [],
                "artists": artists(album),
                "title": album.title,
                "data_quality": "Correct",
            }
        )

    async def _master_versions(self, request: Request) -> Response:
        number = request.path_params["number"]
        if ("master", number) not in self._by_id:
            return failure(404, "Master Release not found.")
        return paged(request, "versions", self._versions[number], version)

    async def _release(self, request: Request) -> Response:
        album = self._by_id.get(("release", request.path_params["number"]))
        if album is None:
            return failure(404, "Release not found.")
        record: dict[str, Any] = {
            "id": album.id,
            "status": "Accepted",
            "year": int(album.year or 0),
            "resource_url": f"{API}/releases/{album.id}",
            "uri": f"https://www.discogs.com/release/{album.id}-{slug(album)}",
            "artists": artists(album),
            "artists_sort": album.artist,
            "labels": [{"name": name, "catno": album.catno or "none", "entity_type": "1"} for name in album.labels],
            "series": [],
            "companies": [],
            "formats": [formats(album)],
            "data_quality": "Correct",
            "community": {
                "have": album.have,
                "want": album.have // 2,
                "rating": {"count": 0, "average": 0},
                "status": "Accepted",
            },
            "format_quantity": 1,
            "title": album.title,
            "country": album.country,
            "released": album.year,
            "released_formatted": album.year,
            "identifiers": [{"type": "Barcode", "value": code} for code in album.barcodes],
            "genres": list(album.genres),
            "styles": list(album.styles),
            "tracklist": [],
            "extraartists": [],
            "thumb": "",
        }
        if album.master_id:
            record |= {"master_id": album.master_id, "master_url": f"{API}/masters/{album.master_id}"}
        return JSONResponse(record)


def searchable(album: Album) -> list[tuple[str, float]]:
    """What the free-text search looks at. Title and artist weigh most, but the rest is searched too, as it is there."""
    rest = " ".join((*album.styles, *album.genres, *album.formats, *album.labels, album.catno, album.country, album.year))
    return [(album.title, 1.5), (album.artist, 1.0), (rest, 0.4)]


def facets_of(albums: tuple[Album, ...]) -> Facets:
    facets = Facets()
    for position, album in enumerate(albums):
        facets.add(position, "type", [album.kind])
        facets.add(position, "year", [album.year] if album.year else [])
        facets.add(position, "country", [album.country])
        facets.add(position, "style", album.styles)
        facets.add(position, "genre", album.genres)
        facets.add(position, "format", album.formats)
        facets.add(position, "label", album.labels)
        facets.add(position, "barcode", album.barcodes)
        facets.add(position, "catno", [album.catno])
    return facets


def slug(album: Album) -> str:
    return re.sub(r"\W+", "-", f"{album.artist} {album.title}").strip("-")


def formats(album: Album) -> dict[str, Any]:
    return {"name": album.formats[0] if album.formats else "", "qty": "1", "descriptions": list(album.formats[1:])}


def artists(album: Album) -> list[dict[str, Any]]:
    """Credits as in a record: `Name (2)` keeps its number; a name variation (`*`) stands in `anv`; `&` and `,` join."""
    parts = re.split(r"\s(&|/|,|And|Feat\.)\s", album.artist)
    joins = [*parts[1::2], ""]
    credits = []
    for shown, join in zip(parts[::2], joins, strict=True):
        name = shown.removesuffix("*")
        credits.append(
            {
                "name": name,
                "anv": name if shown.endswith("*") else "",
                "join": join,
                "role": "",
                "tracks": "",
                "id": crc32(name.encode()) % 10_000_000,
                "resource_url": f"{API}/artists/{crc32(name.encode()) % 10_000_000}",
            }
        )
    return credits


def version(album: Album) -> dict[str, Any]:
    return {
        "id": album.id,
        "label": ", ".join(album.labels),
        "country": album.country,
        "title": album.title,
        "major_formats": list(album.formats[:1]),
        "format": ", ".join(album.formats[1:]),
        "catno": album.catno or "none",
        "released": album.year,
        "status": "Accepted",
        "resource_url": f"{API}/releases/{album.id}",
        "thumb": "",
        "stats": {"community": {"in_wantlist": album.have // 2, "in_collection": album.have}},
    }


def paged(request: Request, name: str, albums: list[Album], render: Any, most: int = 10**9) -> Response:
    """One page, with Discogs' `pagination`. Beyond the last page, or the first `most` records: 404."""
    asked = request.query_params
    page, per_page = asked.get("page", "1"), asked.get("per_page", "50")
    if not (page.isdigit() and per_page.isdigit() and int(page) >= 1 and int(per_page) >= 1):
        return failure(404)
    number, size = int(page), min(int(per_page), MAX_PER_PAGE)
    pages = max(1, math.ceil(len(albums) / size))
    if number > pages or number * size > max(most, size):
        return failure(404)
    first = max((number - 1) * size - shifted(request, number), 0)

    here = f"{str(request.base_url).rstrip('/')}{request.url.path}"
    rest = [(k, v) for k, v in parse_qsl(request.url.query) if k not in ("page", "per_page")]

    def link(to: int) -> str:
        return f"{here}?{urlencode([*rest, ('per_page', size), ('page', to)])}"

    urls: dict[str, str] = {}
    if number > 1:
        urls |= {"first": link(1), "prev": link(number - 1)}
    if number < pages:
        urls |= {"last": link(pages), "next": link(number + 1)}
    pagination = {"page": number, "pages": pages, "per_page": size, "items": len(albums), "urls": urls}
    return JSONResponse({"pagination": pagination, name: [render(album) for album in albums[first : first + size]]})


def discogs_app(
    *,
    rate: int = 60,
    anonymous_rate: int = 25,
    window: float = 60.0,
    clock: Clock | None = None,
    catalogue: Catalogue | None = None,
) -> Discogs:
    """The service over the sample albums."""
    return Discogs(catalogue or load_catalogue(), rate=rate, anonymous_rate=anonymous_rate, window=window, clock=clock)
