"""`soundtracks demo`: the whole product on the sample, as a user would meet it."""

import os
import shlex
import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from soundtracks.extras import require_checkout

if TYPE_CHECKING:
    from soundtracks.lake.lake import Lake
    from soundtracks.metrics import RunMetrics

INBOX_NAME = "titles/sample.csv"
#: The watcher looks every few seconds; after this long it has failed.
MAX_WAIT = 60.0


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack up afterwards.")] = False,
) -> None:
    """Run the whole product on the sample: no keys, no network.

    Starts the local stack with the sample services, drops the sample title file into the inbox, follows the run that this
    starts, prints what was found and how right it is against the sample's truth, and ends the stack.
    """
    require_checkout("soundtracks demo")
    from soundtracks.cli.stack import Stack, password_file, stop
    from soundtracks.cli.up import up
    from soundtracks.operations.processes import interrupted_once
    from soundtracks.settings import get_settings

    console = Console()
    clock = time.monotonic()
    already_up = bool(Stack.load().api_url)
    with interrupted_once():
        try:
            up(sample=True)
            started = time.monotonic() - clock
            os.environ.update(Stack.load().env)
            get_settings.cache_clear()  # the start has read them already, without the stack's lake
            _run_and_show(console, started)
        finally:
            if not keep and not already_up:
                stop()
                console.print("The stack is stopped; `make demo KEEP=1` leaves it up.", style="dim")
    if keep or already_up:
        password = shlex.quote(str(password_file()))
        console.print(
            f"Prefect UI: {os.environ['PREFECT_API_URL'].removesuffix('/api')}   its password: cat {password}   "
            "(`make down` ends it)",
            highlight=False,
            soft_wrap=True,
        )
    else:  # the lake is no running service: it stays, and so do the commands that read it
        export = f"export SOUNDTRACKS_LAKE_URL={shlex.quote(os.environ['SOUNDTRACKS_LAKE_URL'])}"
        console.print(export, markup=False, highlight=False, soft_wrap=True)
    console.print("Go on with: soundtracks report, soundtracks review, soundtracks browse", highlight=False)


def _run_and_show(console: Console, started: float) -> None:
    from sandbox.catalogue import TITLES
    from soundtracks.cli.follow import run_of_file
    from soundtracks.cli.run import follow_run, start_and_follow
    from soundtracks.cli.run_summary import print_summary
    from soundtracks.lake.lake import Lake

    lake = Lake.from_settings()
    clock = time.monotonic()
    lake.write_bytes(INBOX_NAME, TITLES.read_bytes())
    console.print(f"\nDropped {TITLES.name} into the inbox {lake.url}/titles.", highlight=False)
    size, hint = TITLES.stat().st_size, "See .soundtracks/logs/watcher.log."
    run = run_of_file(lake, INBOX_NAME, size, MAX_WAIT, 0.5, hint)
    if run and (run.state is None or not run.state.is_final()):
        metrics = follow_run(lake, run.id, console)
    else:
        console.print("This version of the file had its run already, and gets no second one. Running it again by hand:")
        metrics = start_and_follow(lake, {"titles": INBOX_NAME}, "link-soundtracks/local", console)
    print_summary(metrics, lake, console)
    console.print(_time_table(metrics, started, time.monotonic() - clock))
    console.print(_score_table(lake))


def _time_table(metrics: "RunMetrics", started: float, ran: float) -> Table:
    table = Table(title="Where the time went", title_justify="left")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    stages = sum(metrics.stages.values())
    rows = {"start of the stack": started, "start of the run's process": ran - stages, **metrics.stages, "all": started + ran}
    for name, seconds in rows.items():
        table.add_row(name, f"{seconds:.1f}")
    return table


def _score_table(lake: "Lake") -> Table:
    from sandbox.score import score_links
    from soundtracks.publishing.former import open_catalogue

    links = open_catalogue(lake).links.read(columns=["album_id", "tmdb_id", "decision"]).to_pylist()
    score = score_links((row["album_id"], row["tmdb_id"], row["decision"]) for row in links)
    table = Table(title="Against the sample's truth", title_justify="left")
    for name in ("precision", "recall", "right", "wrong", "missed", "of these in review"):
        table.add_column(name, justify="right")
    counts = (score.right, score.wrong, score.missed, score.missed_in_review)
    table.add_row(f"{score.precision:.3f}", f"{score.recall:.3f}", *map(str, counts))
    return table
