"""One way to ask a service: cached responses first, then at its pace, with retries in one place.

What goes wrong, and what comes of it:

| what                                                | outcome                                                                |
|-----------------------------------------------------|------------------------------------------------------------------------|
| 429 with Retry-After, in seconds or as a date       | all threads wait that long (at most MAX_WAIT), then asked again        |
| 429 without, or with 0, the past or nonsense        | all threads wait, longer each time, then asked again                   |
| 500, 502, 503, 504; time-out; reset, half a body    | growing waits with jitter, then asked again                            |
| an answer that takes longer than DEADLINE in all    | the same                                                               |
| 200 that is not JSON, or is cut off                 | asked again; BadAnswer when that does not help; never stored           |
| 200 that JSON allows but nobody can keep            | BadAnswer at once: lone surrogates, nesting beyond 200; never stored   |
| 200, without the hits or the record asked for       | BadAnswer at once; never stored                                        |
| more than MAX_ANSWER bytes (endless, a bomb)        | BadAnswer at once                                                      |
| 403, 404 with HTML (a firewall, a wrong address)    | asked again; Unavailable when that does not help                       |
| 401, 403 with JSON                                  | Unauthorized at once: names the setting                                |
| 404 with JSON (deleted, merged)                     | NotFound; stored, so it is not asked again                             |
| 404 to a search                                     | BadAnswer: it is about no record; not stored                           |
| any other 4xx                                       | BadAnswer, not asked again                                             |
| ATTEMPTS used up, or MAX_WAITING spent on it        | Unavailable (BadAnswer): the one film fails, the run goes on           |
| `circuit` failed attempts in a row, over PATIENCE   | each further question gets one attempt, until one is answered          |
| `circuit` different questions in a row given up     | CircuitOpen: the run ends with what it has; the next one goes on there |
| fields missing or of another type                   | null (models.py); a record without id is left out                      |
| a clock that jumps                                  | nothing: waits use the monotonic clock, Retry-After dates are capped   |
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

import httpx
import tenacity

from soundtracks.errors import BadAnswer, NotFound, SourceError, Unauthorized, Unavailable
from soundtracks.masking import mask, scrub
from soundtracks.metrics import SourceMetrics
from soundtracks.sources.answers import Unreadable, is_json, parse
from soundtracks.sources.circuit import Circuit
from soundtracks.sources.endpoints import Access
from soundtracks.sources.models import whole
from soundtracks.sources.network import MAX_ANSWER, Garbled, Network, TooLarge
from soundtracks.sources.pacing import Clock, Pacer
from soundtracks.sources.rawstore import Answer, Asked, RawStore

log = logging.getLogger(__name__)

ATTEMPTS = 6
MAX_WAIT = 120.0  # seconds: two of Discogs' windows
MAX_WAITING = 300.0  # seconds spent on one answer, all retries together
#: Connecting, and silence between two bytes. Discogs' slow searches answer within about 20 s, or with 504.
TIMEOUT = httpx.Timeout(30.0, connect=10.0)

BACKOFF = tenacity.wait_exponential_jitter(multiplier=1, max=30, jitter=1)
#: After 429, where the service names no time (Discogs never does): all attempts together outlast its window of 60 s.
BACKOFF_429 = tenacity.wait_exponential_jitter(multiplier=2, max=60, jitter=1)


class _Again(Exception):
    """Worth another attempt; `final` is what it comes to after the last, `wait` what the service asked for."""

    def __init__(self, final: SourceError, wait: float | None = None, *, too_many: bool = False) -> None:
        super().__init__(str(final))
        self.final = final
        self.wait = wait
        self.too_many = too_many


def retry_after(value: str | None, clock: Clock) -> float | None:
    """Seconds that a Retry-After header asks for, up to MAX_WAIT; None when it is absent, past or makes no sense."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            return None
        seconds = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - clock.now().timestamp()
    return min(seconds, MAX_WAIT) if seconds > 0 else None  # not NaN either


