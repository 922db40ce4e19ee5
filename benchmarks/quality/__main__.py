"""How right the links are: `python -m benchmarks.quality` (two minutes). Writes docs/images/quality-*.svg.

Ours is cross-validated: every album is decided by weights that have seen neither its film nor, if it has none, its title.
"""

import sys
import time

from rich.console import Console
from rich.table import Table

from benchmarks.quality import peers
from benchmarks.quality.charts import draw
from benchmarks.quality.data import Labelled, load
from benchmarks.quality.fit import anchored, fellegi_sunter
from benchmarks.quality.measure import FOLDS, Scored, bootstrap, calibration, cross_validate, scored, table
from soundtracks.errors import SoundtracksError
from soundtracks.matching.model import Model

console = Console(width=130)


def main() -> None:
    try:
        data = load()
    except SoundtracksError as error:
        console.print(str(error), markup=False)
        sys.exit(error.exit_code)
    accept, review = Model.load().accept, Model.load().review
    ours = scored(data, cross_validate(data))
    _print_ours(data, ours, accept, review)
    points, ece = calibration(ours)
    console.print(f"Expected calibration error {ece:.4f} over {sum(n for *_, n in points)} albums with a candidate.\n")
    found = [peers.old_rule(data), peers.wratio(data), peers.tfidf(data)]
    by_splink = peers.splink(data)
    _print_peers(data, ours, accept, found, by_splink)
    for path in draw(data, ours, accept, review, found, [by_splink]):
        console.print(f"Wrote {path.relative_to(path.parents[2])}")


def _print_ours(data: Labelled, ours: Scored, accept: float, review: float) -> None:
    values, bounds = table(data, ours, accept, review), bootstrap(data, ours, accept, review)
    view = Table(
        "albums",
        title=f"{FOLDS}-fold cross-validation by film, accepted from {accept:.2f}; 95 % intervals by bootstrap over films",
    )
    for column in ("precision", "recall", "F1", "of the missed, in review"):
        view.add_column(column, justify="right")
    for group, row in values.items():
        low, high = bounds[group]
        view.add_row(group, *(f"{v:.3f}  [{a:.3f}, {b:.3f}]" for v, a, b in zip(row, low, high, strict=True)))
    console.print(view)


def _print_peers(
    data: Labelled, ours: Scored, accept: float, found: list[peers.Peer], by_splink: tuple[str, float, float]
) -> None:
    wanted = sum(bool(w) for w in data.wanted)
    rows = [("this project, cross-validated", *table(data, ours, accept, 0.0)["all"][:2])]
    rows += [(name, *table(data, result, accept, 0.0)["all"][:2]) for name, result in _variants(data)]
    for peer in found:
        taken = peer.score >= peer.least
        true = int((taken & peer.right).sum())
        rows.append((peer.name, true / max(1, int(taken.sum())), true / wanted))
    view = Table("all albums", title="Beside others; theirs is the threshold of their best F1 on this very set")
    for column in ("precision", "recall", "F1"):
        view.add_column(column, justify="right")
    for name, precision, recall in [*rows, by_splink]:
        view.add_row(name, *(f"{v:.3f}" for v in (precision, recall, 2 * precision * recall / max(1e-9, precision + recall))))
    console.print(view)


def _variants(data: Labelled) -> list[tuple[str, Scored]]:
    """What the estimation is worth: anchors alone, and each level's log-likelihood ratio by itself."""
    return [
        ("  its anchors alone, nothing learned", scored(data, cross_validate(data, lambda *_: anchored()))),
        ("  plain Fellegi–Sunter: log2 m/u of each level", scored(data, cross_validate(data, fellegi_sunter))),
    ]


if __name__ == "__main__":
    started = time.monotonic()
    main()
    console.print(f"{time.monotonic() - started:.0f} s")
