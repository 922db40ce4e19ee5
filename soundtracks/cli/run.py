"""`soundtracks run`: the whole pipeline on one title file, through the Prefect server."""

import hashlib
import io
import os
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import uuid4

import typer
from rich.console import Console

from soundtracks.cli.run_summary import print_summary
from soundtracks.errors import BadInput, BadTitles, ServerError
from soundtracks.text.foreign import markup

if TYPE_CHECKING:
    from uuid import UUID

    import httpx

    from soundtracks.lake.lake import Lake
    from soundtracks.lists.read import Reading
    from soundtracks.metrics import RunMetrics

GOES_ON = """The run goes on.
  Follow it: soundtracks run --follow {id}
  End it:    soundtracks run --cancel {id}"""
HOW_TO_APPROVE = """
  What would change: soundtracks report {id}
  Publish it:        soundtracks run --approve {id}
  Drop it:           soundtracks run --cancel {id}"""
#: Seconds that a busy server has to answer.
MAX_ANSWER = 60.0


def run(
    titles: Annotated[
        str,
        typer.Argument(
            help="A list of films: an export, a table, or one title per line; `soundtracks check` shows how it is read."
            " Or one film: 'Blade Runner (1982)', tt0083658.",
            show_default=False,
        ),
    ] = "",
    plan: Annotated[
        Literal["auto", "search", "sweep", "dump", "cc0"],
        typer.Option(
            help="How to ask Discogs: a search a film, a sweep of its whole soundtrack catalogue, or whichever is cheaper;"
            " dump: not at all, the dumps that were imported are used; cc0: nor TMDB, the films are those imported from Wikidata."
        ),
    ] = "auto",
    deployment: Annotated[str, typer.Option(help="The deployment that runs it.")] = "link-soundtracks/local",
    follow: Annotated[str, typer.Option(metavar="RUN", help="Show a run that goes on already, by its id.")] = "",
    cancel: Annotated[str, typer.Option(metavar="RUN", help="End a run, by its id.")] = "",
    approve: Annotated[
        str, typer.Option(metavar="RUN", help="Publish what a run found that waits for approval, by its id.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who approves; stands in the run's metrics.")] = "",
) -> None:
    """Find the soundtrack albums of a list of films, or of one film.

    Needs a Prefect server (`soundtracks up` starts one here) and keys for TMDB and Discogs in the environment or .env;
    `soundtracks up --sample` needs neither keys nor network. Asks only for what earlier runs did not fetch.

    Ctrl-C in a terminal leaves the run going and says how to follow or end it; a script that is ended ends its run.

    A run that would take away or change many links that stand waits for approval (SOUNDTRACKS_APPROVAL_SHARE): look at it with
    `soundtracks report RUN`, then --approve or --cancel it.
    """
    if sum(map(bool, (titles, follow, cancel, approve))) != 1:
        raise BadInput("Give a list, a film, or one of --follow, --approve and --cancel.", hint="soundtracks run --help")
    use_stack()
    from soundtracks.lake.lake import Lake

    console = Console(emoji=False)
    lake = Lake.from_settings()
    if cancel:
        end_run(lake, cancel, console)
    elif approve:
        approve_run(lake, approve, by)
        print_summary(follow_run(lake, check_id(approve, lake), console), lake, console)
    elif follow:
        print_summary(follow_run(lake, check_id(follow, lake), console), lake, console)
    else:
        require_keys(plan)
        name, queue = take_list(lake, titles, console)
        print_summary(start_and_follow(lake, {"titles": name, "plan": plan}, deployment, console, queue), lake, console)


def take_list(lake: "Lake", titles: str, console: Console) -> tuple[str, str]:
    """Reads the list, says how, and returns what a worker can read, and the queue where it waits for one.

    Raises BadTitles here, not in the log of a run.
    """
    from soundtracks.operations.queues import queue_for

    with console.status(f"Reading {markup(titles)}"):
        from soundtracks.lists.landed import read_landed
        from soundtracks.lists.typed import is_typed_film

        if not os.path.exists(titles) and is_typed_film(titles):
            landed, in_place = read_landed(titles, lake), True
        else:
            in_place = lake_has(lake, titles)
            with named_like_a_film(titles):
                landed = read_landed(titles, lake)
        print_summary_of_list(landed.reading, console)
        landed.reading.check_usable()
        return titles if in_place else upload(lake, titles, landed.sha256), queue_for(films=landed.reading.rows)


@contextmanager
def named_like_a_film(titles: str) -> Iterator[None]:
    """Within it BadTitles says besides how to mean the film: media folders have the names of films."""
    from soundtracks.lists.typed import is_typed_film

    try:
        yield
    except BadTitles as error:
        if not is_typed_film(titles):
            raise
        aside = f"To mean the film and not {titles} here, give its id, such as tt0083658, or call from another folder."
        raise BadTitles(error.message, hint=f"{error.hint} {aside}".strip()) from error


