"""What people are told of a Prefect server that does not answer, or that refuses."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from soundtracks.errors import ServerError
from soundtracks.text.foreign import one_line

#: Seconds that a server may be away while a run is followed or a match begins: one that restarts on a busy machine needs minutes.
MAX_AWAY = 300.0
#: Characters of a server's answer that are repeated.
MAX_SAID = 300


class ServerRefuses(ServerError):
    """The server answers, and does not take the request: asking again does not help."""


@contextmanager
def answering(hint: str = "`soundtracks up` starts a local one again.") -> Iterator[None]:
    """Within it: ServerError with the hint for a server that does not answer or fails, ServerRefuses for one that refuses."""
    try:
        yield
    except httpx.TransportError as error:
        raise ServerError(f"The Prefect server does not answer: {error}.", hint=hint) from error
    except httpx.HTTPStatusError as error:
        if not is_away(error):
            raise refusal(error.response) from error
        raise ServerError(f"The Prefect server fails: HTTP {error.response.status_code}.", hint=hint) from error


def is_away(error: BaseException) -> bool:
    """Whether a server that is away, or fails for the moment, is the reason: as while it, or its database, is restarted."""
    return isinstance(error, httpx.TransportError) or (
        isinstance(error, httpx.HTTPStatusError) and error.response.is_server_error
    )


def refusal(response: httpx.Response) -> ServerRefuses:
    return ServerRefuses(
        f"The Prefect server refuses: HTTP {response.status_code}, {one_line(response.text, MAX_SAID)}",
        hint="Is PREFECT_API_URL that of the server, and PREFECT_API_AUTH_STRING its password?",
    )
