"""What TMDB is asked where a decision hangs on it, and what that costs."""

from dataclasses import replace

import pyarrow as pa
import pytest

from sandbox import tmdb
from sandbox.catalogue import Broadcast, Catalogue, Collection, Person, load_catalogue
from sandbox.faults import Edit, Fault
from sandbox.tmdb import Tmdb as TmdbService
from sandbox.tmdb_others import number
from soundtracks.records import FILMS
from soundtracks.sources.batches import fetch_films
from soundtracks.sources.http import Source
from soundtracks.sources.in_doubt import MAX_ALIASES, Doubt, is_called, settle_all, with_settled
from soundtracks.sources.models import FoundSeries
from soundtracks.sources.tmdb import Title, Tmdb
from tests.rigs.moved_clock import MovedClock

COMPOSED = "Original Music Composer"


def world() -> Catalogue:
    """The X-Files and its series, Good Time and its composer's stage name, the sample's Star Wars."""
    sample = {film.tmdb_id: film for film in load_catalogue().films}
    like = sample[11]
    films = (
        *(sample[one] for one in (11, 1891, 1892)),
        replace(like, tmdb_id=846, imdb_id="tt0120902", title="The X Files", original_title="The X Files",
                release_date="1998-06-19", composers=(("Mark Snow", COMPOSED),), alternative_titles=(), popularity=20.0),
        replace(like, tmdb_id=429200, imdb_id="tt5726616", title="Good Time", original_title="Good Time",
                release_date="2017-08-11", composers=(("Daniel Lopatin", COMPOSED),), alternative_titles=(), popularity=30.0),
        replace(like, tmdb_id=129, imdb_id="tt0245429", title="Spirited Away", original_title="千と千尋の神隠し",
                release_date="2001-07-20", composers=(("Joe Hisaishi", COMPOSED),), alternative_titles=(), popularity=90.0),
    )  # fmt: skip
    return Catalogue(
        films=films,
        albums=(),
        broadcasts=(
            Broadcast("series", 4087, "tt0106179", "The X-Files", "1993-09-10", 120.0, "2018-03-21", (("Mark Snow", COMPOSED),)),
            Broadcast("series", 2, "tt0000002", "The X-Files: Re-Opened", "2016-01-01", 2.0),
        ),
        collections=(Collection(10, "Star Wars Collection", (11, 1891, 1892)),),
        people=(
            Person("Daniel Lopatin", "Daniel Lopatin", ("Oneohtrix Point Never", "OPN")),
            Person("Joe Hisaishi", "久石譲", ("Mamoru Fujisawa",)),
        ),
    )


@pytest.fixture
def tmdb_service(clock: MovedClock) -> TmdbService:
    """Which `tmdb_source` asks."""
    return tmdb.tmdb_app(clock=clock.service, catalogue=world())


def films(source: Source, *titles: str) -> pa.Table:
    return fetch_films([Title(row=row, title=title) for row, title in enumerate(titles, 1)], Tmdb(source)).rows


@pytest.mark.slow
def test_series_and_parts_come_as_rivals_and_composers_with_their_other_names(
    tmdb_source: Source, tmdb_service: TmdbService
) -> None:
    known = films(tmdb_source, "The X Files", "Star Wars", "Good Time")
    tmdb_service.log.clear()
    doubts = [
        Doubt(tmdb_id="846", series=["x files"], parts=True),
        Doubt(tmdb_id="11", parts=True),
        Doubt(tmdb_id="429200", people=True),
    ]
    got = settle_all(doubts, Tmdb(tmdb_source))
    assert (got.failures, got.passing, got.interrupted) == ([], 0, None)
    assert sorted(request.url.split("?")[0] for request in tmdb_service.log.requests) == [
        "/3/collection/10",
        f"/3/person/{number('Daniel Lopatin')}",
        "/3/search/tv",
        "/3/tv/4087",
    ]
    assert (tmdb_source.metrics.rival_requests, tmdb_source.metrics.alias_requests) == (3, 1)
    every = with_settled(known, [got.rows])
    assert every.schema == FILMS
    rows = {row["tmdb_id"]: row for row in every.to_pylist()}
    assert [(one, row["listed"]) for one, row in rows.items() if one not in known["tmdb_id"].to_pylist()] == [
        ("1891", False),
        ("1892", False),
        ("tv:4087", False),
    ]
    assert rows["429200"]["composer_aliases"] == ["Oneohtrix Point Never", "OPN"]
    series = rows["tv:4087"]
    assert (series["title"], series["year"], series["last_year"]) == ("The X-Files", 1993, 2018)
    assert (series["composers"], series["imdb_id"]) == (["Mark Snow"], "tt0106179")
    assert with_settled(every, [got.rows]) == every, "once more, it changes nothing"
    tmdb_service.log.clear()
    assert settle_all(doubts, Tmdb(tmdb_source)).rows == got.rows
    assert tmdb_service.log.count() == 0, "answers are kept"


@pytest.mark.slow
def test_a_name_in_its_own_script_costs_nothing(tmdb_source: Source, tmdb_service: TmdbService) -> None:
    (row,) = films(tmdb_source, "Spirited Away").to_pylist()
    assert (row["composers"], row["composer_aliases"]) == (["Joe Hisaishi"], ["久石譲"])
    assert not [request for request in tmdb_service.log.requests if "/person/" in request.url]


