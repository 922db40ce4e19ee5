import pytest

from sandbox.faults import Edit, Fault
from sandbox.tmdb import Tmdb as TmdbService
from soundtracks.errors import Unavailable
from soundtracks.records import FILMS
from soundtracks.sources.batches import fetch_films, to_films
from soundtracks.sources.choosing import all_titles
from soundtracks.sources.http import Source
from soundtracks.sources.models import Credit, FilmDetails
from soundtracks.sources.tmdb import Title, Tmdb, composers, film_row, rival_row
from tests.rigs.said_tmdb import Said, film


def test_composers() -> None:
    crew = [Credit(name="A", job="Music"), Credit(name="B", job="Original Music Composer"), Credit(name="B", job="Orchestrator")]
    assert composers(crew) == ["B"]
    assert composers(crew[:1]) == ["A"]
    assert composers([]) == []


def test_every_title_once_its_own_first() -> None:
    film = FilmDetails.model_validate(
        {
            "id": 1,
            "title": "Stealing Beauty",
            "original_title": "Stealing Beauty",
            "alternative_titles": {"titles": [{"title": "Io ballo da sola"}, {"title": "stealing  beauty"}]},
            "translations": {"translations": [{"data": {"title": "Io Ballo da Sola"}}, {"data": {"title": ""}}, {"data": {}}]},
        }
    )
    assert all_titles(film)[:2] == ["Stealing Beauty", "Io ballo da sola"]
    assert film_row(film)["alternative_titles"] == ["Io ballo da sola"]


def test_a_film_takes_two_requests_and_is_complete(tmdb_source: Source, tmdb_service: TmdbService) -> None:
    batch = fetch_films([Title(row=1, title="Blade Runner", year=1982)], Tmdb(tmdb_source))
    assert tmdb_service.log.count() == 2
    (row,) = to_films([batch.rows]).to_pylist()
    assert list(row) == FILMS.names
    assert (row["tmdb_id"], row["title"], row["year"], row["language"]) == ("78", "Blade Runner", 1982, "en")
    assert row["composers"] == ["Vangelis"]
    assert row["performers"][0] == "Harrison Ford"
    assert row["imdb_id"] == "tt0083658"
    assert "ブレードランナー" in row["alternative_titles"]


@pytest.mark.parametrize(
    ("ids", "requests"),
    [
        ({"tmdb_id": "601"}, 1),
        ({"imdb_id": "tt0083866"}, 2),
        ({"tmdb_id": "999999999", "imdb_id": "tt0083866"}, 3),
        ({"imdb_id": "tt9999999", "tmdb_id": "601"}, 1),
    ],
)
@pytest.mark.slow
def test_an_id_spares_the_search(tmdb_source: Source, tmdb_service: TmdbService, ids: dict[str, str], requests: int) -> None:
    batch = fetch_films([Title(row=1, title="whatever", **ids)], Tmdb(tmdb_source))
    assert batch.rows["title"].to_pylist() == ["E.T. the Extra-Terrestrial"]
    assert tmdb_service.log.count() == requests
    assert not [request for request in tmdb_service.log.requests if "/search" in request.url]


@pytest.mark.parametrize("ids", [{"imdb_id": "tt0083658"}, {"wikidata_id": "Q184843"}, {"tmdb_id": "78"}])
@pytest.mark.slow
def test_a_row_of_ids_alone_is_enough(tmdb_source: Source, ids: dict[str, str]) -> None:
    batch = fetch_films([Title(row=1, **ids)], Tmdb(tmdb_source))
    assert batch.rows["tmdb_id"].to_pylist() == ["78"]
    assert batch.resolved is not None
    assert batch.resolved["reason"].to_pylist() == [None]


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        (Title(row=1, title="Fargo", imdb_id="tt2802850"), "tt2802850 is the series Fargo, no film."),
        (Title(row=1, imdb_id="tt2301451"), "tt2301451 is the episode Ozymandias, no film."),
        (Title(row=1, imdb_id="tt9999999"), "TMDB knows no film with the id tt9999999."),
        (Title(row=1, tmdb_id="999999999", wikidata_id="Q1"), "TMDB knows no film with the id 999999999 and Q1."),
        (Title(row=1), "It has neither a title nor an id that TMDB knows."),
    ],
)
@pytest.mark.slow
def test_series_and_episodes_are_told_from_films(tmdb_source: Source, title: Title, reason: str) -> None:
    """A film of the same title (Fargo) is not taken in its place."""
    batch = fetch_films([title], Tmdb(tmdb_source))
    assert batch.rows.num_rows == 0
    assert batch.failures[0].reason == reason


