"""links.parquet and links.csv: the joined view for analysts and for spreadsheets."""

import io

import pyarrow as pa

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.options import Options
from soundtracks.records import parquet_bytes
from soundtracks.text.spreadsheet import write_tables


def write_parquet(catalogue: Catalogue, options: Options) -> bytes:
    """links.parquet: schema VIEW, descriptions in the fields' metadata, the notices in the table's (key `notices`)."""
    return parquet_bytes(catalogue.view.replace_schema_metadata({"notices": "\n".join(options.notices)}))


def write_csv(catalogue: Catalogue, _: Options) -> bytes:
    """links.csv: schema VIEW, as `spreadsheet_csv` writes it."""
    return spreadsheet_csv(catalogue.view)


def spreadsheet_csv(table: pa.Table) -> bytes:
    """A table as CSV that spreadsheets and programs both read rightly: soundtracks/text/spreadsheet.py says how.

    UTF-8 with a byte order mark (without one, Excel shows Amélie as AmÃ©lie) unless all is ASCII.
    """
    text = io.StringIO(newline="")
    write_tables(text, table.schema, [table])
    data = text.getvalue()
    return data.encode("utf-8" if data.isascii() else "utf-8-sig")
