"""`soundtracks azure cleanup`: ends and repeats lost runs, and cleans up after the workers in Azure."""

import logging
import os
import threading
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from soundtracks.operations.cleanup import Cleanup
    from soundtracks.operations.lost_runs import LostRuns
    from soundtracks.operations.orphans import GracePeriods


def cleanup(
    every: Annotated[float, typer.Option(min=0, help="Look again every N seconds until stopped; 0: once.")] = 0,
    patience: Annotated[
        float, typer.Option(min=0, help="Factor on how long a run or container may look lost before it counts as lost.")
    ] = 1.0,
) -> None:
    """End runs that nobody carries on, repeat those whose infrastructure failed, and clean up in Azure.

    A run is lost when it sent no heartbeat for three minutes in which the server was there; so one look finds none, and the
    watcher, which looks every minute, finds them all. With SOUNDTRACKS_AZURE_RESOURCE_GROUP it also removes container groups
    whose run has ended and ends runs whose container is gone. What failed by its infrastructure is repeated (three tries in
    all), into the others is written what to do.
    """
    from soundtracks.cli.run import use_stack
    from soundtracks.operations.orphans import GracePeriods

    use_stack()
    usual = GracePeriods()
    wanted = GracePeriods(usual.start * patience, usual.gone * patience, usual.kept * patience, usual.tries, pause=patience)
    found = cleaners(wanted)
    if every:
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")
        *others, last = found
        for cleaner in others:
            threading.Thread(target=cleaner.run, args=(every, threading.Event()), name="cleanup", daemon=True).start()
        last.run(every, threading.Event())
    console = Console(highlight=False, soft_wrap=True)
    for cleaner in found:
        for done in cleaner.once():
            console.print(f"{done.action.kind} {done.name}: {done.action.message}", markup=False)


def cleaners(patience: "GracePeriods | None" = None) -> "list[LostRuns | Cleanup]":
    """Those that this process's settings call for. Call `use_stack` before."""
    from soundtracks.operations.access import api_client
    from soundtracks.operations.cleanup import Cleanup
    from soundtracks.operations.lost_runs import LostRuns
    from soundtracks.operations.orphans import GracePeriods
    from soundtracks.settings import get_settings

    patience = patience or GracePeriods()
    found: list[LostRuns | Cleanup] = [LostRuns(api_client(os.environ), patience)]
    if get_settings().azure_resource_group:
        found.append(Cleanup(get_settings(), patience))
    return found
