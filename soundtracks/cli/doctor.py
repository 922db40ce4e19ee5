"""`soundtracks doctor`: checks what a run needs and says what to do about what is missing."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from soundtracks.errors import BadInput, ServerError, SoundtracksError
from soundtracks.text.foreign import terminal_lines

if TYPE_CHECKING:
    import httpx

#: Spark, Prefect and the browserless rest fit into this, GB; less is told, not refused.
MIN_MEMORY_GB, MIN_FREE_DISK_GB = 4, 2

Check = tuple[str, Callable[[], str]]


class NotReady(SoundtracksError):
    """At least one check failed."""


def doctor(
    azure: Annotated[
        bool,
        typer.Option(
            "--azure",
            help="Check what Azure needs instead: keys, login, rights, subscription, region, names, deployment.",
        ),
    ] = False,
    environment: Annotated[Literal["test", "prod"], typer.Option("--env", help="With --azure: which deployment.")] = "test",
    online: Annotated[bool, typer.Option(help="Ask TMDB and Discogs whether they take the keys (two requests).")] = True,
) -> None:
    """Check what a run needs, and say what to do about what is missing (then the exit code is 1).

    Looks at Java, memory, disk, lake, keys, both services, the Prefect server, its version, workers, watcher and lost runs.
    """
    checks = list(_azure_checks(environment, online) if azure else _checks(online))
    table = Table(show_header=False, box=None)
    failed = 0
    for name, check in checks:
        try:
            table.add_row("[green]✓[/]", name, check())
        except SoundtracksError as error:
            failed += 1
            said = error.message.removeprefix(f"{name.lower()}: ")  # the row names the service already
            message, hint = escape(terminal_lines(said)), escape(terminal_lines(error.hint))  # Azure's ids have brackets
            table.add_row("[red]✗[/]", name, f"{message}\n[dim]{hint}[/]" if hint else message)
    console = Console()
    console.print(table)
    if failed:
        raise NotReady(f"{failed} of {len(checks)} checks failed.")
    console.print("All is ready.")


def _checks(online: bool) -> Iterator[Check]:
    from soundtracks.cli.run import use_stack

    try:
        use_stack()
    except BadInput as mismatch:
        yield "stack", _failing(mismatch)
    except ServerError:
        pass  # the check of the server names it
    yield "Python", lambda: sys.version.split()[0]
    yield "Java", _java
    yield "memory", _memory
    yield "lake", _lake
    yield from _key_checks(online)
    yield "Prefect server", _server
    if os.environ.get("PREFECT_API_URL"):
        yield "versions", _versions
        yield "workers", _workers
        yield "watcher", _watcher
        yield "lost runs", _lost_runs


def _key_checks(online: bool) -> Iterator[Check]:
    """One check a service: the key is there and, online, taken."""
    yield "TMDB", lambda: _access("tmdb", online)
    yield "Discogs", lambda: _access("discogs", online)


def _azure_checks(environment: str, online: bool) -> Iterator[Check]:
    from soundtracks.cli.azure.az import Az
    from soundtracks.cli.azure.checks import Checks
    from soundtracks.cli.azure.place import Place

    yield from _key_checks(online)
    yield from Checks(Place(Az(), environment)).all()


def _java() -> str:
    """Spark alone needs it: where no list is matched with Spark, its absence is no fault."""
    from soundtracks.errors import MatchError
    from soundtracks.matching.spark.session import require_java
    from soundtracks.settings import get_settings

    try:
        return str(require_java())
    except MatchError:
        if get_settings().match_engine == "spark":
            raise
        return "none: not needed, but for a match of more films and albums than one process holds (Spark)"


def _memory() -> str:
    import psutil

    total = psutil.virtual_memory().total / 2**30
    return f"{total:.0f} GB" + ("" if total >= MIN_MEMORY_GB else f": less than {MIN_MEMORY_GB} GB is tight for Spark")


def _lake() -> str:
    from soundtracks.lake.lake import Lake
    from soundtracks.lake.stores.folder import Folder

    lake = Lake.from_settings()
    if isinstance(lake.store, Folder):
        lake.store.require_exclusive_names()
    lake.write_bytes("doctor.txt", b"ok")
    if lake.read_bytes("doctor.txt") != b"ok":
        raise NotReady(f"{lake.url} does not give back what was written.")
    lake.delete("doctor.txt")
    if lake.url.startswith("file://"):
        free = shutil.disk_usage(lake.url.removeprefix("file://")).free / 2**30
        if free < MIN_FREE_DISK_GB:
            raise NotReady(f"{lake.url}: only {free:.1f} GB are free.", hint="Free some space, or set SOUNDTRACKS_LAKE_URL.")
        return f"{lake.url} ({free:.0f} GB free)"
    return lake.url


def _access(source: Literal["tmdb", "discogs"], online: bool) -> str:
    from soundtracks.settings import get_settings
    from soundtracks.sources.endpoints import access_to
    from soundtracks.sources.services import check_access

    settings = get_settings()
    access_to(source, settings)
    return check_access(source, settings) if online else "the key is set"


def _server() -> str:
    import httpx

    url = os.environ.get("PREFECT_API_URL", "")
    if not url:
        raise NotReady("no server is running.", hint="`soundtracks up` starts one here.")
    try:
        httpx.get(f"{url}/health", timeout=5).raise_for_status()
    except httpx.HTTPError as error:
        raise NotReady(
            f"{url} does not answer: {error}.", hint="`soundtracks up` starts one here, or correct PREFECT_API_URL."
        ) from error
    return url.removesuffix("/api")


def _versions() -> str:
    from soundtracks.operations.versions import check_versions

    with _api() as api:
        return check_versions(api)


def _workers() -> str:
    import httpx

    with _api() as api:
        try:
            pools = [pool["name"] for pool in api.post("/work_pools/filter", json={}).raise_for_status().json()]
            answers = {pool: api.post(f"/work_pools/{pool}/workers/filter", json={}) for pool in pools}
            workers = {pool: answer.raise_for_status().json() for pool, answer in answers.items()}
        except (httpx.HTTPError, ValueError) as error:
            raise NotReady(f"{api.base_url} does not answer: {error}.") from error
    online = {pool: sum(worker["status"] == "ONLINE" for worker in found) for pool, found in workers.items()}
    if idle := [name for name, count in online.items() if count == 0]:
        raise NotReady(f"no worker serves {', '.join(idle)}.", hint="`soundtracks up`, or `prefect worker start --pool NAME`.")
    if not online:
        raise NotReady("there are no work pools.", hint="`soundtracks deploy` registers them.")
    return ", ".join(f"{name}: {count}" for name, count in online.items())


def _watcher() -> str:
    from soundtracks.cli.stack import Stack

    stack = Stack.load()
    if not stack.services:
        return "not of this machine: look at its own log"
    if not stack.running("watcher"):
        raise NotReady("the inbox watcher has ended.", hint="`soundtracks up` starts it; .soundtracks/logs/watcher.log says why.")
    return "runs"


def _lost_runs() -> str:
    """Of the local stack: runs without a process. Else: runs without a heartbeat, which may live if the server was away."""
    from soundtracks.cli.stack import POOLS, Stack, folder
    from soundtracks.operations import processes
    from soundtracks.operations.lost_runs import LostRuns

    stack = Stack.load()
    with _api() as api:
        lost = LostRuns(api)
        if stack.services:
            served = {pool for pool in POOLS if stack.running(f"worker {pool}")}
            found = lost.without_process(POOLS, processes.flow_runs(folder()), served)
            hint = "`soundtracks up` ends them and takes up what can go on."
        else:
            found = lost.silent()
            hint = "The watcher ends them once the server has been there for three minutes: is it running?"
    if found:
        names = ", ".join(f"{lost.run.name} ({lost.run.state.capitalize()}, {lost.run.id})" for lost in found)
        raise NotReady(f"nobody carries on {names}.", hint=hint)
    return "none"


def _api() -> "httpx.Client":
    from soundtracks.operations.access import api_client

    return api_client(os.environ)


def _failing(error: SoundtracksError) -> Callable[[], str]:
    def fail() -> str:
        raise error

    return fail
