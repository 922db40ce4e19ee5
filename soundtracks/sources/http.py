"""One way to ask a service: kept answers first, then at its pace, with retries in one place.

What goes wrong, and what comes of it:

| what                                                | outcome                                                                |
|-----------------------------------------------------|------------------------------------------------------------------------|
| 429 with Retry-After, in seconds or as a date       | all threads wait that long (at most MAX_WAIT), then asked again       |
| 429 without, or with nonsense                       | growing waits with jitter, then asked again                            |
| 500, 502, 503, 504; time-out; reset, half a body    | growing waits with jitter, then asked again                            |
| 200 that is not JSON, or is cut off                 | asked again; BadAnswer when that does not help; never stored           |
| 403 with HTML (a firewall)                          | asked again; Unavailable when that does not help                       |
| 401, 403 with JSON                                  | Unauthorized at once: names the setting                                |
| 404 (deleted, merged)                               | NotFound; stored, so it is not asked again                             |
| any other 4xx                                       | BadAnswer, not asked again                                             |
| ATTEMPTS used up, or MAX_WAITING spent waiting     | Unavailable (BadAnswer): the one film fails, the run goes on           |
| `circuit` failed attempts in a row, of all requests | CircuitOpen: the run ends with what it has; the next one goes on there |
| fields missing or of another type                   | null (models.py); a record without id is left out                      |
| a clock that jumps                                  | nothing: waits use the monotonic clock, Retry-After dates are capped   |
"""

import json
import logging
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import httpx
import tenacity
from pydantic import SecretStr

from soundtracks.errors import BadAnswer, CircuitOpen, NotFound, SourceError, Unauthorized, Unavailable
from soundtracks.metrics import SourceMetrics
from soundtracks.sources.pacing import Clock, Pacer
from soundtracks.sources.rawstore import Answer, Asked, RawStore

log = logging.getLogger(__name__)

ATTEMPTS = 6
MAX_WAIT = 120.0  # seconds: two of Discogs' windows
MAX_WAITING = 300.0  # seconds of waiting for one answer, all retries together
#: Connecting, and silence between two bytes. Discogs' slow searches answer within about 20 s, or with 504.
TIMEOUT = httpx.Timeout(30.0, connect=10.0)

BACKOFF = tenacity.wait_exponential_jitter(initial=1, max=30, jitter=1)


class _Again(Exception):
    """Worth another attempt; `final` is what it comes to after the last."""

    def __init__(self, final: SourceError, wait: float | None = None) -> None:
        super().__init__(str(final))
        self.final = final
        self.wait = wait


def retry_after(value: str | None, clock: Clock) -> float | None:
    """Seconds that a Retry-After header asks for, 0 to MAX_WAIT; None when it is absent or makes no sense."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except (ValueError, TypeError):
            return None
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - clock.now().timestamp()
    return min(max(seconds, 0.0), MAX_WAIT) if seconds == seconds else None  # a NaN differs from itself


class Circuit:
    """Counts failed attempts in a row, over all threads; open after `failures` of them, and then for good."""

    def __init__(self, source: str, failures: int) -> None:
        self._source, self._failures, self._in_row = source, failures, 0
        self._lock = threading.Lock()
        self._last = ""

    def check(self) -> None:
        if self._in_row >= self._failures:
            raise CircuitOpen(
                self._source,
                f"{self._in_row} attempts in a row failed, the last with: {self._last}.",
                hint="What was answered is kept: run again later and it goes on from here.",
            )

    def succeeded(self) -> None:
        self._in_row = 0

    def failed(self, why: str) -> None:
        with self._lock:
            self._in_row += 1
            self._last = why


class PacingTransport(httpx.BaseTransport):
    """Lets requests out at the pacer's pace; reads the whole answer, so that its end is known and so are its failures."""

    def __init__(self, inner: httpx.BaseTransport, pacer: Pacer) -> None:
        self._inner, self._pacer = inner, pacer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._pacer.turn():
            response = self._inner.handle_request(request)
            response.request = request
            try:
                response.read()
            finally:
                response.close()
            self._pacer.learn(response.headers)
        return response

    def close(self) -> None:
        self._inner.close()


