"""What is a film, and what a list has beside films."""

import pytest

from soundtracks.lists.read import read_bytes
from tests.soundtracks.lists.corpus import text

FILMS_IN_PARTS = [
    "John Wick: Chapter 2",
    "Harry Potter and the Deathly Hallows: Part 1",
    "The Twilight Saga: Breaking Dawn: Part 1",
    "Kill Bill: Volume 1",
    "It: Chapter 2",
]
EPISODES = [
    "Dark: Season 1: Secrets",
    "Money Heist: Part 1: Episode 2",
    "Haus des Geldes: Teil 1: Folge 2",
    "Avatar: Book 1: The Boy in the Iceberg",
    "Chernobyl: Limited Series: 1:23:45",
]


def test_films_that_have_parts_are_told_from_episodes() -> None:
    rows = [f'"{title}","1/2/20"' for title in [*FILMS_IN_PARTS, *EPISODES]]
    reading = read_bytes("NetflixViewingHistory.csv", text("Title,Date", *rows))
    assert [film.title for film in reading.films] == FILMS_IN_PARTS
    assert dict(reading.left_out) == {"episode": len(EPISODES)}


@pytest.mark.parametrize(
    ("rows", "films", "left_out"),
    [
        (["Amadeus,1984,Music", "West Side Story,1961,Music", "Alien,1979,Horror"], ["Amadeus", "West Side Story", "Alien"], {}),
        (["Amadeus,1984,Music", "Toy Story,1995,Animation"], ["Amadeus", "Toy Story"], {}),
        (["Amadeus,1984,Music", "Alien,1979,Movie night"], ["Amadeus", "Alien"], {}),
        (["Amadeus,1984,Movies", "Dark,2017,TV Show", "Dune,1965,Book"], ["Amadeus"], {"series": 1, "book": 1}),
        (["Dark,2017,Series", "Dune,1965,Book"], [], {"series": 1, "book": 1}),
    ],
    ids=["genres", "genres that are kinds", "other words", "kinds", "no films"],
)
def test_a_category_is_a_kind_only_where_all_of_them_are(rows: list[str], films: list[str], left_out: dict[str, int]) -> None:
    reading = read_bytes("x.csv", text("Title,Year,Category", *rows))
    assert ([film.title for film in reading.films], dict(reading.left_out)) == (films, left_out)


def test_the_category_of_an_award_is_no_kind() -> None:
    heading = "year_film,year_ceremony,ceremony,category,name,film,winner"
    rows = [
        "1977,1978,50,MUSIC (Original Score),John Williams,Star Wars,True",
        "1979,1980,52,MUSIC (Original Score),X,Alien,False",
    ]
    reading = read_bytes("oscars.csv", text(heading, *rows))
    assert (reading.kind, dict(reading.left_out)) == ("films", {})
    assert [(film.title, film.year) for film in reading.films] == [("Star Wars", 1977), ("Alien", 1979)]


def test_films_made_for_television_are_films() -> None:
    reading = read_bytes(
        "x.csv", text("Title,Year", "Duel (TV),1971", "Salem's Lot (TV Mini-Series),1979", "Lost (Serie de TV),2004")
    )
    assert [(film.title, film.year) for film in reading.films] == [("Duel", 1971)]
    assert dict(reading.left_out) == {"series": 2}
