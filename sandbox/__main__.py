"""Starts the stand-ins for TMDB and Discogs: `python -m sandbox`. Ends with Ctrl-C or SIGTERM."""

import signal
import threading
from contextlib import ExitStack
from typing import Annotated

import typer
from rich.console import Console

from sandbox import discogs, tmdb
from sandbox.catalogue import load_catalogue
from sandbox.serve import serving


def main(
    port_tmdb: Annotated[int, typer.Option(help="Port of the TMDB stand-in; 0 takes a free one.")] = 0,
    port_discogs: Annotated[int, typer.Option(help="Port of the Discogs stand-in; 0 takes a free one.")] = 0,
    tmdb_rate: Annotated[int, typer.Option(help="Requests a second that TMDB lets through.")] = 50,
    discogs_rate: Annotated[int, typer.Option(help="Requests a window that Discogs lets through.")] = 60,
    discogs_window: Annotated[float, typer.Option(help="Discogs' moving window, seconds.")] = 60.0,
    synthetic: Annotated[int, typer.Option(help="Further made-up soundtrack albums, for sweeps beyond 10,000 results.")] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the made-up albums.")] = 1,
) -> None:
    """Serves the sample world until it is stopped, and prints the settings that point the product at it."""
    catalogue = load_catalogue()
    if synthetic:
        from sandbox.synthetic import with_synthetic

        catalogue = with_synthetic(catalogue, synthetic, seed)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    films = tmdb.tmdb_app(rate=tmdb_rate, catalogue=catalogue)
    albums = discogs.discogs_app(rate=discogs_rate, window=discogs_window, catalogue=catalogue)
    with ExitStack() as stack:
        tmdb_url = stack.enter_context(serving(films, port_tmdb))
        discogs_url = stack.enter_context(serving(albums, port_discogs))
        console = Console(soft_wrap=True, highlight=False)
        console.print(f"SOUNDTRACKS_TMDB_BASE_URL={tmdb_url}/3", markup=False)
        console.print(f"SOUNDTRACKS_TMDB_TOKEN={tmdb.TOKEN}", markup=False)
        console.print(f"SOUNDTRACKS_DISCOGS_BASE_URL={discogs_url}", markup=False)
        console.print(f"SOUNDTRACKS_DISCOGS_TOKEN={discogs.TOKEN}", markup=False)
        stop.wait()


if __name__ == "__main__":
    typer.run(main)
