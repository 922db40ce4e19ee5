"""The Prefect server's client for what must not lose seconds: a server on SQLite refuses whoever meets its own writing.

And what people are told of a server that does not answer.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client

from soundtracks.errors import ServerError
from soundtracks.operations.access import RetryLockedDatabase


def retrying_client() -> SyncPrefectClient:
    """A client of the Prefect server that outlasts a locked database."""
    client = get_client(sync_client=True)
    # around the transports that Prefect made: a transport of our own would know neither its TLS settings nor proxies
    http = client._client
    http._transport = RetryLockedDatabase(http._transport)
    http._mounts = {pattern: RetryLockedDatabase(way) if way else way for pattern, way in http._mounts.items()}
    return client


@contextmanager
def answering(hint: str = "`soundtracks up` starts a local one again.") -> Iterator[None]:
    """Within it a server that does not answer, or that fails, raises ServerError with the hint."""
    try:
        yield
    except httpx.TransportError as error:
        raise ServerError(f"The Prefect server does not answer: {error}.", hint=hint) from error
    except httpx.HTTPStatusError as error:
        if not error.response.is_server_error:
            raise
        raise ServerError(f"The Prefect server fails: HTTP {error.response.status_code}.", hint=hint) from error
