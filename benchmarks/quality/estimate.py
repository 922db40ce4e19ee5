"""Makes soundtracks/matching/weights.csv again: `python -m benchmarks.quality.estimate` (a minute)."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.quality import fit
from benchmarks.quality.data import Labelled, load
from benchmarks.quality.measure import cross_validate, scored, table
from soundtracks.matching.evidence import EVIDENCE
from soundtracks.matching.model import WEIGHTS, Model

#: Accepted links must be right this often, cross-validated, …
PRECISION_TARGET = 0.995
#: … and of the true links that are not accepted, this share must wait in review.
REVIEW_TARGET = 0.6
#: One in fifty is still worth a person's look.
REVIEW = 0.02


def thresholds(data: Labelled) -> tuple[float, float]:
    """(accept, review): the lowest probability of acceptance at which both targets are met."""
    result = scored(data, cross_validate(data))
    for accept in np.arange(0.5, 0.99, 0.01):
        precision, _, _, waiting = table(data, result, accept, REVIEW)["all"]
        if precision >= PRECISION_TARGET and waiting >= REVIEW_TARGET:
            return round(float(accept), 2), REVIEW
    return 0.99, REVIEW


def write(model: Model, counts: dict[tuple[str, str], tuple[int, int]], path: Path = WEIGHTS) -> None:
    """The readable table: evidence, level, bits, the anchor, and how many true and other pairs had the level."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["evidence", "level", "bits", "anchor", "true_pairs", "other_pairs"])
        rows.writerow(["prior", "", f"{model.prior:.2f}", f"{fit.PRIOR:.2f}", *counts["prior", ""]])
        for name, levels in EVIDENCE.items():
            for level, bits, anchor in zip(levels, model.table[name], fit.ANCHORS[name], strict=True):
                rows.writerow([name, level, f"{bits + 0:.2f}", f"{anchor:.2f}", *counts[name, level]])
        rows.writerow(["threshold", "accept", f"{model.accept:.2f}", "", "", ""])
        rows.writerow(["threshold", "review", f"{model.review:.2f}", "", "", ""])


def level_counts(data: Labelled) -> dict[tuple[str, str], tuple[int, int]]:
    """How many true and how many other candidate pairs had each level."""
    counts = {("prior", ""): (int(data.right.sum()), int((~data.right).sum()))}
    for n, (name, levels) in enumerate(EVIDENCE.items()):
        for number, level in enumerate(levels):
            has = data.levels[:, n] == number
            counts[name, level] = (int((has & data.right).sum()), int((has & ~data.right).sum()))
    return counts


def main() -> None:
    data = load()
    accept, review = thresholds(data)
    write(replace(fit.train(data), accept=accept, review=review), level_counts(data))


if __name__ == "__main__":
    main()
