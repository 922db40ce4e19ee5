"""Evidence for and against "this album is the soundtrack of this film", one function a piece.

A piece of evidence has levels, from the worst to the best, and a null level: what is not known weighs nothing. What
depends on one record alone is computed once a record (`film_features`, `album_features`); `compare` then gives a level
for each candidate pair and piece, on whole batches. What a level weighs stands in weights.csv, see model.py.
"""

import re
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from anyascii import anyascii
from rapidfuzz.distance import Indel

from soundtracks.text import canonical
from soundtracks.text.folding import fold
from soundtracks.text.patterns import Pattern, Texts
from soundtracks.text.signals import MARKS, MUSIC, RECORD_KINDS, format_level, mark_levels, record_kinds, style_levels
from soundtracks.text.spelling import spelt_alike
from soundtracks.text.vocabulary import plain_wording

Levels = npt.NDArray[np.int8]

#: The level of what is not known.
NULL = -1

#: Pieces of evidence in the order of the waterfall, each with its levels from the worst to the best.
EVIDENCE: dict[str, tuple[str, ...]] = {
    "title": (
        "loosely similar",
        "similar",
        "all but a word",
        "one contains the other",
        "spelt alike",
        "equal, but goes on",
        "equal to the artist's name",
        "named beside another title",
        "equal to its subtitle",
        "equal to its main title",
        "part of it equal",
        "equal",
        "another spelling",
    ),
    "name": ("one short word", "one word", "two words", "three words or more"),
    "numeral": ("another number", "the same number"),
    "year": ("older", "a year older", "later by more than ten", "later by three to ten", "later by one or two", "the same"),
    "first year": ("older", "later by more than two", "within a year or two", "the same"),
    "credit": (
        "self-titled",
        "others",
        "others, composer unknown",
        "Various or cast",
        "one of the names",
        "similar name",
        "composer",
    ),
    "performers": ("named",),
    "soundtrack": MARKS,
    "record": RECORD_KINDS[:-1],
    "format": ("single", "EP or maxi single", "album"),
    "popularity": ("obscure", "little known", "known", "famous"),
}
NAMES = tuple(EVIDENCE)


# a record alone ------------------------------------------------------------------------------------------------------


def film_features(films: pa.Table) -> pa.Table:
    """What comparisons need of each film (rows as in `films`): `f_composers`, `f_cast`: canonical names joined by "|"."""
    return pa.table(
        {
            "f_composers": pa.array([_joined(names) for names in films["composers"].to_pylist()], pa.string()),
            "f_cast": pa.array([_joined(names) for names in _column(films, "performers")], pa.string()),
        }
    )


def album_features(albums: pa.Table) -> pa.Table:
    """What comparisons need of each album (rows as in `albums`).

    `a_credit`: canonical artist credit, null: unknown; `a_various`; `a_mark`, `a_style`, `a_record`, `a_format`: levels that the
    album has by itself; `a_text`, `a_labels`: title and labels where `a_record` is no music; `a_year`, `a_first_year`.
    """
    credits = Texts.of([credited(artist) if artist else "" for artist in _column(albums, "artist")])
    titles = Texts.of([_folded(title or "") for title in albums["title"].to_pylist()])
    labels = _labels(albums, "genres", "styles")
    styles, records = style_levels(labels), record_kinds(titles, credits, labels)
    is_music = pa.array(records == MUSIC)
    return pa.table(
        {
            "a_credit": pc.if_else(pc.equal(credits.column, ""), None, credits.column),
            "a_various": pa.array(_NOBODY.found_in(credits)),
            "a_mark": pa.array(mark_levels(titles, styles)),
            "a_style": pa.array(styles),
            "a_record": pa.array(records),
            "a_format": pa.array([format_level(formats) for formats in _labels(albums, "formats").to_pylist()], pa.int8()),
            "a_text": pc.if_else(is_music, None, titles.column),
            "a_labels": pc.if_else(is_music, None, labels),
            "a_year": pa.array(_column(albums, "year"), pa.int32()),
            "a_first_year": pa.array(_column(albums, "first_year"), pa.int32()),
        }
    )


