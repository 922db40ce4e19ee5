"""The match in Spark: on this machine, on a standalone cluster, through Spark Connect, or in a session that is there already.

Albums are range-partitioned by group; each partition streams through `link_stream` in a Python worker (mapInArrow), and
all workers of a host map the same film index. No album is compared across partitions, so there is no join and no
shuffle but that of the albums themselves.

Workers read the albums and write the links in a folder that they share with this process (always so on local[*]; elsewhere
SOUNDTRACKS_SPARK_STAGE names it: a mounted share, a volume of Unity Catalog). This process holds the films, a sample of the
albums, and one batch of links at a time. Without such a folder the index travels as an archive, and albums and links travel
through the session in bounded pieces (pieces.py): slower, but any cluster will do.
"""

import logging
import shutil
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
from soundtracks.matching.linking import COUNTED, Choose, Progress, Write, estimate_coverage
from soundtracks.matching.model import Model
from soundtracks.matching.spark.cluster import by_connect, failure, newer_here, ship_index, ship_package, wait_for_worker
from soundtracks.matching.spark.partitions import KEPT, SHARED, credits_of, kept, linker
from soundtracks.matching.spark.pieces import in_pieces, sample, standards_in_pieces
from soundtracks.matching.spark.session import ACTIVE, require_java, start_session
from soundtracks.matching.standards import ARTISTS, CREDITED, hashes
from soundtracks.matching.trades import Hashes
from soundtracks.records import ALBUMS, ROW_GROUP
from soundtracks.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

log = logging.getLogger(__name__)

#: Albums of one partition, at least: a partition costs a Python worker some 50 ms.
PARTITION = 2_500
#: Albums of one partition, at most: so many are lost when a worker dies.
MAX_PARTITION = 20_000
#: Cores that a cluster behind Spark Connect is taken to have.
UNKNOWN_CORES = 32
#: Albums sent to a cluster at once where no folder is shared.
PIECE = 200_000


#: Where Unity Catalog's volumes are, the same on each machine of a cluster.
VOLUMES = Path("/Volumes")


def link_in_spark(
    films: pa.Table,
    albums: Path,
    settings: Settings,
    choose: Choose | None,
    write: Write,
    progress: Progress,
) -> None:
    """Hands links to `write`, ordered by group and album_id. `choose`: None: all albums are linked. Raises MatchError."""
    master = settings.spark_master.get_secret_value()
    if not master.startswith(("sc://", ACTIVE)):
        require_java()
    with _stage(settings) as (stage, shared):
        progress("Indexing the films, starting Spark", 0, 0)
        import pyspark.sql  # noqa: F401 before the index is built, which would take turns with it

        with ThreadPoolExecutor(1) as pool:
            starting = pool.submit(start_session, master, settings.spark_driver_memory) if master != ACTIVE else None
            index = FilmIndex.build(films)
            del films
            session = starting.result() if starting else start_session(master)  # a session is active in its own thread
        try:
            if said := newer_here(session):
                log.warning(said)
                progress(said, 0, 0)
            if master.startswith("spark://"):
                progress("Waiting for a worker of the cluster", 0, 0)
                wait_for_worker(session, master)
            if not master.startswith(("local", ACTIVE)):  # a job of Databricks has installed us on each worker
                ship_package(session, stage)
            (_link_files if shared else _link_pieces)(session, index, stage, albums, choose, write, progress)
        except MatchError:
            raise
        except Exception as error:  # py4j wraps whatever the JVM or a worker threw
            raise failure(error) from error


def _link_files(
    session: "SparkSession", index: FilmIndex, stage: Path, albums: Path, choose: Choose | None, write: Write, progress: Progress
) -> None:
    local = not by_connect(session) and str(session.sparkContext.master).startswith("local")
    frame = _read_albums(session, albums if local else in_sight(albums, stage))
    progress("Looking at the albums", 0, 0)
    _, albums = _prepared(index, albums, _standards(frame), stage, choose)
    if choose:
        frame = _read_albums(session, albums)
    links = stage / "links"
    links.mkdir()
    link = linker(f"{'' if local else SHARED}{stage / 'index'}", Model.load())
    frame = _partitioned(frame, pq.read_metadata(albums).num_rows)
    parts = _run(session, frame.mapInArrow(kept(link, links), _ddl(KEPT)).collect, progress)
    for done, part in enumerate(sorted(parts)):
        progress("Writing the links", done, len(parts))
        for batch in pq.ParquetFile(links / part["name"]).iter_batches(ROW_GROUP):
            write(pa.Table.from_batches([batch]).cast(COUNTED))


