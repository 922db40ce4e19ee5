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
        ("M:I-2", "m i 2"),
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


def test_titles_within_a_text() -> None:
    titles = TitleIndex(["third man", "up", "man", "", "alien 3"])
    assert list(titles.within(fold("Anton Karas: The Third Man Theme"))) == ["third man", "man"]
    assert list(titles.within(fold("Upstairs"))) == []
    assert list(TitleIndex([]).within("anything")) == []
