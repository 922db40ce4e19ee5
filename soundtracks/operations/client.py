"""The Prefect server's client for what must not lose seconds: a server on SQLite refuses whoever meets its own writing."""

from prefect.client.orchestration import SyncPrefectClient, get_client

from soundtracks.operations.access import RetryLockedDatabase


def retrying_client() -> SyncPrefectClient:
    """A client of the Prefect server that outlasts a locked database."""
    client = get_client(sync_client=True)
    # around the transports that Prefect made: a transport of our own would know neither its TLS settings nor proxies
    http = client._client
    http._transport = RetryLockedDatabase(http._transport)
    http._mounts = {pattern: RetryLockedDatabase(way) if way else way for pattern, way in http._mounts.items()}
    return client
