"""`soundtracks browse`: the published links in Datasette."""

import shutil
import socket
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from soundtracks.errors import BadInput, MissingExtra

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from soundtracks.lake.lake import Lake


#: Characters of a cell that a table shows. With STYLE, a row of a table is one line; a row's own page shows all of each value.
MAX_SHOWN = 60
STYLE = """@media (min-width: 577px) {
  .rows-and-columns td, .rows-and-columns th { white-space: nowrap; }
  .row .rows-and-columns td { white-space: normal; }
}
"""


def browse(
    run: Annotated[
        str, typer.Argument(help="A run's id, or its beginning. Default: the catalogue of all runs.", show_default=False)
    ] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")] = 0,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open it in the browser.")] = True,
) -> None:
    """Browse films, albums, links and evidence in Datasette: search, filters, facets, downloads. Ctrl-C ends it.

    Only this machine can reach it. Needs the extra: pip install 'soundtrack-links\\[browse]'.
    """
    if find_spec("datasette") is None:
        raise MissingExtra("browse", "datasette")
    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake

    use_lake()
    lake, console = Lake.from_settings(), Console()
    port = port or free_port()
    with TemporaryDirectory() as temporary:
        shown = put_database(lake, run, Path(temporary))
        console.print(f"{shown}: http://127.0.0.1:{port}/links (Ctrl-C ends it)", soft_wrap=True, markup=False)
        serve(Path(temporary), port, open_browser)


def put_database(lake: "Lake", run: str, folder: Path) -> str:
    """Puts links.sqlite and datasette.json of a run, or of the whole catalogue, into a folder; says whose they are.

    Raises BadInput where there are none, LakeError where this machine's disk is full.
    """
    from soundtracks.cli.history import find_run
    from soundtracks.publishing.database import write_datasette_metadata, write_sqlite
    from soundtracks.publishing.former import open_catalogue
    from soundtracks.publishing.options import Options
    from soundtracks.publishing.room import needing_room

    if not run:
        catalogue = open_catalogue(lake).catalogue()
        with needing_room():
            for name, write in (("links.sqlite", write_sqlite), ("datasette.json", write_datasette_metadata)):
                (folder / name).write_bytes(write(catalogue, Options()))
        return "The catalogue"
    run = find_run(lake, run)
    if not lake.exists(f"runs/{run}/links.sqlite"):
        raise BadInput(f"The run {run} published no links.", hint="soundtracks history lists the runs.")
    with needing_room():
        for name in ("links.sqlite", "datasette.json"):
            (folder / name).write_bytes(lake.read_bytes(f"runs/{run}/{name}"))
    return f"Run {run}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(folder: Path, port: int, open_browser: bool) -> None:
    """Runs Datasette in this process until Ctrl-C. Raises OSError where the port is taken."""
    import threading
    import webbrowser

    import uvicorn

    app = create_app(folder, port)
    if open_browser and shutil.which("xdg-open"):
        threading.Timer(0.5, webbrowser.open, (f"http://127.0.0.1:{port}/links",)).start()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="info", lifespan="on")


def create_app(folder: Path, port: int) -> "ASGIApp":
    """Datasette over links.sqlite and datasette.json of a folder, for 127.0.0.1:port alone.

    The database is immutable, and nobody but our own search runs SQL: Datasette would take any, from any page that reaches it.
    Its CSV downloads go through our own writer.
    """
    import asyncio
    import json

    from datasette.app import Datasette

    from soundtracks.serving.guard import HEADERS, Guard, SafeDownloads

    metadata = json.loads((folder / "datasette.json").read_text(encoding="utf-8"))
    style = folder / "style"
    style.mkdir(exist_ok=True)
    (style / "browse.css").write_text(STYLE, encoding="utf-8")
    datasette = Datasette(
        files=[],
        immutables=[str(folder / "links.sqlite")],
        metadata=metadata | {"extra_css_urls": ["/ours/browse.css"]},
        settings={"default_allow_sql": False, "truncate_cells_html": MAX_SHOWN},
        static_mounts=[("ours", str(style))],
    )
    asyncio.run(datasette.invoke_startup())
    # its pages have scripts of their own inside
    headers = {name: value for name, value in HEADERS.items() if name not in ("content-security-policy", "cache-control")}
    return Guard(SafeDownloads(datasette.app()), port, headers)
