"""What Prefect's ACI worker leaves behind, and what is to be done about each: pure decisions. Prefect-free, Azure-free.

Measured with the real worker: it forgets a container group when it is killed; it leaves a run in Submitting when Azure
answers without an instance view; after half a minute of 503 it deletes a container that runs. Nobody else cleans up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from soundtracks.operations.crashes import ADVICE, explain


@dataclass(frozen=True)
class GracePeriods:
    """Seconds to wait before something counts as left behind; the worker cleans up by itself within these."""

    start: float = 900  # a container that pulls a new image; the worker gives up after 600
    gone: float = 120  # a container that ended without a word, a run without its container
    kept: float = 120  # a container group whose run has ended; Azure's own deletion takes up to a minute
    tries: int = 3  # how often a run is started in all when its infrastructure fails
    pause: float = 1  # factor on the waits that soundtracks/operations/crashes.py advises


@dataclass(frozen=True)
class Run:
    """`since`: seconds in its state. `crashes`: how often it crashed so far. `awaited`: a parent waits, and repeats it itself."""

    id: str
    name: str
    state: Literal["PENDING", "RUNNING", "CANCELLING", "CRASHED", "FINAL", "OTHER"]
    since: float
    message: str = ""
    crashes: int = 0
    awaited: bool = False


@dataclass(frozen=True)
class Group:
    """A container group of ours. `exit_code`, `ended_for` (seconds): of a container that has ended; else None and 0."""

    name: str
    run_id: str
    exit_code: int | None = None
    ended_for: float = 0


@dataclass(frozen=True)
class Action:
    """remove: delete the group. crash, cancel: end the run. again: schedule it `after` seconds. explain: tell what to do."""

    kind: Literal["remove", "crash", "cancel", "again", "explain"]
    target: str
    message: str
    after: float = 0


def decide(runs: Iterable[Run], groups: Iterable[Group], patience: GracePeriods = GracePeriods()) -> list[Action]:
    """What to do now. One look may leave work for the next: a run is repeated only when its old container is gone."""
    known = {run.id: run for run in runs}
    kept = {group.run_id: group for group in groups}
    removals = [action for group in kept.values() if (action := _group(group, known, patience))]
    endings = [action for run in known.values() if (action := _run(run, kept, patience))]
    return removals + endings


def _group(group: Group, runs: Mapping[str, Run], patience: GracePeriods) -> Action | None:
    run = runs.get(group.run_id)
    if run is None:
        return Action("remove", group.name, "The server knows no run of this container group.")
    if run.state in ("FINAL", "CRASHED") and run.since > patience.kept:
        return Action("remove", group.name, f"The run {run.name} has ended; its container group was left behind.")
    return None


def _run(run: Run, groups: Mapping[str, Group], patience: GracePeriods) -> Action | None:
    group = groups.get(run.id)
    match run.state:
        case "CRASHED":
            return None if ADVICE in run.message else judge(run, group is not None, patience, in_container=True)
        case "CANCELLING" if group is None and run.since > patience.gone:
            return Action("cancel", run.id, "Cancelled; its container is gone.")
        case "PENDING" | "RUNNING" if group and group.exit_code is not None and group.ended_for > patience.gone:
            return Action("crash", run.id, f"The container ended with status code {group.exit_code} and the run was lost.")
        case "PENDING" if group is None and run.since > patience.start:
            return Action("crash", run.id, "The run never started: its worker took it, and there is no container of it.")
        case "RUNNING" if group is None and run.since > patience.gone:
            return Action("crash", run.id, "The container vanished while the run was running.")
    return None


def judge(run: Run, has_group: bool, patience: GracePeriods, *, in_container: bool = False) -> Action | None:
    """What to do about a crashed run: again when its infrastructure failed and the tries are not used up; else an explanation."""
    advice = explain(run.message, in_container=in_container)
    if advice.again and not run.awaited and run.crashes < patience.tries:
        if has_group:
            return None
        message = f"Run again, {run.crashes + 1} of {patience.tries}, because its infrastructure failed: {run.message}"
        return Action("again", run.id, message, after=advice.after * patience.pause)
    tried = f" It was started {run.crashes} times." if advice.again and run.crashes > 1 else ""
    text = advice.what_to_do.replace(" The run is repeated by itself.", "") if tried or run.awaited else advice.what_to_do
    return Action("explain", run.id, f"{run.message}{tried}\n{ADVICE} {text}")
