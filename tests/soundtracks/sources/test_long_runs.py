"""Twenty minutes at Discogs' real pace, in simulated time over real sockets: storms of 429, other programs, bad counters."""

import random
from collections.abc import Callable

import pytest

from sandbox.discogs import Discogs as DiscogsService
from sandbox.faults import Fault
from soundtracks.errors import SourceError
from soundtracks.sources.http import Source
from tests.rigs.moved_clock import MovedClock

pytestmark = pytest.mark.slow
Opener = Callable[..., Source]
MINUTES = 20

STORMS = {
    "calm": ([], 0.95),
    "every tenth answer is a 429": ([Fault(status=429, every=10, times=None)], 0.6),
    "a storm of 40 in a row, twice": ([Fault(status=429, after=200, times=40), Fault(status=429, after=300, times=40)], 0.2),
    "429s that say come at once": ([Fault(status=429, headers={"Retry-After": "0"}, every=15, times=None)], 0.6),
    "spikes of 20 in one of 20 answers": ([Fault(kind="counter", plus=20, remaining_too=True, every=20, times=None)], 0.95),
    "a doubled count": ([Fault(kind="counter", factor=2, times=None)], 0.95),
}


@pytest.mark.parametrize(("faults", "share"), STORMS.values(), ids=STORMS)
def test_twenty_minutes(
    open_discogs: Opener, discogs_service: DiscogsService, clock: MovedClock, faults: list[Fault], share: float
) -> None:
    """No run is ended by it, hardly a film is lost to it, and the allowance is used: at least `share` of it."""
    discogs_service.faults.add(*faults)
    source, start, answered, lost = open_discogs(), clock.monotonic(), 0, 0
    while clock.monotonic() - start < MINUTES * 60:
        try:
            source.get("/masters/90000000", {"n": answered + lost})
        except SourceError as error:
            if "does not exist" in str(error):
                answered += 1
            else:
                lost += 1
    assert lost <= 14, "of the storms of 40, six attempts each"
    assert answered >= share * MINUTES * 60
    refused_by_pace = source.metrics.too_many_requests - sum(
        request.fault is not None for request in discogs_service.log.requests if request.status == 429
    )
    assert refused_by_pace == 0
    assert discogs_service.log.busiest(60) <= 60


def test_twenty_minutes_beside_another_program(open_discogs: Opener, discogs_service: DiscogsService, clock: MovedClock) -> None:
    """It takes 20 requests a minute, unevenly, from the same address: ours go on, and both together stay within 60."""
    draw, source, start = random.Random(7), open_discogs(), clock.monotonic()
    other = open_discogs(discogs_retention_hours=0)
    ours, theirs = 0, 0
    while clock.monotonic() - start < MINUTES * 60:
        if draw.random() < 0.5 and theirs < (clock.monotonic() - start) / 3:
            theirs += 1
            with pytest.raises(SourceError):
                other.get("/masters/90000001", {"n": theirs})
        with pytest.raises(SourceError, match="does not exist"):
            source.get("/masters/90000000", {"n": ours})
        ours += 1
    assert ours >= 0.55 * MINUTES * 60
    assert source.metrics.too_many_requests + other.metrics.too_many_requests <= 0.02 * ours
