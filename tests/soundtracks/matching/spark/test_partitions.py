"""What Spark's workers do with a partition, and how albums are cut for them, without Spark. With it: test_engine.py."""

import tracemalloc
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks.scale.catalogue import make_catalogue
from soundtracks.matching import coverage
from soundtracks.matching.coverage import sampled
from soundtracks.matching.linking import with_groups
from soundtracks.matching.spark import pieces
from soundtracks.matching.spark.engine import VOLUMES, in_sight
from soundtracks.matching.spark.partitions import copied, credits_of
from soundtracks.matching.spark.pieces import in_pieces, sample, standards_in_pieces
from soundtracks.matching.standards import ARTISTS, CREDITED, hashes, standards
from soundtracks.records import ALBUMS, conform


@pytest.fixture(scope="module")
def albums() -> pa.Table:
    table = conform(make_catalogue(40, 1_500, seed=8).albums, ALBUMS)
    songs = [{"album_id": f"song:{n}", "title": "Tea For Two", "artist": f"Artist {n % 5}"} for n in range(20)]
    return pa.concat_tables([table, conform(pa.Table.from_pylist(songs), ALBUMS)])


@pytest.mark.parametrize("rows", [90, 400, 10_000])
def test_a_sample_taken_part_by_part_is_that_of_all(
    albums: pa.Table, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage, "SAMPLE", 50)
    monkeypatch.setattr(pieces, "ROW_GROUP", rows)
    whole, _ = sampled(albums.combine_chunks())
    pq.write_table(albums, tmp_path / "albums")
    found = sample(tmp_path / "albums")
    assert 50 < len(found) <= 100
    assert found.equals(whole)


def test_standards_counted_by_parts_are_those_of_all(albums: pa.Table) -> None:
    found = pa.Table.from_batches(credits_of(iter(albums.to_batches(max_chunksize=70))), CREDITED)
    of = found.group_by("written").aggregate([("artist", "count_distinct"), ("side", "min")])
    counted = hashes(of.filter(pc.greater_equal(of["artist_count_distinct"], ARTISTS))["side_min"])
    assert len(counted) > 0
    assert np.array_equal(counted, standards(albums))


def test_nothing_to_look_at_is_no_error(tmp_path: Path) -> None:
    nothing = ALBUMS.empty_table().to_batches()
    pq.write_table(ALBUMS.empty_table(), tmp_path / "albums")
    assert len(sample(tmp_path / "albums")) == 0
    assert list(credits_of(iter(nothing))) == []


@pytest.mark.parametrize("rows", [60, 500, 10_000])
def test_pieces_are_the_albums_in_order_and_cut_no_group(albums: pa.Table, rows: int, tmp_path: Path) -> None:
    pq.write_table(albums, tmp_path / "albums", row_group_size=400)
    pieces = list(in_pieces(tmp_path / "albums", rows, tmp_path))
    assert pa.concat_tables(pieces).equals(with_groups(albums))
    groups = [set(piece["group"].to_pylist()) for piece in pieces]
    assert sum(map(len, groups)) == len(set().union(*groups))
    assert len(pieces) == 1 if rows == 10_000 else len(pieces) > 2
    assert [path.name for path in tmp_path.iterdir()] == ["albums"]


def test_one_group_larger_than_a_piece_stays_whole(tmp_path: Path) -> None:
    rows = [{"album_id": f"release:{n}", "title": "Home", "master_id": "5" if n % 3 else None} for n in range(90)]
    table = conform(pa.Table.from_pylist(rows), ALBUMS)
    pq.write_table(table, tmp_path / "albums")
    pieces = list(in_pieces(tmp_path / "albums", 10, tmp_path))
    assert max(map(len, pieces)) >= 60
    assert pa.concat_tables(pieces).equals(with_groups(table))


def test_no_albums_are_no_error(tmp_path: Path) -> None:
    pq.write_table(ALBUMS.empty_table(), tmp_path / "albums")
    assert [len(piece) for piece in in_pieces(tmp_path / "albums", 10, tmp_path)] == [0]


def test_a_piece_is_all_that_is_held(tmp_path: Path) -> None:
    tracks = [[f"track {n} " + "x" * 900 for n in range(2)]]
    rows = 4_000
    table = conform(
        pa.table({"album_id": [f"release:{n:05}" for n in range(rows)], "title": ["Home"] * rows, "tracks": tracks * rows}),
        ALBUMS,
    )
    size = table.nbytes
    pq.write_table(table, tmp_path / "albums", row_group_size=200)
    del table
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() - before for _ in in_pieces(tmp_path / "albums", 200, tmp_path)]
    assert len(held) == rows // 200
    assert max(held) < size / 4


