"""What the outputs need to know beside the catalogue."""

from dataclasses import dataclass
from datetime import date
from typing import Self

from soundtracks.odds import log_odds


@dataclass(frozen=True)
class Options:
    """accept_at, review_at: the model's thresholds in bits of certainty (log2 of the odds of the probability); None leaves
    them out of the pictures.

    wikidata_probability: accepted links below it are not proposed to Wikidata (a person's decision always is).
    retrieved: the day on which Discogs' records were fetched, for the references; None leaves it out.
    It is the day of the data, not of the run, so that the same data gives the same bytes.
    """

    accept_at: float | None = None
    review_at: float | None = None
    wikidata_probability: float = 0.99
    retrieved: date | None = None

    @classmethod
    def of(cls, accept: float, review: float) -> Self:
        """With the model's thresholds, given as probabilities between 0 and 1."""
        return cls(accept_at=log_odds(accept), review_at=log_odds(review))
