"""The review page's service: for the person who started it only.

Other web pages open in the same browser must not be able to decide anything. Three locks, each enough by itself:
the Host header (against names that are made to point here), Origin and Sec-Fetch-Site (against other pages), and a token.
The token stands in the opened address alone, behind its #, which no browser sends: who merely reaches the port, as another
user of the machine does, gets the page without it and can decide nothing.
"""

import re
import secrets
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from soundtracks.decisions import Decision, DecisionStore, Word, is_conflict, stamp, standing_words
from soundtracks.errors import LakeError, MissingSetting, SoundtracksError, SourceError
from soundtracks.publishing import notices
from soundtracks.publishing.catalogue import POSTERS
from soundtracks.publishing.lookup import discogs_id, tmdb_id
from soundtracks.reporting.page import asset, render
from soundtracks.serving.guard import HEADERS, Guard, own_hosts, with_pictures
from soundtracks.serving.library import Library
from soundtracks.serving.named import Services
from soundtracks.serving.review_queue import ReviewQueue

ASSETS = {
    "base.css": "text/css",
    "review.css": "text/css",
    "dom.js": "text/javascript",
    "token.js": "text/javascript",
    "waterfall.js": "text/javascript",
    "review.js": "text/javascript",
    "library.css": "text/css",
    "library.js": "text/javascript",
    "thresholds.js": "text/javascript",
}
MAX_BODY = 20_000


class _Decided(BaseModel):
    """Body of a POST: decisions that belong together, such as one film rejected and another accepted."""

    model_config = ConfigDict(extra="forbid")

    decisions: list[Word] = Field(min_length=1, max_length=10)


def create_app(
    queue: ReviewQueue,
    store: DecisionStore,
    *,
    port: int,
    token: str | None = None,
    services: Services | None = None,
    library: Library | None = None,
    posters: bool = False,
) -> ASGIApp:
    """The service, to be bound to 127.0.0.1:port. `token`: for tests; a new one otherwise. `services`: None asks nobody.

    With a `library` its first page stands at /, the review page at /review.
    """
    token = token or secrets.token_urlsafe(32)
    hosts = own_hosts(port)

    def page(request: Request) -> Response:
        return Response(render("review.html", notices=notices, library=library is not None), media_type="text/html")

    def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            raise HTTPException(404)
        return Response(asset(name), media_type=ASSETS[name])

    def items(request: Request) -> Response:
        shown = queue.items if posters else [item | {"film": item["film"] | {"poster": None}} for item in queue.items]
        return JSONResponse({"items": shown, **_words(store, queue)})

    def decisions(request: Request) -> Response:
        return JSONResponse(_words(store, queue))

    def films(request: Request) -> Response:
        """Films of the links; with `beyond`, or for an address of TMDB that none of them has, what TMDB finds."""
        text = request.query_params.get("q", "")[:200]
        found = queue.search(text)
        number = tmdb_id(text)
        if services is None or not ((number and not found) or request.query_params.get("beyond")):
            return JSONResponse({"films": found})
        _require_token(request, token)  # it spends the user's allowance
        rows = [services.film(number)] if number else services.search(text)
        known = {film["tmdb_id"] for film in found}
        return JSONResponse({"films": found + [queue.name_film(row) for row in rows if row and row["tmdb_id"] not in known]})

    def albums(request: Request) -> Response:
        """The album that an address or id of Discogs stands for."""
        text = request.query_params.get("q", "")[:200].strip()
        album_id = discogs_id(text) or (text if re.fullmatch("(master|release):[0-9]{1,12}", text) else "")
        if not album_id:
            return PlainTextResponse("That is no address of an album on Discogs, such as discogs.com/release/123.", 422)
        if known := queue.album(album_id):
            return JSONResponse(known)
        _require_token(request, token)
        row = services.album(album_id) if services else None
        if row is None:
            return PlainTextResponse(f"Discogs knows no {album_id.replace(':', ' ')}.", 404)
        return JSONResponse(queue.name_album(row))

    async def decide(request: Request) -> Response:
        _require_own_page(request, hosts, token)
        body = await _read_body(request)
        return await run_in_threadpool(_keep, body, queue, store)

    app = Starlette(
        routes=[
            Route("/", library.home if library else page),
            Route("/review", page),
            *(library.routes() if library else ()),
            Route("/assets/{name}", file),
            Route("/api/queue", items),
            Route("/api/decisions", decisions, methods=["GET"]),
            Route("/api/decisions", decide, methods=["POST"]),
            Route("/api/films", films),
            Route("/api/albums", albums),
        ],
        exception_handlers={LakeError: _lake_failed, SourceError: _not_asked, MissingSetting: _not_asked},
    )
    return Guard(app, port, with_pictures(HEADERS, POSTERS) if posters else HEADERS)


def _keep(body: bytes, queue: ReviewQueue, store: DecisionStore) -> Response:
    try:
        words = _Decided.model_validate_json(body).decisions
    except ValidationError as error:
        return PlainTextResponse(f"No decision: {error.errors()[0]['msg']}", 422)
    if any(word.album_id not in queue.albums or not queue.knows_film(word.tmdb_id) for word in words):
        return PlainTextResponse("The album or the film is not in these links.", 422)
    if any(word.decision == "accept" and not queue.may_be_linked(word.tmdb_id) for word in words):
        return PlainTextResponse("A series is no film: albums are not linked to it.", 422)
    store.keep(words, queue.version)
    return JSONResponse(_words(store, queue), 201)


def _words(store: DecisionStore, queue: ReviewQueue) -> dict[str, Any]:
    """{"words": the decision that counts on each pair, "conflicts": [what each person says] where people disagree}."""
    standing = [words for (album, _), words in standing_words(store.all()).items() if album in queue.albums]
    counting = sorted((words[-1] for words in standing), key=lambda word: (word.at, word.album_id))
    return {
        "words": [_shown(word) for word in counting],
        "conflicts": [[_shown(w) for w in s] for s in standing if is_conflict(s)],
    }


def _shown(word: Decision) -> dict[str, str]:
    pair = {"album_id": word.album_id, "tmdb_id": word.tmdb_id, "decision": word.decision, "by": word.by}
    return pair | {"at": stamp(word.at), "reason": word.reason}


def _require_own_page(request: Request, hosts: set[str], token: str) -> None:
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if origin not in {f"http://{host}" for host in hosts} or site != "same-origin":
        raise HTTPException(403, "Only the review page itself may decide.")
    _require_token(request, token)
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415, "JSON only.")


def _require_token(request: Request, token: str) -> None:
    if not secrets.compare_digest(request.headers.get("x-review-token", "").encode(), token.encode()):
        raise HTTPException(403, "Open the address that `soundtracks review` printed: this page has no key, or an old one.")


async def _read_body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413)
    return body


def _not_asked(request: Request, error: Exception) -> Response:
    said = f"{error.message} {error.hint}" if isinstance(error, SoundtracksError) else str(error)
    return PlainTextResponse(said.strip(), 502)


def _lake_failed(request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"Not kept: {error}", 503)
