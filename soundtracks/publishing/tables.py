"""links.parquet and links.csv: the joined view for analysts and spreadsheets; soundtracks.csv: the links in a dozen columns."""

import codecs
import io

import pyarrow as pa

from soundtracks.publishing.catalogue import AT_ONCE, Catalogue
from soundtracks.publishing.options import Options
from soundtracks.publishing.works import Row, accepted_links
from soundtracks.records import parquet_bytes
from soundtracks.text.spreadsheet import write_tables


def write_parquet(catalogue: Catalogue, options: Options) -> bytes:
    """links.parquet: schema VIEW, descriptions in the fields' metadata, the notices in the table's (key `notices`)."""
    return parquet_bytes(catalogue.view.replace_schema_metadata({"notices": "\n".join(options.notices)}))


def write_csv(catalogue: Catalogue, _: Options) -> bytes:
    """links.csv: schema VIEW, as `spreadsheet_csv` writes it."""
    return spreadsheet_csv(catalogue.view)


#: Columns of soundtracks.csv: the links, an album a row, for people who read tables.
SLIM = pa.schema(
    [
        ("film", pa.string()),
        ("film_year", pa.int32()),
        ("album", pa.string()),
        ("artist", pa.string()),
        ("album_year", pa.int32()),
        ("pressings", pa.int32()),
        ("probability", pa.float64()),
        ("decided_by", pa.string()),
        ("tmdb_id", pa.string()),
        ("imdb_id", pa.string()),
        ("album_url", pa.string()),
        ("musicbrainz_id", pa.string()),
    ]
)


def slim_rows(catalogue: Catalogue) -> list[Row]:
    """The rows of SLIM: accepted links by film, the surest album first."""
    rows = [
        {
            "film": link.row["film_title"],
            "film_year": link.row["film_year"],
            "album": link.row["album_title"],
            "artist": link.row["album_artist"],
            "album_year": link.year,
            "pressings": len(link.pressings),
            "probability": link.row["probability"],
            "decided_by": link.row["decided_by"],
            "tmdb_id": link.row["tmdb_id"],
            "imdb_id": link.row["film_imdb_id"],
            "album_url": link.url,
            "musicbrainz_id": link.row["album_musicbrainz_id"],
        }
        for link in catalogue.once(accepted_links)
    ]
    return sorted(
        rows, key=lambda row: (row["film"] or "", row["tmdb_id"] or "", -(row["probability"] or 1.0), row["album_url"] or "")
    )


def write_slim(catalogue: Catalogue, _: Options) -> bytes:
    """soundtracks.csv: schema SLIM."""
    return spreadsheet_csv(pa.Table.from_pylist(catalogue.once(slim_rows), SLIM))


def spreadsheet_csv(table: pa.Table) -> bytes:
    """A table as CSV that spreadsheets and programs both read rightly: soundtracks/text/spreadsheet.py says how.

    UTF-8 with a byte order mark (without one, Excel shows Amélie as AmÃ©lie) unless all is ASCII.
    """
    sink = io.BytesIO()
    text = io.TextIOWrapper(sink, encoding="utf-8", newline="")
    write_tables(text, table.schema, table.to_batches(max_chunksize=AT_ONCE))
    text.detach()
    data = sink.getvalue()
    return data if data.isascii() else codecs.BOM_UTF8 + data
