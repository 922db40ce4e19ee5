"""Evidence for and against "this album is the soundtrack of this film": a list of features, each with named levels.

A feature has levels and a null level: what is not known weighs nothing. What depends on one record alone is computed
once a record (features.py); `compare` then gives a level for each candidate pair and feature, on
whole batches. What a level weighs stands in weights.csv, see model.py.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching import people, renown, title_levels
from soundtracks.matching.coverage import AGREEMENTS, COVERAGES, UNKNOWN, Coverage
from soundtracks.matching.features import SCORES
from soundtracks.matching.id_levels import FILM_ID_LEVELS, SAID_TO_BE, film_id_levels, without_gainsaid
from soundtracks.matching.people import (
    COMPOSER,
    OTHERS,
    SELF_TITLED,
    SHARED_NAME,
    credit_level,
    names_composer,
    performers_level,
)
from soundtracks.matching.standards import NONE_KNOWN, are_standards
from soundtracks.matching.title_levels import (
    EQUAL,
    NULL,
    TITLE_LEVELS,
    article_levels,
    beside_name,
    films_of_one_album,
    name_level,
    numeral_level,
    title_level,
    whole_title_level,
)
from soundtracks.matching.trades import Hashes
from soundtracks.matching.year_levels import (
    INDIAN,
    INDIAN_FIRST,
    LATER_BY_LABEL,
    SAME_FIRST_YEAR,
    SAME_YEAR,
    Edition,
    Levels,
    first_that_holds,
    first_year_level,
    title_year_level,
    year_level,
    years_about,
    years_of,
)
from soundtracks.records import SERIES
from soundtracks.text import canonical
from soundtracks.text.patterns import Texts
from soundtracks.text.signals import (
    BOOK,
    GAME,
    MARKS,
    MUSIC,
    OWN_WORK,
    RECORD_KINDS,
    SONG,
    TELEVISION,
    record_kinds,
)


class Feature(NamedTuple):
    """A piece of evidence and its levels."""

    name: str
    levels: tuple[str, ...]


def _crossed(*sides: tuple[str, ...]) -> tuple[str, ...]:
    """Every combination of levels, the last side's changing fastest."""
    found: tuple[str, ...] = ("",)
    for side in sides:
        found = tuple(f"{before}, {level}".removeprefix(", ") for before in found for level in side)
    return found


#: Coarse views of single features, for those that tell by what goes together.
SIGNS = ("nothing said", "labelled", "said in the title")
CREDITS = ("no name", "others", "composer unknown", "a film composer", "composer among others", "composer")
YEARS = ("year unknown", "another year", "first released in another year", "a year or two apart", "same year")
TITLES = ("similar title", "longer title", "part of the title", "equal title")
PARTS = ("main title", "subtitle", "one of two titles")
BESIDE_COVERAGE = ("another title", "composers disagree", "no composer to compare", "composer agrees")
BESIDE_AGREEMENT = tuple(f"{share} agree in year" for share in AGREEMENTS)
_WORDS = ("one word", "two words", "three words or more")

#: Records that have soundtracks of their own.
SOUNDTRACKS_ELSEWHERE = (TELEVISION, GAME, BOOK, OWN_WORK)

