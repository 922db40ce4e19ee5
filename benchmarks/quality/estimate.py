"""Makes tasks/matching/weights.csv again: `python -m benchmarks.quality.estimate`."""

import csv
from pathlib import Path

from benchmarks.quality import fit
from benchmarks.quality.data import load
from tasks.matching.evidence import EVIDENCE
from tasks.matching.model import WEIGHTS, Model


def write(model: Model, path: Path = WEIGHTS, counts: dict[tuple[str, str], tuple[int, int]] | None = None) -> None:
    """The readable table: evidence, level, bits, the anchor, and how many true and other pairs had the level."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["evidence", "level", "bits", "anchor", "true_pairs", "other_pairs"])
        table.writerow(["prior", "", f"{model.prior:.2f}", f"{fit.PRIOR:.2f}", *(counts or {}).get(("prior", ""), ("", ""))])
        for name, levels in EVIDENCE.items():
            for level, bits, anchor in zip(levels, model.table[name], fit.ANCHORS[name], strict=True):
                table.writerow([name, level, f"{bits:.2f}", f"{anchor:.2f}", *(counts or {}).get((name, level), ("", ""))])
        table.writerow(["threshold", "accept", f"{model.accept:.3f}", "", "", ""])
        table.writerow(["threshold", "review", f"{model.review:.3f}", "", "", ""])


def main() -> None:
    data = load()
    model = fit.train(data)
    counts = {("prior", ""): (int(data.right.sum()), int((~data.right).sum()))}
    for n, (name, levels) in enumerate(EVIDENCE.items()):
        for number, level in enumerate(levels):
            has = data.levels[:, n] == number
            counts[name, level] = (int((has & data.right).sum()), int((has & ~data.right).sum()))
    write(Model(model.prior, model.table, 0.5, 0.05), counts=counts)


if __name__ == "__main__":
    main()
