"""Carries out what orphans.py decides: looks at the Prefect server and at Azure, ends, removes, repeats, explains.

Reads Azure as the worker does, with the same client and identity; needs no rights beyond the worker's.
"""

import json
import logging
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from threading import Event
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import AwaitingRetry, Cancelled, Crashed

from soundtracks.errors import AzureError, MissingSetting, ServerError, UnexpectedAnswer
from soundtracks.operations.client import MAX_SAID
from soundtracks.operations.container_groups import Group, Sightings, read_group
from soundtracks.operations.crashes import ADVICE, group_in_deletion, tries_crashed
from soundtracks.operations.looks import look_every
from soundtracks.operations.lost_runs import Done
from soundtracks.operations.orphans import Action, GracePeriods, Run, decide
from soundtracks.operations.replies import with_sdk
from soundtracks.settings import Settings
from soundtracks.text.foreign import one_line

if TYPE_CHECKING:
    from azure.identity import DefaultAzureCredential
    from azure.mgmt.containerinstance import ContainerInstanceManagementClient

POOL_TYPE = "azure-container-instance"
AZURE = "Azure's container instances"
#: The tag that our job template gives its container groups: no other group is touched.
TAG = ("application", "soundtrack-links")
_RUN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_STATES = {StateType.PENDING: "PENDING", StateType.RUNNING: "RUNNING", StateType.CANCELLING: "CANCELLING"}

logger = logging.getLogger(__name__)


