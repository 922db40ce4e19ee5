"""Makes soundtracks/matching/weights.csv again: `python -m benchmarks.quality.estimate` (two minutes)."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.quality import fit
from benchmarks.quality.worlds import LabelledSet, World, namesake_worlds, read_sets
from soundtracks.matching.evidence import EVIDENCE
from soundtracks.matching.model import WEIGHTS, Model

#: Chosen so that accepted links are right in the open world (python -m benchmarks.quality prints it), by nothing else.
ACCEPT = 0.7
#: One in ten is still worth a person's look.
REVIEW = 0.1
#: Set, share of its films in the list, how many draws, and how much an album of each counts.
TRAINING = (
    ("eval", 1.0, 1, 1.0),
    ("eval", 0.5, 2, 0.3),
    ("eval", 0.2, 10, 0.3),
    ("eval", 0.05, 10, 0.3),
    ("eval_hindi", 1.0, 1, 0.5),
    ("eval_hindi", 0.2, 2, 0.3),
    ("eval_world", 1.0, 1, 1.0),
    ("eval_world", 0.2, 3, 0.3),
    ("eval_records", 1.0, 1, 2.0),
    ("eval_records", 0.5, 2, 0.5),
    ("eval_records", 0.2, 10, 0.5),
    ("eval_bare", 1.0, 1, 1.0),
    ("eval_bare", 0.2, 3, 0.3),
    ("own", 1.0, 1, 1.0),
    ("own", 0.5, 4, 0.3),
    ("sample", 1.0, 1, 0.3),
    ("sample", 0.33, 6, 0.3),
)


def training(sets: dict[str, LabelledSet]) -> Iterator[tuple[World, float]]:
    """The worlds of TRAINING whose sets are here, each with how much its albums count."""
    for name, share, draws, weight in TRAINING:
        if name in sets:
            for seed in range(draws):
                yield sets[name].world(share, seed), weight
    for world in namesake_worlds(sets["sample"], rivals=False):
        yield world, 0.2


def write(model: Model, counts: dict[tuple[str, str], tuple[int, int]], path: Path = WEIGHTS) -> None:
    """The readable table: evidence, level, bits, the anchor, and how many true and other pairs had the level."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["evidence", "level", "bits", "anchor", "true_pairs", "other_pairs"])
        rows.writerow(["prior", "", f"{model.prior:.2f}", f"{fit.PRIOR:.2f}", *counts["prior", ""]])
        for name, levels in EVIDENCE.items():
            for level, bits, anchor in zip(levels, model.table[name], fit.anchors_of(name), strict=True):
                rows.writerow([name, level, f"{bits + 0:.2f}", f"{anchor:.2f}", *counts[name, level]])
        rows.writerow(["threshold", "accept", f"{model.accept:.2f}", "", "", ""])
        rows.writerow(["threshold", "review", f"{model.review:.2f}", "", "", ""])


def level_counts(pairs: fit.Sample) -> dict[tuple[str, str], tuple[int, int]]:
    """How many true and how many other candidate pairs had each level."""
    counts = {("prior", ""): (int(pairs.right.sum()), int((~pairs.right).sum()))}
    for n, (name, levels) in enumerate(EVIDENCE.items()):
        for number, level in enumerate(levels):
            has = pairs.levels[:, n] == number
            counts[name, level] = (int((has & pairs.right).sum()), int((has & ~pairs.right).sum()))
    return counts


def main() -> None:
    pairs = fit.sample(list(training(read_sets())))
    write(replace(fit.train(pairs), accept=ACCEPT, review=REVIEW), level_counts(pairs))


if __name__ == "__main__":
    main()
