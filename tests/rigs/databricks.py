"""Stands for the jobs API of a Databricks workspace (2.2) and for the identity that asks it: as an HTTP transport, without a network.

https://docs.databricks.com/api/azure/workspace/jobs. A run goes through `way`, a look each, and ends in `fate`. Tokens lapse after
an hour of the clock, which moves when somebody waits.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

HOST = "adb-1234.5.azuredatabricks.net"
JOB = 678
LIFETIME = 3600.0


@dataclass(frozen=True)
class Fate:
    """How a run ends: `code` as workspaces of today give it, empty for those that give states only. `error`: of its task."""

    result: str = "SUCCESS"
    code: str = "SUCCESS"
    life_cycle: str = "TERMINATED"
    message: str = ""
    error: str = ""


@dataclass(frozen=True)
class Token:
    token: str
    expires_on: int


@dataclass
class Workspace:
    """`fates`: of the runs, in their order; the last for all that follow. `refuse`: answers that are given before the real ones.
    `work`: called with the parameters of a run that ends. `allowed`: whether the identity may run the job."""

    fates: list[Fate] = field(default_factory=lambda: [Fate()])
    way: tuple[str, ...] = ("QUEUED", "PENDING", "RUNNING", "TERMINATING")
    refuse: list[httpx.Response | Exception] = field(default_factory=list)
    work: Callable[[dict[str, str]], object] = lambda _: None
    allowed: bool = True
    clock: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    def token(self) -> Token:
        """A new one of the identity."""
        self.tokens.append(Token(f"token-{len(self.tokens)}", int(self.clock + LIFETIME)))
        return self.tokens[-1]

    def now(self) -> float:
        return self.clock

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock += seconds

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.refuse:
            refusal = self.refuse.pop(0)
            if isinstance(refusal, Exception):
                raise refusal
            return refusal
        bearer = request.headers["Authorization"].removeprefix("Bearer ")
        if not any(t.token == bearer and t.expires_on - self.clock > 30 for t in self.tokens):
            return _error(403, "403", "Invalid access token.")
        if not self.allowed:
            return _error(403, "PERMISSION_DENIED", "User does not have Manage Run permission on job 678.")
        assert request.url.host == HOST
        path = request.url.path.removeprefix("/api/2.2/jobs/")
        self.calls[path] += 1
        given = json.loads(request.content) if request.content else dict(request.url.params)
        called = {"run-now": self._start, "runs/get": self._get, "runs/cancel": self._cancel, "runs/get-output": self._output}
        return called[path](given)

    def _start(self, given: dict[str, Any]) -> httpx.Response:
        if given["job_id"] != JOB:
            return _error(400, "INVALID_PARAMETER_VALUE", f"Job {given['job_id']} does not exist.")
        assert len(given["idempotency_token"]) <= 64
        for number, run in self.runs.items():
            if run["key"] == given["idempotency_token"]:
                return httpx.Response(200, json={"run_id": number})
        number = 9_000 + len(self.runs)
        fate = self.fates[min(len(self.runs), len(self.fates) - 1)]
        run = {"key": given["idempotency_token"], "parameters": given["job_parameters"], "way": iter(self.way), "fate": fate}
        self.runs[number] = run
        return httpx.Response(200, json={"run_id": number, "number_in_job": number})

    def _get(self, given: dict[str, Any]) -> httpx.Response:
        run = self.runs[int(given["run_id"])]
        way: Iterator[str] = run["way"]
        shown = {"run_id": int(given["run_id"]), "run_page_url": f"https://{HOST}/jobs/{JOB}/runs/{given['run_id']}"}
        if state := next(way, None):
            return httpx.Response(200, json=shown | {"state": {"life_cycle_state": state}, "status": {"state": state}})
        fate: Fate = run["fate"]
        if "ended" not in run:
            run["ended"] = int(self.clock * 1000)
            if fate.result == "SUCCESS":
                self.work(run["parameters"])
        shown["end_time"] = run["ended"]
        state = {"life_cycle_state": fate.life_cycle, "state_message": fate.message}
        shown |= {"state": state | ({"result_state": fate.result} if fate.result else {}), "tasks": [{"run_id": 1}]}
        if fate.code:
            shown |= {"status": {"state": "TERMINATED", "termination_details": {"code": fate.code, "message": fate.message}}}
        return httpx.Response(200, json=shown)

    def _cancel(self, given: dict[str, Any]) -> httpx.Response:
        self.runs[int(given["run_id"])] |= {"way": iter(()), "fate": Fate("CANCELED", "USER_CANCELED")}
        return httpx.Response(200, json={})

    def _output(self, given: dict[str, Any]) -> httpx.Response:
        fates = [run["fate"] for run in self.runs.values()]
        if not fates[-1].error:
            return _error(400, "INVALID_PARAMETER_VALUE", "Run output is not available.")
        return httpx.Response(200, json={"error": fates[-1].error, "error_trace": "Traceback …"})


def _error(status: int, code: str, message: str) -> httpx.Response:
    return httpx.Response(status, json={"error_code": code, "message": message})
