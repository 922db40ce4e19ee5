"""How right the links are: `python -m benchmarks.quality` (ten minutes; without the shared data one).

Each row is a labelled set with a share of its films in the list; all its albums come along. Ours is cross-validated: every
album is decided by weights that have seen neither its film's title nor, if it has none, its own, in any of the sets. The
peers choose their threshold on the very row, at their best F1. `--quick`: three draws instead of ten, no peers, nothing
recorded. `--ours`: all rows, the peers' figures stay those of the run before. Writes docs/images/quality-*.svg.
"""

import argparse
import re
import time
from operator import attrgetter

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, load, record
from benchmarks.quality import peers
from benchmarks.quality.charts import draw
from benchmarks.quality.estimate import training
from benchmarks.quality.fit import Sample, anchored, fellegi_sunter, sample
from benchmarks.quality.measure import Scored, calibration, cross_validated, interval, learn
from benchmarks.quality.worlds import LabelledSet, World, namesake_worlds, read_sets
from soundtracks.matching.model import Model

console = Console(width=150)

#: Row: set, share of its films in the list, draws; asked precision and recall (0: not asked).
ROWS = (
    ("eval", 0.2, 10, 0.98, 0.94),
    ("eval", 0.05, 10, 0.95, 0.93),
    ("eval", 0.5, 3, 0, 0),
    ("eval", 1.0, 1, 0.995, 0.97),
    ("eval_hindi", 1.0, 1, 0.99, 0.97),
    ("eval_world", 1.0, 1, 0.985, 0.90),
    ("eval_records", 1.0, 1, 0.97, 0.88),
    ("eval_records", 0.2, 10, 0.95, 0.85),
    ("eval_bare", 1.0, 1, 0.95, 0.85),
    ("own", 1.0, 1, 0, 0),
    ("own", 0.5, 4, 0, 0),
)
#: Rows on which peers are measured, by their first draw.
BESIDE = ("eval 20 %", "eval 5 %", "eval 100 %", "eval_hindi 100 %", "eval_records 20 %", "sample, random thirds", "own 100 %")
OURS = "this project, cross-validated"
#: Scores of pairs that a peer may take: RapidFuzz compares every album with every film.
MOST_PAIRS = 120_000_000
#: The row that README leads with, and that the pictures show.
LEADING = "eval 20 %"


def worlds_of(sets: dict[str, LabelledSet], draws: int) -> dict[str, tuple[list[World], float, float]]:
    """The rows of the table: name -> its worlds, asked precision, asked recall."""
    found = {
        f"{name} {share:.0%}".replace("%", " %"): ([sets[name].world(share, n) for n in range(min(count, draws))], p, r)
        for name, share, count, p, r in ROWS
        if name in sets
    }
    demo = sets["sample"]
    found["sample, one of each namesakes"] = (namesake_worlds(demo, rivals=False), 0.99, 0.95)
    found["sample, the others as rivals"] = (namesake_worlds(demo, rivals=True), 0.99, 0.95)
    found["sample, random thirds"] = ([demo.world(1 / 3, n) for n in range(draws)], 0.99, 0.95)
    return found


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three draws, no peers, nothing recorded")
    parser.add_argument("--ours", action="store_true", help="all rows; the peers' figures stay those of the run before")
    options = parser.parse_args(arguments)
    quick = options.quick
    sets = read_sets()
    model, pairs = Model.load(), sample(list(training(sets)))
    models = learn(pairs)
    view = Table("albums, films in the list", title=f"Cross-validated by title; accepted from {model.accept:.2f}")
    for column in ("precision", "recall", "F1", "asked", "calibration error", "in review", "right / wrong / missed", "coverage"):
        view.add_column(column, justify="right")
    figures: dict[str, Figure] = {}
    scored: dict[str, Scored] = {}
    rows = worlds_of(sets, 3 if quick else 10)
    for name, (worlds, precision, recall) in rows.items():
        scored[name] = all_of = Scored.together([cross_validated(w, models, model.accept, model.review) for w in worlds])
        _, error = calibration(all_of)
        asked = f"{precision:.3f} / {recall:.3f}" if precision else "–"
        known = np.mean([w.index.statistics.coverage.known for w in worlds if w.index.statistics.coverage])
        view.add_row(
            name,
            *(bounded := _bounded(all_of)),
            asked,
            f"{error:.4f}",
            f"{all_of.in_review(model.review):.3f}",
            " / ".join(map(str, all_of.counts)),
            f"{known:.2f}",
        )
        figures |= _figures(name, all_of, bounded, error)
    console.print(view)
    _print_languages(rows, models, model)
    if quick:
        return
    if options.ours:
        record_ours(figures, _ours_beside(rows, models, model))
        return
    by_peer = _print_peers(rows, scored, models, pairs, model)
    figures |= _peers_figures(by_peer)
    record("quality", figures, command="python -m benchmarks.quality")
    leading = LEADING if LEADING in scored else "own 100 %"
    for path in draw(scored[leading], model.accept, by_peer[leading]):
        console.print(f"Wrote {path.relative_to(path.parents[2])}")


