"""What is known of the container groups of ours: as Azure shows them now, and as it last showed those that are gone.

Azure often takes 30 to 90 s to delete a group; the worker waits 30 s, gives up, and forgets the exit code. So the clean-up
keeps it. Prefect-free.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Group:
    """A container group of one run. `state`: Waiting, Running or Terminated; empty where Azure does not say.

    `exit_code`, `ended_for` (seconds): of a container that has ended; else None and 0. `detail`: Azure's word for the end
    (OOMKilled). `warnings`: what Azure's events warn of, the newest last. `gone_for`: seconds since Azure last showed the
    group; None while it does.
    """

    name: str
    run_id: str
    state: str = ""
    exit_code: int | None = None
    ended_for: float = 0
    detail: str = ""
    warnings: tuple[str, ...] = ()
    gone_for: float | None = None

    @property
    def stands(self) -> bool:
        return self.gone_for is None

    @property
    def last_words(self) -> str:
        """How the container ended or what kept it from starting, as a sentence or two; empty where nothing is known."""
        if self.exit_code is not None:
            detail = f" ({self.detail})" if self.detail and self.exit_code else ""
            found = f"The container ended with status code {self.exit_code}{detail}."
        elif self.state == "Waiting":
            found = "The container never started."
        else:
            return ""
        return f"{found} Azure: {self.warnings[-1]}" if self.warnings else found


class Sightings:
    """Remembers each group as it was last seen, until it is forgotten."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[Group, float]] = {}

    def add(self, groups: Iterable[Group], at: float) -> list[Group]:
        """These groups, seen `at` (seconds of any clock), completed by what was known of them; then those that are gone."""
        now = {group.run_id: self._completed(group, at) for group in groups}
        gone = [self._aged(run_id, at) for run_id in self._last if run_id not in now]
        self._last |= {run_id: (group, at) for run_id, group in now.items()}
        return [*now.values(), *gone]

    def forget(self, run_ids: Iterable[str]) -> None:
        for run_id in run_ids:
            self._last.pop(run_id, None)

    def _completed(self, group: Group, at: float) -> Group:
        if group.state or group.run_id not in self._last:
            return group
        return replace(self._aged(group.run_id, at), gone_for=None)

    def _aged(self, run_id: str, at: float) -> Group:
        group, seen = self._last[run_id]
        ended_for = group.ended_for + (at - seen) if group.exit_code is not None else 0
        return replace(group, ended_for=ended_for, gone_for=at - seen)


def read_group(name: str, run_id: str, shown: Any) -> Group:
    """The group as the SDK's ContainerGroup shows it. Azure may leave out the instance view, its state, its times."""
    view = shown.containers[0].instance_view if shown.containers else None
    state = view.current_state if view else None
    if state is None:
        return Group(name, run_id)
    events = [event for place in (shown.instance_view, view) if place for event in place.events or ()]
    warnings = tuple(str(event.message) for event in events if event.type == "Warning" and event.message)
    group = Group(name, run_id, str(state.state or ""), detail=str(state.detail_status or ""), warnings=warnings)
    if group.state != "Terminated" or state.exit_code is None:
        return group
    since = (datetime.now(UTC) - state.finish_time).total_seconds() if state.finish_time else 0
    return replace(group, exit_code=int(state.exit_code), ended_for=since)
