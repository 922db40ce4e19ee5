"""Credits as Discogs writes them, and the people in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundtracks.publishing.credits import VARIOUS_ARTISTS, Credit, credits, plain_name


@pytest.mark.parametrize(
    ("artist", "plain"),
    [
        ("John Williams (4)", "John Williams"),
        ("Vangelis*", "Vangelis"),
        ("H. Zimmer (2)*", "H. Zimmer"),
        ("Vangelis = ヴァンゲリス*", "Vangelis"),
        ("早坂文雄", "早坂文雄"),
        ("Beatles, The", "The Beatles"),
        ("Shadows (2), The", "The Shadows"),
        ("Blink-182", "Blink-182"),
        ("Sum 41", "Sum 41"),
        ("!!! (2)", "!!!"),
        ("", ""),
    ],
)
def test_plain_names(artist: str, plain: str) -> None:
    assert plain_name(artist) == plain


def said(artist: str | None, names: list[str] | None = None, people: list[str] | None = None) -> list[tuple[str, str]]:
    return [(one.name, one.join) for one in credits(artist, names, people or [])]


@pytest.mark.parametrize(
    ("artist", "expected"),
    [
        ("Vangelis", [("Vangelis", "")]),
        ("John Williams (4)", [("John Williams", "")]),
        ("Hans Zimmer & Lisa Gerrard", [("Hans Zimmer", " & "), ("Lisa Gerrard", "")]),
        ("Trent Reznor And Atticus Ross", [("Trent Reznor", " And "), ("Atticus Ross", "")]),
        ("Hans Zimmer, John Powell & Lisa Gerrard", [("Hans Zimmer", ", "), ("John Powell", " & "), ("Lisa Gerrard", "")]),
        ("John Williams (4), London Symphony Orchestra", [("John Williams", ", "), ("London Symphony Orchestra", "")]),
        ("Vangelis* & Prince (2)", [("Vangelis", " & "), ("Prince", "")]),
        ("Pharrell Williams / Hans Zimmer", [("Pharrell Williams", " / "), ("Hans Zimmer", "")]),
        ("Eminem Feat. Rihanna", [("Eminem", " Feat. "), ("Rihanna", "")]),
        ("Simon & Garfunkel", [("Simon & Garfunkel", "")]),
        ("Earth, Wind & Fire", [("Earth, Wind & Fire", "")]),
        ("Kool & The Gang", [("Kool & The Gang", "")]),
        ("Prince And The Revolution", [("Prince And The Revolution", "")]),
        ("Tom Petty And The Heartbreakers", [("Tom Petty And The Heartbreakers", "")]),
        ("Beatles, The", [("The Beatles", "")]),
        ("Prince (3) And The Revolution", [("Prince", " And "), ("The Revolution", "")]),
        (
            "Maurice Jarre / The Royal Philharmonic Orchestra",
            [("Maurice Jarre", " / "), ("The Royal Philharmonic Orchestra", "")],
        ),
        ("Air* feat. The Others (2)", [("Air", " feat. "), ("The Others", "")]),
        ("Shadows (2), The", [("The Shadows", "")]),
        ("Alexandre Desplat", [("Alexandre Desplat", "")]),
        ("Various", [(VARIOUS_ARTISTS, "")]),
        ("Various Artists", [(VARIOUS_ARTISTS, "")]),
        ("Artisti Vari", [(VARIOUS_ARTISTS, "")]),
        ("Danny Elfman, Various", [("Danny Elfman", ", "), (VARIOUS_ARTISTS, "")]),
        ("Various Cruelties", [("Various Cruelties", "")]),
        ("", []),
        (None, []),
    ],
)
def test_a_line_alone(artist: str | None, expected: list[tuple[str, str]]) -> None:
    known = ["Danny Elfman"]
    assert said(artist, people=known) == expected


def test_a_composer_of_one_word_is_told_by_the_film() -> None:
    assert said("Vangelis, Demis") == [("Vangelis, Demis", "")]
    assert said("Vangelis, Demis", people=["Vangelis"]) == [("Vangelis", ", "), ("Demis", "")]


@pytest.mark.parametrize(
    ("artist", "names", "expected"),
    [
        ("H. Zimmer", ["Hans Zimmer"], [Credit("Hans Zimmer", "H. Zimmer")]),
        ("Simon & Garfunkel", ["Simon & Garfunkel"], [Credit("Simon & Garfunkel", "Simon & Garfunkel")]),
        (
            "Simon & Garfunkel, Dave Grusin",
            ["Simon & Garfunkel", "Dave Grusin"],
            [Credit("Simon & Garfunkel", "Simon & Garfunkel", ", "), Credit("Dave Grusin", "Dave Grusin")],
        ),
        (
            "Vangelis & Prince (2)",
            ["Vangelis", "Prince (2)"],
            [Credit("Vangelis", "Vangelis", " & "), Credit("Prince", "Prince")],
        ),
        (
            "J. Williams Feat. L.S.O.",
            ["John Williams (4)", "The London Symphony Orchestra"],
            [Credit("John Williams", "J. Williams", " Feat. "), Credit("The London Symphony Orchestra", "L.S.O.")],
        ),
        (
            None,
            ["Ennio Morricone", "Bruno Nicolai"],
            [Credit("Ennio Morricone", "Ennio Morricone", ", "), Credit("Bruno Nicolai", "Bruno Nicolai")],
        ),
        ("Various", ["Various"], [Credit(VARIOUS_ARTISTS, VARIOUS_ARTISTS)]),
    ],
)
def test_with_the_artists_own_names(artist: str | None, names: list[str], expected: list[Credit]) -> None:
    assert credits(artist, names) == expected


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=3))
@pytest.mark.slow
def test_any_credit_is_read(artist: str, names: list[str]) -> None:
    found = credits(artist, names)
    assert all(one.name and one.credited for one in found)
    assert all("\n" not in one.name + one.credited + one.join for one in found)
    if found:
        assert found[-1].join == ""
