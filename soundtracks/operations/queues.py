"""Where a run waits for a worker: a list of five does not wait behind one of 5,000.

Large lists wait in a queue of their own, which never takes the last slot of its pool.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prefect.client.schemas.responses import DeploymentResponse

DEFAULT, LARGE = "default", "large"
#: A list of more films, or a file of more bytes where nobody has read it yet, is large: its run takes a quarter of an hour.
LARGE_FILMS, LARGE_BYTES = 500, 50_000


def queue_of(deployment: "DeploymentResponse", queue: str) -> str | None:
    """The queue where a run of the deployment waits; none where the deployment has no pool: the server refuses to name one."""
    return queue if deployment.work_pool_name else None


def queue_for(films: int = 0, size: int = 0) -> str:
    """The queue of a list: by its films, or by the bytes of its file."""
    return LARGE if films > LARGE_FILMS or size > LARGE_BYTES else DEFAULT
