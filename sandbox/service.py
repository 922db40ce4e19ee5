"""The frame around a stand-in: request log, faults, gzip, and the `/__sandbox` paths by which tests steer them."""

import asyncio
import contextlib
import json
import zlib
from collections.abc import MutableMapping
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.clock import Clock
from sandbox.faults import Fault, Faults, half_of, json_edited
from sandbox.log import Asked, RequestLog, canonical_url

CONTROL = "/__sandbox"


class Service:
    """An ASGI app. `error_body` words an error status as the real service does."""

    def __init__(self, name: str, app: Starlette, clock: Clock) -> None:
        self.name = name
        self.faults = Faults()
        self.log = RequestLog()
        self.clock = clock
        self._plain: ASGIApp = app
        self._zipped: ASGIApp = GZipMiddleware(app, minimum_size=500)

    def error_body(self, status: int) -> str:
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._plain(scope, receive, send)
        elif scope["path"].startswith(CONTROL):
            await (await self._steer(Request(scope, receive)))(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        query = scope["query_string"].decode()
        fault = self.faults.take(f"{scope['path']}?{query}" if query else scope["path"])
        at, logged = self.clock(), False

        def log(status: int) -> None:
            nonlocal logged
            agent, known = request.headers.get("user-agent", ""), "authorization" in request.headers
            url = canonical_url(scope["path"], query)
            self.log.requests.append(Asked(at, scope["method"], url, status, agent, known, fault.kind if fault else None))
            logged = True

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                log(message["status"])  # before the caller has the answer, so that it finds its request in the log
            await send(message)

        try:
            if fault is None:
                await self._zipped(scope, receive, noting)
            else:
                await self._go_wrong(fault, scope, receive, noting)
        finally:
            if not logged:
                log(0)

    async def _go_wrong(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind == "hang":
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        if fault.kind == "answer":
            text = self.error_body(fault.status) if fault.body is None else fault.body
            kind = "text/html" if text.startswith("<") else "application/json"
            body = text.encode(fault.encoding, "surrogatepass")
            await Response(body, fault.status, fault.headers, kind)(scope, receive, send)
            return
        if fault.kind in ("shift", "counter"):
            scope.setdefault("state", {}).update(fault.model_dump(include={"shift", "factor", "plus", "remaining_too"}))
            await self._zipped(scope, receive, send)
            return
        if fault.kind == "bomb":
            body = bomb(fault.megabytes)
            await Response(body, headers={"content-encoding": "gzip"}, media_type="application/json")(scope, receive, send)
            return
        if fault.kind in ("drip", "endless"):
            await self._without_end(fault, scope, receive, send)
            return
        status, headers, body = await self._answer(scope, receive)
        if fault.kind == "reset":
            # The head promises more than comes: uvicorn closes the connection when the app ends too soon.
            await send({"type": "http.response.start", "status": status, "headers": [*headers, length(body)]})
            await send({"type": "http.response.body", "body": half_of(body), "more_body": True})
            return
        changed = half_of(body) if fault.kind == "truncate" else json_edited(body, fault.edit)
        await send({"type": "http.response.start", "status": status, "headers": [*headers, length(changed)]})
        await send({"type": "http.response.body", "body": changed})

    async def _without_end(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """A body that takes long, or for ever: until the caller gives up."""
        status, headers, body = await self._answer(scope, receive)
        gone = asyncio.ensure_future(_disconnected(receive))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        pieces = [body[at : at + 1] for at in range(len(body))] if fault.kind == "drip" else [b'{"results": [']
        while not gone.done():
            piece = pieces.pop(0) if pieces else b" " * 65536
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(fault.pause if fault.kind == "drip" else 0)
            if fault.kind == "drip" and not pieces:
                await send({"type": "http.response.body", "body": b""})
                break
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """The real answer, uncompressed, without its length."""
        start: MutableMapping[str, Any] = {}
        chunks: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                chunks.append(message.get("body", b""))

        await self._plain(scope, receive, collect)
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        return start["status"], headers, b"".join(chunks)

    async def _steer(self, request: Request) -> Response:
        match request.method, request.url.path.removeprefix(CONTROL):
            case "GET", "/faults":
                return JSONResponse([fault.model_dump() for fault in self.faults.active])
            case "POST", "/faults":
                try:
                    given = json.loads(await request.body())
                    self.faults.add(*(Fault.model_validate(item) for item in (given if isinstance(given, list) else [given])))
                except (ValueError, ValidationError) as error:
                    return JSONResponse({"message": str(error)}, 422)
                return Response(status_code=204)
            case "DELETE", "/faults":
                self.faults.clear()
                return Response(status_code=204)
            case "GET", "/requests":
                return JSONResponse(self.log.summary(float(request.query_params.get("seconds", 60))))
            case "DELETE", "/requests":
                self.log.clear()
                return Response(status_code=204)
            case "POST", "/clock":
                self.clock.advance(float(request.query_params.get("advance", 0)))
                return Response(status_code=204)
            case _:
                return JSONResponse({"message": "No such control."}, 404)


def shifted(request: Request, page: int) -> int:
    """By how many places a fault moved the records since the first page was read."""
    shift: int = request.scope.get("state", {}).get("shift", 0)
    return shift if page > 1 else 0


def bomb(megabytes: int) -> bytes:
    """JSON of so many blanks, packed piece by piece: only the reader needs memory for it."""
    pack = zlib.compressobj(wbits=31)
    pieces = (b'{"results": []', *[b" " * (1 << 20)] * megabytes, b"}")
    return b"".join([*map(pack.compress, pieces), pack.flush()])


def miscounted(request: Request, used: int) -> int:
    """The count of used requests as a fault would have it told."""
    state = request.scope.get("state", {})
    return round(used * float(state.get("factor", 1.0))) + int(state.get("plus", 0))


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()
