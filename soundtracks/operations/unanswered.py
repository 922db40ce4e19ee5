"""Runs that ended while they waited for approval: the lake is told, whoever ended them. Prefect-free.

Such a run has no process that could write it down. Where the command that cancels does not, as when it was done in the Prefect
UI or nobody answered in time, the watcher finds it.
"""

import logging
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import httpx
from pydantic import ValidationError

from soundtracks.errors import LakeError, ServerError
from soundtracks.lake.lake import Lake
from soundtracks.metrics import RunMetrics
from soundtracks.operations.looks import Server, look_every
from soundtracks.operations.lost_runs import TAG
from soundtracks.reporting.history import roll_up
from soundtracks.reporting.moves import PROPOSAL

#: How far back is looked for runs that ended: a watcher may be off for so long.
LOOKED_BACK = timedelta(days=14)
#: What the state that a run ended in says of the question that it had asked.
ANSWERS = {"CANCELLED": "cancelled", "FAILED": "unanswered"}

logger = logging.getLogger(__name__)


class Unanswered:
    """The runs of one server and one lake."""

    def __init__(self, lake: Lake, api: httpx.Client) -> None:
        self._lake, self._server = lake, Server(api)
        self._seen: set[tuple[str, str]] = set()

    def run(self, every: float, ending: Event) -> None:
        """Looks every so many seconds until `ending` is set; while the server or the lake is away it goes on trying."""
        # one run that is not as expected must not end the watch over all others
        told = "A look for runs that ended unanswered failed."
        look_every(every, ending, self.once, away=(ServerError, LakeError), unexpected=told)

    def once(self) -> list[str]:
        """Notes the end of each run that ended while it waited; returns their ids. Raises ServerError, LakeError."""
        since = (datetime.now(UTC) - LOOKED_BACK).isoformat()
        noted = []
        for run in self._server.runs(ANSWERS, tags={"all_": [TAG]}, end_time={"after_": since}):
            key = run["id"], run["state_id"]
            if key not in self._seen and self._note(run):
                noted.append(run["id"])
            self._seen.add(key)
        return noted

    def note(self, run_id: str) -> bool:
        """Notes the end of this run, if it waited; whether it did. Raises ServerError, LakeError."""
        return self._note(self._server.get(f"/flow_runs/{run_id}"))

    def _note(self, run: dict[str, Any]) -> bool:
        folder, state = f"runs/{run['id']}", run["state"] or {}
        if state.get("type") not in ANSWERS or not self._lake.exists(f"{folder}/{PROPOSAL}"):
            return False
        try:
            metrics = RunMetrics.model_validate(self._lake.read_json(f"{folder}/metrics.json"))
        except (LakeError, ValidationError, ValueError):  # the history tells of what cannot be read
            return False
        if metrics.approval is None or metrics.approval.decision or metrics.finished:
            return False
        metrics.approval.decision = ANSWERS[state["type"]]
        metrics.finished = datetime.fromisoformat(state["timestamp"])
        self._lake.write_bytes(f"{folder}/metrics.json", metrics.model_dump_json(indent=1, exclude_none=True).encode())
        roll_up(self._lake, anew=str(run["id"]))
        logger.info("%s ended while it waited for approval: %s", run["name"], metrics.approval.decision)
        return True
