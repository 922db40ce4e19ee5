"""`soundtracks review`: people decide what the model could not."""

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from soundtracks.cli.linked import open_folder
from soundtracks.cli.replacing import write_output
from soundtracks.errors import BadInput, ServerError

if TYPE_CHECKING:
    from soundtracks.decisions import DecisionStore
    from soundtracks.lake.lake import Lake
    from soundtracks.serving.review_queue import ReviewQueue


def review(
    albums: Annotated[
        list[str] | None,
        typer.Argument(
            help="Albums or films to look at again, whatever was decided: ids, addresses of Discogs or TMDB, titles.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the page; another free one if it is taken.", min=0, max=65535)] = 8765,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    export: Annotated[
        Path | None, typer.Option(help="Write everybody's decisions as labels (CSV) and end.", show_default=False)
    ] = None,
    import_: Annotated[
        Path | None, typer.Option("--import", help="Read labels (CSV, workbook) as decisions and end.", show_default=False)
    ] = None,
    by: Annotated[str, typer.Option(help="Whose decisions imported labels are.")] = "imported labels",
    links: Annotated[
        Path | None,
        typer.Option(help="Review what `soundtracks link` left in this folder, instead of the catalogue.", show_default=False),
    ] = None,
) -> None:
    """Review doubtful links in the browser: each film beside its albums, with the evidence, decided by single keys.

    The page is served to this machine only, and decides only for who has the printed address: keep it to yourself.
    Keys: [bold]A[/] accept, [bold]R[/] reject, [bold]F[/] another film, [bold]S[/] skip,
    [bold]U[/] undo. Several people may review at the same time; nobody's decision is lost, and the latest counts.

    Decisions stay in the lake with who and when, and win over the model in every later run. --export writes them as
    labels (album_id, group, tmdb_ids), on which the quality benchmark runs: python -m benchmarks.quality.labels labels.csv.
    --import reads such a file, also as a spreadsheet saves it again, and keeps what does not count already.

    Examples: soundtracks review; soundtracks review master:12345; soundtracks review --links DIR;
    soundtracks review --export labels.csv
    """
    from soundtracks.cli.stack import use_lake
    from soundtracks.decisions import export_labels, read_decisions
    from soundtracks.lake.lake import Lake

    console = Console()
    if import_ and (export or links):
        raise BadInput("--import goes with neither --export nor --links.", hint="Give one of them.")
    if links and not export:
        review_folder(links, console, port, browser, albums or [])
        return
    if links:
        lake, _ = open_folder(links)
    else:
        use_lake()
        lake = Lake.from_settings()
    if import_:
        _import(lake, console, import_, by)
        return
    if export:
        labels = export_labels(read_decisions(lake))
        write_output(export, labels.encode())
        console.print(f"{labels.count(chr(10)) - 1} labelled albums in {export}", highlight=False)
        return
    serve_review(lake, console, port, browser, albums or [])


def _import(lake: "Lake", console: Console, file: Path, by: str) -> None:
    """Keeps what labels say and does not count already; tells of each line that is no label."""
    from rich.text import Text

    from soundtracks.decisions import DecisionStore, check_name, words_of_labels
    from soundtracks.lists.labels import read_labels
    from soundtracks.publishing.catalogue_tables import CatalogueTables
    from soundtracks.publishing.merging import model_rows
    from soundtracks.text.foreign import terminal

    by, found = check_name(by), read_labels(file)
    tables, store = CatalogueTables(lake), DecisionStore(lake)
    words, unknown = words_of_labels(found.labels, model_rows(tables.links.read()), store.table(), by)
    store.keep(words, f"catalogue/links {tables.links.version}")
    if not tables.is_empty:
        tables.take_decisions(store.table())
    for note in found.notes:
        console.print(Text(f"· {terminal(note)}", style="dim"), highlight=False)
    for place in found.places:
        console.print(Text(f"No label, {terminal(str(place))}", style="yellow"), highlight=False)
    for album in unknown:
        console.print(Text(f"Nothing to reject: no link of {terminal(album)} is published.", style="yellow"), highlight=False)
    console.print(f"{len(words)} decisions kept from {len(found.labels)} labels", highlight=False)


def listen(port: int) -> socket.socket:
    """A socket of this machine alone, at the port or, where that is taken, at a free one."""
    for candidate in (port, 0):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", candidate))
        except OSError:
            listener.close()
        else:
            return listener
    raise ServerError("No port is free on 127.0.0.1.")


def review_folder(links: Path, console: Console, port: int, browser: bool, only: list[str]) -> None:
    """Serves the review page over the results of `soundtracks link` until it is ended; decisions stay in their folder."""
    from soundtracks.decisions import DecisionStore
    from soundtracks.serving.review_queue import ReviewQueue

    lake, catalogue = open_folder(links)
    queue = ReviewQueue(catalogue.view, catalogue.every_film, "links of soundtracks link", only)
    _serve(queue, DecisionStore(lake), console, port, browser)
    console.print("What was decided counts in the next `soundtracks link` into this folder.", highlight=False)


def serve_review(lake: "Lake", console: Console, port: int, browser: bool, only: list[str], *, whole: bool = False) -> None:
    """Serves the review page until it is ended; `whole`: with report, history, files and thresholds around it."""
    from soundtracks.decisions import DecisionStore
    from soundtracks.publishing.catalogue_tables import CatalogueTables
    from soundtracks.serving.library import Library
    from soundtracks.serving.named import Services
    from soundtracks.serving.review_queue import ReviewQueue
    from soundtracks.settings import get_settings

    settings = get_settings()
    queue, store = ReviewQueue.from_lake(lake, only), DecisionStore(lake)
    library = Library(lake, queue.links, posters=settings.posters) if whole else None
    try:
        _serve(queue, store, console, port, browser, services=Services(lake, settings), library=library, posters=settings.posters)
    finally:  # where this is not reached, the next review or run does it
        CatalogueTables(lake).take_decisions(store.table())


def _serve(queue: "ReviewQueue", store: "DecisionStore", console: Console, port: int, browser: bool, **more: Any) -> None:
    """Serves the page to this machine until it is ended. `more`: what create_app is given besides."""
    import secrets
    import tempfile
    import threading
    import webbrowser

    import uvicorn

    from soundtracks.decisions import QUARANTINE
    from soundtracks.serving.server import create_app

    store.all()
    if store.refused:
        console.print(
            f"{len(store.refused)} files are not decisions and do not count: see {QUARANTINE}/ in the lake.", style="yellow"
        )
    waiting = sum(len(item["albums"]) for item in queue.items)
    with listen(port) as listener, tempfile.TemporaryDirectory(prefix="soundtracks-review-") as folder:
        port, token = listener.getsockname()[1], secrets.token_urlsafe(32)
        url = f"http://127.0.0.1:{port}/#token={token}"
        app = create_app(queue, store, port=port, token=token, **more)
        console.print(f"{waiting} links to review in {store.lake.url}", markup=False, highlight=False)
        console.print(f"[bold]{url}[/]  (Ctrl-C ends it)", highlight=False, soft_wrap=True)
        if browser:
            page = write_opener(Path(folder), url)
            threading.Timer(0.5, webbrowser.open, (page.as_uri(),)).start()
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])


def write_opener(folder: Path, url: str) -> Path:
    """A page that leads to the address, readable by its owner alone.

    The browser gets this file's name as its argument, not the address: every user of the machine may see arguments.
    """
    page = folder / "open.html"
    page.touch(mode=0o600)
    page.write_text(f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={url}">', encoding="utf-8")
    return page
