"""`soundtracks up` and `soundtracks down`: the local stack."""

import shlex
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

    Waits until each answers and prints the addresses. A port in use is avoided; what runs already is left alone; runs that
    died with an earlier stack are ended, and those that can go on do. A title file that is put into the inbox starts a run.
    Ctrl-C ends what was started. The server answers this machine only, and asks for the password that is made for this stack.

    State, logs, the password and Prefect's database lie in .soundtracks/ of the checkout. SOUNDTRACKS_STACK_FOLDER names another
    folder, and so another stack: give it to every command that is to work with that one. It is read from the environment, not
    from .env.
    """
    require_checkout("soundtracks up")
    from soundtracks.cli.stack import Stack, password_file, start
    from soundtracks.operations.access import PASSWORD
    from soundtracks.operations.processes import interrupted_once

    console = Console()
    if not sample:
        _tell_missing_keys(console)
    with console.status("Starting…") as status, interrupted_once(last=True):
        for service, address in start(sample):
            console.print(f"[green]✓[/] {service:<18} {address}", highlight=False)
            status.update(f"{service} is ready; starting the next…")
    file = shlex.quote(str(password_file()))  # as a terminal takes it, blanks and all
    console.print(f"\nThe UI asks for a password: cat {file}", highlight=False, soft_wrap=True)
    console.print("For Prefect's own commands in this terminal:", style="dim")
    export = f'export PREFECT_API_URL={Stack.load().api_url} {PASSWORD}="$(cat {file})"'
    console.print(export, highlight=False, soft_wrap=True)


def _tell_missing_keys(console: Console) -> None:
    """Says at once what runs will lack; the stack starts all the same, for review and history need no keys."""
    from soundtracks.errors import MissingSetting
    from soundtracks.settings import get_settings
    from soundtracks.sources.endpoints import access_to

    for source in ("tmdb", "discogs"):
        try:
            access_to(source, get_settings())
        except MissingSetting as missing:
            console.print(f"{missing.message} {missing.hint}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def down() -> None:
    """End the local stack: exactly the processes that belong to it, runs included."""
    from soundtracks.cli.stack import stop

    ended = stop()
    Console().print(f"Ended: {', '.join(ended)}." if ended else "Nothing was running.")
