"""Why an album was linked or not: the evidence of a link as steps, and what would have changed the decision."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from soundtracks.matching.evidence import EVIDENCE
from soundtracks.odds import log_odds


@dataclass(frozen=True)
class Step:
    """One piece of evidence. `weight`: bits it adds. `total`: bits after it, with the prior."""

    name: str
    level: str
    value: str
    weight: float
    total: float


def steps(evidence: str | None, match_weight: float | None) -> list[Step]:
    """The waterfall of one link: what the evidence does not add up to is the prior, and comes first."""
    pieces: dict[str, dict[str, Any]] = json.loads(evidence) if evidence else {}
    weights = {name: float(piece.get("weight") or 0.0) for name, piece in pieces.items()}
    total = (match_weight or 0.0) - sum(weights.values())
    found = [Step("prior", "", "before looking", total, total)] if pieces and "prior" not in pieces and abs(total) >= 0.01 else []
    for name, piece in pieces.items():
        total = total + weights[name] if found else weights[name]
        value = "" if piece.get("value") is None else str(piece["value"])
        found.append(Step(name, str(piece.get("level") or ""), value, weights[name], total))
    return found


def turning_points(found: list[Step], probability: float | None, threshold: float) -> list[str]:
    """Which single piece of evidence, had it been absent, would have moved the link across the accept threshold."""
    if probability is None or not 0 < probability < 1:
        return []
    surplus = log_odds(probability) - log_odds(threshold)
    pieces = [step for step in found if step.name != "prior"]
    if surplus >= 0:
        return [f"Without {s.name} ({s.level}) it would not have been accepted." for s in pieces if s.weight > surplus]
    return [f"Without {s.name} ({s.level}) it would have been accepted." for s in pieces if -s.weight >= -surplus]


def counterfactuals(
    found: list[Step], probability: float | None, threshold: float, table: Mapping[str, Sequence[float]], most: int = 4
) -> list[str]:
    """Which other level of a single piece of evidence would have turned the decision, the smallest change first.

    `table`: the model's weights by evidence and level (`Model.table`). At most one line a piece and `most` in all.
    """
    if probability is None or not 0 < probability < 1:
        return []
    surplus = log_odds(probability) - log_odds(threshold)
    outcome = "would not have been accepted" if surplus >= 0 else "would have been accepted"
    turns: list[tuple[float, Step, str, float]] = []
    for step in found:
        for level, bits in zip(EVIDENCE.get(step.name, ()), table.get(step.name, ()), strict=True):
            change = bits - step.weight
            if level != step.level and (surplus + change >= 0) != (surplus >= 0):
                turns.append((abs(change), step, level, change))
    lines: list[str] = []
    seen: set[str] = set()
    for _, step, level, change in sorted(turns, key=lambda turn: turn[0]):
        if step.name not in seen and len(lines) < most:
            seen.add(step.name)
            lines.append(f"Had {step.name} been “{level}”, not “{step.level}” ({change:+.1f} bits), it {outcome}.")
    return lines
