import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from soundtracks.records import FILMS, QUARANTINE, STRINGS, conform, first_of_each_id, parquet_bytes, track_count, track_counts


def test_conform_orders_casts_and_fills_columns() -> None:
    table = conform(pa.table({"year": ["1982"], "tmdb_id": [78], "extra": [1]}), FILMS)
    assert table.schema == FILMS
    assert table["tmdb_id"].to_pylist() == ["78"]
    assert table["year"].to_pylist() == [1982]
    assert table["composers"].to_pylist() == [None]


def test_conform_leaves_nulls_out_of_lists() -> None:
    rows = [[None, "Vangelis"], None, [], [None], ["", "Hans Zimmer"]]
    column = pa.chunked_array([rows[:2], rows[2:]], pa.large_list(pa.string()))
    table = conform(pa.table({"composers": column.slice(0, 5)}), pa.schema([("composers", STRINGS)]))
    assert table["composers"].to_pylist() == [["Vangelis"], None, [], [], ["", "Hans Zimmer"]]
    assert conform(table, table.schema)["composers"].chunk(0).buffers() == table["composers"].chunk(0).buffers()


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        ([], []),
        (["a"], ["a"]),
        (["a", "b"], ["a", "b"]),
        (["b", "a", "b", "c", "a"], ["b", "a", "c"]),
        ([None, "a", None], [None, "a"]),
    ],
)
def test_first_of_each_id_keeps_order_and_the_first_row(ids: list[str | None], kept: list[str | None]) -> None:
    table = first_of_each_id(pa.table({"id": pa.array(ids, pa.string()), "row": range(len(ids))}), "id")
    assert table["id"].to_pylist() == kept
    assert table["row"].to_pylist() == [ids.index(one) for one in kept]


def test_parquet_bytes_round_trip_and_repeat() -> None:
    rows = pa.Table.from_pylist([{"row": "{}", "rule": "readable_year", "reason": "É"}], QUARANTINE)
    assert parquet_bytes(rows) == parquet_bytes(rows)
    assert pq.read_table(pa.BufferReader(parquet_bytes(rows))).equals(rows)


def test_tracks_are_counted_alike_one_by_one_and_by_column() -> None:
    cells = {None: None, (): None, ("12",): 12, ("12345",): 1, ("Overture",): 1, ("1", "2"): 2, ("a", "b", "c"): 3}
    column = pa.chunked_array([pa.array([cell and list(cell) for cell in cells], STRINGS), pa.array([["7"]], STRINGS)])
    assert track_counts(column).to_pylist() == [*cells.values(), 7]
    assert [track_count(cell and list(cell)) for cell in cells] == list(cells.values())
