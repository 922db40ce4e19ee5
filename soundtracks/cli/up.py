"""`soundtracks up` and `soundtracks down`: the local stack."""

from typing import Annotated

import typer
from rich.console import Console

from soundtracks.extras import require_checkout


def up(
    sample: Annotated[
        bool, typer.Option("--sample", help="Also start stand-ins for TMDB and Discogs over the sample catalogue: needs no keys.")
    ] = False,
) -> None:
    """Start the local stack: Prefect server and UI, workers, and the watcher of the inbox.

    Waits until each answers and prints the addresses. A port in use is avoided; what runs already is left alone.
    A title file that is put into the inbox starts a run.
    """
    require_checkout("soundtracks up")
    from soundtracks.cli.stack import Stack, start

    console = Console()
    with console.status("Starting…") as status:
        for service, address in start(sample):
            console.print(f"[green]✓[/] {service:<18} {address}", highlight=False)
            status.update(f"{service} is ready; starting the next…")
    console.print("\nFor Prefect's own commands in this terminal:", style="dim")
    console.print(f"export PREFECT_API_URL={Stack.load().api_url}", highlight=False, soft_wrap=True)


def down() -> None:
    """End the local stack: exactly the processes that `up` started."""
    from soundtracks.cli.stack import stop

    ended = stop()
    Console().print(f"Ended: {', '.join(ended)}." if ended else "Nothing was running.")
