"""`soundtracks history`: all runs side by side."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

#: Columns of the table in the terminal; all of them are in the page and with --json.
SHOWN = {
    "started": "started",
    "seconds": "seconds",
    "titles": "titles",
    "films_with_albums": "films with albums",
    "films_without": "without",
    "accepted": "accepted",
    "review": "to review",
    "quarantined": "set aside",
    "discogs_requests": "requests to Discogs",
    "cache_hits": "kept answers",
}


def history(
    limit: Annotated[int, typer.Option(min=1, help="Show so many of the newest runs.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print all metrics of these runs as JSON.")] = False,
) -> None:
    """Show all runs side by side: what they found, what it cost, where it is going.

    Also renews the trend page runs/history.html and the table gold/history in the lake.
    """
    from cli.stack import use_lake
    from tasks.lake import Lake
    from tasks.publishing.history import PAGE, read_history, roll_up

    use_lake()
    lake = Lake.from_settings()
    roll_up(lake)
    table = read_history(lake)
    newest = table.slice(max(0, table.num_rows - limit))
    if as_json:
        sys.stdout.write(_json(newest) + "\n")
        return
    console = Console()
    console.print(_table(newest) if table.num_rows else "There is no run yet. Start with: soundtracks demo")
    console.print(f"[dim]Trends: {lake.url}/{PAGE}[/]", soft_wrap=True, highlight=False)


def _json(table: "pa.Table") -> str:
    import json

    rows = [{key: value for key, value in row.items() if value is not None} for row in table.to_pylist()]
    return json.dumps(rows, default=str, indent=1, ensure_ascii=False)


def _table(runs: "pa.Table") -> Table:
    table = Table("run", box=None)
    for label in SHOWN.values():
        table.add_column(label, justify="right")
    for run in runs.to_pylist():
        cells = [_cell(run[name]) for name in SHOWN]
        table.add_row(run["run_id"], *(["unreadable", *cells[1:]] if run["problem"] else cells))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:%Y-%m-%d %H:%M}"
