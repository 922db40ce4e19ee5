"""What runs in Spark's Python workers. They have none of our settings and need few libraries: cluster.py names them."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import COUNTED, link_stream
from soundtracks.matching.model import Model

OfPartition = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def linker(folder: str, model: Model) -> OfPartition:
    """The function that Python workers run: a whole partition, batch by batch. `folder`: of the index, see open_index."""

    def link_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for links in link_stream(batches, open_index(folder), model):
            yield from links.cast(COUNTED).to_batches()

    return link_partition


def kept(link: OfPartition, folder: Path) -> OfPartition:
    """Like `link`, for workers that see a folder: they leave the links there, a file a partition, and give its name.
    Evidence is long; its way through the JVM took a tenth of the match."""

    def keep_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None  # there is one in every worker
        part = folder / f"part-{context.partitionId():05}.parquet"
        # a partition may be linked twice, at once or after a failure: each attempt has its own file until it is whole
        attempt = folder / f"{part.stem}.{context.taskAttemptId()}"
        with pq.ParquetWriter(attempt, COUNTED, compression="zstd") as file:
            for links in link(batches):
                file.write_batch(links)
        attempt.replace(part)
        yield pa.RecordBatch.from_pydict({"part": [part.name]})

    return keep_partition


@lru_cache(maxsize=1)
def open_index(folder: str) -> FilmIndex:
    """The index of this Python worker. `archive:NAME` is a folder that Spark unpacked beside the worker."""
    if folder.startswith("archive:"):
        from pyspark import SparkFiles

        name = folder.removeprefix("archive:")
        found = Path(SparkFiles.get(name))
        return FilmIndex.open(found if found.exists() else Path.cwd() / name)
    return FilmIndex.open(Path(folder))
