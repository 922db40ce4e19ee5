"""One allowance for all runs: a Prefect global concurrency limit, whose slots are a service's permits.

A request takes a slot and gives it back one window after its answer, so that the server holds what the service counts. Slots
are leased: those of a killed run come back by themselves within the lease + the server's sweep (15 s). Fast services lease
slots in blocks, so that the server is asked a few times a second at most.

A server that is restarted forgets its leases but not the slots that are taken: nobody would ever give them back. So a run frees
them all when it gets none for longer than any lease lasts; or when, for as long as a lease, it was refused some although the
service itself had room for more all the time. Should others use some after all, the service's own headers tell of it.
"""

import heapq
import logging
import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from itertools import count
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, GlobalConcurrencyLimitUpdate
from prefect.client.schemas.responses import ConcurrencyLimitWithLeaseResponse
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from soundtracks.sources.pacing import Clock

log = logging.getLogger(__name__)

#: Questions to the Prefect server for new slots, a second, at most about so many.
ASKS_PER_SECOND = 8
#: Seconds that a lease outlives its window: the longest that an answer takes, and then some. The server grants no less than 60.
GRACE = 40.0
#: Seconds beyond a lease after which slots that are still taken are lost: four of the server's sweeps.
LOST_AFTER = 60.0
#: Seconds that the end of a run waits for its last slots to be due: for TMDB's, not for Discogs'.
MAX_FINAL_WAIT = 5.0
LOCKED = 423
#: Share of the allowance that the service has free all the time when slots must be lost: in full use it has next to nothing.
SPARE_SHARE = 0.2
#: The server on SQLite answers 503 whenever something else writes at that moment: the next try succeeds.
BUSY = 503
BUSY_WAIT = 0.05
RELEASE_AGAIN = 0.5
#: Seconds that the server may be busy or away before a run paces by itself.
RETRY_WAIT = 20.0


@dataclass(eq=False)
class _Block:
    """Slots leased together. `left`: not handed out yet; `out`: handed out and not come back; `until`: handed out no later."""

    lease: UUID
    left: int
    out: int
    until: float


