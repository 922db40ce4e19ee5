"""`soundtracks azure smoke`: a title file into the inbox, the run that this starts, its report and metrics."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from soundtracks.cli.azure.az_answers import SecretValue
from soundtracks.cli.azure.place import Place
from soundtracks.cli.own_files import METRICS, check_out
from soundtracks.errors import BadInput, ServerError

if TYPE_CHECKING:
    from soundtracks.lake.lake import Lake

#: How long Event Grid, queue and watcher may take, seconds; the listing finds what they lost within five minutes.
MAX_WAIT, PAUSE = 420.0, 2.0
FETCHED = (METRICS, "report.html", "links.csv")


class Smoke:
    """Looks when it is made; told by `plan`, done by `run`. Raises BadInput when it cannot be reached from here."""

    def __init__(self, place: Place, titles: Path, out: Path, console: Console) -> None:
        self._place, self._titles, self._out, self._console = place, titles, out, console
        self._outputs = place.outputs()
        if not place.parameters().admin_addresses.value:
            raise BadInput(
                "The deployment can be reached from its own network only.",
                hint="Begin again: `soundtracks azure down`, then `soundtracks azure up --admit ADDRESS`.",
            )
        check_out(out, FETCHED, (titles,))
        self._name = f"titles/smoke-{int(time.time())}{titles.suffix}"

    def plan(self) -> Iterator[str]:
        """What `run` would do, a line a step."""
        yield f"put {self._titles.name} as {self._name} into the lake {self._outputs['SOUNDTRACKS_LAKE_ACCOUNT_URL']}"
        yield f"wait for the run that this starts on {self._outputs['PREFECT_API_URL'].removesuffix('/api')}, and follow it"
        yield f"fetch {', '.join(FETCHED)} into {self._out}"
        yield "asks TMDB and Discogs for each title once: some minutes, and some cents for the containers"

    def run(self) -> None:
        """Raises ServerError when no run is started, RunFailed when it does not end well."""
        self._enter()
        from soundtracks.cli.run import follow_run
        from soundtracks.cli.run_summary import print_summary
        from soundtracks.lake.lake import Lake

        lake = Lake.from_settings()
        clock = time.monotonic()
        lake.write_bytes(self._name, self._titles.read_bytes())
        run_id = run_of(lake, self._name, self._titles.stat().st_size)
        self._console.print(f"[green]✓[/] the file became a run after {time.monotonic() - clock:.0f} s", highlight=False)
        metrics = follow_run(lake, run_id, self._console)
        self._out.mkdir(parents=True, exist_ok=True)
        for name in FETCHED:
            (self._out / name).write_bytes(lake.read_bytes(f"runs/{metrics.run_id}/{name}"))
        print_summary(metrics, lake, self._console)
        self._console.print(f"[green]✓[/] {', '.join(FETCHED)} are in {self._out}", highlight=False)

    def _enter(self) -> None:
        """This process speaks to the deployment: server by its password, lake by the login of the Azure CLI."""
        asked = ("keyvault", "secret", "show", "--vault-name", self._outputs["vaultName"], "--name", "prefect-api-auth-string")
        password = self._place.az.show(SecretValue, *asked).value.get_secret_value()
        names = ("PREFECT_API_URL", "SOUNDTRACKS_LAKE_URL", "SOUNDTRACKS_LAKE_ACCOUNT_URL")
        os.environ.update({name: self._outputs[name] for name in names} | {"PREFECT_API_AUTH_STRING": password})
        os.environ.pop("SOUNDTRACKS_LAKE_CONNECTION_STRING", None)
        from soundtracks.settings import get_settings

        get_settings.cache_clear()


def run_of(lake: "Lake", name: str, size: int) -> object:
    """The run that the watcher made of this version of a file. Raises ServerError after MAX_WAIT."""
    from soundtracks.cli.follow import run_of_file

    hint = "`soundtracks doctor --azure` says whether the watcher runs; its log, why not."
    run = run_of_file(lake, name, size, MAX_WAIT, PAUSE, hint)
    if run is None:
        raise ServerError(f"{name} had its run, and the server has deleted it since.", hint="Give the file another name.")
    return run.id
