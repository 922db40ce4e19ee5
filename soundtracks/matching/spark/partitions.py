"""What runs in Spark's Python workers. They have none of our settings and need few libraries: cluster.py names them."""

import shutil
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import COUNTED, link_stream
from soundtracks.matching.model import Model
from soundtracks.matching.standards import credited

OfPartition = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def linker(index: str, model: Model) -> OfPartition:
    """The function that Python workers run: a whole partition, batch by batch. `index`: where it is, see open_index."""

    def link_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for links in link_stream(batches, open_index(index), model):
            yield from links.cast(COUNTED).to_batches()

    return link_partition


def kept(link: OfPartition, folder: Path) -> OfPartition:
    """Like `link`, for workers that see a folder: they leave the links there, a file a partition, and give its number and name.
    Evidence is long; its way through the JVM took a tenth of the match."""

    def keep_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None  # there is one in every worker
        # a partition may be linked twice, at once or after a failure: each attempt has a file of its own, and only the one that
        # Spark takes gives its name. Written from front to end, never renamed: a volume of Unity Catalog takes no other way.
        name = f"{context.partitionId():05}.{context.taskAttemptId()}.parquet"
        with pq.ParquetWriter(folder / name, COUNTED, compression="zstd") as file:
            for links in link(batches):
                file.write_batch(links)
        yield pa.RecordBatch.from_pydict({"part": [context.partitionId()], "name": [name]}, KEPT)

    return keep_partition


KEPT = pa.schema([("part", pa.int32()), ("name", pa.string())])


def credits_of(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """standards.credited of a partition's albums (at least title and artist)."""
    for batch in batches:
        yield from credited(pa.Table.from_batches([batch])).combine_chunks().to_batches()


#: Before a folder that all workers see, but on no disk of theirs; before the name of an archive that Spark unpacked beside them.
SHARED, ARCHIVE = "shared:", "archive:"


@lru_cache(maxsize=1)
def open_index(where: str) -> FilmIndex:
    """The index of this Python worker: a folder of this machine, or one behind SHARED or ARCHIVE."""
    if where.startswith(ARCHIVE):
        from pyspark import SparkFiles

        name = where.removeprefix(ARCHIVE)
        found = Path(SparkFiles.get(name))
        return FilmIndex.open(found if found.exists() else Path.cwd() / name)
    if where.startswith(SHARED):
        from pyspark import SparkFiles

        return FilmIndex.open(copied(Path(where.removeprefix(SHARED)), Path(SparkFiles.getRootDirectory())))
    return FilmIndex.open(Path(where))


def copied(shared: Path, here: Path) -> Path:
    """A copy of a shared folder on this machine's disk, once for all workers of a host: the index is mapped into memory and read
    here and there, which a volume of Unity Catalog or a network share cannot do, or only slowly."""
    copy = here / f"{shared.parent.name}-{shared.name}"
    if not copy.exists():
        mine = here / f"{copy.name}.{uuid4().hex}"
        shutil.copytree(shared, mine, copy_function=shutil.copyfile)
        try:
            mine.rename(copy)
        except OSError:  # another worker was first
            shutil.rmtree(mine)
    return copy