class PrefectLimit:
    """A SharedLimit (soundtracks.sources.pacing) on a Prefect server.

    The limit is created when it is missing, and resized to what the service says. When the server cannot be reached, that is
    logged once and this process paces by itself: the service's own headers still tell what others use.
    """

    def __init__(self, name: str, limit: int, window: float, client: SyncPrefectClient, clock: Clock) -> None:
        self.name = name
        self._limit, self._window = limit, window
        self._client, self._clock = client, clock
        self._lease = max(60.0, window + GRACE)
        self._asking = threading.Lock()  # one thread asks the server for slots, the others wait for it
        # Prefect's own retries wait two seconds and more, in which Discogs' allowance passes unused: ours are quick.
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
            self._without_retries = copy_context()
        self._away_since: float | None = None
        self._lock = threading.Lock()
        self._block: _Block | None = None
        self._due: list[tuple[float, int, UUID]] = []  # leases to give back, by time
        self._order = count()
        self._alone = False
        self._watched_since = clock.monotonic()
        self._least_spare: int | None = None
        self._refused = False
        self._create()

    def take(self) -> object:
        with self._asking:
            asked_since = self._clock.monotonic()
            while not self._alone:
                permit = self._from_block()
                if permit:
                    return permit
                self._give_back_due()
                if self._clock.monotonic() - asked_since > self._lease + LOST_AFTER:
                    self._free_lost()
                    asked_since = self._clock.monotonic()
                self._lease_block()
        return None

    def give_back(self, permit: object) -> None:
        if isinstance(permit, _Block):
            with self._lock:
                permit.out -= 1
                self._retire(permit)

    def resize(self, limit: int) -> None:
        self._limit = limit
        if not self._alone:
            self._safely(lambda: self._client.upsert_global_concurrency_limit_by_name(self.name, limit))

    def spare(self, requests: int) -> None:
        now = self._clock.monotonic()
        with self._lock:
            self._least_spare = min(requests, self._least_spare if self._least_spare is not None else requests)
            if now - self._watched_since < self._lease:
                return
            lost = self._refused and self._least_spare >= SPARE_SHARE * self._limit
            self._watched_since, self._least_spare, self._refused = now, None, False
        if lost:
            self._free_lost()

    def close(self) -> None:
        """Gives back what is due. Slots of the last window stay taken until their leases end: the service counts them too."""
        with self._lock:
            if self._block:
                self._block.left = 0
                self._retire(self._block)
            wait = max((due for due, _, _ in self._due), default=0.0) - self._clock.monotonic()
        if 0 < wait <= MAX_FINAL_WAIT:
            self._clock.sleep(wait)
        self._give_back_due()

    def _from_block(self) -> _Block | None:
        with self._lock:
            block = self._block
            if block and block.left and self._clock.monotonic() < block.until:
                block.left -= 1
                block.out += 1
                return block
            if block:
                block.left = 0
                self._retire(block)
                self._block = None
            return None

    def _retire(self, block: _Block) -> None:
        """A block that is used up comes back one window after the last of its answers."""
        if not block.left and not block.out:
            heapq.heappush(self._due, (self._clock.monotonic() + self._window, next(self._order), block.lease))

    def _lease_block(self) -> None:
        slots = max(1, round(self._limit / self._window / ASKS_PER_SECOND))
        started = self._clock.monotonic()
        lease = partial(self._client.increment_concurrency_slots_with_lease, [self.name], slots, "concurrency", self._lease)
        try:
            response = self._without_retries.run(lease)
        except httpx.HTTPStatusError as error:
            if error.response.status_code == LOCKED:
                self._refused = True
                # The server's Retry-After guesses from averages, up to 30 s; our own pace is known better.
                self._clock.sleep(max(0.02, slots * self._window / self._limit / 2))
            else:
                self._be_patient(error, at_once=error.response.status_code != BUSY)
            return
        except httpx.HTTPError as error:
            self._be_patient(error)
            return
        self._away_since = None
        granted = ConcurrencyLimitWithLeaseResponse.model_validate(response.json())
        if not granted.limits:  # somebody deleted it
            self._create()
            return
        with self._lock:
            self._block = _Block(granted.lease_id, slots, 0, started + self._lease - self._window - GRACE / 2)

    def _give_back_due(self) -> None:
        while True:
            with self._lock:
                if not self._due or self._due[0][0] > self._clock.monotonic():
                    return
                _, _, lease = heapq.heappop(self._due)
            release = partial(self._client.release_concurrency_slots_with_lease, lease)
            try:
                self._without_retries.run(release)
            except httpx.HTTPError as error:
                log.debug("A lease of %s is given back later: %s", self.name, error)
                with self._lock:
                    heapq.heappush(self._due, (self._clock.monotonic() + RELEASE_AGAIN, next(self._order), lease))

    def _free_lost(self) -> None:
        log.warning("Slots of %s are taken for longer than any lease lasts: they are freed.", self.name)
        self._safely(
            lambda: self._client.update_global_concurrency_limit(self.name, GlobalConcurrencyLimitUpdate(active_slots=0))
        )

    def _create(self) -> None:
        """Makes sure that the limit exists. Several runs may try at once; the slower ones find it made."""

        def exists() -> bool:
            try:
                self._client.read_global_concurrency_limit_by_name(self.name)
            except ObjectNotFound:
                return False
            return True

        def create() -> None:
            if exists():
                return
            try:
                self._client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=self.name, limit=self._limit))
            except (ObjectAlreadyExists, httpx.HTTPStatusError):
                if not exists():
                    raise
            log.info("Created the global concurrency limit %s: %d slots", self.name, self._limit)

        self._safely(create)

    def _safely(self, call: Callable[[], object]) -> None:
        try:
            call()
        except httpx.HTTPError as error:
            self._go_alone(error)

    def _be_patient(self, error: Exception, *, at_once: bool = False) -> None:
        now = self._clock.monotonic()
        self._away_since = self._away_since or now
        if at_once or now - self._away_since > RETRY_WAIT:
            self._go_alone(error)
        else:
            self._clock.sleep(BUSY_WAIT)

    def _go_alone(self, error: Exception) -> None:
        self._alone = True
        log.warning(
            "The Prefect server keeps no shared allowance %s (%s): this run paces by itself, and by what the service reports.",
            *(self.name, error),
        )
