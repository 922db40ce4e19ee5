"""Whether the artist credit of an album names a film's composers: name order, initials, several people, transcriptions."""

import re
from collections.abc import Sequence
from functools import lru_cache

from anyascii import anyascii
from rapidfuzz.distance import Indel

from soundtracks.matching.title_levels import NULL
from soundtracks.text import canonical
from soundtracks.text.folding import fold
from soundtracks.text.patterns import Pattern
from soundtracks.text.spelling import spelling

CREDIT_LEVELS = (
    "self-titled",
    "others",
    "others, of several composers",
    "another film composer",
    "others, composer unknown",
    "a film composer, this film's unknown",
    "an orchestra",
    "Various or cast",
    "shares a name",
    "similar name",
    "composer among others",
    "composer",
)
(
    SELF_TITLED, OTHERS, OTHERS_OF_SEVERAL, ANOTHER_COMPOSER, UNKNOWN_COMPOSER, A_COMPOSER, ORCHESTRA, NOBODY, SHARED_NAME,
    SIMILAR_NAME, AMONG_OTHERS, COMPOSER,
) = range(len(CREDIT_LEVELS))  # fmt: skip

#: So many composers of one film are often a band, whose records bear its name, not theirs.
BAND = 3

#: Credits that name nobody whom a film's composer could agree with.
NAMES_NOBODY = Pattern(
    r"^(?:various|various artists|varios|varios artistas|varios interpretes|vari|artisti vari|diverse|div|verschiedene|va|"
    r"unknown|unknown artist|no artist|artistes divers|artistes varies|multi interpretes|soundtrack|original soundtrack|ost"
    r"|raznye ispolniteli|o s t|original motion picture soundtrack|original score|bande originale"
    r")$|^various artists\b|^ost\b|^o s t\b|"
    r"^(?>.*?\b(?:original|motion picture|film|movie|studio|soundtrack)\b).*\bcast\b|^cast\b|^disney$|^walt disney$"
)


@lru_cache(maxsize=1 << 15)
def credited(artist: str) -> str:
    """Canonical form of an artist credit: no "(2)", no "*"; both sides of "A = B"; other scripts in Latin letters."""
    return _person(canonical.clean_artist(artist).replace(" = ", " "))


#: Credits that say "soundtrack" where the artist should stand, as shops and catalogues do.
CREDITS_SOUNDTRACK = Pattern(r"^(?:ost|o s t|soundtrack|original (?:motion picture )?(?:soundtrack|score)|bande originale)\b")


#: Credits that name who played: whoever composed.
NAMES_ORCHESTRA = Pattern(
    r"\b(?:orchestras?|orchestre|orquesta|orchester|philharmoni[ac]|philharmoniker|symphony|sinfoni(?:a|etta))\b"
)

#: "Mantovani And His Orchestra", "Franck Pourcel Et Son Grand Orchestre": whoever leads is named, and plays what others composed.
NAMES_LEADER = Pattern(
    r"\b(?:and|with) (?:his|her|their)\b|\bet (?:son|leur)\b|\by sus?\b|\be (?:il suo|la sua|sua)\b|\b(?:und|mit) (?:sein|ihr)"
)


_HAN = re.compile("[\u3400-\u9fff]")


@lru_cache(maxsize=1 << 15)
def _person(name: str) -> str:
    folded = fold(name)
    if not folded.isascii() and not _HAN.search(folded):  # 早坂文雄 is Hayasaka Fumio, which no transliteration knows
        folded = fold(anyascii(folded))
    # "J.S. Bach" and "J. S. Bach" both have the initials j, s; "Gregson-Williams" is one name or two
    return " ".join(re.findall(r"[^\W_]+", folded.replace("'", "")))


def joined_people(names: list[str] | None) -> str | None:
    return "|".join(filter(None, (_person(name) for name in names))) or None if names else None


def credit_level(credit: str | None, nobody: bool, composers: str | None, title: str | None) -> int:
    """The artist credit against the film's composers: name order, initials, several people, transcriptions."""
    if credit is None:
        return NULL
    if nobody:
        return NOBODY
    if composers and credit.isascii() != composers.isascii():
        return NULL
    best = _agreement(credit, composers) if composers else UNKNOWN_COMPOSER
    if best < SHARED_NAME and title is not None and credit.removeprefix("the ") == title:
        return SELF_TITLED
    if title is None and best < SHARED_NAME:
        return NULL
    return best