#: Credits that name nobody whom a film's composer could agree with.
_NOBODY = Pattern(
    r"^(?:various|various artists|varios|varios artistas|varios interpretes|vari|artisti vari|diverse|div|verschiedene|va|"
    r"unknown|unknown artist|no artist|artistes divers|artistes varies|multi interpretes|soundtrack|original soundtrack|ost"
    r"|raznye ispolniteli"
    r")$|"
    r"^(?>.*?\b(?:original|motion picture|film|movie|studio|soundtrack)\b).*\bcast\b|^cast\b|^disney$|^walt disney$"
)


@lru_cache(maxsize=1 << 15)
def credited(artist: str) -> str:
    """Canonical form of an artist credit: no "(2)", no "*"; both sides of "A = B"; other scripts in Latin letters."""
    return _person(canonical.clean_artist(artist).replace(" = ", " "))


_HAN = re.compile("[\u3400-\u9fff]")


@lru_cache(maxsize=1 << 15)
def _person(name: str) -> str:
    folded = fold(name)
    if not folded.isascii() and not _HAN.search(folded):  # 早坂文雄 is Hayasaka Fumio, which no transliteration knows
        folded = fold(anyascii(folded))
    # "J.S. Bach" and "J. S. Bach" both have the initials j, s; "Gregson-Williams" is one name or two
    return " ".join(re.findall(r"[^\W_]+", folded.replace("'", "")))


def _joined(names: list[str] | None) -> str | None:
    return "|".join(filter(None, (_person(name) for name in names))) or None if names else None


@lru_cache(maxsize=1 << 15)
def _folded(title: str) -> str:
    return plain_wording(fold(title))


def _labels(albums: pa.Table, *names: str) -> pa.Array:
    """Genres, styles or formats as one text, ";" around each, in lower case; null: none known."""
    known = [
        pc.fill_null(pc.binary_join(albums[name].combine_chunks(), ";"), "") for name in names if name in albums.column_names
    ]
    if not known:
        return pa.nulls(len(albums), pa.string())
    joined = pc.utf8_trim(pc.binary_join_element_wise(*known, ";"), ";")
    framed = pc.binary_join_element_wise("", pc.utf8_lower(pc.replace_substring(joined, ", ", ";")), "", ";")
    return pc.if_else(pc.equal(joined, ""), None, framed)


def _column(table: pa.Table, name: str) -> list:  # type: ignore[type-arg]
    return table[name].to_pylist() if name in table.column_names else [None] * len(table)


# a pair --------------------------------------------------------------------------------------------------------------


