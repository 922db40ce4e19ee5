import numpy as np
import pyarrow as pa
import pytest

from soundtracks.matching.evidence import EVIDENCE, NULL
from soundtracks.matching.features import album_features
from soundtracks.matching.year_levels import Edition, first_year_level, title_year_level, year_level, years_about
from soundtracks.records import ALBUMS, FILMS


def label(name: str, level: int) -> str:
    return "unknown" if level == NULL else EVIDENCE[name][level]


def year(film: float, own: float, **edition: bool) -> str:
    """Level of one record, of which some of Edition's fields hold."""
    given = Edition(*(np.array([edition.get(name, False)]) for name in Edition._fields))
    return label("year", int(year_level(np.array([film]), np.array([own]), given)[0]))


@pytest.mark.parametrize(
    ("later", "plain", "reissue"),
    [
        (-30, "older", "older"),
        (-2, "older", "older"),
        (-1, "a year older", "a year older"),
        (0, "the same", "the same"),
        (1, "later by one or two", "later by one or two"),
        (2, "later by one or two", "later by one or two"),
        (3, "later by three to ten", "a reissue, later by more than two"),
        (10, "later by three to ten", "a reissue, later by more than two"),
        (11, "later by more than ten", "a reissue, later by more than two"),
        (np.nan, "unknown", "unknown"),
    ],
)
def test_years_of_editions(later: float, plain: str, reissue: str) -> None:
    assert (year(1990, 1990 + later), year(1990, 1990 + later, reissue=True)) == (plain, reissue)


@pytest.mark.parametrize(
    ("film", "own", "edition", "expected"),
    [
        (1977, 1995, {"cd": True}, "a CD of a film before CDs"),
        (1977, 1978, {"cd": True}, "later by one or two"),
        (1984, 1995, {"cd": True}, "later by more than ten"),
        (1977, 1995, {"cd": True, "reissue": True}, "a reissue, later by more than two"),
        (2000, 1999, {"indian": True}, "a year older, an Indian record"),
        (2000, 1998, {"indian": True}, "older"),
        (1975, 1998, {"indian": True, "reissue": True, "again": True}, "an Indian reissue"),
        (1975, 1998, {"indian": True}, "later by more than ten"),
        (2016, 2018, {"again": True, "reissue": True}, "a reissue of about its year"),
        (2016, 2030, {"again": True, "reissue": True}, "a reissue, later by more than two"),
        (1992, 2019, {"deluxe": True, "reissue": True}, "later by more than ten"),
        (1977, 2012, {"deluxe": True, "reissue": True, "cd": True}, "a CD of a film before CDs"),
        (1992, 2002, {"deluxe": True, "reissue": True}, "a reissue, later by more than two"),
        (2019, 2019, {"deluxe": True, "reissue": True}, "the same"),
    ],
)
def test_what_a_record_is_bears_on_its_year(film: int, own: int, edition: dict[str, bool], expected: str) -> None:
    assert year(film, own, **edition) == expected


@pytest.mark.parametrize(
    ("apart", "plain", "of_film_music", "indian"),
    [
        (-2, "older", "older", "older"),
        (-1, "a year older", "a year older", "a year older, an Indian record"),
        (0, "the same", "the same", "the same"),
        (2, "within a year or two", "within a year or two", "within a year or two"),
        (3, "later by three to ten", "later, by a label of film music", "later by three to ten"),
        (30, "later by more than ten", "later, by a label of film music", "later by more than ten"),
        (np.nan, "unknown", "unknown", "unknown"),
    ],
)
def test_years_of_first_releases(apart: float, plain: str, of_film_music: str, indian: str) -> None:
    no, yes, years = np.array([False]), np.array([True]), np.array([float(apart)])
    found = [first_year_level(years, *of)[0] for of in ((no, no), (yes, no), (no, yes))]
    assert [label("first year", int(level)) for level in found] == [plain, of_film_music, indian]


@pytest.mark.parametrize(
    ("title", "name", "year", "expected"),
    [
        ("Cape Fear (The Classic 1962 Score)", "cape fear", 1962, "the film's"),
        ("Cape Fear (The Classic 1962 Score)", "cape fear", 1991, "an earlier one"),
        ("Halloween (2018 Remaster)", "halloween", 1978, "unknown"),  # the edition's
        ("Halloween (2018) [Expanded Edition]", "halloween", 1978, "unknown"),
        ("Vertigo - 1996 Recording", "vertigo", 1958, "unknown"),
        ("Halloween (Original 2018 Motion Picture Soundtrack)", "halloween", 1978, "a later one, as a remake's"),
        ("Aladdin (2019 Soundtrack)", "aladdin", 1992, "a later one, as a remake's"),
        ("The Thing (2011) Original Motion Picture Soundtrack", "thing", 1982, "a later one, as a remake's"),
        ("Suspiria [2018]", "suspiria", 1977, "a later one, as a remake's"),
        ("Suspiria [2018]", "suspiria", 2018, "the film's"),
        ("Suspiria [2018]", "suspiria", 2017, "unknown"),  # a year later in another country
        ("Blade Runner 2049", "blade runner 2049", 2017, "unknown"),  # its name
        ("Cape Fear", "cape fear", 1962, "unknown"),
    ],
)
def test_a_year_in_the_title(title: str, name: str, year: int, expected: str) -> None:
    album = album_features(pa.Table.from_pylist([{"album_id": "a", "title": title}], schema=ALBUMS))
    level = title_year_level(album["a_title_year"], album["a_films_year"], np.array([float(year)]), [name])[0]
    assert label("year in the title", int(level)) == expected


@pytest.mark.parametrize(
    ("last", "released", "expected"),
    [
        (2002, 1992, 1993),
        (2002, 1993, 1993),
        (2002, 1994, None),  # while it was broadcast: one of many years
        (2002, 2002, None),
        (2002, 2004, 2002),
        (2002, np.nan, 1993),
        (None, 1998, 1993),
        (1990, 1998, 1993),  # no series ends before it begins
    ],
)
def test_years_of_series(last: int | None, released: float, expected: int | None) -> None:
    series = {"tmdb_id": "tv:4087", "title": "The X-Files", "year": 1993, "last_year": last}
    of_film = {"tmdb_id": "846", "title": "The X-Files", "year": 1998, "last_year": None}
    films = pa.Table.from_pylist([series, of_film], schema=FILMS)
    found = years_about(films, np.array([released, released]))
    assert [None if np.isnan(year) else year for year in found] == [expected, 1998]
