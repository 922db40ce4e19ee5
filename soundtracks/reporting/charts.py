"""Charts as inline SVG: drawn with classes, coloured by the page's style, so that they follow light and dark."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from soundtracks.odds import all_log_odds
from soundtracks.reporting.page import percent

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 26, 46
#: Beyond so many bits (a million to one) it makes no difference to people; the outermost bars hold the rest.
MAX_BITS = 20.0
DECISIONS = ("reject", "review", "accept")


class _Axes:
    """A frame with linear scales: x in bits, y from 0 to `top`."""

    def __init__(self, low: float, high: float, top: float, base: float = 0.0, height: int = HEIGHT) -> None:
        self.low, self.high, self.base, self.top, self.height = low, high, base, top, height

    def x(self, bits: float) -> float:
        return round(LEFT + (bits - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        span = self.height - TOP - BOTTOM
        return round(TOP + span * (1 - (value - self.base) / (self.top - self.base)), 1)

    def grid(self, values: Sequence[float], form: str) -> list[str]:
        lines = []
        for value in values:
            y = self.y(value)
            lines.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
            lines.append(f'<text class="tick" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{form.format(value)}</text>')
        return lines

    def bits(self, title: str) -> list[str]:
        step = 5 if self.high - self.low > 12 else 2
        first = int(np.ceil(self.low / step)) * step
        y = self.height - BOTTOM
        ticks = []
        for value in range(first, int(self.high) + 1, step):
            name = f"{value:+d}".replace("-", "−") if value else "even"
            ticks.append(f'<text class="tick" x="{self.x(value)}" y="{y + 18}" text-anchor="middle">{name}</text>')
        middle = (LEFT + WIDTH - RIGHT) / 2
        ticks.append(f'<text class="axis" x="{middle}" y="{self.height - 6}" text-anchor="middle">{title}</text>')
        return ticks

    def thresholds(self, marks: Sequence[tuple[str, float | None]], *, labels: bool = True) -> list[str]:
        shapes = []
        for name, bits in marks:
            if bits is None or not self.low <= bits <= self.high:
                continue
            x = self.x(bits)
            shapes.append(f'<line class="threshold" x1="{x}" x2="{x}" y1="{TOP - 6}" y2="{self.height - BOTTOM}"/>')
            if labels:  # review to the left of its line and accept to the right: they may stand close together
                anchor, dx = ("end", -4) if name == "review" else ("start", 4)
                share = percent(1 / (1 + 2**-bits))
                shapes.append(f'<text class="mark" x="{x + dx}" y="{TOP - 8}" text-anchor="{anchor}">{name} from {share}</text>')
        return shapes


def _svg(height: int, label: str, shapes: Sequence[str]) -> Markup:
    body = "".join(shapes)
    return Markup(  # noqa: S704 - numbers and our own words only
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">{body}</svg>'
    )


def _round_ticks(top: float, count: int = 4) -> list[float]:
    if top <= 0:
        return [0]
    raw = top / count
    magnitude = 10 ** np.floor(np.log10(raw))
    step = max(1, next(m for m in (1, 2, 5, 10) if m * magnitude >= raw) * magnitude)
    return [float(v) for v in np.arange(np.ceil(top / step) + 1) * step]


def _bits_range(weights: np.ndarray, thresholds: Sequence[float | None]) -> tuple[float, float]:
    known = [*weights.tolist(), *(t for t in thresholds if t is not None), -2.0, 2.0]
    return float(np.floor(max(-MAX_BITS, min(known)))), float(np.ceil(min(MAX_BITS, max(known))))


def certainty(view: pa.Table) -> np.ndarray:
    """Log2 of the odds of each row's probability, bits, at most MAX_BITS to either side: what the thresholds apply to."""
    return all_log_odds(view["probability"].to_numpy(), MAX_BITS)


def certainty_by_decision(view: pa.Table) -> dict[str, np.ndarray]:
    """Certainty in bits, by decision; rows without a probability (decided by a person alone) are left out."""
    known = view.filter(pc.is_valid(view["probability"]))
    return {d: certainty(known.filter(pc.equal(known["decision"], d))) for d in DECISIONS}


