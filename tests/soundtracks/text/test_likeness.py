"""How alike a title is to the one that is wanted."""

import pytest

from soundtracks.text.likeness import ALL_BUT_SAME, NEARLY, SAME, likeness


@pytest.mark.parametrize(
    ("wanted", "name", "alike"),
    [
        ("The Godfather Part 2", "The Godfather: Part II", SAME),
        ("Twelve Monkeys", "12 Monkeys", SAME),
        ("Kill Bill 2", "Kill Bill: Vol. 2", SAME),
        ("Thelma and Louise", "Thelma & Louise", SAME),
        ("1917", "1917", SAME),
        # a subtitle behind the number
        ("Police Story 4", "Police Story 4: First Strike", ALL_BUT_SAME),
        ("A Nightmare on Elm Street 2", "A Nightmare on Elm Street Part 2: Freddy's Revenge", ALL_BUT_SAME),
        ("Friday the 13th Part 7", "Friday the 13th Part VII: The New Blood", ALL_BUT_SAME),
        ("John Wick 3", "John Wick: Chapter 3 - Parabellum", ALL_BUT_SAME),
        ("Naked Gun 33 1/3", "Naked Gun 33⅓: The Final Insult", ALL_BUT_SAME),
        ("Old Boy", "Oldboy", ALL_BUT_SAME),
        ("Munnabhai MBBS", "Munna Bhai M.B.B.S.", ALL_BUT_SAME),
        # a first part is often not numbered
        ("Toy Story 1", "Toy Story", ALL_BUT_SAME),
        ("Rocky", "Rocky I", ALL_BUT_SAME),
        ("Gangs of Wasseypur", "Gangs of Wasseypur - Part 1", ALL_BUT_SAME),
    ],
)
def test_the_same_said_otherwise(wanted: str, name: str, alike: float) -> None:
    assert likeness(wanted, name) == alike


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Ghostbuster", "Ghostbusters"),
        ("Le Samurai", "Le Samouraï"),
        ("3 Idiot", "3 Idiots"),
        ("The Texas Chain Saw Massacre 1974", "The Texas Chain Saw Massacre"),  # the film's year
        ("The Texas Chain Saw Massacre 2 1986", "The Texas Chain Saw Massacre 2"),
        ("District 13", "District B13"),
    ],
)
def test_spellings_are_nearly_the_same(wanted: str, name: str) -> None:
    assert NEARLY <= likeness(wanted, name) < ALL_BUT_SAME


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Police Story 4", "Police Story 2"),
        ("Halloween 4", "Halloween II"),
        ("A Nightmare on Elm Street 2", "A Nightmare on Elm Street"),
        ("A Nightmare on Elm Street 3", "A Nightmare on Elm Street Part 2: Freddy's Revenge"),
        ("A Nightmare on Elm Street", "A Nightmare on Elm Street 3: Dream Warriors"),
        ("Friday the 13th Part 7", "Friday the 13th Part III"),
        ("Harry Potter and the Deathly Hallows 1", "Harry Potter and the Deathly Hallows: Part 2"),
        ("Toy Story 1", "Toy Story 2"),
        ("Rocky", "Rocky II"),
        ("1917", "1971"),
        ("2012", "2010"),
        ("Airport 1975", "Airport 1977"),
        ("21 Jump Street", "22 Jump Street"),
        ("Apollo 13", "Apollo 18"),
        ("Apollo 13", "Apollo 13 2: The Sequel"),
        ("12", "12 Monkeys"),
        ("범죄도시2", "범죄도시3"),
        ("धूम ३", "धूम २"),
    ],
)
def test_another_number_is_another_film(wanted: str, name: str) -> None:
    assert likeness(wanted, name) < NEARLY


def test_punctuation_is_compared_as_it_is() -> None:
    assert likeness("!!!", "!!!") == SAME
    assert likeness("!!!", "???") == 0.0
