"""How much of the world a list of films covers, estimated from the albums themselves.

A list of 200 films does not hold most of the films that albums are named after: an album that fits one of them by its
title alone may well be of another film, or of none. Two shares tell, without any label:

- of the albums that say they are film music, how many bear the name of a known film at all;
- of the other albums that bear such a name and have a year, how many were released within a year of that film. By
  chance it is one in twenty, among real soundtracks four in five.

Both are taken once for a whole job, from a sample that depends on ids alone, and go with the film index to every batch
and engine.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching.grams import name_hash
from soundtracks.records import ALBUMS, conform

#: Albums looked at, of those that say they are film music and of the others.
SAMPLE = 1_000
#: The first share's bounds between COVERAGES, and the second's between AGREEMENTS.
COVERAGE_BOUNDS = (0.07, 0.15, 0.3, 0.5, 0.8)
COVERAGES = ("few films known", "a tenth known", "a fifth known", "a third known", "most known", "nearly all known")
AGREEMENT_BOUNDS = (0.15, 0.35, 0.6)
AGREEMENTS = ("hardly any", "some", "many", "most")

#: What titles and labels of film music say.
_SAYS_SOUNDTRACK = (
    r"(?i)sound\s?track|\bscore\b|\bo\.?s\.?t\b|motion picture|colonna sonora|bande originale|filmmusi|サウンドトラック|サントラ"
)
_STYLES = r"(?i)^(?:soundtrack|score|bollywood)$"


@dataclass(frozen=True)
class Coverage:
    """`known`: share of the albums that say they are film music and bear the name of a known film. `agreeing`: of the other
    albums that bear one and have a year, the share released within a year of it."""

    known: float
    agreeing: float

    @property
    def known_level(self) -> int:
        return int(np.searchsorted(COVERAGE_BOUNDS, self.known, side="right"))

    @property
    def agreeing_level(self) -> int:
        return int(np.searchsorted(AGREEMENT_BOUNDS, self.agreeing, side="right"))


#: Where nothing was counted: half, with little certainty.
UNKNOWN = Coverage(0.5, 0.25)


def share(count: int, whole: int, expected: float) -> float:
    """A share of few is drawn to the expected one, as if four more had been seen."""
    return (count + 4 * expected) / (whole + 4)


def sampled(albums: pa.Table) -> tuple[pa.Table, npt.NDArray[np.bool_]]:
    """(albums of the sample, schema ALBUMS; which of them say they are film music). By id, whatever the order."""
    says = says_soundtrack(albums)
    rank = np.argsort(name_hash(albums["album_id"]), kind="stable")  # mixed as by lot
    chosen = np.concatenate([rank[says[rank]][:SAMPLE], rank[~says[rank]][:SAMPLE]])
    return conform(albums.take(pa.array(chosen)), ALBUMS), says[chosen]


def says_soundtrack(albums: pa.Table) -> npt.NDArray[np.bool_]:
    """Which albums say in title or styles that they are film music; read quickly, signals.py reads it in full."""
    says = np.asarray(pc.fill_null(pc.match_substring_regex(albums["title"], _SAYS_SOUNDTRACK), False))
    if "styles" in albums.column_names:
        styles = albums["styles"].combine_chunks()
        hit = pc.fill_null(pc.match_substring_regex(pc.list_flatten(styles), _STYLES), False)
        rows = pc.list_parent_indices(styles).filter(hit).to_numpy()
        says = says | np.isin(np.arange(len(albums)), rows)
    return says
