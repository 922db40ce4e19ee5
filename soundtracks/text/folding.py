"""Folded texts and canonical names: what differs between catalogues without meaning is gone.

    "Fox, The"                        fox
    "The Godfather: Part II"          godfather 2
    "Amélie", "AMELIE"                amelie
    "E.T. the Extra-Terrestrial"      et the extra terrestrial

Names of other scripts are kept as they are and transliterated beside.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
from anyascii import anyascii

#: How much of a title or credit is read, in characters: the longest film title known has 400. Whoever reads records in
#: tells what was longer (`too_long`).
MAX_LENGTH = 500


class _Translation(dict[int, int | str | None]):
    """A table of `str.translate` that keeps what it lacks too, where a dict raises a LookupError at each such letter."""

    def __missing__(self, letter: int) -> int:
        self[letter] = letter
        return letter


_LETTERS = _Translation(str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ё": "е"}
    | dict.fromkeys("’‘ʼ`´′＇", "'")
    | dict.fromkeys("“”„«»‟″＂", '"')
    | dict.fromkeys("‐‑‒–—―−", "-")
    | {"（": " (", "）": ") ", "【": " (", "】": ") ", "［": "[", "］": "]"}
    | {"：": ": ", "／": " / ", "＝": " = ", "〜": " ~ ", "～": " ~ "}
    | dict.fromkeys("『「《〈", ' "') | dict.fromkeys("』」》〉", '" ')
    | {"½": " 1/2 ", "¼": " 1/4 ", "¾": " 3/4 ", "⅓": " 1/3 ", "⅔": " 2/3 "}
    | {"²": " 2 ", "³": " 3 ", "&": " and ", "+": " and ", "@": " at "}
    # nothing is seen of them: soft hyphen, joiners, directions, byte order mark
    | dict.fromkeys([0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)])
))  # fmt: skip
_ASCII_SIGNS = (("&", " and "), ("+", " and "), ("@", " at "), ("`", "'"))
#: All but letters and digits, as blanks.
_ASCII_BLANKS = bytes(byte if chr(byte).isalnum() and byte < 128 else 32 for byte in range(256))
#: Accents, and the vowels of Arabic, which hardly anybody writes.
_NOT_A_MARK = re.compile("[\u0300-\u036f\u064b-\u065f\u0670]")
#: Letters and what stands on, under and behind letters of Indian scripts and Thai: "ரோஜா" is one word, and not "ராஜா".
LETTER = "(?:[^\\W_]|(?!\\w)[\u0900-\u0963\u0966-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])"
#: A word of a folded text.
WORD = re.compile(f"{LETTER}+")
#: Not "Part V: A New Beginning": behind such a word stands a numeral.
_INITIALS = re.compile(r"(?<!\bpart )(?<!\bchapter )(?<!\bepisode )(?<!\bvol )\b[^\W\d_](?: [^\W\d_])+\b")
_ARTICLE_BEHIND = re.compile(
    r"^(?P<rest>.+), ?(?P<article>the|an?|l[aeo]s?|l'|il|gli|i|el|los|las|der|die|das|een?|de|het|d[eo]n|det|o|os|as)$"
)

#: Whose it is: "Bram Stoker's Dracula", "Roald Dahl's Matilda".
POSSESSIVE = re.compile(r"^(?:[^ :]+(?: [^ :]+){1,3}?|[^ :.]+\.[^ :]+?)(?:'s|s') (?=[^ ]{3})")
_NUMBERS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    # those that are no other word: "neuf" is new, "onze" our, and one seizes the day
    "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "sept": "7", "huit": "8", "dix": "10", "douze": "12", "treize": "13",
    "quinze": "15", "vingt": "20",
}  # fmt: skip
#: "Les quatre cents coups".
_HUNDREDS = {"deux", "trois", "quatre", "cinq", "sept", "huit"}, {"cent", "cents"}
_ROMAN = {
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9",
    "x": "10", "xi": "11", "xii": "12", "xiii": "13", "xiv": "14", "xv": "15",
}  # fmt: skip
_NUMERALS = _NUMBERS.keys() | _ROMAN.keys()
#: A letter that is a title by itself is spoken by its name.
_GREEK_LETTERS = {
    "π": "pi",
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "σ": "sigma",
    "φ": "phi",
    "ψ": "psi",
    "ω": "omega",
}
#: "Part II", "Chapter 2" and "Vol. 2" of a film say the same as "2".
_COUNTED = frozenset(
    [
        "part",
        "pt",
        "parte",
        "partie",
        "teil",
        "deel",
        "del",
        "chapter",
        "chapitre",
        "capitolo",
        "kapitel",
        "episode",
        "vol",
        "volume",
    ]
)


def fold(text: str) -> str:
    """Lower case, without diacritics, with one kind of quote and dash and single blanks; punctuation stays. Idempotent.

    At most MAX_LENGTH characters: what stands behind them is not read.
    """
    text = text[:MAX_LENGTH]
    if text.isascii():
        text = text.lower()
        for sign, written in _ASCII_SIGNS:
            if sign in text:
                text = text.replace(sign, written)
        return " ".join(text.split())[:MAX_LENGTH].rstrip()
    text = unicodedata.normalize("NFKC", text.translate(_LETTERS)).lower()
    text = _NOT_A_MARK.sub("", unicodedata.normalize("NFD", text))
    # some characters (U+00A8, ideographic space) are blanks only now
    return " ".join(unicodedata.normalize("NFC", text).translate(_LETTERS).split())[:MAX_LENGTH].rstrip()


def too_long(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Which texts of a column are longer than MAX_LENGTH, so that not all of them is read; false for null."""
    return pc.fill_null(pc.greater(pc.utf8_length(column), MAX_LENGTH), False)


