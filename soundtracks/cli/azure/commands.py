"""The commands of `soundtracks azure`. Each first prints what it will do, and asks."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from soundtracks.cli.cleanup import cleanup
from soundtracks.extras import require_checkout

azure = typer.Typer(
    no_args_is_help=True, help="Everything in Azure: up, smoke, down, cleanup. docs/azure.md goes through it step by step."
)

azure.command()(cleanup)

Environment = Annotated[
    Literal["test", "prod"], typer.Option("--env", help="test is small and forgets early, prod keeps backups.")
]
Group = Annotated[str, typer.Option(help="The resource group. Empty: soundtracks-test or soundtracks-prod.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what it would do; changes nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@azure.command()
def up(
    environment: Environment = "test",
    group: Group = "",
    location: Annotated[str, typer.Option(help="Region of a new resource group. Empty: westeurope.")] = "",
    prefix: Annotated[
        str, typer.Option(help="Prefix for all resource names, 3–8 lowercase letters. Default: sndtrk, or the current one.")
    ] = "",
    admit: Annotated[
        list[str] | None,
        typer.Option(
            help="Address (CIDR) that may reach UI, lake and vault; repeat it for more. Default: the current ones, or nobody."
        ),
    ] = None,
    email: Annotated[str, typer.Option(help="Who receives alerts. Default: the current address, or who is logged in.")] = "",
    budget: Annotated[int, typer.Option(min=0, help="Monthly budget that triggers an alert. 0 keeps the current value.")] = 0,
    with_budget: Annotated[
        bool, typer.Option("--with-budget/--no-budget", help="Whether to make a budget: some subscriptions may not have one.")
    ] = True,
    databricks: Annotated[
        bool | None, typer.Option("--databricks/--no-databricks", help="A Databricks workspace. Default: as it is now, or none.")
    ] = None,
    databricks_subnet: Annotated[
        list[str] | None,
        typer.Option(
            help="Subnet (resource id) of the clusters of a workspace of yours: it is let into the lake. Default: as now."
        ),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Bring everything up in the subscription that `az` is logged in to, or bring it up to date.

    Makes the resource group, network, lake, vault, database and registry, builds the image there, starts server, workers
    and watcher, and registers the deployments. After a failure, or to deploy another commit, call it again: what is done
    is left alone, options that are not given stay as they were. TMDB's and Discogs' keys are taken from the environment
    or .env into the vault.
    """
    require_checkout("soundtracks azure up")
    from soundtracks.cli.azure.az import Az
    from soundtracks.cli.azure.place import Place
    from soundtracks.cli.azure.up import Request, Up

    console = Console(soft_wrap=True)
    wishes = Request(
        location or None,
        prefix or None,
        admit or [],
        email or None,
        budget or None,
        with_budget,
        databricks,
        databricks_subnet or [],
    )
    work = Up(Place(Az(), environment, group), wishes, console)
    _tell(console, work.plan())
    console.print(work.what_if(), markup=False, highlight=False)
    if not dry_run:
        _ask(yes, "Go on?")
        work.run(partial(_ask, yes))


@azure.command()
def smoke(
    environment: Environment = "test",
    group: Group = "",
    titles: Annotated[Path | None, typer.Option(help="The title file. Without: the sample's titles.")] = None,
    out: Annotated[Path, typer.Option(help="Where report and metrics are put.")] = Path("azure-smoke"),
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Try the deployment: drop a title file into its inbox, follow the run, fetch report, metrics and links.

    Needs a deployment that admits this machine (`soundtracks azure up --admit`), and `az login`.
    """
    from sandbox.catalogue import TITLES
    from soundtracks.cli.azure.az import Az
    from soundtracks.cli.azure.place import Place
    from soundtracks.cli.azure.smoke import Smoke

    console = Console(soft_wrap=True)
    work = Smoke(Place(Az(), environment, group), titles or TITLES, out, console)
    _tell(console, work.plan())
    if not dry_run:
        _ask(yes, "Go on?")
        work.run()


@azure.command()
def down(environment: Environment = "test", group: Group = "", dry_run: DryRun = False, yes: Yes = False) -> None:
    """Take everything away again: the resource group with the lake's data, our roles, the deleted vault's name.

    Only a group that `soundtracks azure up` made is touched. After a failure, call it again.
    """
    from soundtracks.cli.azure.az import Az
    from soundtracks.cli.azure.down import Down
    from soundtracks.cli.azure.place import Place

    console = Console(soft_wrap=True)
    work = Down(Place(Az(), environment, group), console)
    if work.nothing_there:
        console.print("Nothing is there.")
        return
    _tell(console, work.plan())
    if not dry_run:
        _ask(yes, "Delete all this, data included?")
        work.run()


def _tell(console: Console, plan: Iterable[str]) -> None:
    console.print("This will:")
    for line in plan:
        console.print(f"  {line}", markup=False, highlight=False)


def _ask(yes: bool, question: str) -> None:
    if not yes:
        typer.confirm(question, abort=True)
