"""What those have in common who look at one Prefect server again and again: its answers, its pages of runs, and the loop."""

import logging
from collections.abc import Callable, Iterable, Mapping
from threading import Event
from typing import Any

import httpx

from soundtracks.errors import ServerError

#: Prefect's most per request.
PAGE = 200

logger = logging.getLogger(__name__)


class Server:
    """One server's API. All methods raise ServerError when it is away."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api

    def runs(self, states: Iterable[str], **where: Any) -> list[dict[str, Any]]:
        """All runs in states of these types, page by page. `where`: the API's further filters of flow runs."""
        body = {"flow_runs": {"state": {"type": {"any_": list(states)}}, **where}, "sort": "ID_DESC", "limit": PAGE}
        found: list[dict[str, Any]] = []
        while True:
            page = self.post("/flow_runs/filter", body | {"offset": len(found)})
            found += page
            if len(page) < PAGE:
                return found

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._answer(lambda: self._api.post(path, json=body))

    def get(self, path: str, **parameters: str) -> Any:
        return self._answer(lambda: self._api.get(path, params=parameters))

    def _answer(self, ask: Callable[[], httpx.Response]) -> Any:
        try:
            answer = ask()
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ServerError(f"The Prefect server does not answer: {error}", hint="The next look asks again.") from error


def look_every(
    every: float, ending: Event, look: Callable[[], object], *, away: tuple[type[Exception], ...], unexpected: str = ""
) -> None:
    """Looks every so many seconds until `ending` is set.

    `away`: errors that are told and outlived, as of a server that is not there. `unexpected`: what is said of any other; where
    nothing is, it is raised.
    """
    while not ending.is_set():
        try:
            look()
        except away as error:
            logger.warning("%s", error)
        except Exception:
            if not unexpected:
                raise
            logger.exception(unexpected)
        ending.wait(every)