class PacingTransport(httpx.BaseTransport):
    """Lets requests out at the pacer's pace. Answers come whole, so that their end is known and so are their failures."""

    def __init__(self, inner: httpx.BaseTransport, pacer: Pacer) -> None:
        self._inner, self._pacer = inner, pacer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._pacer.turn():
            response = self._inner.handle_request(request)
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
        circuit = self._source.circuit
        try:
            return self._retrying.copy()(self._attempt, request)
        except _Again as error:
            if error.too_many:  # the attempts before the last do not count for the circuit: the service lives
                circuit.failed(error.final)
            circuit.given_up(str(request.url))
            raise error.final from error

    def close(self) -> None:
        self._inner.close()

    def _attempt(self, request: httpx.Request) -> httpx.Response:
        source = self._source
        source.circuit.check()
        source.count(requests=1)
        try:
            response = self._inner.handle_request(request)
        except httpx.TransportError as error:
            why = f"no answer ({type(error).__name__}: {mask(str(error))})."
            final = Unavailable(source.name, why, hint=source.access.unreachable(error))
            raise self._again(final) from scrub(error)
        except Garbled as error:
            raise self._again(BadAnswer(source.name, f"the answer cannot be unpacked: {error}.")) from error
        except TooLarge:
            large = BadAnswer(source.name, f"the answer is larger than {MAX_ANSWER >> 20} MB.")
            source.circuit.failed(large)
            source.circuit.given_up(str(request.url))
            raise large from None
        status = response.status_code
        if status == 429:
            wait = retry_after(response.headers.get("retry-after"), source.clock)
            source.count(too_many_requests=1)
            raise _Again(Unavailable(source.name, "too many requests (429)."), wait, too_many=True)
        if status >= 500 or (status in (403, 404) and not is_json(response.content)):
            wait = retry_after(response.headers.get("retry-after"), source.clock)
            hint = source.access.other_address if status in (403, 404) else ""
            raise self._again(Unavailable(source.name, f"answered {status}.", hint=hint), wait)
        if status in (200, 404):
            self._read(response)
        source.circuit.forget()
        return response

    def _read(self, response: httpx.Response) -> None:
        """Leaves the JSON of an answer in its extensions."""
        source = self._source
        try:
            response.extensions["json"] = parse(source.access.without_secrets(response.content))
        except Unreadable as error:
            if error.passes:
                final = BadAnswer(source.name, "the answer is no JSON, or is cut off.", hint=source.access.other_address)
                raise self._again(final) from error
            source.circuit.forget()
            raise BadAnswer(source.name, f"the answer is no JSON that could be kept: {error}.") from error

    def _again(self, final: SourceError, wait: float | None = None) -> _Again:
        self._source.circuit.failed(final)
        return _Again(final, wait)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """At least the growing wait, however soon the service says that it may be asked. After 429 all threads wait."""
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, _Again):
            return BACKOFF(state)
        wait = max(BACKOFF_429(state) if error.too_many else BACKOFF(state), error.wait or 0.0)
        if error.too_many:
            self._source.pacer.pause(wait)
        return wait

    def _enough(self, state: tenacity.RetryCallState) -> bool:
        """Of a service in doubt each question gets one attempt. One that answers 429 lives."""
        error = state.outcome.exception() if state.outcome else None
        if self._source.circuit.doubt and not (isinstance(error, _Again) and error.too_many):
            return True
        spent = max(state.idle_for + state.upcoming_sleep, state.seconds_since_start or 0.0)
        return state.attempt_number >= ATTEMPTS or spent > MAX_WAITING

    def _note(self, state: tenacity.RetryCallState) -> None:
        self._source.count(retries=1, wait_seconds=state.upcoming_sleep)
        error = state.outcome.exception() if state.outcome else None
        log.info("%s Attempt %d, next in %.1f s.", error, state.attempt_number, state.upcoming_sleep)


class KeyTransport(httpx.BaseTransport):
    """Puts the key into a request at the last moment: no request object, log line or error above here holds it."""

    def __init__(self, inner: httpx.BaseTransport, access: Access) -> None:
        self._inner, self._access = inner, access

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers, url = httpx.Headers(request.headers), request.url
        if self._access.authorization:
            headers["Authorization"] = self._access.authorization.get_secret_value()
        for name, secret in self._access.parameters.items():
            url = url.copy_merge_params({name: secret.get_secret_value()})
        keyed = httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=request.extensions)
        response = self._inner.handle_request(keyed)
        response.request = request
        return response

    def close(self) -> None:
        self._inner.close()


