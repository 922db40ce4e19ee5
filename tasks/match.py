"""The match on datasets of the lake, as a task of this process."""

from prefect import get_run_logger, task

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching import datasets
from soundtracks.matching.datasets import Matched
from soundtracks.settings import get_settings


@task(task_run_name="match-{run_id}")
def match_datasets(films: DatasetRef, albums: list[DatasetRef], run_id: str) -> Matched:
    """Matches album datasets against films; see soundtracks.matching.datasets."""
    wanted = datasets.Request(films=films, albums=albums)
    logger = get_run_logger()
    matched = datasets.match_datasets(Lake.from_settings(), wanted, run_id, get_settings(), warn=logger.warning)
    logger.info(matched.metrics.summary)
    if matched.metrics.agreement:
        logger.info(matched.metrics.agreement)
    if matched.metrics.shortfall:
        logger.warning(matched.metrics.shortfall)
    return matched
