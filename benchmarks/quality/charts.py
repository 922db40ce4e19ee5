"""The pictures of the README: thresholds, reliability, precision and recall beside the peers."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from benchmarks.quality.measure import Scored, calibration

mpl.use("svg")
from matplotlib import pyplot as plt

IMAGES = Path(__file__).parents[2] / "docs" / "images"
#: The same picture gives the same file: no date, no random ids. Colours: Okabe and Ito's, told apart by all.
mpl.rcParams |= {"svg.hashsalt": "soundtracks", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")


def draw(ours: Scored, accept: float, beside: Sequence[tuple[str, float, float]]) -> list[Path]:
    """Writes the three charts of one row. `beside`: (name, precision, recall) of ours and of the peers."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    return [_thresholds(ours, accept), _reliability(ours), _beside(beside)]


def _thresholds(ours: Scored, accept: float) -> Path:
    at = np.linspace(0.02, 0.99, 98)
    taken = ours.probability[None, :] >= at[:, None]
    right = (taken & ours.true).sum(axis=1)
    figure, axes = plt.subplots(figsize=(5, 3.2))
    axes.plot(at, right / np.maximum(1, taken.sum(axis=1)), label="precision", color=_COLOURS[0])
    axes.plot(at, right / max(1, int(ours.wanted.sum())), label="recall", color=_COLOURS[1])
    axes.axvline(accept, color="0.4", linestyle=":", label=f"accepted from {accept:.2f}")
    axes.set(xlabel="probability from which a link is accepted", ylabel="share of albums", ylim=(0, 1.02), xlim=(0, 1))
    axes.legend(loc="lower left", frameon=False)
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


def _beside(points: Sequence[tuple[str, float, float]]) -> Path:
    figure, axes = plt.subplots(figsize=(5, 3.6))
    for n, (name, precision, recall) in enumerate(points):
        axes.plot(recall, precision, "o" if n == 0 else "s", color=_COLOURS[n % len(_COLOURS)], label=name.strip())
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(loc="lower left", frameon=False, fontsize=7)
    return _save(figure, "quality-peers.svg")


def _save(figure: Figure, name: str) -> Path:
    path = IMAGES / name
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return path