def check_id(text: str, lake: "Lake") -> "UUID":
    """The id of a run, from its address in the UI, or from the beginning that `soundtracks history` shows. Raises BadInput."""
    from uuid import UUID

    from soundtracks.cli.history import find_run

    last = text.rstrip("/").rpartition("/")[2]
    try:
        return UUID(last)
    except ValueError:
        pass
    try:
        return UUID(find_run(lake, last) if last else last)
    except ValueError as error:
        raise BadInput(f"{text} is no id of a run.", hint="Give the id that `soundtracks run` printed.") from error


def end_run(lake: "Lake", text: str, console: Console) -> None:
    """Cancels a run and waits until it has ended. Raises BadInput for a run that the server does not know, ServerError for one
    that takes longer than people wait."""
    from soundtracks.operations.by_hand import cancel_run
    from soundtracks.operations.client import answering
    from soundtracks.operations.unanswered import Unanswered

    run_id = check_id(text, lake)
    with answering(), server() as api, console.status("Ending the run"):
        has_ended = cancel_run(api, run_id)
        Unanswered(lake, api).note(str(run_id))
    if not has_ended:
        raise ServerError(
            "The run is told to end, and has not yet: a worker ends it, and in Azure its container is deleted first.",
            hint=f"Its end: soundtracks run --follow {run_id}. Without a worker, which `soundtracks doctor` tells, it waits.",
        )
    console.print("The run has ended. What it has fetched is kept for the next.")


def approve_run(lake: "Lake", text: str, by: str) -> None:
    """Fills in the form of a run that waits for approval. Raises BadInput where none does, or it may go on no more."""
    import getpass

    from prefect.client.orchestration import get_client
    from prefect.client.schemas import SetStateStatus
    from prefect.exceptions import ObjectNotFound

    from soundtracks.decisions import check_name
    from soundtracks.operations.client import answering

    try:
        run_id, answer = check_id(text, lake), {"decision": "publish", "by": check_name(by or getpass.getuser())}
    except (KeyError, OSError) as error:  # a container may run with a number that has no name
        raise BadInput("Who approves is not known here.", hint="Say it: --by NAME") from error
    with answering(), get_client(sync_client=True) as client:
        try:
            client.read_flow_run(run_id)  # of one that it does not know, the server answers the next request with a failure
            done = client.resume_flow_run(run_id, run_input=answer)
        except ObjectNotFound as error:
            raise BadInput(f"The server knows no run {run_id}.") from error
    if done.status != SetStateStatus.ACCEPT:
        why = getattr(done.details, "reason", None) or "it gives no reason"
        raise BadInput(f"The run {run_id} cannot be approved: {why}", hint=f"What it does: soundtracks run --follow {run_id}")


def print_summary_of_list(reading: "Reading", console: Console) -> None:
    """What was read of a list, before anything is asked."""
    from rich.text import Text

    from soundtracks.text.foreign import terminal

    for line in (reading.summary(), *reading.notes):
        console.print(Text(terminal(line)), highlight=False)


def use_stack() -> None:
    """Takes over the settings of the running local stack, unless the environment names another Prefect server.

    Raises ServerError when there is neither, BadInput when the environment names another lake than the one that the stack
    works on: its workers would look in vain for what this process writes. Call it before Prefect or the settings are imported.
    """
    from soundtracks.cli.stack import Stack

    stack = Stack.load()
    named = os.environ.get("PREFECT_API_URL")
    if named and named != stack.api_url:
        return
    if not stack.api_url:
        raise ServerError(
            "No Prefect server is running.",
            hint="Start one: `soundtracks up`, or without keys `soundtracks up --sample`; or set PREFECT_API_URL.",
        )
    theirs, ours = stack.env.get("SOUNDTRACKS_LAKE_URL", ""), os.environ.get("SOUNDTRACKS_LAKE_URL", "")
    if ours and not _same_lake(ours, theirs):
        raise BadInput(
            f"SOUNDTRACKS_LAKE_URL is {ours}, but the running stack works on {theirs}.",
            hint="Unset it, or `soundtracks down` and `soundtracks up` with it.",
        )
    os.environ.update(stack.env)


def _same_lake(one: str, other: str) -> bool:
    from soundtracks.lake.lake import Lake

    return Lake(one).url == Lake(other).url if "az://" not in one + other else one.rstrip("/") == other.rstrip("/")


def require_keys(plan: str = "auto") -> None:
    """Raises MissingSetting when a key is missing, before a run is started in vain."""
    from soundtracks.settings import get_settings
    from soundtracks.sources.endpoints import access_to

    for source in {"cc0": (), "dump": ("tmdb",)}.get(plan, ("tmdb", "discogs")):
        access_to(source, get_settings())