class RetryTransport(httpx.BaseTransport):
    """The one place that asks again. Raises CircuitOpen, Unavailable or BadAnswer; any other answer is returned."""

    def __init__(self, inner: httpx.BaseTransport, source: "Source") -> None:
        self._inner, self._source = inner, source
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Again),
            stop=self._enough,
            wait=self._wait,
            sleep=source.clock.sleep,
            before_sleep=self._note,
            reraise=True,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._retrying.copy()(self._attempt, request)
        except _Again as error:
            raise error.final from error

    def close(self) -> None:
        self._inner.close()

    def _attempt(self, request: httpx.Request) -> httpx.Response:
        source = self._source
        source.circuit.check()
        source.count(requests=1)
        try:
            response = self._inner.handle_request(request)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise self._again(Unavailable(source.name, f"no answer ({type(error).__name__}: {error}).")) from error
        status = response.status_code
        if status == 429:
            wait = retry_after(response.headers.get("retry-after"), source.clock)
            if wait:
                source.pacer.pause(wait)
            source.count(too_many_requests=1)
            raise self._again(Unavailable(source.name, "too many requests (429)."), wait)
        if status >= 500 or (status == 403 and not _is_json(response)):
            wait = retry_after(response.headers.get("retry-after"), source.clock)
            raise self._again(Unavailable(source.name, f"answered {status}."), wait)
        if status == 200 and not _is_json(response):
            raise self._again(BadAnswer(source.name, "the answer is no JSON, or is cut off."))
        source.circuit.succeeded()
        return response

    def _again(self, final: SourceError, wait: float | None = None) -> _Again:
        self._source.circuit.failed(final.message)
        return _Again(final, wait)

    @staticmethod
    def _wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        wait = error.wait if isinstance(error, _Again) else None
        return BACKOFF(state) if wait is None else wait

    @staticmethod
    def _enough(state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= ATTEMPTS or state.idle_for + state.upcoming_sleep > MAX_WAITING

    def _note(self, state: tenacity.RetryCallState) -> None:
        self._source.count(retries=1, wait_seconds=state.upcoming_sleep)
        error = state.outcome.exception() if state.outcome else None
        log.info("%s Attempt %d, next in %.1f s.", error, state.attempt_number, state.upcoming_sleep)


def _is_json(response: httpx.Response) -> bool:
    try:
        json.loads(response.content)
    except ValueError:
        return False
    return True


class _Key(httpx.Auth):
    """Sets the Authorization header at the last moment: no request object elsewhere holds the key."""

    def __init__(self, value: SecretStr) -> None:
        self._value = value

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers["Authorization"] = self._value.get_secret_value()
        yield request


@dataclass(frozen=True)
class Access:
    """How a service is reached. `authorization`: the header's value. `secrets`: never to be seen anywhere. `setting`: where
    the user sets the key."""

    source: str
    base_url: str
    authorization: SecretStr
    secrets: tuple[SecretStr, ...]
    setting: str
    user_agent: str
    circuit: int

    @property
    def host(self) -> str:
        return httpx.URL(self.base_url).host


class Source(AbstractContextManager["Source"]):
    """Asks one service. Safe for threads; one a flow, closed at its end."""

    def __init__(
        self, access: Access, store: RawStore, pacer: Pacer, clock: Clock, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.name = access.source
        self.clock = clock
        self.pacer = pacer
        self.circuit = Circuit(access.source, access.circuit)
        self._access = access
        self._store = store
        self._metrics = SourceMetrics()
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Lock] = defaultdict(threading.Lock)
        # HTTP/1.1 on kept-alive connections: at these rates HTTP/2 gains nothing, and its header coder logs keys at DEBUG.
        inner = transport or httpx.HTTPTransport(limits=httpx.Limits(max_connections=32, keepalive_expiry=90))
        self._client = httpx.Client(
            transport=RetryTransport(PacingTransport(inner, pacer), self),
            base_url=access.base_url,
            headers={"User-Agent": access.user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"},
            auth=_Key(access.authorization),
            timeout=TIMEOUT,
        )

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    @property
    def metrics(self) -> SourceMetrics:
        """Counts so far. `wait_seconds`: waits for retries, and for the turn."""
        with self._lock:
            found = self._metrics.model_copy()
        found.wait_seconds = round(found.wait_seconds + self.pacer.waited, 3)
        return found

    def count(self, **counts: float) -> None:
        with self._lock:
            for name, value in counts.items():
                setattr(self._metrics, name, (getattr(self._metrics, name) or 0) + value)

    def knows(self, path: str, params: Mapping[str, str | int | None]) -> bool:
        """Whether the answer is kept, so that asking costs nothing."""
        return self._store.load(self._asked(path, params), self.clock.now()) is not None

    def get(self, path: str, params: Mapping[str, str | int | None]) -> dict[str, Any]:
        """The service's JSON object for a request; parameters that are None or "" are left out.

        Raises NotFound, Unauthorized, BadAnswer, Unavailable, CircuitOpen; LakeError when the answer cannot be kept.
        """
        asked = self._asked(path, params)
        with self._one_at_a_time(asked.name):
            answer = self._store.load(asked, self.clock.now())
            if answer:
                self.count(cache_hits=1)
            else:
                answer = self._ask(asked)
        if answer.status == 404:
            raise NotFound(self.name, f"{path} does not exist: deleted, or merged into another.")
        return dict(answer.body)

    def _asked(self, path: str, params: Mapping[str, str | int | None]) -> Asked:
        given = {name: str(value) for name, value in params.items() if value not in (None, "")}
        return Asked(source=self.name, host=self._access.host, path=path, params=given)

    @contextmanager
    def _one_at_a_time(self, name: str) -> Iterator[None]:
        """Two films with the same question ask it once."""
        with self._lock:
            lock = self._asking[name]
        with lock:
            yield
        with self._lock:
            self._asking.pop(name, None)

    def _ask(self, asked: Asked) -> Answer:
        response = self._client.get(asked.path, params=asked.params)
        text = response.text
        for secret in self._access.secrets:  # a service that echoes the key must not make us store or show it
            text = text.replace(secret.get_secret_value(), "[key]")
        status = response.status_code
        if status in (401, 403):
            raise Unauthorized(self.name, f"refused the key ({status}).", hint=f"Check {self._access.setting}.")
        if status not in (200, 404):
            raise BadAnswer(self.name, f"answered {status} to {asked.path}: {text[:200]}")
        body = json.loads(text) if status == 200 else None
        if status == 200 and not isinstance(body, dict):
            raise BadAnswer(self.name, f"answered {asked.path} with {type(body).__name__}, not an object.")
        answer = Answer(request=asked, at=self.clock.now(), status=status, body=body)
        self._store.save(answer)
        return answer
