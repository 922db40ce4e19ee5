"""What Prefect's ACI worker leaves behind, and what is to be done about each: pure decisions. Prefect-free, Azure-free.

Measured with the real worker: it forgets a container group when it is killed; it leaves a run in Submitting when Azure
answers without an instance view; after half a minute of 503 it deletes a container that runs. Nobody else cleans up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from soundtracks.operations.container_groups import Group
from soundtracks.operations.crashes import ADVICE, explain, hides_reason


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
    state: Literal["PENDING", "RUNNING", "CANCELLING", "CRASHED", "FINAL", "PAUSED", "OTHER"]
    since: float
    message: str = ""
    crashes: int = 0
    awaited: bool = False


@dataclass(frozen=True)
class Action:
    """remove: delete the group. crash, cancel, refuse: end the run. again: schedule it `after` seconds. explain: say why."""

    kind: Literal["remove", "crash", "cancel", "again", "explain", "refuse"]
    target: str
    message: str
    after: float = 0


def decide(runs: Iterable[Run], groups: Iterable[Group], patience: GracePeriods = GracePeriods()) -> list[Action]:
    """What to do now. `groups`: those that stand, and the last sight of those that are gone. One look may leave work for the
    next: a run is repeated only when its old container is gone."""
    known = {run.id: run for run in runs}
    seen = {group.run_id: group for group in groups}
    removals = [action for group in seen.values() if group.stands and (action := _group(group, known, patience))]
    endings = [action for run in known.values() if (action := _run(run, seen.get(run.id), patience))]
    return removals + endings


def _group(group: Group, runs: Mapping[str, Run], patience: GracePeriods) -> Action | None:
    run = runs.get(group.run_id)
    if run is None:
        return Action("remove", group.name, "The server knows no run of this container group.")
    if run.state in ("FINAL", "CRASHED") and run.since > patience.kept:
        return Action("remove", group.name, f"The run {run.name} has ended; its container group was left behind.")
    if run.state == "PAUSED" and run.since > patience.kept:  # a suspended run comes back in a container of its own
        return Action("remove", group.name, f"The run {run.name} waits for approval; its container group was left behind.")
    return None


def _run(run: Run, group: Group | None, patience: GracePeriods) -> Action | None:
    stands = group is not None and group.stands
    match run.state:
        case "CRASHED":
            return None if ADVICE in run.message else judge(_with_reason(run, group), stands, patience, in_container=True)
        case "CANCELLING" if not stands and run.since > patience.gone:
            return Action("cancel", run.id, "Cancelled; its container is gone.")
        case "PENDING" | "RUNNING":
            return _lost(run, group if group and _of_this_try(group, run) else None, patience)
    return None


def _of_this_try(group: Group, run: Run) -> bool:
    """A run that is started again has a container group of the same name: what was seen of the last one says nothing."""
    return group.stands or (group.gone_for or 0) < run.since


def _lost(run: Run, group: Group | None, patience: GracePeriods) -> Action | None:
    """Whether a run that is under way has lost its container. `group`: as it was last seen in this try."""
    if group and group.exit_code is not None and group.ended_for > patience.gone:
        return Action("crash", run.id, f"The run was lost. {group.last_words}")
    if group and group.stands:
        return None
    if run.state == "PENDING" and group and (group.gone_for or 0) > patience.gone:
        words = group.last_words or "The container vanished before the run had begun."
        return Action("crash", run.id, f"The run was lost. {words}")
    if run.state == "PENDING" and run.since > patience.start:
        return Action("crash", run.id, "The run never started: its worker took it, and there is no container of it.")
    if run.state == "RUNNING" and (group is None or group.exit_code is None) and run.since > patience.gone:
        return Action("crash", run.id, "The container vanished while the run was running.")
    return None


def _with_reason(run: Run, group: Group | None) -> Run:
    """The crashed run with how its container was last seen, where its message does not say why it ended."""
    if group and group.last_words and group.last_words not in run.message and hides_reason(run.message):
        return replace(run, message=f"{run.message} {group.last_words}")
    return run


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
