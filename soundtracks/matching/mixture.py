"""Weights of evidence learned from the pairs themselves, without any label: Fellegi and Sunter's mixture, by EM.

Each candidate pair has a level for each comparison. Pairs of one thing and pairs of two things have the levels in different
shares; both sets of shares, and how many pairs are of one thing, are estimated in turns (Winkler 1988). Comparisons are
taken as independent of each other within each set.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Levels = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]

#: Level of what is not known on either side.
NULL = -1
MAX_ROUNDS = 100
#: Bits by which no weight moves any more.
CONVERGED = 1e-4


@dataclass(frozen=True)
class Mixture:
    """`prior`: bits of a pair before looking. `weights`: bits of each level of each comparison."""

    prior: float
    weights: dict[str, Floats]

    def bits(self, levels: dict[str, Levels]) -> dict[str, Floats]:
        """Weight of each comparison of each pair; 0 for NULL."""
        return {name: np.append(weights, 0.0)[levels[name]] for name, weights in self.weights.items()}

    def match_weights(self, levels: dict[str, Levels]) -> Floats:
        """Match weight of each pair, bits: log2 of the odds that it is of one thing."""
        total: Floats = self.prior + np.sum(list(self.bits(levels).values()), axis=0)
        return total


def probabilities(match_weights: Floats) -> Floats:
    """Of pairs by their match weight."""
    found: Floats = 1 / (1 + np.exp2(-np.clip(match_weights, -60, 60)))
    return found


def learn(levels: dict[str, Levels], sizes: dict[str, int], seed: Floats, expected: dict[str, tuple[Floats, Floats]]) -> Mixture:
    """Estimates the mixture of some pairs.

    `sizes`: levels of each comparison. `seed`: a first guess at each pair's probability. `expected`: by comparison, how
    many pairs (of one thing, of two) of each level are taken as seen beforehand, which decides where there are few pairs;
    a comparison that is not named has half a pair at each level.
    """
    probability, before = seed, None
    for _ in range(MAX_ROUNDS):
        weights = {}
        for name, size in sizes.items():
            of_one, of_two = (counts.copy() for counts in expected.get(name, (np.full(size, 0.5), np.full(size, 0.5))))
            known = levels[name] != NULL
            of_one += np.bincount(levels[name][known], probability[known], minlength=size)
            of_two += np.bincount(levels[name][known], 1 - probability[known], minlength=size)
            weights[name] = np.log2(of_one / of_one.sum()) - np.log2(of_two / of_two.sum())
        share = (probability.sum() + 0.5) / (len(probability) + 1)
        mixture = Mixture(float(np.log2(share / (1 - share))), weights)
        probability = probabilities(mixture.match_weights(levels))
        now = np.concatenate([[mixture.prior], *weights.values()])
        if before is not None and np.abs(now - before).max() < CONVERGED:
            break
        before = now
    return mixture