@pytest.mark.slow
def test_two_films_of_one_collection_or_composer_ask_once(tmdb_source: Source, tmdb_service: TmdbService) -> None:
    films(tmdb_source, "Star Wars", "Return of the Jedi")
    tmdb_service.log.clear()
    settle_all([Doubt(tmdb_id=one, parts=True, people=True) for one in ("11", "1892")], Tmdb(tmdb_source))
    assert tmdb_service.log.count() == 2
    assert (tmdb_source.metrics.rival_requests, tmdb_source.metrics.alias_requests) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "passing", "rivals"),
    [
        (Fault(path="/search/tv", status=503, times=None), 1, ["1891", "1892"]),
        (Fault(path="/search/tv", status=503, times=2), 0, ["tv:4087", "1891", "1892"]),
        (Fault(path="/search/tv", status=429, times=1), 0, ["tv:4087", "1891", "1892"]),
        (Fault(path="/tv/4087", status=404, times=None), 0, ["1891", "1892"]),
        (Fault(path="/collection/10", status=404, times=None), 0, ["tv:4087"]),
        (Fault(path="/collection/10", kind="truncate", times=1), 0, ["tv:4087", "1891", "1892"]),
        (Fault(path="/collection/10", kind="edit", edit=[Edit(at="parts", set=None)], times=None), 0, ["tv:4087"]),
        (
            Fault(path="/tv/4087", kind="edit", edit=[Edit(at="aggregate_credits", set=[])], times=None),
            0,
            ["tv:4087", "1891", "1892"],
        ),
        (Fault(path="/tv/4087", kind="edit", edit=[Edit(at="id", set="none")], times=None), 1, ["1891", "1892"]),
    ],
)
@pytest.mark.slow
def test_what_goes_wrong_costs_only_itself(
    tmdb_source: Source, tmdb_service: TmdbService, fault: Fault, passing: int, rivals: list[str]
) -> None:
    films(tmdb_source, "The X Files", "Star Wars")
    tmdb_service.faults.add(fault)
    doubts = [Doubt(tmdb_id="846", series=["x files"]), Doubt(tmdb_id="11", parts=True)]
    got = settle_all(doubts, Tmdb(tmdb_source))
    assert (got.passing, got.rows["tmdb_id"].to_pylist()) == (passing, rivals)
    assert [failure.name for failure in got.failures] == ["What is in doubt of film 846"] * passing


@pytest.mark.slow
def test_what_has_no_name_competes_with_nobody(tmdb_source: Source, tmdb_service: TmdbService) -> None:
    known = films(tmdb_source, "The X Files", "Star Wars")
    nameless = [Edit(at="name", set=""), Edit(at="original_name", set=7)]
    untitled = [Edit(at="parts.*.title", set=None), Edit(at="parts.*.original_title", set=" ")]
    tmdb_service.faults.add(
        Fault(path="/tv/4087", kind="edit", edit=nameless, times=None),
        Fault(path="/collection/10", kind="edit", edit=untitled, times=None),
    )
    got = settle_all([Doubt(tmdb_id="846", series=["x files"]), Doubt(tmdb_id="11", parts=True)], Tmdb(tmdb_source))
    assert got.failures == []
    assert with_settled(known, [got.rows]) == known


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ([" Oneohtrix  Point Never ", None, 7, "", "OPN", "OPN"], ["Oneohtrix Point Never", "OPN"]),
        (None, None),
        ("OPN", ["OPN"]),
        ({"name": "OPN"}, None),
        ([f"Alias {n}" for n in range(500)], [f"Alias {n}" for n in range(MAX_ALIASES)]),
    ],
)
@pytest.mark.slow
def test_other_names_as_they_come(tmdb_source: Source, tmdb_service: TmdbService, said: object, kept: list[str] | None) -> None:
    known = films(tmdb_source, "Good Time")
    tmdb_service.faults.add(Fault(path="/person/", kind="edit", edit=[Edit(at="also_known_as", set=said)], times=None))
    got = settle_all([Doubt(tmdb_id="429200", people=True)], Tmdb(tmdb_source))
    assert with_settled(known, [got.rows])["composer_aliases"].to_pylist() == [kept]


@pytest.mark.slow
def test_a_film_that_was_deleted_says_nothing(tmdb_source: Source) -> None:
    assert settle_all([Doubt(tmdb_id="999999999", parts=True, people=True)], Tmdb(tmdb_source)).rows.num_rows == 0


@pytest.mark.parametrize(
    ("name", "original", "wanted", "called"),
    [
        ("The X-Files", None, "x files", True),
        ("The X-Files: Re-Opened", None, "x files", False),
        ("X-Files", None, "x files", True),
        ("ツイン・ピークス", "Twin Peaks", "twin peaks", True),
        ("Twin Peaks: The Return", None, "twin peaks", False),
        (None, None, "x files", False),
    ],
)
def test_series_of_a_name(name: str | None, original: str | None, wanted: str, called: bool) -> None:
    assert is_called(FoundSeries(id=1, name=name, original_name=original), wanted) is called
