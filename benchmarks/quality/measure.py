"""Links of albums whose films the weights have not seen, and how right they are."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.quality.data import Labelled
from benchmarks.quality.fit import folds, train
from soundtracks.matching.model import Model

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FOLDS = 10
GROUPS: dict[str, Callable[[str], bool]] = {
    "all": lambda group: True,
    "gold": lambda group: group == "gold",
    "hand": lambda group: group.startswith("hand"),
}


@dataclass(frozen=True)
class Scored:
    """One candidate an album: `probability` (0 where there is none), and whether the candidate is a true film."""

    probability: Floats
    right: Bools


def cross_validate(data: Labelled, learn: Callable[[Labelled, Bools], Model] = train, count: int = FOLDS) -> pa.Table:
    """LINKS of all albums, each decided by weights learned without its film (or, having none, its title)."""
    fold = folds(data.fold_key, count)
    of_pair = fold[data.pairs["album"].to_numpy()]
    links = []
    for n in range(count):
        model = replace(learn(data, of_pair != n), accept=0.5, review=0.0)
        rows = np.flatnonzero(fold == n)
        number = np.full(len(fold), -1)
        number[rows] = np.arange(len(rows))
        mine = pa.array(of_pair == n)
        pairs = data.pairs.filter(mine)
        pairs = pairs.set_column(0, "album", pa.array(number[pairs["album"].to_numpy()], pa.int32()))
        albums = data.albums.take(pa.array(rows))
        links.append(model.decide(albums, pairs, data.pair_films.filter(mine), data.levels[of_pair == n]))
    return pa.concat_tables(links)


def scored(data: Labelled, links: pa.Table) -> Scored:
    """The first link of each album, in the albums' order. Right: any accepted film is a true one and none is false."""
    place = {album: n for n, album in enumerate(data.albums["album_id"].to_pylist())}
    probability = np.zeros(len(place))
    films: list[set[str]] = [set() for _ in place]
    for album, film, chance in zip(*(links[c].to_pylist() for c in ("album_id", "tmdb_id", "probability")), strict=True):
        if film is not None:
            films[place[album]].add(film)
            probability[place[album]] = max(probability[place[album]], chance)
    right = np.array([bool(f) and f <= w for f, w in zip(films, data.wanted, strict=True)])
    return Scored(probability, right)


def table(
    data: Labelled, result: Scored, accept: float, review: float, chosen: npt.NDArray[np.int64] | None = None
) -> dict[str, Floats]:
    """For each group precision, recall, F1, and the share of the missed that stands in review.

    A link counts once an album. `chosen`: rows of albums, default all (a bootstrap gives them with repetition).
    """
    rows = np.arange(len(data.wanted)) if chosen is None else chosen
    probability, right = result.probability[rows], result.right[rows]
    has = np.array([bool(w) for w in data.wanted])[rows]
    group = np.array(data.group)[rows]
    all_of = outcomes(Scored(probability, right), has, accept, review)
    out = {}
    for name, belongs in GROUPS.items():
        mine = np.isin(group, [g for g in set(data.group) if belongs(g)])
        taken, true, missed, waiting = (int((mine & rows).sum()) for rows in all_of)
        precision, recall = true / max(1, taken), true / max(1, true + missed)
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        out[name] = np.array([precision, recall, f1, waiting / max(1, missed)])
    return out


def outcomes(result: Scored, has_film: Bools, accept: float, review: float) -> tuple[Bools, Bools, Bools, Bools]:
    """Which albums are accepted; of these right; missed though they have a film; and of these in review with the right one."""
    taken = result.probability >= accept
    found = taken & result.right
    missed = has_film & ~found
    return taken, found, missed, missed & ~taken & (result.probability >= review) & result.right


def bootstrap(
    data: Labelled, result: Scored, accept: float, review: float, times: int = 1000
) -> dict[str, tuple[Floats, Floats]]:
    """95 % intervals of `table`: whole films are drawn, with all their albums, so that reissues do not feign certainty."""
    random = np.random.default_rng(0)
    keys, number = np.unique(data.fold_key, return_inverse=True)
    order = np.argsort(number, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(number))[:-1])
    draws = []
    for _ in range(times):
        rows = np.concatenate([members[k] for k in random.integers(len(keys), size=len(keys))])
        draws.append(table(data, result, accept, review, rows))
    return {
        name: (np.percentile([d[name] for d in draws], 2.5, axis=0), np.percentile([d[name] for d in draws], 97.5, axis=0))
        for name in GROUPS
    }


def calibration(result: Scored, bins: int = 10) -> tuple[list[tuple[float, float, int]], float]:
    """(mean probability, share that is right, count) of each tenth of the scale that has albums; and the ECE over all."""
    rows = result.probability > 0
    probability, right = result.probability[rows], result.right[rows]
    tenth = np.minimum((probability * bins).astype(int), bins - 1)
    points = [
        (float(probability[tenth == b].mean()), float(right[tenth == b].mean()), int((tenth == b).sum()))
        for b in np.unique(tenth)
    ]
    return points, sum(count * abs(said - was) for said, was, count in points) / max(1, int(rows.sum()))
