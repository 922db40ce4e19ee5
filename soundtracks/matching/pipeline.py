"""The match: films and albums in, links and their counts out.

Two engines bring the same batches to the same functions (linking.py), so their links are the same:

    local   on the cores of this machine (local/): what its memory holds
    spark   on a cluster, or here for what it does not (spark/)
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from soundtracks.matching.incremental import Rematch
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import COUNTED, COUNTS, Choose, Progress, Write, with_groups
from soundtracks.matching.local.engine import fits, link_locally
from soundtracks.matching.machine import available_memory
from soundtracks.matching.match_state import MatchState
from soundtracks.matching.said_films import agreement
from soundtracks.matching.spark.engine import link_in_spark
from soundtracks.metrics import MatchMetrics
from soundtracks.records import ALBUMS, FILMS, LINKS, ROW_GROUP, conform
from soundtracks.settings import Settings, get_settings

Engine = Literal["auto", "spark", "local"]

#: What progress says of albums whose links stand.
KEPT = "Kept from the matches before"
#: Up to here "auto" leaves a cluster alone: Spark takes seconds to start.
SMALL_FILMS, SMALL_ALBUMS = 100_000, 100_000


def match(
    films: pa.Table, albums: pa.Table, *, engine: Engine = "auto", progress: Progress | None = None
) -> tuple[pa.Table, MatchMetrics]:
    """Links albums to films: (links with schema LINKS, sizes). Missing optional columns are taken as unknown.

    `tmdb_id` and `album_id` must be unique. Raises MatchError when Spark cannot run.
    """
    with tempfile.TemporaryDirectory(prefix="soundtracks-match-") as folder:
        stored, linked = {"films": conform(films, FILMS), "albums": conform(albums, ALBUMS)}, Path(folder) / "links"
        for name, table in stored.items():
            pq.write_table(table, Path(folder) / name, row_group_size=ROW_GROUP)
        metrics = match_files(Path(folder) / "films", Path(folder) / "albums", linked, engine=engine, progress=progress)
        return pq.read_table(linked), metrics


def match_files(
    films: Path,
    albums: Path,
    out: Path,
    settings: Settings | None = None,
    *,
    engine: Engine | None = None,
    state: Path | None = None,
    progress: Progress | None = None,
) -> MatchMetrics:
    """Links the albums of a Parquet file to the films of another, and writes a Parquet file of links (schema LINKS).

    `engine`: default from the settings. `state`: a folder that remembers this match; with the same folder the next
    scores only what is new (incremental.py). Links are ordered by master, then album_id, whatever the engine. `out`
    appears whole or not at all. Raises MatchError.
    """
    settings = settings or get_settings()
    started = time.monotonic()
    progress = progress or _silent
    # in the order of ids, so that the order of the file decides no tie
    table = conform(pq.read_table(films), FILMS).sort_by("tmdb_id")
    chosen = engine or settings.match_engine
    with LinksWriter(out) as links:
        if state is None:
            chosen = _link(table, albums, chosen, settings, lambda: _grouped(albums), None, links.write, progress)
        else:
            chosen = _link_again(table, albums, state, chosen, settings, links.write, progress)
    counts = links.counts
    return MatchMetrics(
        films=len(table),
        albums=sum(counts.values()),
        candidates=links.candidates,
        passed_over=links.passed_over,
        accepted=counts.get("accept", 0),
        review=counts.get("review", 0),
        rejected=counts.get("reject", 0),
        engine=chosen,
        seconds=round(time.monotonic() - started, 3),
        **_agreement(out, albums, table),
    )


def recounted(metrics: MatchMetrics, films: Path, albums: Path, links: Path) -> MatchMetrics:
    """The metrics of a match whose links were changed since, by people: an album counts by the best of its rows."""
    words = ("accept", "review", "reject")
    rows = pq.read_table(links, columns=["album_id", "decision"])
    rank = pc.index_in(rows["decision"], value_set=pa.array(words))
    best = rows.append_column("rank", rank).group_by("album_id").aggregate([("rank", "min")])["rank_min"]
    accepted, review, rejected = (pc.sum(pc.equal(best, n)).as_py() or 0 for n in range(len(words)))
    counts = {"accepted": accepted, "review": review, "rejected": rejected}
    return metrics.model_copy(update=counts | _agreement(links, albums, conform(pq.read_table(films), FILMS)))


def _agreement(links: Path, albums: Path, films: pa.Table) -> dict[str, int]:
    """said_films.agreement, of files; what it does not look at is not held."""
    if "film_ids" not in pq.read_schema(albums).names:
        return {}
    said = _rows(albums, ["album_id", "film_ids"], lambda some: pc.greater(pc.list_value_length(some["film_ids"]), 0))
    theirs = _rows(
        links,
        ["album_id", "tmdb_id", "decision"],
        lambda some: pc.is_in(some["album_id"], value_set=said["album_id"].combine_chunks()),
    )
    return agreement(theirs, said, films)


def _rows(file: Path, columns: list[str], which: Callable[[pa.RecordBatch], pa.Array]) -> pa.Table:
    parquet = pq.ParquetFile(file)
    batches = [batch.filter(which(batch)) for batch in parquet.iter_batches(ROW_GROUP, columns=columns)]
    return pa.Table.from_batches(batches, None if batches else parquet.schema_arrow)


class LinksWriter:
    """Streams COUNTED tables into one Parquet file of LINKS and counts decisions by album."""

    def __init__(self, out: Path) -> None:
        self.out, self.part = out, out.with_name(f".{out.name}.part")
        self.counts: dict[str, int] = {}
        self.candidates = self.passed_over = 0
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
        self.passed_over += pc.sum(links["passed_over"]).as_py()
        album = links["album_id"]
        new = pa.chunked_array([pa.array([album[0].as_py() != self._last]), *pc.not_equal(album[1:], album[:-1]).chunks])
        for item in pc.value_counts(links["decision"].filter(new)).to_pylist():
            self.counts[item["values"]] = self.counts.get(item["values"], 0) + item["counts"]
        self._last = album[-1].as_py()
        # row groups of one size, so that equal links are equal bytes whatever the batches were
        self._held = pa.concat_tables([self._held, links.drop_columns(list(COUNTS))])
        while len(self._held) >= ROW_GROUP:
            self._writer.write_table(self._held.slice(0, ROW_GROUP).combine_chunks())
            self._held = self._held.slice(ROW_GROUP)

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._writer.write_table(self._held.combine_chunks())
            self._writer.close()
            if kind is None:
                self.part.replace(self.out)
        finally:
            self.part.unlink(missing_ok=True)


def _link(
    films: pa.Table,
    albums: Path,
    engine: Engine,
    settings: Settings,
    grouped: Callable[[], pa.Table],
    choose: Choose | None,
    write: Write,
    progress: Progress,
) -> Engine:
    """Links albums of a file, all or those that `choose` says; the engine that did it. `grouped`: gives all, as GROUPED."""
    rows = pq.read_metadata(albums).num_rows
    if engine == "auto":
        engine = _chosen(len(films), rows, settings)
    if engine == "spark":
        link_in_spark(films, albums, settings, choose, write, progress)
    else:
        link_locally(films, grouped, rows, settings, choose, write, progress)
    return engine


def _grouped(albums: Path) -> pa.Table:
    return with_groups(conform(pq.read_table(albums), ALBUMS))


def _chosen(films: int, albums: int, settings: Settings) -> Engine:
    """Where to match so much: on this machine, unless it is too much for its memory, or large and there is a cluster."""
    cluster = not settings.spark_master.get_secret_value().startswith("local")
    large = films > SMALL_FILMS or albums > SMALL_ALBUMS
    return "spark" if (cluster and large) or not fits(films, albums, available_memory()) else "local"


def _link_again(
    films: pa.Table, albums: Path, state: Path, engine: Engine, settings: Settings, write: Write, progress: Progress
) -> Engine:
    """Links what is new since the matches that `state` remembers, keeps the rest, and remembers this match."""
    table = _grouped(albums)
    again = Rematch(MatchState.open(state), films, table)
    if again.is_the_last_one:
        progress(KEPT, len(table), len(table))
        write(again.as_before())
        return "local" if engine == "auto" else engine
    parts = [COUNTED.empty_table()]

    def choose(index: FilmIndex) -> pa.Table:
        new = again.new(index)
        progress(KEPT, len(table) - len(new), len(table))
        return new

    if engine == "auto":  # a cluster is no use where little is new
        engine = _chosen(len(films), again.unseen, settings)
    engine = _link(films, albums, engine, settings, lambda: table, choose, parts.append, progress)
    links, remembered = again.finish(pa.concat_tables(parts))
    write(links)
    remembered.save(state)
    return engine


def _silent(_: str, __: int, ___: int) -> None:
    pass
