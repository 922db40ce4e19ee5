"""What the commands of the match leave in a folder."""

from pathlib import Path

import pyarrow.parquet as pq

from soundtracks.text.spreadsheet import write_tables


def write_csv(links: Path, out: Path) -> None:
    """Links as CSV, streamed: a million links are not held in memory."""
    file = pq.ParquetFile(links)
    with out.open("w", encoding="utf-8", newline="") as sink:
        write_tables(sink, file.schema_arrow, file.iter_batches())