def test_an_unknown_id_leaves_the_title(tmdb_source: Source) -> None:
    batch = fetch_films([Title(row=1, title="Blade Runner", year=1982, imdb_id="tt9999999")], Tmdb(tmdb_source))
    assert batch.rows["tmdb_id"].to_pylist() == ["78"]


SAMURAI = film(1, "Le Samouraï", "1972-07-12", 20.0)
ALIEN = film(348, "Alien", "1979-05-25", 50.0)
RASHOMON = film(2, "Rashomon", "1950-01-01", 15.0)
OTHER_TITLE = {"alternative_titles": {"titles": [{"title": "Il Gattopardo"}]}}


ROBOTS = film(1, "Robots", "2010-03-10", 12.0)
ENTHIRAN = film(2, "Enthiran", "2010-10-01", alternative_titles={"titles": [{"title": "Robot"}]})
ZOMBIE = {"alternative_titles": {"titles": [{"title": "Zombie"}]}}
DAWN, ZOMBI = film(1, "Dawn of the Dead", "1978-09-02", 20.0, **ZOMBIE), film(2, "Zombi 2", "1979-08-25", **ZOMBIE)


@pytest.mark.parametrize(
    ("title", "said", "ids"),
    [
        (
            Title(row=1, title="Split", year=2016),
            Said([film(1, "Split", "2017-01-19", 60.0), film(2, "Split", "2016-04-01", 0.6)]),
            [1, 2],
        ),
        (Title(row=1, title="Rashomon", year=1950), Said([film(1, "Rashomon", "1950-08-26", 20.0), RASHOMON], gone=(2,)), [1]),
        (Title(row=1, title="Rashomon", year=1950), Said([film(500, "Rashomon", "1950-08-26", 20.0), RASHOMON]), [2]),
        (
            Title(row=1, title="Le Samouraï", year=1967),
            Said([film(5, "Making Le Samouraï", "1967-01-01", 1.0), SAMURAI], {"1": SAMURAI | {"release_date": "1967-10-25"}}),
            [1],
        ),
        # the third hit, by one of its other titles; the first two do not fit
        (
            Title(row=1, title="Il gattopardo", year=1963),
            Said(
                [film(7, "Il Gattone", "1963-01-01"), film(8, "Gatto", "1964-01-01"), film(9, "The Leopard", "1963-03-28")],
                {"9": film(9, "The Leopard", "1963-03-28", **OTHER_TITLE)},
            ),
            [9],
        ),
        # one that bears the title beside its own goes before one that is nearly called so
        (
            Title(row=1, title="Robot", year=2010),
            Said([ROBOTS, film(2, "Enthiran", "2010-10-01")], {"2": ENTHIRAN}),
            [2],
        ),
        (Title(row=1, title="Robot"), Said([ROBOTS, film(2, "Enthiran", "2010-10-01")], {"2": ENTHIRAN}), [1, 2]),
        (Title(row=1, title="Robot", year=2010), Said([ROBOTS, film(2, "Enthiran", "2010-10-01")]), [1]),
        # two films bear it beside their own
        (Title(row=1, title="Zombie"), Said([DAWN, ZOMBI]), [1, 2]),
        (Title(row=1, title="Zombie", year=1979), Said([DAWN, ZOMBI]), [2]),
        # the list's other title finds what its title does not
        (Title(row=1, title="Obcy 8", year=1979, alternative_titles=["Alien"]), Said([ALIEN]), [348]),
        (Title(row=1, title="Alien", year=1979), Said([ALIEN], gone=(348,)), []),
    ],
)
def test_the_right_film(title: Title, said: Said, ids: list[int]) -> None:
    assert [one.id for one in Tmdb(said).resolve(title).films] == ids  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "said", "reason"),
    [
        (
            Title(row=1, title="Alien", year=1979),
            Said([ALIEN], gone=(348,)),
            "TMDB lists Alien (1979), but its own record is deleted.",
        ),
        (Title(row=1, title="Alien"), Said([ALIEN], gone=(348,)), "TMDB lists Alien (1979), but its own record is deleted."),
        (
            Title(row=1, title="Solaris", year=1990),
            Said([film(1, "Solaris", "1972-03-20"), film(2, "Solaris", "2002-11-27")]),
            "TMDB knows no film of this title and year, but of other years: Solaris (1972), Solaris (2002).",
        ),
        (
            Title(row=1, title="Inception 2", year=2010),
            Said([film(1, "Inception: The Cobol Job", "2010-12-07")]),
            "TMDB knows no film of this title and year; the closest is Inception: The Cobol Job (2010).",
        ),
        (
            Title(row=1, title="OSS 117"),
            Said([film(1, "OSS 117: Lost in Rio", "2009-04-15"), film(2, "OSS 117: Cairo, Nest of Spies", "2006-04-19")]),
            "TMDB knows no film of this title, but several of nearly this title: OSS 117: Lost in Rio (2009), "
            "OSS 117: Cairo, Nest of Spies (2006).",
        ),
        (
            Title(row=1, title="Alien", year=1985),
            Said([film(1, "Aliens", "1986-07-18"), ALIEN]),
            "TMDB knows no film of this title and year, but of other years: Alien (1979).",
        ),
        (Title(row=1, title="Nothing"), Said([]), "TMDB knows no film of this title."),
    ],
)
def test_reasons_do_not_contradict_themselves(title: Title, said: Said, reason: str) -> None:
    assert Tmdb(said).resolve(title).reason == reason  # type: ignore[arg-type]


