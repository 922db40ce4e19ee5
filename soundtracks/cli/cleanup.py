"""`soundtracks sweep`: cleans up after the workers in Azure."""

import logging
import threading
from typing import Annotated

import typer
from rich.console import Console


def sweep(
    every: Annotated[float, typer.Option(min=0, help="Look again every so many seconds until stopped; 0: once.")] = 0,
    patience: Annotated[
        float, typer.Option(min=0, help="Factor on how long a run or container may look lost before it counts as lost.")
    ] = 1.0,
) -> None:
    """Clean up in Azure what workers left behind, and repeat runs whose infrastructure failed.

    Removes container groups whose run has ended, ends runs whose container is gone, repeats those whose infrastructure
    failed (three tries in all) and writes what to do into the others. In Azure a container beside the workers does this
    every minute.
    """
    from soundtracks.cli.run import use_stack
    from soundtracks.operations.orphans import GracePeriods
    from soundtracks.settings import get_settings

    use_stack()
    from soundtracks.operations.cleanup import Sweep

    usual = GracePeriods()
    sweeper = Sweep(
        get_settings(),
        GracePeriods(usual.start * patience, usual.gone * patience, usual.kept * patience, usual.tries, pause=patience),
    )
    if every:
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")
        sweeper.run(every, threading.Event())
    console = Console(highlight=False, soft_wrap=True)
    for action in sweeper.once():
        console.print(f"{action.kind} {action.target}: {action.message}", markup=False)
