"""How alike two titles are, to choose the film that somebody means among those that a search found."""

import re

from rapidfuzz.fuzz import ratio

from soundtracks.text.folding import part_numbers
from soundtracks.text.search_wording import fold

#: Two spellings of one title are at least so alike, of 100: a missing letter in ten still passes.
NEARLY = 90.0
#: Titles that say the same, though one of them says more.
SAME, ALL_BUT_SAME, UNLIKE = 100.0, 99.0, 89.0

_YEAR = re.compile(r"(?:18[789]|19\d|20\d)\d")
#: A title that ends in the number of a part; a number alone is a title ("1917").
_ENDS_NUMBERED = re.compile(r".+ \d+")


def likeness(wanted: str, name: str) -> float:
    """How alike a title that is wanted is to a film's, 0 to 100; 100 for the same title only.

    Titles with different numbers are of two films of a series, and not even nearly the same, however long they are. "Police
    Story 4" is "Police Story 4: First Strike". A title of mere punctuation folds to nothing and is compared as it is.
    """
    one, other = fold(wanted) or wanted.casefold(), fold(name) or name.casefold()
    if one == other:
        return SAME
    if _goes_on(one, other) or _unparted(one) == _unparted(other):
        return ALL_BUT_SAME
    alike = min(ratio(one, other), ALL_BUT_SAME)
    return min(alike, UNLIKE) if _other_number(one, other) else alike


def _unparted(name: str) -> str:
    """A folded title without blanks and the number of a first part: "Old Boy" is "Oldboy"."""
    return name.removesuffix(" 1").replace(" ", "")


def _goes_on(wanted: str, name: str) -> bool:
    """Whether a name has a subtitle behind the numbered title that is wanted; not another number: "Apollo 13 2"."""
    behind = name.removeprefix(f"{wanted} ")
    return behind != name and bool(_ENDS_NUMBERED.fullmatch(wanted)) and not behind[0].isdecimal()


def _other_number(one: str, other: str) -> bool:
    """Whether folded titles differ by a number. A year that one of them alone names is no number of a part."""
    of_one, of_other = part_numbers(one), part_numbers(other)
    differing = of_one ^ of_other
    if all(_YEAR.fullmatch(number) for number in differing):
        return bool(differing & of_one and differing & of_other)
    return True
