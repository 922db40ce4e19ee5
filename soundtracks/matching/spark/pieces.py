"""Albums in pieces, for a cluster that shares no folder with this process: parted on this machine's disk, not in its memory."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from soundtracks.matching.linking import GROUPED, with_groups
from soundtracks.records import ALBUMS, ROW_GROUP, conform, work_ids


def in_pieces(albums: Path, rows: int, folder: Path) -> Iterator[pa.Table]:
    """The albums of a Parquet file as tables (GROUPED) of about `rows`, ordered by group, then album_id; no group is cut.

    `folder`: for what lies on disk meanwhile. Held in memory are a piece, or the albums' groups.
    """
    with tempfile.TemporaryDirectory(prefix="pieces-", dir=folder) as name:
        for path in _part(pq.ParquetFile(albums), rows, Path(name)):
            with pa.ipc.open_stream(str(path)) as reader:
                yield with_groups(reader.read_all())
            path.unlink()


def _part(file: pq.ParquetFile, rows: int, folder: Path) -> list[Path]:
    """Writes each piece, in no order, to a file of its own."""
    groups = pa.chunked_array([work_ids(part) for part in _batches(file, rows, ["album_id", "master_id"])], pa.string())
    first = groups.take(pc.sort_indices(groups)).take(pa.array(range(rows, len(groups), rows), pa.int64()))
    cuts = np.unique(np.asarray(first.to_pylist(), dtype=object))  # each the first group of a piece
    del groups, first
    paths = [folder / str(number) for number in range(len(cuts) + 1)]
    with ExitStack() as stack:
        writers = [stack.enter_context(pa.ipc.new_stream(str(path), GROUPED)) for path in paths]
        for part in _batches(file, rows):
            table = with_groups(part)
            at = np.searchsorted(np.asarray(table["group"].to_pylist(), dtype=object), cuts)
            for writer, start, end in zip(writers, [0, *at], [*at, len(table)], strict=True):
                writer.write_table(table.slice(start, end - start))
    return paths


def _batches(file: pq.ParquetFile, rows: int, columns: list[str] | None = None) -> Iterator[pa.Table]:
    for batch in file.iter_batches(min(rows, ROW_GROUP), columns=columns):
        yield conform(pa.Table.from_batches([batch]), ALBUMS)
