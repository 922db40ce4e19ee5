"""How the name that an album says is the name of a film."""

import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import Indel

from soundtracks.text import canonical
from soundtracks.text.folding import key, part_numbers
from soundtracks.text.title_words import TITLE_WORDS
from soundtracks.text.vocabulary import EDITION, WORDING

Levels = npt.NDArray[np.int8]

NULL = -1

#: Similarity of names that are spellings of one name: behind equal ones, before all others.
SAME_SPELLING = np.float32(0.99)
#: Least similarity of names that are looked at as such; measured by benchmarks/scale.
ALIKE = 0.6

#: From the loosest to the closest.
TITLE_LEVELS = (
    "another title, as an id says",
    "another title",
    "another title, a word in common",
    "same beginning, another end",
    "loosely similar",
    "similar",
    "one word differs",
    "one contains the other",
    "spelling variant",
    "shares a part with another title",
    "same beginning, longer title",
    "equal to the artist's name",
    "equal to the artist's name, in the title's place",
    "named beside another title",
    "one of two titles",
    "equal to its subtitle",
    "equal to its main title",
    "part of it equal",
    "another spelling",
    "equal",
)
(
    SAID, TRANSLATED, COMMON_WORD, SISTER, LOOSE, SIMILAR, ONE_WORD, CONTAINS, SPELLING, SHARES_A_PART, GOES_ON, ARTIST,
    ARTIST_ALONE, BESIDE, ONE_OF_TWO, SUBTITLE, MAIN_TITLE, PART, TRANSCRIBED, EQUAL,
) = range(len(TITLE_LEVELS))  # fmt: skip
#: Levels of albums that say a film's name, not one that goes on, or resembles it.
OWN_NAMES = (ARTIST, ARTIST_ALONE, BESIDE, ONE_OF_TWO, PART, TRANSCRIBED, EQUAL)


def title_level(pairs: pa.Table, album_title: pa.ChunkedArray, film_title: pa.ChunkedArray) -> Levels:
    """Level of each pair (blocking.PAIRS). Equal names weigh by what kind of names they are, others by similarity."""
    album_kind, film_kind = pairs["album_kind"].to_numpy(), pairs["film_kind"].to_numpy()
    similarity, part = pairs["similarity"].to_numpy(), pairs["part"].to_numpy()
    certain = np.isin(album_kind, (canonical.WHOLE, canonical.NAMED, canonical.PART))
    level = np.select(
        [
            album_kind == canonical.FRONT,
            album_kind == canonical.ARTIST,
            album_kind == canonical.BESIDE,
            film_kind == canonical.SUBTITLE,
            film_kind == canonical.MAIN_TITLE,
            ~certain,
        ],
        [GOES_ON, ARTIST, BESIDE, SUBTITLE, MAIN_TITLE, PART],
        EQUAL,
    ).astype(np.int8)
    level[(level == EQUAL) & (part > 0)] = PART
    for row in np.flatnonzero(level == ARTIST):
        if canonical.names_no_film(album_title[row].as_py() or ""):
            level[row] = ARTIST_ALONE
    one_sided = _sides_known(pairs) == 1
    # "Star Wars / The Empire Strikes Back": the series, where only other films of it are known
    level[one_sided] = np.where(film_kind[one_sided] <= canonical.ALTERNATIVE, ONE_OF_TWO, GOES_ON)
    in_part = np.isin(film_kind, (canonical.SUBTITLE, canonical.MAIN_TITLE))
    album_key, film_key = pairs["album_key"], pairs["film_key"]
    for row in np.flatnonzero((similarity == 1) & in_part & ~certain & (album_kind != canonical.ARTIST)):
        written, title = album_title[row].as_py() or "", film_title[row].as_py() or ""
        level[row] = part_level(written, title, film_key[row].as_py(), int(level[row]))
    level[similarity == SAME_SPELLING] = TRANSCRIBED
    rows = np.flatnonzero((similarity < 1) & (similarity != SAME_SPELLING))
    of_album, of_film = (keys.take(pa.array(rows)).to_pylist() for keys in (album_key, film_key))
    level[rows] = list(map(similar_level, of_album, of_film, similarity[rows].tolist()))
    return level


