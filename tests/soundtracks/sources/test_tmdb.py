import pytest

from sandbox.faults import Edit, Fault
from sandbox.tmdb import Tmdb as TmdbService
from soundtracks.records import FILMS
from soundtracks.sources.batches import fetch_films, to_films
from soundtracks.sources.http import Source
from soundtracks.sources.models import Credit, FilmDetails, FoundFilm
from soundtracks.sources.tmdb import Title, Tmdb, all_titles, choose, composers, film_row


def found(*films: tuple[int, str, int | None, float]) -> list[FoundFilm]:
    return [FoundFilm(id=i, title=title, release_date=year, popularity=known) for i, title, year, known in films]


@pytest.mark.parametrize(
    ("title", "year", "films", "chosen"),
    [
        ("Whiplash", 2014, [(1, "Whiplash", 2013, 9), (2, "Whiplash", 2014, 60)], [2]),
        ("Whiplash", 2013, [(2, "Whiplash", 2014, 60), (1, "Whiplash", 2013, 9)], [1]),
        ("Whiplash", None, [(1, "Whiplash", 2013, 9), (2, "Whiplash", 2014, 60)], [2, 1]),
        ("Gladiator", None, [(1, "Gladiator", 2000, 80), (2, "Gladiator", 1992, 9), (3, "Gladiator", 2019, 0.6)], [1, 2]),
        ("Dune", None, [(i, "Dune", 1950 + i, 10) for i in range(1, 6)], [1, 2, 3]),
        ("Amelie", 2001, [(1, "Amélie", 2001, 30)], [1]),
        ("the thing", 1982, [(1, "The Thing", 1982, 30), (2, "The Thing", 2011, 40)], [1]),
        ("Ghostbuster", 1984, [(1, "Ghostbusters", 1984, 30)], [1]),
        ("Thelma and Louise", 1991, [(1, "Thelma & Louise", 1991, 30)], [1]),
        ("Alien", 1979, [(1, "Aliens", 1986, 50), (2, "Alien", 1979, 50)], [2]),
        ("Alien", None, [(1, "Aliens", 1986, 50), (2, "Alien", 1979, 50)], [2]),
        ("Solaris", 1990, [(1, "Solaris", 1972, 50), (2, "Solaris", 2002, 50)], []),
        ("Solaris", 1972, [(1, "Solaris", None, 50)], [1]),
        ("Inception", 2010, [(1, "The Cobol Job", 2010, 3)], []),
        ("!!!", None, [(1, "???", 2000, 9), (2, "!!!", 2000, 1)], [2]),
        ("Up", 2009, [], []),
    ],
)
def test_choice(title: str, year: int | None, films: list[tuple[int, str, int | None, float]], chosen: list[int]) -> None:
    assert [film.id for film in choose(found(*films), Title(row=1, title=title, year=year))] == chosen


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


def test_an_id_spares_the_search(tmdb_source: Source, tmdb_service: TmdbService) -> None:
    batch = fetch_films([Title(row=1, title="whatever", tmdb_id="78")], Tmdb(tmdb_source))
    assert batch.rows["tmdb_id"].to_pylist() == ["78"]
    assert tmdb_service.log.count() == 1


def test_a_merged_id_is_found_by_its_title(tmdb_source: Source) -> None:
    batch = fetch_films([Title(row=1, title="Blade Runner", year=1982, tmdb_id="999999999")], Tmdb(tmdb_source))
    assert batch.rows["tmdb_id"].to_pylist() == ["78"]


@pytest.mark.parametrize(("title", "year"), [("ブレードランナー", 1982), ("Blade Runner", 1983), ("blade  runner", None)])
def test_other_titles_and_a_year_off_by_one_find_the_film(tmdb_source: Source, title: str, year: int | None) -> None:
    batch = fetch_films([Title(row=1, title=title, year=year)], Tmdb(tmdb_source))
    assert batch.rows["tmdb_id"].to_pylist() == ["78"]


@pytest.mark.parametrize("title", ["No Such Film Ever Made", "🎬🎬🎬", '"""', "x" * 500])
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
    assert "came without an id" in batch.failures[0].reason


def test_films_come_once_sorted_by_id(tmdb_source: Source) -> None:
    titles = [Title(row=i, title=title) for i, title in enumerate(["Inception", "Blade Runner", "inception"])]
    batch = fetch_films(titles, Tmdb(tmdb_source))
    films = to_films([batch.rows])["tmdb_id"].to_pylist()
    assert films == sorted(set(films), key=int)
    assert len(batch.rows) > len(films)
