"""All runs side by side: the metrics of each rolled up to one table, and a page that shows where they are going."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from soundtracks.errors import LakeError
from soundtracks.lake.delta import Change, LakeTable
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue_tables import CatalogueTables
from soundtracks.publishing.runs_table import COLUMNS, SCHEMA, TABLE
from soundtracks.reporting.moves import PROPOSAL
from soundtracks.reporting.page import render_still
from soundtracks.text.foreign import one_line

PAGE = "runs/history.html"

#: What the page draws, a chart each.
_CHARTS = (
    "films_with_albums",
    "films_without",
    "unresolved",
    "accepted",
    "review",
    "quarantined",
    "discogs_requests",
    "cache_hits",
    "seconds",
)
_WIDTH, _HEIGHT, _MARGIN = 320, 90, 6

#: Characters of a list's name.
MAX_NAME = 120
#: The quarantine grows when at least one row in a hundred is set aside and twice as many as in any of the five runs before.
MIN_SHARE, GROWN, LOOKED_BACK = 0.01, 2, 5


def read_history(lake: Lake, anew: str | None = None) -> pa.Table:
    """One row a run, oldest first (schema SCHEMA). What a run did not measure, or what is no number, is null.

    A run whose metrics cannot be read keeps its row, with the problem in it. Runs that ended are taken from catalogue/runs,
    all but the run `anew`: a lake of a thousand runs is not read a thousand times.
    """
    names = (entry.name.split("/") for entry in lake.list("runs"))
    ids = [parts[1] for parts in names if len(parts) == 3 and parts[2] == "metrics.json"]
    known = {row["run_id"]: row for row in _rolled_up(lake) if row["finished"] and row["run_id"] != anew}
    rows = [known.get(run_id) or _row(lake, run_id) for run_id in ids]
    rows.sort(key=lambda row: (row["started"].timestamp() if row["started"] else 0.0, row["run_id"]))
    return pa.Table.from_pylist(rows, SCHEMA)


def _rolled_up(lake: Lake) -> list[dict[str, Any]]:
    """The rows of catalogue/runs; none where they cannot be read: they are made anew."""
    try:
        rows: list[dict[str, Any]] = _table(lake).read().to_pylist()
    except LakeError:
        return []
    return rows


def _table(lake: Lake) -> LakeTable:
    return LakeTable(lake, TABLE, SCHEMA, ["run_id"])


def catalogue_tables(lake: Lake) -> list[LakeTable]:
    """Every table of the catalogue, with that of the runs."""
    return [*CatalogueTables(lake).tables, _table(lake)]


def roll_up(lake: Lake, anew: str | None = None) -> pa.Table:
    """Merges all runs into catalogue/runs, writes the trend page runs/history.html, and returns the table."""
    history = read_history(lake, anew)
    keep_history(lake, history, anew)
    return history


def keep_history(lake: Lake, history: pa.Table, anew: str | None = None) -> None:
    """Writes the trend page and merges the runs into catalogue/runs. `history`: as read_history gave it. Raises LakeError."""
    lake.write_bytes(PAGE, render_page(history).encode())
    _table(lake).change(lambda now: Change(_differing(history, now.read())), {"run_id": anew or ""})


def _differing(rows: pa.Table, known: pa.Table) -> pa.Table:
    """Those of `rows` that the table does not have just so."""
    have = {row["run_id"]: row for row in known.to_pylist()}
    return rows.filter(pa.array([have.get(row["run_id"]) != row for row in rows.to_pylist()], pa.bool_()))


def quarantine_growth(history: pa.Table, run_id: str) -> str:
    """What to tell people when a run set aside far more of its rows than the runs before it; "" otherwise.

    `history`: schema SCHEMA, oldest first. Compared are shares of rows, with the highest of the LOOKED_BACK runs before.
    """
    rows = [row for row in history.to_pylist() if row["checked"]]
    shares = {row["run_id"]: (row["quarantined"] or 0) / row["checked"] for row in rows}
    now = shares.get(run_id, 0.0)
    before = [shares[i] for i in list(shares)[: list(shares).index(run_id)][-LOOKED_BACK:]] if run_id in shares else []
    if not before or now < MIN_SHARE or now < GROWN * max(before):
        return ""
    return f"{now:.1%} of the rows were set aside, in the runs before at most {max(before):.1%}: see the report, Set aside."


def _row(lake: Lake, run_id: str) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(SCHEMA.names) | {"run_id": run_id}
    try:
        metrics = lake.read_json(f"runs/{run_id}/metrics.json")
    except LakeError as error:
        return row | {"problem": f"metrics.json cannot be read: {error}"[:300]}
    if not isinstance(metrics, dict):
        return row | {"problem": "metrics.json holds no metrics."}
    for name, kind, path, _ in COLUMNS[1:-1]:
        found = [value for value in _at(metrics, path) if _fits(value, kind)]
        if found and pa.types.is_string(kind):
            row[name] = one_line(found[0], MAX_NAME)
        elif found:
            row[name] = _moment(found[0]) if pa.types.is_timestamp(kind) else kind.to_pandas_dtype()(sum(found)).item()
    return row


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """All values at a path; none where a part is absent."""
    if not path:
        yield value
    elif isinstance(value, dict):
        for key in value if path[0] == "*" else path[:1]:
            if key in value:
                yield from _at(value[key], path[1:])


def _fits(value: Any, kind: pa.DataType) -> bool:
    if pa.types.is_timestamp(kind):
        return _moment(value) is not None
    if pa.types.is_string(kind):
        return isinstance(value, str)
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


# the page ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chart:
    """A line of one metric over the runs, as points of an SVG; runs without the metric leave a gap."""

    name: str
    text: str
    segments: list[str]
    dots: list[tuple[float, float, str]]
    last: str
    low: str
    high: str


def draw(history: pa.Table, name: str) -> Chart | None:
    """The chart of a column; None if no run has it."""
    values = history[name].to_pylist()
    known = [v for v in values if v is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    across = (_WIDTH - 2 * _MARGIN) / max(1, len(values) - 1)
    segments: list[list[str]] = [[]]
    dots = []
    for number, (run_id, value) in enumerate(zip(history["run_id"].to_pylist(), values, strict=True)):
        if value is None:
            segments.append([])
            continue
        x = _MARGIN + number * across
        y = _HEIGHT - _MARGIN - (value - low) / ((high - low) or 1) * (_HEIGHT - 2 * _MARGIN)
        segments[-1].append(f"{x:.1f},{y:.1f}")
        dots.append((round(x, 1), round(y, 1), f"{run_id}: {_shown(value)}"))
    text = next(text for column, _, _, text in COLUMNS if column == name)
    lines = [" ".join(segment) for segment in segments if len(segment) > 1]
    return Chart(name.replace("_", " "), text, lines, dots, _shown(known[-1]), _shown(low), _shown(high))


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def render_page(history: pa.Table) -> str:
    """The trend page: self-contained, without scripts or outside requests, everything escaped."""
    return render_still(
        "history.html",
        "history.css",
        charts=[chart for name in _CHARTS if (chart := draw(history, name))],
        runs=[run | {"page": _report_of(run)} for run in history.to_pylist()[::-1]],
        columns=[(name.replace("_", " "), name, text) for name, _, _, text in COLUMNS if name not in ("run_id", "problem")],
        width=_WIDTH,
        height=_HEIGHT,
        cell=_cell,
    )


def _report_of(run: dict[str, Any]) -> str:
    """Where the run's report is, beside this page; "" where it came to none."""
    if run["asked_until"] is not None and run["published"] is None:
        return f"{run['run_id']}/{PROPOSAL}"
    return f"{run['run_id']}/report.html" if run["finished"] else ""


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else _shown(value)
