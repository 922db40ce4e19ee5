import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundtracks.text.folding import MAX_LENGTH, WORD, find_words, fold, too_long, words_of


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Blade \t\n Runner ", "blade runner"),
        ("Thelma & Louise", "thelma and louise"),
        ("Thelma  &Louise", "thelma and louise"),
        ("a\u3000\u3000b\u00a0c", "a b c"),
        ("alien ж\u00a8\u00a8\u00a8!", "alien ж !"),  # only the compatibility form has a blank
        ("Massive Attack \u200e– Mezzanine", "massive attack - mezzanine"),  # a mark of direction, as Discogs' pages have
        ("Sound\u00adtrack", "soundtrack"),
        ("\ufeffAmélie", "amelie"),
        ("\u200b", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("text", ["a" * 600, "½" * 600, "ж " * 600, " " * 600 + "a", "a" * 499 + " b"])
def test_no_more_than_a_title_is_read(text: str) -> None:
    assert len(fold(text)) <= MAX_LENGTH
    assert fold(fold(text)) == fold(text)


def test_what_is_longer_can_be_told() -> None:
    assert too_long(pa.array(["a" * MAX_LENGTH, "a" * (MAX_LENGTH + 1), None])).to_pylist() == [False, True, False]


@given(st.text(st.characters(max_codepoint=127) | st.sampled_from("é'_-. 9Ж")))
def test_words_are_found_alike_in_ascii_and_beyond(text: str) -> None:
    assert find_words(text) == WORD.findall(text)


@pytest.mark.parametrize(
    ("folded", "words"),
    [
        ("a.i. artificial", ["ai", "artificial"]),
        ("j. j. cale", ["jj", "cale"]),
        ("x men", ["x", "men"]),
        ("part v a new day", ["part", "v", "a", "new", "day"]),
        ("don't", ["dont"]),
        ("8 1/2", ["8", "1", "2"]),
    ],
)
def test_words_of_a_title(folded: str, words: list[str]) -> None:
    assert words_of(folded) == words