@pytest.mark.parametrize("rows", [60, 500, 10_000])
def test_standards_counted_in_pieces_are_those_of_all(albums: pa.Table, rows: int, tmp_path: Path) -> None:
    pq.write_table(albums, tmp_path / "albums", row_group_size=400)
    found = standards_in_pieces(tmp_path / "albums", rows, tmp_path)
    assert len(found) > 0
    assert np.array_equal(found, standards(albums))
    assert [path.name for path in tmp_path.iterdir()] == ["albums"]


@pytest.mark.parametrize("columns", [["album_id", "title"], ["album_id", "artist"], ["album_id", "title", "artist"]])
def test_no_artists_or_no_albums_make_no_standards(columns: list[str], tmp_path: Path) -> None:
    pq.write_table(ALBUMS.empty_table().select(columns), tmp_path / "albums")
    assert len(standards_in_pieces(tmp_path / "albums", 10, tmp_path)) == 0


def test_a_sample_cuts_albums_that_lie_in_order_into_even_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "SAMPLE", 400)
    masters = [{"album_id": f"master:{n}", "title": "Home", "master_id": str(n)} for n in range(3_000)]
    releases = [{"album_id": f"release:{n}", "title": "Home"} for n in range(3_000)]
    rows = [row for pair in zip(masters, releases, strict=True) for row in pair]
    pq.write_table(conform(pa.Table.from_pylist(rows), ALBUMS), tmp_path / "albums", row_group_size=700)
    sizes = [len(piece) for piece in in_pieces(tmp_path / "albums", 600, tmp_path)]
    assert sum(sizes) == 6_000
    assert len(sizes) == 10
    assert max(sizes) < 1_200


POOLS: list[pa.MemoryPool] = []  # kept: what was made in one may outlive the test


def _peak(work: Callable[[], object]) -> int:
    """Most bytes that were held at once, in Arrow's memory and Python's."""
    usual, counted = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    POOLS.append(counted)
    pa.set_memory_pool(counted)
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] + (counted.max_memory() or 0)
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(usual)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_albums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "SAMPLE", 500)
    sizes = (2_000, 12_000)
    for rows in sizes:
        numbers = [str(n) for n in range(rows)]
        of = {
            "album_id": [f"release:{n}" for n in numbers],
            "title": [f"Home of number {n}" for n in numbers],
            "artist": [f"Artist {n}" for n in numbers],
            "master_id": numbers,
        }
        pq.write_table(conform(pa.table(of), ALBUMS), tmp_path / str(rows), row_group_size=500)

    for work in (in_pieces, standards_in_pieces):
        # the first for what is made once
        _, small, large = (_peak(partial(_consumed, work, tmp_path / str(rows))) for rows in (sizes[0], *sizes))
        assert large < small * 1.5, work.__name__


def _consumed(work: Callable[[Path, int, Path], Iterable[object]], albums: Path) -> None:
    deque(work(albums, 500, albums.parent), 0)


def test_an_index_is_copied_once_a_host(tmp_path: Path) -> None:
    shared, here = tmp_path / "stage" / "index", tmp_path / "here"
    shared.mkdir(parents=True)
    here.mkdir()
    (shared / "index.json").write_text("{}")
    copy = copied(shared, here)
    assert (copy / "index.json").read_text() == "{}"
    (shared / "index.json").unlink()  # the stage may be gone by then
    assert copied(shared, here) == copy
    assert list(here.iterdir()) == [copy]


@pytest.mark.parametrize(
    ("albums", "seen"),
    [
        (Path("/mnt/share/lake/albums.parquet"), Path("/mnt/share/lake/albums.parquet")),
        (
            VOLUMES / "main/soundtracks/lake/silver/albums/1/data.parquet",
            VOLUMES / "main/soundtracks/lake/silver/albums/1/data.parquet",
        ),
    ],
)
def test_albums_that_workers_see_are_read_where_they_lie(albums: Path, seen: Path) -> None:
    assert in_sight(albums, Path("/mnt/share/soundtracks-1")) == seen


def test_albums_of_this_machine_alone_are_copied_to_the_shared_folder(tmp_path: Path) -> None:
    stage = tmp_path / "share" / "soundtracks-1"
    stage.mkdir(parents=True)
    (tmp_path / "mine.parquet").write_bytes(b"PAR1")
    seen = in_sight(tmp_path / "mine.parquet", stage)
    assert seen.parent == stage
    assert seen.read_bytes() == b"PAR1"
