"""What a crash message means for a person: what to do, and whether running again can help.

The messages are those of Prefect's workers (its table of exit codes), of Prefect's ACI worker and of Azure Resource
Manager, as they arrive in a run's last state. Prefect-free: the match helper, the clean-up and the pages share it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from soundtracks.operations.azure_failures import MAX_READ, advise
from soundtracks.operations.vault import NO_IDENTITY

#: Written before our advice in a state's message: a message that carries it was judged already.
ADVICE = "What to do:"


@dataclass(frozen=True)
class Advice:
    """`again`: the infrastructure failed, not the run, so running again can help. `after`: seconds to wait before that."""

    kind: str
    what_to_do: str
    again: bool
    after: float = 0


#: The first pattern that is found decides.
_TABLE: list[tuple[str, Advice]] = [
    (
        r"status code:? -9\b",
        Advice(
            "killed",
            "its process was killed: by somebody, or by the system because memory ran out. The run is repeated by itself. "
            "Where memory ran out, match on a cluster: SOUNDTRACKS_SPARK_MASTER.",
            again=True,
            after=30,
        ),
    ),
    (
        r"status code:? 137\b|out of memory|OutOfMemory|OOM",
        Advice(
            "memory",
            "the container used more memory than it has. Give it more (job variable `memory` in prefect.yaml, 16 GB is ACI's "
            "usual limit), or match on a cluster: SOUNDTRACKS_SPARK_MASTER.",
            again=False,
        ),
    ),
    (
        rf"status code:? {NO_IDENTITY}\b",
        Advice("identity", "the container's managed identity did not answer in time. The run is repeated by itself.", again=True),
    ),
    (
        r"status code:? (126|127)\b",
        Advice("command", "the image lacks the command that was to run: build and push it anew (`make image`).", again=False),
    ),
    (
        r"status code:? (143|-15)\b|termination signal|SIGTERM|aborted by Python system exit",
        Advice("terminated", "the container was ended from outside. The run is repeated by itself.", again=True),
    ),
    (
        r"status code:? -?\d+",
        Advice(
            "exit",
            "the container ended before the flow could report. Its output is in Log Analytics (table ContainerInstanceLog_CL) "
            "or in the log of the worker; fix what it names and run again.",
            again=False,
        ),
    ),
    (
        r"Timed out after .*container start",
        Advice("slow-start", "the container did not start in time. The run is repeated by itself.", again=True, after=60),
    ),
    (
        r"cancelled by the runtime environment",
        Advice(
            "lease",
            "the Prefect server was restarted and forgot the lease of the deployment's concurrency limit. The run is repeated "
            "by itself. A limit of the work pool has no lease.",
            again=True,
            after=30,
        ),
    ),
    (
        r"slot lost during provisioning|lost its slot",
        Advice("slot", "another run took its slot before it started. The run is repeated by itself.", again=True, after=60),
    ),
]
#: The worker gave up waiting for the deletion of the container group, and said that instead of why the run ended.
_DELETION = r"Timed out after \S+ while waiting for\s+deletion of\s+container group (?P<group>[-a-z0-9]+)"
#: Of a process of this machine. A container that ends so has an image that lacks something, and starts in vain for minutes.
_PROCESS: list[tuple[str, Advice]] = [
    (
        r"status code:? 1\b",
        Advice(
            "start",
            "its process ended before the flow could report, as it does when the Prefect server is away at that moment. The run "
            "is repeated by itself. If it ends so each time, the log of the worker says why: fix what it names and run again.",
            again=True,
            after=60,
        ),
    ),
]
_INFRASTRUCTURE = (
    r"Failed to submit flow run|Container creation failed|lost|vanished|no heartbeat|never started|server is shutting down",
    Advice("infrastructure", "the infrastructure failed, not the flow. The run is repeated by itself.", again=True, after=30),
)
_UNKNOWN = Advice(
    "unknown",
    "look at the run's log; `soundtracks doctor` checks the rest. With nothing wrong there, run it again.",
    again=False,
)


def explain(message: str | None, *, in_container: bool = False) -> Advice:
    """The advice for a crashed run's message; that of an unknown crash where no pattern fits.

    `in_container`: the run had a container of its own, and was no process of a worker's.
    """
    complete = (message or "").partition(ADVICE)[0]
    if len(complete) > MAX_READ:  # the patterns look back and forth: what is read of a message is bounded
        complete = f"{complete[: MAX_READ // 2]} {complete[-MAX_READ // 2 :]}"
    said = re.sub(_DELETION, "", complete)
    for pattern, advice in _TABLE if in_container else [*_PROCESS, *_TABLE]:
        if re.search(pattern, said, re.IGNORECASE):
            return advice
    if azure := advise(said):
        return Advice(azure.name, f"{azure.cause} {azure.remedy}", again=azure.again is not None, after=azure.again or 0)
    pattern, advice = _INFRASTRUCTURE
    return advice if said != complete or re.search(pattern, said, re.IGNORECASE) else _UNKNOWN


def tries_crashed(history: Iterable[tuple[str, str]]) -> int:
    """How many tries of a run crashed, by its states from the first on: their types and messages.

    A worker that was slow may report of a try that was given up before: a crash after which nothing had begun is none of its own.
    """
    tries, begun = 0, True
    for state, message in history:
        if state == "CRASHED" and ADVICE not in message:
            tries, begun = tries + begun, False
        elif state in ("PENDING", "RUNNING"):
            begun = True
    return tries


def hides_reason(message: str) -> bool:
    """Whether the message names a loss only, so that what was seen of the container says more."""
    return explain(message, in_container=True).kind in (_INFRASTRUCTURE[1].kind, _UNKNOWN.kind)


def group_in_deletion(message: str) -> str:
    """The container group whose slow deletion the worker names instead of the reason; empty where it does not."""
    found = re.search(_DELETION, message)
    return found["group"] if found else ""