#: In the order of the waterfall.
FEATURES = (
    Feature("title", TITLE_LEVELS),
    Feature("name", ("a common word", "one short word", "one word", "two words", "three words or more")),
    Feature("numeral", ("another number", "the same number")),
    Feature(
        "year",
        (
            "older",
            "a year older",
            "later by more than ten",
            "a reissue, later by more than two",
            "later by three to ten",
            "later by one or two",
            "the same",
            "a reissue of about its year",
            "a CD of a film before CDs",
            "a year older, an Indian record",
            "an Indian reissue",
        ),
    ),
    Feature(
        "first year",
        (
            "older",
            "a year older",
            "later by more than ten",
            "later by three to ten",
            "within a year or two",
            "the same",
            "later, by a label of film music",
            "a year older, an Indian record",
        ),
    ),
    Feature("year in the title", ("an earlier one", "the film's", "a later one, as a remake's")),
    Feature("article", ("the film's alone", "the album's alone", "both have one", "the film's alone, a soundtrack's")),
    Feature("credit", people.CREDIT_LEVELS),
    Feature("performers", ("named",)),
    Feature("film id", FILM_ID_LEVELS),
    Feature("soundtrack", MARKS),
    Feature("score", _crossed(SCORES, CREDITS[1:])),
    Feature("record", RECORD_KINDS[:-1]),
    Feature("style", ("Theme", "Musical", "Bollywood")),
    Feature("song", ("a film's name beside a song's", "a theme by others", "a theme, no word of a soundtrack")),
    Feature("artists of the title", ("three or more", "the one of that name")),
    Feature("label", ("film music's",)),
    Feature("format", ("single", "EP or maxi single", "album")),
    Feature("tracks", ("up to three", "four to six", "seven or more")),
    Feature("titles named", ("two of the film's",)),
    Feature("films of one album", _crossed(("two are known", "three or more are known"), ("others", "by their composer"))),
    Feature("facts known", _crossed(renown.LEVELS, ("alone of its name", "among namesakes"))),
    Feature("known to TMDB", renown.ENTERED),
    Feature("time", ("before 1930", "before 1950", "before 1970, nothing said")),
    Feature("popularity", ("obscure", "little known", "known", "famous")),
    Feature("signs together", _crossed(("other title", "equal title"), SIGNS, CREDITS, YEARS)),
    Feature("whole title", ("another film's",)),
    Feature("part of a title", _crossed(PARTS, ("composer", "another or none"), YEARS)),
    Feature("title and signs", _crossed(TITLES, SIGNS, _WORDS)),
    Feature("none of these", _crossed(COVERAGES, BESIDE_COVERAGE)),
    Feature("unmarked records", _crossed(BESIDE_AGREEMENT, ("other title", "equal title"), YEARS)),
)  # fmt: skip
#: Levels of "year" and "first year" within a year of the film's.
YEARS_NEAR, FIRST_YEARS_NEAR = (1, 5, 6, INDIAN), (1, 4, 5, INDIAN_FIRST)
EVIDENCE: dict[str, tuple[str, ...]] = {feature.name: feature.levels for feature in FEATURES}
NAMES = tuple(EVIDENCE)


def compare(
    pairs: pa.Table, films: pa.Table, albums: pa.Table, coverage: Coverage = UNKNOWN, standards: Hashes = NONE_KNOWN
) -> Levels:
    """Levels of evidence, a row a pair, a column for each of NAMES; NULL where it says nothing.

    `pairs`: blocking.PAIRS. `films`, `albums`: films with film_features, and album_features, taken to the pairs' order.
    `coverage`, `standards`: of the whole job.
    """
    if not len(pairs):
        return np.full((0, len(NAMES)), NULL, dtype=np.int16)
    found = _single(pairs, films, albums)
    found |= _together(found, films, coverage)
    found["artists of the title"] = artists_levels(found, pairs["album_key"], standards)
    nothing = np.full(len(pairs), NULL, dtype=np.int8)
    return np.stack([found.get(name, nothing) for name in NAMES], axis=1).astype(np.int16)


