"""The tries of a part, as many as there is time for."""

import math
import time
from collections.abc import Iterator

#: When this process has no time for another try, on the clock of `time.monotonic`.
_end = math.inf


def end_within(minutes: float) -> None:
    """From so many minutes on no part begins another try."""
    global _end
    _end = time.monotonic() + minutes * 60


def tries(count: int) -> Iterator[int]:
    """The numbers of `count` tries, or of as many as there is time for, one at least."""
    for number in range(count):
        if number and time.monotonic() > _end:
            print(f"  no time for {count - number} of {count} tries", flush=True)
            return
        yield number