def _prepared(index: FilmIndex, albums: Path, standards: Hashes, stage: Path, choose: Choose | None) -> tuple[FilmIndex, Path]:
    """(the index for a job of these albums, which lies in the stage for the workers; a file of the albums that are linked)."""
    index = index.with_coverage(estimate_coverage(sample(albums), index), standards)
    index.save(stage / "index")
    if not choose:
        return index, albums
    pq.write_table(choose(index).drop_columns("group"), stage / "some-albums", row_group_size=ROW_GROUP)
    return index, stage / "some-albums"


def in_sight(albums: Path, stage: Path) -> Path:
    """The albums where each worker reads them: as they are in the shared folder or a volume, else a copy in the shared folder."""
    if albums.is_relative_to(stage.parent) or albums.is_relative_to(VOLUMES):
        return albums
    return shutil.copyfile(albums, stage / "albums.parquet")


def _standards(frame: "DataFrame") -> Hashes:
    """standards.standards, counted by the workers."""
    from pyspark.sql import functions as F  # noqa: N812 the name every Spark code has

    found = frame.select("title", "artist").mapInArrow(credits_of, _ddl(CREDITED)).groupBy("written")
    counted = found.agg(F.count_distinct("artist").alias("artists"), F.min("side").alias("side"))
    return hashes(counted.filter(F.col("artists") >= ARTISTS).select("side").toArrow()["side"])


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


def _link_pieces(
    session: "SparkSession", index: FilmIndex, stage: Path, albums: Path, choose: Choose | None, write: Write, progress: Progress
) -> None:
    model = Model.load()
    index, albums = _prepared(index, albums, standards_in_pieces(albums, PIECE, stage), stage, choose)
    name, done, rows = ship_index(session, stage / "index", index.version), 0, pq.read_metadata(albums).num_rows
    for piece in in_pieces(albums, PIECE, stage):
        frame = _partitioned(session.createDataFrame(piece), len(piece))
        linked = frame.mapInArrow(linker(name, model), _ddl(COUNTED)).toArrow().cast(COUNTED)
        place = pc.index_in(linked["album_id"], value_set=piece["album_id"].combine_chunks())
        # a stable sort: rows of one album stay in their order
        linked = linked.take(pa.array(place.to_numpy().argsort(kind="stable")))
        write(linked)
        done += len(piece)
        progress("Linking in Spark", done, rows)


@contextmanager
def _stage(settings: Settings) -> Iterator[tuple[Path, bool]]:
    """A folder for this match, and whether Spark's workers see it too."""
    shared = bool(settings.spark_stage) or settings.spark_master.get_secret_value().startswith("local")
    with tempfile.TemporaryDirectory(prefix="soundtracks-", dir=settings.spark_stage or None) as folder:
        yield Path(folder), shared


def _run(session: "SparkSession", action: Callable[[], list["Row"]], progress: Progress) -> list["Row"]:
    """Runs a Spark action and reports its tasks while it runs."""
    if by_connect(session):
        return action()
    tracker = session.sparkContext.statusTracker()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(action)
        while not wait_for([future], timeout=0.2).done:
            for stage in map(tracker.getStageInfo, tracker.getActiveStageIds()):
                if stage:
                    progress("Linking in Spark", stage.numCompletedTasks, stage.numTasks)
    return future.result()


def _ddl(schema: pa.Schema) -> str:
    return ", ".join(f"`{field.name}` {_type(field.type)}" for field in schema)


def _type(arrow: pa.DataType) -> str:
    """Spark's name of a column type of ours."""
    if pa.types.is_list(arrow):
        return f"array<{_type(arrow.value_type)}>"
    return {pa.string(): "string", pa.int32(): "int", pa.float64(): "double"}[arrow]