def record_ours(figures: dict[str, Figure], beside: dict[str, list[tuple[str, float, float]]]) -> None:
    """Records our figures beside what the peers had in the run before: nothing of ours changes theirs."""
    before = load().get("quality")
    of_others = before.figures if before else {}
    record("quality", of_others | figures | _peers_figures(beside), command="python -m benchmarks.quality --ours")


def _ours_beside(
    rows: dict[str, tuple[list[World], float, float]], models: list[Model], model: Model
) -> dict[str, list[tuple[str, float, float]]]:
    """Ours on the first draw of each row of BESIDE, as `_print_peers` gives them."""
    scored = {name: cross_validated(rows[name][0][0], models, model.accept, model.review) for name in BESIDE if name in rows}
    return {name: [(OURS, one.precision, one.recall)] for name, one in scored.items()}


def _bounded(scored: Scored) -> list[str]:
    cells = []
    for name in ("precision", "recall", "f1"):
        low, high = interval(scored, attrgetter(name))
        cells.append(f"{getattr(scored, name):.3f} [{low:.3f}, {high:.3f}]")
    return cells


def _key(name: str) -> str:
    """A name as one of figures."""
    return re.sub(r"[^a-z0-9]+", "-", name.replace("%", "").lower()).strip("-")


def _peers_figures(by_peer: dict[str, list[tuple[str, float, float]]]) -> dict[str, Figure]:
    """Precision, recall and F1 of everybody on each row of BESIDE."""
    found = {}
    for row in BESIDE:
        for peer, precision, recall in by_peer.get(row, []):
            f1 = 2 * precision * recall / max(1e-9, precision + recall)
            for measure, value in {"precision": precision, "recall": recall, "f1": f1}.items():
                found[f"{_key(row)}.{_key(peer)[:24].strip('-')}.{measure}"] = Figure(round(value, 4), f"{value:.3f}")
    return found


def _figures(name: str, scored: Scored, bounded: list[str], error: float) -> dict[str, Figure]:
    values = {"precision": scored.precision, "recall": scored.recall, "f1": scored.f1, "calibration": error}
    texts = [*bounded, f"{error:.3f}"]
    return {
        f"{_key(name)}.{measure}": Figure(round(value, 4), text)
        for (measure, value), text in zip(values.items(), texts, strict=True)
    }


def _print_languages(rows: dict[str, tuple[list[World], float, float]], models: list[Model], model: Model) -> None:
    """The set of the world's cinema by language and kind of record."""
    if "eval_world 100 %" not in rows:
        return
    (world,) = rows["eval_world 100 %"][0]
    scored, groups = cross_validated(world, models, model.accept, model.review), np.array(world.of.groups)
    view = Table("group", title="eval_world by group")
    for column in ("right", "wrong", "missed"):
        view.add_column(column, justify="right")
    for group in np.unique(groups):
        view.add_row(str(group), *map(str, scored.only(groups == group).counts))
    console.print(view)


def _print_peers(
    rows: dict[str, tuple[list[World], float, float]],
    scored: dict[str, Scored],
    models: list[Model],
    pairs: Sample,
    model: Model,
) -> dict[str, list[tuple[str, float, float]]]:
    """Each row's first draw by others. Returns row -> (name, precision, recall)."""
    found: dict[str, list[tuple[str, float, float]]] = {}
    view = Table("row, first draw", "by", title="Beside others; theirs is the threshold of their best F1 on this very row")
    for column in ("precision", "recall", "F1"):
        view.add_column(column, justify="right")
    simple = {
        "  ours, anchors alone": [anchored()] * len(models),
        "  ours, plain Fellegi–Sunter": learn(pairs, len(models), fellegi_sunter),
    }
    for name, ((world, *_), _, _) in rows.items():
        if name not in BESIDE:
            continue
        ours = cross_validated(world, models, model.accept, model.review)
        by = [(OURS, ours.precision, ours.recall)]
        for other, weights in simple.items() if name == LEADING else ():
            one = cross_validated(world, weights, model.accept, model.review)
            by.append((other, one.precision, one.recall))
        wanted = sum(map(bool, world.wanted))
        makers = [peers.old_rule, peers.tfidf]
        if len(world.films) * len(world.of.albums) <= MOST_PAIRS:
            makers.append(peers.wratio)
        for make in makers:
            peer = make(world)
            taken = peer.score >= peer.least
            right = int((taken & peer.right).sum())
            by.append((peer.name, right / max(1, int(taken.sum())), right / max(1, wanted)))
        by.append(peers.splink(world))
        for by_whom, precision, recall in by:
            f1 = 2 * precision * recall / max(1e-9, precision + recall)
            view.add_row(name, by_whom, f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}")
        found[name] = by
    console.print(view)
    return found


if __name__ == "__main__":
    started = time.monotonic()
    main()
    console.print(f"{time.monotonic() - started:.0f} s")
