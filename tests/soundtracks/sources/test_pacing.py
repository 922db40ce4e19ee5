"""Pacing in simulated time: the service's own moving window is the judge."""

import random
from collections import deque
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundtracks.sources.pacing import Pacer
from tests.rigs.moved_clock import NOW, MovedClock


class Service:
    """A moving window that counts what arrives, as Discogs does."""

    def __init__(self, limit: int, window: float) -> None:
        self.limit, self.window = limit, window
        self.times: deque[float] = deque()
        self.refused = 0

    def arrive(self, at: float) -> dict[str, str]:
        while self.times and self.times[0] <= at - self.window:
            self.times.popleft()
        if len(self.times) >= self.limit:
            self.refused += 1
        else:
            self.times.append(at)
        count = len(self.times)
        return {
            "x-discogs-ratelimit": str(self.limit),
            "x-discogs-ratelimit-used": str(count),
            "x-discogs-ratelimit-remaining": str(max(0, self.limit - count)),
        }


def ask(pacer: Pacer, clock: MovedClock, service: Service, there: float = 0.0, back: float = 0.0) -> None:
    with pacer.turn():
        clock.sleep(there)
        headers = service.arrive(clock.monotonic())
        clock.sleep(back)
        pacer.learn(headers)


def test_five_windows_use_the_allowance_evenly(clock: MovedClock) -> None:
    pacer, service = Pacer(60, 60.0, clock), Service(60, 60.0)
    start, times = clock.monotonic(), []
    while clock.monotonic() - start < 300:
        ask(pacer, clock, service, 0.15, 0.15)
        times.append(clock.monotonic())
    assert service.refused == 0
    assert len(times) >= 0.97 * 300
    gaps = [b - a for a, b in pairwise(times)]
    assert max(gaps) < 1.4
    assert min(gaps) > 0.6


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([(60, 60.0), (25, 60.0), (40, 1.0), (3, 10.0)]), st.floats(0, 2))
def test_no_delay_on_the_way_breaks_the_window(seed: int, allowance: tuple[int, float], slowest: float) -> None:
    clock, draw = MovedClock(), random.Random(seed)
    pacer, service = Pacer(*allowance, clock), Service(*allowance)
    for _ in range(3 * allowance[0]):
        ask(pacer, clock, service, draw.uniform(0, slowest), draw.uniform(0, slowest))
    assert service.refused == 0


def test_a_ceiling_makes_up_for_slow_answers(clock: MovedClock) -> None:
    """TMDB: 40 requests a second leave, though each permit is busy for 1.2 s; never more than 50 within any second."""
    pacer, service = Pacer(40, 1.0, clock, ceiling=50), Service(50, 1.0)
    under_way: deque[tuple[float, AbstractContextManager[None]]] = deque()
    start, made = clock.monotonic(), 0
    while clock.monotonic() - start < 10:
        turn = pacer.turn()
        turn.__enter__()
        service.arrive(clock.monotonic())
        under_way.append((clock.monotonic() + 0.2, turn))
        made += 1
        while under_way and under_way[0][0] <= clock.monotonic() + 0.02:
            under_way.popleft()[1].__exit__(None, None, None)
    assert service.refused == 0
    assert made >= 0.97 * 400


def test_a_clock_that_is_set_moves_no_turn(clock: MovedClock) -> None:
    """Pacing looks at the monotonic time only: whatever the wall clock says, nothing is too early and nothing stalls."""

    class Jumping(MovedClock):
        def now(self) -> datetime:
            return NOW + timedelta(days=draw.uniform(-4000, 4000))

    jumping, draw = Jumping(), random.Random(5)
    pacer, service = Pacer(60, 60.0, jumping), Service(60, 60.0)
    start = jumping.monotonic()
    for _ in range(180):
        ask(pacer, jumping, service, 0.1, 0.1)
    assert service.refused == 0
    assert jumping.monotonic() - start <= 181


