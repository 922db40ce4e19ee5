"""Counterfactuals: the level of one piece of evidence that would have turned a decision (steps: tests/soundtracks/cli/test_explain.py)."""

import json

from soundtracks.matching.evidence import EVIDENCE
from soundtracks.matching.explain import counterfactuals, steps

TABLE = {name: tuple(0.0 for _ in levels) for name, levels in EVIDENCE.items()} | {
    "credit": (-4.0, -3.0, -3.0, -3.0, -1.0, -1.0, -1.0, 1.0, 2.0, 6.0, 6.0, 7.0),
    "format": (-5.0, -3.0, 0.3),
}


def _found(credit: str, weight: float) -> list:
    pieces = {
        "prior": {"value": None, "level": "any candidate", "weight": -5.0},
        "credit": {"value": "a | b", "level": credit, "weight": weight},
        "format": {"value": "LP", "level": "album", "weight": 0.3},
    }
    return steps(json.dumps(pieces), -5.0 + weight + 0.3)


def test_the_smallest_change_that_would_have_accepted_comes_first() -> None:
    # odds of 0.2 are -2 bits, of the threshold 0.8 are 2: four bits are missing
    assert counterfactuals(_found("others", -3.0), 0.2, 0.8, TABLE) == [
        "Had credit been “Various or cast”, not “others” (+4.0 bits), it would have been accepted."
    ]


def test_what_would_have_kept_a_link_from_being_accepted() -> None:
    assert counterfactuals(_found("composer", 7.0), 0.9, 0.8, TABLE) == [
        "Had format been “EP or maxi single”, not “album” (-3.3 bits), it would not have been accepted.",
        "Had credit been “shares a name”, not “composer” (-5.0 bits), it would not have been accepted.",
    ]


def test_nothing_single_turns_a_certain_link() -> None:
    assert counterfactuals(_found("composer", 7.0), 1 - 2**-40, 0.8, TABLE) == []
    assert counterfactuals([], None, 0.8, TABLE) == []
