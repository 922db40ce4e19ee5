"""Estimation of weights from labelled worlds.

Every candidate of an album competes with the others and with "none of them" (see soundtracks.matching.model), so weights are
those of a conditional logit, in bits. They start from ANCHORS and are drawn to them like PRECISION observations would:
where labels abound they decide, where there are few (karaoke, comics, …) knowledge of the field does. Plain
Fellegi–Sunter (each level by itself: log2 m/u) counts twice what goes together, as "soundtrack" in the title and the
style Soundtrack do; the benchmark prints both.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from benchmarks.quality.worlds import World
from soundtracks.matching.evidence import EVIDENCE, NAMES, Levels
from soundtracks.matching.model import Model

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Bits that a level should weigh by what is known of the field, in the order of EVIDENCE. Features that are not named here
#: start from 0: they correct what the others say where things go together.
ANCHORS: dict[str, tuple[float, ...]] = {
    "title": (-5, -9, -5, -9, -6, -3, -2, -1, 1, -4, -2, 0.5, 2.5, 2, 1, 2, 2, 3, 4, 6),
    "name": (-2.5, -2, -1, 0.5, 2),
    "numeral": (-9, 1),
    "year": (-15, -2, -2, -1, -1.5, -0.5, 3, -2, -1.5, 1, 0.5),
    "first year": (-15, -2, -6.5, -5, 1.5, 3.5, -2.5, 1),
    "year in the title": (-9, 3, -9),
    "article": (-1, -1.5, 0.3, -0.5),
    "artists of the title": (-4, -2),
    "label": (2,),
    "part of a title": (
        *(0, -3, -3, 0, 1, -1, -2, -2, -1, 1),  # main title
        *(0, -3, -3, 0, 1, -1, -2, -2, -1, 1),  # subtitle
        *(0, -3, -3, 0, 1, -1, -2, -2, -1, 1),  # one of two titles
    ),
    "credit": (-5, -3, -1.5, -4, 0, 1, -0.5, 1, 2.5, 5, 6, 7),
    "performers": (3,),
    # Of the links of `eval` that names, year and composer make sure by themselves (0.99), MusicBrainz names the same film in
    # 488 of 488: at most one in 160 of its statements is wrong, and a wrong one names one film of thousands. One that another
    # film's name, composer and year gainsay is wrong nearly always: it says least.
    "film id": (-7, 12, 4),
    "soundtrack": (-7, -1, -2, 2, 3.5, 2, 4.5, 4, 6),
    "record": (-8, -12, -12, -7, -7, -8, -6, -7, -4, -6),
    "style": (-3, 0, 2),
    "song": (-8, -7, -5.5),
    "format": (-6, -3, 0.3),
    "tracks": (-4, -1, 0.3),
    "titles named": (4,),
    "films of one album": (1, 2, 5, 6),
    "facts known": (-1, -1, -0.5, -0.5, 0, 0, 0, 0.3, 0.3, 0.6, 0.5, 1),
    "known to TMDB": (0.5, 0.25, 0, -1, -1.5),
    "time": (-1.5, -0.5, -4),
    "whole title": (-2,),
    "score": (-4, -1, -1, 0, 0, -2, -0.5, -0.5, 0, 0),
    "popularity": (-1, -0.3, 0.3, 0.8),
    "none of these": tuple(
        -bits * share for bits in (4, 3, 2, 1.2, 0.5, -0.5) for share in (1, 1, 0.6, 0.3)
    ),
}  # fmt: skip
#: Of features that start from 0, levels that do not: who made a remake's music often kept the first composer's.
ANCHORED: dict[tuple[str, str], float] = {
    ("signs together", f"equal title, {sign}, composer among others, {year}"): bits
    for sign in ("labelled", "said in the title")
    for year, bits in (("first released in another year", -3.5), ("another year", -2.0))
}
PRIOR = -6.0
#: How firmly weights are held to their anchors: the inverse variance, per bit².
PRECISION = 0.15
#: Corrections are held to 0 more firmly, so that they say something only where labels do.
CORRECTION = 0.4
#: Held firmly to their anchors, as labels say too little or what is true of the labelled sets alone.
FIRM: dict[tuple[str, str], float] = {
    ("format", "album"): 20.0,
    # remakes apart, a composer who agrees outweighs a late edition: the sets have few of these
    ("signs together", "equal title, said in the title, composer, another year"): 5.0,
    ("signs together", "equal title, labelled, composer, another year"): 5.0,
    ("year", "later by more than ten"): 1.0,
    ("credit", "composer"): 0.5,
    ("credit", "an orchestra"): 3.0,
    ("first year", "later by three to ten"): 1.0,
    ("first year", "later by more than ten"): 1.0,
    **{("year in the title", level): 1.0 for level in ("an earlier one", "a later one, as a remake's")},
    **{("films of one album", level): 1.0 for level in EVIDENCE["films of one album"]},
    **{(name, "a year older"): 2.0 for name in ("year", "first year")},
    ("time", "before 1970, nothing said"): 2.0,
    ("whole title", "another film's"): 1.0,
    **dict.fromkeys(ANCHORED, 3.0),
    # that its composer has a hand in it is told by the credit: a score speaks only against
    **{("score", level): 50.0 if level.endswith((", composer", "among others")) else 0.5 for level in EVIDENCE["score"]},
    **{("title", level): 1.0 for level in EVIDENCE["title"]},
    ("title", "another title"): 3.0,
    ("title", "another title, a word in common"): 3.0,
    **{("known to TMDB", level): 3.0 for level in EVIDENCE["known to TMDB"]},
    **{
        ("signs together", level): 3.0 for level in EVIDENCE["signs together"] if level.endswith("first released in another year")
    },
    **{("artists of the title", level): 1.0 for level in EVIDENCE["artists of the title"]},
    **{("song", level): 4.0 for level in EVIDENCE["song"]},
    **{(name, level): 2.0 for name in ("article", "tracks") for level in EVIDENCE[name]},
    **{("part of a title", level): 1.0 for level in EVIDENCE["part of a title"]},
    **{("record", kind): 1.0 for kind in EVIDENCE["record"]},
    **{("record", kind): 4.0 for kind in ("television", "game")},
    **{("none of these", level): 1.0 for level in EVIDENCE["none of these"]},
}
#: Levels whose order is known from the worst to the best: their weights never fall.
ORDERED = ("name", "numeral", "popularity")

_LN2 = float(np.log(2))
_SIZES = [len(EVIDENCE[name]) for name in NAMES]


def anchored() -> Model:
    """The anchors alone, nothing learned."""
    return _model(_anchors())


def _anchors() -> Floats:
    return np.array([PRIOR, *(bits for name in NAMES for bits in anchors_of(name))])


def anchors_of(name: str) -> tuple[float, ...]:
    """Of each level of a feature."""
    return ANCHORS.get(name) or tuple(ANCHORED.get((name, level), 0.0) for level in EVIDENCE[name])


def _firmness(precision: float) -> Floats:
    return np.array(
        [
            precision,
            *(
                FIRM.get((name, level), precision if name in ANCHORS else CORRECTION)
                for name in NAMES
                for level in EVIDENCE[name]
            ),
        ]
    )


@dataclass(frozen=True)
class Sample:
    """Candidate pairs of albums, the pairs of an album next to each other. `count`: how much an album counts."""

    levels: Levels
    album: Ints
    right: Bools
    count: Floats
    fold: Ints

    def __getitem__(self, rows: Bools) -> "Sample":
        return Sample(self.levels[rows], self.album[rows], self.right[rows], self.count[rows], self.fold[rows])


def sample(worlds: Sequence[tuple[World, float]]) -> Sample:
    """All pairs of some worlds, each with how much its albums count; an album is another album in each world."""
    parts: list[tuple[Levels, Ints, Bools, Floats, Ints]] = []
    start = 0
    for world, weight in worlds:
        album = world.pairs["album"].to_numpy().astype(np.int64)
        fold = folds(world.of.keys)[album]
        parts.append((world.levels, album + start, world.right, np.full(len(album), weight), fold))
        start += len(world.of.albums)
    return Sample(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def one_hot(levels: Levels) -> csr_matrix:
    """Pairs × (1 + all levels): the prior's 1, then 1.0 at each level that holds; null levels leave zeros."""
    first = np.cumsum([1, *_SIZES[:-1]])
    column = np.column_stack([np.zeros(len(levels), dtype=np.int64), levels.astype(np.int64) + first])
    known = np.column_stack([np.ones(len(levels), dtype=bool), levels >= 0])
    row = np.repeat(np.arange(len(levels)), known.sum(axis=1))
    return csr_matrix((np.ones(len(row)), (row, column[known])), shape=(len(levels), 1 + sum(_SIZES)))


