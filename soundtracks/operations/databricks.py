"""The match as a job of a Databricks workspace: started and waited for by the container's managed identity.

On REST and our own HTTP client with azure-identity's token, which is renewed as it lapses: the Python SDK of Databricks reads
ARM_USE_MSI, but has no login by managed identity behind it (0.162), and prefect-databricks takes a personal token or a client
secret, which would have to be kept. Prefect-free.
"""

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import httpx
import tenacity
from pydantic import BaseModel, ValidationError

from soundtracks.errors import AzureError, BadInput, UnexpectedAnswer
from soundtracks.operations.databricks_ends import ENDED, GOING_ON, End, end
from soundtracks.operations.replies import read_answer
from soundtracks.operations.vault import access_token

#: Databricks as Entra ID knows it: https://learn.microsoft.com/azure/databricks/dev-tools/auth/aad-token-manual
SCOPE = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default"
#: Where Azure's workspaces are: the token is sent nowhere else.
_HOST = re.compile(r"adb-\d+\.\d+\.(?:azuredatabricks\.net|databricks\.azure\.(?:us|cn))")
#: Seconds before its end from which on a token is not used: one about to lapse is refused (databricks-vscode 583).
RENEW_BEFORE = 300.0
#: Tries of one call, and seconds between them where the service names none; all together outlast a restart of the service.
ATTEMPTS, BACKOFF = 8, tenacity.wait_exponential_jitter(multiplier=1, max=60, jitter=1)
MAX_RETRY_AFTER = 300.0
_TIMEOUT = httpx.Timeout(60.0, connect=15.0)


class Token(Protocol):
    """Of azure-identity: `expires_on`, seconds of the epoch."""

    @property
    def token(self) -> str: ...
    @property
    def expires_on(self) -> int: ...


@dataclass(frozen=True)
class Job:
    """A job, as the browser shows its address."""

    host: str
    id: int

    @classmethod
    def read(cls, address: str) -> "Job":
        """Raises BadInput."""
        url = urlsplit(address.strip())
        found = re.search(r"(?:^|/)jobs/(\d+)", f"{url.path}#{url.fragment}")
        if url.scheme != "https" or not found or not _HOST.fullmatch(url.netloc):
            raise BadInput(
                f"SOUNDTRACKS_DATABRICKS_JOB is not the address of a job: {address}",
                hint="Copy it from the browser: https://adb-1234.5.azuredatabricks.net/jobs/678",
            )
        return cls(url.netloc, int(found[1]))


@dataclass(frozen=True)
class RunState:
    """`failure`: of a run that has ended without success. `words`: of one that goes on. `end_time`: seconds of the epoch."""

    life_cycle: str
    failure: End | None = None
    message: str = ""
    page: str = ""
    end_time: float = 0.0

    @property
    def ended(self) -> bool:
        return self.life_cycle in ENDED

    @property
    def words(self) -> str:
        return GOING_ON.get(self.life_cycle, self.life_cycle)


# What we need of the answers, see https://docs.databricks.com/api/azure/workspace/jobs; all else may be missing or empty.


class _Started(BaseModel):
    run_id: int


class _State(BaseModel):
    life_cycle_state: str
    result_state: str | None = None
    state_message: str | None = None


class _Details(BaseModel):
    code: str | None = None
    message: str | None = None


class _Status(BaseModel):
    termination_details: _Details | None = None


class _Task(BaseModel):
    run_id: int | None = None


class _Run(BaseModel):
    """`end_time`: milliseconds of the epoch."""

    state: _State
    status: _Status | None = None
    run_page_url: str | None = None
    end_time: int | None = None
    tasks: list[_Task] | None = None


class _Output(BaseModel):
    error: str | None = None


class _Refusal(BaseModel):
    error_code: str | None = None
    message: str | None = None


class _Nothing(BaseModel):
    pass


M = TypeVar("M", bound=BaseModel)


class _Again(Exception):
    def __init__(self, why: AzureError, wait: float | None = None) -> None:
        super().__init__(str(why))
        self.why, self.wait = why, wait


