"""Regular expressions searched in a whole column of texts at once.

Arrow's engine (RE2) reads each text once, however many alternatives a pattern has; Python's tries them one by one at each
letter, and took a quarter of the match. What RE2 lacks (lookahead) or reads in its own way (letters and spaces beyond
ASCII), Python's decides, so that what is found is what `re.search` finds.

Python's engine goes back where RE2 does not: "one word, later another" is written `^(?>.*?one).*another`, which looks for
the first place of one word once, not for another from each of them.
"""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Found = npt.NDArray[np.bool_]
#: So many texts Python's engine has read before Arrow's has its pattern ready, which it makes anew for each column.
FEW = 32

_LOOKAHEAD = re.compile(r"\(\?!(?:[^()]|\([^()]*\))*+\)")


@dataclass(frozen=True)
class Texts:
    """A column of texts, none of them null."""

    column: pa.Array

    @classmethod
    def of(cls, texts: list[str]) -> "Texts":
        return cls(pa.array(texts, pa.string()))

    @cached_property
    def plain(self) -> Found:
        """Where both engines read alike: printable ASCII."""
        return np.asarray(pc.match_substring_regex(self.column, r"^[ -~]*$"))


class Pattern:
    """A regular expression in Python's syntax; of RE2's it lacks nothing but negative lookahead and atomic groups."""

    def __init__(self, pattern: str) -> None:
        self.python = re.compile(pattern)
        loose = _LOOKAHEAD.sub("", pattern)  # without its lookaheads a pattern is found at least where it was
        self.exact = loose == pattern
        self.re2 = loose.replace("(?>", "(?:")  # RE2 never goes back

    def found_in(self, texts: Texts) -> Found:
        """In which of the texts `re.search` finds the pattern."""
        if len(texts.column) <= FEW:
            return np.array([self.python.search(text) is not None for text in texts.column.to_pylist()], dtype=bool)
        found = np.array(pc.match_substring_regex(texts.column, self.re2))
        for row in np.flatnonzero(~texts.plain | (found & (not self.exact))):
            found[row] = self.python.search(texts.column[int(row)].as_py()) is not None
        return found


def holds(column: pa.Array, text: str) -> Found:
    """Where the text stands in a column; nowhere where that is null."""
    return np.asarray(pc.fill_null(pc.match_substring(column, text), False))
