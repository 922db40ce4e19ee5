"""What the outputs need to know beside the catalogue."""

from dataclasses import dataclass
from datetime import date
from typing import Self

from soundtracks.odds import log_odds
from soundtracks.publishing.notices import NOTICES, OPEN_NOTICES


@dataclass(frozen=True)
class Options:
    """accept_at, review_at: the model's thresholds in bits of certainty (log2 of the odds of the probability); None leaves
    them out of the pictures.

    wikidata_probability: accepted links below it are not proposed to Wikidata (a person's decision always is).
    retrieved: the day on which Discogs' records were fetched, for the references; None leaves it out.
    posters: whether pages show TMDB's posters, which the browser then asks for.
    It is the day of the data, not of the run, so that the same data gives the same bytes.
    open_data: all of it is CC0 and came without any API; the outputs say so instead of naming the services' terms.
    """

    accept_at: float | None = None
    review_at: float | None = None
    wikidata_probability: float = 0.99
    retrieved: date | None = None
    posters: bool = False
    open_data: bool = False

    @property
    def notices(self) -> tuple[str, ...]:
        """What must be said beside the data."""
        return OPEN_NOTICES if self.open_data else NOTICES

    @classmethod
    def of(cls, accept: float, review: float) -> Self:
        """With the model's thresholds, given as probabilities between 0 and 1."""
        return cls(accept_at=log_odds(accept), review_at=log_odds(review))
