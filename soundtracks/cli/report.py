"""`soundtracks report`: the report of the catalogue, or of one run, in the browser."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from soundtracks.cli.replacing import write_output
from soundtracks.errors import BadInput
from soundtracks.text.foreign import terminal

if TYPE_CHECKING:
    from soundtracks.lake.lake import Lake


def report(
    run: Annotated[
        str, typer.Argument(help="A run's id, or its beginning. Default: the catalogue of all runs.", show_default=False)
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(help="Write a copy here, to pass on: it is one file that needs nothing else.", show_default=False),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open it in the browser.")] = True,
) -> None:
    """Open the report: what was linked, how sure it is, and why. Of one run also what it cost, set aside and changed.

    Of a run that waits for approval it shows what would be published.
    """
    import webbrowser

    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake

    use_lake()
    lake = Lake.from_settings()
    path = local_copy(lake, report_of(lake, run), out) if run else catalogue_report(lake, out)
    Console().print(terminal(path), markup=False, emoji=False, highlight=False, soft_wrap=True)
    if open_browser and out is None:
        webbrowser.open(path.as_uri())


def report_of(lake: "Lake", run: str) -> str:
    """The name in the lake of a run's report, or of its proposal. Raises BadInput when it has none."""
    from soundtracks.cli.history import find_run
    from soundtracks.reporting.moves import PROPOSAL

    run = find_run(lake, run)
    found = next((name for file in ("report.html", PROPOSAL) if lake.exists(name := f"runs/{run}/{file}")), None)
    if found is None:
        raise BadInput(
            f"The run {run} has no report.", hint="A run has one once it has published; soundtracks history lists the runs."
        )
    return found


def catalogue_report(lake: "Lake", out: Path | None) -> Path:
    """A file of this machine with the report of all runs together. Raises BadInput before the first run."""
    from soundtracks.decisions import read_decisions
    from soundtracks.publishing.former import open_catalogue
    from soundtracks.reporting.report import render_catalogue
    from soundtracks.settings import get_settings

    page = render_catalogue(open_catalogue(lake), read_decisions(lake), posters=get_settings().posters)
    return _written(page.encode(), out)


def local_copy(lake: "Lake", name: str, out: Path | None) -> Path:
    """A file of this machine that holds the report: the lake's own where the lake is a folder. Raises BadInput."""
    if out is None and lake.url.startswith("file:"):
        return lake.path(name)
    return _written(lake.read_bytes(name), out)


def _written(page: bytes, out: Path | None) -> Path:
    path = out or Path(tempfile.mkdtemp(prefix="soundtracks-")) / "report.html"
    write_output(path, page)
    return path.resolve()
