"""Runs that nobody carries on: found, ended with a reason, and repeated where that can help. Prefect-free.

A run sends a heartbeat every 30 s. One of which none came for three minutes has lost its process, its container or its
machine. Not so while the server itself was away: it missed what living runs sent. So a run counts as lost only after the
server has been watched for as long, without a gap. (Prefect's own proactive automations cannot tell the two apart: after
an outage they end runs that live, or forget those that died; known_bugs of PrefectHQ/prefect, server/events/triggers.py.)

On the machine of a local stack there is a surer and quicker way: a run whose process is gone is lost.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import httpx

from soundtracks.errors import ServerError
from soundtracks.operations.crashes import ADVICE, tries_crashed
from soundtracks.operations.looks import Server, look_every
from soundtracks.operations.orphans import Action, GracePeriods, Run, judge

#: Runs of our deployments carry this tag (prefect.yaml).
TAG = "soundtracks"
#: Six heartbeats (deployments.HEARTBEAT_SECONDS): a server on SQLite loses some under load, never so many in a row.
LOST_AFTER = timedelta(minutes=3)
#: Seconds between two looks within which a server that is back was hardly away: not even two heartbeats were missed.
MAX_GAP = 100.0
#: The state types of runs that somebody has to carry on.
CARRIED = ("PENDING", "RUNNING", "CANCELLING")
#: Looks come every minute; the server itself ends a wait within seconds of its time.
BEFORE_SERVER = timedelta(minutes=2)
UNAPPROVED = (
    "Nobody approved the links of this run in time, so nothing of it is published, and the catalogue is as it was. "
    f"{ADVICE} run the list again; what was fetched is kept, as long as the services allow."
)
HEARTBEAT = "prefect.flow-run.heartbeat"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """A run on the server. `pool`: its work pool; empty for a subflow in its parent's process. `state_id`: of its state.

    `waits_until`: when a suspended run ends of itself.
    """

    run: Run
    pool: str
    state_id: str
    waits_until: datetime | None = None


@dataclass(frozen=True)
class Done:
    """What was done about a run. `name`: the run's."""

    name: str
    action: Action


