"""What the Prefect server watches over by itself, as code; `soundtracks deploy` registers it.

| automation | when | then |
|---|---|---|
| run stuck before its start | Pending for 20 minutes | the run is marked Crashed |
| run takes too long | running for a week | the run is cancelled |
| run failed | a run ended Failed, Crashed or TimedOut | SOUNDTRACKS_ALERT_WEBHOOK is called |
| quarantine grows | a run set aside far more of its rows than the runs before (soundtracks/reporting/history.py) | the same |

The last two tell people: without a webhook they are registered switched off, so that people see what there could be.

A crashed run is then judged by the clean-up (lost_runs.py, in Azure cleanup.py): repeated when its infrastructure failed,
explained otherwise. The same clean-up finds runs whose heartbeats cease: an automation would end living runs after an outage.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ActionTypes, CallWebhook, CancelFlowRun, ChangeFlowRunState, DoNothing
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

from soundtracks.operations.lost_runs import TAG
from soundtracks.operations.runs import QUARANTINE_GREW

PREFIX = "soundtracks: "

#: Azure pulls a new image in some minutes; the worker gives up after 10.
STUCK_AFTER = timedelta(minutes=20)
#: At Discogs' rate 100,000 films take a day or two, and half a million in TMDB alone seven hours. Runs that died are found by
#: their heartbeats, a match that hangs by its own limit: this one is for a run that lives and gets nowhere.
TOO_LONG = timedelta(days=7)

_OURS = ResourceSpecification({"prefect.resource.id": f"prefect.tag.{TAG}", "prefect.resource.role": "tag"})


def quoted(expression: str) -> str:
    """A Jinja expression whose text strangers may have written, as `soundtracks.text.foreign.webhook` has it.

    The server renders what the webhook is told, so that our function is out of reach there.
    """
    joiner = "\u2060"  # shows nothing; no program sees an address or a mention across it
    replaced = {"\r": " ", "\n": " ", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
    replaced |= {"@": f"{joiner}@{joiner}", "://": f":{joiner}//", "www.": f"www{joiner}."}
    return f"({expression})|string" + "".join(f"|replace({old!r}, {new!r})" for old, new in replaced.items())


#: What the webhook is told. `tojson`: a message may hold quotes and line breaks.
_FAILED = (
    f'{{"text": {{{{ (flow.name ~ " " ~ {quoted("flow_run.name")} ~ " ended " ~ flow_run.state.name ~ ": " ~ '
    f'{quoted("flow_run.state.message")} ~ " " ~ flow_run|ui_url) | tojson }}}}}}'
)
_GREW = (
    f'{{"text": {{{{ ("The quarantine grows: " ~ {quoted("event.payload.message")} ~ " Run " ~ '
    f"{quoted('event.payload.run_id')}) | tojson }}}}}}"
)
_ENDED = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Crashed", "Cancelled", "TimedOut", "Suspended")}


def automations(webhook: UUID | None = None) -> list[AutomationCore]:
    """All of them. Those that tell people are switched on by a webhook, the id of a block of it."""
    watching = [
        _proactive(
            "run stuck before its start",
            "A run that a worker took and never started.",
            after={"prefect.flow-run.Pending"},
            expect={"prefect.flow-run.Running", "prefect.flow-run.Cancelling", "prefect.flow-run.Scheduled"} | _ENDED,
            within=STUCK_AFTER,
            action=ChangeFlowRunState(
                state=StateType.CRASHED, message="The run never started: its worker took it and let go of it 20 minutes ago."
            ),
        ),
        _proactive(
            "run takes too long",
            "Cancels a run that has been at it for a week; what it fetched is kept for the next.",
            after={"prefect.flow-run.Running"},
            expect=_ENDED | {"prefect.flow-run.Cancelling"},
            within=TOO_LONG,
            action=CancelFlowRun(),
        ),
    ]
    return [*watching, _failed(webhook), _quarantine_grows(webhook)]


def register_webhook(url: str) -> UUID:
    """Keeps the address in an encrypted block of the server, where automations find it; returns the block's id."""
    from prefect.blocks.webhook import Webhook
    from prefect.types import SecretDict
    from pydantic import SecretStr

    block = Webhook(url=SecretStr(url), headers=SecretDict({"Content-Type": "application/json"}))
    return UUID(str(block.save("soundtracks-alerts", overwrite=True)))


def register(client: SyncPrefectClient, wanted: Iterable[AutomationCore]) -> list[str]:
    """Creates or updates each by its name, so that registering again changes nothing; returns the names.

    Those of ours that are wanted no more, of an earlier version, are removed.
    """
    names = []
    wanted = list(wanted)
    for old in client.read_automations():
        if old.name.startswith(PREFIX) and old.name not in {automation.name for automation in wanted}:
            client.delete_automation(old.id)
    for automation in wanted:
        known = client.read_automations_by_name(automation.name)
        if known:
            client.update_automation(known[0].id, automation)
            for double in known[1:]:
                client.delete_automation(double.id)
        else:
            client.create_automation(automation)
        names.append(automation.name)
    return names


def _proactive(
    name: str, description: str, *, after: set[str], expect: set[str], within: timedelta, action: ActionTypes
) -> AutomationCore:
    """Acts on a run of ours when after one of the events `after` none of `expect` comes within the time."""
    return AutomationCore(
        name=PREFIX + name,
        description=description,
        trigger=EventTrigger(
            after=after,
            expect=expect,
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            match_related=_OURS,
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=within,
        ),
        actions=[action],
    )


def _failed(webhook: UUID | None) -> AutomationCore:
    return _telling(
        "run failed",
        "Tells people of a failed run, in the shape that Slack, Teams and Mattermost take.",
        webhook,
        _FAILED,
        expect={"prefect.flow-run.Failed", "prefect.flow-run.Crashed", "prefect.flow-run.TimedOut"},
        match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
        match_related=_OURS,
    )


def _quarantine_grows(webhook: UUID | None) -> AutomationCore:
    return _telling(
        "quarantine grows",
        "Tells people when a run set aside twice the share of rows of any of the five runs before it, and at least 1 %.",
        webhook,
        _GREW,
        expect={QUARANTINE_GREW},
        match=ResourceSpecification({"prefect.resource.id": "soundtracks.quarantine.*"}),
    )


def _telling(name: str, description: str, webhook: UUID | None, payload: str, **trigger: Any) -> AutomationCore:
    """Calls the webhook at each event of the trigger; without one it is switched off and says how to switch it on."""
    off = "" if webhook else " Off: set SOUNDTRACKS_ALERT_WEBHOOK, then `soundtracks deploy`."
    return AutomationCore(
        name=PREFIX + name,
        description=description + off,
        enabled=webhook is not None,
        trigger=EventTrigger(
            **trigger, for_each={"prefect.resource.id"}, posture=Posture.Reactive, threshold=1, within=timedelta(0)
        ),
        actions=[CallWebhook(block_document_id=webhook, payload=payload) if webhook else DoNothing()],
    )
