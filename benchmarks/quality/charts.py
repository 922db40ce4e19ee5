"""The pictures of the README: thresholds, reliability, precision and recall beside the peers."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from benchmarks.quality.data import Labelled
from benchmarks.quality.measure import Scored, calibration, table
from benchmarks.quality.peers import Peer

mpl.use("svg")
from matplotlib import pyplot as plt

IMAGES = Path(__file__).parents[2] / "docs" / "images"
#: The same picture gives the same file: no date, no random ids. Colours: Okabe and Ito's, told apart by all.
mpl.rcParams |= {"svg.hashsalt": "soundtracks", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")


def draw(
    data: Labelled, ours: Scored, accept: float, review: float, peers: Sequence[Peer], points: Sequence[tuple[str, float, float]]
) -> list[Path]:
    """Writes the three charts; `points`: peers of which only (name, precision, recall) is known."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    return [_thresholds(data, ours, accept, review), _reliability(ours), _beside(data, ours, accept, peers, points)]


def _thresholds(data: Labelled, ours: Scored, accept: float, review: float) -> Path:
    at = np.linspace(0.02, 0.99, 98)
    values = np.array([table(data, ours, t, review)["all"] for t in at])
    figure, axes = plt.subplots(figsize=(5, 3.2))
    for column, label, colour in (
        (0, "precision", _COLOURS[0]),
        (1, "recall", _COLOURS[1]),
        (3, "of the missed, in review", _COLOURS[2]),
    ):
        axes.plot(at, values[:, column], label=label, color=colour)
    axes.axvline(accept, color="0.4", linestyle=":", label=f"accepted from {accept:.2f}")
    axes.set(xlabel="probability from which a link is accepted", ylabel="share of albums", ylim=(0, 1.02), xlim=(0, 1))
    axes.legend(loc="center left", bbox_to_anchor=(0, 0.58), frameon=False)
    return _save(figure, "quality-thresholds.svg")


def _reliability(ours: Scored) -> Path:
    points, error = calibration(ours)
    figure, axes = plt.subplots(figsize=(3.6, 3.2))
    axes.plot([0, 1], [0, 1], color="0.6", linestyle=":")
    said, was, count = zip(*points, strict=True)
    axes.scatter(said, was, s=[12 + 12 * np.log2(c) for c in count], color=_COLOURS[0])
    for x, y, c in points:
        axes.annotate(str(c), (x, y), textcoords="offset points", xytext=(7, -9), fontsize=7)
    axes.set(xlabel="probability said", ylabel="share that is right", title=f"expected calibration error {error:.4f}")
    return _save(figure, "quality-reliability.svg")


def _beside(
    data: Labelled, ours: Scored, accept: float, peers: Sequence[Peer], points: Sequence[tuple[str, float, float]]
) -> Path:
    wanted = sum(bool(w) for w in data.wanted)
    figure, axes = plt.subplots(figsize=(5, 3.6))
    mine = Peer("this project, cross-validated", np.where(ours.probability > 0, ours.probability, -np.inf), ours.right, accept)
    for peer, colour in zip((mine, *peers), _COLOURS, strict=False):
        least, precision, recall = peer.curve(wanted)
        some = recall > 0.01  # the first few albums tell nothing
        axes.plot(recall[some], precision[some], label=peer.name, color=colour)
        axes.plot(*[side[np.flatnonzero(least >= peer.least)[-1]] for side in (recall, precision)], "o", color=colour)
    for name, precision_at, recall_at in points:
        axes.plot(recall_at, precision_at, "s", color=_COLOURS[-1], label=name)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(loc="lower left", frameon=False, fontsize=7)
    return _save(figure, "quality-peers.svg")


def _save(figure: Figure, name: str) -> Path:
    path = IMAGES / name
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return path
