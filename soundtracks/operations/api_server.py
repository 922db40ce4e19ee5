"""The Prefect server as we start it: `python -m soundtracks.operations.api_server --port 4200`.

It answers to its own addresses only, it starts with no slot of a concurrency limit taken, and it repeats by itself what its own
database refused for a moment.

Prefect checks neither Host nor Origin, and its middleware does not see WebSockets. A page that rebinds its name to this
machine is told apart by the Host, any other foreign page by the Origin; both before Prefect sees the request.
"""

import asyncio
import os
from collections.abc import Sequence
from functools import partialmethod
from typing import Annotated
from urllib.parse import urlsplit

import typer
from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from soundtracks.errors import BadInput

#: Seconds before each repetition of a request that found the database locked; the lock lasts milliseconds.
PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)
LOCKED = 503


class OwnOrigins:
    """Refuses requests and WebSockets of pages that this server did not send. Programs send no Origin."""

    def __init__(self, app: ASGIApp, origins: list[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            origin = Headers(scope=scope).get("origin")
            if origin is not None and origin not in self._origins:
                await PlainTextResponse("This page may not use the Prefect server.", 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class RepeatLocked:
    """Repeats what the app answers 503 to: on SQLite one request in ten meets the writing of the server's own services.

    Nothing of it was written then. Prefect's clients repeat too, but only after two seconds and more, a few times in each run.
    """

    def __init__(self, app: ASGIApp, pauses: Sequence[float] = PAUSES) -> None:
        self._app = app
        self._pauses = pauses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = Body(receive)
        for pause in self._pauses:
            if await self._answers(scope, body, send):
                return
            await asyncio.sleep(pause)
        await self._app({**scope}, body.from_start(), send)

    async def _answers(self, scope: Scope, body: "Body", send: Send) -> bool:
        """False where the database was locked, and nothing has been sent."""
        answer = Unlocked(send)
        try:
            await self._app({**scope}, body.from_start(), answer)
        except Exception:  # Prefect raises what it has answered, for the server's log
            if not answer.locked:
                raise
        return not answer.locked


class Body:
    """The messages of a request, which can be heard from the start again."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._heard: list[Message] = []

    def from_start(self) -> Receive:
        told = iter(tuple(self._heard))

        async def hear() -> Message:
            message = next(told, None)
            if message is None:
                message = await self._receive()
                self._heard.append(message)
            return message

        return hear


class Unlocked:
    """Passes an answer on, unless it says that the database was `locked`."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.locked = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.locked = message["status"] == LOCKED
        if not self.locked:
            await self._send(message)


def guarded(app: ASGIApp, origins: list[str], hosts: list[str] | None = None) -> ASGIApp:
    """The app behind both checks. `origins`: its own addresses; `hosts`: further names that programs call it by."""
    own = [urlsplit(origin).hostname or "" for origin in origins]
    return TrustedHostMiddleware(OwnOrigins(app, origins), [*own, *(hosts or [])], www_redirect=False)


async def free_slots() -> None:
    """Frees the slots of all global concurrency limits, after bringing the database up to date.

    Leases live in the server's memory, their slots in its database. A server that starts has no lease, so nobody would ever
    give these slots back: after a crashed run and a restart Discogs' allowance of 60 a minute was down to 19, for good.
    Who holds one at this moment goes on; the services' own headers tell of it.
    """
    import sqlalchemy as sa
    from prefect.server.database import provide_database_interface

    database = provide_database_interface()
    await database.create_db()
    async with database.session_context(begin_transaction=True) as session:
        await session.execute(sa.update(database.ConcurrencyLimitV2).values(active_slots=0))
    engine = await database.engine()
    await engine.dispose()


#: Tries to record what a task run did, and seconds between them: an hour or so without a database.
RECORD_TRIES, RECORD_EVERY = 3600, "1"


def keep_task_runs() -> None:
    """Lets the server remember what task runs did while its database is away, in memory, until it is back.

    Prefect tries six times, some five seconds apart, and drops it then: half a minute without a database left tasks of runs that
    completed as Running for good. It has a setting for the pause only. Before its settings are read.
    """
    os.environ.setdefault("PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL", RECORD_EVERY)
    from prefect.server.services.task_run_recorder import TaskRunRecorder

    patient = partialmethod(TaskRunRecorder.start, max_persist_retries=RECORD_TRIES)
    setattr(TaskRunRecorder, "start", patient)  # noqa: B010 -- mypy takes no assignment to a method


def main(
    port: Annotated[int, typer.Option(help="Port to listen on.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    allow_host: Annotated[list[str] | None, typer.Option(help="Another name that programs call this server by.")] = None,
) -> None:
    """Runs the Prefect server. Its own addresses are those of PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS."""
    keep_task_runs()
    import uvicorn
    from prefect.server.api.server import create_app
    from prefect.settings import get_current_settings

    settings = get_current_settings().server
    origins = [origin.strip() for origin in settings.api.cors_allowed_origins.split(",")]
    if "*" in origins:
        raise BadInput(
            "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS is not set: any page could use the server.",
            hint="Set it to the server's own addresses, such as http://localhost:4200.",
        )
    asyncio.run(free_slots())
    app = guarded(RepeatLocked(create_app(final=True)), origins, allow_host)
    level = settings.logging_level.lower()
    uvicorn.run(app, host=host, port=port, log_level=level, timeout_keep_alive=settings.api.keepalive_timeout)


if __name__ == "__main__":
    typer.run(main)
