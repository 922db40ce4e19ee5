"""Names in Latin letters that were written otherwise: one Indian title or person has as many spellings as transcribers.

    Sharmilee, Sharmeelee · Raniththeni, Rani Theni · Kaadhal Oviyam, Kathal Ovium · Ilaiyaraaja, Ilayaraja

`spelling` keeps what transcribers agree on: which consonants follow each other, and what kind of vowel stands between.
`consonants` keeps the consonants alone. Both are for comparing, not for showing.
"""

import re
from functools import lru_cache

from rapidfuzz.distance import Indel

#: Letters for one sound, or for sounds that a script does not tell apart (Tamil: k g, t d, p b). By length, longest first.
_SOUNDS = {
    "chh": "c", "tch": "c", "zh": "l", "sh": "s", "ch": "c", "th": "t", "dh": "t", "kh": "k", "gh": "k", "bh": "p", "ph": "p",
    "jh": "j", "ck": "k", "qu": "k", "q": "k", "x": "ks", "d": "t", "g": "k", "b": "p", "w": "v", "z": "j",
}  # fmt: skip
_WRITTEN = re.compile("|".join(_SOUNDS))
_VOWELS = re.compile("[aeiouy]+")
_BREATH = re.compile("(?<=.)h")
_DOUBLED = re.compile(r"(.)\1+")
_NOT_LETTERS = re.compile("[^a-z0-9]+")
#: Frequent words of English titles: what is half made of them was not transcribed.
_ENGLISH = frozenset(
    """after again alive all always american and angel another at baby back bad beautiful before best beyond big black blood blue
    body boy boys brother brothers by city club cold come country crazy dance dark day days dead death devil do dog dont down
    dream dreams end ever evil eyes father fire first for forever from game get girl girls go god gold good great happy heart
    heaven hell her high his home house how in into it its just kill killer king kiss lady land last let life light like little
    living long lost love man me men midnight moon more mother mr mrs my never new night no north not nothing of off old on one
    our out over part party people place queen red return river road rock save school sea secret shadow she sister sky song
    soul south star state story street summer sun super take tale tales that then there they thing this time tomorrow town true
    two under up war was water way we west what when where white who wild wind with without woman women world wrong year
    years you young your""".split()  # noqa: SIM905 a list of quoted words is no easier to read
)
#: Stands before the keys of `spelling_key`, as it stands before no canonical name of letters.
SPELT = "~"


def spelling(name: str) -> str:
    """What a canonical name in Latin letters has in common with its other spellings; "" for names in other scripts.

    Words are joined, letters for one sound are one, vowels are a, i or u however long, doubled letters and the silent h and
    last a are gone.
    """
    if not name.isascii():
        return ""
    sounds = _WRITTEN.sub(lambda found: _SOUNDS[found[0]], _NOT_LETTERS.sub("", name))
    sounds = _DOUBLED.sub(_once, _VOWELS.sub(_vowel, _BREATH.sub("", sounds)))
    return sounds[:-1] if sounds.endswith("a") and len(sounds) > 3 else sounds


def _vowel(run: re.Match[str]) -> str:
    letters = run[0]
    return "u" if "o" in letters or "u" in letters else "a" if not letters.strip("a") else "i"


#: Behind the first letter vowels and h say nothing, and each consonant stands for its kind.
_KINDS = str.maketrans("dgbqzcw", "tkpkjsv", "aeiouyh") | {ord("x"): "ks"}
_FIRST = str.maketrans("dgbqzcw", "tkpkjsv") | {ord("x"): "ks"}
_TOGETHER = (("zh", "l"), ("tch", "c"), ("ck", "k"), ("np", "mp"), ("nb", "mb"))


def consonants(name: str) -> str:
    """The consonants of a name in Latin letters by their kind, and the kind of vowel that it begins with."""
    letters = name.replace(" ", "")
    if not letters.isalnum():
        letters = _NOT_LETTERS.sub("", letters)
    for written, sound in _TOGETHER:
        if written in letters:
            letters = letters.replace(written, sound)
    vowels = _VOWELS.match(letters)
    first = _vowel(vowels) if vowels else letters[:1].translate(_FIRST)
    return _DOUBLED.sub(_once, first + letters[1:].translate(_KINDS))


def _once(run: re.Match[str]) -> str:
    return run[1]


#: Consonants that tell a name by themselves; with fewer its vowels count.
_TELLING = 5
#: Letters that spellings of one name have in common: "kathal ovium" and "kaadhal oviyam" three of four.
_ALIKE = 0.75


@lru_cache(maxsize=1 << 16)
def spelling_key(name: str) -> str:
    """What all spellings of a canonical name are found by, with SPELT before it; "" for names that are spelt in one way."""
    words = name.split()
    if not name.isascii() or "the" in words or 2 * sum(map(_ENGLISH.__contains__, words)) >= len(words):
        return ""
    bare = consonants(name)
    key = bare if len(bare) >= _TELLING else spelling(name)
    return f"{SPELT}{key}" if len(key) > 2 and not key.isdecimal() else ""


def spelt_alike(name: str, other: str) -> bool:
    """Whether two canonical names may be one name, transcribed twice."""
    key = spelling_key(name)
    return bool(key) and key == spelling_key(other) and _letters_in_common(name, other) >= _ALIKE


def _letters_in_common(name: str, other: str) -> float:
    return Indel.normalized_similarity(name.replace(" ", ""), other.replace(" ", ""))