def compare(pairs: pa.Table, films: pa.Table, albums: pa.Table) -> Levels:
    """Levels of evidence, a row a pair, a column for each of NAMES; NULL where it says nothing.

    `pairs`: blocking.PAIRS. `films`, `albums`: films with film_features, and album_features, taken to the pairs' order.
    """
    levels = np.full((len(pairs), len(NAMES)), NULL, dtype=np.int8)
    if not len(pairs):
        return levels
    album_key, film_key = pairs["album_key"].to_pylist(), pairs["film_key"].to_pylist()
    levels[:, 0] = title_level(pairs, album_key, film_key)
    levels[:, 1] = [name_level(name) for name in film_key]
    numbered = pc.match_substring_regex(pairs["album_key"], r"\p{Nd}"), pc.match_substring_regex(pairs["film_key"], r"\p{Nd}")
    for row in np.flatnonzero(pc.or_(*numbered)):
        levels[row, 2] = numeral_level(album_key[row], film_key[row])
    film_year = _years(films["year"])
    first = _years(albums["a_first_year"])
    levels[:, 3] = np.where(np.isnan(first), year_level(_years(albums["a_year"]) - film_year), NULL)
    levels[:, 4] = first_year_level(first - film_year)
    credit, various = albums["a_credit"].to_pylist(), albums["a_various"].to_pylist()
    composers = films["f_composers"].to_pylist()
    kinds = pairs["album_kind"].to_numpy()
    # where the artist's name had to stand for the title, that it is the same is no evidence
    titled = [None if kind == canonical.ARTIST else name for kind, name in zip(kinds, album_key, strict=True)]
    levels[:, 5] = [
        credit_level(who, nobody, known, name)
        for who, nobody, known, name in zip(credit, various, composers, titled, strict=True)
    ]
    cast = films["f_cast"]
    if cast.null_count < len(cast):
        levels[:, 6] = [performers_level(who, known) for who, known in zip(credit, cast.to_pylist(), strict=True)]
    # a song's record says in brackets which film it is from: that makes no soundtrack of it, only its styles can
    levels[:, 7] = np.where(kinds == canonical.BESIDE, albums["a_style"].to_numpy(), albums["a_mark"].to_numpy())
    levels[:, 8] = record_levels(albums, film_key)
    levels[:, 9] = albums["a_format"].to_numpy()
    if "popularity" in films.column_names:
        levels[:, 10] = popularity_level(films["popularity"].cast(pa.float64()).to_numpy(zero_copy_only=False))
    return levels


def record_levels(albums: pa.Table, film_key: list[str]) -> Levels:
    """What else the record may be. Words of the film's own name say nothing about that: "The Tribute" is no tribute."""
    kind = albums["a_record"].to_numpy().copy()
    rows = np.flatnonzero(kind != MUSIC)
    some = albums.select(["a_text", "a_credit", "a_labels"]).take(pa.array(rows)).combine_chunks()
    beside = [beside_name(text, film_key[row]) for row, text in zip(rows, some["a_text"].to_pylist(), strict=True)]
    credits = pc.fill_null(some["a_credit"].combine_chunks(), "")
    kind[rows] = record_kinds(Texts.of(beside), Texts(credits), some["a_labels"].combine_chunks())
    return np.where(kind == MUSIC, NULL, kind)


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


def title_level(pairs: pa.Table, album_key: list[str], film_key: list[str]) -> Levels:
    """How the album's name is the film's. Equal names weigh by what kind of names they are, others by similarity."""
    album_kind, film_kind = pairs["album_kind"].to_numpy(), pairs["film_kind"].to_numpy()
    similarity = pairs["similarity"].to_numpy()
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
        [5, 6, 7, 8, 9, 10],
        11,
    ).astype(np.int8)
    for row in np.flatnonzero(similarity < 1):
        level[row] = similar_level(album_key[row], film_key[row], float(similarity[row]))
    return level


def similar_level(album_key: str, film_key: str, similarity: float) -> int:
    """Level of two unequal names. `similarity`: the share of letters in order that they have in common (Indel).

    Spelt alike: what differs differs by letters ("Baahubali", "Bahubali") or by a little word ("Borg McEnroe", "Borg vs
    McEnroe"). All but a word of five or more: "… the Sorcerer's Stone" is "… the Philosopher's Stone". Names that differ by
    their numbers are of two films of a series, and no more alike than others.
    """
    a, f = album_key.split(), film_key.split()
    short, long = (a, f) if len(a) < len(f) else (f, a)
    if similarity < 0.9 and len(short) > 1 and f" {' '.join(short)} " in f" {' '.join(long)} ":
        return 3
    of_album, of_film = "".join(w for w in a if w not in f), "".join(w for w in f if w not in a)
    if of_album.isdecimal() and of_film.isdecimal():
        return 0
    if spelt_alike(album_key, film_key):
        return 12
    if similarity >= 0.85 and (
        Indel.normalized_similarity(of_album, of_film) >= 0.75 or len(of_album + of_film) <= 3 or of_album == of_film
    ):
        return 4
    if len(short) > 4 and 2 * len(set(a) & set(f)) / (len(a) + len(f)) > 0.81:
        return 2
    return 1 if similarity >= 0.8 else 0


