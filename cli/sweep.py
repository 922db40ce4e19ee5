"""`soundtracks sweep`: cleans up after the workers in Azure."""

import logging
import threading
from typing import Annotated

import typer
from rich.console import Console

from tasks.errors import AzureError, ServerError

logger = logging.getLogger(__name__)


def sweep(
    every: Annotated[float, typer.Option(min=0, help="Look again every so many seconds until stopped; 0: once.")] = 0,
    patience: Annotated[
        float, typer.Option(min=0, help="Factor on how long a run or container may look lost before it counts as lost.")
    ] = 1.0,
) -> None:
    """Clean up in Azure what workers left behind, and repeat runs whose infrastructure failed.

    Removes container groups whose run has ended, ends runs whose container is gone, repeats those whose infrastructure
    failed (three tries in all) and writes what to do into the others. `soundtracks watch` does this every minute in Azure.
    """
    from cli.run import use_stack
    from tasks.orphans import Patience
    from tasks.settings import get_settings

    use_stack()
    from tasks.sweep import Sweep

    usual = Patience()
    sweeper = Sweep(
        get_settings(),
        Patience(usual.start * patience, usual.gone * patience, usual.kept * patience, usual.tries, pause=patience),
    )
    console = Console(highlight=False, soft_wrap=True)
    while True:
        try:
            for action in sweeper.once():
                console.print(f"{action.kind} {action.target}: {action.message}", markup=False)
        except (AzureError, ServerError) as error:
            if not every:
                raise
            logger.warning("%s", error)
        if not every:
            return
        threading.Event().wait(every)
