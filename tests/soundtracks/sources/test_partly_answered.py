"""A film of which one question to Discogs fails keeps the albums that the others found, and says what is missing."""

import json

import pytest

from sandbox.discogs import Discogs as DiscogsService
from sandbox.faults import Edit, Fault
from soundtracks.errors import Unavailable
from soundtracks.sources.batches import fetch_albums
from soundtracks.sources.circuit import Circuit
from soundtracks.sources.discogs import Discogs, Film
from soundtracks.sources.http import ATTEMPTS, Source

pytestmark = pytest.mark.slow

BLADE_RUNNER = Film(tmdb_id="78", title="Blade Runner", original_title="Blade Runner", year=1982)
OTHER_TITLE = BLADE_RUNNER.model_copy(update={"original_title": "Läufer"})
#: No master is listed beside the releases, so that their own records are asked for.
NO_MASTERS = Fault(kind="edit", path="/search", edit=[Edit(at="results.*.type", set="release")], times=None)
MOVED = {"location": "https://api.discogs.com/masters/78"}


@pytest.mark.parametrize(
    ("film", "fault", "reason"),
    [
        (BLADE_RUNNER, Fault(path="/masters/", status=500), "answered 500."),
        (BLADE_RUNNER, Fault(path="/masters/", status=301, headers=MOVED, body=""), "answered 301 to /masters/90022399:"),
        (
            BLADE_RUNNER,
            Fault(path="/masters/", status=200, body=json.dumps({"id": 7, "title": "merged"})),
            "answered /masters/90022399 without the record of this id.",
        ),
        (OTHER_TITLE, Fault(path="q=L", status=504), "answered 504."),
        (OTHER_TITLE, Fault(path="q=Blade", status=504), "answered 504."),
        (OTHER_TITLE, Fault(path="q=L", status=422, body="{}"), "answered 422 to /database/search: {}"),
    ],
)
def test_the_albums_of_the_other_questions_stay(
    discogs_source: Source, discogs_service: DiscogsService, film: Film, fault: Fault, reason: str
) -> None:
    discogs_service.faults.add(fault.model_copy(update={"times": None}), NO_MASTERS)
    batch = fetch_albums([film], Discogs(discogs_source))
    found = batch.rows.num_rows
    said = f"{found} albums were found, but not every question was answered: discogs: {reason}"
    assert [(failure.name, failure.reason) for failure in batch.failures] == [("Blade Runner (1982)", said)]
    assert (batch.passing, batch.interrupted, found > 0) == (1, None, True)


def test_a_further_page_that_fails_leaves_the_first(
    discogs_source: Source, discogs_service: DiscogsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("soundtracks.sources.discogs.PAGE", 3)
    discogs_service.faults.add(Fault(path="type=master", status=504, times=ATTEMPTS))
    film = Film(tmdb_id="1", title="Blade Runner", year=2050)
    first, second = (fetch_albums([film], Discogs(discogs_source)) for _ in range(2))
    assert [failure.reason for failure in first.failures] == [
        "3 albums were found, but not every question was answered: discogs: answered 504."
    ]
    assert (second.failures, second.rows.num_rows > 3) == ([], True), "only what failed was asked again"
    assert discogs_service.log.repeated() == {}


def test_a_film_of_which_nothing_is_found_fails(discogs_source: Source, discogs_service: DiscogsService) -> None:
    discogs_service.faults.add(Fault(path="q=Blade", status=504, times=None))
    batch = fetch_albums([BLADE_RUNNER], Discogs(discogs_source))
    assert [failure.reason for failure in batch.failures] == ["discogs: answered 504."]
    assert batch.rows.num_rows == 0


@pytest.mark.parametrize("asked_again", [OTHER_TITLE, BLADE_RUNNER])
def test_an_open_circuit_leaves_a_film_what_it_has(
    discogs_source: Source, discogs_service: DiscogsService, asked_again: Film
) -> None:
    """The other title, or the master's own record, is not asked for; what is kept is there, and batches that follow have theirs."""
    discogs_service.faults.add(NO_MASTERS, Fault(path="/masters/", status=404, body="<html>", times=None))
    found = discogs_source.get("/database/search", {"q": "Blade Runner soundtrack", "per_page": 100, "page": 1})
    discogs_source.circuit = Circuit("discogs", 1, discogs_source.clock)
    discogs_source.circuit.failed(Unavailable("discogs", "answered 503."))
    discogs_source.circuit.given_up("another film's")
    before = discogs_service.log.count()
    batch = fetch_albums([Film(tmdb_id="1", title="Alien"), asked_again], Discogs(discogs_source))
    assert batch.rows.num_rows == len(found["results"]) > 0
    assert [failure.name for failure in batch.failures] == ["Alien", "Blade Runner (1982)"]
    assert batch.failures[1].reason.startswith(f"{batch.rows.num_rows} albums were found, but not every question was answered")
    assert (batch.passing, batch.answered, (batch.interrupted or "")[:28]) == (0, 0, "discogs: 1 attempts in a row")
    assert discogs_service.log.count() == before
