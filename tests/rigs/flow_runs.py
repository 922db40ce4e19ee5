"""A stand-in of the Prefect server's API that keeps flow runs in a dictionary."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx


class Api:
    """As much of the API as is asked. `beating`: runs of which heartbeats came lately; `online`: workers of each pool that the
    server heard of lately; `away`: nothing is answered."""

    def __init__(self) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.states: dict[str, list[dict[str, str]]] = {}
        self.beating: set[str] = set()
        self.online: set[str] = set()
        self.away = False
        self.meanwhile: Callable[[], None] = lambda: None

    def add(self, run: str, state: str, since: float = 600, message: str = "", pool: str = "soundtracks", **more: Any) -> None:
        at = datetime.now(UTC) - timedelta(seconds=since)
        self.runs[run] = {
            "id": run,
            "name": f"name of {run}",
            "work_pool_name": pool,
            "parent_task_run_id": None,
            "parent_run": None,
            "state_id": f"{run}-0",
            "state": {"type": state, "name": state.capitalize(), "timestamp": at.isoformat(), "message": message},
            **more,
        }
        self.states[run] = [{"type": state, "message": message}]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("refused", request=request)
        body = json.loads(request.content or "{}")
        match request.url.path.split("/")[2:]:
            case ["flow_runs", "filter"]:
                found = self._filtered(body["flow_runs"])
                return httpx.Response(200, json=found[body["offset"] : body["offset"] + body["limit"]])
            case ["flow_runs", run]:
                self.meanwhile()
                return httpx.Response(200, json=self.runs[run])
            case ["flow_runs", run, "set_state"]:
                state = {**body["state"], "timestamp": datetime.now(UTC).isoformat()}
                self.runs[run] |= {"state": state, "state_id": f"{run}-{len(self.states[run])}"}
                self.states[run].append(state)
                return httpx.Response(201, json={})
            case ["flow_run_states", ""]:
                return httpx.Response(200, json=self.states[request.url.params["flow_run_id"]])
            case ["work_pools", "filter"]:
                pools = {"soundtracks": "process", "soundtracks-match": "process", "azure": "azure-container-instance"}
                return httpx.Response(200, json=[{"name": name, "type": kind} for name, kind in pools.items()])
            case ["work_pools", _, "workers", "filter"]:
                workers = {"long gone": "OFFLINE"} | dict.fromkeys(self.online, "ONLINE")
                return httpx.Response(200, json=[{"name": name, "status": status} for name, status in workers.items()])
            case ["events", "count-by", "resource"]:
                wanted = body["filter"]["resource"]["id"]
                found = [f"prefect.flow-run.{run}" for run in self.beating]
                return httpx.Response(200, json=[{"value": run} for run in found if run in wanted])
        raise AssertionError(request.url)

    def _filtered(self, where: dict[str, Any]) -> list[dict[str, Any]]:
        parents = where.get("parent_flow_run_id", {}).get("any_")
        return [
            run
            for run in self.runs.values()
            if run["state"]["type"] in where["state"]["type"]["any_"] and (run["parent_run"] in parents if parents else True)
        ]

    def is_now(self, run: str) -> tuple[str, str]:
        state = self.runs[run]["state"]
        return state["name"], state["message"]
