from collections.abc import Iterator

import pytest

from sandbox import discogs
from sandbox.catalogue import Catalogue, load_catalogue
from sandbox.discogs import Discogs as DiscogsService
from sandbox.faults import Fault
from sandbox.serve import serving
from sandbox.synthetic import with_synthetic
from soundtracks.errors import BadAnswer, Unavailable
from soundtracks.lake.lake import Lake
from soundtracks.settings import Settings
from soundtracks.sources import sweep as sweeping
from soundtracks.sources.batches import fetch_partitions
from soundtracks.sources.circuit import Circuit
from soundtracks.sources.discogs import Discogs, Film
from soundtracks.sources.endpoints import access_to
from soundtracks.sources.services import open_source
from soundtracks.sources.sweep import Choice, Kind, Partition, Reached, Style, make_plan, not_found, styles, sweep, unreached
from tests.rigs.moved_clock import MovedClock

pytestmark = pytest.mark.slow

YEAR = 2026
KINDS: tuple[Kind, ...] = ("master", "release")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return with_synthetic(load_catalogue(), 3000)


@pytest.fixture
def service(catalogue: Catalogue, clock: MovedClock) -> DiscogsService:
    return discogs.discogs_app(rate=60_000, catalogue=catalogue, clock=clock.service)


@pytest.fixture
def client(service: DiscogsService, lake: Lake, clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Discogs]:
    """A client for which a query lists 500 albums at most, so that few albums show what many do."""
    monkeypatch.setattr(sweeping, "MAX_RESULTS", 500)
    with serving(service) as url:
        settings = Settings(_env_file=None, discogs_token=discogs.TOKEN, discogs_base_url=url)
        with open_source(access_to("discogs", settings), lake, settings, clock=clock) as source:
            yield Discogs(source)


def test_a_sweep_reaches_every_album_with_a_year(client: Discogs, service: DiscogsService, catalogue: Catalogue) -> None:
    parts = [part for kind in KINDS for style in styles(client, kind, YEAR) for part in style.parts]
    found = set(fetch_partitions(parts, client, YEAR).rows["album_id"].to_pylist())
    wanted = {f"{a.kind}:{a.id}": a.year for a in catalogue.albums if {"Soundtrack", "Score"} & set(a.styles)}
    assert found <= set(wanted)
    assert {album for album in set(wanted) - found if wanted[album]} == set()
    assert service.log.repeated() == {}
    before = service.log.count()
    assert make_plan(client, 10_000, "auto", YEAR).requests <= 10, "a kept sweep costs next to nothing"
    assert service.log.count() == before


def test_a_sweep_that_broke_off_goes_on_and_one_that_is_too_old_is_asked_anew(
    client: Discogs, service: DiscogsService, clock: MovedClock
) -> None:
    parts = [Partition(type="master", style="Soundtrack", year=year) for year in range(1990, 2020)]
    service.faults.add(Fault(status=503, times=None, after=6))
    broken = fetch_partitions(parts, client, YEAR)
    assert "attempts in a row failed" in (broken.interrupted or "")
    assert service.log.count(200) == 6
    service.faults.clear()
    client.source.circuit = Circuit("discogs", 12, clock)  # the next run has one of its own
    whole = fetch_partitions(parts, client, YEAR)
    assert whole.rows.num_rows > broken.rows.num_rows
    assert service.log.repeated() == {}, "what was answered is not asked again"
    asked = service.log.count(200)
    clock.sleep(7 * 3600)
    again = fetch_partitions(parts, client, YEAR)
    assert service.log.count(200) == 2 * asked
    assert again.rows.equals(whole.rows)


def test_a_partition_that_is_too_large_is_split_by_year_country_and_format() -> None:
    root = Partition(type="release", style="Score")
    by_year = root.split(YEAR)
    assert [str(by_year[0]), str(by_year[-1])] == ["release Score 2026", "release Score 1930"]
    by_country = by_year[0].split(YEAR)
    assert str(by_country[0]) == "release Score 2026 US"
    assert [str(part) for part in by_country[0].split(YEAR)[:2]] == ["release Score 2026 US Vinyl", "release Score 2026 US CD"]
    assert by_country[0].split(YEAR)[0].split(YEAR) == []


def test_splitting_further_loses_nothing(client: Discogs, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "MAX_RESULTS", 20)
    part = Partition(type="release", style="Soundtrack", year=1995)
    wanted = {a.id for a in catalogue.albums if (a.kind, a.year) == ("release", "1995") and "Soundtrack" in a.styles}
    swept = sweep(client, part, YEAR)
    assert {album.id for album in swept.albums} == wanted
    assert len(wanted) > 20
    assert swept.unreached == 0


def test_what_cannot_be_reached_is_counted(client: Discogs, catalogue: Catalogue) -> None:
    wanted = {a.id for a in catalogue.albums if a.kind == "release" and "Score" in a.styles}
    swept = sweep(client, Partition(type="release", style="Score"), YEAR)
    assert swept.unreached == len(wanted) - len(swept.albums) > 0


