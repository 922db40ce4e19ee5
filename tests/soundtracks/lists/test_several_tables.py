"""Tables that follow one another in a file, of which none is lost without a word, and their headings."""

import pytest

from soundtracks.errors import BadTitles
from soundtracks.lists.columns import heading_at
from soundtracks.lists.read import read_bytes

MANY = "".join(f"Film Number {n},{1950 + n}\n" for n in range(28))
AGAIN = "1 other heading in the middle: read by it from there"


@pytest.mark.parametrize(
    ("scores", "at"),
    [
        ([2.5, 0, 4], 0),  # another table follows
        ([2.5, 4, 0, 6], 1),  # a heading of two rows
        ([0.5, 0, 4], 2),  # a word above the table
        ([0, 1.5, 0, 2.5], 3),
        ([1.5, 0], 0),
        ([0, 0], 0),
        ([], -1),
    ],
)
def test_the_heading_is_the_first_that_is_sure(scores: list[float], at: int) -> None:
    assert heading_at(scores, [[] for _ in scores]) == at


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Name,Description,Date\nFavourites,my best,2024-01-01\n\nPosition,Title,Year\n1,Heat,1995\n", ["Heat"]),
        ("Title,Rating\nHeat,5\n\nTitle,Year,Director\nUp,2009,Docter\n", ["Heat", "Up"]),
        ("Name,Year\nHeat,1995\n\nTitle,Year,Director\nUp,2009,Docter\n", ["Heat", "Up"]),
    ],
)
def test_a_table_about_the_list_holds_no_films(text: str, titles: list[str]) -> None:
    assert [film.title for film in read_bytes("l.csv", text.encode()).films] == titles


@pytest.mark.parametrize(
    ("name", "text", "count", "note"),
    [
        ("t.csv", f"title,year\n{MANY}\ntitle,year,director,imdb_id\nUp,2009,Docter,tt1049413\n", 29, AGAIN),
        ("h.csv", "Films I have\ntitle,year\nHeat,1995\n\nFilms I want\ntitle,year,imdb_id\nUp,2009,tt1049413\n", 2, AGAIN),
        (
            "two.md",
            "| Film | Year |\n|---|---|\n| Heat | 1995 |\n\n| Film | Year | IMDb |\n|---|---|---|\n| Up | 2009 | tt1049413 |\n",
            2,
            AGAIN,
        ),
        (
            "a.csv",
            "title,year\nHeat,1995\n\nAlbums I own,,\nartist,title,year\nVangelis,Blade Runner,1994\n",
            1,
            "from line 5 on another table (artist, title, year): not read",
        ),
        (
            "w.csv",
            "title,year\nHeat,1995\nWanted,\ntitle,year,imdb_id\nUp,2009,tt1049413\n",
            2,
            "1 line above another heading passed over: 'Wanted'",
        ),
        ("s.csv", "title,year\nHeat,1995\nWanted,\nUp,2009\n", 3, ""),
    ],
)
def test_tables_that_follow_one_another_are_read(name: str, text: str, count: int, note: str) -> None:
    reading = read_bytes(name, text.encode())
    assert (len(reading.films), reading.unreadable) == (count, 0)
    assert note in [*reading.notes, ""]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Title,Year\nHeat,1995\n1984,\nTitle,Year\nBrazil,1985\n", ["Heat", "1984", "Brazil"]),
        ("Title,Year\nHeat,1995\n1984\nTitle,Year\nBrazil,1985\n", ["Heat", "1984", "Brazil"]),
        ("Title,Year\nHeat,1995\n1984,\nTitle,Year,IMDb\nBrazil,1985,tt0088846\n", ["Heat", "1984", "Brazil"]),
        ("Title,Year\nHeat,1995\nUp,\nArtist,Title,Year\nVangelis,Blade Runner,1994\n", ["Heat", "Up"]),
        ("Title,Year\nHeat,1995\n\nFilms I want\nTitle,Year\nBrazil,1985\n", ["Heat", "Brazil"]),
        ("Title,Year,Artist\nHeat,1995,Goldenthal\n\nTitle,Year,Director\nJaws,1975,Spielberg\n", ["Heat", "Jaws"]),
    ],
)
def test_no_film_is_lost_above_or_below_another_heading(text: str, titles: list[str]) -> None:
    assert [film.title for film in read_bytes("t.csv", text.encode()).films] == titles


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("f.md", "| **Film (Year)** | Rating |\n|---|---|\n| **Heat** (1995) | 9 |\n| ~~Ran~~ (1985) | 10 |\n"),
        ("f.csv", "Film (Year),Rating\nHeat (1995),9\nRan (1985),10\n"),
    ],
)
def test_a_column_may_hold_titles_with_their_years(name: str, text: str) -> None:
    reading = read_bytes(name, text.encode())
    assert [(film.title, film.year) for film in reading.films] == [("Heat", 1995), ("Ran", 1985)]
    assert not any("no years" in note for note in reading.notes)


@pytest.mark.parametrize(
    "text",
    [
        "Name,Movie (Year)\nHeat,1995\nRan,1985\n",
        "Film,Film (Year)\nHeat,1995\nRan,1985\n",
        "Title,Film (Year)\nHeat,1995\nRan,1985\n",
    ],
)
def test_a_column_that_is_called_film_and_year_may_hold_years(text: str) -> None:
    assert [(film.title, film.year) for film in read_bytes("y.csv", text.encode()).films] == [("Heat", 1995), ("Ran", 1985)]


def test_a_table_without_a_heading_is_refused_as_such() -> None:
    with pytest.raises(BadTitles, match=r"n\.csv has no heading that is known") as raised:
        read_bytes("n.csv", b"Blade Runner,1982,Ridley Scott\nHeat,1995,Michael Mann\n")
    assert raised.value.hint == "Write one above the first row, such as title,year,director."
