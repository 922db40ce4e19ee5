"""Flow match-albums: the Spark match. Has a deployment of its own, so that it runs where there is memory for it."""

from prefect import flow

from soundtracks.lake.lake import DatasetRef
from soundtracks.matching.datasets import Matched
from tasks.match import match_datasets
from tasks.outcome import completed


@flow(name="match-albums", flow_run_name="match-albums")
def match_albums(films: DatasetRef, albums: list[DatasetRef], run_id: str) -> Matched:
    """Links albums to films.

    Takes references to datasets of the lake and leaves a reference to the links in runs/<run_id>/match.json: a
    container shares no memory and no disk with the parent flow.

    Args:
        films: films, as extract-films or import-dump wrote them.
        albums: album datasets; where an album stands in several, the first counts.
        run_id: the run that the links belong to.
    """
    matched = match_datasets(films, albums, run_id)
    return completed(matched, matched.metrics.summary)
