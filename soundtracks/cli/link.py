"""`soundtracks link`: the match alone, on catalogues that people bring."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from soundtracks.cli import linked
from soundtracks.cli.own_files import ALBUMS, FILMS, LINKS, METRICS, RECORDS, RESULTS, check_out, check_state
from soundtracks.cli.without_pandas import keep_pandas_out
from soundtracks.errors import BadInput, SoundtracksError

if TYPE_CHECKING:
    from datetime import datetime

    from soundtracks.metrics import MatchMetrics


def link(
    out: Annotated[Path, typer.Option(help="Folder for the results; made if missing.", show_default=False)],
    films: Annotated[Path | None, typer.Option(help="Films: a table or an export.", show_default=False)] = None,
    albums: Annotated[Path | None, typer.Option(help="Albums: a table or an export.", show_default=False)] = None,
    left: Annotated[Path | None, typer.Option(help="Records of one kind: the first table.", show_default=False)] = None,
    right: Annotated[Path | None, typer.Option(help="Records of one kind: the second table.", show_default=False)] = None,
    one_to_one: Annotated[
        bool, typer.Option("--one-to-one", help="With --left and --right: link a record of the right table once at most.")
    ] = False,
    engine: Annotated[
        Literal["auto", "spark", "local"],
        typer.Option(
            help="local: on all cores of this machine. spark: on a cluster. auto: chosen by size. The links are the same."
        ),
    ] = "auto",
    master: Annotated[
        str, typer.Option(help="Spark master: local\\[*], spark://host:7077 or sc://host. Default: SOUNDTRACKS_SPARK_MASTER.")
    ] = "",
    state: Annotated[
        Path | None,
        typer.Option(help="Folder that remembers this match: the next with it scores only what is new.", show_default=False),
    ] = None,
) -> None:
    """Link albums to films from two catalogues of your own. Needs no server, no keys, no network.

    Both may be any list that `soundtracks check` reads: exports of Letterboxd, IMDb, Radarr, Discogs, MusicBrainz, beets
    and others. Catalogues of your own have, as CSV, XLSX, JSON or Parquet, [bold]films[/]: tmdb_id, title,
    original_title, alternative_titles, year, composers; [bold]albums[/]: album_id, title, artist, year, genres, styles,
    formats; where known also first_year (of the first release) and master_id (releases follow their master). Lists are
    joined by |. Only the id and the title are needed; the other columns may be called as in any list, and those that were
    not read are named.

    Writes links.parquet and links.csv (one row for each accepted film of an album, or its best candidate otherwise, with
    probability, runner-up and evidence; the CSV with titles, artist and years too), metrics.json, and quarantine.csv with the
    rows that could not be used and why. Up to 100,000 films and albums also report.html and what
    `soundtracks review --links DIR` needs; what is decided there counts in the next link into the same folder. A folder with
    files of these names that no link left there is refused, as is one whose files are read. Exit codes: 0 done, 1 failed, 2
    bad input.

    Records of one kind (films and films, songs and songs, whatever they are) are linked with [bold]--left[/] and
    [bold]--right[/] in place of films and albums, by all columns that the tables have and without any evidence of
    soundtracks; links.csv then has left_id, right_id, decision, probability, match_weight, runner_up_right_id, evidence.

    Examples: soundtracks link --films films.csv --albums albums.csv --out links;
    soundtracks link --left imdb.csv --right dbpedia.csv --one-to-one --out links
    """
    if left is not None or right is not None:
        from soundtracks.cli.link_records import link_records_of

        if left is None or right is None or films is not None or albums is not None:
            raise BadInput("Give --left and --right, or --films and --albums.", hint=_TABLES)
        link_records_of(left, right, out, one_to_one=one_to_one)
        return
    if films is None or albums is None:
        raise BadInput("Two tables are needed.", hint=_TABLES)
    if one_to_one:
        raise BadInput("--one-to-one is for records of one kind.", hint=_TABLES)
    check_out(out, RESULTS, (films, albums))
    if state is not None:
        check_state(state, out, (films, albums))
    if engine != "spark" and not master:
        keep_pandas_out()
    import tempfile
    from datetime import UTC, datetime

    import pyarrow.parquet as pq
    from pydantic import SecretStr

    from soundtracks.cli.results import write_named_csv
    from soundtracks.lists.catalogues import read_catalogue, write_aside
    from soundtracks.matching.pipeline import match_files
    from soundtracks.reporting.report import MAX_REPORTED
    from soundtracks.settings import get_settings
    from soundtracks.text.foreign import terminal

    console, started = Console(), datetime.now(UTC)
    settings = get_settings()
    if master:
        settings = settings.model_copy(update={"spark_master": SecretStr(master)})
    chosen = engine if engine != "auto" else "spark" if master else settings.match_engine
    try:
        # results are complete before any of them replaces an older one
        with linked.making(out), tempfile.TemporaryDirectory(prefix=".part-", dir=out) as folder:
            part = Path(folder)
            with console.status("Reading the catalogues"):
                aside: dict[str, list[tuple[str, int, str, str]]] = {}
                rows: dict[str, int] = {}
                for kind, path in by_kind(films, albums):
                    catalogue = read_catalogue(path, kind)
                    pq.write_table(catalogue.table, part / f"{kind}.parquet")
                    rows[kind], aside[kind] = catalogue.table.num_rows, catalogue.aside
                    for note in catalogue.notes:
                        console.print(f"{terminal(path.name)}: {terminal(note)}", style="dim", markup=False, highlight=False)
                    del catalogue
            with _Bar(console) as bar:
                metrics = match_files(
                    part / FILMS,
                    part / ALBUMS,
                    part / "links.parquet",
                    settings,
                    engine=chosen,
                    state=state,
                    progress=bar.update,
                )
            counts = {kind: len(rows_aside) for kind, rows_aside in aside.items()}
            names: tuple[str, ...] = RECORDS
            waiting: list[str] = []
            if sum(rows.values()) <= MAX_REPORTED:
                metrics, waiting = write_report(part, out, started, metrics)
                names = RESULTS
            write_metrics(part / METRICS, metrics, rows, counts, names)
            write_named_csv(part / LINKS, part / FILMS, part / ALBUMS, part / "links.csv")
            write_aside(aside["films"] + aside["albums"], part / "quarantine.csv")
            linked.replace_results(part, out, names)
    except OSError as error:
        raise SoundtracksError(f"{out} cannot be written: {error}.") from error
    _summary(console, metrics, counts, out)
    for told in waiting:
        console.print(terminal(told), style="yellow", markup=False, highlight=False)
    if (out / "report.html").exists():
        console.print(f"Report: {out / 'report.html'}", markup=False, highlight=False)


_TABLES = "Films and albums: --films F --albums A. Records of one kind: --left L --right R."


def by_kind(films: Path, albums: Path) -> tuple[tuple[Literal["films", "albums"], Path], ...]:
    return ("films", films), ("albums", albums)


def write_report(part: Path, out: Path, started: "datetime", metrics: "MatchMetrics") -> "tuple[MatchMetrics, list[str]]":
    """report.html of a match, from the films, albums and links in its folder; what people decided in `out` counts in both.

    Returns the metrics of the links as they are then, and what is said of decisions that wait.
    """
    from datetime import UTC, datetime

    from soundtracks.decisions import read_decisions
    from soundtracks.lake.lake import Lake
    from soundtracks.matching.model import Model
    from soundtracks.matching.pipeline import recounted
    from soundtracks.metrics import RunMetrics
    from soundtracks.publishing.options import Options
    from soundtracks.reporting.report import render_report

    decisions = read_decisions(Lake(str(out.resolve())))
    catalogue = linked.read_catalogue(part, decisions)
    if len(catalogue.decisions):
        linked.take_decisions(catalogue, part)
        metrics = recounted(metrics, part / FILMS, part / ALBUMS, part / LINKS)
    run = RunMetrics(run_id="link", started=started, finished=datetime.now(UTC), matching=metrics)
    model = Model.load()
    page = render_report(catalogue, run, options=Options.of(model.accept, model.review), files=("links.csv", "links.parquet"))
    (part / "report.html").write_text(page, encoding="utf-8")
    return metrics, linked.waiting(decisions, catalogue)


def write_metrics(
    out: Path, metrics: "MatchMetrics", rows: dict[str, int], aside: dict[str, int], files: tuple[str, ...]
) -> None:
    """`files`: what the match leaves, so that the next knows what it may replace."""
    import json

    content = {
        "files": files,
        "matching": metrics.model_dump(exclude_none=True),
        "validation": {name: {"rows": rows[name] + aside[name], "quarantined": aside[name], "warnings": 0} for name in rows},
    }
    out.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")


class _Bar:
    """A progress bar that begins with the first thing there is to tell."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=console)
        self._task = self._progress.add_task("Starting", total=None)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, what: str, done: int, total: int) -> None:
        self._progress.update(self._task, description=what.capitalize(), completed=done, total=total or None)


def _summary(console: Console, metrics: "MatchMetrics", aside: dict[str, int], out: Path) -> None:
    table = Table(title=f"Linked in {metrics.seconds:.1f} s ({metrics.engine})", show_header=False)
    for name, value in {
        "films": metrics.films,
        "albums": metrics.albums,
        "candidate pairs": metrics.candidates,
        "accepted": metrics.accepted,
        "to review": metrics.review,
        "rejected": metrics.rejected,
        "rows set aside": sum(aside.values()),
    }.items():
        table.add_row(name, f"{value:,}")
    console.print(table)
    if metrics.agreement:
        console.print(metrics.agreement, markup=False, highlight=False)
    if metrics.shortfall:
        console.print(metrics.shortfall, style="yellow", markup=False)
    if any(aside.values()):
        console.print(
            f"Set aside: {aside['films']} films, {aside['albums']} albums; why: {out / 'quarantine.csv'}",
            style="yellow",
            markup=False,
        )
    console.print(f"Links: {out / 'links.csv'} and .parquet", markup=False, highlight=False)