class Cleanup:
    """One look after another over one resource group. Raises MissingSetting when the settings do not name it."""

    def __init__(self, settings: Settings, patience: GracePeriods | None = None) -> None:
        for name in ("azure_subscription_id", "azure_resource_group"):
            if not getattr(settings, name):
                raise MissingSetting(f"SOUNDTRACKS_{name.upper()}", "the clean-up looks for container groups there")
        self._subscription = settings.azure_subscription_id
        self._resource_group = settings.azure_resource_group
        self._patience = patience or GracePeriods()
        self._azure: ContainerInstanceManagementClient | None = None
        self._sightings = Sightings()

    def once(self) -> list[Done]:
        """Looks, acts, and returns what was done. Raises AzureError or ServerError when one of them is away: then nothing is
        done, because a container that cannot be seen is not gone."""
        from azure.core.exceptions import AzureError as SdkError

        try:
            with get_client(sync_client=True) as client:
                shown = list(self._groups())
                groups = self._sightings.add(shown, time.monotonic())  # a look may take long: what it saw it saw until now
                runs = self._runs(client, groups)
                actions = decide(runs, groups, self._patience)
                done = [action for action in actions if self._done(client, action)]
                self._forget(runs, groups, done)
        except SdkError as error:
            raise AzureError(f"Azure does not answer the clean-up: {error}", hint="The next look finds it.") from error
        except (httpx.HTTPError, PrefectHTTPStatusError) as error:
            raise ServerError(f"The Prefect server does not answer: {error}", hint="The next look finds it.") from error
        return [Done(action.target, action) for action in done]

    def run(self, every: float, ending: Event) -> None:
        """Looks every so many seconds until `ending` is set; while Azure or the server is away it goes on trying."""
        # one answer that nobody expects must not end the watch over all containers
        look_every(every, ending, self.once, away=(AzureError, ServerError), unexpected="A look of the clean-up failed.")

    def _client(self) -> "ContainerInstanceManagementClient":
        if self._azure is None:
            from azure.mgmt.containerinstance import ContainerInstanceManagementClient

            self._azure = ContainerInstanceManagementClient(self._credential, self._subscription)
        return self._azure

    @cached_property
    def _credential(self) -> "DefaultAzureCredential":
        from azure.identity import DefaultAzureCredential

        return DefaultAzureCredential()

    def _groups(self) -> Iterator[Group]:
        from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

        groups = self._client().container_groups
        for listed in with_sdk(lambda: list(groups.list_by_resource_group(self._resource_group)), AZURE):
            name = str(listed.name)
            found = _RUN_ID.search(name)
            if not found or (listed.tags or {}).get(TAG[0]) != TAG[1]:
                continue
            try:
                yield read_group(name, found[0], with_sdk(partial(groups.get, self._resource_group, name), AZURE))
            except ResourceNotFoundError:
                continue
            except (HttpResponseError, UnexpectedAnswer):
                yield Group(name, found[0])  # it is there, and how it is the next look sees: the others need not wait for that

    def _runs(self, client: SyncPrefectClient, groups: list[Group]) -> list[Run]:
        """The runs on ACI pools that are under way or crashed within a day, and those whose container group still stands."""
        pools = WorkPoolFilter(type=WorkPoolFilterType(any_=[POOL_TYPE]))
        under_way = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(_STATES))))
        crashed = FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.CRASHED])),
            end_time=FlowRunFilterEndTime(after_=datetime.now(UTC) - timedelta(days=1)),
        )
        found: dict[str, FlowRun] = {}
        for wanted in (under_way, crashed):
            for run in client.read_flow_runs(flow_run_filter=wanted, work_pool_filter=pools):
                found[str(run.id)] = run
        for group in groups:
            if group.run_id not in found:
                try:
                    found[group.run_id] = client.read_flow_run(UUID(group.run_id))
                except ObjectNotFound:
                    continue
        return [self._with_refusal(_view(client, run)) for run in found.values()]

    def _with_refusal(self, run: Run) -> Run:
        """A crashed run whose message names a slow deletion only, with Azure's reason from the record of the deployment."""
        from azure.core.exceptions import HttpResponseError
        from azure.mgmt.resource import ResourceManagementClient

        group = group_in_deletion(run.message) if run.state == "CRASHED" and ADVICE not in run.message else ""
        if not group:
            return run
        try:
            with ResourceManagementClient(self._credential, self._subscription) as resources:
                record = partial(resources.deployments.get, self._resource_group, f"prefect-{group}")
                deployment = with_sdk(record, AZURE)
        except (HttpResponseError, UnexpectedAnswer):  # the record may be gone; the rest of the look does not depend on it
            return run
        error = deployment.properties and deployment.properties.error
        return replace(run, message=f"{run.message} Azure: {json.dumps(error.as_dict())}") if error else run

    def _forget(self, runs: Iterable[Run], groups: Iterable[Group], actions: Iterable[Action]) -> None:
        """What was seen is kept as long as it can matter: while the group stands, or its run is under way or unjudged."""
        judged = {action.target for action in actions if action.kind in ("again", "explain", "cancel")}
        needed = {run.id for run in runs if run.state in (*_STATES.values(), "CRASHED") and ADVICE not in run.message} - judged
        self._sightings.forget(group.run_id for group in groups if not group.stands and group.run_id not in needed)

    def _done(self, client: SyncPrefectClient, action: Action) -> bool:
        """Whether it was carried out. What is refused (a lock in Azure, a run that was deleted meanwhile) keeps no other waiting,
        and the next look finds it again."""
        from azure.core.exceptions import HttpResponseError

        logger.warning("%s %s: %s", action.kind, action.target, action.message)
        try:
            self._act(client, action)
        except (HttpResponseError, UnexpectedAnswer, ObjectNotFound) as error:
            logger.warning("%s %s was refused: %s", action.kind, action.target, one_line(str(error), MAX_SAID))
            return False
        return True

    def _act(self, client: SyncPrefectClient, action: Action) -> None:
        if action.kind == "remove":
            groups = self._client().container_groups
            with_sdk(partial(groups.begin_delete, self._resource_group, action.target, polling=False), AZURE)
            return
        state: State[Any]
        match action.kind:
            case "crash" | "explain":
                state = Crashed(message=action.message)
            case "cancel":
                state = Cancelled(message=action.message)
            case "again":
                state = AwaitingRetry(message=action.message, scheduled_time=datetime.now(UTC) + timedelta(seconds=action.after))
        client.set_flow_run_state(UUID(action.target), state, force=True)


def _view(client: SyncPrefectClient, run: FlowRun) -> Run:
    state = run.state
    if state is None:
        return Run(str(run.id), run.name, "OTHER", 0)
    kind: Literal["PENDING", "RUNNING", "CANCELLING", "CRASHED", "FINAL", "PAUSED", "OTHER"] = "OTHER"
    crashes = 0
    if state.is_crashed():
        kind = "CRASHED"
        crashes = tries_crashed((str(s.type.value), s.message or "") for s in client.read_flow_run_states(run.id))
    elif state.is_final():
        kind = "FINAL"
    elif state.is_paused():
        kind = "PAUSED"
    elif state.type in _STATES:
        kind = _STATES[state.type]  # type: ignore[assignment]
    since = (datetime.now(UTC) - state.timestamp).total_seconds()
    return Run(str(run.id), run.name, kind, since, state.message or "", crashes, awaited=run.parent_task_run_id is not None)