def _single(pairs: pa.Table, films: pa.Table, albums: pa.Table) -> dict[str, Levels]:
    """Levels of the features that look at one thing."""
    album_key, film_key = pairs["album_key"].to_pylist(), pairs["film_key"].to_pylist()
    found = {
        "title": title_level(pairs, albums["a_title"], films["title"]),
        "name": np.array([name_level(name) for name in film_key], dtype=np.int8),
        "numeral": np.full(len(pairs), NULL, dtype=np.int8),
    }
    numbered = pc.match_substring_regex(pairs["album_key"], r"\p{Nd}"), pc.match_substring_regex(pairs["film_key"], r"\p{Nd}")
    for row in np.flatnonzero(pc.or_(*numbered)):
        found["numeral"][row] = numeral_level(album_key[row], film_key[row])
    first, own = years_of(albums["a_first_year"]), years_of(albums["a_year"])
    film_year = years_about(films, np.where(np.isnan(first), own, first))
    found["year in the title"] = title_year_level(albums["a_title_year"], albums["a_films_year"], film_year, film_key)
    found["article"] = article_levels(pairs, albums["a_folded"], films["title"])
    archive, again, cd, indian = (np.asarray(albums[name]) for name in ("a_archive", "a_again", "a_cd", "a_indian"))
    found["first year"] = first_year_level(first - film_year, archive, indian)
    found["time"] = first_that_holds(film_year, [film_year < 1930, film_year < 1950])
    found["known to TMDB"] = films["f_entered"].to_numpy()
    credit, various = albums["a_credit"].to_pylist(), albums["a_various"].to_pylist()
    composers = films["f_composers"].to_pylist()
    kinds = pairs["album_kind"].to_numpy()
    # where the artist's name had to stand for the title, that it is the same is no evidence
    titled = [None if kind == canonical.ARTIST else name for kind, name in zip(kinds, album_key, strict=True)]
    found["credit"] = np.array(
        [
            credit_level(who, nobody, known, name)
            for who, nobody, known, name in zip(credit, various, composers, titled, strict=True)
        ],
        dtype=np.int8,
    )
    found["credit"][known_otherwise(found["credit"], films, albums)] = COMPOSER
    rows = np.flatnonzero((found["credit"] < people.AMONG_OTHERS) & np.asarray(pc.is_valid(films["f_composers"])))
    texts = albums["a_folded"].take(pa.array(rows)).to_pylist()
    named = [row for row, text in zip(rows.tolist(), texts, strict=True) if names_composer(text, composers[row])]
    found["credit"][named] = COMPOSER
    # what a title says before a dash may be the artist or not: that it names nobody known is no evidence
    by_trade = np.asarray(albums["a_trade"])
    found["credit"][np.asarray(albums["a_claimed"]) & ~by_trade & (found["credit"] < SHARED_NAME)] = NULL
    several = np.flatnonzero(found["credit"] == people.AMONG_OTHERS)
    beside = albums["a_folded"].take(pa.array(several)).to_pylist()
    alone = [not people.names_others_too(credit[row], composers[row], text) for row, text in zip(several, beside, strict=True)]
    found["credit"][several[np.array(alone, dtype=bool)]] = COMPOSER
    others = np.isin(found["credit"], (OTHERS, people.OTHERS_OF_SEVERAL))
    found["credit"][by_trade & others] = people.ANOTHER_COMPOSER
    found["credit"][by_trade & (found["credit"] == people.UNKNOWN_COMPOSER)] = people.A_COMPOSER
    unnamed = np.isin(found["credit"], (OTHERS, people.OTHERS_OF_SEVERAL, people.UNKNOWN_COMPOSER))
    unnamed &= (found["credit"] == people.UNKNOWN_COMPOSER) | ~np.asarray(albums["a_leader"])
    found["credit"][np.asarray(albums["a_orchestra"]) & unnamed] = people.ORCHESTRA
    deluxe = np.asarray(albums["a_deluxe"]) & ~archive & (found["credit"] < SHARED_NAME)
    edition = Edition(np.asarray(albums["a_reissue"]) | archive, deluxe, again, cd, indian)
    found["year"] = np.where(np.isnan(first), year_level(film_year, own, edition), NULL)
    cast = films["f_cast"]
    if cast.null_count < len(cast):
        found["performers"] = np.array(
            [performers_level(who, known) for who, known in zip(credit, cast.to_pylist(), strict=True)], dtype=np.int8
        )
    found["film id"] = film_id_levels(albums["a_film_ids"], films)
    said_to_be = (found["film id"] == SAID_TO_BE) & np.isin(found["title"], (title_levels.TRANSLATED, title_levels.COMMON_WORD))
    found["title"] = np.where(said_to_be, title_levels.SAID, found["title"])
    # a song's record says in brackets which film it is from: that makes no soundtrack of it, only its styles can
    found["soundtrack"] = np.where(kinds == canonical.BESIDE, albums["a_style"].to_numpy(), albums["a_mark"].to_numpy())
    found["record"] = record_levels(albums, film_key)
    # of a series it is the other way round: television's is its own, a film's is another's
    series = np.asarray(pc.starts_with(films["tmdb_id"], SERIES))
    found["record"] = np.where(series & (found["record"] == TELEVISION), NULL, found["record"])
    a_films = series & (found["soundtrack"] >= OF_FILM)
    found["soundtrack"] = np.where(a_films, albums["a_style"].to_numpy(), found["soundtrack"])
    # "Original Television Soundtrack" says nothing of a film
    elsewhere = np.isin(found["record"], SOUNDTRACKS_ELSEWHERE)
    found["soundtrack"] = np.where(elsewhere, np.minimum(found["soundtrack"], albums["a_style"].to_numpy()), found["soundtrack"])
    # a label's name, or the film's own, in the artist's place of a soundtrack
    said = found["soundtrack"] >= SAID
    found["title"] = _with_artists(found["title"], said, film_key, films, credit)
    nobody = np.asarray(albums["a_by_label"]) & (found["credit"] <= people.A_COMPOSER) & (found["credit"] != NULL)
    found["credit"][nobody | (said & (found["credit"] == SELF_TITLED))] = people.NOBODY
    theirs = (found["title"] == EQUAL) & (found["credit"] >= people.AMONG_OTHERS)
    theirs &= (found["year"] == SAME_YEAR) | (found["first year"] == SAME_FIRST_YEAR)
    found["film id"] = without_gainsaid(found["film id"], pairs["album"].to_numpy(), found["title"] == EQUAL, theirs)
    sung = (found["article"] == 0) & ~np.isin(found["soundtrack"], UNSAID)
    found["article"] = np.where(sung, 3, found["article"])
    # "The Score" is a film
    own_name = np.array(["score" in name for name in film_key], dtype=bool)
    found["score"] = np.where(own_name, NULL, albums["a_score"].to_numpy())
    found["style"], found["format"] = albums["a_styled"].to_numpy(), albums["a_format"].to_numpy()
    found["tracks"] = albums["a_tracks"].to_numpy()
    unsaid = np.isin(found["soundtrack"], UNSAID)
    found["label"] = np.where(np.asarray(albums["a_label"]) & unsaid, 0, NULL)
    found["whole title"] = whole_title_level(pairs, found["title"])
    found["titles named"] = np.where(pairs["titles"].to_numpy() > 1, 0, NULL)
    found["films of one album"] = films_of_one_album(pairs)
    named = np.isin(found["title"], title_levels.OWN_NAMES) & (pairs["film_kind"].to_numpy() <= canonical.ALTERNATIVE)
    known = films["f_facts"].to_numpy() * 2 + (pairs["namesakes"].to_numpy() > 1)
    found["facts known"] = np.where(named, known, NULL)
    if "popularity" in films.column_names:
        found["popularity"] = renown.popularity_level(films["popularity"].cast(pa.float64()).to_numpy(zero_copy_only=False))
    return found


