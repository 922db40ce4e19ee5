"""What this process must see of all albums, and how it sends them where the cluster shares no folder with it: through files on
this machine's disk, whatever its memory.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from soundtracks.matching.coverage import sampled
from soundtracks.matching.grams import Ints, name_hash
from soundtracks.matching.linking import GROUPED, with_groups
from soundtracks.matching.standards import CREDITED, NONE_KNOWN, credited, standards_of
from soundtracks.matching.trades import Hashes
from soundtracks.records import ALBUMS, ROW_GROUP, conform, work_ids

#: Albums that tell where pieces begin: of 20 million in pieces of 200,000, a thousand a piece.
SAMPLE = 100_000

#: Orders a table by the file that its rows go to, and says where the rows of each file but the first begin.
Split = Callable[[pa.Table], tuple[pa.Table, Ints]]


def sample(albums: Path) -> pa.Table:
    """Of the albums of a Parquet file those that the sample of all (coverage.sampled) holds, schema ALBUMS."""
    best = ALBUMS.empty_table()
    for batch in _batches(pq.ParquetFile(albums), ROW_GROUP):
        best, _ = sampled(pa.concat_tables([best, batch]).combine_chunks())
    return best.combine_chunks()


def in_pieces(albums: Path, rows: int, folder: Path) -> Iterator[pa.Table]:
    """The albums of a Parquet file as tables (GROUPED) of about `rows`, ordered by group, then album_id; no group is cut.

    `folder`: for what lies on disk meanwhile. Held in memory are a piece and SAMPLE groups.
    """
    file = pq.ParquetFile(albums)
    cuts = _cuts(file, rows)

    def by_group(part: pa.Table) -> tuple[pa.Table, Ints]:
        return part, np.searchsorted(_objects(part["group"]), cuts)

    for piece in _spilled(map(with_groups, _batches(file, rows)), by_group, len(cuts) + 1, GROUPED, folder):
        yield with_groups(piece)


def standards_in_pieces(albums: Path, rows: int, folder: Path) -> Hashes:
    """standards.standards of the albums of a Parquet file; about `rows` records of titles are held at once."""
    file = pq.ParquetFile(albums)
    if not {"title", "artist"} <= set(file.schema_arrow.names):
        return NONE_KNOWN
    count = file.metadata.num_rows // rows + 1

    def by_title(part: pa.Table) -> tuple[pa.Table, Ints]:
        bucket = (name_hash(part["written"]) % np.uint64(count)).astype(np.int64)
        order = np.argsort(bucket, kind="stable")
        return part.take(pa.array(order)), np.searchsorted(bucket[order], np.arange(1, count))

    parts = map(credited, _batches(file, rows, ["title", "artist"]))
    return np.unique(np.concatenate([standards_of(piece) for piece in _spilled(parts, by_title, count, CREDITED, folder)]))


def _cuts(file: pq.ParquetFile, rows: int) -> npt.NDArray[np.object_]:
    """The first group of each piece but the first, ascending: each cuts off about `rows` albums, as a sample tells."""
    rank, groups = np.zeros(0, np.uint64), np.zeros(0, object)
    for part in _batches(file, rows, ["album_id", "master_id"]):
        # those of the lowest hashes: any order of the file will do
        rank = np.append(rank, name_hash(part["album_id"]))
        groups = np.append(groups, _objects(work_ids(part)))
        if len(rank) > SAMPLE:
            lowest = np.argpartition(rank, SAMPLE)[:SAMPLE]
            rank, groups = rank[lowest], groups[lowest]
    step = max(1, len(groups) * rows // max(1, file.metadata.num_rows))
    cuts: npt.NDArray[np.object_] = np.unique(np.sort(groups)[step::step])
    return cuts


def _spilled(parts: Iterable[pa.Table], split: Split, count: int, schema: pa.Schema, folder: Path) -> Iterator[pa.Table]:
    """Deals the rows of `parts` out to `count` files below `folder`, then gives file after file as a table."""
    with tempfile.TemporaryDirectory(prefix="pieces-", dir=folder) as name:
        paths = [Path(name) / str(number) for number in range(count)]
        with ExitStack() as stack:
            writers = [stack.enter_context(pa.ipc.new_stream(str(path), schema)) for path in paths]
            for part in parts:
                table, at = split(part)
                for writer, start, end in zip(writers, [0, *at], [*at, len(table)], strict=True):
                    writer.write_table(table.slice(start, end - start))
        for path in paths:
            with pa.ipc.open_stream(str(path)) as reader:
                yield reader.read_all()
            path.unlink()


def _batches(file: pq.ParquetFile, rows: int, columns: list[str] | None = None) -> Iterator[pa.Table]:
    for batch in file.iter_batches(min(rows, ROW_GROUP), columns=columns):
        yield conform(pa.Table.from_batches([batch]), ALBUMS)


def _objects(texts: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    return np.asarray(texts.to_pylist(), dtype=object)
