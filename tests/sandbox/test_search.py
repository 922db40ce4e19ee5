import pytest

from sandbox.search import Facets, TextIndex, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Amélie", ["amelie"]),
        ("Schindler's List", ["schindlers", "list"]),
        ("d’Amélie", ["d", "amelie"]),
        ("9½ Weeks", ["91", "2", "weeks"]),
        ("もののけ姫", ["も", "の", "の", "け", "姫"]),
        ("ＡＫＩＲＡ", ["akira"]),
        ("Солярис", ["солярис"]),
        ("...", []),
    ],
)
def test_tokens(text: str, words: list[str]) -> None:
    assert tokens(text) == words


INDEX = TextIndex(
    [
        [("Titanic", 1.5), ("James Horner", 1.0), ("Soundtrack", 0.4)],
        [("Titanic Rising", 1.5), ("Weyes Blood", 1.0)],
        [("Braveheart", 1.5), ("James Horner", 1.0), ("Soundtrack", 0.4)],
        [("Arrival", 1.5), ("ABBA", 1.0)],
    ]
)


def test_the_best_hit_comes_first_and_loosely_related_ones_after_it() -> None:
    scores = INDEX.search("titanic soundtrack")
    assert sorted(scores, key=lambda position: -scores[position]) == [0, 1, 2]


def test_unknown_words_are_passed_over() -> None:
    assert set(INDEX.search("zzyzx arrival")) == {3}
    assert INDEX.search("zzyzx") == {}
    assert INDEX.search("") == {}


def test_containing_needs_every_word() -> None:
    assert INDEX.containing("james horner") == {0, 2}
    assert INDEX.containing("james blood") == set()
    assert INDEX.containing("soundtrack", weight=1.0) == set()


def test_facets_ignore_case() -> None:
    facets = Facets()
    facets.add(1, "style", ["Soundtrack", "Score"])
    assert facets.get("style", "soundtrack") == {1}
    assert facets.get("style", "Ambient") == set()