@pytest.mark.parametrize("told", [25, 240])
def test_follows_the_allowance_that_the_service_tells(clock: MovedClock, told: int) -> None:
    pacer, service = Pacer(60, 60.0, clock), Service(told, 60.0)
    start = clock.monotonic()
    count = 0
    while clock.monotonic() - start < 180:
        ask(pacer, clock, service)
        count += 1
    assert service.refused == 0
    assert pacer.limit == told
    assert count >= 0.97 * 3 * told


def test_leaves_room_for_what_others_have_used(clock: MovedClock) -> None:
    pacer, service = Pacer(60, 60.0, clock), Service(60, 60.0)
    for _ in range(40):  # another program, a moment ago
        service.arrive(clock.monotonic())
    start = clock.monotonic()
    for _ in range(80):
        ask(pacer, clock, service)
    assert service.refused == 0
    assert clock.monotonic() - start < 140


def inexact(kind: str, number: int, headers: dict[str, str]) -> dict[str, str]:
    """Counters as they were measured: spikes of 20 in one of 20 answers, of the used or of what is left; a doubled count."""
    limit, used, left = (int(headers[f"x-discogs-ratelimit{part}"]) for part in ("", "-used", "-remaining"))
    spike = 20 if number % 20 == 7 else 0
    match kind:
        case "spikes of used":
            used += spike
        case "spikes of both":
            used, left = used + spike, max(0, left - spike)
        case "doubled":
            used *= 2
        case "used alone, with spikes":
            return {"x-discogs-ratelimit": str(limit), "x-discogs-ratelimit-used": str(used + spike)}
    return {"x-discogs-ratelimit": str(limit), "x-discogs-ratelimit-used": str(used), "x-discogs-ratelimit-remaining": str(left)}


@pytest.mark.parametrize("kind", ["spikes of used", "spikes of both", "doubled", "used alone, with spikes"])
def test_inexact_counters_cost_nothing(clock: MovedClock, kind: str) -> None:
    pacer, service = Pacer(60, 60.0, clock), Service(60, 60.0)
    start, count = clock.monotonic(), 0
    while clock.monotonic() - start < 600:
        with pacer.turn():
            clock.sleep(0.2)
            pacer.learn(inexact(kind, count, service.arrive(clock.monotonic())))
        count += 1
    assert service.refused == 0
    assert count >= 0.97 * 600


def test_another_program_gets_its_share_and_leaves_it(clock: MovedClock) -> None:
    """Twenty requests a minute of somebody else, for three minutes, between ours: none of ours is refused for long."""
    pacer, service = Pacer(60, 60.0, clock), Service(60, 60.0)
    start, ours, theirs = clock.monotonic(), 0, 0
    while clock.monotonic() - start < 600:
        if clock.monotonic() - start < 180 and theirs <= (clock.monotonic() - start) / 3:
            ours_refused = service.refused
            service.arrive(clock.monotonic())
            service.refused = ours_refused
            theirs += 1
        ask(pacer, clock, service, 0.1, 0.1)
        ours += 1
    assert theirs >= 55
    assert service.refused <= 3, "of ours"
    assert ours >= 0.93 * (600 - theirs)


def test_a_pause_holds_all_back(clock: MovedClock) -> None:
    pacer = Pacer(60, 60.0, clock)
    pacer.pause(30)
    with pacer.turn():
        assert clock.slept == [30]


def test_the_shared_limit_gets_every_permit_back(clock: MovedClock) -> None:
    class Shared:
        out, told = 0, 0

        def take(self) -> object:
            self.out += 1
            return self

        def give_back(self, permit: object) -> None:
            self.out -= 1

        def resize(self, limit: int) -> None:
            self.summary = limit

        def close(self) -> None: ...

    shared = Shared()
    pacer = Pacer(60, 60.0, clock, shared)
    with pytest.raises(ConnectionError), pacer.turn():
        raise ConnectionError
    with pacer.turn():
        assert shared.out == 1
        pacer.learn({"x-discogs-ratelimit": "25"})
    assert (shared.out, shared.summary) == (0, 25)
