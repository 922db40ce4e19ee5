"""score-histogram.png and .svg: how sure the match is, with the model's thresholds in it."""

import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from soundtracks.odds import all_log_odds
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.options import Options
from soundtracks.publishing.works import decided_links

#: Surer than this (one in a million) looks the same in the picture.
MAX_BITS = 20

#: Decision -> colour and label; readable by people with red-green blindness (Okabe and Ito's palette).
_SERIES = {"reject": ("#999999", "rejected"), "review": ("#E69F00", "to review"), "accept": ("#0072B2", "accepted")}


def write_png(catalogue: Catalogue, options: Options) -> bytes:
    """score-histogram.png, 1280 × 720 pixels."""
    return draw_histogram(catalogue, options, "png")


def write_svg(catalogue: Catalogue, options: Options) -> bytes:
    """score-histogram.svg: the same picture, with its text as text."""
    return draw_histogram(catalogue, options, "svg")


def draw_histogram(catalogue: Catalogue, options: Options, kind: Literal["png", "svg"]) -> bytes:
    """Albums (not pressings) by the certainty (bits) of their best film, stacked by decision. Same catalogue, same bytes."""
    import matplotlib as mpl  # a second to import, and only publishing needs it
    from matplotlib.figure import Figure

    bits = catalogue.once(_bits)
    everything = np.concatenate([*bits.values(), [t for t in (options.review_at, options.accept_at) if t is not None]])
    low, high = (float(everything.min()), float(everything.max())) if len(everything) else (-1.0, 1.0)
    count = sum(map(len, bits.values()))
    with mpl.rc_context({"svg.hashsalt": "soundtrack-links", "svg.fonttype": "none", "font.size": 12}):
        figure = Figure(figsize=(12.8, 7.2), dpi=100, layout="constrained")
        axes = figure.add_subplot()
        axes.hist(
            [bits[d] for d in _SERIES],
            bins=list(np.linspace(low, max(high, low + 1), 61)),
            stacked=True,
            color=[colour for colour, _ in _SERIES.values()],
            label=[f"{label} ({len(bits[d]):,})" for d, (_, label) in _SERIES.items()],
        )
        for threshold, label in ((options.review_at, "review from"), (options.accept_at, "accept from")):
            if threshold is not None:
                axes.axvline(threshold, color="black", linestyle="--", linewidth=1.2)
                axes.annotate(
                    f"{label} {1 / (1 + 2**-threshold):.1%} ",
                    (threshold, 0.98),
                    xycoords=axes.get_xaxis_transform(),
                    rotation=90,
                    va="top",
                    ha="right",
                )
        axes.set(
            title=f"How sure the match is: {count:,} albums and their best films",
            xlabel="certainty (bits: 0 is even odds, each bit doubles them)",
            ylabel="albums",
        )
        axes.spines[["top", "right"]].set_visible(False)
        # "best" tries places, and warns when a busy machine takes more than a second over it
        axes.legend(loc="upper right", frameon=False)
        sink = io.BytesIO()
        figure.savefig(sink, format=kind, metadata={"Software": None} if kind == "png" else {"Date": None})
    return sink.getvalue()


def _bits(catalogue: Catalogue) -> dict[str, npt.NDArray[np.float64]]:
    """How sure each album's best film is, by decision."""
    rows = [link.row for link in catalogue.once(decided_links)]
    return {d: _certainty([row["probability"] for row in rows if row["decision"] == d]) for d in _SERIES}


def _certainty(probabilities: Sequence[float | None]) -> npt.NDArray[np.float64]:
    """Log2 of the odds, at most MAX_BITS to either side. The model's thresholds apply to it, not to the match weight alone:
    a rival film takes from the probability."""
    return all_log_odds(np.array([p for p in probabilities if p is not None], dtype=np.float64), MAX_BITS)