def test_a_record_that_cannot_be_had_is_no_missing_film() -> None:
    """It may be there next time: told as no answer, not as "no film"; and not asked for again and again."""
    said = Said([film(500, "Alien", "1979-05-25")])
    with pytest.raises(Unavailable):
        Tmdb(said).resolve(Title(row=1, title="Alien", year=1979))  # type: ignore[arg-type]
    assert said.asked.count("/movie/500") == 1


def test_a_search_names_the_rivals_for_nothing() -> None:
    said = Said(
        [
            film(1, "Dune", "1984-12-14", 30.0),
            film(2, "Dune", "2021-09-15", 90.0, original_language="en"),
            film(3, "Dune: Part Two", "2024-02-27", 95.0),
            film(4, "Duneland", "2001-01-01", 1.0),
        ]
    )
    got = Tmdb(said).resolve(Title(row=1, title="Dune", year=1984))  # type: ignore[arg-type]
    assert [one.id for one in got.films] == [1]
    assert [one.id for one in got.rivals] == [2, 3]
    assert said.asked == ["/search/movie", "/movie/1"]
    assert rival_row(got.rivals[0]) == {
        "tmdb_id": "2",
        "title": "Dune",
        "original_title": None,
        "year": 2021,
        "language": "en",
        "popularity": 90.0,
        "listed": False,
        "poster": None,
    }


def test_a_namesake_of_another_year_is_named_by_the_same_search(tmdb_source: Source, tmdb_service: TmdbService) -> None:
    batch = fetch_films([Title(row=1, title="Solaris", year=1972)], Tmdb(tmdb_source))
    assert batch.rows["tmdb_id"].to_pylist() == ["593"]
    assert batch.rivals is not None
    assert [(row["tmdb_id"], row["year"], row["listed"]) for row in batch.rivals.to_pylist()] == [("2103", 2002, False)]
    assert tmdb_service.log.count() == 2
    assert tmdb_source.metrics.rival_requests is None


def test_a_deleted_namesake_is_no_rival() -> None:
    said = Said([film(1, "Rashomon", "1950-08-26", 20.0), RASHOMON], gone=(2,))
    assert Tmdb(said).resolve(Title(row=1, title="Rashomon", year=1950)).rivals == []  # type: ignore[arg-type]