def key(text: str) -> str:
    """The canonical name of a title without soundtrack wording. Never empty for a text that is not blank; idempotent."""
    return folded_key(fold(text)) or " ".join(text.split())


@lru_cache(maxsize=1 << 16)
def folded_key(folded: str) -> str:
    """The canonical name of a folded text; what is no words stays as it is."""
    behind = _ARTICLE_BEHIND.match(folded) if "," in folded else None
    if behind:
        folded = f"{behind['article']} {behind['rest']}"
    words = words_of(folded)
    if not folded.isascii():
        words = _with_numbers_apart(words)
    return _numbered(words) if words else folded


def words_of(folded: str) -> list[str]:
    """The words of a folded text, initials joined: "a.i.", "a. i." and "ai" are one word."""
    words = plain_words(folded)
    if folded.isascii() and len([word for word in words if len(word) == 1]) < 2:
        return words
    return _INITIALS.sub(lambda run: run[0].replace(" ", ""), " ".join(words)).split()


def plain_words(folded: str) -> list[str]:
    """The words of a folded text; an apostrophe parts none."""
    return find_words(folded.replace("'", ""))


def find_words(folded: str) -> list[str]:
    """What WORD finds in a folded text."""
    if folded.isascii():  # many times as fast
        return folded.encode().translate(_ASCII_BLANKS).decode().split()
    return WORD.findall(folded)


def with_digits(words: list[str]) -> list[str]:
    """Words with every numeral as digits and without "part" or "volume" before them, wherever in a text they stand."""
    out: list[str] = []
    for word in words:
        number = _NUMBERS.get(word) or _ROMAN.get(word) or (word if word.isdecimal() else None)
        if number and out and out[-1] in _COUNTED:
            out.pop()
        out.append(number or ("and" if word == "n" else word))
    return out


_NUMBER = re.compile(r"[^\W\D]+")


def part_numbers(name: str) -> set[str]:
    """The numbers of a canonical name, which tell the films of a series apart; a first part is often not numbered: "Loro" is
    "Loro 1"."""
    return set(_NUMBER.findall(name)) - {"1"}


#: Scripts that put no blanks between words: kana, Chinese characters, hangul.
UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_HAS_UNSPACED = re.compile(f"[{UNSPACED}]")
#: "無間道ii", "リング2", "第2章": a number that no blank sets off. That of "日本沈没2006" is a year, and tells no part.
_GLUED_NUMBER = re.compile(
    f"(.*?[{UNSPACED}])??[第之]?(i{{2,3}}|iv|vi{{0,3}}|ix|(?!(?:19|20)[0-9]{{2}}(?![0-9]))[0-9]+)[部集章作弾]?"
)
#: "A計劃續集", "続・三丁目の夕日": a sequel, which is a second part.
_SEQUEL = re.compile("(.*)(?:続編|续编|續編|続集|续集|續集)")
_SEQUEL_BEFORE = frozenset("続续續")


