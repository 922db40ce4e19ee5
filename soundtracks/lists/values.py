"""Single values as people and programs write them: years, ids, barcodes, and the many ways to write "unknown"."""

import re
from functools import lru_cache
from html import unescape

from soundtracks.text.folding import MAX_LENGTH

#: Films have existed since 1874 (Passage de Vénus); no list reaches further ahead than some years.
FIRST_YEAR, LAST_YEAR = 1870, 2100
MAX_TITLE = MAX_LENGTH

#: Words that programs write where they know nothing, in lower case.
UNKNOWN = (
    frozenset(
        (
            "",
            "nan",
            "none",
            "null",
            "nil",
            "n/a",
            "na",
            "#n/a",
            "<na>",
            "nat",
            "\\n",
            "?",
            "??",
            "???",
            "????",
            "-",
            "--",
            "–",
            "—",
        )
    )
    | frozenset(("unknown", "undefined", "(null)", "[null]", "tba", "tbd", "unbekannt", "неизвестно", "inconnu", "desconocido"))
    | frozenset(("0", "0.0", "-1", "-1.0", "0000", "0000-00-00", "0001-01-01"))
)
#: The same for titles, of which some are real words: the film "None" and the film "0" exist.
UNKNOWN_TITLE = frozenset(("", "nan", "n/a", "#n/a", "<na>", "nat", "\\n", "null", "(null)", "[null]", "-", "--"))
#: For other texts (artists, other titles).
UNKNOWN_TEXT = UNKNOWN_TITLE | {"none", "unknown artist", "[unknown]"}

_YEAR = r"(?:1[89]\d\d|20\d\d|2100)"
_ABOUT = r"(?:c\.?|ca\.?|circa|about|around|approx\.?|um|vers|~|≈|около) ?"
_PLAIN_YEAR = re.compile(rf"[(\[]? ?(?:{_ABOUT})?({_YEAR})(?:[.,]0{{1,6}})? ?[?年г]?\.? ?[)\]]?", re.I)
_YEAR_RANGE = re.compile(
    rf"[(\[]? ?({_YEAR})(?:\.0{{1,6}})? ?(?:[-–—/‑]|bis|to|à|до) ?(?:{_YEAR}|\d\d|\.\.\.|…|\?{{1,4}})? ?[)\]]?", re.I
)
_YEAR_FIRST = re.compile(rf"({_YEAR})[-/.年 ]\d{{1,2}}(?:[-/.月 ]\d{{1,2}}日?)?(?:[T ].{{0,40}})?")
_COMPACT_DATE = re.compile(rf"({_YEAR})(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_YEAR_LAST = re.compile(rf"\d{{1,2}}[-/. ]\d{{1,2}}[-/. ]({_YEAR})(?:[T ,].{{0,40}})?")
_YEAR_IN_WORDS = re.compile(
    r"(?:[^\W\d_]{1,20}\.?,? )?(?:\d{1,2}(?:st|nd|rd|th|er|º|\.)?,? )?(?:(?:de|of) )?(?:[^\W\d_]{1,20}\.?,? )?(?:de )?"
    rf"({_YEAR})(?: ?(?:г\.?|\([^()]{{0,20}}\)))?"
)
_DAY_MONTH_YEAR = re.compile(rf"\d{{1,2}}[-./][^\W\d_]{{3,9}}\.?[-./]({_YEAR})")
_YEAR_FORMS = (_PLAIN_YEAR, _YEAR_FIRST, _YEAR_RANGE, _YEAR_LAST, _DAY_MONTH_YEAR, _COMPACT_DATE, _YEAR_IN_WORDS)

_IMDB = re.compile(r"(?<![a-z0-9])tt([0-9]{5,10})(?![0-9])", re.I)
_IMDB_NUMBER = re.compile(r"([0-9]{1,8})(?:\.0{1,6})?")
_TMDB_NUMBER = re.compile(r"([0-9]{1,10})(?:\.0{1,6})?")
_TMDB = re.compile(r"(?:themoviedb\.org/movie/|(?:tmdb|themoviedb)(?:://|[-=:]|id[-=:])(?:movie/)?)([0-9]{1,10})(?![0-9])", re.I)
_WIKIDATA = re.compile(r"(?:wikidata\.org/(?:wiki|entity)/|^|(?<=wd:)|(?<=wikidata[-=:]))(Q[1-9]\d{0,11})(?!\w)", re.I)
#: Addresses that say what a thing is: a series, a person.
_SERIES_LINK = re.compile(
    r"themoviedb\.org/tv/|criticker\.com/tv/|trakt\.tv/shows/|filmweb\.pl/serial/|kinopoisk\.ru/series/|rottentomatoes\.com/tv/|metacritic\.com/tv/|senscritique\.com/serie/|simkl\.com/(?:tv|anime)/"
)
_GAME_LINK = re.compile(
    r"grouvee\.com/games/|backloggd\.com/games/|igdb\.com/games/|store\.steampowered\.com/app/|senscritique\.com/jeuvideo/|metacritic\.com/game/"
)

MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
_DISCOGS = re.compile(r"discogs\.com/(?:[a-z]{2}/)?(?:[^/]{1,100}/)?(release|master)/(\d+)", re.I)
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2060\u2066-\u2069\ufeff\ud800-\udfff]+"
)
_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[0-9a-f]{2,6}|[a-z]{2,8}\d?);", re.I)
#: Pairs of letters that only arise when UTF-8 is read as a single-byte encoding.
_MOJIBAKE = re.compile(
    "[ÃÂ][\x80-\xbf¡-¿€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€|ã[\x80-\x83‚ƒ]|[ÐÑ][\x80-\xbf°±²³´µ¶·¸¹º»¼½¾¿€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|ï»¿"
)


