"""The allowance that runs share: simulated with many runs at once and kills, and once on a real Prefect server."""

import random
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.exceptions import ObjectNotFound

from soundtracks.operations.allowance import LOCKED, PrefectLimit
from soundtracks.sources.pacing import Pacer
from tests.rigs.moved_clock import MovedClock
from tests.soundtracks.sources.test_pacing import Service as Window

LIMIT, WINDOW = 60, 60.0
#: How often Prefect's server looks for leases that have ended, seconds.
SWEEP = 15.0
REQUEST = httpx.Request("POST", "http://prefect/increment-with-lease")


class Server:
    """The part of a Prefect server that keeps limits: slots that are leased, and come back when the lease ends."""

    def __init__(self, clock: MovedClock) -> None:
        self.clock = clock
        self.limits: dict[str, int] = {}
        self.leases: dict[UUID, tuple[int, float]] = {}
        self.leased = 0
        self.lost = 0
        self.down = False
        self.busy = 0

    @property
    def taken(self) -> int:
        return self.lost + sum(slots for slots, _ in self.leases.values())

    def _answer(self) -> None:
        if self.down:
            raise httpx.ConnectError("no server")
        if self.busy:
            self.busy -= 1
            raise httpx.HTTPStatusError("busy", request=REQUEST, response=httpx.Response(503, request=REQUEST))
        swept = self.clock.monotonic() // SWEEP * SWEEP
        self.leases = {lease: (slots, end) for lease, (slots, end) in self.leases.items() if end > swept}

    def read_global_concurrency_limit_by_name(self, name: str) -> int:
        self._answer()
        if name not in self.limits:
            raise ObjectNotFound(http_exc=Exception("404"))
        return self.limits[name]

    def create_global_concurrency_limit(self, limit: object) -> None:
        self._answer()
        self.limits[limit.name] = limit.limit  # type: ignore[attr-defined]

    def upsert_global_concurrency_limit_by_name(self, name: str, limit: int) -> None:
        self._answer()
        self.limits[name] = limit

    def update_global_concurrency_limit(self, name: str, change: GlobalConcurrencyLimitUpdate) -> None:
        self._answer()
        assert change.model_dump(exclude_unset=True) == {"active_slots": 0}
        self.lost = 0

    def restart(self) -> None:
        """Leases live in its memory, the count of slots in its database."""
        self.lost, self.leases = self.taken, {}

    def increment_concurrency_slots_with_lease(self, names: list[str], slots: int, mode: str, lease: float) -> httpx.Response:
        self._answer()
        (name,) = names
        if name not in self.limits:
            return httpx.Response(200, json={"lease_id": str(uuid4()), "limits": []}, request=REQUEST)
        if self.taken + slots > self.limits[name]:
            locked = httpx.Response(LOCKED, request=REQUEST)
            raise httpx.HTTPStatusError("locked", request=REQUEST, response=locked)
        made = uuid4()
        self.leased += 1
        self.leases[made] = (slots, self.clock.monotonic() + lease)
        limits = [{"id": str(uuid4()), "name": name, "limit": self.limits[name]}]
        return httpx.Response(200, json={"lease_id": str(made), "limits": limits}, request=REQUEST)

    def release_concurrency_slots_with_lease(self, lease: UUID) -> None:
        self._answer()
        self.leases.pop(lease, None)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def server(clock: MovedClock) -> Server:
    return Server(clock)


def limit(server: Server, slots: int = LIMIT, window: float = WINDOW) -> PrefectLimit:
    return PrefectLimit("discogs", slots, window, server, server.clock)  # type: ignore[arg-type]


def ask(shared: PrefectLimit, clock: MovedClock, seconds: float, made: list[float]) -> None:
    permit = shared.take()
    made.append(clock.monotonic())
    clock.sleep(seconds)
    shared.give_back(permit)


def most_within(times: list[float], window: float) -> int:
    return max(sum(start <= time < start + window for time in times) for start in times)


@pytest.mark.parametrize(("slots", "window", "used"), [(60, 60.0, 0.9), (25, 60.0, 0.9), (50, 1.0, 0.6)])
@pytest.mark.slow
def test_runs_at_once_stay_within_one_allowance(
    server: Server, clock: MovedClock, slots: int, window: float, used: float
) -> None:
    """Of fast services the runs hold slots in blocks, some of them idle: there `used` is less."""
    draw, made = random.Random(3), list[float]()
    runs = [limit(server, slots, window) for _ in range(3)]
    for _ in range(5 * slots):
        ask(draw.choice(runs), clock, draw.uniform(0, 0.2 * window / slots), made)
    assert most_within(made, window) <= slots
    assert len(made) / slots * window / (made[-1] - made[0]) >= used


def test_fast_services_lease_in_blocks(server: Server, clock: MovedClock) -> None:
    shared, made = limit(server, 50, 1.0), list[float]()
    for _ in range(500):
        ask(shared, clock, 0.02, made)
    assert server.leased <= 500 / 6 + 1


def test_slots_of_a_killed_run_come_back_by_themselves(server: Server, clock: MovedClock) -> None:
    killed, made = limit(server), list[float]()
    for _ in range(LIMIT):
        ask(killed, clock, 0.0, made)  # and then kill -9: nothing is given back
    other, start = limit(server), clock.monotonic()
    ask(other, clock, 0.0, made)
    assert WINDOW <= clock.monotonic() - start <= 100 + SWEEP
    assert most_within(made, WINDOW) <= LIMIT, "not before the service has forgotten the killed run's requests"


