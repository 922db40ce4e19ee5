"""What the commands of the match leave in a folder."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from soundtracks.text.spreadsheet import write_tables

#: Columns behind those of the links in links.csv, and where they come from.
FILM_NAMES = {"film_title": "title", "film_year": "year"}
ALBUM_NAMES = {"album_title": "title", "album_artist": "artist", "album_year": "year"}


def write_csv(links: Path, out: Path) -> None:
    """Links as CSV, streamed: a million links are not held in memory."""
    file = pq.ParquetFile(links)
    with out.open("w", encoding="utf-8", newline="") as sink:
        write_tables(sink, file.schema_arrow, file.iter_batches())


def write_named_csv(links: Path, films: Path, albums: Path, out: Path) -> None:
    """Links as CSV, with the names of films and albums (Parquet, schemas FILMS and ALBUMS) behind.

    Of the links only ids are held in memory.
    """
    file = pq.ParquetFile(links)
    named = [_names(links, films, "tmdb_id", FILM_NAMES), _names(links, albums, "album_id", ALBUM_NAMES)]
    schema = pa.schema([*file.schema_arrow, *(one for _, names in named for one in names.schema)])

    def batches() -> Iterator[pa.Table]:
        start = 0
        for batch in file.iter_batches():
            columns = list(batch.columns)
            for places, names in named:
                columns += names.take(places.slice(start, batch.num_rows)).columns
            start += batch.num_rows
            yield pa.table(columns, schema=schema)

    with out.open("w", encoding="utf-8", newline="") as sink:
        write_tables(sink, schema, batches())


def _names(links: Path, table: Path, key: str, columns: dict[str, str]) -> tuple[pa.ChunkedArray, pa.Table]:
    """(row of the table for each link, null without one; its columns under their new names)."""
    read = pq.read_table(table, columns=[key, *columns.values()])
    places = pc.index_in(pq.read_table(links, columns=[key])[key], value_set=read[key])
    return places, read.select(list(columns.values())).rename_columns(list(columns))
