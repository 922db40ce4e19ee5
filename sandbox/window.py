"""Rate limits as the services enforce them: a moving window over the requests that were let through."""

from collections import defaultdict, deque

from sandbox.clock import Clock


class MovingWindow:
    """At most `limit` requests in any `seconds`, for each caller by itself."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self.seconds = seconds
        self._clock = clock
        self._times: dict[str, deque[float]] = defaultdict(deque)

    def used(self, caller: str) -> int:
        times, now = self._times[caller], self._clock()
        while times and times[0] <= now - self.seconds:
            times.popleft()
        return len(times)

    def admit(self, caller: str, limit: int) -> bool:
        """Counts the request and lets it through, or refuses it (a refused request is not counted)."""
        if self.used(caller) >= limit:
            return False
        self._times[caller].append(self._clock())
        return True