def clean(text: str) -> str:
    """One line without control characters: what wraps over lines or hides signs becomes single blanks. Entities are undone."""
    if not text.isascii():
        text = _undo_mojibake(text) if _MOJIBAKE.search(text) else text
    if "&" in text and _ENTITY.search(text):
        text = unescape(unescape(text))
    if not text.isprintable():
        text = _CONTROL.sub(" ", text)
    return " ".join(text.split())


def _undo_mojibake(text: str) -> str:
    """The text behind doubly coded UTF-8 (Amélie from AmÃ©lie). ftfy changes a text only where nothing else can be meant."""
    import ftfy  # a tenth of a second, and hardly any list needs it

    return ftfy.fix_encoding(text)


def known(text: str) -> str:
    """The cleaned text, or "" where it only says that nothing is known."""
    text = clean(text)
    return "" if text.lower() in UNKNOWN_TEXT else text


@lru_cache(65536)
def parse_year(text: str) -> int | None:
    """The year of a year, date, range or estimate; None for one that is unknown, out of range or no year at all."""
    text = " ".join((text if text.isprintable() else _CONTROL.sub(" ", text)).split())
    if len(text) > 64 or text.lower() in UNKNOWN:
        return None
    if text.isdigit() and len(text) == 4:
        year = int(text)
        return year if FIRST_YEAR <= year <= LAST_YEAR else None
    for form in _YEAR_FORMS:
        if found := form.fullmatch(text):
            year = int(found[1])
            return year if FIRST_YEAR <= year <= LAST_YEAR else None
    return None


def note_of_cut(count: int, what: str) -> str:
    """A note on texts that were cut."""
    return f"{count:,} × {what} longer than {MAX_TITLE} characters, cut"


def is_unknown(text: str) -> bool:
    return text.strip().lower() in UNKNOWN


def imdb_id(text: str, *, numbers: bool = False) -> str | None:
    """The IMDb title id in a text. `numbers`: a bare number is one too, whose tt and leading zeros were lost."""
    if found := _IMDB.search(text):
        number = found[1].lstrip("0")
    elif numbers and (plain := _IMDB_NUMBER.fullmatch(text.strip())):
        number = plain[1].lstrip("0")
    else:
        return None
    return f"tt{number:0>7}" if number else None


def tmdb_id(text: str, *, numbers: bool = False) -> str | None:
    """The TMDB film id in an address, a guid or a folder's name; with `numbers` a bare number too (78, 78.0)."""
    if numbers and text.isdigit() and text.isascii() and len(text) <= 10:
        return text.lstrip("0") or None
    found = _TMDB_NUMBER.fullmatch(text.strip()) if numbers else None
    found = found or _TMDB.search(text)
    number = found[1].lstrip("0") if found else ""
    return number or None


def wikidata_id(text: str) -> str | None:
    found = _WIKIDATA.search(text.strip())
    return found[1].upper() if found else None


def discogs_id(text: str) -> tuple[str, str] | None:
    """("release" or "master", number) of a Discogs address."""
    found = _DISCOGS.search(text)
    return (found[1].lower(), found[2]) if found else None


def kind_of_link(text: str) -> str | None:
    """What an address says of the thing behind it: "series", "game", or None."""
    if "/" not in text:
        return None
    return "series" if _SERIES_LINK.search(text) else "game" if _GAME_LINK.search(text) else None


def barcode(text: str) -> str | None:
    """The digits of a barcode. None for other texts, and for numbers that a spreadsheet has rounded (7.45E+11)."""
    digits = re.sub(r"[\s\-'.=\"]", "", text.removesuffix(".0"))
    return digits if digits.isdigit() and 8 <= len(digits) <= 14 and digits.strip("0") else None
