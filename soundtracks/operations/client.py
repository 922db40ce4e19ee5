"""The Prefect server's client for what must not lose seconds: a server on SQLite refuses whoever meets its own writing."""

import time
from collections.abc import Callable

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client

#: Seconds before each repetition of a request that found the server's database locked; the lock lasts milliseconds.
PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)


class RetryLockedDatabase(httpx.BaseTransport):
    """Repeats what a busy server refused: on SQLite one request in ten meets its own services' writing and is answered 503.

    Prefect's client repeats too, but only after two seconds. `sleep`: for tests.
    """

    def __init__(self, inner: httpx.BaseTransport, sleep: Callable[[float], None] = time.sleep) -> None:
        self._inner = inner
        self._sleep = sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for pause in PAUSES:
            response = self._inner.handle_request(request)
            if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return response
            response.close()
            self._sleep(pause)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def retrying_client() -> SyncPrefectClient:
    """A client of the Prefect server that outlasts a locked database."""
    client = get_client(sync_client=True)
    # around the transports that Prefect made: a transport of our own would know neither its TLS settings nor proxies
    http = client._client
    http._transport = RetryLockedDatabase(http._transport)
    http._mounts = {pattern: RetryLockedDatabase(way) if way else way for pattern, way in http._mounts.items()}
    return client
