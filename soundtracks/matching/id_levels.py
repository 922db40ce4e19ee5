"""What ids say: films that MusicBrainz or Wikidata name for an album, against a film's own ids."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching.features import column_of
from soundtracks.matching.title_levels import NULL, Levels

Bools = npt.NDArray[np.bool_]

FILM_ID_LEVELS = ("of another film", "equal", "equal, name, composer and year are another's")
ANOTHERS, SAID_TO_BE, GAINSAID = range(len(FILM_ID_LEVELS))


def film_id_levels(said: pa.ChunkedArray, films: pa.Table) -> Levels:
    """Whether the film's ids are among those that the album is said to belong to; null where both have no id of one kind."""
    levels = np.full(len(films), NULL, dtype=np.int8)
    rows = np.flatnonzero(pc.fill_null(pc.greater(pc.list_value_length(said), 0), False))
    if len(rows):
        at = pa.array(rows)
        imdb, wikidata = (column_of(films.take(at), name) for name in ("imdb_id", "wikidata_id"))
        for row, ids, *known in zip(rows, said.take(at).to_pylist(), imdb, wikidata, strict=True):
            of_kind = {one[:1] for one in ids}
            comparable = [one for one in known if one and one[:1] in of_kind]
            levels[row] = SAID_TO_BE if any(one in ids for one in comparable) else ANOTHERS if comparable else NULL
    return levels


def without_gainsaid(levels: Levels, album: npt.NDArray[np.int32], named: Bools, theirs: Bools) -> Levels:
    """Levels of "film id" of pairs, of which one that is but said (not `named`: the title is equal) is GAINSAID where its album's
    name, composer and year are another film's (`theirs`) of which nothing is said: a single id may be wrong."""
    others = album[theirs & (levels != SAID_TO_BE)]
    return np.where((levels == SAID_TO_BE) & ~named & np.isin(album, others), np.int8(GAINSAID), levels)
