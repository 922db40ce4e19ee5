"""The match as a step of the parent flow: submitted to its own deployment, where there is memory for it.

The parent passes references, waits without holding data, and ends the child when it is itself cancelled. A child that
its infrastructure lost is run again here, a bounded number of times, because the parent waits for it.
"""

import hashlib
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import cast

import httpx
from prefect import get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelling
from tenacity import retry, retry_if_exception, stop_after_delay, wait_exponential

from soundtracks.errors import MatchError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.datasets import Matched, read_result
from soundtracks.operations.client import MAX_AWAY, is_away
from soundtracks.operations.crashes import ADVICE, explain
from soundtracks.operations.states import in_words
from soundtracks.settings import get_settings
from tasks.databricks_match import match_on_databricks
from tasks.match import match_datasets

#: A match of 200,000 albums takes minutes; one that takes longer than this, in seconds, hangs.
MAX_MATCH = 4 * 3600.0
#: Films and albums together that the parent matches itself, within the 2 GB that it has in Azure.
MAX_ROWS_IN_PROCESS = 50_000
#: How often a child is run in all when its infrastructure fails.
TRIES = 3


def match_through_deployment(films: DatasetRef, albums: list[DatasetRef], run_id: str) -> Matched:
    """Runs the match where SOUNDTRACKS_MATCH_DEPLOYMENT says; in this process when it is empty, or when the match is small
    and no engine is asked for: a list of some hundred films then takes a second instead of a process and a Spark session.

    What is not small goes to Databricks where SOUNDTRACKS_DATABRICKS_JOB names a job. Raises AzureError, MatchError.
    """
    settings = get_settings()
    small = settings.match_engine == "auto" and films.rows + sum(ref.rows for ref in albums) <= MAX_ROWS_IN_PROCESS
    if not small and settings.databricks_job not in ("", "none"):
        return match_on_databricks(films, albums, run_id)
    if small or not settings.match_deployment:
        return match_datasets(films, albums, run_id)
    return submit_match(settings.match_deployment, films, albums, run_id)


def submit_match(
    deployment: str,
    films: DatasetRef,
    albums: list[DatasetRef],
    run_id: str,
    *,
    timeout: float = MAX_MATCH,
    poll_interval: float = 3,
) -> Matched:
    """Runs the match through a deployment such as match-albums/azure and waits for it; shows as a subflow of the caller.

    `timeout`, `poll_interval`: seconds. A parent that is run again takes up a child that still runs or has completed.
    When this process is told to end, its child is cancelled. Raises MatchError, which says what to do.
    """
    parameters: dict[str, object] = {
        "films": films.model_dump(),
        "albums": [ref.model_dump() for ref in albums],
        "run_id": run_id,
    }
    deadline = time.monotonic() + timeout
    logger = get_run_logger()
    after = 0.0
    with get_client(sync_client=True) as client:
        for attempt in range(1, TRIES + 1):
            child = _start(deployment, parameters, after)
            logger.info("The match runs as %s in %s", child.name, deployment)
            try:
                state = _wait(client, child, deadline, poll_interval)
            except BaseException:  # signals too: a child that nobody waits for is of no use
                _cancel(client, child)
                raise
            if state is None:
                _cancel(client, child)
                raise MatchError(
                    f"The match {child.name} did not end within {timeout / 60:.0f} minutes and was cancelled.",
                    hint="Its log says where it stood; more cpu and memory in prefect.yaml make it faster.",
                )
            if state.is_completed():
                return read_result(Lake.from_settings(), run_id)
            ended = f"The match {child.name} ended {state.name}: {state.message or 'no message'}"
            if not state.is_crashed():
                raise MatchError(ended, hint="Its own log says more; fix what it names, then retry this run.")
            advice = explain(state.message)
            if not advice.again or attempt == TRIES:
                raise MatchError(ended, hint=f"{ADVICE} {advice.what_to_do}")
            after = advice.after
            logger.warning("%s. It is run again in %.0f s (%d of %d).", ended, after, attempt + 1, TRIES)
    raise AssertionError("unreachable: the last try returns or raises")


def _start(deployment: str, parameters: dict[str, object], after: float) -> FlowRun:
    """Creates the child, or finds the one of an earlier try of this parent that still runs or has completed."""
    digest = hashlib.sha256(repr((deployment, parameters)).encode()).hexdigest()[:16]
    for number in count(1):
        try:
            run = _run_of_key(deployment, parameters, f"match-{digest}-{number}", after)
        except ObjectNotFound as error:
            raise MatchError(f"The server has no deployment {deployment}.", hint="Register it: `soundtracks deploy`.") from error
        except (httpx.TransportError, PrefectHTTPStatusError) as error:
            hint = "Retry this run once the server is back." if is_away(error) else "`soundtracks deploy` renews it."
            raise MatchError(f"The server did not start {deployment}: {error}", hint=hint) from error
        if run.state is None or run.state.is_completed() or not run.state.is_final():
            break
    return run


#: The server may be away, or without its database, for minutes while it is renewed; its key makes asking again harmless.
@retry(retry=retry_if_exception(is_away), wait=wait_exponential(max=30), stop=stop_after_delay(MAX_AWAY), reraise=True)
def _run_of_key(deployment: str, parameters: dict[str, object], key: str, after: float) -> FlowRun:
    made = run_deployment(
        deployment,
        flow_run_name="match-albums",
        parameters=parameters,
        idempotency_key=key,
        scheduled_time=datetime.now(UTC) + timedelta(seconds=after),
        timeout=0,
    )
    return cast(FlowRun, made)  # in a synchronous flow it is one


def _wait(client: SyncPrefectClient, child: FlowRun, deadline: float, poll_interval: float) -> State | None:
    """The state that the child ended in; None when the time is over. A server that is away for a while is waited for."""
    logged = ""
    while time.monotonic() < deadline:
        state = _state_of(client, child)
        if state and state.name and state.name != logged:
            logged = state.name
            get_run_logger().info("The match %s: %s", child.name, in_words(logged))
        if state and state.is_final():
            return state
        time.sleep(poll_interval)
    return None


def _state_of(client: SyncPrefectClient, child: FlowRun) -> State | None:
    """None while the server is away."""
    try:
        return client.read_flow_run(child.id).state
    except httpx.HTTPError as error:
        if not is_away(error):
            raise
        return None


def _cancel(client: SyncPrefectClient, child: FlowRun) -> None:
    """Asks for the child's end. A server that does not answer now is no reason to hide what happened: the clean-up ends it."""
    with suppress(Exception):
        client.set_flow_run_state(child.id, Cancelling(message="The parent run ended."))
