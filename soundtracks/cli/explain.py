"""`soundtracks explain`: why an album was linked or not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from soundtracks.errors import BadInput
from soundtracks.text.foreign import markup, terminal

if TYPE_CHECKING:
    import pyarrow as pa


def explain(
    album_id: Annotated[str, typer.Argument(help="The album: master:ID, release:ID, or an id of your own catalogue.")],
    links: Annotated[
        Path | None, typer.Option(help="links.parquet or links.csv of `soundtracks link`. Default: the catalogue of all runs.")
    ] = None,
) -> None:
    """Show why an album was linked or not: each piece of evidence with its weight, the runner-up, what would change it."""
    from soundtracks.matching.explain import counterfactuals, steps, turning_points
    from soundtracks.matching.model import Model

    model, console = Model.load(), Console(emoji=False)
    for row in _rows(album_id, links):
        console.print(Text(terminal(_title(row)), style="bold"), soft_wrap=True)
        table = Table("evidence", "level", "value")
        table.add_column("bits", justify="right")
        table.add_column("sum", justify="right")
        found = steps(row["evidence"], row["match_weight"])
        for step in found:
            table.add_row(
                markup(step.name), markup(step.level), Text(terminal(step.value)), f"{step.weight:+.2f}", f"{step.total:.2f}"
            )
        console.print(table)
        if row["probability"] is not None:
            console.print(
                f"Probability {row['probability']:.4f}; accepted from {model.accept:.4f}, reviewed from {model.review:.4f}."
            )
        if row["runner_up_tmdb_id"]:
            console.print(f"Runner-up: film {markup(row['runner_up_tmdb_id'])}, {row['runner_up_gap']:.2f} bits behind.")
        for line in turning_points(found, row["probability"], model.accept):
            console.print(terminal(line), markup=False)
        for line in counterfactuals(found, row["probability"], model.accept, model.table):
            console.print(terminal(line), markup=False)


def _title(row: dict[str, Any]) -> str:
    """What is linked with what, by name where the names are known (published links have them)."""
    album, film = row.get("album_title"), row.get("film_title")
    year = f" ({row['film_year']})" if row.get("film_year") else ""
    left = f"{album} [{row['album_id']}]" if album else row["album_id"]
    right = f"{film}{year} [{row['tmdb_id']}]" if film else row["tmdb_id"] or "no candidate"
    decided = f", by {row['reviewer']}" if row.get("reviewer") else ""
    return f"{left} → {right}: {row['decision']}{decided}"


def _rows(album_id: str, links: Path | None) -> list[dict[str, Any]]:
    """The rows of an album, best first. Raises BadInput with similar ids when there are none."""
    import pyarrow.compute as pc
    from rapidfuzz.process import extract

    table = _read(links)
    rows: list[dict[str, Any]] = table.filter(pc.equal(table["album_id"], album_id)).to_pylist()
    if not rows:
        near = ", ".join(match[0] for match in extract(album_id, table["album_id"].to_pylist(), limit=3))
        raise BadInput(
            f"There is no album {album_id} among the {len(table)} links.", hint=f"Similar ids: {near}." if near else ""
        )
    return sorted(rows, key=lambda row: -(row["match_weight"] or 0.0))


def _read(links: Path | None) -> "pa.Table":
    import pyarrow.parquet as pq

    if links is not None:
        if not links.is_file():
            raise BadInput(f"There is no file {links}.", hint="Give links.parquet, as `soundtracks link` wrote it.")
        if links.suffix.lower() == ".csv":
            return _read_csv(links)
        return pq.read_table(links)
    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake
    from soundtracks.publishing.former import open_catalogue

    use_lake()
    lake = Lake.from_settings()
    return open_catalogue(lake).catalogue().view


def _read_csv(links: Path) -> "pa.Table":
    import pyarrow as pa
    from pyarrow import csv

    from soundtracks.records import LINKS
    from soundtracks.text.spreadsheet import plain_cell

    types = {field.name: field.type for field in LINKS}
    options = csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""], include_columns=list(types))
    try:
        table = csv.read_csv(links, parse_options=csv.ParseOptions(newlines_in_values=True), convert_options=options)
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise BadInput(
            f"{links} does not hold links: {error}.", hint="Give the links.csv that `soundtracks link` wrote."
        ) from error
    for name in ("album_id", "tmdb_id", "runner_up_tmdb_id"):  # as they were before they were guarded for spreadsheets
        plain = pa.array([value and plain_cell(value) for value in table[name].to_pylist()], pa.string())
        table = table.set_column(table.column_names.index(name), table.schema.field(name), plain)
    return table