def lake_has(lake: "Lake", titles: str) -> bool:
    """Whether the list is a name in the lake. Raises BadTitles for a path of this machine where nothing is."""
    if os.path.exists(titles):
        return False
    if "\\" in titles or any(part in ("", ".", "..") for part in titles.split("/")):
        raise BadTitles(f"There is no title file {titles}.", hint="Give a file or folder that exists, or a film with its year.")
    return lake.exists(titles)


def upload(lake: "Lake", titles: str, sha256: str) -> str:
    """Copies a local title file to where a worker elsewhere can read it; outside the inbox, which would start a second run."""
    from soundtracks.inbox.copies import copy_name

    name = os.path.normpath(titles)
    if not os.path.isdir(titles):
        with open(titles, "rb") as file:
            data = file.read()
    else:
        data, name = zipped(titles), f"{name}.zip"
        sha256 = hashlib.sha256(data).hexdigest()
    copy = copy_name(name, sha256)
    lake.write_bytes(copy, data)
    return copy


def zipped(folder: str) -> bytes:
    """The lists of a folder as one file. Equal contents give equal bytes."""
    from soundtracks.lists.containers import open_path

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in open_path(Path(folder)).members:
            archive.writestr(zipfile.ZipInfo(member.name), member.bytes(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def start_and_follow(
    lake: "Lake", parameters: dict[str, object], deployment: str, console: Console, queue: str = "default"
) -> "RunMetrics":
    """Starts a run of the deployment and shows it until it has ended; returns its metrics.

    Ctrl-C of a person at a terminal leaves the run going and says how to follow or end it. A script that is interrupted or
    told to end, and so nobody reads what it says, ends its run. Raises ServerError when the server goes away.
    """
    from soundtracks.operations.by_hand import ask_for_run
    from soundtracks.operations.client import answering

    key = f"by hand {uuid4()}"
    with answering():
        try:
            with console.status("Asking the Prefect server for a run"), server() as api:
                run_id = ask_for_run(api, deployment, parameters, key, queue)
            return follow_run(lake, run_id, console)
        except (KeyboardInterrupt, SystemExit) as interruption:
            at_a_terminal = isinstance(interruption, KeyboardInterrupt) and console.is_terminal and sys.stdin.isatty()
            leave_run(key, at_a_terminal, console)
            raise


def server() -> "httpx.Client":
    """A client of the Prefect API, with the patience that a person has."""
    from soundtracks.operations.access import api_client

    return api_client(os.environ, timeout=MAX_ANSWER)


def leave_run(key: str, goes_on: bool, console: Console) -> None:
    """Says how to follow the run of this key, which goes on, or ends it, if the server has made it."""
    from soundtracks.operations.by_hand import cancel_run, run_of_key

    with server() as api:
        made = run_of_key(api, key)  # asked for by its key: the answer that names it may not have come
        if made and goes_on:
            console.print(GOES_ON.format(id=made), highlight=False, soft_wrap=True)
        elif made:  # a second Ctrl-C does not wait for the end
            console.print("Cancelling the run… What it has fetched is kept for the next.")
            cancel_run(api, made)


def follow_run(lake: "Lake", run_id: object, console: Console) -> "RunMetrics":
    """Shows a run until it has ended; returns its metrics. Raises RunFailed, or RunWaits when it asks for approval."""
    from uuid import UUID

    from prefect.client.orchestration import get_client

    from soundtracks.cli.follow import RunWaits, follow, is_suspended
    from soundtracks.metrics import RunMetrics

    ui_url = os.environ["PREFECT_API_URL"].removesuffix("/api")
    with get_client(sync_client=True) as client:
        console.print(f"Run: {markup(ui_url)}/runs/flow-run/{run_id}", highlight=False, soft_wrap=True)
        ended = follow(client, UUID(str(run_id)), console, ui_url)
    metrics = RunMetrics.model_validate(lake.read_json(f"runs/{ended.id}/metrics.json"))
    if is_suspended(ended):
        raise RunWaits(waiting(metrics, ended.name), hint=HOW_TO_APPROVE.format(id=ended.id))
    return metrics


def waiting(metrics: "RunMetrics", name: str) -> str:
    """What a run that waits for approval would do, and until when it waits."""
    from soundtracks.reporting.moves import moved_in_words

    asked = metrics.approval
    if asked is None:  # somebody else suspended it, in the Prefect UI
        return f"The run {name} is suspended."
    moved = moved_in_words(asked.moved, asked.standing)
    return f"The run {name} waits for approval until {asked.until:%Y-%m-%d %H:%M} UTC: {moved} Nothing is published yet."
