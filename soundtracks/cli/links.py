"""`soundtracks links`, `diff`, `restore`: the catalogue of all runs, as of any day."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from soundtracks.cli.replacing import write_output
from soundtracks.errors import BadInput
from soundtracks.text.foreign import markup

if TYPE_CHECKING:
    import pyarrow as pa

    from soundtracks.lake.delta import Commit
    from soundtracks.publishing.catalogue_tables import CatalogueTables
    from soundtracks.reporting.changes import Change

#: Rows that a terminal shows; all of them are in --out and --json.
SHOWN = 50
WHEN = "a day (2026-11-26), a time in UTC, a run's id or its beginning, or now"

AsJson = Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")]


def links(
    as_of: Annotated[str, typer.Option(help=f"The state to show: {WHEN}.")] = "now",
    out: Annotated[
        Path | None, typer.Option(help="Write all columns to this file: .parquet or .csv.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the links of all runs together: now, or as of any day since the catalogue began.

    People's decisions win over the model's. What `soundtracks prune` has deleted can be shown no more.

    Examples: soundtracks links; soundtracks links --as-of 2026-11-01 --out links.parquet
    """
    tables, commit = _opened(as_of)
    catalogue = tables.catalogue(commit)
    if out is not None:
        _write(catalogue.view, out)
    if as_json:
        sys.stdout.write(json.dumps(catalogue.view.to_pylist(), ensure_ascii=False, default=str) + "\n")
        return
    console = Console(emoji=False)
    accepted = catalogue.accepted
    table = Table("film", "album", "id", "decided by", box=None)
    for row in accepted.slice(0, SHOWN).to_pylist():
        table.add_row(*(markup(cell) for cell in (_film(row), row["album_title"] or "", row["album_id"], _by(row))))
    console.print(table)
    rest = f", of which {SHOWN} are shown" if len(accepted) > SHOWN else ""
    console.print(f"{len(accepted):,} links{rest}, as of {_when(commit)}.", highlight=False)


def diff(
    before: Annotated[str, typer.Argument(help=f"The earlier state: {WHEN}.")],
    after: Annotated[str, typer.Argument(help="The later state.")] = "now",
    as_json: AsJson = False,
) -> None:
    """Show which links are new, lost or changed between two states of the catalogue, and why.

    Examples: soundtracks diff 2026-11-01; soundtracks diff 2026-11-01 2026-11-26 --json
    """
    from soundtracks.reporting.changes import compare_links

    tables, earlier = _opened(before)
    later = _opened(after)[1]
    then, now = tables.catalogue(earlier), tables.catalogue(later)
    changes = compare_links(now, then.view)
    found = [(kind, change) for kind in ("new", "lost", "changed") for change in getattr(changes, kind)]
    moved = _of_works(now.view, [change.album_id for _, change in found])
    rows = tables.links.read(
        later.version, ["album_id", "tmdb_id", "run_id"], where=("album_id", moved["album_id"].combine_chunks())
    )
    reasons = _reasons(moved, rows)
    if as_json:
        rows = [_as_row(kind, change, reasons.get(change.album_id, "")) for kind, change in found]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
        return
    console = Console(emoji=False)
    table = Table("", "album", "before", "after", "why", box=None)
    for kind, change in found[:SHOWN]:
        row = _as_row(kind, change, reasons.get(change.album_id, "no longer a candidate of any film"))
        table.add_row(
            *(markup(str(cell)) for cell in (kind, row["album"], *map(_names, (change.before, change.after)), row["why"]))
        )
    console.print(table)
    console.print(
        f"{len(changes.new):,} new, {len(changes.lost):,} lost, {len(changes.changed):,} changed, "
        f"{changes.unchanged:,} as before: "
        f"{_when(earlier)} to {_when(later)}.",
        highlight=False,
    )


def restore(
    to: Annotated[str, typer.Argument(help=f"The state to go back to: {WHEN}.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Make the catalogue's links those of an earlier day or run again. Nothing is forgotten: restore can be undone so as well.

    People's decisions win as ever, also those made since. Runs that come later decide on their albums anew.
    """
    tables, commit = _opened(to)
    if not yes:
        typer.confirm(f"Make the links those of {_when(commit)}?", abort=True)
    merged = tables.restore(commit)
    made = merged.commit.version if merged.commit else tables.links.version
    Console().print(f"The links are those of {_when(commit)}; version {made} of catalogue/links.", highlight=False)


def _opened(when: str) -> "tuple[CatalogueTables, Commit]":
    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake
    from soundtracks.publishing.as_of import commit_of
    from soundtracks.publishing.former import open_catalogue

    use_lake()
    tables = open_catalogue(Lake.from_settings())
    return tables, commit_of(tables.links.commits(), when)


def _write(view: "pa.Table", out: Path) -> None:
    from soundtracks.publishing.tables import spreadsheet_csv
    from soundtracks.records import parquet_bytes

    writers = {".parquet": parquet_bytes, ".csv": spreadsheet_csv}
    if out.suffix.lower() not in writers:
        raise BadInput(f"{out} is neither .parquet nor .csv.", hint="Choose one of these endings.")
    write_output(out, writers[out.suffix.lower()](view))


def _of_works(view: "pa.Table", works: list[str]) -> "pa.Table":
    """The rows of these albums: those that are as before need no reasons."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return view.filter(pc.is_in(view["work_id"], value_set=pa.array(works, pa.string())))


def _reasons(view: "pa.Table", rows: "pa.Table") -> dict[str, str]:
    """work -> why its links are as they are: who decided, how sure, in which run."""
    runs = {(row["album_id"], row["tmdb_id"]): row["run_id"] for row in rows.to_pylist()}
    found: dict[str, str] = {}
    for row in view.to_pylist():  # the strongest row of an album comes first
        run = runs.get((row["album_id"], row["tmdb_id"]))
        sure = "" if row["probability"] is None else f" at {row['probability']:.3f}"
        told = f"{row['decision']} by {_by(row)}" + ("" if row["decided_by"] == "person" else f"{sure}, run {(run or '')[:8]}")
        found.setdefault(row["work_id"], told)
        found.setdefault(row["album_id"], told)
    return found


def _as_row(kind: str, change: "Change", why: str) -> dict[str, Any]:
    films = {side: [{"tmdb_id": i, "title": title} for i, title in getattr(change, side)] for side in ("before", "after")}
    return {"change": kind, "album_id": change.album_id, "album": change.album, **films, "why": why}


def _names(films: list[tuple[str, str]]) -> str:
    return ", ".join(title for _, title in films)


def _film(row: dict[str, Any]) -> str:
    year = f" ({row['film_year']})" if row["film_year"] else ""
    return f"{row['film_title'] or row['tmdb_id']}{year}"


def _by(row: dict[str, Any]) -> str:
    return str(row["reviewer"] or "a person") if row["decided_by"] == "person" else "the model"


def _when(commit: "Commit") -> str:
    run = commit.about.get("run_id", "")
    return f"{commit.at:%Y-%m-%d %H:%M:%S} UTC" + (f" (run {run[:8]})" if run else "")
