"""A run that would move many links waits for a person: suspended, so that it holds no slot, no process and no container."""

from datetime import UTC, datetime, timedelta
from itertools import count
from math import ceil
from typing import Literal

from prefect import get_run_logger, runtime, task
from prefect.artifacts import create_markdown_artifact
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import Field, ValidationError

from soundtracks.errors import SoundtracksError
from soundtracks.lake.lake import Lake
from soundtracks.metrics import ApprovalMetrics
from soundtracks.publishing.catalogue_tables import CatalogueTables
from soundtracks.reporting.moves import PROPOSAL, Moves, count_moves
from soundtracks.settings import get_settings
from soundtracks.text.foreign import code, markdown
from tasks.run_outputs import Found, RunOutputs, brought
from tasks.run_record import Run

#: Albums that the artifact names; the proposal has them all.
SHOWN_CHANGES = 50


class Approval(RunInput):
    """The form that the Prefect UI draws, and what `soundtracks run --approve` fills in."""

    decision: Literal["publish", "discard"] = Field(
        title="Decision", description="publish: the catalogue takes these links. discard: it stays as it is, and the run ends."
    )
    by: str = Field("", title="Who decides", max_length=80, description="Stands in the run's metrics.")
    reason: str = Field("", title="Reason", max_length=300, description="Stands there as well; may be empty.")


def approval_of(run: Run, found: Found) -> Approval | None:
    """What a person says of a run that would move many links; None where nobody need be asked.

    Suspends the run to ask: its process ends here, and a later one comes to this line again, with the answer.
    """
    if run.held is None:
        with run.stage("compare"):
            proposal = compare_with_catalogue(found, run.id)
        if proposal is None:
            return None
        run.hold(found, proposal)
    answer = _ask(run)
    run.approved(answer.decision, answer.by, answer.reason)
    return answer


@task(task_run_name="compare-with-catalogue")
def compare_with_catalogue(found: Found, run_id: str) -> ApprovalMetrics | None:
    """What the run would move, where that is so much that a person must approve it; its report is then in the lake already."""
    lake, settings = Lake.from_settings(), get_settings()
    tables = CatalogueTables(lake)
    if tables.is_empty or settings.approval_share == 1:
        return None
    catalogue, result = brought(lake, found, run_id)
    moves = count_moves(tables, result)
    get_run_logger().info(moves.summary)
    if not moves.need_approval(settings.approval_share, settings.approval_links):
        return None
    lake.write_bytes(f"runs/{run_id}/{PROPOSAL}", RunOutputs.of(lake, run_id, catalogue, result).report(files=False))
    create_markdown_artifact(proposal(moves, run_id), key="approval", description="What would move: publish it?")
    return ApprovalMetrics(standing=moves.standing, moved=moves.moved, until=datetime.now(UTC) + _wait())


def proposal(moves: Moves, run_id: str) -> str:
    """What a run would move and how to decide, in Markdown."""
    rows = [
        f"| {markdown(change.album, 80)} | {_films(change.before)} | {_films(change.after) or '–'} |"
        for change in moves.changes[:SHOWN_CHANGES]
    ]
    more = len(moves.changes) - len(rows)
    return "\n".join(
        [
            "## This run waits for approval",
            f"{moves.summary} Nothing is published yet.",
            "",
            "- To decide: *Resume* on this run's page in the Prefect UI, or "
            f"{code(f'soundtracks run --approve {run_id}')}; to drop it, {code(f'soundtracks run --cancel {run_id}')}.",
            f"- The report as it would be: {code(f'soundtracks report {run_id}')}",
            "",
            "| album | linked to | would be linked to |",
            "|---|---|---|",
            *rows,
            *([f"\n… and {more:,} albums more."] if more else []),
        ]
    )


def _films(films: list[tuple[str, str]]) -> str:
    return ", ".join(markdown(title, 80) for _, title in films)


def _ask(run: Run) -> Approval:
    """The answer; asks again where nobody answered in time and the run was retried since."""
    if not runtime.deployment.id:
        raise SoundtracksError(
            f"This run would have to wait for approval, which only a deployment's run can. {run.approval_summary}",
            hint="Start it by `soundtracks run`, or set SOUNDTRACKS_APPROVAL_SHARE=1 to publish without being asked.",
        )
    form = Approval.with_initial_data(description=f"{run.approval_summary} Publish the links of this run?")
    for number in count(1):
        try:
            return suspend_flow_run(wait_for_input=form, timeout=ceil(_wait().total_seconds()), key=f"approval-{number}")
        except ValidationError:  # that wait ended without an answer
            run.waits_until(datetime.now(UTC) + _wait())
    raise AssertionError("unreachable: the run is suspended, or has an answer")


def _wait() -> timedelta:
    return timedelta(days=get_settings().approval_days)
