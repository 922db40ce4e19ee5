import pytest

from soundtracks.lists import values


@pytest.mark.parametrize(
    ("text", "year"),
    [
        *(("1982", 1982), ("1982.0", 1982), (" 1982 ", 1982), ("(1950)", 1950), ("1982-06-25", 1982), ("1982-06", 1982)),
        *(
            ("25/06/1982", 1982),
            ("21.11.2003 00:00", 2003),
            ("June 25, 1982", 1982),
            ("25 Jun 1982", 1982),
            ("25-Jun-1982", 1982),
        ),
        *(
            ("1982-06-25T00:00:00.0000000Z", 1982),
            ("19820625", 1982),
            ("1982年6月25日", 1982),
            ("c. 1927", 1927),
            ("1927?", 1927),
        ),
        *(("2017–2020", 2017), ("2011-", 2011), ("1982 г.", 1982), ("25 de junio de 1982", 1982), ("25. Juni 1982", 1982)),
        *((text, None) for text in ("", "0", "-1", "nan", "NaN", "\\N", "N/A", "?", "0000-00-00", "0001-01-01", "soon", "99999")),
        *((text, None) for text in ("3", "1800", "http://www.wikidata.org/.well-known/genid/1982", "1 of 1982 votes", "9" * 400)),
    ],
)
def test_year(text: str, year: int | None) -> None:
    assert values.parse_year(text) == year


@pytest.mark.parametrize(
    ("text", "numbers", "found"),
    [
        ("tt0083658", False, "tt0083658"),
        ("https://www.imdb.com/title/tt0083658/", False, "tt0083658"),
        ("com.plexapp.agents.imdb://tt0083658?lang=en", False, "tt0083658"),
        ("54215", True, "tt0054215"),
        ("54215.0", True, "tt0054215"),
        ("tt54215", True, "tt0054215"),
        ("54215", False, None),
        ("nm0001877", True, None),
        ("0", True, None),
        ("attt0083658", False, None),
    ],
)
def test_imdb_id(text: str, numbers: bool, found: str | None) -> None:
    assert values.imdb_id(text, numbers=numbers) == found


@pytest.mark.parametrize(
    ("text", "numbers", "found"),
    [
        ("78", True, "78"),
        ("78.0", True, "78"),
        ("078", True, "78"),
        ("0", True, None),
        ("78", False, None),
        ("https://www.themoviedb.org/movie/78-blade-runner", False, "78"),
        ("https://www.themoviedb.org/tv/78", True, None),
        ("https://www.themoviedb.org/collection/8091", True, None),
        ("tmdb://78", False, "78"),
        ("com.plexapp.agents.themoviedb://78?lang=en", False, "78"),
        ("tvdb://78", True, None),
        ("７８", True, None),
        ("9" * 400, True, None),
    ],
)
def test_tmdb_id(text: str, numbers: bool, found: str | None) -> None:
    assert values.tmdb_id(text, numbers=numbers) == found


@pytest.mark.parametrize(
    ("text", "digits"),
    [("745099657420", "745099657420"), ("7 45099-65742 0", "745099657420"), ("7.45E+11", None), ("0", None), ("none", None)],
)
def test_barcode(text: str, digits: str | None) -> None:
    assert values.barcode(text) == digits


def test_control_characters_and_turned_directions_are_no_part_of_a_title() -> None:
    assert values.clean("\x1b]0;x\x07Ali\u202een\n\u200b!") == "]0;x Ali en !"
