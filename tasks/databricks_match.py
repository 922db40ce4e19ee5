"""The match as a job of Databricks: request and result stand in the lake, the job is given the run's id only.

The parent waits without holding data, ends the job's run when it is itself ended, and runs it again, a bounded number of times,
where Databricks or Azure lost it.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

from prefect import get_run_logger, task

from soundtracks.errors import AzureError, LakeError, MatchError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.datasets import Matched, Request, read_result, request_name
from soundtracks.operations.databricks import Job, Jobs, RunState
from soundtracks.settings import get_settings
from tasks.match import log_match

#: Seconds: a match that takes longer hangs; between two looks.
MAX_MATCH, PAUSE = 4 * 3600.0, 15.0
TRIES = 3
#: Runs of the job that one run of ours may have, with all that a person retried.
MAX_RUNS = 20


@task(task_run_name="databricks-{run_id}")
def match_on_databricks(films: DatasetRef, albums: list[DatasetRef], run_id: str) -> Matched:
    """Runs the match in the job that SOUNDTRACKS_DATABRICKS_JOB names, and waits for it. Raises AzureError, MatchError."""
    jobs, logger = Jobs(Job.read(get_settings().databricks_job)), get_run_logger()
    wanted = Request(films=films, albums=albums)
    matched = run_match(jobs, Lake.from_settings(), wanted, run_id, logger.info, warn=logger.warning)
    log_match(matched.metrics, logger)
    return matched


@dataclass(frozen=True)
class Parent:
    """This process as the one that waits for the match of a run: the latest that began counts. Two may wait for one run of the
    job, where a flow was taken for lost and repeated; they have one key, and the elder must not end what the other waits for."""

    lake: Lake
    run_id: str
    id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def _name(self) -> str:
        return f"runs/{self.run_id}/match-parent.json"

    def begin(self) -> None:
        """Raises LakeError."""
        self.lake.write_json(self._name, self.id)

    @property
    def counts(self) -> bool:
        """Whether no other has begun since; taken for so where the lake does not say."""
        try:
            return bool(self.lake.read_json(self._name) == self.id)
        except LakeError:
            return True


def run_match(
    jobs: Jobs,
    lake: Lake,
    wanted: Request,
    run_id: str,
    say: Callable[[str], object],
    *,
    warn: Callable[[str], object] | None = None,
    timeout: float = MAX_MATCH,
    now: Callable[[], float] = time.monotonic,
) -> Matched:
    """Leaves the request in the lake, runs the job, and reads the result. A parent that is run again takes up the run that it
    started, which the key of the request names. `say`, `warn`: told of what goes on, and of what goes wrong and is tried again.

    Raises AzureError, LakeError, MatchError.
    """
    parent = Parent(lake, run_id)
    parent.begin()
    lake.write_json(request_name(run_id), wanted.model_dump(mode="json"))
    digest = hashlib.sha256(f"{run_id}{wanted.model_dump_json()}".encode()).hexdigest()[:32]
    keys, began, deadline = (f"match-{digest}-{number}" for number in range(1, MAX_RUNS + 1)), jobs.now(), now() + timeout
    for attempt in range(1, TRIES + 1):
        run = _start(jobs, {"run_id": run_id}, keys, began)
        try:
            state = _wait(jobs, run, deadline, say, now)
        except BaseException:  # signals too: a run that nobody waits for costs money
            _cancel(jobs, run, parent)
            raise
        if state is None:
            _cancel(jobs, run, parent)
            raise MatchError(
                f"The match on Databricks (run {run}) did not end within {timeout / 60:.0f} minutes and was cancelled.",
                hint="More workers in databricks.yml make it faster.",
            )
        if state.failure is None:
            return read_result(lake, run_id)
        if not parent.counts:
            raise MatchError(
                f"Another process of this run waits for its match on Databricks (run {run}), which {state.failure.cause}.",
                hint="That process goes on, or says what to do: this one was taken for lost.",
            )
        said = f": {state.message}" if state.message else "."
        ended = f"The match on Databricks (run {run}) {state.failure.cause}{said}"
        if not state.failure.again or attempt == TRIES:
            raise MatchError(ended, hint=f"{state.failure.remedy} {state.page}".strip())
        (warn or say)(f"{ended} It is run again ({attempt + 1} of {TRIES}).")
    raise AssertionError("unreachable: the last try returns or raises")


def _start(jobs: Jobs, parameters: dict[str, str], keys: Iterator[str], began: float) -> int:
    """Starts a run, or finds the one of an earlier try of this parent that goes on or has succeeded: a key names one for good."""
    for key in keys:
        run = jobs.start(parameters, key)
        state = jobs.state(run)
        if state.failure is None or state.end_time >= began:
            return run
    raise MatchError(f"The match was run {MAX_RUNS} times on Databricks, and failed.", hint="Start the list again, as a new run.")


def _wait(jobs: Jobs, run: int, deadline: float, say: Callable[[str], object], now: Callable[[], float]) -> RunState | None:
    """The state that the run ended in; None when the time is over."""
    said = ""
    while now() < deadline:
        state = jobs.state(run)
        if state.ended:
            return state
        if state.words != said:
            said = state.words
            say(f"The match on Databricks (run {run}) {said}. {state.page}".strip())
        jobs.sleep(PAUSE)
    return None


def _cancel(jobs: Jobs, run: int, parent: Parent) -> None:
    """Asks for the run's end, unless another waits for it; a service that does not answer now is no reason to hide what happened:
    the job has a time limit."""
    with suppress(AzureError):
        if parent.counts:
            jobs.cancel(run)
