"""score-histogram.png and .svg: how sure the match is, with the model's thresholds in it."""

import io
from typing import Literal

import numpy as np
import pyarrow.compute as pc

from tasks.publishing.catalogue import Catalogue
from tasks.publishing.options import Options

#: Decision -> colour and label; readable by people with red-green blindness (Okabe and Ito's palette).
_SERIES = {"reject": ("#999999", "rejected"), "review": ("#E69F00", "to review"), "accept": ("#0072B2", "accepted")}


def write_png(catalogue: Catalogue, options: Options) -> bytes:
    """score-histogram.png, 1280 × 720 pixels."""
    return draw_histogram(catalogue, options, "png")


def write_svg(catalogue: Catalogue, options: Options) -> bytes:
    """score-histogram.svg: the same picture, with its text as text."""
    return draw_histogram(catalogue, options, "svg")


def draw_histogram(catalogue: Catalogue, options: Options, kind: Literal["png", "svg"]) -> bytes:
    """Albums by the match weight (bits) of their best film, stacked by decision. Same catalogue, same bytes."""
    import matplotlib as mpl  # a second to import, and only publishing needs it
    from matplotlib.figure import Figure

    view = catalogue.view
    weights = {d: view.filter(pc.equal(view["decision"], d))["match_weight"].drop_null().to_numpy() for d in _SERIES}
    everything = np.concatenate(list(weights.values()))
    low, high = (float(everything.min()), float(everything.max())) if len(everything) else (-1.0, 1.0)
    with mpl.rc_context({"svg.hashsalt": "soundtrack-links", "svg.fonttype": "none", "font.size": 12}):
        figure = Figure(figsize=(12.8, 7.2), dpi=100, layout="constrained")
        axes = figure.add_subplot()
        axes.hist(
            [weights[d] for d in _SERIES],
            bins=list(np.linspace(low, max(high, low + 1), 61)),
            stacked=True,
            color=[colour for colour, _ in _SERIES.values()],
            label=[f"{label} ({len(weights[d]):,})" for d, (_, label) in _SERIES.items()],
        )
        for threshold, label in ((options.review_at, "review from"), (options.accept_at, "accept from")):
            if threshold is not None:
                axes.axvline(threshold, color="black", linestyle="--", linewidth=1.2)
                axes.annotate(
                    f"{label} {threshold:+.1f} ",
                    (threshold, 0.98),
                    xycoords=axes.get_xaxis_transform(),
                    rotation=90,
                    va="top",
                    ha="right",
                )
        axes.set(
            title=f"How sure the match is: {len(everything):,} links and best candidates",
            xlabel="match weight (bits: 0 is even odds, each bit doubles them)",
            ylabel="albums",
        )
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        sink = io.BytesIO()
        figure.savefig(sink, format=kind, metadata={"Software": None} if kind == "png" else {"Date": None})
    return sink.getvalue()