class Source(AbstractContextManager["Source"]):
    """Asks one service. Safe for threads; one a flow, closed at its end."""

    def __init__(
        self, access: Access, store: RawStore, pacer: Pacer, clock: Clock, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.name = access.source
        self.clock = clock
        self.pacer = pacer
        self.circuit = Circuit(access.source, access.circuit, clock)
        self.access = access
        self._store = store
        self._metrics = SourceMetrics()
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Lock] = defaultdict(threading.Lock)
        network = KeyTransport(Network(httpx.URL(access.base_url), transport), access)
        self._client = httpx.Client(
            transport=RetryTransport(PacingTransport(network, pacer), self),
            base_url=access.base_url,
            headers={"User-Agent": access.user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"},
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
        return self._kept(self._asked(path, params)) is not None

    def get(self, path: str, params: Mapping[str, str | int | None], count: str = "") -> dict[str, Any]:
        """The service's JSON object for a request; parameters that are None or "" are left out. `count`: the number of
        SourceMetrics that a request counts towards, beside all requests; one that is answered already counts towards none.

        Raises NotFound, Unauthorized, BadAnswer, Unavailable, CircuitOpen; LakeError when the answer cannot be kept.
        """
        asked = self._asked(path, params)
        with self._one_at_a_time(asked.name):
            answer = self._kept(asked)
            if answer:
                self.count(cache_hits=1)
            else:
                if count:
                    self.count(**{count: 1})
                answer = self._ask(asked)
        if answer.status == 404:
            raise NotFound(self.name, f"{path} does not exist: deleted, or merged into another.")
        return dict(answer.body)

    def _kept(self, asked: Asked) -> Answer | None:
        """A 404 counts only with the service's own words: those of proxies and wrong addresses were kept once."""
        answer = self._store.load(asked, self.clock.now())
        if answer is None:
            return None
        says = isinstance(answer.body, dict) if answer.status == 404 else not _missing(asked.path, answer.body)
        return answer if says else None

    def _asked(self, path: str, params: Mapping[str, str | int | None]) -> Asked:
        given = {name: str(value) for name, value in params.items() if value not in (None, "")}
        return Asked(source=self.name, host=self.access.host, base=self.access.foreign_path, path=path, params=given)

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
        status, body = response.status_code, response.extensions.get("json")
        if status in (401, 403):
            raise Unauthorized(self.name, f"refused the key ({status}).", hint=f"Check {self.access.setting}.")
        if status == 404 and "/search" in asked.path and asked.params.get("page", "1") != "1":
            raise NotFound(self.name, f"{asked.path} has no such page: its list has become shorter.")  # never kept
        if status not in (200, 404) or (status == 404 and ("/search" in asked.path or not isinstance(body, dict))):
            text = self.access.without_secrets(response.content)[:200].decode(errors="replace")
            raise BadAnswer(self.name, f"answered {status} to {asked.path}: {text}")
        if status == 200 and not isinstance(body, dict):
            raise BadAnswer(self.name, f"answered {asked.path} with {type(body).__name__}, not an object.")
        if isinstance(body, dict) and status == 200 and (missing := _missing(asked.path, body)):
            raise BadAnswer(self.name, f"answered {asked.path} without {missing}.")
        answer = Answer(request=asked, at=self.clock.now(), status=status, body=body)
        try:
            self._store.save(answer)
        except ValueError as error:
            raise BadAnswer(self.name, f"the answer to {asked.path} cannot be kept: {error}.") from error
        return answer


def _missing(path: str, body: Mapping[str, Any]) -> str:
    """What an answer lacks of what it was asked for: a list of hits, an id in any of them, the very record; "": nothing.
    Kept without it, it would count as "nothing found" for as long as answers are kept."""
    if "/search" in path:
        return "" if _are_hits(body.get("results")) else "results, or with results of which none has an id"
    if path.startswith("/find/"):  # TMDB: a list for each kind of record
        lists = [value for name, value in body.items() if name.endswith("_results")]
        return "" if lists and all(map(_are_hits, lists)) else "lists of what it found, or with lists in which nothing has an id"
    found = whole(body.get("id"))
    return "" if found and found == (whole(path.rpartition("/")[2]) or found) else "the record of this id"


def _are_hits(value: Any) -> bool:
    """Whether it is a list of records, empty or with an id at least once."""
    return isinstance(value, list) and (not value or any(isinstance(hit, dict) and whole(hit.get("id")) for hit in value))
