"""What depends on one film or one album alone, computed once: the columns that evidence.py compares."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching import people
from soundtracks.matching.people import credited, joined_people
from soundtracks.matching.title_levels import NULL
from soundtracks.matching.trades import NOBODY, Hashes, compose_for_films
from soundtracks.records import STRINGS, track_count
from soundtracks.text.canonical import credit_in_title
from soundtracks.text.folding import fold
from soundtracks.text.patterns import Texts, holds
from soundtracks.text.signals import (
    ARCHIVE_LABELS,
    FILM_MUSIC_LABELS,
    MARKS,
    MUSIC,
    format_level,
    mark_levels,
    record_kinds,
    style_levels,
)
from soundtracks.text.vocabulary import plain_wording

Levels = npt.NDArray[np.int8]


def film_features(films: pa.Table) -> pa.Table:
    """What comparisons need of each film (rows as in `films`): `f_composers`, `f_aliases` (their other names) and `f_cast`:
    canonical names joined by "|"."""
    names = {"f_composers": "composers", "f_aliases": "composer_aliases", "f_cast": "performers"}
    return pa.table({made: _people(films, column) for made, column in names.items()})


def _people(table: pa.Table, column: str) -> pa.Array:
    return pa.array([joined_people(names) for names in column_of(table, column)], pa.string())


#: Of records that were there before, or music that was recorded anew.
_AGAIN = (
    r"(?i)re-?issue|repress|remaster|anniversary|re-?record|newly recorded|new recording|first recording"
    r"|\bclassic (?:film )?scores?\b|(?:^|;)\s*(?:re|rm|rp)\s*(?:;|$)"
)
#: Of editions that are most often of such records.
_EDITION = r"(?i)record store day|deluxe|expanded|limited edition|(?:^|;)\s*(?:rsd|ltd)\s*(?:;|$)"
#: Of these, the ones that new records have too.
_DELUXE = r"(?i)deluxe|expanded"
_YEAR = r"(?P<year>19[1-9]\d|20[0-4]\d)"
_YEAR_IN_TITLE = rf"(?:^|[^\d$]){_YEAR}(?:$|[^\d])"
#: The film's year, of a remake: alone in brackets, or before what names its music. An edition's stands with its own words.
_FILMS_YEAR = (rf"[(\[]{_YEAR}[)\]]", rf"\b{_YEAR} (?:original )?(?:motion picture|film|movie|soundtrack|score|ost\b)")
_OF_AN_EDITION = r"re-?issue|repress|remaster|anniversary|re-?record|\brecord(?:ed|ing)|\bedition|\bversion|\bmix|deluxe|expanded"
#: Pressed again since records of vinyl came back.
_VINYL_AGAIN = 2008


def album_features(albums: pa.Table, composers: Hashes = NOBODY) -> pa.Table:
    """What comparisons need of each album (rows as in `albums`). `composers`: of films, as far as known (trades.py).

    `a_title`, and `a_folded`; `a_credit`: canonical artist credit, null: unknown; `a_aliases`: other names of the artists;
    `a_claimed`: the title alone says it; `a_trade`: it composes for films; `a_various`: it names nobody; `a_orchestra`: who
    plays; `a_leader`: and who leads; `a_by_label`: a label; `a_mark`, `a_style`, `a_styled`, `a_record`, `a_format`,
    `a_tracks`: levels that the album has by itself; `a_label`, `a_archive`: film music's, old film music's; `a_labels`: genres
    and styles where `a_record` is no music; `a_reissue`; `a_deluxe`: by such a word alone; `a_again`: surely of music that was
    there before; `a_cd`, `a_indian`; `a_score`: a number of SCORES; `a_year`, `a_first_year`; `a_film_ids`; `a_title_year`: a
    year that stands in the title; `a_films_year`: the same, where its words make it the film's.
    """
    credits, claimed = album_credits(albums)
    titles = Texts.of([_folded(title or "") for title in albums["title"].to_pylist()])
    labels, formats = _labels(albums, "genres", "styles"), _labels(albums, "formats")
    styles, records = style_levels(labels), record_kinds(titles, credits, labels)
    marks = mark_levels(titles, styles)
    said = MARKS.index("soundtrack in title")
    marks[people.CREDITS_SOUNDTRACK.found_in(credits) & (marks < said)] = said
    said_labels = _said_label(albums, credits)
    is_music = pa.array(records == MUSIC)
    years = pa.array(column_of(albums, "year"), pa.int32())
    again = holds_any(formats, _AGAIN) | holds_any(titles.column, _AGAIN)
    edition, deluxe = (holds_any(formats, words) | holds_any(titles.column, words) for words in (_EDITION, _DELUXE))
    vinyl = holds(formats, "vinyl") | holds(formats, ";lp;")
    pressed_again = vinyl & np.asarray(pc.fill_null(pc.greater_equal(years, _VINYL_AGAIN), False))
    return pa.table(
        {
            "a_title": albums["title"],
            "a_folded": titles.column,
            "a_credit": pc.if_else(pc.equal(credits.column, ""), None, credits.column),
            "a_aliases": _people(albums, "artist_aliases"),
            "a_claimed": pa.array(claimed, pa.bool_()),
            "a_trade": pa.array(compose_for_films(credits.column, composers)),
            "a_various": pa.array(people.NAMES_NOBODY.found_in(credits)),
            "a_orchestra": pa.array(people.NAMES_ORCHESTRA.found_in(credits)),
            "a_leader": pa.array(people.NAMES_LEADER.found_in(credits)),
            "a_mark": pa.array(marks),
            "a_style": pa.array(styles),
            "a_styled": pa.array(styled_levels(labels)),
            "a_record": pa.array(records),
            "a_format": pa.array([format_level(shape) for shape in formats.to_pylist()], pa.int8()),
            "a_label": pa.array(FILM_MUSIC_LABELS.found_in(said_labels)),
            "a_archive": pa.array(ARCHIVE_LABELS.found_in(said_labels)),
            "a_by_label": pa.array(FILM_MUSIC_LABELS.found_in(credits)),
            "a_tracks": pa.array([tracks_level(tracks) for tracks in column_of(albums, "tracks")], pa.int8()),
            "a_labels": pc.if_else(is_music, None, labels),
            "a_reissue": pa.array(again | edition | pressed_again),
            "a_deluxe": pa.array(deluxe & ~again & ~pressed_again),
            "a_again": pa.array(again),
            "a_cd": pa.array(holds(formats, ";cd")),
            "a_indian": pa.array(holds(labels, ";bollywood;") | _from_india(albums)),
            "a_score": pa.array(score_levels(titles.column, labels)),
            "a_year": years,
            "a_first_year": pa.array(column_of(albums, "first_year"), pa.int32()),
            "a_film_ids": pa.array(column_of(albums, "film_ids"), STRINGS),
            "a_title_year": _year_by(_YEAR_IN_TITLE, titles.column),
            "a_films_year": _films_year(titles.column),
        }
    )


def _year_by(pattern: str, texts: pa.Array) -> pa.Array:
    return pc.cast(pc.struct_field(pc.extract_regex(texts, pattern), "year"), pa.float64())


def _films_year(titles: pa.Array) -> pa.Array:
    found = pc.coalesce(*(_year_by(pattern, titles) for pattern in _FILMS_YEAR))
    return pc.if_else(pa.array(holds_any(titles, _OF_AN_EDITION)), None, found)


class AlbumCredits(NamedTuple):
    """Canonical artist credits, "": unknown, and whether the title alone says it."""

    texts: Texts
    claimed: list[bool]


def album_credits(albums: pa.Table) -> AlbumCredits:
    artists, written = column_of(albums, "artist"), albums["title"].to_pylist()
    claimed = [None if artist else credit_in_title(title or "", None) for title, artist in zip(written, artists, strict=True)]
    named = (claim[0] if claim else artist or "" for artist, claim in zip(artists, claimed, strict=True))
    return AlbumCredits(Texts.of(list(map(credited, named))), [claim is not None for claim in claimed])


def styled_levels(labels: pa.Array) -> Levels:
    """Styles that film music has and others too."""
    found = [holds(labels, ";theme;"), holds(labels, ";musical;"), holds(labels, ";bollywood;")]
    return np.select(found, range(3), NULL).astype(np.int8)


#: Where a record says that it is the score: what was composed for the film, by its composer.
SCORES = ("said in the title", "by its style")


def score_levels(titles: pa.Array, labels: pa.Array) -> Levels:
    """Numbers of SCORES by folded titles and labels; NULL for records that do not say so."""
    said = holds_any(titles, r"\bscore\b") & ~holds_any(titles, "sound ?track")
    return np.select([said, holds(labels, ";score;")], [0, 1], NULL).astype(np.int8)


def _from_india(albums: pa.Table) -> npt.NDArray[np.bool_]:
    if "country" not in albums.column_names:
        return np.zeros(len(albums), dtype=bool)
    return np.asarray(pc.fill_null(pc.equal(albums["country"].combine_chunks(), "India"), False))


def tracks_level(tracks: list[str] | None) -> int:
    """How many tracks there are."""
    count = track_count(tracks)
    if count is None:
        return NULL
    return 0 if count <= 3 else 1 if count <= 6 else 2


def holds_any(column: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(pc.match_substring_regex(column, pattern), False))


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


def _said_label(albums: pa.Table, credits: Texts) -> Texts:
    """The labels, and the credit, where shops name the label."""
    return Texts(pc.binary_join_element_wise(credits.column, pc.fill_null(_labels(albums, "labels"), ""), ";"))


def column_of(table: pa.Table, name: str) -> list:  # type: ignore[type-arg]
    """A column's values; None for each row where the table lacks it."""
    return table[name].to_pylist() if name in table.column_names else [None] * len(table)
