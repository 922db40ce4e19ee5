"""Two engines for one match: in this process, or Spark. Both bring the same batches to the same functions.

    local   reads, sorts and links in this process: nothing to start
    spark   albums are range-partitioned by group, each partition streams through `link_stream` in a Python worker
            (mapInArrow); workers share the memory-mapped film index of their host

Spark's workers find index and data in a folder that they share with this process (always so on local[*]; elsewhere
SOUNDTRACKS_SPARK_STAGE names it). Without such a folder the index travels as an archive, and albums and links travel
through the session in bounded pieces: slower, but any cluster will do.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.errors import MatchError
from tasks.matching.index import FilmIndex
from tasks.matching.linking import COUNTED, link_stream, with_groups
from tasks.matching.model import Model
from tasks.matching.schemas import ALBUMS, FILMS, LINKS, conform
from tasks.matching.session import start_session
from tasks.metrics import MatchMetrics
from tasks.settings import Settings, get_settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Engine = Literal["auto", "spark", "local"]
#: Called with (what is being done, done, total).
Progress = Callable[[str, int, int], None]

#: Up to here "auto" stays in this process: less than what Spark's start costs (measured by benchmarks/scale).
SMALL_FILMS, SMALL_ALBUMS = 50_000, 20_000
#: Albums of one Spark partition, at least.
PARTITION = 5_000
#: Albums sent to a cluster at once where no folder is shared.
PIECE = 200_000
_ROW_GROUP = 50_000


def match(
    films: pa.Table, albums: pa.Table, *, engine: Engine = "auto", progress: Progress | None = None
) -> tuple[pa.Table, MatchMetrics]:
    """Links albums to films: (links with schema LINKS, sizes). Missing optional columns are taken as unknown.

    `tmdb_id` and `album_id` must be unique. Raises MatchError when Spark cannot run.
    """
    with tempfile.TemporaryDirectory(prefix="soundtracks-match-") as folder:
        stored, linked = {"films": conform(films, FILMS), "albums": conform(albums, ALBUMS)}, Path(folder) / "links"
        for name, table in stored.items():
            pq.write_table(table, Path(folder) / name)
        metrics = match_files(Path(folder) / "films", Path(folder) / "albums", linked, engine=engine, progress=progress)
        return pq.read_table(linked), metrics


def match_files(
    films: Path,
    albums: Path,
    out: Path,
    settings: Settings | None = None,
    *,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> MatchMetrics:
    """Links the albums of a Parquet file to the films of another, and writes a Parquet file of links (schema LINKS).

    `engine`: default from the settings. Links are ordered by master, then album_id, whatever the engine. `out` appears
    whole or not at all. Raises MatchError.
    """
    settings = settings or get_settings()
    started = time.monotonic()
    progress = progress or _silent
    rows = pq.read_metadata(albums).num_rows
    table = conform(pq.read_table(films), FILMS)
    chosen = engine or settings.match_engine
    if chosen == "auto":
        chosen = "local" if len(table) <= SMALL_FILMS and rows <= SMALL_ALBUMS else "spark"
    with LinksWriter(out) as links:
        if chosen == "local":
            _link_here(table, albums, links, progress)
        else:
            _link_in_spark(table, albums, links, rows, settings, progress)
    counts = links.counts
    return MatchMetrics(
        films=len(table),
        albums=sum(counts.values()),
        candidates=links.candidates,
        accepted=counts.get("accept", 0),
        review=counts.get("review", 0),
        rejected=counts.get("reject", 0),
        engine=chosen,
        seconds=round(time.monotonic() - started, 3),
    )


class LinksWriter:
    """Streams COUNTED tables into one Parquet file of LINKS and counts decisions by album."""

    def __init__(self, out: Path) -> None:
        self.out, self.part = out, out.with_name(f".{out.name}.part")
        self.counts: dict[str, int] = {}
        self.candidates = 0
        self._last = None
        self._held = LINKS.empty_table()

    def __enter__(self) -> "LinksWriter":
        self.out.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(self.part, LINKS, compression="zstd")
        return self

    def write(self, links: pa.Table) -> None:
        """Adds rows; an album's rows must follow each other."""
        if not len(links):
            return
        self.candidates += pc.sum(links["candidates"]).as_py()
        album = links["album_id"]
        new = pa.chunked_array([pa.array([album[0].as_py() != self._last]), *pc.not_equal(album[1:], album[:-1]).chunks])
        for item in pc.value_counts(links["decision"].filter(new)).to_pylist():
            self.counts[item["values"]] = self.counts.get(item["values"], 0) + item["counts"]
        self._last = album[-1].as_py()
        # row groups of one size, so that equal links are equal bytes whatever the batches were
        self._held = pa.concat_tables([self._held, links.drop_columns("candidates")])
        while len(self._held) >= _ROW_GROUP:
            self._writer.write_table(self._held.slice(0, _ROW_GROUP).combine_chunks())
            self._held = self._held.slice(_ROW_GROUP)

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._writer.write_table(self._held.combine_chunks())
            self._writer.close()
            if kind is None:
                self.part.replace(self.out)
        finally:
            self.part.unlink(missing_ok=True)


# in this process -----------------------------------------------------------------------------------------------------


