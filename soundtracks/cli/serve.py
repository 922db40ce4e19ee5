"""`soundtracks serve`: the published links as a reconciliation service."""

from typing import Annotated

import typer
from rich.console import Console


def serve(
    port: Annotated[int, typer.Option(help="Port of the service; another free one if it is taken.", min=0, max=65535)] = 8766,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            help="A page elsewhere that may ask it too, such as https://reconciliation-api.github.io.", show_default=False
        ),
    ] = None,
) -> None:
    """Serve the published links to OpenRefine and other clients of the Reconciliation API 0.2 on this machine.

    Give the printed address to OpenRefine (Reconcile, Add standard service). Type [bold]film[/]: a column of album
    titles gets films, by the match itself; the features of a candidate are its evidence. Type [bold]album[/]: a column
    of film titles gets the albums that are linked. Columns of years, artists and ids of IMDb, Wikidata, TMDB, Discogs or
    MusicBrainz help.

    Pages opened from elsewhere in the same browser cannot ask it unless --allow-origin names them.
    """
    import uvicorn

    from soundtracks.cli.review import listen
    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake
    from soundtracks.serving.reconciliation import Reconciler
    from soundtracks.serving.reconciliation_api import create_service

    use_lake()
    console, lake = Console(emoji=False), Lake.from_settings()
    with console.status("Reading the links"):
        reconciler = Reconciler.from_lake(lake)
    with listen(port) as listener:
        port = listener.getsockname()[1]
        app = create_service(reconciler, port=port, origins=tuple(allow_origin or ()))
        console.print(f"{len(reconciler.films):,} films, {len(reconciler.links):,} of them with albums", highlight=False)
        console.print(f"[bold]http://127.0.0.1:{port}/reconcile[/]  (Ctrl-C ends it)", highlight=False, soft_wrap=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])
