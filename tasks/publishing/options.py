"""What the outputs need to know beside the catalogue."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Options:
    """accept_at, review_at: the model's thresholds in bits of match weight, drawn into the histogram; None leaves them out.

    wikidata_probability: accepted links below it are not proposed to Wikidata (a person's decision always is).
    retrieved: the day on which Discogs' records were fetched, for the references; None leaves it out.
    It is the day of the data, not of the run, so that the same data gives the same bytes.
    """

    accept_at: float | None = None
    review_at: float | None = None
    wikidata_probability: float = 0.99
    retrieved: date | None = None