class LostRuns:
    """Looks at one server, again and again. `now`: seconds of the epoch, for tests.

    All methods raise ServerError when the server is away.
    """

    def __init__(self, api: httpx.Client, patience: GracePeriods | None = None, now: Callable[[], float] = time.time) -> None:
        self._server = Server(api)
        self._patience = patience or GracePeriods()
        self._now = now
        self._watched_since: float | None = None
        self._last_look = 0.0

    def run(self, every: float, ending: Event) -> None:
        """Looks every so many seconds until `ending` is set; while the server is away it goes on trying."""
        # one run that is not as expected must not end the watch over all others
        look_every(every, ending, self.once, away=(ServerError,), unexpected="A look for lost runs failed.")

    def once(self) -> list[Done]:
        """Ends the runs that are lost by their heartbeats, or that nobody approved; repeats what can be repeated.

        Returns what was done.
        """
        return self.take_up(self.lost()) + self._end_unapproved()

    def silent(self) -> list[Found]:
        """The runs of which no heartbeat came for so long; while the server was away, that says nothing."""
        carried = self.carried()
        beating = self.beating(found.run.id for found in carried)
        return [found for found in carried if found.run.id not in beating and self._overdue(found.run)]

    def lost(self) -> list[Found]:
        """The runs of which no heartbeat came while the server was watched."""
        try:
            silent = self.silent()
        except ServerError:
            self._watched_since = None
            raise
        now = self._now()
        if self._watched_since is None or not 0 <= now - self._last_look <= MAX_GAP:
            self._watched_since = now  # after a gap, or when the clock was set or the machine slept
        self._last_look = now
        return silent if now - self._watched_since >= LOST_AFTER.total_seconds() else []

    def without_process(self, pools: Collection[str], living: Collection[str], served: Collection[str]) -> list[Found]:
        """The runs of these pools that have no process on this machine. `living`: ids of those that have one; `served`: pools
        whose worker runs, and may have claimed a run that it is about to start."""
        return [
            found
            for found in self.carried()
            if found.pool in pools and found.run.id not in living and not (found.run.state == "PENDING" and found.pool in served)
        ]

    def carried(self) -> list[Found]:
        """The runs of our deployments that somebody has to carry on."""
        return self._read(CARRIED, tags={"all_": [TAG]})

    def beating(self, runs: Iterable[str], within: timedelta = LOST_AFTER) -> set[str]:
        """Those of the runs of which a heartbeat came within this time."""
        resources = [f"prefect.flow-run.{run}" for run in runs]
        if not resources:
            return set()
        now = datetime.now(UTC)
        wanted = {
            "event": {"name": [HEARTBEAT]},
            "resource": {"id": resources},
            "occurred": {"since": (now - within).isoformat(), "until": (now + LOST_AFTER).isoformat()},
        }
        counted = self._server.post("/events/count-by/resource", {"filter": wanted})
        return {str(row["value"]).removeprefix("prefect.flow-run.") for row in counted}

    def workers_online(self, pool: str) -> set[str]:
        """Names of the workers of a pool that the server heard of lately; of one that died it knows after a minute and a half."""
        workers = self._server.post(f"/work_pools/{pool}/workers/filter", {})
        return {str(worker["name"]) for worker in workers if worker["status"] == "ONLINE"}

    def take_up(self, lost: Iterable[Found]) -> list[Done]:
        """Ends these runs and repeats what can be repeated; returns what was done."""
        return self._end(lost) + self._judge()

    def _overdue(self, run: Run) -> bool:
        return run.since >= (self._patience.start if run.state == "PENDING" else LOST_AFTER.total_seconds())

    def _end(self, lost: Iterable[Found]) -> list[Done]:
        done: list[Done] = []
        for found in lost:
            if found.run.state == "CANCELLING":
                action = Action("cancel", found.run.id, "Cancelled; its process is gone.")
            else:
                action = Action(
                    "crash", found.run.id, "The run was lost: its process, its worker or its machine ended without a word."
                )
            done += self._act(found, action)
            done += self._end(self._subflows(found.run.id))
        return done

    def _subflows(self, parent: str) -> list[Found]:
        """Those that ran in the process of their parent; the others have a pool and are judged by themselves."""
        return [found for found in self._read(CARRIED, parent_flow_run_id={"any_": [parent]}) if not found.pool]

    def _end_unapproved(self) -> list[Done]:
        """Ends the runs whose wait for approval is nearly over, before the server does: its message says not what to do."""
        soon = datetime.now(UTC) + BEFORE_SERVER
        waiting = self._read(["PAUSED"], tags={"all_": [TAG]})
        over = [found for found in waiting if found.waits_until and found.waits_until <= soon]
        return [done for found in over for done in self._act(found, Action("refuse", found.run.id, UNAPPROVED))]

    def _judge(self) -> list[Done]:
        """Repeats or explains the crashed runs of process pools. Those of containers are the Azure clean-up's: it knows
        whether the old container is gone."""
        since = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        pools = {pool["name"] for pool in self._server.post("/work_pools/filter", {}) if pool["type"] == "process"}
        done: list[Done] = []
        for found in self._read(["CRASHED"], tags={"all_": [TAG]}, end_time={"after_": since}):
            done += self._end(self._subflows(found.run.id))
            if found.pool not in pools or ADVICE in found.run.message:
                continue
            states = self._server.get("/flow_run_states/", flow_run_id=found.run.id)
            crashes = tries_crashed((s["type"], s["message"] or "") for s in states)
            action = judge(replace(found.run, crashes=crashes), False, self._patience)
            done += self._act(found, action) if action else []
        return done

    def _act(self, found: Found, action: Action) -> list[Done]:
        """Carries it out, unless the run has moved on since it was read."""
        run = self._server.get(f"/flow_runs/{found.run.id}")
        if run["state_id"] != found.state_id:
            return []
        logger.warning("%s %s: %s", action.kind, found.run.name, action.message)
        state: dict[str, Any] = {"message": action.message}
        match action.kind:
            case "cancel":
                state |= {"type": "CANCELLED", "name": "Cancelled"}
            case "again":
                at = datetime.now(UTC) + timedelta(seconds=action.after)
                state |= {"type": "SCHEDULED", "name": "AwaitingRetry", "state_details": {"scheduled_time": at.isoformat()}}
            case "refuse":
                state |= {"type": "FAILED", "name": "Failed"}
            case _:
                state |= {"type": "CRASHED", "name": "Crashed"}
        self._server.post(f"/flow_runs/{found.run.id}/set_state", {"state": state, "force": True})
        return [Done(found.run.name, action)]

    def _read(self, states: Iterable[str], **where: Any) -> list[Found]:
        return [_found(run) for run in self._server.runs(states, **where)]


def _found(run: Mapping[str, Any]) -> Found:
    state = run["state"]
    since = (datetime.now(UTC) - datetime.fromisoformat(state["timestamp"])).total_seconds()
    seen = Run(
        id=run["id"],
        name=run["name"],
        state=state["type"],
        since=since,
        message=state["message"] or "",
        awaited=run["parent_task_run_id"] is not None,
    )
    until = (state.get("state_details") or {}).get("pause_timeout")
    return Found(seen, run["work_pool_name"] or "", run["state_id"], datetime.fromisoformat(until) if until else None)