def _agreement(credit: str, composers: str) -> int:
    words = credit.split()
    held = set(words)
    spelt: set[str] | None = None  # how the credit's words are spelt, where that is asked
    everyone = composers.split("|")
    # "Sachin-Jigar" for Jigar Saraiya and Sachin Sanghvi
    several = len(everyone) > 1 and sum(_is_given_name(composer, held) for composer in everyone) > 1
    best = SHARED_NAME if several else OTHERS if len(everyone) < BAND else OTHERS_OF_SEVERAL
    for composer in everyone:
        name = composer.split()
        if held.issuperset(name):
            return AMONG_OTHERS if _names_others(words, everyone) else COMPOSER
        if len(name) == 1:
            # Ilayaraja is Ilaiyaraaja
            if best < SIMILAR_NAME and len(composer) > 5 and _spelt(composer) in map(_spelt, words):
                best = SIMILAR_NAME
            continue
        family, given = name[-1], name[0]
        # "Pritam & Amitabh Bhattacharya" for Pritam Chakraborty: known by one name
        if best < SIMILAR_NAME and len(given) > 4 and given in held and _stands_alone(given, words):
            best = SIMILAR_NAME
        if family in held:
            # "J. Williams" and "Johnny Williams" for "John Williams"; "T. Newman" is not "Randy Newman"
            at = words.index(family)
            before = words[at - 1] if at else ""
            if before and (before[0] == given[0]) and (len(before) == 1 or len(given) == 1 or before[:3] == given[:3]):
                best = SIMILAR_NAME
            else:
                best = max(best, SHARED_NAME)
        if best < SIMILAR_NAME:
            if spelt is None:
                spelt = {*map(_spelt, words)}
            if (
                (_spelt(family) in spelt and all(len(_spelt(each)) > 2 and _spelt(each) in spelt for each in name))
                or credit in name
                or Indel.normalized_similarity(credit, composer, score_cutoff=0.85)
                or _spelt_alike(words, name)
            ):
                best = SIMILAR_NAME
    return best


#: Of credits: neither a person's name nor another composer's.
_NO_NAMES = frozenset(
    """and his her the with orchestra symphony philharmonic of chorus choir ensemble conducted conductor by und et y e feat
    featuring various artists london royal city prague national studio jr sr son grand orchestre orquesta su sua sein
    orchester""".split()  # noqa: SIM905 easier to read
)


#: Another name of one word tells less: "Hans" is many people.
_LONG = 5


def by_another_name(credit: str, aliases: str | None, composers: str | None, composer_aliases: str | None) -> str:
    """The other name by which a credit is that of one of the composers; "" where none is known.

    `credit`: canonical; `aliases`: other names of the artist; the rest: names of the composers, all joined by "|".
    """
    own, known = f"|{_glued(composers or '')}|", (composers or "").split("|")
    for name in filter(None, (aliases or "").split("|")):
        if f"|{_glued(name)}|" in own or (" " in name and set(name.split()) in [set(one.split()) for one in known]):
            return name
    everyone, held = [credit, *filter(None, (aliases or "").split("|"))], set(credit.split())
    for name in filter(None, (composer_aliases or "").split("|")):
        whole = any(_glued(name) == _glued(one) for one in everyone)
        if whole or (" " in name and held.issuperset(name.split()) and len(_glued(name)) > _LONG):
            return name
    return ""


def _glued(name: str) -> str:
    """Without blanks: 久石 譲 is 久石譲."""
    return name.replace(" ", "")


def names_composer(title: str, composers: str) -> bool:
    """Whether a folded title has a composer's whole name: "Danny Elfman 'Beetlejuice' LP"."""
    if "|" not in composers:
        return composers in title and " " in composers
    return any(" " in composer and composer in title for composer in composers.split("|"))


def names_others_too(credit: str, composers: str, title: str) -> bool:
    """Whether a credit that names a composer names others, those apart whom the folded title names: "Quentin Tarantino's …"."""
    held = set(title.replace("'s ", " ").split())
    return _names_others([word for word in credit.split() if word not in held], composers.split("|"))


@lru_cache(maxsize=1 << 14)
def _spelt(word: str) -> str:
    return spelling(word)


def _stands_alone(name: str, words: Sequence[str]) -> bool:
    """Whether a name stands by itself in a credit, between its ends and "and"."""
    at = words.index(name)
    return (at == 0 or words[at - 1] == "and") and (at + 1 == len(words) or words[at + 1] == "and")


def _names_others(words: Sequence[str], composers: list[str]) -> bool:
    """Whether a credit that names one of the film's composers names someone who is none: "Bernard Herrmann, Elmer Bernstein"."""
    known = {word for composer in composers for word in composer.split()}
    return sum(word not in known and word not in _NO_NAMES and len(word) > 1 for word in words) > 1


def _is_given_name(composer: str, held: set[str]) -> bool:
    given, _, family = composer.partition(" ")
    return bool(family) and len(given) > 3 and given in held


def _spelt_alike(words: Sequence[str], name: Sequence[str]) -> bool:
    """Every word of the name has one in the credit that differs by a letter or two: other transcriptions."""
    for other in name:
        for word in words:
            if word == other or (len(word) > 3 and Indel.distance(word, other, score_cutoff=2) <= 2):
                break
        else:
            return False
    return True


@lru_cache(maxsize=1 << 16)
def performers_level(credit: str | None, cast: str | None) -> int:
    """A billed actor stands in the credit (Elvis Presley, Prince). Says nothing otherwise."""
    if credit is None or cast is None:
        return NULL
    held = set(credit.split())
    return 0 if any(held.issuperset(name.split()) for name in cast.split("|") if " " in name or credit == name) else NULL
