"""A run that a person asks for, or ends. Prefect-free: nobody waits for Prefect's import before the server is asked."""

import time
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from soundtracks.errors import BadInput, ServerError
from soundtracks.lists.typed import is_typed_film
from soundtracks.operations.client import refusal
from soundtracks.text.foreign import one_line

#: Characters of a run's name: it stands in lists, logs and messages.
MAX_NAME = 120
#: Seconds that a run has to end after it was cancelled.
MAX_CANCEL = 60
#: The state types that a run ends in.
FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def name_of_list(source: str) -> str:
    """The name of a run: its title file's, so that people find theirs; a film that was typed stands for itself."""
    name = source if is_typed_film(source) else PurePosixPath(source).name
    return one_line(name, MAX_NAME) or "no-titles"


def ask_for_run(api: httpx.Client, deployment: str, parameters: dict[str, object], key: str, queue: str) -> UUID:
    """Creates the run of this idempotency key, or finds it; returns its id.

    Args:
        api: the server's, of access.api_client.
        deployment: such as link-soundtracks/local.
        parameters: the flow's; `titles` names the run.
        queue: where the run waits, if the deployment has a pool.

    Raises ServerError when the server does not know the deployment, or refuses the run; httpx.HTTPError when it does not answer
    or fails.
    """
    found = api.get(f"/deployments/name/{quote(deployment)}")
    if found.status_code == httpx.codes.NOT_FOUND:
        raise ServerError(f"The server has no deployment {deployment}.", hint="Register it: `soundtracks deploy`.")
    known = _answer(found)
    wanted: dict[str, object] = {
        "name": name_of_list(str(parameters["titles"])),
        "parameters": parameters,
        "idempotency_key": key,
        "state": {"type": "SCHEDULED"},
    }
    if known["work_pool_name"]:  # the server refuses to name a queue where there is no pool
        wanted["work_queue_name"] = queue
    return UUID(str(_answer(api.post(f"/deployments/{known['id']}/create_flow_run", json=wanted))["id"]))


def run_of_key(api: httpx.Client, key: str) -> UUID | None:
    """The run that was created with this idempotency key. Raises as `ask_for_run` does."""
    wanted = {"flow_runs": {"idempotency_key": {"any_": [key]}}, "limit": 1}
    found = _answer(api.post("/flow_runs/filter", json=wanted))
    return UUID(found[0]["id"]) if found else None


def cancel_run(api: httpx.Client, run_id: UUID, sleep: Callable[[float], None] = time.sleep) -> bool:
    """Asks for the run's end and waits until it has come, for a minute at most; whether it has.

    Raises BadInput for a run that the server does not know; else as `ask_for_run` does.
    """
    state = {"type": "CANCELLING", "name": "Cancelling", "message": "Cancelled by who started it."}
    asked = api.post(f"/flow_runs/{run_id}/set_state", json={"state": state})
    if asked.status_code == httpx.codes.NOT_FOUND:
        raise BadInput(f"The server knows no run {run_id}.")
    _answer(asked)
    for _ in range(MAX_CANCEL):
        if (_answer(api.get(f"/flow_runs/{run_id}"))["state"] or {}).get("type") in FINAL:
            return True
        sleep(1)
    return False


def _answer(response: httpx.Response) -> Any:
    if response.is_client_error:
        raise refusal(response)
    return response.raise_for_status().json()