def _sides_known(pairs: pa.Table) -> npt.NDArray[np.int64]:
    """Of pairs of one side of "A / B": how many sides of the album are known films' names; 0 for all other pairs."""
    album, part = pairs["album"].to_numpy(), pairs["part"].to_numpy()
    sided = (part > 0) & (pairs["similarity"].to_numpy() == 1)
    known = np.zeros(len(pairs), dtype=np.int64)
    if sided.any():
        sides = np.unique(np.stack([album[sided], part[sided]], axis=1), axis=0)
        owner, count = np.unique(sides[:, 0], return_counts=True)
        known[sided] = count[np.searchsorted(owner, album[sided])]
    return known


def films_of_one_album(pairs: pa.Table) -> Levels:
    """Level of pairs of an album that names several films, of which more than this one are known."""
    known = _sides_known(pairs)
    return np.select([known > 2, known == 2], [1, 0], NULL).astype(np.int8)


def whole_title_level(pairs: pa.Table, title: Levels) -> Levels:
    """Level of pairs whose film has what the album says as a part of its title, and another film as its whole title: "Twin
    Peaks" is rather the film of that name than "Twin Peaks: Fire Walk With Me"."""
    album = pairs["album"].to_numpy()
    called = np.isin(album, album[title == EQUAL])
    return np.where(called & np.isin(title, (MAIN_TITLE, SUBTITLE)), np.int8(0), np.int8(NULL))


_ARTICLE = r"(?i)^(?:the|an?) "
_HAS_ARTICLE = re.compile(_ARTICLE)


def article_levels(pairs: pa.Table, album_folded: pa.ChunkedArray, film_title: pa.ChunkedArray) -> Levels:
    """Whether "The" stands before the name on both sides: "Wicked" is rather Wicked than The Wicked. Null where neither has it,
    and for names that are not the film's own title."""
    level = np.full(len(pairs), NULL, dtype=np.int8)
    own = (pairs["similarity"].to_numpy() == 1) & (pairs["film_kind"].to_numpy() == canonical.TITLE)
    of_film = np.asarray(pc.fill_null(pc.match_substring_regex(film_title, _ARTICLE), False))
    rows = np.flatnonzero(own & (of_film | np.asarray(pc.match_substring_regex(album_folded, _ARTICLE))))
    some = pa.array(rows)
    for row, name, text in zip(rows, pairs["film_key"].take(some).to_pylist(), album_folded.take(some).to_pylist(), strict=True):
        # "One" has the name "1"
        said = name if name in text else text if key(text) == name else ""
        of_album = (
            any(f" {article} {name}" in f" {text}" for article in ("the", "a", "an")) or _HAS_ARTICLE.match(said) is not None
        )
        if of_album or (of_film[row] and said):
            level[row] = 2 if of_album and of_film[row] else int(of_album)
    return level


_LITTLE = WORDING | EDITION


def part_level(album_title: str, film_title: str, name: str, otherwise: int) -> int:
    """Level where a part of the album's title is a part of the film's: what stands beside it tells.

    "Star Wars: Revenge Of The Sith" and "Star Wars: Episode III - Revenge of the Sith" have more in common,
    "Ant-Man: Quantumania" and "Ant-Man: The Other One" do not: they are two films of a series. "LOTR" are initials.
    """
    shared = set(name.split())
    of_film = {word for word in key(film_title).split() if word not in shared}
    of_album = {word for word in key(album_title).split() if word not in shared and word not in _LITTLE}
    if not of_film or not of_album:
        return otherwise
    initials = "".join(word[0] for word in key(film_title).split())
    same = of_film & of_album or any(len(word) > 2 and word in initials for word in of_album)
    return PART if same else SHARES_A_PART


