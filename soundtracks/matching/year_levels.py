"""How the years that a record tells are those of a film, and how popular the film is: numbers as levels."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching.title_levels import NULL

Levels = npt.NDArray[np.signedinteger[Any]]
Bools = npt.NDArray[np.bool_]


class Edition(NamedTuple):
    """What a record is, as far as it bears on its year: `reissue`: may come late; `deluxe`: says so by "deluxe" or "expanded"
    alone, and no composer agrees: decades later that makes no reissue, as a remake's new record says it too; `again`: of music
    that was there before, and hardly a year or two after its film; `cd`; `indian`: Indian records appear before their films."""

    reissue: Bools
    deluxe: Bools
    again: Bools
    cd: Bools
    indian: Bools


#: Before this year no film's record was first a CD.
_FIRST_CDS = 1984
SAME_YEAR, AGAIN, CD_OF_OLDER, INDIAN, INDIAN_REISSUE = 6, 7, 8, 9, 10


def year_level(film: npt.NDArray[np.float64], own: npt.NDArray[np.float64], edition: Edition) -> Levels:
    """Year of the edition against the film's. Reissues come decades later, but nothing is released long before its film."""
    apart = own - film
    reissue = edition.reissue & ~(edition.deluxe & (apart > 10))
    later = [(apart > 10) & ~reissue, (apart > 2) & reissue, apart > 2, apart > 0]
    level = first_that_holds(apart, [apart <= -2, apart == -1, *later, apart == 0])
    level = np.where(edition.cd & ~reissue & (film < _FIRST_CDS) & (apart > 2), np.int8(CD_OF_OLDER), level)
    level = np.where(edition.indian & (apart == -1), np.int8(INDIAN), level)
    level = np.where(edition.indian & edition.again & (apart > 2), np.int8(INDIAN_REISSUE), level)
    return np.where(edition.again & (np.abs(apart) <= 2), np.int8(AGAIN), level)


#: Labels of film music release scores for the first time that have lain for decades.
SAME_FIRST_YEAR, LATER_BY_LABEL, INDIAN_FIRST = 5, 6, 7


def first_year_level(apart: npt.NDArray[np.float64], label: Bools, indian: Bools) -> Levels:
    """Year of the first release (the master's) minus the film's: within a year for 566 of 567 measured. `label`: film music's;
    `indian`: as in Edition."""
    level = first_that_holds(apart, [apart < -1, apart < 0, apart > 10, apart > 2, apart != 0, apart == 0])
    level = np.where(indian & (apart == -1), np.int8(INDIAN_FIRST), level)
    return np.where(label & (apart > 2), np.int8(LATER_BY_LABEL), level)


def title_year_level(
    said: pa.ChunkedArray, own: pa.ChunkedArray, film_year: npt.NDArray[np.float64], film_key: list[str]
) -> Levels:
    """A year that the album's title says, "Cape Fear (The 1962 Score)", against the film's. Null where it is the film's name.

    `own`: the same year where it is the film's by the words around it, "Aladdin (2019 Soundtrack)": any other that is later may
    be the edition's, and says nothing.
    """
    years, own_years = (column.to_numpy(zero_copy_only=False) for column in (said, own))
    apart: npt.NDArray[np.float64] = years - film_year
    for row in np.flatnonzero(~np.isnan(apart)):
        if f"{years[row]:.0f}" in film_key[row].split():
            apart[row] = np.nan
    later = (apart > 1) & ~np.isnan(own_years)
    return first_that_holds(np.where((apart > 0) & ~later, np.nan, apart), [apart < 0, apart == 0, later])


def years_of(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    years: npt.NDArray[np.float64] = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    return np.where(years > 0, years, np.nan)


def years_about(films: pa.Table, released: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The year of each film. Of a series whose album was `released` while it was on none: one of many years says little."""
    first = years_of(films["year"])
    if "last_year" not in films.column_names or films["last_year"].null_count == len(films):
        return first
    last = years_of(films["last_year"])
    return np.where((released > first) & (last > first), np.where(released <= last, np.nan, last), first)


def first_that_holds(values: npt.NDArray[np.float64], conditions: list[npt.NDArray[np.bool_]]) -> Levels:
    """The number of the first condition that holds; NULL for NaN."""
    level: Levels = np.select(conditions, range(len(conditions)), NULL).astype(np.int8)
    return np.where(np.isnan(values), np.int8(NULL), level)
