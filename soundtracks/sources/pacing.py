"""Pacing: as many requests as a service allows, evenly, and never one too many.

A service lets `limit` requests through in any `window` seconds. Each of the `limit` permits is busy from the moment a request
is sent until one window after its answer has come. The service counted the request somewhere in between, so whatever the
network does, no stretch of `window` seconds holds more than `limit` requests on the service's clock. What this costs is the
share latency / (window + latency): under 1 % for Discogs. On top of that, requests leave `window / limit` seconds apart.

TMDB's window is so short that this share would be a tenth, and it lets more through than it should be asked: there `limit`
sets the pace, and the permits are a `ceiling` above it.
"""

import heapq
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

#: Answers in a row of which the one that tells of the fewest others is believed.
COUNTS = 2
#: Requests left free where other programs ask from our address: they may send one while our answer is under way.
RESERVE = 1


class Clock:
    """Time and sleep; tests put another in its place. Pacing uses the monotonic time, which no clock change moves."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class SharedLimit(Protocol):
    """An allowance that several processes share. `take` blocks until a request may be sent; every permit comes back through
    `give_back` when its answer is there, and must not be handed out again within one window from then."""

    def take(self) -> object: ...

    def give_back(self, permit: object) -> None: ...

    def resize(self, limit: int) -> None: ...

    def spare(self, requests: int) -> None:
        """Is told after each answer how many further requests the service itself would let through at that moment."""

    def close(self) -> None: ...


class Pacer:
    """Paces the requests of one process, any number of threads.

    `limit` requests per `window` seconds is where it starts; `learn` follows what the service says in its headers.
    `ceiling`: what the service lets through, where that is more than `limit`, at which it is to be asked.
    `waited`: seconds that threads have spent waiting for their turn.
    """

    def __init__(
        self, limit: int, window: float, clock: Clock, shared: SharedLimit | None = None, ceiling: int | None = None
    ) -> None:
        self.limit = limit
        self._spare = max(0, (ceiling or limit) - limit)
        self.window = window
        self.waited = 0.0
        self._clock = clock
        self._shared = shared
        self._lock = threading.Lock()
        self._free_at: list[float] = []  # permits whose answer has come, by the time they are free again
        self._in_flight = 0
        self._next = clock.monotonic()
        self._named_limit = 0  # the limit that the service named last
        self._others = 0  # requests in the service's window that are not ours
        self._others_until = 0.0
        self._counts: deque[int] = deque(maxlen=COUNTS)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until a request may leave; the permit is given back when the block ends."""
        started = self._clock.monotonic()
        self._take()
        permit = None
        try:
            permit = self._shared.take() if self._shared else None
            with self._lock:
                self.waited += self._clock.monotonic() - started
            yield
        finally:
            if self._shared and permit is not None:
                self._shared.give_back(permit)
            with self._lock:
                self._in_flight -= 1
                heapq.heappush(self._free_at, self._clock.monotonic() + self.window)

    def pause(self, seconds: float) -> None:
        """No request leaves for so long: the service asked for it."""
        with self._lock:
            self._next = max(self._next, self._clock.monotonic() + seconds)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Follows Discogs' `X-Discogs-Ratelimit` (the allowance) and `-Remaining` (what is left of it to all who share our
        address). `-Used` jumps, and is believed only where nothing else is told; of a few answers the most hopeful counts,
        so that a count that is wrong now and then costs nothing."""
        limit = _number(headers.get("x-discogs-ratelimit"))
        remaining, used = _number(headers.get("x-discogs-ratelimit-remaining")), _number(headers.get("x-discogs-ratelimit-used"))
        with self._lock:
            changed = limit is not None and limit > 0 and limit != self._named_limit
            if limit is not None and changed:
                self.limit = self._named_limit = limit
            if remaining is not None:
                used = max(0, self.limit - remaining)
            if used is not None:
                now = self._clock.monotonic()
                self._forget(now)
                # Ours covers all that the service can have counted of us, so others are never taken for more than they are.
                self._counts.append(max(0, used - self._in_flight - len(self._free_at)))
                self._others = min(self._counts)
                self._others_until = now + self.window
        if changed and self._shared:
            self._shared.resize(self.limit)
        if remaining is not None and self._shared:
            self._shared.spare(remaining)

    @property
    def interval(self) -> float:
        """Seconds between two requests."""
        return self.window / self._capacity()

    def _capacity(self) -> int:
        return max(1, self.limit - self._others - (RESERVE if self._others else 0))

    def _forget(self, now: float) -> None:
        while self._free_at and self._free_at[0] <= now:
            heapq.heappop(self._free_at)
        if now >= self._others_until:
            self._others = 0
            self._counts.clear()

    def _take(self) -> None:
        while True:
            with self._lock:
                now = self._clock.monotonic()
                self._forget(now)
                due = self._next
                if self._in_flight + len(self._free_at) >= self._capacity() + self._spare:
                    due = max(due, self._free_at[0] if self._free_at else now + self.interval)
                if due <= now:
                    self._in_flight += 1
                    # On a fixed grid, so that a thread waking late costs nothing; at most one interval is caught up.
                    self._next = max(self._next, now - self.interval) + self.interval
                    return
            self._clock.sleep(due - now)


def _number(text: str | None) -> int | None:
    """A count in ASCII digits: `²` is a digit too, and no number."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
