"""`soundtracks history`: all runs side by side."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from soundtracks.errors import BadInput, LakeError
from soundtracks.text.foreign import markup

if TYPE_CHECKING:
    import pyarrow as pa

    from soundtracks.lake.lake import Lake

#: Characters of a run's id in the table: ids of Prefect differ in these already.
SHOWN_ID = 8
#: Columns of the table in the terminal, which fits 80 characters; all of them are in the page and with --json.
SHOWN = {
    "started": "started",
    "titles": "titles",
    "unresolved": "no film",
    "films_with_albums": "linked",
    "review": "review",
    "quarantined": "aside",
    "seconds": "took",
}
#: Characters of a list's name in the table: its end is cut.
SHOWN_NAME = 14


def history(
    limit: Annotated[int, typer.Option(min=1, help="Show so many of the newest runs.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print all metrics of these runs as JSON.")] = False,
) -> None:
    """Show all runs side by side: what they found, what it cost, where it is going.

    Also renews the trend page runs/history.html and the table catalogue/runs in the lake.
    """
    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake
    from soundtracks.publishing.runs_table import fate
    from soundtracks.reporting.history import PAGE, read_history

    use_lake()
    lake = Lake.from_settings()
    table = read_history(lake)
    newest = table.slice(max(0, table.num_rows - limit))
    if as_json:
        sys.stdout.write(_json(newest) + "\n")
        _keep(lake, table)
        return
    console = Console(emoji=False)
    console.print(_table(newest) if table.num_rows else "There is no run yet. Start with: soundtracks demo")
    for run in newest.to_pylist():
        if told := fate(run):
            console.print(f"[dim]{markup(run['run_id'][:SHOWN_ID])} {told}[/]", highlight=False)
    if _keep(lake, table):
        console.print(f"[dim]Trends: {markup(lake.url)}/{PAGE}[/]", soft_wrap=True, highlight=False)


def _keep(lake: "Lake", history: "pa.Table") -> bool:
    """Renews the trend page and the table of runs; whether there are any. A lake that cannot be written is told, and no failure:
    the runs were shown."""
    from soundtracks.reporting.history import PAGE, keep_history

    if not history.num_rows:
        return False
    try:
        keep_history(lake, history)
    except LakeError as error:
        Console(stderr=True, emoji=False).print(f"[yellow]{PAGE} is as it was:[/] {markup(error.message)}", highlight=False)
        return False
    return True


def find_run(lake: "Lake", beginning: str) -> str:
    """The run whose id begins so. Raises BadInput where there is none, or more than one."""
    names = (entry.name.split("/") for entry in lake.list("runs"))
    found = sorted({parts[1] for parts in names if len(parts) > 2 and parts[1].startswith(beginning)})
    if beginning in found:
        return beginning
    if len(found) != 1:
        told = f"{len(found)} runs begin with {beginning}." if found else f"There is no run {beginning}."
        raise BadInput(told, hint="soundtracks history lists the runs.")
    return found[0]


def _json(table: "pa.Table") -> str:
    import json

    rows = [{key: value for key, value in row.items() if value is not None} for row in table.to_pylist()]
    return json.dumps(rows, default=str, indent=1)


def _table(runs: "pa.Table") -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("run", no_wrap=True)  # its beginning is enough for `report` and `browse`
    table.add_column("list", no_wrap=True, max_width=SHOWN_NAME, overflow="ellipsis")
    for label in SHOWN.values():
        table.add_column(label, justify="right", no_wrap=True)
    for run in runs.to_pylist():
        cells = [_took(run[name]) if name == "seconds" else _cell(run[name]) for name in SHOWN]
        named = "unreadable" if run["problem"] else markup(run["list"] or "–")
        table.add_row(markup(run["run_id"][:SHOWN_ID]), named, *cells)
    return table


def _took(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    for unit, length in (("s", 1), ("min", 60), ("h", 3600)):
        if seconds / length < 100:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86400:.0f} d"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:%d %b %H:%M}"
