"""The match on datasets of the lake, as a task of this process."""

import logging

from prefect import get_run_logger, task

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching import datasets
from soundtracks.matching.datasets import Matched
from soundtracks.metrics import MatchMetrics
from soundtracks.settings import get_settings


@task(task_run_name="match-{run_id}")
def match_datasets(films: DatasetRef, albums: list[DatasetRef], run_id: str) -> Matched:
    """Matches album datasets against films; see soundtracks.matching.datasets."""
    wanted = datasets.Request(films=films, albums=albums)
    logger = get_run_logger()
    matched = datasets.match_datasets(Lake.from_settings(), wanted, run_id, get_settings(), warn=logger.warning)
    log_match(matched.metrics, logger)
    return matched


def log_match(metrics: MatchMetrics, logger: "logging.Logger | logging.LoggerAdapter[logging.Logger]") -> None:
    """What came of a match, wherever it ran, in the log of the run that it belongs to."""
    logger.info(metrics.summary)
    if metrics.agreement:
        logger.info(metrics.agreement)
    if metrics.shortfall:
        logger.warning(metrics.shortfall)
