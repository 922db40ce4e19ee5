"""`soundtracks watch`: starts a run for each title file that lands in the inbox."""

import logging
import os
import threading
from typing import Annotated

import typer


def watch(
    once: Annotated[bool, typer.Option("--once", help="Look once, start the runs of what is there, and end.")] = False,
    deployment: Annotated[str, typer.Option(help="The deployment that links a title file.")] = "link-soundtracks/local",
    every: Annotated[float, typer.Option(help="Seconds between two looks into the inbox, or its queue.")] = 2.0,
    list_every: Annotated[float, typer.Option(help="With a queue: seconds between two listings of the inbox.")] = 300.0,
) -> None:
    """Watch the inbox (titles/ of the lake) and start one run for each version of a title file.

    Files are taken when they are completely written. What is no title file is moved to quarantine/titles, with the
    reason beside it. While the server is away nothing is lost: the watcher asks again. SIGTERM or Ctrl-C ends it after
    the requests that are under way.

    With SOUNDTRACKS_INBOX_QUEUE, Event Grid's messages tell what landed; a message is dropped when its run exists. The
    inbox is listed at start and now and then for what no message told.

    Every minute it also looks for lost runs, notes which runs ended while they waited for approval, and with
    SOUNDTRACKS_AZURE_RESOURCE_GROUP cleans up there, as `soundtracks azure cleanup` does.
    """
    from soundtracks.cli.cleanup import cleaners
    from soundtracks.cli.run import use_stack

    use_stack()
    os.environ.setdefault("PREFECT_CLIENT_MAX_RETRIES", "0")  # the watcher itself asks again, and says so
    os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")  # its log belongs to no run

    from prefect.client.orchestration import get_client

    from soundtracks.lake.lake import Lake
    from soundtracks.operations.access import api_client
    from soundtracks.operations.runs import Runs
    from soundtracks.operations.unanswered import Unanswered
    from soundtracks.operations.watcher import Watcher, queue_from_settings

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("soundtracks").setLevel(logging.INFO)
    lake = Lake.from_settings()
    with get_client(sync_client=True) as client:
        watcher = Watcher(lake, Runs(client, deployment), queue_from_settings(), every=every, list_every=list_every)
        watcher.end_on_signals()
        if once:
            watcher.run_once()
            return
        for cleaner in (*cleaners(), Unanswered(lake, api_client(os.environ))):
            threading.Thread(target=cleaner.run, args=(60.0, threading.Event()), name="cleanup", daemon=True).start()
        watcher.run()
