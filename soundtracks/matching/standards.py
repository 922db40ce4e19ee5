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

#: `written`: the title of a side without case and punctuation, `artist`: likewise.
CREDITED = pa.schema([("side", pa.string()), ("written", pa.string()), ("artist", pa.string())])

_SIDES, _NO_LETTERS = r"\s*/\s*", r"[\p{P}\p{S}\s]+"


def standards(albums: pa.Table) -> Hashes:
    """Hashes, ascending, of the canonical titles that ARTISTS different artists have a record of. `albums`: all of the job, at
    least title and artist; releases of one artist count once."""
    return standards_of(credited(albums))


def standards_of(pairs: pa.Table) -> Hashes:
    """The same of what `credited` gives: all rows of each title that they hold."""
    of = pairs.group_by("written").aggregate([("artist", "count_distinct"), ("side", "min")])
    return hashes(of.filter(pc.greater_equal(of["artist_count_distinct"], ARTISTS))["side_min"])


def credited(albums: pa.Table) -> pa.Table:
    """A row (CREDITED) for each side of each record that names an artist."""
    known = albums.select(["title", "artist"]).drop_null().combine_chunks()
    if not len(known):
        return CREDITED.empty_table()
    sides = pc.split_pattern_regex(pc.utf8_lower(known["title"].combine_chunks()), _SIDES)
    side = pc.list_flatten(sides)
    artist = _written(known["artist"].combine_chunks()).take(pc.list_parent_indices(sides))
    pairs = pa.table({"side": side, "written": _written(side), "artist": artist}, schema=CREDITED)
    return pairs.filter(pc.and_(pc.not_equal(pairs["written"], ""), pc.not_equal(pairs["artist"], "")))


def hashes(titles: pa.ChunkedArray) -> Hashes:
    """Of titles as they are written, each once, ascending."""
    return np.unique(name_hash(pa.array(list(map(key, titles.to_pylist())), pa.string()))) if len(titles) else NONE_KNOWN


def are_standards(names: pa.ChunkedArray | pa.Array, known: Hashes) -> npt.NDArray[np.bool_]:
    """Which canonical titles are among the standards."""
    return among(name_hash(names), known) if len(known) else np.zeros(len(names), dtype=bool)


def _written(text: pa.Array) -> pa.Array:
    """Without case and punctuation."""
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(text), _NO_LETTERS, " "))