def draw_scores(view: pa.Table, *, accept_at: float | None, review_at: float | None) -> Markup:
    """Albums by certainty, stacked by decision, with the thresholds (bits)."""
    weights = certainty_by_decision(view)
    low, high = _bits_range(np.concatenate(list(weights.values())), (accept_at, review_at))
    edges = np.linspace(low, high, int(high - low) * (2 if high - low <= 24 else 1) + 1)
    counts = {d: np.histogram(np.clip(w, low, high), edges)[0] for d, w in weights.items()}
    ticks = _round_ticks(float(sum(counts.values()).max()))  # type: ignore[union-attr]
    axes = _Axes(low, high, max(ticks[-1], 1))
    shapes = axes.grid(ticks, "{:,.0f}")
    for i, left in enumerate(edges[:-1]):
        base = 0
        x0, x1 = axes.x(float(left)), axes.x(float(edges[i + 1]))
        for decision in DECISIONS:
            count = int(counts[decision][i])
            if count:
                y0, y1 = axes.y(base + count), axes.y(base)
                box = f'x="{x0 + 0.5:.1f}" width="{max(x1 - x0 - 1, 1):.1f}" y="{y0}" height="{y1 - y0:.1f}"'
                title = f"<title>{left:+.1f} to {edges[i + 1]:+.1f} bits: {count} {decision}</title>"
                shapes.append(f'<rect class="fill-{decision}" {box}>{title}</rect>')
                base += count
    shapes += axes.bits("certainty, in bits") + axes.thresholds([("review", review_at), ("accept", accept_at)])
    total = sum(len(w) for w in weights.values())
    return _svg(HEIGHT, f"Histogram of the certainty of {total} albums, coloured by decision", shapes)


def threshold_table(view: pa.Table) -> list[tuple[float, int, float]]:
    """[(threshold in bits, links at or above it, the share of them that is right as the probabilities tell)], upwards.

    The share is the mean of the model's calibrated probabilities: an expectation, not a measurement.
    """
    probabilities = np.sort(view["probability"].drop_null().to_numpy())[::-1]
    if not len(probabilities):
        return []
    means = np.cumsum(probabilities) / np.arange(1, len(probabilities) + 1)
    table = []
    for bits in np.arange(-10.0, 15.5, 0.5):
        count = int((probabilities >= 1 / (1 + 2.0**-bits)).sum())
        if count:
            table.append((float(bits), count, float(means[count - 1])))
    return table


def draw_thresholds(table: Sequence[tuple[float, int, float]], *, accept_at: float | None, review_at: float | None) -> Markup:
    """Two panels over one axis: how many links each threshold would accept, and how many of them would be right."""
    if len(table) < 2:
        return Markup("")
    low, high = table[0][0], table[-1][0]
    marks = [("review", review_at), ("accept", accept_at)]
    height = 190
    ticks = _round_ticks(max(c for _, c, _ in table), 3)
    counts = _Axes(low, high, ticks[-1], height=height)
    lowest = min(p for _, _, p in table)
    shares = _Axes(low, high, 1.0, base=0.0 if lowest < 0.5 else 0.5 if lowest < 0.9 else 0.9, height=height)
    upper = [*counts.grid(ticks, "{:,.0f}"), _line(counts, [(b, c) for b, c, _ in table], "links")]
    lower = [*shares.grid(list(np.linspace(shares.base, 1, 3)), "{:.0%}"), _line(shares, [(b, p) for b, _, p in table], "share")]
    shapes = [
        *upper,
        *counts.thresholds(marks),
        f'<text class="axis" x="{LEFT}" y="{height - BOTTOM + 18}">links at or above the threshold</text>',
        f'<g transform="translate(0 {height - 14})">',
        *lower,
        *shares.thresholds(marks, labels=False),
        *shares.bits("expected share of right links, by threshold in bits"),
        "</g>",
    ]
    return _svg(
        2 * height - 14,
        "Links accepted and their expected precision at each threshold; the numbers are in the table below",
        shapes,
    )


def _line(axes: _Axes, points: Sequence[tuple[float, float]], name: str) -> str:
    path = " ".join(f"{axes.x(x)},{axes.y(y)}" for x, y in points)
    return f'<polyline class="line line-{name}" points="{path}"/>'


def bar(share: float) -> Markup:
    """A bar that is `share` (0 to 1) long, for the cells of a table."""
    width = round(max(0.0, min(1.0, share)) * 100, 1)
    return Markup(  # noqa: S704 - a number
        f'<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="track" width="100" height="8"/><rect class="fill" width="{width}" height="8"/></svg>'
    )
