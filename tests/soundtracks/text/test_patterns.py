"""What is found in a whole column is what `re.search` finds in each text."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundtracks.matching import features
from soundtracks.text import signals as marks
from soundtracks.text.patterns import Pattern, Texts, holds

PATTERNS = [value for module in (marks, features) for value in vars(module).values() if isinstance(value, Pattern)]
PATTERNS += [pattern for _, pattern in marks._TITLES]

#: Texts near those that are looked for: their words, in any order, joined by what stands between words.
WORDS = """original motion picture film movie soundtrack score ost b.o. bso bof music from for the of a series season seasons ii 3 musical
tribute karaoke cover covers tv episode 1 video game ps2 nes broadway cast recording comic podcast story told narrated themes film best
remix remixes dub theme main title love (from played by performed album soundtracks various va company オリジナル 映画 ドラマ фильм музыка из
игры ゲーム é ñ ſ K""".split()  # noqa: SIM905 a list of quoted words is no easier to read
TEXTS = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from(["", " ", "  ", "-", ": ", " (", ") ", "\t", "\n", "\x0b", "\u3000", "_"]))
)


@given(st.lists(TEXTS.map(lambda parts: "".join(word + gap for word, gap in parts)) | st.text(), max_size=6))
@pytest.mark.slow
def test_a_column_is_searched_as_each_of_its_texts_would_be(texts: list[str]) -> None:
    for pattern in PATTERNS:
        assert pattern.found_in(Texts.of(texts)).tolist() == [pattern.python.search(text) is not None for text in texts]


@pytest.mark.parametrize(
    ("text", "found"),
    [("unfortunate series", True), ("a series of events", False), ("a series of events, the series", True), ("sériés", False)],
)
def test_a_lookahead_is_left_to_python(text: str, found: bool) -> None:
    pattern = Pattern(r"\bseries\b(?! of\b)")
    assert not pattern.exact
    assert pattern.found_in(Texts.of([text])).tolist() == [found]


def test_beyond_ascii_python_decides() -> None:
    assert Pattern(r"\bfilm\b").found_in(Texts.of(["映film", "film", "映 film"])).tolist() == [False, True, True]


def test_nothing_stands_in_what_is_not_known() -> None:
    assert holds(pa.array([None, ";score;", ";pop;"]), ";score;").tolist() == [False, True, False]
