"""Probabilities as bits: one bit doubles the odds. What the match adds up, and what thresholds and charts are drawn in."""

import numpy as np
import numpy.typing as npt

#: The most that is told apart, bits to either side of even odds: about 1 in 10¹², where a float ends to tell a
#: probability from certainty.
MAX_BITS = 40.0


def log_odds(probability: float, most: float = MAX_BITS) -> float:
    """Log2 of the odds of a probability, bits, at most `most` to either side."""
    return float(all_log_odds(np.array([probability]), most)[0])


def all_log_odds(probability: npt.NDArray[np.float64], most: float = MAX_BITS) -> npt.NDArray[np.float64]:
    """`log_odds` of each."""
    bounded = np.clip(probability, 2.0**-most, 1 - 2.0**-most)
    return np.asarray(np.log2(bounded / (1 - bounded)))
