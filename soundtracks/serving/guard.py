"""What every service for this machine alone has around it: it answers to its own names only, with headers that lock its pages."""

import csv
from collections.abc import Mapping
from io import StringIO

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from soundtracks.text.spreadsheet import write_csv

#: For any page of ours; a page that needs scripts of others takes all but the first.
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


def with_pictures(headers: Mapping[str, str], host: str) -> dict[str, str]:
    """The headers, for pages that show pictures of one other host."""
    policy = "content-security-policy"
    return {**headers, policy: f"{headers[policy]}; img-src {host}"}


#: Headers that a page of the service may set for itself: one that lies in the lake is shut into a sandbox.
STRICTER = {"content-security-policy"}


def own_hosts(port: int) -> set[str]:
    """The Host headers of requests that were meant for 127.0.0.1:port."""
    return {f"127.0.0.1:{port}", f"localhost:{port}"}


class Guard:
    """Answers requests to our own names only, against names of others that are made to point here (DNS rebinding).

    Adds the headers to every answer. WebSockets are refused: no service of ours has any.
    """

    def __init__(self, app: ASGIApp, port: int, headers: Mapping[str, str]) -> None:
        self.app, self.hosts, self.headers = app, own_hosts(port), headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_locked(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.decode("latin-1").lower() for name, _ in message["headers"]} & STRICTER
                ours = {name: value for name, value in self.headers.items() if name not in own}
                kept = [(name, value) for name, value in message["headers"] if name.decode("latin-1").lower() not in ours]
                message["headers"] = [*kept, *((name.encode(), value.encode()) for name, value in ours.items())]
            await send(message)

        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        known = len(hosts) == 1 and hosts[0] in self.hosts
        app: ASGIApp = self.app if known else PlainTextResponse("This is not the name of this service.", 421)
        await app(scope, receive, send_locked)


class SafeDownloads:
    """Writes the CSV answers of another's service anew, so that no spreadsheet finds a formula in them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = bytearray()

        async def send_safe(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_csv(message):
                start.update(message)
            elif message["type"] != "http.response.body" or not start:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
                    await send({**start, "headers": kept})
                    await send({"type": "http.response.body", "body": _safe_csv(bytes(body))})

        await self.app(scope, receive, send_safe)


def _is_csv(start: Message) -> bool:
    """Datasette calls a table that is shown and not saved plain text."""
    kinds = [value.partition(b";")[0].strip() for name, value in start["headers"] if name.lower() == b"content-type"]
    return start["status"] == 200 and kinds in ([b"text/csv"], [b"text/plain"])


def _safe_csv(body: bytes) -> bytes:
    header, *rows = [*csv.reader(StringIO(body.decode(), newline=""))] or [[]]
    sink = StringIO(newline="")
    write_csv(sink, header, rows)
    return sink.getvalue().encode()
