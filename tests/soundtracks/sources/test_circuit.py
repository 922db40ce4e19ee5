"""When a run stops asking: a service that is down is soon known, and films that it never answers end no run."""

from collections.abc import Callable

import pytest

from sandbox.discogs import Discogs as DiscogsService
from sandbox.faults import Fault
from soundtracks.errors import CircuitOpen, Unavailable
from soundtracks.sources.batches import Batch, fetch_albums
from soundtracks.sources.circuit import PATIENCE, Circuit
from soundtracks.sources.discogs import Discogs, Film
from soundtracks.sources.http import ATTEMPTS, Source
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
    """Six attempts at one question, then one at each of three more: nobody is asked any further."""
    source = open_discogs(extract_circuit=4)
    discogs_service.faults.add(Fault(status=500, times=None))
    for query in "abcd":
        with pytest.raises(Unavailable, match="answered 500"):
            ask(source, query)
    for query in "abef":
        with pytest.raises(CircuitOpen, match=r"9 attempts in a row failed, the last with: .*answered 500.*run again later"):
            ask(source, query)
    assert discogs_service.log.count() == 9


def test_a_success_in_between_keeps_the_circuit_closed(open_discogs: Opener, discogs_service: DiscogsService) -> None:
    source = open_discogs(extract_circuit=3)
    for number in range(1, 5):
        discogs_service.faults.add(Fault(status=500, times=2))
        ask(source, f"Alien {number}")
    assert discogs_service.log.count() == 12


@pytest.mark.parametrize(
    ("asked", "questions", "doubted"),
    [
        ("aAbBcC", 3, True),
        ("aabbAB", 2, True),
        ("aaaaaaA" * 20, 1, True),
        ("aAbB", 2, False),
        ("aAbB-aAbBcC", 1, True),  # a and b have been counted before the answer
        ("aAbBcC-", 0, False),
        ("aAbB-cCdDeE", 3, True),
        ("abcdef", 0, True),  # under way still
    ],
)
def test_a_question_counts_once(asked: str, questions: int, doubted: bool) -> None:
    """`a`: an attempt that fails, 15 s after the one before, `A`: the question is given up; `-`: an answer. Three different
    questions without one open it, three attempts or more in half a minute put the service in doubt."""
    clock = MovedClock()
    circuit = Circuit("discogs", 3, clock)
    for one in asked:
        if one == "-":
            circuit.forget()
        elif one.isupper():
            circuit.given_up(one)
        else:
            clock.sleep(15)
            circuit.failed(WHY)
    assert circuit.doubt == doubted
    if questions < 3:
        circuit.check()
    else:
        with pytest.raises(CircuitOpen):
            circuit.check()


def test_attempts_of_half_a_minute_are_no_doubt() -> None:
    clock = MovedClock()
    circuit = Circuit("discogs", 3, clock)
    for seconds, doubted in ((0, False), (0, False), (0, False), (PATIENCE - 1, False), (1, True)):
        clock.sleep(seconds)
        circuit.failed(WHY)
        assert circuit.doubt == doubted


def test_an_open_circuit_stays_open_whatever_is_answered_still() -> None:
    circuit = Circuit("discogs", 1, MovedClock())
    circuit.failed(WHY)
    circuit.given_up("a")
    for _ in range(2):
        with pytest.raises(CircuitOpen, match="1 attempts in a row failed"):
            circuit.check()
        circuit.forget()
    assert (circuit.doubt, circuit.silence) == (True, "1 attempts in a row failed, the last with: discogs: answered 500.")


def films(count: int) -> list[Film]:
    """With three titles each, all of which are asked for where nothing is found."""
    return [
        Film(tmdb_id=str(number), title=f"Film {number:03}", original_title=f"Filme {number:03}",
             alternative_titles=[f"Filmen {number:03}"])
        for number in range(count)
    ]  # fmt: skip


def repeated_once(source: Source, wanted: list[Film]) -> Batch:
    """As a task does where answers are missing."""
    batch = fetch_albums(wanted, Discogs(source))
    return fetch_albums(wanted, Discogs(source)) if batch.passing and not batch.interrupted else batch


@pytest.mark.parametrize("never", [1, 2, 6])
def test_films_that_are_never_answered_do_not_end_a_run(
    open_discogs: Opener, discogs_service: DiscogsService, never: int
) -> None:
    """Everything else of the batch is kept, so nothing is answered between one failure and the next; the list has grown."""
    wanted = films(60)
    discogs_service.faults.add(Fault(path=f"Film(e|en)?.00[0-{never - 1}]", status=504, times=None))
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
