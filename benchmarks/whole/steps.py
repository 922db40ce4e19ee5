"""The steps from dumps to a published catalogue, each to be run in a process of its own."""

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.scale.catalogue import make_catalogue, rows_of
from benchmarks.scale.memory import PeakMemory
from benchmarks.scale.peers import score_pairs
from benchmarks.whole.dumps import KEPT, Written, write_dumps
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.records import ALBUMS, FILMS, conform

#: Film music among the albums of benchmarks/scale/catalogue.py, and masters for each release of it.
FILM_MUSIC, MASTERS_FOR_EACH = 0.78, 0.48
RUN = "whole"


@dataclass(frozen=True)
class Step:
    """What a step took: seconds of wall clock, of all its processors, and bytes of memory at most. `result`: what it came to."""

    seconds: float
    processor: float
    peak: int
    result: Any


def measured(work: Callable[..., Any], arguments: tuple[Any, ...]) -> Step:
    started = time.monotonic()
    with PeakMemory() as memory:
        result = work(*arguments)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Step(time.monotonic() - started, sum(each.ru_utime + each.ru_stime for each in used), memory.bytes, result)


def make(folder: Path, records: int, films: int, seed: int) -> list[Written]:
    """Writes the dumps, publishes silver/films, keeps the truth: the film of each release, by its number."""
    albums = round(records * KEPT / (FILM_MUSIC * (1 + MASTERS_FOR_EACH)))
    made = make_catalogue(films, albums, seed)
    Lake.from_settings().publish_table("silver/films", conform(made.films, FILMS))
    np.save(folder / "truth.npy", made.truth)
    return write_dumps(folder, made.albums, records, seed)


def import_(dump: Written) -> int:
    """Imports a dump as `soundtracks import-dump` does. Raises AssertionError where another number of albums was kept."""
    from soundtracks.sources.dumps.importer import import_dump

    pa.set_memory_pool(pa.system_memory_pool())
    done = import_dump(Lake.from_settings(), dump.path)
    if (done.records, done.ref.rows, done.quarantined) != (dump.records, dump.kept, 0):
        raise AssertionError(f"{done} of {dump}")
    return done.ref.rows


def take_albums() -> int:
    from prefect.logging import disable_run_logger

    from tasks.take_from_dumps import take_albums_from_dumps

    with disable_run_logger():
        return take_albums_from_dumps.fn(_ref("silver/films"), "dump").ref.rows


def match() -> int:
    """In worker processes of this machine."""
    os.environ["SOUNDTRACKS_MATCH_ENGINE"] = "local"
    return _match().rows


def match_on_cluster(master: str) -> int:
    """The same on a Spark cluster that shares no folder with this process. Raises AssertionError where the links differ."""
    from soundtracks.matching.lake_state import DATASET

    os.environ |= {"SOUNDTRACKS_MATCH_ENGINE": "spark", "SOUNDTRACKS_SPARK_MASTER": master}
    lake = Lake.from_settings()
    for file in lake.list(DATASET):  # with what the match before has left, nothing would be to do
        lake.delete(file.name)
    here, there = _ref("silver/links"), _match()
    if there.files != here.files:
        raise AssertionError("The cluster's links are not those of this machine.")
    return there.rows


def _match() -> DatasetRef:
    from prefect.logging import disable_run_logger

    from tasks.match import match_datasets

    with disable_run_logger():
        return match_datasets.fn(_ref("silver/films"), [_ref("silver/albums")], RUN).ref


def publish() -> int:
    """As a run does, with its report."""
    from soundtracks.metrics import RunMetrics
    from soundtracks.publishing.catalogue import Catalogue
    from soundtracks.publishing.publish import publish as publish_run
    from soundtracks.reporting.report import render_report
    from tasks.run_outputs import count_links

    lake = Lake.from_settings()
    films, albums, links = (lake.read_table(_ref(f"silver/{name}")) for name in ("films", "albums", "links"))
    catalogue = Catalogue(films, albums, links)
    metrics = RunMetrics(run_id=RUN, started=datetime.now(UTC), links=count_links(catalogue))

    def finish(_: object) -> dict[str, bytes]:
        return {"report.html": render_report(catalogue, metrics, files=["links.parquet"]).encode()}

    return publish_run(lake, RUN, catalogue, finish=finish).ref.rows


def judge(folder: Path) -> tuple[float, float, int]:
    """(precision, recall, accepted) over the releases that came out of the dumps."""
    lake, truth = Lake.from_settings(), np.load(folder / "truth.npy")
    albums = conform(lake.read_table(_ref("silver/albums-dump-releases")), ALBUMS)["album_id"]
    links = lake.read_table(_ref("silver/links"))
    releases = links.filter(pc.and_(pc.equal(links["decision"], "accept"), pc.starts_with(links["album_id"], "release:")))
    truth[np.setdiff1d(np.arange(len(truth)), rows_of(albums))] = -1  # what is no film music is in no dump
    precision, recall = score_pairs(truth, rows_of(releases["album_id"]), rows_of(releases["tmdb_id"]))
    return precision, recall, len(releases)


def _ref(dataset: str) -> DatasetRef:
    ref = Lake.from_settings().current(dataset)
    if ref is None:
        raise AssertionError(f"{dataset} was not published")
    return ref
