"""Titles that many artists have a record of: Tea For Two is rather the song than the film, whatever the year.

Counted once for a whole job, as coverage.py's shares are, from titles and credits as they are written: a record of two
songs, "Blue Moon / Tea For Two", counts for both. The titles go with the film index to every batch and engine.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching.grams import name_hash
from soundtracks.matching.trades import Hashes, among
from soundtracks.text.canonical import key

#: Artists from which on a title is a standard: a song and its cover are two.
ARTISTS = 3
#: Where nothing was counted.
NONE_KNOWN: Hashes = np.zeros(0, dtype=np.uint64)

_SIDES, _NO_LETTERS = r"\s*/\s*", r"[\p{P}\p{S}\s]+"


def standards(albums: pa.Table) -> Hashes:
    """Hashes, ascending, of the canonical titles that ARTISTS different artists have a record of. `albums`: all of the job, at
    least title and artist; releases of one artist count once."""
    known = albums.select(["title", "artist"]).drop_null().combine_chunks()
    if not len(known):
        return NONE_KNOWN
    sides = pc.split_pattern_regex(pc.utf8_lower(known["title"].combine_chunks()), _SIDES)
    side = pc.list_flatten(sides)
    artist = _written(known["artist"].combine_chunks()).take(pc.list_parent_indices(sides))
    pairs = pa.table({"side": side, "written": _written(side), "artist": artist})
    pairs = pairs.filter(pc.and_(pc.not_equal(pairs["written"], ""), pc.not_equal(pairs["artist"], "")))
    of = pairs.group_by("written").aggregate([("artist", "count_distinct"), ("side", "min")])
    common = of.filter(pc.greater_equal(of["artist_count_distinct"], ARTISTS))["side_min"].to_pylist()
    return np.unique(name_hash(pa.array(list(map(key, common)), pa.string()))) if common else NONE_KNOWN


def are_standards(names: pa.ChunkedArray | pa.Array, known: Hashes) -> npt.NDArray[np.bool_]:
    """Which canonical titles are among the standards."""
    return among(name_hash(names), known) if len(known) else np.zeros(len(names), dtype=bool)


def _written(text: pa.Array) -> pa.Array:
    """Without case and punctuation."""
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(text), _NO_LETTERS, " "))
