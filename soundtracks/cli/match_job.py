"""`soundtracks-match`: the match of one run, in the Spark session that a cluster has started this process with.

The job of databricks.yml calls it as the wheel's entry point. It ends by returning or raising, never by `sys.exit`: of a job
that raises, Databricks keeps the error, which the flow that waits for it then shows.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.matching.datasets import Matched, match_datasets, read_request
from soundtracks.matching.spark.session import ACTIVE
from soundtracks.settings import get_settings


def main(arguments: Sequence[str] | None = None) -> None:
    """Matches what the flow asked for and leaves the result in the lake. Raises LakeError, MatchError."""
    parser = argparse.ArgumentParser(prog="soundtracks-match", description=__doc__)
    parser.add_argument(
        "--lake", required=True, help="the lake as a folder that driver and workers see: a volume of Unity Catalog"
    )
    parser.add_argument("--run-id", required=True, help="the run whose match-request.json says what to match")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.info(run(Path(given.lake), given.run_id).metrics.summary)


def run(lake: Path, run_id: str) -> Matched:
    """The match with the active session; the workers share the folder `stage` of the lake."""
    if not lake.is_dir():
        raise LakeError(
            f"The lake {lake} is not there, or this job may not see it.",
            hint="It is the volume of databricks.yml: `databricks bundle deploy` makes it; the job's owner needs READ VOLUME and "
            "WRITE VOLUME on it.",
        )
    stage = lake / "stage"
    stage.mkdir(exist_ok=True)  # each match makes a folder of its own in it
    given = {"match_engine": "spark", "spark_master": SecretStr(ACTIVE), "spark_stage": str(stage)}
    store = Lake(str(lake))
    return match_datasets(store, read_request(store, run_id), run_id, get_settings().model_copy(update=given))
