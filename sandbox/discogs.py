"""Discogs' API over the sample albums, as https://www.discogs.com/developers describes it and recorded answers show it."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.catalogue import Album, Catalogue, load_catalogue
from sandbox.clock import Clock
from sandbox.discogs_records import (
    Json,
    Record,
    base,
    facets_of,
    found_album,
    found_name,
    listed_release,
    master,
    missing,
    named,
    names_of,
    number_of,
    paged,
    release,
    searchable,
    version,
)
from sandbox.faults import MAINTENANCE_502
from sandbox.search import TextIndex, tokens
from sandbox.service import Service, miscounted
from sandbox.window import MovingWindow

# Keys of the sample: anyone may know them.
TOKEN = "sample-discogs-token"  # noqa: S105
KEY = "sample-discogs-key"
SECRET = "sample-discogs-secret"  # noqa: S105
MAX_RESULTS = 10_000

MESSAGES = {
    401: "Invalid consumer token. Please register an app before making requests.",
    403: "You are not allowed to access this resource.",
    404: "The requested resource was not found.",
    429: "You are making requests too quickly.",
    500: "An internal server error occurred.",
    503: "Service unavailable.",
    504: "Query time exceeded. Please try a simpler query.",
}
UNAUTHENTICATED = "You must authenticate to access this resource."
FILTERS = ("style", "genre", "country", "format", "barcode", "catno", "label")


def failure(status: int, message: str = "") -> Response:
    return Json({"message": message or MESSAGES[status]}, status)


def authenticated(request: Request) -> Literal["user", "app", "wrong", "nobody"]:
    """Who asks: a token belongs to a user, a pair of key and secret to an app that may search but is nobody."""
    header = request.headers.get("authorization", "")
    given = dict(re.findall(r"(token|key|secret)=([^,\s]+)", header)) if header.startswith("Discogs ") else {}
    given |= {name: request.query_params[name] for name in ("token", "key", "secret") if name in request.query_params}
    if not given:
        return "wrong" if header else "nobody"
    if given.get("token") == TOKEN:
        return "user"
    return "app" if (given.get("key"), given.get("secret")) == (KEY, SECRET) else "wrong"


class Guard:
    """User-Agent, key and the moving window, with the headers that tell what is left of it."""

    def __init__(self, app: ASGIApp, window: MovingWindow, rate: int, anonymous_rate: int) -> None:
        self._app, self._window, self._rate, self._anonymous_rate = app, window, rate, anonymous_rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if not request.headers.get("user-agent"):
            await Response("", 403)(scope, receive, send)
            return
        who = authenticated(request)
        if who == "wrong":
            await failure(401)(scope, receive, send)
            return
        limit = self._anonymous_rate if who == "nobody" else self._rate
        caller = request.client.host if request.client else ""
        admitted = self._window.admit(caller, limit)
        used = self._window.used(caller)
        told = miscounted(request, used)
        remaining = limit - (told if request.scope.get("state", {}).get("remaining_too") else used)
        left = {"x-discogs-ratelimit": limit, "-used": told, "-remaining": max(remaining, 0)}
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
        credited = [names_of(album) for album in self._albums]
        self._credits = TextIndex([(name, 1.0) for name, _, _ in names] for names in credited)
        self._variations = TextIndex([(variation, 1.0) for _, variation, _ in names] for names in credited)
        self._names = {
            "artist": {number_of(name): name for names in credited for name, _, _ in names},
            "label": {number_of(name): name for album in self._albums for name in album.labels},
        }
        self._facets = facets_of(self._albums)
        routes = [
            Route("/database/search", self._search),
            Route("/masters/{number:int}", self._master),
            Route("/masters/{number:int}/versions", self._master_versions),
            Route("/releases/{number:int}", self._release),
            Route("/artists/{number:int}", self._artist),
            Route("/artists/{number:int}/releases", self._artist_releases),
            Route("/labels/{number:int}", self._label),
            Route("/labels/{number:int}/releases", self._label_releases),
            Route("/oauth/identity", self._identity),
            Route("/users/sample", self._user),
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
        if authenticated(request) != "user":
            return failure(401, UNAUTHENTICATED)
        user = f"{base(request)}/users/sample"
        return Json({"id": 1, "username": "sample", "resource_url": user, "consumer_name": "Sample"})

    async def _user(self, request: Request) -> Response:
        return Json({"id": 1, "username": "sample", "resource_url": f"{base(request)}/users/sample", "num_collection": 0})

    async def _search(self, request: Request) -> Response:
        asked = request.query_params
        if authenticated(request) == "nobody":
            return failure(401, UNAUTHENTICATED)
        found: list[Album | tuple[str, str]] = [*self._found_names(dict(asked))]
        found += [self._albums[i] for i in self._found(dict(asked))]
        return paged(request, "results", found, _result, MAX_RESULTS)

    def _found_names(self, asked: dict[str, str]) -> Iterable[tuple[str, str]]:
        """Artists and labels, as (kind, name): without a filter of albums, whose names hold every word. They come first."""
        query = asked.get("q") or asked.get("query") or ""
        words, filters = set(tokens(query)), set(asked) - {"q", "query", "type", "page", "per_page", "token", "key", "secret"}
        wanted = [asked["type"]] if asked.get("type") else list(self._names)
        if words and not filters:
            for kind in wanted:
                yield from ((kind, name) for name in self._names.get(kind, {}).values() if words <= set(tokens(name)))

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
            years = (
                [str(year) for year in range(int(first), int(last) + 1)] if first.isdecimal() and last.isdecimal() else [first]
            )
            narrow(set().union(*(self._facets.get("year", year) for year in years)))
        if asked.get("title"):
            narrow(self._text.containing(asked["title"], weight=1.0))
        if asked.get("release_title"):
            narrow(self._titles.containing(asked["release_title"]))
        if asked.get("artist"):
            narrow(self._artists.containing(asked["artist"]))
        if asked.get("credit"):
            narrow(self._credits.containing(asked["credit"]))
        if asked.get("anv"):
            narrow(self._variations.containing(asked["anv"]))
        text = " ".join(filter(None, (asked.get("q") or asked.get("query"), asked.get("track"))))
        scores: dict[int, float] = self._text.search(text) if text else {}
        if text:
            narrow(set(scores))
        if hits is None:
            hits = set(range(len(self._albums)))
        return sorted(hits, key=lambda i: (-scores.get(i, 0.0), -self._albums[i].have, self._albums[i].id))

    async def _master(self, request: Request) -> Response:
        album = self._by_id.get(("master", request.path_params["number"]))
        if album is None:
            return missing("Master Release not found.")
        return Json(master(album, self._versions[album.id], base(request)))

    async def _master_versions(self, request: Request) -> Response:
        number = request.path_params["number"]
        if ("master", number) not in self._by_id:
            return missing("Master Release not found.")
        return paged(request, "versions", self._versions[number], version)

    async def _release(self, request: Request) -> Response:
        album = self._by_id.get(("release", request.path_params["number"]))
        return missing("Release not found.") if album is None else Json(release(album, base(request)))

    async def _artist(self, request: Request) -> Response:
        return self._named("artist", request)

    async def _label(self, request: Request) -> Response:
        return self._named("label", request)

    def _named(self, kind: str, request: Request) -> Response:
        name = self._names[kind].get(request.path_params["number"])
        return missing(f"{kind.capitalize()} not found.") if name is None else Json(named(kind, name, base(request)))

    async def _artist_releases(self, request: Request) -> Response:
        number = request.path_params["number"]
        theirs = [album for album in self._albums if any(number_of(name) == number for name, _, _ in names_of(album))]
        return paged(request, "releases", theirs, listed_release) if theirs else missing("Artist not found.")

    async def _label_releases(self, request: Request) -> Response:
        number = request.path_params["number"]
        theirs = [album for album in self._albums if number in map(number_of, album.labels)]
        return paged(request, "releases", theirs, listed_release) if theirs else missing("Label not found.")


def _result(found: Album | tuple[str, str], root: str) -> Record:
    return found_album(found, root) if isinstance(found, Album) else found_name(*found, root)


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
