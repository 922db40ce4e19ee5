"""What links must be before they are published."""

from great_expectations.expectations.expectation import Expectation

from expectations.rules import (
    ExpectColumn,
    ExpectDecision,
    ExpectKnown,
    ExpectOneLinkAPair,
    ExpectProbability,
    ExpectSomeRows,
    ExpectTmdbId,
)


def suite() -> list[Expectation]:
    return [
        ExpectSomeRows(),
        *(ExpectColumn(column=name) for name in ("album_id", "tmdb_id", "decision", "probability", "match_weight", "evidence")),
        ExpectKnown(column="album_id"),
        ExpectTmdbId(column="tmdb_id"),
        ExpectKnown(column="decision"),
        ExpectDecision(column="decision"),
        ExpectProbability(column="probability"),
        ExpectOneLinkAPair(),
    ]
