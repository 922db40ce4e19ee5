"""The review page's service: for people on this machine only.

Other web pages open in the same browser must not be able to decide anything. Three locks, each enough by itself:
the Host header (against names that are made to point here), Origin and Sec-Fetch-Site (against other pages), and a token
that only our page knows.
"""

import secrets
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from soundtracks.decisions import Decision, DecisionStore
from soundtracks.errors import LakeError
from soundtracks.publishing import notices
from soundtracks.publishing.catalogue import effective_decisions
from soundtracks.reporting.page import asset, render
from soundtracks.serving.review_queue import ReviewQueue

ASSETS = {
    "base.css": "text/css",
    "review.css": "text/css",
    "dom.js": "text/javascript",
    "waterfall.js": "text/javascript",
    "review.js": "text/javascript",
}
MAX_BODY = 20_000

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class _Decided(BaseModel):
    """Body of a POST: decisions that belong together, such as one film rejected and another accepted."""

    model_config = ConfigDict(extra="forbid")

    decisions: list[dict[str, Any]] = Field(min_length=1, max_length=10)


def create_app(queue: ReviewQueue, store: DecisionStore, *, port: int, token: str | None = None) -> ASGIApp:
    """The service, to be bound to 127.0.0.1:port. `token`: for tests; a new one otherwise."""
    token = token or secrets.token_urlsafe(32)
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    def page(request: Request) -> Response:
        return Response(render("review.html", token=token, notices=notices), media_type="text/html")

    def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            raise HTTPException(404)
        return Response(asset(name), media_type=ASSETS[name])

    def items(request: Request) -> Response:
        return JSONResponse({"items": queue.items, **_words(store, queue)})

    def decisions(request: Request) -> Response:
        return JSONResponse(_words(store, queue))

    def films(request: Request) -> Response:
        return JSONResponse(queue.search(request.query_params.get("q", "")[:200]))

    async def decide(request: Request) -> Response:
        _require_own_page(request, hosts, token)
        body = await _read_body(request)
        return await run_in_threadpool(_keep, body, queue, store)

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/assets/{name}", file),
            Route("/api/queue", items),
            Route("/api/decisions", decisions, methods=["GET"]),
            Route("/api/decisions", decide, methods=["POST"]),
            Route("/api/films", films),
        ],
        exception_handlers={LakeError: _lake_failed},
    )
    return _Guard(app, hosts)


def _keep(body: bytes, queue: ReviewQueue, store: DecisionStore) -> Response:
    try:
        decided = [Decision.model_validate(d | {"run_id": queue.version}) for d in _Decided.model_validate_json(body).decisions]
    except ValidationError as error:
        return PlainTextResponse(f"No decision: {error.errors()[0]['msg']}", 422)
    for decision in decided:
        if decision.album_id not in queue.albums or not queue.knows_film(decision.tmdb_id):
            return PlainTextResponse("The album or the film is not in these links.", 422)
    at = decided[0].at  # one moment for what belongs together: it is undone together
    for decision in decided:
        store.add(decision.model_copy(update={"at": at}))
    return JSONResponse(_words(store, queue), 201)


def _words(store: DecisionStore, queue: ReviewQueue) -> dict[str, Any]:
    words = effective_decisions(store.table()).values()
    return {"words": sorted((w for w in words if w["album_id"] in queue.albums), key=lambda w: (w["at"], w["album_id"]))}


def _require_own_page(request: Request, hosts: set[str], token: str) -> None:
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if origin not in {f"http://{host}" for host in hosts} or site != "same-origin":
        raise HTTPException(403, "Only the review page itself may decide.")
    if not secrets.compare_digest(request.headers.get("x-review-token", "").encode(), token.encode()):
        raise HTTPException(403, "The page is from an earlier start: load it again.")
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415, "JSON only.")


async def _read_body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413)
    return body


def _lake_failed(request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"Not kept: {error}", 503)


class _Guard:
    """Answers only to our own names, and adds the security headers to everything."""

    def __init__(self, app: ASGIApp, hosts: set[str]) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_locked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *((k.encode(), v.encode()) for k, v in HEADERS.items())]
            await send(message)

        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        app: ASGIApp = self.app if host in self.hosts else PlainTextResponse("This is not the name of the review page.", 421)
        await app(scope, receive, send_locked)
