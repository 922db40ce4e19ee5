"""links.parquet read by DuckDB and pandas, links.csv as spreadsheets and pandas see it."""

import csv
import io
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from soundtracks.publishing.catalogue import VIEW, Catalogue
from soundtracks.publishing.options import Options
from soundtracks.publishing.tables import SLIM, spreadsheet_csv, write_csv, write_parquet, write_slim
from soundtracks.records import LINKS


def test_parquet_in_duckdb(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "links.parquet"
    path.write_bytes(write_parquet(catalogue, Options()))
    with duckdb.connect() as db:
        types = dict(db.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM '{path}')").fetchall())
        found = db.execute(f"SELECT film_title FROM '{path}' WHERE decision = 'accept' ORDER BY ALL").fetchall()
    assert list(types) == VIEW.names
    assert (types["album_year"], types["probability"], types["tmdb_id"]) == ("INTEGER", "DOUBLE", "VARCHAR")
    assert found == [("<script>alert('x')</script>",), ("Alien",), ("Amélie",)]


def test_parquet_describes_its_columns_and_carries_the_notices(catalogue: Catalogue) -> None:
    schema = pq.read_schema(pa.BufferReader(write_parquet(catalogue, Options())))
    assert all(schema.field(name).metadata[b"description"] for name in VIEW.names)
    assert b"Data provided by Discogs." in schema.metadata[b"notices"]
    assert b"not endorsed or certified by TMDB" in schema.metadata[b"notices"]


def test_csv_in_pandas(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "links.csv"
    path.write_bytes(write_csv(catalogue, Options()))
    read = pd.read_csv(path, dtype=str)
    assert list(read.columns) == VIEW.names
    assert read["album_id"].tolist() == ["master:1", "release:2", "release:3", "release:4", "release:5"]
    assert read["tmdb_id"].fillna("").tolist() == ["348", "194", "9", "10", ""]
    assert read["album_year"].fillna("").tolist() == ["1999", "2001", "", "2000", ""]
    assert float(read["match_weight"][2]) == -6.6
    assert read["evidence"][0] == catalogue.view["evidence"][0].as_py()


def test_csv_for_spreadsheets(catalogue: Catalogue) -> None:
    data = write_csv(catalogue, Options())
    assert data.startswith(b"\xef\xbb\xbfalbum_id,")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[2]["film_title"] == '\'=HYPERLINK("http://evil.example","x")'
    assert rows[2]["album_title"] == "'@SUM(1+1)*cmd|' /C calc'!A0"
    assert rows[2]["album_artist"] == "'+1 -1 x"
    assert rows[3]["album_title"] == 'He said "|" and left'
    assert rows[1]["film_title"] == "Amélie"


def test_ascii_csv_has_no_byte_order_mark() -> None:
    links = pa.Table.from_pylist([{"album_id": "mb:-1", "tmdb_id": "5", "decision": "accept"}], LINKS)
    assert spreadsheet_csv(links).startswith(b"album_id,tmdb_id,decision,")


def test_lists_are_joined() -> None:
    assert spreadsheet_csv(pa.table({"genres": [["Stage & Screen", "Rock"], None, []]})) == (
        b'genres\r\nStage & Screen|Rock\r\n""\r\n""\r\n'
    )


def test_nothing_found(empty: Catalogue) -> None:
    assert pd.read_csv(io.BytesIO(write_csv(empty, Options()))).columns.tolist() == VIEW.names
    assert pd.read_parquet(io.BytesIO(write_parquet(empty, Options()))).empty


def test_the_slim_table_has_a_row_a_film_and_album(catalogue: Catalogue, pressed: Catalogue, empty: Catalogue) -> None:
    rows = list(csv.DictReader(io.StringIO(write_slim(catalogue, Options()).decode("utf-8-sig"), newline="")))
    assert list(rows[0]) == SLIM.names
    assert [(row["film"], row["album"], row["pressings"], row["decided_by"]) for row in rows] == [
        ("<script>alert('x')</script>", 'He said "|" and left', "1", "model"),
        ("Alien", "Alien (Original Soundtrack)", "0", "model"),
        ("Amélie", "Amélie", "1", "person"),
    ]
    (one,) = csv.DictReader(io.StringIO(write_slim(pressed, Options()).decode("utf-8-sig"), newline=""))
    assert (one["album"], one["album_year"], one["pressings"]) == ("Alien (OST)", "1979", "2")
    assert write_slim(empty, Options()).decode().strip() == ",".join(SLIM.names)
