"""`soundtracks link --left --right`: records of one kind."""

import json
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from soundtracks.cli.linked import making, replace_results
from soundtracks.cli.own_files import METRICS, RECORDS, check_out
from soundtracks.cli.results import write_csv
from soundtracks.errors import SoundtracksError
from soundtracks.lists.any_table import AnyTable, read_any_table
from soundtracks.lists.catalogues import write_aside
from soundtracks.matching.same_kind import Records, link_records
from soundtracks.text.foreign import terminal


def link_records_of(left: Path, right: Path, out: Path, *, one_to_one: bool) -> None:
    """Links the rows of two tables and writes RECORDS to the folder `out`, all or none."""
    check_out(out, RECORDS, (left, right))
    console = Console()
    started = time.monotonic()
    tables = [_read(path, console) for path in (left, right)]
    with console.status("Linking"):
        links = link_records(*(Records(table.ids, table.columns) for table in tables), one_to_one=one_to_one)
    seconds = time.monotonic() - started
    metrics = _metrics(links, tables, seconds)
    try:
        with making(out), tempfile.TemporaryDirectory(prefix=".part-", dir=out) as folder:
            part = Path(folder)
            pq.write_table(links, part / "links.parquet", compression="zstd")
            write_csv(part / "links.parquet", part / "links.csv")
            places = zip((left, right), tables, strict=True)
            aside = [(path.name, place.line, "", place.reason) for path, table in places for place in table.places]
            write_aside(aside, part / "quarantine.csv")
            content = {"files": RECORDS, "matching": metrics}
            (part / METRICS).write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")
            replace_results(part, out, RECORDS)
    except OSError as error:
        raise SoundtracksError(f"{out} cannot be written: {error}.") from error
    _print(console, metrics, seconds, out)


def _read(path: Path, console: Console) -> AnyTable:
    with console.status("Reading the tables"):
        table = read_any_table(path)
    for note in table.notes:
        console.print(f"{terminal(path.name)}: {terminal(note)}", style="dim", markup=False, highlight=False)
    return table


def _metrics(links: pa.Table, tables: list[AnyTable], seconds: float) -> dict[str, float]:
    counts = {pair["values"]: pair["counts"] for pair in pc.value_counts(links["decision"]).to_pylist()}
    decided = {
        word: counts.get(decision, 0) for word, decision in (("accepted", "accept"), ("review", "review"), ("rejected", "reject"))
    }
    rows = {"left": len(tables[0].ids), "right": len(tables[1].ids), "rows_set_aside": sum(len(table.places) for table in tables)}
    return rows | decided | {"seconds": round(seconds, 3)}


def _print(console: Console, metrics: dict[str, float], seconds: float, out: Path) -> None:
    table = Table(title=f"Linked in {seconds:.1f} s", show_header=False)
    names = {
        "left": "left records",
        "right": "right records",
        "accepted": "accepted",
        "review": "to review",
        "rejected": "rejected",
    }
    for name, label in (names | {"rows_set_aside": "rows set aside"}).items():
        table.add_row(label, f"{metrics[name]:,}")
    console.print(table)
    console.print(f"Links: {out / 'links.csv'} and .parquet", markup=False, highlight=False)
