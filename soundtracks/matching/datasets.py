"""The match on datasets of the lake, wherever it runs: in a flow, or in a job of a cluster that has nothing but this package.

Nothing is held whole: albums are read where they lie, or copied to this machine's disk; links are written to it, then published.
"""

import logging
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from soundtracks.errors import DamagedFile, LakeError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.machine import available_memory
from soundtracks.metrics import MatchMetrics
from soundtracks.records import ALBUMS, ROW_GROUP, conform
from soundtracks.settings import Settings


class Matched(BaseModel):
    """`ref`: the links, schema LINKS."""

    ref: DatasetRef
    metrics: MatchMetrics


class Request(BaseModel):
    """What to match, for a job that is given the name of a run only."""

    films: DatasetRef
    albums: list[DatasetRef]


def match_datasets(
    lake: Lake, wanted: Request, run_id: str, settings: Settings, warn: Callable[[str], object] = logging.warning
) -> Matched:
    """Matches album datasets against films; an album that stands in several datasets counts as in the first.

    Scores only what is new since the runs before, where memory holds all to look for it; the links are those of a match from
    scratch. The result also stands in runs/<run_id>/match.json, for a parent elsewhere. Raises LakeError, MatchError.
    """
    from soundtracks.matching.lake_state import keep_state, take_state
    from soundtracks.matching.local.engine import fits
    from soundtracks.matching.pipeline import match_files  # Spark and SciPy take a while to import

    with tempfile.TemporaryDirectory(prefix="match-") as name:
        folder = Path(name)
        films = lake.local_file(wanted.films, folder)
        albums = each_album_once([lake.local_file(ref, folder) for ref in wanted.albums], folder)
        links = folder / "links.parquet"
        state, before = None, None
        if fits(wanted.films.rows, sum(ref.rows for ref in wanted.albums), available_memory()):
            state = folder / "state"
            before = take_state(lake, state)
        metrics = match_files(films, albums, links, settings, state=state)
        if state and (trouble := keep_state(lake, state, before)):
            warn(f"The next run scores all albums again: {trouble}")
        ref = lake.stage_out("silver/links", {"data.parquet": links}, rows=pq.read_metadata(links).num_rows)
    matched = Matched(ref=ref, metrics=metrics)
    lake.write_json(result_name(run_id), matched.model_dump(mode="json"))
    return matched


def each_album_once(files: Sequence[Path], folder: Path) -> Path:
    """One file of all albums: the only one, or a new one in `folder`, where an id counts as where it stands first."""
    ids = pa.concat_tables([pq.read_table(file, columns=["album_id"]) for file in files])["album_id"].combine_chunks()
    repeated = _repeated(ids)
    if len(files) == 1 and not repeated.any():
        return files[0]
    made, at = folder / "every-album.parquet", 0
    with pq.ParquetWriter(made, ALBUMS, compression="zstd") as writer:
        for batch in _batches(files):
            first = ~repeated[at : at + len(batch)]
            writer.write_table(batch.filter(pa.array(first)), row_group_size=ROW_GROUP)
            at += len(batch)
    return made


def _repeated(ids: pa.Array) -> npt.NDArray[np.bool_]:
    """Which values stand further up already."""
    number = ids.dictionary_encode().indices.to_numpy()  # in the order of their first places
    return np.append(False, number[1:] <= np.maximum.accumulate(number)[:-1]) if len(ids) else np.zeros(0, dtype=bool)


def _batches(files: Sequence[Path]) -> Iterable[pa.Table]:
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(ROW_GROUP):
            yield conform(pa.Table.from_batches([batch]), ALBUMS)


def result_name(run_id: str) -> str:
    """Where a match leaves its result in the lake."""
    return f"runs/{run_id}/match.json"


def request_name(run_id: str) -> str:
    """Where a flow leaves what a job is to match."""
    return f"runs/{run_id}/match-request.json"


def read_request(lake: Lake, run_id: str) -> Request:
    """Raises LakeError."""
    try:
        return Request.model_validate(lake.read_json(request_name(run_id)))
    except ValidationError as error:
        raise DamagedFile(f"{request_name(run_id)} is damaged: it names no datasets.", hint="Start the run again.") from error


def read_result(lake: Lake, run_id: str) -> Matched:
    """What the match of a run left. Raises LakeError: DamagedFile, where it is not what a match leaves."""
    name = result_name(run_id)
    if not lake.exists(name):
        raise LakeError(
            f"The match has ended without an error, but its result {name} is not in the lake {lake.url}.",
            hint="Does the match write into this lake (SOUNDTRACKS_LAKE_URL; on Databricks the volume `lake` of databricks.yml)? "
            "If so, start the list again, as a new run.",
        )
    try:
        return Matched.model_validate(lake.read_json(name))
    except ValidationError as error:
        raise DamagedFile(
            f"{name} is damaged: it describes no links.", hint=f"Delete {name}, and start the list again, as a new run."
        ) from error
