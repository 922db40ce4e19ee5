"""How much is told of a film, beside the others of its list: of films that many know, catalogues tell more.

Lists are merged from many sources, and each has its columns: that a film's composers are unknown says nothing where hardly
any are known, and much where nearly all are. So what a list tells of most of its films is counted first (`told_of`).
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

#: What may be told of a film.
_TOLD = ("original_title", "alternative_titles", "composers")
#: Where nothing was counted: half of each.
NOTHING_TOLD = (0.5,) * len(_TOLD)
#: Bounds between the levels: facts more than the mean film of the list has.
_BOUNDS = (-0.85, -0.25, 0.2, 0.6, 1.2)
LEVELS = ("far less", "less", "as much as of others", "a little more", "more", "far more")


def told_of(films: pa.Table) -> tuple[float, ...]:
    """The share of films (schema FILMS) of which each of _TOLD is known."""
    return tuple(round(float(_known(films, name).mean()), 4) for name in _TOLD) if len(films) else NOTHING_TOLD


def told_levels(films: pa.Table, told: tuple[float, ...]) -> npt.NDArray[np.int8]:
    """Of each film a number of LEVELS. `told`: of the list, as `told_of` counts it."""
    more = np.zeros(len(films))
    for name, share in zip(_TOLD, told, strict=True):
        more += _known(films, name) - share
    return np.searchsorted(_BOUNDS, more, side="right").astype(np.int8)


def _known(films: pa.Table, name: str) -> npt.NDArray[np.float64]:
    if name not in films.column_names:
        return np.zeros(len(films))
    column = films[name]
    length = pc.list_value_length(column) if pa.types.is_list(column.type) else pc.utf8_length(column)
    known: npt.NDArray[np.float64] = pc.fill_null(pc.greater(length, 0), False).to_numpy(zero_copy_only=False).astype(np.float64)
    return known
