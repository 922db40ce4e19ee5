"""`soundtracks explain`: why an album was linked or not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from soundtracks.errors import BadInput
from soundtracks.text.foreign import markup, one_line, terminal

if TYPE_CHECKING:
    import pyarrow as pa

    from soundtracks.matching.model import Model
    from soundtracks.publishing.works import AlbumLink


def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="ALBUM|FILM",
            help="An album or a film: master:ID, release:ID, an address of Discogs or TMDB, a number, a title, or an own id.",
        ),
    ],
    links: Annotated[
        Path | None,
        typer.Option(help="Folder of `soundtracks link`, or its links.parquet or links.csv. Default: the catalogue of all runs."),
    ] = None,
) -> None:
    """Show why an album was linked or not: each piece of evidence with its weight, the runner-up, what would change it.

    Of a film with several albums it lists them.
    """
    from soundtracks.matching.model import Model
    from soundtracks.publishing.lookup import discogs_id, links_meant
    from soundtracks.publishing.works import album_links

    found = links_meant(album_links(_read(links)), what)
    model, console = Model.load(), Console(emoji=False)
    if len({link.work_id for link in found}) > 1:
        _list_albums(console, found)
        return
    for link in sorted(found, key=lambda link: -(link.row["match_weight"] or 0.0)):
        asked = discogs_id(what) or what
        _explain(console, next((row for row in link.pressings if row["album_id"] == asked), link.row), model)


def _list_albums(console: Console, found: "list[AlbumLink]") -> None:
    """The albums of one film, surest first."""
    console.print(Text(terminal(_film(found[0].row)), style="bold"), soft_wrap=True)
    table = Table("album", "", "decision")
    table.add_column("probability", justify="right")
    for link in sorted(found, key=lambda link: -(link.row["probability"] or 0.0)):
        probability = "" if link.row["probability"] is None else f"{link.row['probability']:.4f}"
        year = f" ({link.year})" if link.year else ""
        table.add_row(
            markup(link.work_id), markup(f"{link.row['album_title'] or ''}{year}"), markup(link.row["decision"]), probability
        )
    console.print(table)
    console.print("Why one of them: soundtracks explain ALBUM")


def _explain(console: Console, row: dict[str, Any], model: "Model") -> None:
    from soundtracks.matching.explain import counterfactuals, steps, turning_points

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
        gap = "" if row["runner_up_gap"] is None else f", {row['runner_up_gap']:.2f} bits behind"
        console.print(f"Runner-up: film {markup(row['runner_up_tmdb_id'])}{gap}.")
    for line in turning_points(found, row["probability"], model.accept):
        console.print(terminal(line), markup=False)
    for line in counterfactuals(found, row["probability"], model.accept, model.table):
        console.print(terminal(line), markup=False)


def _film(row: dict[str, Any]) -> str:
    year = f" ({row['film_year']})" if row.get("film_year") else ""
    return f"{row['film_title']}{year} [{row['tmdb_id']}]" if row.get("film_title") else row["tmdb_id"] or "no candidate"


def _title(row: dict[str, Any]) -> str:
    """What is linked with what, by name where the names are known (published links have them)."""
    left = f"{row['album_title']} [{row['album_id']}]" if row.get("album_title") else row["album_id"]
    decided = f", by {row['reviewer']}" if row.get("reviewer") else ""
    return f"{left} → {_film(row)}: {row['decision']}{decided}"


def _read(links: Path | None) -> "pa.Table":
    """The links of a file, or of the catalogue: schema VIEW. Raises BadInput for a file that holds none."""
    if links is not None:
        return _read_file(links)
    from soundtracks.cli.stack import use_lake
    from soundtracks.lake.lake import Lake
    from soundtracks.publishing.former import open_catalogue

    use_lake()
    lake = Lake.from_settings()
    return open_catalogue(lake).catalogue().view


def _read_file(links: Path) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    from soundtracks.cli import own_files
    from soundtracks.cli.linked import with_names
    from soundtracks.publishing.works import with_works
    from soundtracks.records import LINKS

    if links.is_dir():
        links = links / own_files.LINKS
    if not links.is_file():
        raise BadInput(f"There is no file {links}.", hint="Give links.parquet, as `soundtracks link` wrote it.")
    is_csv = links.suffix.lower() == ".csv"
    try:
        table = _read_csv(links) if is_csv else pq.read_table(links)
        if lacking := [name for name in LINKS.names if name not in table.column_names]:
            raise BadInput(f"{links} does not hold links: it lacks {', '.join(lacking)}.", hint=_hint(is_csv))
        return with_works(with_names(table, links.parent))
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{links} does not hold links: {one_line(error, 300)}.", hint=_hint(is_csv)) from error


def _hint(is_csv: bool) -> str:
    name = "links.csv" if is_csv else "links.parquet"
    return f"Give the {name} that `soundtracks link` wrote of films and albums."


def _read_csv(links: Path) -> "pa.Table":
    import pyarrow as pa
    from pyarrow import csv

    from soundtracks.records import LINKS
    from soundtracks.text.spreadsheet import plain_cell

    types = {field.name: field.type for field in LINKS}
    options = csv.ConvertOptions(column_types=types, strings_can_be_null=True, null_values=[""], include_columns=list(types))
    table = csv.read_csv(links, parse_options=csv.ParseOptions(newlines_in_values=True), convert_options=options)
    for name in ("album_id", "tmdb_id", "runner_up_tmdb_id"):  # as they were before they were guarded for spreadsheets
        plain = pa.array([value and plain_cell(value) for value in table[name].to_pylist()], pa.string())
        table = table.set_column(table.column_names.index(name), table.schema.field(name), plain)
    return table
