"""Estimation of weights and thresholds from labelled albums.

Every candidate of an album competes with the others and with "none of them" (see soundtracks.matching.model), so weights are
those of a conditional logit, in bits. They start from ANCHORS and are drawn to them like PRECISION observations would:
where labels abound they decide, where there are few (karaoke, comics, …) knowledge of the field does. Plain
Fellegi–Sunter (each level by itself: log2 m/u) counts twice what goes together, as "soundtrack" in the title and the
style Soundtrack do; the benchmark prints both.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from benchmarks.quality.data import Labelled
from soundtracks.matching.evidence import EVIDENCE, NAMES, Levels
from soundtracks.matching.model import Model

Floats = npt.NDArray[np.float64]

#: Bits that a level should weigh by what is known of the field, worst level first as in EVIDENCE.
ANCHORS: dict[str, tuple[float, ...]] = {
    "title": (-6, -3, -3, 0, 1, 0, 1, 2, 2, 3.5, 3, 6),
    "name": (-2.5, -1, 0.5, 2),
    "numeral": (-9, 1),
    "year": (-12, -2, -2.5, -2, -0.5, 2),
    "first year": (-12, -4, 1.5, 3.5),
    "credit": (-5, -3, 0, 1, 2.5, 5, 7),
    "performers": (3,),
    "soundtrack": (-7, -1, -2, 2, 3.5, 2, 4.5, 4, 6),
    "record": (-8, -7, -8, -7, -7, -8, -6, -7, -4, -5),
    "format": (-5, -3, 0.3),
    "popularity": (-1, -0.3, 0.3, 0.8),
}
PRIOR = -6.0
#: How firmly weights are held to their anchors: the inverse variance, per bit². Chosen by cross-validated likelihood.
PRECISION = 0.15
#: Held firmly to their anchors, as labels say too little or what is true of the evaluation set alone.
FIRM: dict[tuple[str, str], float] = {
    ("format", "album"): 100.0,
    ("title", "all but a word"): 1.0,
    **{("record", kind): 1.0 for kind in EVIDENCE["record"]},
}
#: Levels whose order is known from the worst to the best: their weights never fall.
ORDERED = ("name", "numeral", "first year", "popularity")

#: How much an album counts that is made to have no genres, or no year. Albums without genres do come from catalogues of
#: soundtracks more often than not; at 1 the model would believe the contrary.
UNKNOWN = 0.05

_LN2 = float(np.log(2))


def anchored() -> Model:
    return Model(PRIOR, ANCHORS, 0.5, 0.05)


def one_hot(levels: Levels) -> Floats:
    """Pairs × (1 + all levels): the prior's 1, then 1.0 at each level that holds; null levels leave zeros."""
    columns = [np.ones(len(levels))]
    for n, name in enumerate(NAMES):
        columns.extend((levels[:, n] == level).astype(float) for level in range(len(EVIDENCE[name])))
    return np.stack(columns, axis=1)


def fit(
    levels: Levels, album: npt.NDArray[np.int64], right: npt.NDArray[np.bool_], counts: Floats, precision: float = PRECISION
) -> Model:
    """Weights that make the labels most likely, anchored; thresholds are not set.

    `album`: of each pair, ascending; `counts`: how much the album of each pair counts.
    """
    x = one_hot(levels)
    firm = np.array([precision, *(FIRM.get((name, level), precision) for name in NAMES for level in EVIDENCE[name])])
    anchor = np.array([PRIOR, *(bits for name in NAMES for bits in ANCHORS[name])])
    starts = np.flatnonzero(np.append(True, album[1:] != album[:-1]))
    count = counts[starts]
    has_film = np.add.reduceat(right.astype(float), starts) > 0

    def loss(weights: Floats) -> tuple[float, Floats]:
        score = x @ weights * _LN2
        peak = np.maximum(np.maximum.reduceat(score, starts), 0)
        each = np.exp(score - np.repeat(peak, np.diff(np.append(starts, len(score)))))
        total = np.add.reduceat(each, starts) + np.exp(-peak)
        share = each / np.repeat(total, np.diff(np.append(starts, len(score))))
        likely = np.where(has_film, np.add.reduceat(score * right, starts), 0) - np.log(total) - peak
        away = weights - anchor
        value = -(count * likely).sum() + 0.5 * (firm * away**2).sum()
        return float(value), -_LN2 * (x.T @ (counts * (right - share))) + firm * away

    best = minimize(loss, anchor, jac=True, method="L-BFGS-B").x
    table: dict[str, tuple[float, ...]] = {}
    at = 1
    for name in NAMES:
        own = best[at : at + len(EVIDENCE[name])]
        at += len(own)
        table[name] = tuple(np.round(np.maximum.accumulate(own) if name in ORDERED else own, 2).tolist())
    return Model(round(float(best[0]), 2), table, 0.5, 0.05)


def folds(keys: Sequence[str], count: int = 10, seed: int = 0) -> npt.NDArray[np.int64]:
    """A fold for each key, the same for equal keys, by hash: nothing depends on order."""
    return np.array([int(hashlib.sha256(f"{seed}:{k}".encode()).hexdigest()[:8], 16) % count for k in keys], dtype=np.int64)


def train(data: Labelled, chosen: npt.NDArray[np.bool_] | None = None, precision: float = PRECISION) -> Model:
    """Fits to the pairs `chosen` (default: all).

    The labelled gold albums come from a catalogue without genres, all of them are soundtracks, and nearly half have no
    year; by themselves they would teach that an album of which nothing is known is a soundtrack. So every album that has
    genres or a year stands in the training a second and third time without, counting UNKNOWN.
    """
    mask = np.ones(len(data.levels), dtype=bool) if chosen is None else chosen
    album = data.pairs["album"].to_numpy().astype(np.int64)[mask]
    levels, albums, right, counts = [data.levels[mask]], [album], [data.right[mask]], [np.ones(mask.sum())]
    for copy, less in enumerate(data.less, 1):
        changed = np.isin(album, album[(less[mask] != data.levels[mask]).any(axis=1)])
        levels.append(less[mask][changed])
        albums.append(album[changed] + copy * len(data.albums))
        right.append(data.right[mask][changed])
        counts.append(np.full(changed.sum(), UNKNOWN))
    return fit(np.concatenate(levels), np.concatenate(albums), np.concatenate(right), np.concatenate(counts), precision)


def fellegi_sunter(data: Labelled, chosen: npt.NDArray[np.bool_]) -> Model:
    """The textbook's weights: log2 of how often true and other candidate pairs have a level, half a pair added to each."""
    levels, right = data.levels[chosen], data.right[chosen]
    table: dict[str, tuple[float, ...]] = {}
    for n, (name, labels) in enumerate(EVIDENCE.items()):
        known = levels[:, n] >= 0
        m, u = (np.bincount(levels[known & side, n], minlength=len(labels)) + 0.5 for side in (right, ~right))
        table[name] = tuple(np.log2((m / m.sum()) / (u / u.sum())).tolist())
    return Model(float(np.log2(right.sum() / (~right).sum())), table, 0.5, 0.05)