def test_albums_of_no_year_that_is_swept_are_counted(client: Discogs, catalogue: Catalogue) -> None:
    swept = styles(client, "release", YEAR)
    batch = fetch_partitions([part for style in swept for part in style.parts], client, YEAR)
    found = set(batch.rows["album_id"].to_pylist())
    listed = [
        f"release:{a.id}" for a in catalogue.albums for style in sweeping.STYLES if a.kind == "release" and style in a.styles
    ]
    assert unreached(swept, batch.reached) == len([album for album in listed if album not in found]) > 0
    assert sum(one.unreached for one in batch.reached) == 0, "no year is too large by itself"


PARTS = [Partition(type="master", style="Score", year=year) for year in (2026, 2025)]


@pytest.mark.parametrize(
    ("albums", "reached", "missing"),
    [
        (500, [(300, 0), (200, 0)], 0),
        (500, [(300, 0), (150, 0)], 50),  # 50 of no year
        (500, [(300, 20), (150, 0)], 50),  # 30 of no year, 20 of a year that is too large
        (440, [(300, 20), (150, 0)], 20),  # the list has grown meanwhile
        (500, [(300, 20)], 20),  # one year failed, and says so itself
        (500, [], 0),
    ],
)
def test_nothing_unreached_is_counted_twice(albums: int, reached: list[tuple[int, int]], missing: int) -> None:
    swept = [Reached(partition=PARTS[at], albums=came, unreached=more) for at, (came, more) in enumerate(reached)]
    assert unreached([Style(albums, PARTS)], swept) == missing


@pytest.mark.parametrize(("shift", "lost"), [(1, 1), (-1, 1)])
def test_a_list_that_moves_under_paging(client: Discogs, service: DiscogsService, shift: int, lost: int) -> None:
    service.faults.add(Fault(kind="shift", shift=shift, path="page=2"))
    part = Partition(type="master", style="Soundtrack")
    swept = sweep(client, part, YEAR)
    ids = [album.album_id for album in swept.albums]
    assert len(ids) == len(set(ids)), "an album that came on two pages comes once"
    assert swept.unreached <= lost


def test_a_list_that_became_shorter(client: Discogs, service: DiscogsService) -> None:
    service.faults.add(Fault(status=404, path="page=2"))
    swept = sweep(client, Partition(type="master", style="Soundtrack"), YEAR)
    assert len(swept.albums) == 100
    assert swept.unreached > 0


@pytest.mark.parametrize(
    ("films", "choice", "masters", "releases", "kinds"),
    [
        (50, "auto", 1000, 5500, []),
        (5_000, "auto", 1000, 5500, ["master"]),
        (500_000, "auto", 1000, 5500, ["master", "release"]),
        (500, "auto", 1000, 5500, []),
        (500, "auto", 0, 5500, ["master"]),
        (50, "sweep", 1000, 5500, ["master"]),
        (500_000, "search", 1000, 5500, []),
    ],
)
def test_plans(
    films: int, choice: Choice, masters: int, releases: int, kinds: list[str], client: Discogs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "cost", lambda _client, kind, _year: {"master": masters, "release": releases}[kind])
    plan = make_plan(client, films, choice, YEAR)
    assert (plan.way, plan.kinds) == ("sweep" if kinds else "search", kinds)
    assert plan.why


def test_few_films_are_not_even_surveyed(client: Discogs, service: DiscogsService) -> None:
    assert make_plan(client, 50, "auto", YEAR).way == "search"
    assert service.log.count() == 0


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault(status=504), "discogs: answered 504."),
        (Fault(status=422, body="{}"), "discogs: answered 422 to /database/search: {}"),
        (Fault(status=504, path="type=release"), "discogs: answered 504."),
    ],
)
def test_a_survey_without_an_answer_means_searching(client: Discogs, service: DiscogsService, fault: Fault, why: str) -> None:
    """Its questions are the broadest there are, and the first to time out."""
    service.faults.add(fault.model_copy(update={"times": None}))
    plan = make_plan(client, 1000, "auto", YEAR)
    assert (plan.way, plan.search, plan.requests) == ("search", "all", 1500)
    assert plan.why == f"Discogs did not answer the survey ({why}): about 1500 requests to search 1000 films"
    asked = service.log.count()
    with pytest.raises((BadAnswer, Unavailable), match="answered"):
        make_plan(client, 1000, "sweep", YEAR)
    assert service.log.count() > asked


def test_a_survey_without_an_answer_says_nothing_of_the_service(client: Discogs, service: DiscogsService) -> None:
    service.faults.add(Fault(status=504, path="style=", times=None))
    client.source.circuit = Circuit("discogs", 1, client.source.clock)
    assert make_plan(client, 1000, "auto", YEAR).way == "search"
    assert client.albums(Film(tmdb_id="78", title="Blade Runner")).rows


def test_films_that_a_sweep_did_not_come_across() -> None:
    films = [Film(tmdb_id=str(i), title=title, original_title=original) for i, (title, original) in enumerate(
        [("Alien", None), ("Deep Red", "Profondo rosso"), ("Blade Runner", None), ("Up", None), ("The A Team", None)])]  # fmt: skip
    listed = [
        "Goblin - Profondo Rosso (Colonna Sonora)",
        None,
        "Vangelis - Blade Runners",
        "Jerry Goldsmith - ALIEN!",
        "Alan Silvestri - The A-Team",
    ]
    assert [film.title for film in not_found(films, listed)] == ["Blade Runner", "Up"]
