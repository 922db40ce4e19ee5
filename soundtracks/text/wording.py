"""Runs of soundtrack wording in folded titles, media and editions, and what is left of a title without them."""

import re
from functools import lru_cache
from itertools import pairwise

from soundtracks.text.folding import LETTER, find_words, plain_words
from soundtracks.text.vocabulary import (
    ARTICLES,
    EDITION,
    LOOKS,
    MEDIUM,
    MEDIUM_HINTS,
    STARTS,
    STRONG,
    STRONG_FIRST,
    STRONG_PAIRS,
    WORDING,
)

BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_QUOTED = re.compile(r'"([^"]+)"')
#: "Wicked -Black Vinyl/2024-", as shops add it.
_SHOP_NOTE = re.compile(r"(?<=.) -(?=[^\s-])[^-]*-$")
#: "(Music by Frank Zappa)", "(Featuring Eminem)".
BY = re.compile(
    r"^(?:(?:original )?(?:music|score|songs)(?: composed)?|composed|conducted|performed|produced|written) by "
    r"|^(?:feat|featuring|starring)\b"
)


def stands_in(signs: tuple[str, ...], text: str) -> bool:
    """Whether one of the signs stands in a text."""
    return any(map(text.__contains__, signs))


@lru_cache(maxsize=1 << 14)  # the same few brackets stand behind most titles
def without_wording(text: str) -> tuple[str, bool]:
    """(what is left of a text without its run of soundtrack wording, whether there was one)."""
    quoted = _QUOTED.search(text)
    if quoted:
        outside = find_words(text[: quoted.start()]) + find_words(text[quoted.end() :])
        if is_wording(outside) or first_strong(find_words(text[: quoted.start()])):  # "du film de Claude Sautet …"
            return quoted[1], True
    words = plain_words(text)
    strong = first_strong(words)
    if not strong:
        return text, False
    if _is_all_wording(words):
        return "", True
    start = len(words)
    while start and (words[start - 1] in WORDING or (words[start - 1].isdecimal() and strong <= start)):
        start -= 1
    while start < len(words) and words[start] not in STARTS:
        start += 1
    if first_strong(words[start:]):
        return _before(text, start), True
    end = 0
    while end < len(words) and words[end] in WORDING:
        end += 1
    while 1 < end < len(words) and words[end - 1] in ARTICLES:  # "Bande Originale Du Film La Haine"
        end -= 1
    if strong <= end:
        return _after(text, end), True
    # in the middle: "44 Original Hits From The Sound Track Of The Film", "The Motion Picture Production of Porgy & Bess"
    for at in range(len(words) - 1, strong - 1, -1):
        if words[at] in ("of", "from", "by", "film", "movie"):
            return _after(text, at + 1), True
    return text, False


def first_strong(words: list[str]) -> int:
    """How many words there are up to the first that nobody uses but for film music; 0: none is."""
    if STRONG.isdisjoint(words) and (
        STRONG_FIRST.isdisjoint(words) or STRONG_PAIRS.isdisjoint(pairwise(words))
    ):  # nearly always: quickly said
        return 0
    for count, (before, word) in enumerate(pairwise(("", *words)), 1):
        if word in STRONG or (before, word) in STRONG_PAIRS:
            return count
    return 0


def is_wording(words: list[str]) -> bool:
    """Whether words are a run of soundtrack wording and nothing else."""
    return bool(words) and _is_all_wording(words) and first_strong(words) > 0


def _is_all_wording(words: list[str]) -> bool:
    return WORDING.issuperset(words) or all(word in WORDING or word.isdecimal() for word in words)


def _before(text: str, count: int) -> str:
    """The first `count` words of a text, with the punctuation between them."""
    ends = [match.end() for match in _WORDS_KEEPING_QUOTES.finditer(text)]
    return text[: ends[count - 1]].strip() if 0 < count <= len(ends) else ""


def _after(text: str, count: int) -> str:
    starts = [match.start() for match in _WORDS_KEEPING_QUOTES.finditer(text)]
    return text[starts[count] :].strip() if count < len(starts) else ""


_WORDS_KEEPING_QUOTES = re.compile(rf"{LETTER}+(?:'+{LETTER}+)*'?")


def without_medium(folded: str) -> str:
    """A folded title without what it is pressed on: brackets that say so, and the words at its end."""
    if not stands_in(MEDIUM_HINTS, folded) or not MEDIUM.search(folded):
        return folded
    text = " ".join(BRACKETS.sub(_unless_medium, _SHOP_NOTE.sub("", folded)).split())
    words = text.split()
    end = len(words)
    while end > 1 and (
        MEDIUM.fullmatch(words[end - 1].strip(",-")) or (end < len(words) and words[end - 1].strip(",-") in LOOKS)
    ):
        end -= 1
    kept = " ".join(words[:end]).rstrip(" ,-")
    return kept.strip("'") if kept[:1] == kept[-1:] == "'" else kept or folded


def is_edition(text: str) -> bool:
    """Whether a text says which edition or medium it is, and nothing else."""
    words = find_words(text)
    of_edition = all(word in EDITION or word.isdecimal() for word in words)
    return of_edition or (MEDIUM.search(text) is not None and all(word in LOOKS or word.isdecimal() for word in words))


def _unless_medium(bracket: re.Match[str]) -> str:
    content = (bracket[1] or bracket[2] or "").strip()
    of_medium = MEDIUM.search(content) and not first_strong(find_words(content))
    return " " if of_medium or BY.search(content) else bracket[0]
