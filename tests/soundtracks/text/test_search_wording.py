import pytest

from soundtracks.text.search_wording import TitleIndex, fold, holds


@pytest.mark.parametrize(
    ("title", "folded"),
    [
        ("The Thing", "thing"),
        ("Amélie!", "amelie"),
        ("Schindler's List", "schindlers list"),
        ("Thelma & Louise", "thelma and louise"),
        ("A", "a"),
        ("M:I-2", "mi 2"),
        ("S.W.A.T.", "swat"),
        ("9½ Weeks", "9 1 2 weeks"),
        ("9 1/2 Weeks", "9 1 2 weeks"),
        ("Naked Gun 33⅓", "naked gun 33 1 3"),
        ("Alien³", "alien 3"),
        ("Rocky II", "rocky 2"),
        ("The Godfather: Part II", "godfather 2"),
        ("V for Vendetta", "5 for vendetta"),
        ("  Dr.  No ", "dr no"),
        ("«»", ""),
        ("", ""),
    ],
)
def test_fold(title: str, folded: str) -> None:
    assert fold(title) == folded


def test_scripts_fold_alike() -> None:
    assert fold("Бегущий по лезвию") == fold("бегущий  ПО лезвию!")


@pytest.mark.parametrize(
    ("text", "title", "held"),
    [("vangelis blade runner", "blade runner", True), ("blade runners", "blade runner", False), ("up in the air", "up", True),
     ("anything", "", False)],
)  # fmt: skip
def test_holds(text: str, title: str, held: bool) -> None:
    assert holds(text, title) == held


@pytest.mark.parametrize(
    ("listed", "title"),
    [
        ("Jack Nitzsche - 9 1/2 Weeks (Original Motion Picture Soundtrack)", "9½ Weeks"),
        ("Elliot Goldenthal - Alien³ (Original Motion Picture Soundtrack)", "Alien 3"),
        ("Bill Conti - Rocky II", "Rocky 2"),
        ("Bill Conti - Rocky 2 (Music From The Motion Picture)", "Rocky II"),
        ("Nino Rota - The Godfather Part 2", "The Godfather: Part II"),
        ("Dario Marianelli - V For Vendetta", "V for Vendetta"),
        ("John Powell - X-Men: The Last Stand", "X-Men: The Last Stand"),
        ("Plan B - I, Robot", "I, Robot"),
        ("John Williams (4) - E.T. The Extra-Terrestrial", "E.T. the Extra-Terrestrial"),
        ("Elliott Kastner, M.A.S.H", "MASH"),
    ],
)
def test_a_listing_holds_its_film_however_numbers_are_written(listed: str, title: str) -> None:
    assert holds(fold(listed), fold(title))


def test_titles_within_a_text() -> None:
    titles = TitleIndex(["third man", "up", "man", "", "alien 3"])
    assert list(titles.within(fold("Anton Karas: The Third Man Theme"))) == ["third man", "man"]
    assert list(titles.within(fold("Upstairs"))) == []
    assert list(TitleIndex([]).within("anything")) == []
