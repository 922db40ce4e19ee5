"""`soundtracks deploy`: registers what prefect.yaml names with the Prefect server."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from soundtracks.errors import ServerError
from soundtracks.extras import require_checkout

if TYPE_CHECKING:
    from soundtracks.operations.deployments import Plan


def deploy(
    environment: Annotated[Literal["local", "azure"], typer.Option("--env", help="Whose deployments to register.")] = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be registered.")] = False,
) -> None:
    """Register work pools, deployments and automations with the Prefect server.

    Does the same however often it is called. A variable of prefect.yaml that is not set is an error, before anything is
    changed. Needs a Prefect server: PREFECT_API_URL, or the one that `soundtracks up` started.
    """
    require_checkout("soundtracks deploy")
    from soundtracks.cli.run import use_stack
    from soundtracks.cli.stack import HOME
    from soundtracks.operations.deployments import read_plan

    plan = read_plan(HOME / "prefect.yaml", environment, {"SOUNDTRACKS_HOME": str(HOME), **os.environ})
    if not dry_run:
        use_stack()  # nothing is said to be registered where no server is
    console = Console(highlight=False, soft_wrap=True)
    for kind, names in (("pool", [pool.name for pool in plan.pools]), ("deployment", plan.names)):
        for name in names:
            console.print(f"{'would register' if dry_run else 'registering'} {kind} {name}")
    if dry_run:
        return
    register_plan(plan, HOME)
    console.print("[green]✓[/] Registered.")


def register_plan(plan: "Plan", home: Path) -> None:
    """Registers pools, automations and deployments with the server of this process's settings. Raises ServerError."""
    import yaml
    from prefect.client.orchestration import get_client

    from soundtracks.operations.access import api_client
    from soundtracks.operations.automations import automations, register, register_webhook
    from soundtracks.operations.pools import register_pool
    from soundtracks.operations.versions import check_versions
    from soundtracks.settings import get_settings

    webhook = get_settings().alert_webhook
    if os.environ.get("PREFECT_API_URL"):
        with api_client(os.environ) as api:
            check_versions(api)
    try:
        with get_client(sync_client=True) as client:
            client.api_healthcheck()
            for pool in plan.pools:
                register_pool(client, pool, pool.job_template(home))
            register(client, automations(register_webhook(webhook.get_secret_value()) if webhook else None))
    except Exception as error:
        raise ServerError(
            f"The Prefect server refused: {error}",
            hint="Is PREFECT_API_URL right, and PREFECT_API_AUTH_STRING set where it asks?",
        ) from error
    with tempfile.TemporaryDirectory(prefix="deploy-") as folder:
        file = Path(folder, "prefect.yaml")
        file.write_text(yaml.safe_dump(plan.document, sort_keys=False))
        command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True)
    if done.returncode:
        raise ServerError(f"The deployments could not be registered: {(done.stderr or done.stdout).strip()[-2000:]}")
    from soundtracks.operations.forms import hide_fields

    with get_client(sync_client=True) as client:
        for name in plan.names:
            hide_fields(client, name)
