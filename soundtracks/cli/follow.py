"""Watches a flow run from the terminal: a line for each subflow, with its progress, until the run has ended."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterType,
    FlowRunFilter,
    FlowRunFilterIdempotencyKey,
    FlowRunFilterParentFlowRunId,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from soundtracks.errors import BadInput, ServerError, SoundtracksError
from soundtracks.inbox.memory import Memory
from soundtracks.inbox.titlefile import TitleFile, container_of
from soundtracks.operations.client import MAX_AWAY, ServerRefuses, answering
from soundtracks.operations.crashes import ADVICE
from soundtracks.operations.states import WAITS, in_words, said
from soundtracks.text.foreign import markup

if TYPE_CHECKING:
    from soundtracks.lake.lake import Lake

#: Seconds that who watches the server (watcher, Azure's clean-up) has to repeat a run that crashed, or to explain it: it looks
#: every minute, and may be starting itself, after what ended the run.
MAX_JUDGED = 300.0


class RunFailed(SoundtracksError):
    """A run that was followed did not end well."""


class RunWaits(SoundtracksError):
    """A run that was followed waits for a person's approval."""


class Mark(SpinnerColumn):
    """Turns while a run goes on; then says at a glance how it ended."""

    def render(self, task: Task) -> RenderableType:
        if not task.finished:
            return super().render(task)
        ended = task.fields["state"]
        return Text("✓", style="green") if ended in ("", "Completed", WAITS["Suspended"]) else Text("✗", style="red")


def run_of_file(lake: "Lake", name: str, size: int, seconds: float, pause: float, hint: str) -> FlowRun | None:
    """The run that the watcher made of this version of a file; None when it had one that the server has deleted since.

    Raises ServerError, with the hint, after so many seconds.
    """
    container, prefix = container_of(lake)
    etag, memory = lake.etag(name), Memory(lake)
    due = memory.next_visit(name, etag)
    file = TitleFile(container, prefix + name, etag, size, due or memory.last_visit(name, etag))
    deadline = time.monotonic() + seconds
    with get_client(sync_client=True) as client:
        while time.monotonic() < deadline:
            if run := run_of_key(client, file.key):
                return run
            if due is None:
                return None
            time.sleep(pause)
    raise ServerError(f"No run was started for {name}.", hint=hint)


def run_of_key(client: SyncPrefectClient, key: str) -> FlowRun | None:
    """The run that was created with this idempotency key."""
    wanted = FlowRunFilter(idempotency_key=FlowRunFilterIdempotencyKey(any_=[key]))
    return next(iter(client.read_flow_runs(flow_run_filter=wanted)), None)


def follow(
    client: SyncPrefectClient, run_id: UUID, console: Console, ui_url: str, sleep: Callable[[float], None] = time.sleep
) -> FlowRun:
    """Shows the run until it has ended or is suspended; returns it. A server that restarts is waited for, for the run goes on
    meanwhile; so is the repetition of a run that crashed.

    Raises RunFailed with its last message when it ended and did not complete, BadInput when the server does not know it,
    ServerError when that stays away or refuses.
    """
    columns = (
        Mark(),
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        lines: dict[UUID, TaskID] = {}
        whole = progress.add_task("", total=None, state="")
        answered, ended = time.monotonic(), None
        while True:
            try:
                run, children = _look(client, run_id)
            except ServerRefuses:
                raise
            except ServerError:
                if time.monotonic() - answered > MAX_AWAY:
                    raise
                ended = None  # who judges was without it as well
                progress.update(whole, state="the server does not answer")
                sleep(1)
                continue
            answered = time.monotonic()
            shown = in_words(run.state_name) if _is_judged(run) else f"{run.state_name}; it may be repeated"
            progress.update(whole, description=markup(run.name), state=shown)
            for child, percent in children:
                if child.id not in lines:
                    lines[child.id] = progress.add_task(markup(child.name), total=100, state="")
                # a child has its name once it has begun
                progress.update(lines[child.id], completed=percent, state=child.state_name or "", description=markup(child.name))
            ended = (ended or answered) if _has_ended(run) else None
            if is_suspended(run) or (ended and (_is_judged(run) or answered - ended > MAX_JUDGED)):
                break
            sleep(0.5)
        progress.update(whole, total=100, completed=100)
    if run.state is None or not (run.state.is_completed() or is_suspended(run)):
        raise RunFailed(
            f"The run {run.name} ended {run.state_name}: {said(run.state.message if run.state else None)}",
            hint=f"Its logs: {ui_url}/runs/flow-run/{run.id}",
        )
    return run


def _look(client: SyncPrefectClient, run_id: UUID) -> tuple[FlowRun, list[tuple[FlowRun, float]]]:
    """The run, and its subflows with their percentages. Raises ServerError, and BadInput for a run that is not known."""
    with answering(hint=f"The run may go on. Once the server is back: soundtracks run --follow {run_id}"):
        try:
            run = client.read_flow_run(run_id)
        except ObjectNotFound as error:
            raise BadInput(f"The server knows no run {run_id}.", hint="Is PREFECT_API_URL that of its server?") from error
        children = _children(client, run_id)
        done = {child.id for child in children if _has_ended(child)}
        return run, [(child, 100.0 if child.id in done else _percent(client, child.id)) for child in children]


def _has_ended(run: FlowRun) -> bool:
    return run.state is not None and run.state.is_final()


def is_suspended(run: FlowRun) -> bool:
    """Whether it waits for a person."""
    return run.state is not None and run.state.is_paused()


def _is_judged(run: FlowRun) -> bool:
    """Whether a run that ended stays so: one that crashed may be repeated, until advice stands in its message."""
    return run.state is None or not run.state.is_crashed() or ADVICE in (run.state.message or "")


def _children(client: SyncPrefectClient, run_id: UUID) -> list[FlowRun]:
    parent = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[run_id]))
    return client.read_flow_runs(flow_run_filter=parent, sort=FlowRunSort.EXPECTED_START_TIME_ASC)


def _percent(client: SyncPrefectClient, run_id: UUID) -> float:
    wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]), type=ArtifactFilterType(any_=["progress"]))
    found = client.read_artifacts(artifact_filter=wanted)
    return float(str(found[-1].data)) if found else 0.0