def test_slots_that_a_restarted_server_forgot_are_freed(
    server: Server, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    shared, made = limit(server), list[float]()
    for _ in range(LIMIT):
        ask(shared, clock, 0.0, made)
    server.restart()
    start = clock.monotonic()
    ask(limit(server), clock, 0.0, made)
    assert 100 < clock.monotonic() - start < 165
    assert server.taken == 1
    assert "taken for longer than any lease lasts" in caplog.text


@pytest.mark.parametrize("lost", [13, 30, 41, 59])
@pytest.mark.slow
def test_slots_that_are_partly_lost_come_back_within_a_lease(server: Server, clock: MovedClock, lost: int) -> None:
    """After a crashed run and a restart 19 requests a minute were left of 60: the service had room for the others."""
    shared, service, made = limit(server), Window(LIMIT, WINDOW), list[float]()
    pacer = Pacer(LIMIT, WINDOW, clock, shared)
    server.lost = lost
    start = clock.monotonic()
    while clock.monotonic() - start < 600:
        with pacer.turn():
            clock.sleep(0.2)
            pacer.learn(service.arrive(clock.monotonic()))
        made.append(clock.monotonic() - start)
    assert server.lost == 0
    assert service.refused == 0
    recovered = 100 + WINDOW + SWEEP
    assert sum(at >= recovered for at in made) >= 0.95 * (600 - recovered) / WINDOW * LIMIT


def test_slots_that_others_use_are_left_to_them(server: Server, clock: MovedClock, caplog: pytest.LogCaptureFixture) -> None:
    """Two runs use the whole allowance for twenty minutes: each is refused slots all the time, and none is lost."""
    service, draw = Window(LIMIT, WINDOW), random.Random(11)
    pacers = [Pacer(LIMIT, WINDOW, clock, limit(server)) for _ in range(2)]
    start = clock.monotonic()
    while clock.monotonic() - start < 1200:
        with draw.choice(pacers).turn():
            clock.sleep(0.2)
            draw.choice(pacers).learn(service.arrive(clock.monotonic()))
    assert service.refused == 0
    assert "they are freed" not in caplog.text


def test_the_end_of_a_run_gives_back_what_is_due(server: Server, clock: MovedClock) -> None:
    shared = limit(server, 50, 1.0)
    ask(shared, clock, 0.1, [])
    shared.close()
    assert server.taken == 0
    slept = len(clock.slept)
    limit(server, 50, 1.0).close()
    assert len(clock.slept) == slept, "a run that asked nothing waits for nothing"


def test_the_limit_follows_the_service(server: Server) -> None:
    shared = limit(server)
    shared.resize(25)
    assert server.limits == {"discogs": 25}
    assert limit(server).name in server.limits, "a run that starts later leaves it as it is"
    assert server.limits == {"discogs": 25}


def test_a_deleted_limit_is_made_anew(server: Server, clock: MovedClock) -> None:
    shared = limit(server)
    server.limits.clear()
    ask(shared, clock, 0.0, [])
    assert server.limits == {"discogs": LIMIT}


def test_a_busy_server_is_asked_again_at_once(server: Server, clock: MovedClock, caplog: pytest.LogCaptureFixture) -> None:
    """SQLite: 503 whenever something else writes. Waiting as long as Prefect's client does would waste Discogs' allowance."""
    shared, made = limit(server, 50, 1.0), list[float]()
    server.busy = 3
    start = clock.monotonic()
    ask(shared, clock, 0.0, made)
    assert made[0] - start < 0.3
    for _ in range(5):
        ask(shared, clock, 0.0, made)
    clock.sleep(1.0)
    server.busy = 1  # now the giving back of the first block is refused, and done later
    ask(shared, clock, 0.0, made)
    assert server.taken == 12
    clock.sleep(0.6)
    for _ in range(6):
        ask(shared, clock, 0.0, made)
    assert server.taken == 12, "the first block has come back"
    assert "paces by itself" not in caplog.text


def test_without_a_server_a_run_paces_by_itself(server: Server, clock: MovedClock, caplog: pytest.LogCaptureFixture) -> None:
    shared = limit(server)
    server.down = True
    for _ in range(3):
        ask(shared, clock, 0.0, [])
    shared.close()
    assert caplog.text.count("this run paces by itself") == 1


@pytest.mark.server
def test_a_real_server_keeps_the_limit_and_leases_its_slots(prefect_server: None, clock: MovedClock) -> None:
    """Two runs share three slots: strictly, and each slot with a lease that ends."""
    name = f"allowance-{uuid4().hex[:6]}"
    with get_client(sync_client=True) as client:
        one, other = (PrefectLimit(name, 3, 0.5, client, clock) for _ in range(2))
        permits = [one.take(), other.take(), one.take()]
        assert active_slots(client, name) == 3
        with pytest.raises(httpx.HTTPStatusError, match="423"):
            client.increment_concurrency_slots_with_lease([name], 1, "concurrency", 60)
        one.give_back(permits[0])
        slept = len(clock.slept)
        clock.sleep(0.5)
        one.take()
        assert len(clock.slept) == slept + 1, "the slot that was given back is free one window later"
        one.resize(5)
        assert client.read_global_concurrency_limit_by_name(name).limit == 5
        one._free_lost()
        assert active_slots(client, name) == 0


def active_slots(client: SyncPrefectClient, name: str) -> int:
    return int(client.read_global_concurrency_limit_by_name(name).active_slots)
