"""How well a film is known, beside the others of its list: of films that many know, catalogues record more.

Lists are merged from many sources, and each has its columns: that a film's composers are unknown says nothing where hardly
any are known, and much where nearly all are. So of how many films of a list each fact is known is counted first.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching.year_levels import Levels, first_that_holds

#: Facts that are counted.
_FACTS = ("original_title", "alternative_titles", "composers")
#: Where nothing was counted: half of each.
HALF_KNOWN = (0.5,) * len(_FACTS)
#: Bounds between the levels: facts more than the mean film of the list has.
_BOUNDS = (-0.85, -0.25, 0.2, 0.6, 1.2)
LEVELS = ("far fewer", "fewer", "as many as of others", "a few more", "more", "far more")


def renown_levels(films: pa.Table) -> tuple[Levels, Levels]:
    """(numbers of LEVELS, numbers of ENTERED) of each film, beside the others of its list. `films`: all of it, schema FILMS."""
    return facts_levels(films, shares_known(films)), entered_levels(films, are_ids_of_tmdb(films))


def shares_known(films: pa.Table) -> tuple[float, ...]:
    """The share of films (schema FILMS) of which each of _FACTS is known."""
    return tuple(round(float(_known(films, name).mean()), 4) for name in _FACTS) if len(films) else HALF_KNOWN


def facts_levels(films: pa.Table, shares: tuple[float, ...]) -> npt.NDArray[np.int8]:
    """Of each film a number of LEVELS. `shares`: of the list, as `shares_known` counts them."""
    more = np.zeros(len(films))
    for name, share in zip(_FACTS, shares, strict=True):
        more += _known(films, name) - share
    return np.searchsorted(_BOUNDS, more, side="right").astype(np.int8)


#: Ids that TMDB had given at the beginning of each year, to a tenth: they are given in the order in which people enter films, and
#: films that many know are entered before they are released, those of the time before TMDB first of all.
_IDS_AT = {
    2009: 15_000, 2010: 30_000, 2011: 50_000, 2012: 80_000, 2013: 150_000, 2014: 245_000, 2015: 315_000, 2016: 375_000,
    2017: 430_000, 2018: 490_000, 2019: 560_000, 2020: 650_000, 2021: 780_000, 2022: 910_000, 2023: 1_060_000, 2024: 1_220_000,
    2025: 1_400_000, 2026: 1_600_000,
}  # fmt: skip
ENTERED = ("among the first", "early", "in its year", "later", "much later")
_FIRST, _LAST = min(_IDS_AT), max(_IDS_AT)
#: Films of the list whose ids are those of TMDB are at least this share; other ids tell nothing.
_MOSTLY = 0.8


def entered_levels(films: pa.Table, of_tmdb: bool) -> npt.NDArray[np.int8]:
    """Of each film a number of ENTERED, by TMDB's id against the film's year; -1 where either is unknown or of another kind.

    `of_tmdb`: whether the list's ids are TMDB's (`are_ids_of_tmdb`).
    """
    ids, years = _numbers(films)
    ids = ids if of_tmdb else np.full(len(ids), np.nan)
    early, at, ends, late = (_ids_at(years + after) for after in (0, 0, 1, 4))
    early = np.where(years < _FIRST, 0.2 * at, 0.6 * at)
    ends, late = np.where(years < _FIRST, 50_000, ends), np.where(years < _FIRST, 150_000, late)
    level = (ids > early).astype(np.int8) + (ids > at) + (ids > ends) + (ids > late)
    return np.where(np.isnan(ids) | np.isnan(years), -1, level).astype(np.int8)


def are_ids_of_tmdb(films: pa.Table) -> bool:
    """Whether the ids of a list are TMDB's: they do not just count its films, and those of recent films are not those of years
    before. True where nothing tells."""
    ids, years = _numbers(films)
    if not len(ids) or np.isnan(ids).all() or np.nanmax(ids) <= 2 * len(ids):
        return not len(ids)
    recent = (years >= 2012) & ~np.isnan(ids)
    return not recent.any() or bool((ids[recent] > _ids_at(years[recent] - 8) * 0.5).mean() >= _MOSTLY)


def popularity_level(popularity: npt.NDArray[np.float64]) -> Levels:
    """TMDB's popularity: only a last prior among namesakes."""
    return first_that_holds(popularity, [popularity < 1, popularity < 5, popularity < 20, popularity >= 20])


def _ids_at(years: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Ids given before each year began."""
    return np.interp(years, list(_IDS_AT), list(_IDS_AT.values()))


def _numbers(films: pa.Table) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(TMDB's id, year) of each film; NaN: unknown or no number."""
    ids = films["tmdb_id"]
    decimal = pc.fill_null(pc.match_substring_regex(ids, r"^[0-9]{1,9}$"), False)
    number = pc.if_else(decimal, ids, None).cast(pa.float64()).to_numpy(zero_copy_only=False)
    year = films["year"].cast(pa.float64()).to_numpy(zero_copy_only=False)
    return number.astype(np.float64), np.where(year > 0, year, np.nan)


def _known(films: pa.Table, name: str) -> npt.NDArray[np.float64]:
    if name not in films.column_names:
        return np.zeros(len(films))
    column = films[name]
    length = pc.list_value_length(column) if pa.types.is_list(column.type) else pc.utf8_length(column)
    known: npt.NDArray[np.float64] = pc.fill_null(pc.greater(length, 0), False).to_numpy(zero_copy_only=False).astype(np.float64)
    return known