@dataclass
class Jobs:
    """The calls of one job. `token`: gives a token for Databricks; `now`, `sleep`, `transport`: for tests."""

    job: Job
    token: Callable[[], Token] = lambda: access_token(SCOPE)
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    transport: httpx.BaseTransport | None = None
    _held: Token | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._client = httpx.Client(base_url=f"https://{self.job.host}/api/2.2/jobs", timeout=_TIMEOUT, transport=self.transport)

    def start(self, parameters: dict[str, str], key: str) -> int:
        """Starts a run, or finds the one that was started with the same key. Raises AzureError."""
        body = {"job_id": self.job.id, "job_parameters": parameters, "idempotency_token": key}
        return self._call(_Started, "POST", "/run-now", json=body).run_id

    def state(self, run: int) -> RunState:
        """Raises AzureError."""
        shown = self._call(_Run, "GET", "/runs/get", params={"run_id": run})
        state, page = shown.state, shown.run_page_url or ""
        if state.life_cycle_state not in ENDED:
            return RunState(state.life_cycle_state, page=page)
        details = (shown.status and shown.status.termination_details) or _Details()
        failure = end(details.code or "", state.result_state or "", state.life_cycle_state)
        message = (self._error(shown.tasks or []) if failure else "") or details.message or state.state_message or ""
        return RunState(state.life_cycle_state, failure, message.strip(), page, (shown.end_time or 0) / 1000)

    def cancel(self, run: int) -> None:
        """Asks for the end of a run; one that has ended is no error. Raises AzureError."""
        self._call(_Nothing, "POST", "/runs/cancel", json={"run_id": run})

    def _error(self, tasks: list[_Task]) -> str:
        """What the failed task raised; empty where nothing is kept of it."""
        for task in tasks:
            try:
                said = self._call(_Output, "GET", "/runs/get-output", params={"run_id": task.run_id})
            except AzureError:  # of a task that never ran there is none
                continue
            if said.error:
                return said.error.splitlines()[0]
        return ""

    def _call(self, model: type[M], method: str, path: str, **options: Any) -> M:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Again),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return retrying(lambda: self._ask(model, method, path, options))  # safe to repeat: a start has its key
        except _Again as error:
            raise error.why from error

    def _ask(self, model: type[M], method: str, path: str, options: dict[str, Any]) -> M:
        where = f"The workspace {self.job.host}"
        try:
            answer = self._client.request(method, path, headers={"Authorization": f"Bearer {self._token()}"}, **options)
        except httpx.TransportError as error:
            hint = "Is the address right, and does the workspace's network admit this one?"
            raise _Again(AzureError(f"{where} does not answer: {type(error).__name__}.", hint=hint)) from error
        if answer.is_success or answer.is_redirect:
            try:
                return read_answer(model, answer.content, where)
            except UnexpectedAnswer as error:  # of something on the way, mostly
                raise _Again(error) from error
        said = _refusal(answer)
        message = (said.message or answer.reason_phrase)[:500]
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.status_code >= 500:
            why = AzureError(f"{where} is busy or out of order: {message}", hint="Run again later.")
            raise _Again(why, _retry_after(answer))
        if answer.status_code == httpx.codes.UNAUTHORIZED or (
            answer.status_code == 403 and said.error_code != "PERMISSION_DENIED"
        ):
            self._held = None  # lapsed, or not valid yet where the clocks differ
            hint = "The identity must be a service principal of the workspace: docs/azure.md, Databricks."
            raise _Again(AzureError(f"{where} does not accept the identity's token: {message}", hint=hint))
        if answer.status_code == httpx.codes.FORBIDDEN:
            hint = "It needs the permission CAN_MANAGE_RUN on the job: docs/azure.md, Databricks."
            raise AzureError(f"{where} refuses the identity: {message}", hint=hint)
        hint = "Check SOUNDTRACKS_DATABRICKS_JOB; `databricks bundle deploy` makes the job."
        raise AzureError(f"{where} refuses {path.removeprefix('/')} of job {self.job.id}: {message}", hint=hint)

    def _token(self) -> str:
        if self._held is None or self._held.expires_on - self.now() < RENEW_BEFORE:
            self._held = self.token()
        return self._held.token


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _Again) else None
    return BACKOFF(state) if asked is None else asked


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds; Databricks names them as a number. None: none that make sense."""
    try:
        seconds = float(answer.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _refusal(answer: httpx.Response) -> _Refusal:
    """What a refusal says of itself; nothing where it is a page of something on the way."""
    try:
        return _Refusal.model_validate_json(answer.content)
    except ValidationError:
        return _Refusal()