def similar_level(album_key: str, film_key: str, similarity: float) -> int:
    """Level of two unequal names. `similarity`: the share of letters in order that they have in common (Indel).

    Spelling variant: what differs differs by letters ("Baahubali", "Bahubali") or by a little word ("Borg McEnroe", "Borg vs
    McEnroe"). One word of five or more: "… the Sorcerer's Stone" is "… the Philosopher's Stone". Names that differ by
    their numbers are of two films of a series, and no more alike than others; so are "Matrix Reloaded" and "Matrix Revolutions".
    """
    a, f = album_key.split(), film_key.split()
    if similarity < ALIKE:  # composer and year, or an id, brought them together
        return COMMON_WORD if share_a_word(a, f) else TRANSLATED
    short, long = (a, f) if len(a) < len(f) else (f, a)
    if similarity < 0.9 and len(short) > 1 and f" {' '.join(short)} " in f" {' '.join(long)} ":
        return CONTAINS
    of_album, of_film = "".join(w for w in a if w not in f), "".join(w for w in f if w not in a)
    if of_album.isdecimal() and of_film.isdecimal():
        return LOOSE
    if similarity >= 0.85 and (
        Indel.normalized_similarity(of_album, of_film) >= 0.75 or _is_little(of_album + of_film) or of_album == of_film
    ):
        return SPELLING
    if len(short) > 4 and 2 * len(set(a) & set(f)) / (len(a) + len(f)) > 0.81:
        return ONE_WORD
    if similarity >= 0.8:
        return SIMILAR
    return SISTER if a[0] == f[0] and len(a[0]) > 3 and of_album and of_film else LOOSE


#: Letters of a word that two titles of one film have in common by no chance: "Les Demoiselles de Rochefort".
_TELLING = 5


def share_a_word(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether two canonical names, by words, have a telling word in common."""
    return any(len(word) >= _TELLING and word not in _LITTLE for word in set(one) & set(other))


def with_artist(film_title: str, name: str, credit: str) -> bool:
    """Whether the artist says what is left of the film's title beside a part of it: "The Meaning of Life" by Monty Python."""
    held = {word.rstrip("s") for word in credit.split()}
    rest = [word for word in key(film_title).split() if word not in name.split() and word not in _ARTICLES]
    return bool(rest) and all(word.rstrip("s") in held for word in rest)


def _is_little(words: str) -> bool:
    """Whether names that differ by these words alone are one name; a number is never little ("Happy Death Day 2U")."""
    return len(words) <= 3 and not any(letter.isdecimal() for letter in words)


@lru_cache(maxsize=1 << 16)
def name_level(name: str) -> int:
    """How telling a name is: albums of all kinds are called "Home", none by chance "The Banshees of Inisherin"."""
    words = name.count(" ") + 1
    if not name.isascii():
        words = max(words, len(name) // 3)
    if words > 1:
        return min(words, 3) + 1
    return 0 if name in TITLE_WORDS or name.isdecimal() else 1 if len(name) <= 5 else 2


def numeral_level(album_key: str, film_key: str) -> int:
    """Numbers of unequal names: "Jaws" is not "Jaws 2", however alike they look. Null for names without number."""
    if album_key == film_key:
        return NULL
    of_album, of_film = part_numbers(album_key), part_numbers(film_key)
    return NULL if not of_album and not of_film else int(of_album == of_film)


_WORD = re.compile(r"\w+")
_ARTICLES = frozenset({"the", "a", "an"})


def beside_name(text: str, name: str) -> str:
    """The folded title without the first place where a canonical name stands in it; numerals may be written otherwise."""
    wanted = [word for word in name.split() if word not in _ARTICLES]
    found = [word for word in _WORD.finditer(text) if word[0] not in _ARTICLES]
    for at in range(len(found) - len(wanted) + 1 if wanted else 0):
        if all(word.isdecimal() or word == found[at + n][0] for n, word in enumerate(wanted)):
            return f"{text[: found[at].start()]} {text[found[at + len(wanted) - 1].end() :]}"
    return text