@lru_cache(maxsize=1 << 16)
def name_level(name: str) -> int:
    """How telling a name is: albums of all kinds are called "Home", none by chance "The Banshees of Inisherin"."""
    words = name.count(" ") + 1
    if not name.isascii():
        words = max(words, len(name) // 3)
    return 0 if words == 1 and len(name) <= 5 else min(words, 3)


def numeral_level(album_key: str, film_key: str) -> int:
    """Numbers of unequal names: "Jaws" is not "Jaws 2", however alike they look. Null for names without number."""
    if album_key == film_key:
        return NULL
    # a first part is often not numbered: "Loro" is "Loro 1"
    of_album, of_film = ({word for word in name.split() if word.isdecimal()} - {"1"} for name in (album_key, film_key))
    return NULL if not of_album and not of_film else int(of_album == of_film)


def year_level(apart: npt.NDArray[np.float64]) -> Levels:
    """Year of the edition minus the film's. Reissues come decades later, but nothing is released before its film."""
    return _level(apart, [apart <= -2, apart == -1, apart > 10, apart > 2, apart > 0, apart == 0])


def first_year_level(apart: npt.NDArray[np.float64]) -> Levels:
    """Year of the first release (the master's) minus the film's: within a year for 566 of 567 measured."""
    return _level(apart, [apart < -1, apart > 2, apart != 0, apart == 0])


def credit_level(credit: str | None, nobody: bool, composers: str | None, title: str | None) -> int:
    """The artist credit against the film's composers: name order, initials, several people, transcriptions."""
    if credit is None:
        return NULL
    if nobody:
        return 3
    if composers and credit.isascii() != composers.isascii():
        return NULL
    best = _agreement(credit, composers) if composers else 2
    if best < 4 and title is not None and credit.removeprefix("the ") == title:
        return 0
    if title is None and best < 4:
        return NULL
    return best


def _agreement(credit: str, composers: str) -> int:
    words = credit.split()
    held = set(words)
    everyone = composers.split("|")
    # "Sachin-Jigar" for Jigar Saraiya and Sachin Sanghvi
    best = 4 if len(everyone) > 1 and sum(_is_given_name(composer, held) for composer in everyone) > 1 else 1
    for composer in everyone:
        name = composer.split()
        if held.issuperset(name):
            return 6
        if len(name) == 1:
            continue
        family, given = name[-1], name[0]
        if family in held:
            # "J. Williams" and "Johnny Williams" for "John Williams"; "T. Newman" is not "Randy Newman"
            at = words.index(family)
            before = words[at - 1] if at else ""
            if before and (before[0] == given[0]) and (len(before) == 1 or len(given) == 1 or before[:3] == given[:3]):
                best = 5
            else:
                best = max(best, 4)
        if best < 5 and (
            credit in name or Indel.normalized_similarity(credit, composer, score_cutoff=0.85) or _spelt_alike(words, name)
        ):
            best = 5
    return best


def _is_given_name(composer: str, held: set[str]) -> bool:
    given, _, family = composer.partition(" ")
    return bool(family) and len(given) > 3 and given in held


def _spelt_alike(words: list[str], name: list[str]) -> bool:
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


def popularity_level(popularity: npt.NDArray[np.float64]) -> Levels:
    """TMDB's popularity: only a last prior among namesakes."""
    return _level(popularity, [popularity < 1, popularity < 5, popularity < 20, popularity >= 20])


def _years(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    years: npt.NDArray[np.float64] = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    return np.where(years > 0, years, np.nan)


def _level(values: npt.NDArray[np.float64], conditions: list[npt.NDArray[np.bool_]]) -> Levels:
    """The number of the first condition that holds; NULL for NaN."""
    level: Levels = np.select(conditions, range(len(conditions)), NULL).astype(np.int8)
    return np.where(np.isnan(values), np.int8(NULL), level)
