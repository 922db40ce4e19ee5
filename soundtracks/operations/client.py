"""What people are told of a Prefect server that does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from soundtracks.errors import ServerError


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
