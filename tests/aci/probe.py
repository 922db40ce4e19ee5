"""The flows that the ACI scenarios run: they do next to nothing, for as long as they are told to."""

import time

from prefect import flow

from soundtracks.lake.lake import DatasetRef
from tasks.submit_match import submit_match


@flow(log_prints=True)
def probe(seconds: float = 0, fail: bool = False) -> str:
    print("hello from the container")
    time.sleep(seconds)
    if fail:
        raise ValueError("the flow itself failed")
    return "done"


@flow(log_prints=True)
def parent(deployment: str, films: DatasetRef, albums: list[DatasetRef], run_id: str) -> None:
    """Submits the match as link-soundtracks does."""
    matched = submit_match(deployment, films, albums, run_id, poll_interval=0.5)
    print(f"matched {matched.metrics.accepted} of {matched.metrics.albums} albums")


@flow
def slow_match(films: DatasetRef, albums: list[DatasetRef], run_id: str) -> None:
    """A match that takes long; stands for one in scenarios that end it before."""
    time.sleep(120)


#: Matches whose containers end badly; the faults are set by name.
fragile_match = slow_match.with_options(name="fragile-match")
shaky_match = slow_match.with_options(name="shaky-match")
