"""`soundtracks report`: the report of a run, in the browser."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from soundtracks.errors import BadInput
from soundtracks.text.foreign import terminal

if TYPE_CHECKING:
    from soundtracks.lake.lake import Lake


def report(
    run: Annotated[
        str, typer.Argument(help="A run's id, or its beginning. Default: the newest that published.", show_default=False)
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(help="Write a copy here, to pass on: it is one file that needs nothing else.", show_default=False),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open it in the browser.")] = True,
) -> None:
    """Open the report of a run: what was linked, how sure it is, why, and what changed since the run before."""
    import webbrowser

    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake

    use_lake()
    lake = Lake.from_settings()
    name = report_of(lake, run)
    path = local_copy(lake, name, out)
    Console().print(terminal(path), markup=False, emoji=False, highlight=False, soft_wrap=True)
    if open_browser and out is None:
        webbrowser.open(path.as_uri())


def report_of(lake: "Lake", run: str) -> str:
    """The report's name in the lake. Raises BadInput when the run, or any run, has none."""
    from soundtracks.cli.history import find_run
    from soundtracks.reporting.history import read_history

    run = find_run(lake, run) if run else ""
    if run and not lake.exists(f"runs/{run}/report.html"):
        raise BadInput(f"The run {run} has no report.", hint="soundtracks history lists the runs.")
    runs = [run] if run else reversed(read_history(lake)["run_id"].to_pylist())
    found = next((name for i in runs if lake.exists(name := f"runs/{i}/report.html")), None)
    if found is None:
        raise BadInput(f"No run in {lake.url} has a report yet.", hint="Start with: soundtracks demo")
    return found


def local_copy(lake: "Lake", name: str, out: Path | None) -> Path:
    """A file of this machine that holds the report: the lake's own where the lake is a folder. Raises BadInput."""
    if out is None and lake.url.startswith("file:"):
        return lake.path(name)
    path = out or Path(tempfile.mkdtemp(prefix="soundtracks-")) / "report.html"
    try:
        path.write_bytes(lake.read_bytes(name))
    except OSError as error:
        raise BadInput(f"Cannot write {path}: {error.strerror}.") from error
    return path.resolve()