#: Levels of "soundtrack" from which on the title says so.
SAID = MARKS.index("soundtrack in title, another genre")
#: … and that it is a film's.
OF_FILM = MARKS.index("film soundtrack in title, another genre")
#: Levels of "soundtrack" of albums that neither say so nor are filed so.
UNSAID = (0, 1, 2, 3)
#: Of lists of other cinemas, whose records say no more than title and year.
_MOST_AGREE = AGREEMENTS.index("most")
_PARTS = (title_levels.MAIN_TITLE, title_levels.SUBTITLE, title_levels.ONE_OF_TWO)
_SIGN_OF_MARK = np.array([0, 1, 0, 0, 1, 2, 2, 2, 2])
#: Of each level of "title" its place in TITLES.
_TITLE_OF_LEVEL = np.array([0] * title_levels.SHARES_A_PART + [1] * 2 + [2] * 7 + [3] * 2)


def _with_artists(
    levels: Levels, said: npt.NDArray[np.bool_], film_key: list[str], films: pa.Table, credit: list[str | None]
) -> Levels:
    """Levels of "title", equal where a soundtrack's title and artist together are the film's title."""
    levels = levels.copy()
    for row in np.flatnonzero(said & np.isin(levels, (title_levels.SUBTITLE, title_levels.MAIN_TITLE))):
        who = credit[row]
        if who and title_levels.with_artist(films["title"][int(row)].as_py() or "", film_key[row], who):
            levels[row] = EQUAL
    return levels