def _link_here(films: pa.Table, albums: Path, links: LinksWriter, progress: Progress) -> None:
    index, model = FilmIndex.build(films), Model.load()
    table = with_groups(conform(pq.read_table(albums), ALBUMS))
    done = 0
    progress("linking", 0, len(table))
    for batch in link_stream([table], index, model):
        links.write(batch)
        done += len(batch)
        progress("linking", min(done, len(table)), len(table))


# in Spark ------------------------------------------------------------------------------------------------------------


def _link_in_spark(films: pa.Table, albums: Path, links: LinksWriter, rows: int, settings: Settings, progress: Progress) -> None:
    session = start_session(settings.spark_master, settings.spark_driver_memory)
    model = Model.load()
    with _stage(settings) as stage:
        index = FilmIndex.build(films)
        folder = (stage or Path(tempfile.mkdtemp(prefix="soundtracks-index-"))) / "index"
        index.save(folder)
        try:
            if stage is not None:
                frame = _partitioned(_read_albums(session, albums), rows)
                linked = frame.mapInArrow(_worker(str(folder), model), _ddl())
                _run(session, lambda: linked.write.parquet(str(stage / "links")), progress)
                for part in sorted((stage / "links").glob("part-*.parquet")):
                    for batch in pq.ParquetFile(part).iter_batches(_ROW_GROUP):
                        links.write(pa.Table.from_batches([batch]).cast(COUNTED))
            else:
                _link_by_pieces(session, _ship(session, folder), model, albums, links, progress)
        except MatchError:
            raise
        except Exception as error:  # py4j wraps whatever the JVM or a worker threw
            raise MatchError(f"The match failed in Spark: {_reason(error)}") from error
        finally:
            if stage is None:
                shutil.rmtree(folder.parent)


def _read_albums(session: "SparkSession", path: Path) -> "DataFrame":
    """Albums with their group, as `with_groups` has it."""
    from pyspark.sql import functions as F  # noqa: N812 the name every Spark code has

    raw = session.read.parquet(str(path))
    known = [F.col(f.name) if f.name in raw.columns else F.lit(None).cast(_type(f.type)).alias(f.name) for f in ALBUMS]
    return raw.select(*known).withColumn(
        "group",
        F.expr(
            "CASE WHEN regexp_replace(master_id, '^master:', '') NOT IN ('', '0')"
            " THEN concat('master:', regexp_replace(master_id, '^master:', '')) ELSE album_id END"
        ),
    )


def _partitioned(frame: "DataFrame", rows: int) -> "DataFrame":
    cores = frame.sparkSession.sparkContext.defaultParallelism if hasattr(frame.sparkSession, "_jsparkSession") else 2
    count = max(1, min(rows // PARTITION, max(cores * 4, rows // (4 * PARTITION))))
    return frame.repartitionByRange(count, "group").sortWithinPartitions("group", "album_id")


def _worker(folder: str, model: Model) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that Python workers run: a whole partition, batch by batch."""

    def link_partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for links in link_stream(batches, open_index(folder), model):
            yield from links.cast(COUNTED).to_batches()

    return link_partition


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
    if hasattr(session, "_jsparkSession"):
        session.sparkContext.addArchive(f"{archive}#{name}")
    else:
        session.addArtifacts(f"{archive}#{name}", archive=True)
    return f"archive:{name}"


def _link_by_pieces(
    session: "SparkSession", index: str, model: Model, albums: Path, links: LinksWriter, progress: Progress
) -> None:
    table = with_groups(conform(pq.read_table(albums), ALBUMS))
    for at, piece in _pieces(table):
        frame = _partitioned(session.createDataFrame(piece), len(piece))
        linked = frame.mapInArrow(_worker(index, model), _ddl()).toArrow().cast(COUNTED)
        place = pc.index_in(linked["album_id"], value_set=piece["album_id"].combine_chunks())
        # a stable sort: rows of one album stay in their order
        linked = linked.take(pa.array(place.to_numpy().argsort(kind="stable")))
        links.write(linked)
        progress("linking", at + len(piece), len(table))


def _pieces(table: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    at = 0
    while at < len(table):
        end = min(at + PIECE, len(table))
        while end < len(table) and table["group"][end] == table["group"][end - 1]:
            end += 1
        yield at, table.slice(at, end - at).combine_chunks()
        at = end


@contextmanager
def _stage(settings: Settings) -> Iterator[Path | None]:
    """A folder that this process and Spark's workers share, or None."""
    if settings.spark_stage or settings.spark_master.startswith("local"):
        with tempfile.TemporaryDirectory(prefix="soundtracks-", dir=settings.spark_stage or None) as folder:
            yield Path(folder)
    else:
        yield None


def _run(session: "SparkSession", action: Callable[[], None], progress: Progress) -> None:
    """Runs a Spark action and reports its tasks while it runs."""
    if not hasattr(session, "_jsparkSession"):
        action()
        return
    from concurrent.futures import ThreadPoolExecutor
    from concurrent.futures import wait as wait_for

    tracker = session.sparkContext.statusTracker()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(action)
        while not wait_for([future], timeout=0.2).done:
            for stage in map(tracker.getStageInfo, tracker.getActiveStageIds()):
                if stage:
                    progress("linking in Spark", stage.numCompletedTasks, stage.numTasks)
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


def _silent(_: str, __: int, ___: int) -> None:
    pass
