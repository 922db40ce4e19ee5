"""The match in Spark: on this machine, on a standalone cluster, or through Spark Connect.

Albums are range-partitioned by group; each partition streams through `link_stream` in a Python worker (mapInArrow), and
all workers of a host map the same film index. No album is compared across partitions, so there is no join and no
shuffle but that of the albums themselves.

Workers find index and data in a folder that they share with this process (always so on local[*]; elsewhere
SOUNDTRACKS_SPARK_STAGE names it). Without such a folder the index travels as an archive, and albums and links travel
through the session in bounded pieces: slower, but any cluster will do, Databricks too.
"""

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from soundtracks.errors import MatchError
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import COUNTED, Choose, Progress, Write, covering, every_album, with_groups
from soundtracks.matching.model import Model
from soundtracks.matching.spark.cluster import by_connect, failure, ship_index, ship_package, wait_for_worker
from soundtracks.matching.spark.partitions import kept, linker
from soundtracks.matching.spark.session import require_java, start_session
from soundtracks.records import ALBUMS, ROW_GROUP, conform
from soundtracks.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: Albums of one partition, at least: a partition costs a Python worker some 50 ms.
PARTITION = 2_500
#: Albums of one partition, at most: so many are lost when a worker dies.
MAX_PARTITION = 20_000
#: Cores that a cluster behind Spark Connect is taken to have.
UNKNOWN_CORES = 32
#: Albums sent to a cluster at once where no folder is shared.
PIECE = 200_000


def link_in_spark(
    films: pa.Table,
    albums: Path,
    rows: int,
    settings: Settings,
    choose: Choose,
    write: Write,
    progress: Progress,
) -> None:
    """Hands links to `write`, ordered by group and album_id. `rows`: of the albums. Raises MatchError."""
    master = settings.spark_master.get_secret_value()
    if not master.startswith("sc://"):
        require_java()
    with _stage(settings) as (stage, shared):
        progress("Indexing the films, starting Spark", 0, 0)
        import pyspark.sql  # noqa: F401 before the index is built, which would take turns with it

        with ThreadPoolExecutor(1) as pool:
            starting = pool.submit(start_session, master, settings.spark_driver_memory)
            index = FilmIndex.build(films)
            table = conform(pq.read_table(albums), ALBUMS)
            index = covering(index, table)
            if choose is not every_album:
                some = choose(index, with_groups(table))
                albums, rows = stage / "some-albums", len(some)
                pq.write_table(some.drop_columns("group"), albums, row_group_size=ROW_GROUP)
                del some
            index.save(stage / "index")
            del films, index, table
            session = starting.result()
        try:
            if master.startswith("spark://"):
                progress("Waiting for a worker of the cluster", 0, 0)
                wait_for_worker(session, master)
            if not master.startswith("local"):
                ship_package(session, stage)
            if shared:
                _link_files(session, stage, albums, rows, write, progress)
            else:
                index_name = ship_index(session, stage / "index", FilmIndex.open(stage / "index").version)
                _link_pieces(session, index_name, albums, write, progress)
        except MatchError:
            raise
        except Exception as error:  # py4j wraps whatever the JVM or a worker threw
            raise failure(error) from error


def _link_files(session: "SparkSession", stage: Path, albums: Path, rows: int, write: Write, progress: Progress) -> None:
    frame = _partitioned(_read_albums(session, albums), rows)
    (stage / "links").mkdir()
    linked = frame.mapInArrow(kept(linker(str(stage / "index"), Model.load()), stage / "links"), "part string")
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
    # how many cores there are behind Spark Connect is not told: enough partitions for a large cluster
    cores = UNKNOWN_CORES if by_connect(frame.sparkSession) else frame.sparkSession.sparkContext.defaultParallelism
    count = max(1, min(rows // PARTITION, cores * 3), rows // MAX_PARTITION)
    return frame.repartitionByRange(count, "group").sortWithinPartitions("group", "album_id")


def _link_pieces(session: "SparkSession", index: str, albums: Path, write: Write, progress: Progress) -> None:
    model = Model.load()
    table = with_groups(conform(pq.read_table(albums), ALBUMS))
    for at, piece in _pieces(table):
        frame = _partitioned(session.createDataFrame(piece), len(piece))
        linked = frame.mapInArrow(linker(index, model), _ddl()).toArrow().cast(COUNTED)
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
    if by_connect(session):
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