def _together(found: dict[str, Levels], films: pa.Table, coverage: Coverage) -> dict[str, Levels]:
    """Levels of the features that look at what goes together."""
    mark, credit, year, first = (found[name] for name in ("soundtrack", "credit", "year", "first year"))
    signs = np.where((mark <= 4) & (found["style"] == 2), 1, _SIGN_OF_MARK[mark])
    nobody, disagree = (credit == NULL) | (credit == people.NOBODY), credit <= people.ANOTHER_COMPOSER
    others = credit == people.AMONG_OTHERS
    credits = np.select([others, credit >= SHARED_NAME, nobody, disagree, credit == people.A_COMPOSER], [4, 5, 0, 1, 3], 2)
    # one scale for both: older or far, a year or two apart, the same
    years = np.select(
        [
            (year == SAME_YEAR) | (first == SAME_FIRST_YEAR),
            np.isin(year, YEARS_NEAR) | np.isin(first, FIRST_YEARS_NEAR),
            (year == NULL) & (first == NULL),
            (year == NULL) & (first != LATER_BY_LABEL),
        ],
        [4, 3, 0, 2],
        1,
    )
    titles = _TITLE_OF_LEVEL[found["title"]]
    words = np.maximum(found["name"] - 2, 0)
    agree = credits >= 4
    beside = np.select([titles < 2, credits == 1, agree], [0, 1, 3], 2)
    unmarked, several = (signs == 0) & ~agree, found["films of one album"]
    song = (found["title"] == title_levels.BESIDE) & (
        (found["record"] == SONG) | (found["format"] == 0) | (found["style"] == 0) | (found["tracks"] == 0)
    )
    old = (found["time"] == NULL) & (coverage.agreeing_level < _MOST_AGREE) & unmarked & (titles == 3)
    score = found["score"]
    part = np.select([found["title"] == level for level in _PARTS], range(len(_PARTS)), NULL)
    return {
        "signs together": (((titles == 3) * len(SIGNS) + signs) * len(CREDITS) + credits) * len(YEARS) + years,
        "title and signs": (titles * len(SIGNS) + signs) * len(_WORDS) + words,
        "none of these": coverage.known_level * len(BESIDE_COVERAGE) + beside,
        "unmarked records": np.where(unmarked, (coverage.agreeing_level * 2 + (titles == 3)) * len(YEARS) + years, NULL),
        "song": np.select(
            [song, (found["style"] == 0) & (signs < 2) & ~agree & (credits > 0), (found["record"] == SONG) & (signs == 0)],
            [0, 1, 2],
            NULL,
        ),
        "time": np.where(old & (years_of(films["year"]) < 1970), np.int8(2), found["time"]),
        "score": np.where((score == NULL) | (credits == 0), NULL, score * (len(CREDITS) - 1) + credits - 1),
        "films of one album": np.where(several == NULL, NULL, several * 2 + agree),
        "part of a title": np.where(part == NULL, NULL, (part * 2 + ~agree) * len(YEARS) + years),
    }


def known_otherwise(levels: Levels, films: pa.Table, albums: pa.Table) -> npt.NDArray[np.int64]:
    """Rows where the credit is a composer by another name (people.by_another_name), `levels` of "credit" not yet saying so."""
    aliases = pc.or_(pc.is_valid(films["f_aliases"]), pc.is_valid(albums["a_aliases"]))
    open_yet = (levels < people.AMONG_OTHERS) & (levels != people.NOBODY)
    rows = np.flatnonzero(open_yet & np.asarray(pc.and_(aliases, pc.is_valid(albums["a_credit"]))))
    some = pa.array(rows)
    columns = (albums["a_credit"], albums["a_aliases"], films["f_composers"], films["f_aliases"])
    names = zip(*(column.take(some).to_pylist() for column in columns), strict=True)
    found: npt.NDArray[np.int64] = rows[np.array([bool(people.by_another_name(*each)) for each in names], dtype=bool)]
    return found


def artists_levels(found: dict[str, Levels], album_key: pa.ChunkedArray, standards: Hashes) -> Levels:
    """Who else has a record of that title, where nothing says that it is film music: many artists, or who is called so."""
    unmarked = found["unmarked records"] != NULL
    levels = np.where(unmarked & (found["credit"] == SELF_TITLED), np.int8(1), np.int8(NULL))
    equal = np.flatnonzero(unmarked & (found["title"] == EQUAL))
    levels[equal[are_standards(album_key.take(pa.array(equal)), standards)]] = 0
    return levels


def record_levels(albums: pa.Table, film_key: list[str]) -> Levels:
    """What else the record may be. Words of the film's own name say nothing about that: "The Tribute" is no tribute."""
    kind = albums["a_record"].to_numpy().copy()
    rows = np.flatnonzero(kind != MUSIC)
    some = albums.select(["a_folded", "a_credit", "a_labels"]).take(pa.array(rows)).combine_chunks()
    beside = [beside_name(text, film_key[row]) for row, text in zip(rows, some["a_folded"].to_pylist(), strict=True)]
    credits = pc.fill_null(some["a_credit"].combine_chunks(), "")
    kind[rows] = record_kinds(Texts.of(beside), Texts(credits), some["a_labels"].combine_chunks())
    return np.where(kind == MUSIC, NULL, kind)


__all__ = ["COMPOSER", "EVIDENCE", "FEATURES", "NAMES", "NULL", "Feature", "Levels", "compare"]