def _with_numbers_apart(words: list[str]) -> list[str]:
    """A title's words in which each number of a part is a word of its own, and a sequel without number has one: 2."""
    out = [part for word in words for part in _number_apart(word)]
    numbered = bool(out) and (out[-1].isdecimal() or out[-1] in _ROMAN)
    if not numbered and not _SEQUEL_BEFORE.isdisjoint(out[:-1]):
        return [*(word for word in out if word not in _SEQUEL_BEFORE), "2"]
    sequel = _SEQUEL.fullmatch(out[-1]) if out else None
    if sequel and (sequel[1] or (len(out) > 1 and _HAS_UNSPACED.search(out[-2]))):
        return [*out[:-1], *filter(None, [sequel[1]]), "2"]
    return out


def _number_apart(word: str) -> list[str]:
    glued = _GLUED_NUMBER.fullmatch(word)
    return [word] if not glued else [*_number_apart(glued[1]), glued[2]] if glued[1] else [glued[2]]


def _numbered(words: list[str]) -> str:
    """Numerals as digits, no word for "part" before them, no leading English article."""
    if not _NUMERALS.isdisjoint(words) or not "".join(words).isalpha() or "n" in words:  # seldom: quickly said
        words = _in_digits(words)
    first = 0
    while first < len(words) - 1 and words[first] in ("the", "a", "an"):
        first += 1
    return " ".join(words[first:])


def _in_digits(words: list[str]) -> list[str]:
    """A title's words with numerals as digits and without "part" before them."""
    out: list[str] = []
    for at, word in enumerate(words):
        if word in _NUMERALS or word.isdecimal():
            number = _NUMBERS.get(word) or (_ROMAN.get(word) if out and out[-1] not in ("the", "a", "an") else None)
            if (number or word.isdecimal()) and len(out) > 1 and out[-1] in _COUNTED:
                out.pop()
            out.append(number or word)
        elif word in _HUNDREDS[1] and at and words[at - 1] in _HUNDREDS[0]:
            out[-1] += "00"
        elif word == "n" and 0 < at < len(words) - 1 and not words[at + 1].isdecimal():
            out.append("and")  # rock 'n' roll
        else:
            out.append(word)
    return out


def keys(folded: str) -> tuple[str, ...]:
    """The canonical name of a folded text, and its transliteration where that differs."""
    name = folded_key(folded)
    return (name, *_in_other_scripts(name)) if not name.isascii() else (name,) if name else ()


def _in_other_scripts(name: str) -> Iterator[str]:
    japanese = _KANA.search(name) and _KANJI.search(name)
    latin = _GREEK_LETTERS.get(name) or ("" if japanese else folded_key(fold(anyascii(name))))
    if latin and latin != name:
        yield latin
    if numbered := _HAN_NUMBERED.match(name):
        yield f"{numbered[1]} {_HAN_NUMBERS[numbered[2]]}"
    yield from _each_script(name)


#: Kana beside kanji: the kanji are Japanese, and their transliteration would be Chinese.
_KANA, _KANJI = re.compile("[\u3040-\u30ff]"), re.compile("[\u3400-\u9fff]")
#: "醉拳二": a sequel.
_HAN_NUMBERED = re.compile("^(.*[\u3400-\u9fff])[之第]?([二三四五六七八九])[部集]?$")
_HAN_NUMBERS = dict(zip("二三四五六七八九", "23456789", strict=True))


#: "進撃の巨人 ATTACK ON TITAN": one title in two scripts.
_LATIN_RUN = re.compile(r"(?<![^\W\d_])[a-z][a-z0-9 ]*[a-z0-9](?![^\W\d_])")


#: Counts for both: "踊る大捜査線 THE MOVIE 2". A year counts for neither: "Oldboy 올드보이 2003".
_LAST_NUMBER = re.compile("(.*)( [0-9]{1,2})")


def _each_script(name: str) -> Iterator[str]:
    numbered = _LAST_NUMBER.fullmatch(name)
    title, number = numbered.groups() if numbered else (name, "")
    latin = max(_LATIN_RUN.findall(title), key=len, default="")
    other = " ".join(_LATIN_RUN.sub(" ", title).split())
    if len(latin) > 3 and len(other) > 1 and not any(char.isascii() and char.isalpha() for char in other):
        for half in (latin, other):  # "Iron Man 2 アイアンマン2": each may have the number already
            yield folded_key(half if half.endswith(number) else half + number)
