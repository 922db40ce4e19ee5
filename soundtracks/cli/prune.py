"""`soundtracks prune`: frees the lake of old runs and of versions that nobody needs."""

from typing import Annotated

import typer
from rich.console import Console

from soundtracks.errors import BadInput


def prune(
    days: Annotated[
        float | None, typer.Option(help="Keep what is younger, days. Without: SOUNDTRACKS_LAKE_RETENTION_DAYS.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be deleted.")] = False,
) -> None:
    """Delete old runs' files, dataset versions that no kept run used, copies of title files, older states of the catalogue, and
    answers of TMDB and Discogs that are older than SOUNDTRACKS_TMDB_RETENTION_HOURS and SOUNDTRACKS_DISCOGS_RETENTION_HOURS.

    Kept are: what is younger, each dataset's current version and those that a kept run read or wrote, runs that have not
    ended, every run's metrics (the history), the catalogue now and as of every younger day, decisions, quarantine, and what
    the inbox remembers. Temporary files that a killed process left behind go too, after a day. Safe while runs are under way,
    and to interrupt and repeat.
    """
    from datetime import UTC, datetime, timedelta

    from soundtracks.cli.stack import use_lake

    use_lake()
    from soundtracks.lake.lake import Lake
    from soundtracks.lake.retention import prunable
    from soundtracks.lake.retention import prune as delete
    from soundtracks.lake.stores.folder import Folder
    from soundtracks.reporting.history import catalogue_tables
    from soundtracks.settings import MAX_DAYS, get_settings

    settings = get_settings()
    keep = settings.lake_retention_days if days is None else days
    if not keep >= 1:  # nan is not
        raise BadInput("--days must be at least 1: a run that is under way needs what it wrote so far.")
    if keep > MAX_DAYS:
        raise BadInput(f"--days must be at most {MAX_DAYS:,}.")
    lake = Lake.from_settings()
    what = prunable(lake, timedelta(days=keep), datetime.now(UTC), settings.retention)
    console = Console()
    verb = "Would delete" if dry_run else "Deleted"
    leftovers = 0
    if not dry_run:
        delete(lake, what)
        leftovers = lake.store.remove_leftovers() if isinstance(lake.store, Folder) else 0
    tables = sum(len(table.prune(timedelta(days=keep), dry_run=dry_run)) for table in catalogue_tables(lake))
    console.print(
        f"{verb} the files of {len(what.runs)} runs, {len(what.versions)} dataset versions and {len(what.uploads)} title files, "
        f"and {sum(map(len, what.answers.values()))} answers of TMDB and Discogs: "
        f"{len(what.files)} files, {what.size / 2**20:.1f} MB; {tables} files of older states of the catalogue, "
        f"{leftovers} left-over temporary files.",
        highlight=False,
    )
