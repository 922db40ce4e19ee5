"""How runs present themselves in the Prefect UI: their names, and what to do when one failed."""

from typing import Any, TypeVar, cast

from prefect import Flow, runtime
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Cancelled, Completed

from soundtracks.operations.by_hand import name_of_list
from soundtracks.operations.crashes import explain
from soundtracks.text.foreign import markdown, one_line

T = TypeVar("T")

#: Characters of a state's message that are repeated.
MAX_MESSAGE = 2000


def name_run() -> str:
    """The name of a run of link-soundtracks: the title file's, so that people find theirs."""
    parameters = runtime.flow_run.parameters or {}
    return name_of_list(str(parameters.get("blob") or parameters.get("titles") or ""))


def completed(result: T, message: str) -> T:
    """What a flow returns to end Completed with a message that tells what came out; its caller receives `result`."""
    return cast(T, Completed(message=one_line(message), data=result))


def discarded(message: str) -> Any:
    """What a flow returns to end Cancelled, because a person did not want what it found."""
    return Cancelled(message=one_line(message))


def explain_failure(flow: Flow[..., object], flow_run: FlowRun, state: State) -> None:
    """Leaves an artifact beside a failed run that tells what happened and what to do next."""
    text = what_to_do(flow_run.name, str(flow_run.id), state)
    create_markdown_artifact(text, key="what-to-do", description="What to do next")


def what_to_do(name: str, run_id: str, state: State) -> str:
    """What happened to a run, and what a person can do, in Markdown."""
    crash = f"{explain(state.message).what_to_do} " if state.is_crashed() else ""
    lines = [
        f"## {markdown(name)}: {state.name}",
        f"> {markdown(state.message or 'It gave no message.', MAX_MESSAGE)}",
        "**What to do next**",
        f"- {crash[:1].upper()}{crash[1:]}Mend what the message names, then choose *Retry* on the run's page, or run it again: "
        "what was fetched is not asked for again.",
        "- A title file that could not be read: mend it and put it into the inbox; the new version gets a run of its own.",
        "- `soundtracks doctor` checks Java, keys, services, lake and workers, and says what is wrong.",
        f"- What this run measured until then: `runs/{run_id}/metrics.json` in the lake; rows set aside: `quarantine/`.",
    ]
    return "\n\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:])
