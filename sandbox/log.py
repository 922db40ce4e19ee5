"""What was asked of a sandbox service: so that tests can say that nothing was asked twice, nor too fast."""

import bisect
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

SECRET_PARAMETERS = {"api_key", "key", "secret", "token"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `at` in seconds of the service's clock, `url` path and sorted query without secrets."""

    at: float
    method: str
    url: str
    status: int
    user_agent: str
    authenticated: bool
    fault: str | None


def canonical_url(path: str, query: str) -> str:
    pairs = sorted((k, v) for k, v in parse_qsl(query, keep_blank_values=True) if k not in SECRET_PARAMETERS)
    return f"{path}?{urlencode(pairs)}" if pairs else path


@dataclass
class RequestLog:
    requests: list[Asked] = field(default_factory=list)

    def clear(self) -> None:
        self.requests.clear()

    def count(self, status: int | None = None) -> int:
        return sum(status is None or r.status == status for r in self.requests)

    def repeated(self) -> dict[str, int]:
        """Addresses that were answered 200 more than once → how often."""
        counts = Counter(r.url for r in self.requests if r.status == 200)
        return {url: n for url, n in counts.items() if n > 1}

    def busiest(self, seconds: float) -> int:
        """The most requests in any stretch of so many seconds, refused ones included."""
        times = sorted(r.at for r in self.requests)
        return max((i + 1 - bisect.bisect_right(times, at - seconds) for i, at in enumerate(times)), default=0)

    def summary(self, seconds: float = 60.0) -> dict[str, Any]:
        return {
            "count": len(self.requests),
            "statuses": dict(Counter(str(r.status) for r in self.requests)),
            "paths": dict(Counter(r.url.partition("?")[0] for r in self.requests)),
            "repeated": self.repeated(),
            "busiest": {"seconds": seconds, "requests": self.busiest(seconds)},
            "requests": [asdict(r) for r in self.requests],
        }
