"""Entry point of `soundtracks`: registers the commands and turns our errors into messages and exit codes."""

import io
import os
import signal
import sys
from collections.abc import MutableMapping
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from soundtracks.cli.azure.commands import azure
from soundtracks.cli.browse import browse
from soundtracks.cli.check import check
from soundtracks.cli.collection import collection
from soundtracks.cli.demo import demo
from soundtracks.cli.deploy import deploy
from soundtracks.cli.doctor import doctor
from soundtracks.cli.explain import explain
from soundtracks.cli.history import history
from soundtracks.cli.import_dump import import_dump
from soundtracks.cli.link import link
from soundtracks.cli.links import diff, links, restore
from soundtracks.cli.nfo import nfo
from soundtracks.cli.open import open_
from soundtracks.cli.prune import prune
from soundtracks.cli.publish import publish
from soundtracks.cli.report import report
from soundtracks.cli.review import review
from soundtracks.cli.run import run
from soundtracks.cli.serve import serve
from soundtracks.cli.up import down, up
from soundtracks.cli.watch import watch
from soundtracks.errors import SoundtracksError
from soundtracks.extras import named_extras
from soundtracks.text.foreign import terminal_lines


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"soundtracks {version('soundtrack-links')}")
        raise typer.Exit


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,  # locals may hold a key
    help="Given films, find their soundtrack albums, and be right about it.",
)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    pass


for command in (
    check,
    run,
    report,
    link,
    explain,
    review,
    demo,
    up,
    down,
    watch,
    deploy,
    browse,
    collection,
    nfo,
    publish,
    serve,
    history,
    links,
    diff,
    restore,
    import_dump,
    prune,
    doctor,
):
    app.command()(command)
app.command(name="open")(open_)
app.add_typer(azure, name="azure")


#: Addresses of this machine, where the stack's own services are.
HERE = ("localhost", "127.0.0.1", "::1")


def reach_this_machine_directly(environment: MutableMapping[str, str]) -> None:
    """Where an environment names a proxy, takes this machine's addresses from it; the stack's processes inherit that."""
    named = {name.lower() for name, value in environment.items() if value}
    if named.isdisjoint(("http_proxy", "https_proxy", "all_proxy")):
        return
    known = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if known.strip() != "*":
        lacking = [host for host in HERE if host not in (one.strip() for one in known.split(","))]
        environment["no_proxy"] = environment["NO_PROXY"] = ",".join(filter(None, [known, *lacking]))


def _write_any_text() -> None:
    """So that no title ends a command whose locale is not UTF-8 (POSIX, Latin-1): a terminal shows escapes for what it cannot,
    a pipe or a file gets UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() not in ("utf-8", "utf8"):
            stream.reconfigure(encoding=stream.encoding if stream.isatty() else "utf-8", errors="backslashreplace")


def main() -> None:
    """Runs a command. Exit codes: 0 done, 1 failed, 2 bad usage or input, 128 + the signal when it was ended by one."""
    os.environ.setdefault("DO_NOT_TRACK", "1")  # Prefect's and others' telemetry: nothing of what is done here is sent anywhere
    reach_this_machine_directly(os.environ)
    _write_any_text()
    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C does: a command that is told to end cleans up after itself
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup`: a closed terminal is none of its business
            signal.signal(number, _leave)
    try:
        with named_extras():
            app()
    except SoundtracksError as error:
        console = Console(stderr=True)
        console.print("[bold red]Error:[/]", end=" ")
        console.print(terminal_lines(error.message), markup=False, emoji=False)
        if error.hint:
            # the terminal breaks long lines, so that commands can be copied whole
            console.print(terminal_lines(error.hint), markup=False, emoji=False, style="dim", soft_wrap=True)
        sys.exit(error.exit_code)


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