def train(pairs: Sample, precision: float = PRECISION) -> Model:
    """Weights that make the labels most likely, anchored; thresholds are not set. An album's true films share its odds."""
    x = one_hot(pairs.levels)
    transposed = x.T.tocsr()
    anchor, firm = _anchors(), _firmness(precision)
    starts = np.flatnonzero(np.append(True, pairs.album[1:] != pairs.album[:-1]))
    of = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(pairs.album))))
    count, right = pairs.count[starts], pairs.right.astype(float)
    has_film = np.add.reduceat(right, starts) > 0

    def loss(weights: Floats) -> tuple[float, Floats]:
        score = x @ weights * _LN2
        peak = np.maximum(np.maximum.reduceat(score, starts), 0)
        each = np.exp(score - peak[of])
        total = np.add.reduceat(each, starts) + np.exp(-peak)
        true = np.maximum(np.add.reduceat(each * right, starts), 1e-300)
        likely = np.where(has_film, np.log(true), -peak) - np.log(total)
        away = weights - anchor
        slope = pairs.count * (right * each / true[of] - each / total[of])
        return float(0.5 * (firm * away**2).sum() - (count * likely).sum()), firm * away - _LN2 * (transposed @ slope)

    best = minimize(loss, anchor, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return _model(best)


def _model(weights: Floats) -> Model:
    table: dict[str, tuple[float, ...]] = {}
    at = 1
    for name in NAMES:
        own = weights[at : at + len(EVIDENCE[name])]
        at += len(own)
        table[name] = tuple((np.round(np.maximum.accumulate(own) if name in ORDERED else own, 2) + 0.0).tolist())
    return Model(round(float(weights[0]), 2), table, 0.5, 0.05)


def folds(keys: Sequence[str], count: int = 10, seed: int = 0) -> Ints:
    """A fold for each key, the same for equal keys, by hash: nothing depends on order."""
    return np.array([int(hashlib.sha256(f"{seed}:{k}".encode()).hexdigest()[:8], 16) % count for k in keys], dtype=np.int64)


def fellegi_sunter(pairs: Sample) -> Model:
    """The textbook's weights: log2 of how often true and other candidate pairs have a level, half a pair added to each."""
    table: dict[str, tuple[float, ...]] = {}
    for n, (name, labels) in enumerate(EVIDENCE.items()):
        known = pairs.levels[:, n] >= 0
        m, u = (np.bincount(pairs.levels[known & side, n], minlength=len(labels)) + 0.5 for side in (pairs.right, ~pairs.right))
        table[name] = tuple(np.log2((m / m.sum()) / (u / u.sum())).tolist())
    return Model(float(np.log2(pairs.right.sum() / (~pairs.right).sum())), table, 0.5, 0.05)
