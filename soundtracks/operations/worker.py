"""A process worker that first ends what its predecessor left: `python -m soundtracks.operations.worker --pool soundtracks`.

The runs of a process worker are its children: a container that is killed, or a machine that loses power, takes them along,
and the server is never told. They stay Running, and what the worker had claimed stays Pending, in the slots of the pool.
A local stack knows its processes (soundtracks/cli/stack.py); for a worker in a container this is done here.
"""

import logging
import os
import runpy
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

import typer

from soundtracks.errors import ServerError
from soundtracks.operations.access import api_client
from soundtracks.operations.lost_runs import Done, Found, LostRuns
from soundtracks.operations.processes import flow_runs_here

#: Seconds in which a run or another worker that lives is heard of: two heartbeats of a run (deployments.HEARTBEAT_SECONDS)
#: and three of a worker, of which Prefect's sends one every 30 s.
LISTEN = 90.0
#: Seconds after which the server has noticed that a worker is gone.
MAX_LISTEN = 180.0
PAUSE = 5.0

logger = logging.getLogger(__name__)


class LeftBehind:
    """The runs of a pool that were under way when its worker started, and have no process here.

    Make it before the worker starts: what it claims itself is then not among them. `living`: ids of the runs that have a
    process here; `now`, `sleep`: for tests. Raises ServerError when the server is away.
    """

    def __init__(
        self,
        lost: LostRuns,
        pool: str,
        worker: str,
        living: set[str],
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._lost, self._pool, self._worker = lost, pool, worker
        self._now, self._sleep = now, sleep
        self._listens_since = now()
        self._suspects = {
            found.run.id: found.state_id for found in lost.carried() if found.pool == pool and found.run.id not in living
        }

    def end(self) -> list[Done]:
        """Ends those for which no heartbeat and no other worker of the pool vouches, and repeats them where that can help.

        While another worker lives, heartbeats alone can tell; the watcher goes by them.
        """
        while self._suspects and self._now() - self._listens_since < MAX_LISTEN:
            try:
                others = self._lost.workers_online(self._pool) - {self._worker}
                if not others and self._now() - self._listens_since >= LISTEN:
                    return self._lost.take_up(self._unheard())
            except ServerError as error:  # what lived meanwhile was not heard
                logger.warning("%s", error)
                self._listens_since = self._now()
            self._sleep(PAUSE)
        return []

    def _unheard(self) -> list[Found]:
        within = timedelta(seconds=self._now() - self._listens_since)
        beating = self._lost.beating(self._suspects, within)
        return [
            found
            for found in self._lost.carried()
            if self._suspects.get(found.run.id) == found.state_id and found.run.id not in beating
        ]


def main(pool: Annotated[str, typer.Option(help="The work pool whose runs it starts.")]) -> None:
    """Runs Prefect's process worker of this pool, under this machine's own name. Raises ServerError without a server."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)-7s %(message)s", datefmt="%H:%M:%S")
    name = f"{pool} {socket.gethostname()}"
    left = LeftBehind(LostRuns(api_client(os.environ)), pool, name, flow_runs_here())
    threading.Thread(target=left.end, name="left behind", daemon=True).start()
    arguments = ["worker", "start", "--pool", pool, "--name", name, "--type", "process", "--with-healthcheck"]
    sys.argv = ["prefect", *arguments]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    typer.run(main)
