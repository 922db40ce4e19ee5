"""Work pools, made or renewed."""

from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectNotFound

from soundtracks.errors import BadInput
from soundtracks.operations.deployments import Pool
from soundtracks.operations.queues import LARGE

#: Priority of the queue of large lists: Prefect takes the lowest number first.
LAST = 100


def register_pool(client: SyncPrefectClient, pool: Pool, template: dict[str, Any]) -> None:
    """Creates the pool, or gives it the limit and template it should have. Raises BadInput when its type is another."""
    try:
        known = client.read_work_pool(pool.name)
    except ObjectNotFound:
        wanted = WorkPoolCreate(
            name=pool.name, type=pool.type, base_job_template=template or {}, concurrency_limit=pool.concurrency_limit
        )
        client.create_work_pool(wanted)
        _register_queue(client, pool)
        return
    if known.type != pool.type:
        raise BadInput(f"The work pool {pool.name} is of type {known.type}.", hint="Delete it in the UI, then deploy again.")
    # only what is ours to say: an empty template is an error to the server, and Prefect's own is the worker's to keep
    ours = {"concurrency_limit": pool.concurrency_limit} | ({"base_job_template": template} if template else {})
    client.update_work_pool(pool.name, WorkPoolUpdate(**ours))
    _register_queue(client, pool)


def _register_queue(client: SyncPrefectClient, pool: Pool) -> None:
    """The queue of large lists, after all others; its limit is a count of runs, which no restart of the server forgets."""
    if pool.large_limit is None:
        return
    try:
        queue = client.read_work_queue_by_name(LARGE, pool.name)
    except ObjectNotFound:
        client.create_work_queue(LARGE, work_pool_name=pool.name, priority=LAST, concurrency_limit=pool.large_limit)
    else:
        client.update_work_queue(queue.id, priority=LAST, concurrency_limit=pool.large_limit)
