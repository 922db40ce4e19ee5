import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundtracks.text.folding import fold
from soundtracks.text.readings import plain_title, read_album, read_by_all_rules
from soundtracks.text.vocabulary import EDITION, LOOKS, STRONG, STRONG_PAIRS, WEAK_ENDS, WORDING, plain_wording

PIECES = """blade runner night n no nix none a b j.j. don't hunter's disney pixar back suite trilogy 25th sketchbook 2 ii part chapter
    episode various feat. presents lp cd 2lp vinyl colored 180g of and by from 1/2 & #2 vol.3 amélie яма 映画"""
WORDS = sorted({*PIECES.split(), *EDITION, *LOOKS, *STRONG, *WORDING, *map(" ".join, [*STRONG_PAIRS, *WEAK_ENDS.values()])})
MARKS = [" "] * 12 + [
    ", ",
    ": ",
    " - ",
    "-",
    " / ",
    " = ",
    " (",
    ") ",
    " [",
    "] ",
    '"',
    " '",
    "' ",
    "; ",
    " | ",
    ". ",
    "! ",
    "...",
]
BRACKETS = ["", "", "({})", "[{}]", "({}) ({})", "({}"]


@st.composite
def written_titles(draw: st.DrawFn) -> str:
    """Words that rules are about, with marks that part titles, and brackets behind."""
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5)
    title = "".join(word + draw(st.sampled_from(MARKS)) for word in draw(words))
    bracket = draw(st.sampled_from(BRACKETS))
    return f"{title} {bracket.format(*(' '.join(draw(words)) for _ in range(bracket.count('{}'))))}".strip()


@pytest.mark.slow
@given(written_titles())
@settings(max_examples=600, deadline=None)
def test_what_is_read_quickly_is_read_as_by_all_rules(title: str) -> None:
    by_all_rules = read_by_all_rules(plain_wording(fold(title)))
    assert read_album(title) == tuple((name, kind, part) for name, (kind, part) in by_all_rules.items())


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Blade Runner", "blade runner"),
        ("Blade Runner (Original Motion Picture Soundtrack)", "blade runner"),
        ("Blade Runner [Original Soundtrack] (Expanded Edition)", "blade runner"),
        ("Amélie (Bande Originale Du Film)", "amelie"),
        ("Shaft's Big Day, Vol. 2", "shaft's big day, vol. 2"),
        # a part that is a title by itself, or may be
        ("Blade Runner (The Director)", ""),
        ("Blade Runner (2)", ""),
        ("Blade Runner (From Dune)", ""),
        ("Blade Runner: Music", ""),
        ("Blade / Runner", ""),
        ("Blade = Runner", ""),
        ('The "Blade"', ""),
        # wording, a medium, another script, nothing else
        ("Blade Runner OST", ""),
        ("Music From Blade Runner", ""),
        ("Blade Runner (Coloured Vinyl LP)", ""),
        ("Яма", ""),
        ("(Original Soundtrack)", ""),
        ("!!!", ""),
        ("", ""),
    ],
)
def test_plain_titles(title: str, plain: str) -> None:
    assert plain_title(fold(title)) == plain
