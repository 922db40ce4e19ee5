"""The match on datasets of the lake: stage in, match, stage out, and leave a reference for the parent flow.

Spark reads and writes local Parquet: its own Blob drivers are no part of the pyspark wheel.
"""

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from prefect import get_run_logger, task
from pydantic import BaseModel

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.metrics import MatchMetrics
from soundtracks.records import ROW_GROUP, first_of_each_id
from soundtracks.settings import get_settings


class Matched(BaseModel):
    """`ref`: the links, schema LINKS."""

    ref: DatasetRef
    metrics: MatchMetrics


@task(task_run_name="match-{run_id}")
def match_datasets(films: DatasetRef, albums: list[DatasetRef], run_id: str) -> Matched:
    """Matches album datasets against films; an album that stands in several datasets counts as in the first.

    Scores only what is new since the runs before; the links are those of a match from scratch. The result also stands in
    runs/<run_id>/match.json, for a parent in another container.
    """
    from soundtracks.matching.lake_state import keep_state, take_state  # Spark and SciPy take a while to import
    from soundtracks.matching.pipeline import match_files

    lake, logger = Lake.from_settings(), get_run_logger()
    with tempfile.TemporaryDirectory(prefix="match-") as folder:
        films_file, albums_file, links_file = (Path(folder) / f"{name}.parquet" for name in ("films", "albums", "links"))
        pq.write_table(lake.read_table(films), films_file)
        every_album = first_of_each_id(pa.concat_tables([lake.read_table(ref) for ref in albums]), "album_id")
        pq.write_table(every_album, albums_file, row_group_size=ROW_GROUP)
        state = Path(folder) / "state"
        before = take_state(lake, state)
        metrics = match_files(films_file, albums_file, links_file, get_settings(), state=state)
        links = pq.read_table(links_file)
        if trouble := keep_state(lake, state, before):
            logger.warning("The next run scores all albums again: %s", trouble)
    logger.info(metrics.summary)
    if metrics.agreement:
        logger.info(metrics.agreement)
    if metrics.shortfall:
        logger.warning(metrics.shortfall)
    matched = Matched(ref=lake.publish_table("silver/links", links), metrics=metrics)
    lake.write_json(result_name(run_id), matched.model_dump(mode="json"))
    return matched


def result_name(run_id: str) -> str:
    """Where a match leaves its result in the lake."""
    return f"runs/{run_id}/match.json"
