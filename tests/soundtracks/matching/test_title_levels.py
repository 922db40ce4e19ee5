import numpy as np
import pyarrow as pa
import pytest

from soundtracks.matching.evidence import EVIDENCE, NULL
from soundtracks.matching.title_levels import (
    article_levels,
    beside_name,
    films_of_one_album,
    name_level,
    numeral_level,
    part_level,
    similar_level,
    whole_title_level,
    with_artist,
)
from soundtracks.text import canonical
from soundtracks.text.folding import fold


def label(name: str, level: int) -> str:
    return "unknown" if level == NULL else EVIDENCE[name][level]


@pytest.mark.parametrize(
    ("album", "film", "similarity", "expected"),
    [
        ("baahubali the beginning", "bahubali the beginning", 0.98, "spelling variant"),
        ("borg mcenroe", "borg vs mcenroe", 0.88, "spelling variant"),
        ("spiderman far from home", "spider man far from home", 0.97, "spelling variant"),
        ("harry potter and the sorcerers stone", "harry potter and the philosophers stone", 0.85, "one word differs"),
        ("birds of prey the album", "birds of prey", 0.7, "one contains the other"),
        ("legally blond", "legally blonde", 0.96, "spelling variant"),
        ("happy death day 2u", "happy death day", 0.91, "similar"),  # a number is never little
        ("the legal blond", "the legal blonde", 0.96, "spelling variant"),
        ("jaws", "jars", 0.75, "loosely similar"),
        ("dark night", "dark light", 0.84, "similar"),
        ("halloween 3", "halloween 2", 0.91, "loosely similar"),
        ("matrix revolutions", "matrix reloaded", 0.67, "same beginning, another end"),
        ("le voyage de chihiro", "spirited away", 0.18, "another title"),
        ("demoiselles de rochefort", "young girls of rochefort", 0.54, "another title, a word in common"),
        ("music from the soundtrack", "soundtrack music lovers", 0.4, "another title"),  # wording is no word of a title
    ],
)
def test_similar_titles(album: str, film: str, similarity: float, expected: str) -> None:
    assert label("title", similar_level(album, film, similarity)) == expected


@pytest.mark.parametrize(
    ("album", "film", "expected"),
    [
        ("jaws", "jaws 2", "another number"),
        ("jaws 3", "jaws 2", "another number"),
        ("rocky 2 the score", "rocky 2", "the same number"),
        ("loro", "loro 1", "unknown"),  # first parts are often not numbered
        ("loro 2", "loro 1", "another number"),
        ("tamineta 2", "tamineta", "another number"),
        ("jaws", "jars", "unknown"),
        ("jaws 2", "jaws 2", "unknown"),
    ],
)
def test_numerals(album: str, film: str, expected: str) -> None:
    assert label("numeral", numeral_level(album, film)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("home", 0), ("300", 0), ("gigi", 1), ("gladiator", 2), ("blade runner", 3), ("banshees of inisherin", 4), ("君の名は", 1)],
)
def test_names_tell_by_their_length(name: str, expected: int) -> None:
    assert name_level(name) == expected


@pytest.mark.parametrize(
    ("title", "film", "expected"),
    [
        ("The Tribute (Original Score)", "tribute", "the   (original score)"),
        ("Rocky III (Music From The Motion Picture)", "rocky 3", "  (music from the motion picture)"),
        ("A Tribute To Blade Runner", "blade runner", "a tribute to  "),
        ("Into The Night: Covers", "into night", " : covers"),
        ("Covers Of Covers", "covers", "  of covers"),
        ("Undercovers", "covers", "undercovers"),
    ],
)
def test_a_films_own_name_is_taken_out_before_the_rest_is_read(title: str, film: str, expected: str) -> None:
    assert beside_name(fold(title), film) == expected


@pytest.mark.parametrize(
    ("album", "film", "shared", "expected"),
    [
        ("Star Wars: Revenge Of The Sith", "Star Wars: Episode III - Revenge of the Sith", "revenge of the sith", "part of it equal"),
        ("Star Wars: Revenge Of The Sith", "Star Wars: Episode II - Attack of the Clones", "star wars",
         "shares a part with another title"),
        ("Maze Runner: The Scorch Trials", "Maze Runner: The Death Cure", "maze runner", "shares a part with another title"),
        ("Alien: Original Soundtrack", "Alien: The Film", "alien", "equal to its main title"),
    ],
)  # fmt: skip
def test_what_stands_beside_a_shared_part_tells(album: str, film: str, shared: str, expected: str) -> None:
    assert label("title", part_level(album, film, shared, EVIDENCE["title"].index("equal to its main title"))) == expected


@pytest.mark.parametrize(
    ("album", "film", "name", "expected"),
    [
        ("the warriors", "The Warriors", "warriors", "both have one"),
        ("songs from the warriors", "The Warriors", "warriors", "both have one"),
        ("the warriors", "Warriors", "warriors", "the album's alone"),
        ("wicked", "The Wicked", "wicked", "the film's alone"),
        ("the music of wicked", "Wicked", "wicked", "unknown"),
        ("wicked", "Wicked", "wicked", "unknown"),
        ("one", "The One", "1", "the film's alone"),
        ("the one", "The One", "1", "both have one"),
    ],
)
def test_articles_tell_namesakes_apart(album: str, film: str, name: str, expected: str) -> None:
    pairs = pa.table({"similarity": pa.array([1.0], pa.float32()), "film_kind": [canonical.TITLE], "film_key": [name]})
    levels = article_levels(pairs, pa.chunked_array([[album]]), pa.chunked_array([[film]]))
    assert label("article", int(levels[0])) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([0], [NULL]),
        ([1], [NULL]),
        ([1, 2], [0] * 2),
        ([1, 2, 3], [1] * 3),
    ],
)
def test_films_of_one_album(parts: list[int], expected: list[int]) -> None:
    columns = {"album": [0] * len(parts), "part": parts, "similarity": pa.array([1.0] * len(parts), pa.float32())}
    assert films_of_one_album(pa.table(columns)).tolist() == expected


@pytest.mark.parametrize(
    ("film", "name", "credit", "expected"),
    [
        ("Monty Python's The Meaning of Life", "meaning of life", "ost monty python", True),
        ("My Little Pony: Friendship Games", "friendship games", "my little pony", True),
        ("Twin Peaks: Fire Walk With Me", "twin peaks", "angelo badalamenti", False),
        ("Jaws", "jaws", "john williams", False),
    ],
)
def test_title_and_artist_may_be_the_films_title(film: str, name: str, credit: str, expected: bool) -> None:
    assert with_artist(film, name, credit) is expected


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (["equal to its main title", "equal"], [0, NULL]),
        (["equal to its main title", "another spelling"], [NULL, NULL]),
        (["equal to its subtitle", "equal"], [0, NULL]),
        (["part of it equal", "equal"], [NULL, NULL]),
    ],
)
def test_another_film_may_be_called_so(levels: list[str], expected: list[int]) -> None:
    title = np.array([EVIDENCE["title"].index(level) for level in levels], dtype=np.int8)
    one_album, two_albums = pa.table({"album": [3, 3]}), pa.table({"album": [3, 4]})
    assert whole_title_level(one_album, title).tolist() == expected
    assert whole_title_level(two_albums, title).tolist() == [NULL, NULL]
