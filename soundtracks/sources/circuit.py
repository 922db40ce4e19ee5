"""When a service that does not answer is asked no more."""

import threading

from soundtracks.errors import CircuitOpen, SourceError
from soundtracks.sources.pacing import Clock

#: Seconds without any answer before a service is in doubt: what fails for a shorter while costs waits, and no question.
PATIENCE = 30.0


class Circuit:
    """Whether a service is still worth asking: open once `failures` different questions in a row, over all threads, were given
    up; and from the first that is refused for it on for good, whatever is answered still.

    A question counts once: a record that always fails says nothing of the service, however often it is asked. While attempts
    fail a question counts for nothing: a dozen threads meet a blip with a dozen questions at once. After `failures` attempts in
    a row, over PATIENCE seconds at least, the service is in `doubt`: each question gets one attempt, so that one that is down
    is soon known.
    """

    def __init__(self, source: str, failures: int, clock: Clock) -> None:
        self._source, self._failures, self._clock = source, failures, clock
        self._attempts = self._questions = 0  # that failed in a row
        self._first_at = self._last_at = 0.0  # when these attempts failed
        self._counted: set[str] = set()
        self._lock = threading.Lock()
        self._last: SourceError | None = None
        self._open: tuple[str, str] | None = None  # why, and what to do

    def check(self) -> None:
        """Raises CircuitOpen."""
        with self._lock:
            if not self._open and self._last and self._questions >= self._failures:
                hint = "What was answered is kept: run again later and it goes on from here."
                self._open = self._said(), f"{self._last.hint} {hint}".strip()
            if self._open:
                raise CircuitOpen(self._source, self._open[0], hint=self._open[1])

    @property
    def silence(self) -> str:
        """Why the service may be down, though it may be a blip; empty while nothing says so."""
        with self._lock:
            if self._open:
                return self._open[0]
            return self._said() if self._attempts >= self._failures else ""

    @property
    def doubt(self) -> bool:
        """Whether the service seems to be down for longer than a blip."""
        with self._lock:
            return self._open is not None or (self._attempts >= self._failures and self._last_at - self._first_at >= PATIENCE)

    def forget(self) -> None:
        """An answer came, or nothing follows from those that did not: what has failed so far counts no more."""
        with self._lock:
            self._attempts = self._questions = 0

    def failed(self, why: SourceError) -> None:
        """An attempt at a question."""
        with self._lock:
            self._last_at = self._clock.monotonic()
            self._first_at = self._first_at if self._attempts else self._last_at
            self._attempts += 1
            self._last = why

    def given_up(self, question: str) -> None:
        """Its last attempt has failed."""
        with self._lock:
            self._questions += question not in self._counted
            self._counted.add(question)

    def _said(self) -> str:
        return f"{self._attempts} attempts in a row failed, the last with: {self._last.message if self._last else ''}"
