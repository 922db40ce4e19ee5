"""The match in Spark: on this machine, on a standalone cluster, or through Spark Connect.

Albums are range-partitioned by group; each partition streams through `link_stream` in a Python worker (mapInArrow), and
all workers of a host map the same film index. No album is compared across partitions, so there is no join and no
shuffle but that of the albums themselves.

Workers find index and data in a folder that they share with this process (always so on local[*]; elsewhere
SOUNDTRACKS_SPARK_STAGE names it). Without such a folder the index travels as an archive, and albums and links travel
through the session in bounded pieces: slower, but any cluster will do, Databricks too.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from soundtracks.errors import MatchError
from soundtracks.matching.index import FilmIndex, Statistics
from soundtracks.matching.linking import COUNTED, Progress, Write, covering, link_stream, with_groups
from soundtracks.matching.model import Model
from soundtracks.matching.spark.session import require_java, start_session
from soundtracks.records import ALBUMS, ROW_GROUP, conform
from soundtracks.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_OfPartition = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]

#: Albums of one partition, at least: a partition costs a Python worker some 50 ms.
PARTITION = 2_500
#: Albums of one partition, at most: so many are lost when a worker dies.
MAX_PARTITION = 20_000
#: Albums sent to a cluster at once where no folder is shared.
PIECE = 200_000


def link_in_spark(
    films: pa.Table,
    albums: Path,
    rows: int,
    settings: Settings,
    statistics: Statistics | None,
    write: Write,
    progress: Progress,
) -> Statistics:
    """Hands links to `write`, ordered by group and album_id; returns the statistics of the films.

    `rows`: of the albums. `statistics`: those of an earlier match, None: counted. Raises MatchError.
    """
    master = settings.spark_master.get_secret_value()
    if not master.startswith("sc://"):
        require_java()
    with _stage(settings) as (stage, shared):
        progress("Indexing the films, starting Spark", 0, 0)
        import pyspark.sql  # noqa: F401 before the index is built, which would take turns with it

        with ThreadPoolExecutor(1) as pool:
            starting = pool.submit(start_session, master, settings.spark_driver_memory)
            index = FilmIndex.build(films, statistics=statistics)
            index = covering(index, conform(pq.read_table(albums), ALBUMS))
            index.save(stage / "index")
            statistics = index.statistics
            del films, index
            session = starting.result()
        try:
            if shared:
                _link_files(session, stage, albums, rows, write, progress)
            else:
                _link_pieces(session, _ship(session, stage / "index"), albums, write, progress)
        except MatchError:
            raise
        except Exception as error:  # py4j wraps whatever the JVM or a worker threw
            raise MatchError(
                f"The match failed in Spark: {_reason(error)}",
                hint="A worker that vanished ran out of memory: give it more memory or fewer cores.",
            ) from error
    return statistics


def _link_files(session: "SparkSession", stage: Path, albums: Path, rows: int, write: Write, progress: Progress) -> None:
    frame = _partitioned(_read_albums(session, albums), rows)
    (stage / "links").mkdir()
    linked = frame.mapInArrow(_kept(_worker(str(stage / "index"), Model.load()), stage / "links"), "part string")
    _run(session, linked.collect, progress)
    parts = sorted((stage / "links").glob("part-*.parquet"))
    for done, part in enumerate(parts):
        progress("Writing the links", done, len(parts))
        for batch in pq.ParquetFile(part).iter_batches(ROW_GROUP):
            write(pa.Table.from_batches([batch]).cast(COUNTED))


def _read_albums(session: "SparkSession", path: Path) -> "DataFrame":
    """Albums with their group, as `with_groups` has it."""
    from pyspark.sql import functions as F  # noqa: N812 the name every Spark code has
    from pyspark.sql.pandas.types import from_arrow_schema

    # told the schema, Spark needs no job to look for it
    raw = session.read.schema(from_arrow_schema(pq.read_schema(path))).parquet(str(path))
    known = [F.col(f.name) if f.name in raw.columns else F.lit(None).cast(_type(f.type)).alias(f.name) for f in ALBUMS]
    return raw.select(*known).withColumn(
        "group",
        F.expr(
            "CASE WHEN regexp_replace(master_id, '^master:', '') NOT IN ('', '0')"
            " THEN concat('master:', regexp_replace(master_id, '^master:', '')) ELSE album_id END"
        ),
    )


def _partitioned(frame: "DataFrame", rows: int) -> "DataFrame":
    cores = 1 if _by_connect(frame.sparkSession) else frame.sparkSession.sparkContext.defaultParallelism
    count = max(1, min(rows // PARTITION, cores * 3), rows // MAX_PARTITION)
    return frame.repartitionByRange(count, "group").sortWithinPartitions("group", "album_id")


def _worker(folder: str, model: Model) -> _OfPartition:
    """The function that Python workers run: a whole partition, batch by batch."""

    def link_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for links in link_stream(batches, open_index(folder), model):
            yield from links.cast(COUNTED).to_batches()

    return link_partition


def _kept(link: _OfPartition, folder: Path) -> _OfPartition:
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


def _ship(session: "SparkSession", folder: Path) -> str:
    """Sends the index to every worker as an archive."""
    name = f"film-index-{FilmIndex.open(folder).version}"
    archive = shutil.make_archive(str(folder.with_name(name)), "zip", folder)
    if _by_connect(session):
        session.addArtifacts(f"{archive}#{name}", archive=True)
    else:
        session.sparkContext.addArchive(f"{archive}#{name}")
    return f"archive:{name}"


def _link_pieces(session: "SparkSession", index: str, albums: Path, write: Write, progress: Progress) -> None:
    model = Model.load()
    table = with_groups(conform(pq.read_table(albums), ALBUMS))
    for at, piece in _pieces(table):
        frame = _partitioned(session.createDataFrame(piece), len(piece))
        linked = frame.mapInArrow(_worker(index, model), _ddl()).toArrow().cast(COUNTED)
        place = pc.index_in(linked["album_id"], value_set=piece["album_id"].combine_chunks())
        # a stable sort: rows of one album stay in their order
        linked = linked.take(pa.array(place.to_numpy().argsort(kind="stable")))
        write(linked)
        progress("Linking in Spark", at + len(piece), len(table))


def _pieces(table: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    at = 0
    while at < len(table):
        end = min(at + PIECE, len(table))
        while end < len(table) and table["group"][end] == table["group"][end - 1]:
            end += 1
        yield at, table.slice(at, end - at).combine_chunks()
        at = end


@contextmanager
def _stage(settings: Settings) -> Iterator[tuple[Path, bool]]:
    """A folder for this match, and whether Spark's workers see it too."""
    shared = bool(settings.spark_stage) or settings.spark_master.get_secret_value().startswith("local")
    with tempfile.TemporaryDirectory(prefix="soundtracks-", dir=settings.spark_stage or None) as folder:
        yield Path(folder), shared


def _run(session: "SparkSession", action: Callable[[], object], progress: Progress) -> None:
    """Runs a Spark action and reports its tasks while it runs."""
    if _by_connect(session):
        action()
        return
    tracker = session.sparkContext.statusTracker()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(action)
        while not wait_for([future], timeout=0.2).done:
            for stage in map(tracker.getStageInfo, tracker.getActiveStageIds()):
                if stage:
                    progress("Linking in Spark", stage.numCompletedTasks, stage.numTasks)
    future.result()


def _ddl() -> str:
    return ", ".join(f"`{field.name}` {_type(field.type)}" for field in COUNTED)


def _type(arrow: pa.DataType) -> str:
    """Spark's name of a column type of ours."""
    if pa.types.is_list(arrow):
        return f"array<{_type(arrow.value_type)}>"
    return {pa.string(): "string", pa.int32(): "int", pa.float64(): "double"}[arrow]


def _reason(error: Exception) -> str:
    """The one line of a Spark failure that says what happened: workers end theirs with the Python exception."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "Error" in line and not line.startswith(("at ", "File"))]
    return (telling or lines or [type(error).__name__])[-1][:500]


def _by_connect(session: "SparkSession") -> bool:
    return not hasattr(session, "_jsparkSession")
