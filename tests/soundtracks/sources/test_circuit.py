"""When a run stops asking: a service that is down is soon known, and films that it never answers end no run."""

from collections.abc import Callable

import pytest

from sandbox.discogs import Discogs as DiscogsService
from sandbox.faults import Fault
from soundtracks.errors import CircuitOpen, Unavailable
from soundtracks.sources.batches import Batch, fetch_albums
from soundtracks.sources.discogs import Discogs, Film
from soundtracks.sources.http import ATTEMPTS, Circuit, Source
from tests.rigs.moved_clock import MovedClock

pytestmark = pytest.mark.slow

Opener = Callable[..., Source]
WHY = Unavailable("discogs", "answered 500.")


def ask(source: Source, query: str) -> dict[str, object]:
    return source.get("/database/search", {"q": query})


def test_429s_alone_do_not_open_the_circuit_at_once(open_discogs: Opener, discogs_service: DiscogsService) -> None:
    """Another program takes the whole allowance for five minutes: some films fail by themselves, the run goes on."""
    source = open_discogs(extract_circuit=4)
    discogs_service.faults.add(Fault(status=429, times=3 * ATTEMPTS))
    for query in "abc":
        with pytest.raises(Unavailable, match="too many requests"):
            source.get("/database/search", {"q": query})
    assert ask(source, "Alien")["results"]
    discogs_service.faults.add(Fault(status=429, times=None))
    for query in "defg":
        with pytest.raises(Unavailable):
            source.get("/database/search", {"q": query})
    with pytest.raises(CircuitOpen, match="429"):
        source.get("/database/search", {"q": "h"})


def test_the_circuit_opens_after_failures_in_a_row_and_stays_open(open_discogs: Opener, discogs_service: DiscogsService) -> None:
    """Four attempts at one question, then one at each of three more: nobody is asked any further."""
    source = open_discogs(extract_circuit=4)
    discogs_service.faults.add(Fault(status=500, times=None))
    for query in "abcd":
        with pytest.raises(Unavailable, match="answered 500"):
            ask(source, query)
    for query in "abef":
        with pytest.raises(CircuitOpen, match=r"7 attempts in a row failed, the last with: .*answered 500.*run again later"):
            ask(source, query)
    assert discogs_service.log.count() == 7


def test_a_success_in_between_keeps_the_circuit_closed(open_discogs: Opener, discogs_service: DiscogsService) -> None:
    source = open_discogs(extract_circuit=3)
    for number in range(1, 5):
        discogs_service.faults.add(Fault(status=500, times=2))
        ask(source, f"Alien {number}")
    assert discogs_service.log.count() == 12


@pytest.mark.parametrize(
    ("asked", "questions", "doubted"),
    [
        ("abc", 3, True),
        ("aabb", 2, True),
        ("aaaaaa" * 20, 1, True),
        ("ab", 2, False),
        ("ab-abc", 1, True),  # a and b have been counted before the answer
        ("abc-", 0, False),
        ("ab-cde", 3, True),
    ],
)
def test_a_question_counts_once(asked: str, questions: int, doubted: bool) -> None:
    """`-`: an answer. Three different questions without one open it, three attempts put the service in doubt."""
    circuit = Circuit("discogs", 3)
    for one in asked:
        if one == "-":
            circuit.forget()
        else:
            circuit.failed(one, WHY)
    assert bool(circuit.doubt) == doubted
    if questions < 3:
        circuit.check()
    else:
        with pytest.raises(CircuitOpen):
            circuit.check()


def films(count: int) -> list[Film]:
    return [Film(tmdb_id=str(number), title=f"Film {number:03}") for number in range(count)]


def repeated_once(source: Source, wanted: list[Film]) -> Batch:
    """As a task does where answers are missing."""
    batch = fetch_albums(wanted, Discogs(source))
    return fetch_albums(wanted, Discogs(source)) if batch.passing and not batch.interrupted else batch


@pytest.mark.parametrize("never", [1, 2, 5])
def test_films_that_are_never_answered_do_not_end_a_run(
    open_discogs: Opener, discogs_service: DiscogsService, never: int
) -> None:
    """Everything else of the batch is kept, so nothing is answered between one failure and the next; the list has grown."""
    wanted = films(60)
    discogs_service.faults.add(Fault(path=f"Film.00[0-{never - 1}]", status=504, times=None))
    first = repeated_once(open_discogs(), wanted[:40])
    again = open_discogs()
    batches = [first, repeated_once(again, wanted[:40]), repeated_once(again, wanted[40:])]
    assert [(len(batch.failures), batch.interrupted) for batch in batches] == [(never, None), (never, None), (0, None)]
    asked = {query for query in ("040", "059") for request in discogs_service.log.requests if query in request.url}
    assert asked == {"040", "059"}


def test_a_service_that_is_down_is_soon_known(open_discogs: Opener, discogs_service: DiscogsService, clock: MovedClock) -> None:
    discogs_service.faults.add(Fault(status=503, times=None))
    start = clock.monotonic()
    batch = fetch_albums(films(100), Discogs(open_discogs()))
    assert "attempts in a row failed, the last with: discogs: answered 503" in (batch.interrupted or "")
    assert len(batch.failures) == 100
    assert 12 <= discogs_service.log.count() <= 30
    assert clock.monotonic() - start <= 60


def test_a_blip_costs_no_film_for_good(open_discogs: Opener, discogs_service: DiscogsService) -> None:
    """Two films' attempts put the service in doubt; the batch's second try finds it well."""
    discogs_service.faults.add(Fault(status=503, times=2 * ATTEMPTS))
    batch = repeated_once(open_discogs(), films(4))
    assert (batch.failures, batch.interrupted) == ([], None)
