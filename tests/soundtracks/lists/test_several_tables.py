"""Tables that follow one another in a file: none is lost without a word."""

import pytest

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
    assert heading_at(scores) == at


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
