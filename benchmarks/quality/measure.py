"""Links of albums whose films the weights have not seen, scored as users would: album by album."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.quality.fit import Sample, folds, train
from benchmarks.quality.worlds import World
from soundtracks.matching.model import Model

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FOLDS = 5


@dataclass(frozen=True)
class Scored:
    """By album: `probability` of its surest link (0: none), whether that film is true, `accepted`: a link is, and `right`:
    all accepted films are true; `wanted`: it has a film in the list."""

    probability: Floats
    true: Bools
    accepted: Bools
    right: Bools
    wanted: Bools

    @classmethod
    def of(cls, links: pa.Table, world: World) -> "Scored":
        place = {album: n for n, album in enumerate(world.of.albums["album_id"].to_pylist())}
        probability, true = np.zeros(len(place)), np.zeros(len(place), dtype=bool)
        accepted: dict[int, set[str]] = {}
        columns = (links[name].to_pylist() for name in ("album_id", "tmdb_id", "decision", "probability"))
        for album, film, decision, chance in zip(*columns, strict=True):
            n = place[album]
            if chance is not None and chance > probability[n]:
                probability[n], true[n] = chance, film in world.wanted[n]
            if decision == "accept":
                accepted.setdefault(n, set()).add(film)
        taken = np.isin(np.arange(len(place)), list(accepted))
        right = np.array([n in accepted and accepted[n] <= wanted for n, wanted in enumerate(world.wanted)])
        return cls(probability, true, taken, right, np.array([bool(w) for w in world.wanted]))

    @classmethod
    def together(cls, parts: Sequence["Scored"]) -> "Scored":
        names = ("probability", "true", "accepted", "right", "wanted")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def only(self, rows: Bools | npt.NDArray[np.int64]) -> "Scored":
        return Scored(self.probability[rows], self.true[rows], self.accepted[rows], self.right[rows], self.wanted[rows])

    @property
    def counts(self) -> tuple[int, int, int]:
        """(accepted and right, accepted and wrong, wanted and not found)."""
        right = int(self.right.sum())
        return right, int((self.accepted & ~self.right).sum()), int((self.wanted & ~self.right).sum())

    @property
    def precision(self) -> float:
        right, wrong, _ = self.counts
        return right / max(1, right + wrong)

    @property
    def recall(self) -> float:
        right, _, missed = self.counts
        return right / max(1, right + missed)

    @property
    def f1(self) -> float:
        right, wrong, missed = self.counts
        return 2 * right / max(1, 2 * right + wrong + missed)

    def in_review(self, review: float) -> float:
        """Share of the albums with a candidate that wait for a person."""
        candidates = self.probability > 0
        return float((~self.accepted & (self.probability >= review)).sum() / max(1, candidates.sum()))


def learn(pairs: Sample, count: int = FOLDS, fit: Callable[[Sample], Model] = train) -> list[Model]:
    """For each fold the weights learned without it: neither its films' titles nor its albums'."""
    fold = pairs.fold % count
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(fit, [pairs[fold != n] for n in range(count)]))


def cross_validated(world: World, models: Sequence[Model], accept: float, review: float) -> Scored:
    """Each album of a world decided by the weights that have seen neither its film nor its title."""
    fold = folds(world.of.keys) % len(models)
    of_pair = fold[world.pairs["album"].to_numpy()] if len(world.pairs) else fold[:0]
    links = []
    for n, model in enumerate(models):
        rows = np.flatnonzero(fold == n)
        number = np.full(len(fold), -1)
        number[rows] = np.arange(len(rows))
        mine = pa.array(of_pair == n)
        pairs = world.pairs.filter(mine)
        pairs = pairs.set_column(0, "album", pa.array(number[pairs["album"].to_numpy()], pa.int32()))
        decided = replace(model, accept=accept, review=review).decide(
            world.of.albums.take(pa.array(rows)), pairs, world.pair_films.filter(mine), world.levels[of_pair == n]
        )
        links.append(decided)
    return Scored.of(pa.concat_tables(links), world)


def shipped(world: World, model: Model) -> Scored:
    """A world decided by the shipped weights, as `soundtracks link` does, without masters' decisions."""
    return Scored.of(model.decide(world.of.albums, world.pairs, world.pair_films, world.levels), world)


def calibration(scored: Scored, bins: int = 10) -> tuple[list[tuple[float, float, int]], float]:
    """(mean probability, share that is right, count) of each tenth of the scale that has albums; and the ECE over all."""
    rows = scored.probability > 0
    if not rows.any():
        return [], 0.0
    probability, right = scored.probability[rows], scored.true[rows]
    tenth = np.minimum((probability * bins).astype(int), bins - 1)
    points = [
        (float(probability[tenth == b].mean()), float(right[tenth == b].mean()), int((tenth == b).sum()))
        for b in np.unique(tenth)
    ]
    return points, sum(count * abs(said - was) for said, was, count in points) / int(rows.sum())


def interval(scored: Scored, value: Callable[[Scored], float], times: int = 500) -> tuple[float, float]:
    """95 % interval by bootstrap over albums. `value` depends on the counts alone: albums are drawn by how they came out."""
    outcomes = np.stack([scored.accepted, scored.right, scored.wanted])
    _, one, of_album = np.unique(outcomes, axis=1, return_index=True, return_inverse=True)
    size = outcomes.shape[1]
    drawn = np.random.default_rng(0).multinomial(size, np.bincount(of_album.ravel()) / size, size=times)
    low, high = np.percentile([value(scored.only(np.repeat(one, count))) for count in drawn], [2.5, 97.5])
    return float(low), float(high)
