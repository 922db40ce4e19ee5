"""TMDB and Discogs as a resource of this process: a task opens what it asks, and shares it with whoever has it open."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Literal

from prefect.client.orchestration import get_client

from soundtracks.lake.lake import Lake
from soundtracks.operations.allowance import PrefectLimit
from soundtracks.settings import get_settings
from soundtracks.sources.endpoints import access_to
from soundtracks.sources.http import Source
from soundtracks.sources.pacing import Clock
from soundtracks.sources.services import SHARED_ALLOWANCE, open_source

Name = Literal["tmdb", "discogs"]

_lock = threading.Lock()
#: What is open: the service, how many use it, and what closes it. Opened per process, since its pace is the process's.
_open: dict[Name, tuple[Source, int, ExitStack]] = {}


@contextmanager
def service(name: Name) -> Iterator[Source]:
    """A service ready to be asked: the one that is open in this process, or a new one, closed after its last user.

    All runs of a Prefect server share its allowance. A flow holds it open over its batches, so that pace and counts go
    on from one to the next. Raises MissingSetting when its key is not set.
    """
    with _lock:
        source, users, closing = _open.get(name) or _opened(name)
        _open[name] = source, users + 1, closing
    try:
        yield source
    finally:
        with _lock:
            source, users, closing = _open.pop(name)
            if users > 1:
                _open[name] = source, users - 1, closing
        if users == 1:
            closing.close()


def _opened(name: Name) -> tuple[Source, int, ExitStack]:
    settings, clock = get_settings(), Clock()
    access = access_to(name, settings)
    limit, window = SHARED_ALLOWANCE[name]
    with ExitStack() as stack:
        client = stack.enter_context(get_client(sync_client=True))
        shared = PrefectLimit(f"{name}-requests-{access.host}", limit, window, client, clock)
        stack.callback(shared.close)
        source = stack.enter_context(open_source(access, Lake.from_settings(settings), settings, clock=clock, shared=shared))
        return source, 0, stack.pop_all()