def test_a_film_of_the_list_is_nobodys_rival(tmdb_source: Source) -> None:
    titles = [Title(row=1, title="Solaris"), Title(row=2, title="Dune", year=1984), Title(row=3, title="Dune", year=2021)]
    batch = fetch_films(titles, Tmdb(tmdb_source))
    assert batch.rivals is not None
    films = to_films([batch.rows], [batch.rivals]).to_pylist()
    assert {row["year"] for row in films if row["title"] == "Dune" and row["listed"]} == {1984, 2021}
    assert len({row["tmdb_id"] for row in films}) == len(films)
    assert [row["listed"] for row in films] == sorted((row["listed"] for row in films), reverse=True), "the list's first"


def test_a_short_title_given_by_its_id_is_searched_for_its_rivals(tmdb_source: Source, tmdb_service: TmdbService) -> None:
    for _ in range(2):
        batch = fetch_films([Title(row=1, tmdb_id="593")], Tmdb(tmdb_source))  # Solaris, 1972
        assert batch.rivals is not None
        assert batch.rivals["tmdb_id"].to_pylist() == ["2103"]
        assert batch.rivals["listed"].to_pylist() == [False]
        assert (tmdb_service.log.count(), tmdb_source.metrics.rival_requests) == (2, 1)


def test_a_merged_id_is_found_by_its_title(tmdb_source: Source) -> None:
    batch = fetch_films([Title(row=1, title="Blade Runner", year=1982, tmdb_id="999999999")], Tmdb(tmdb_source))
    assert batch.rows["tmdb_id"].to_pylist() == ["78"]


@pytest.mark.parametrize(("title", "year"), [("ブレードランナー", 1982), ("Blade Runner", 1983), ("blade  runner", None)])
@pytest.mark.slow
def test_other_titles_and_a_year_off_by_one_find_the_film(tmdb_source: Source, title: str, year: int | None) -> None:
    batch = fetch_films([Title(row=1, title=title, year=year)], Tmdb(tmdb_source))
    assert batch.rows["tmdb_id"].to_pylist() == ["78"]


@pytest.mark.parametrize("title", ["No Such Film Ever Made", "🎬🎬🎬", '"""', "x" * 500])
@pytest.mark.slow
def test_an_unknown_title_says_why(tmdb_source: Source, title: str) -> None:
    batch = fetch_films([Title(row=7, title=title, year=1990)], Tmdb(tmdb_source))
    assert batch.rows.num_rows == 0
    (failure,) = batch.failures
    assert failure.name == f"{title} (1990)"
    assert failure.reason.startswith("TMDB knows no film of this title and year")
    assert batch.resolved.to_pylist() == [{"row": 7, "title": title, "year": 1990, "tmdb_id": None, "reason": failure.reason}]
    assert batch.passing == 0


def test_one_title_fails_by_itself(tmdb_source: Source, tmdb_service: TmdbService) -> None:
    tmdb_service.faults.add(Fault(path="/movie/98", status=500, times=None))
    titles = [Title(row=i, title=title, year=year) for i, (title, year) in enumerate([("Gladiator", 2000), ("Inception", 2010)])]
    batch = fetch_films(titles, Tmdb(tmdb_source))
    assert [failure.name for failure in batch.failures] == ["Gladiator (2000)"]
    assert batch.rows["title"].to_pylist() == ["Inception"]
    assert batch.passing == 1


def test_a_film_without_id_is_no_answer(tmdb_source: Source, tmdb_service: TmdbService) -> None:
    tmdb_service.faults.add(Fault(path="/movie/78", kind="edit", edit=[Edit(at="id", drop=True)]))
    batch = fetch_films([Title(row=1, title="Blade Runner", year=1982)], Tmdb(tmdb_source))
    assert "without the record of this id" in batch.failures[0].reason


def test_films_come_once_sorted_by_id(tmdb_source: Source) -> None:
    titles = [Title(row=i, title=title) for i, title in enumerate(["Inception", "Blade Runner", "inception"])]
    batch = fetch_films(titles, Tmdb(tmdb_source))
    films = to_films([batch.rows])["tmdb_id"].to_pylist()
    assert films == sorted(set(films), key=int)
    assert len(batch.rows) > len(films)
