"""Reads prefect.yaml for one environment: its pools and deployments, every variable filled in. Prefect-free.

Prefect itself only warns about a variable that is not set and deploys an empty image name; here it is an error.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from soundtracks.errors import BadInput

ENVIRONMENTS = ("local", "azure")
#: Seconds between two heartbeats of a run of ours (PREFECT_FLOWS_HEARTBEAT_FREQUENCY); 30 is Prefect's least, 180 its default.
HEARTBEAT_SECONDS = 30
_VARIABLE = re.compile(r"\{\{\s*\$(\w+)\s*\}\}")


class Pool(BaseModel):
    """A work pool. `template`: file of its base job template; None: Prefect's own for the type. `large_limit`: so many runs of
    large lists at once, fewer than all, so that a small list never waits behind them."""

    model_config = ConfigDict(extra="forbid")

    name: str
    type: str
    concurrency_limit: int
    template: str | None = None
    large_limit: int | None = None

    def job_template(self, home: Path) -> dict[str, Any]:
        """The base job template; empty for Prefect's own."""
        return json.loads((home / self.template).read_bytes()) if self.template else {}


class Plan(BaseModel):
    """What is to be registered. `document`: a prefect.yaml with these deployments only, without variables."""

    pools: list[Pool]
    document: dict[str, Any]

    @property
    def names(self) -> list[str]:
        """The deployments' entrypoints and names, for people."""
        return [f"{d['entrypoint'].rpartition(':')[2].replace('_', '-')}/{d['name']}" for d in self.document["deployments"]]


def read_plan(file: Path, environment: str, variables: Mapping[str, str]) -> Plan:
    """The plan for "local" or "azure". Raises BadInput for an unknown environment and for variables that are not set."""
    document = yaml.safe_load(file.read_text())
    if environment not in ENVIRONMENTS:
        raise BadInput(f"There is no environment {environment!r}.", hint=f"Choose one of: {', '.join(ENVIRONMENTS)}.")
    definitions = document.pop("definitions")
    chosen = [d for d in document["deployments"] if d["name"] == environment]
    if missing := sorted({name for name in _names(chosen) if not variables.get(name, "").strip()}):
        raise BadInput(
            f"These variables are not set: {', '.join(missing)}. Nothing was deployed.",
            hint="`soundtracks azure up` writes them to .azure.env, from the outputs of the infrastructure: "
            "`set -a; . ./.azure.env; set +a` sets them here.",
        )
    filled = [_fill(deployment, variables) for deployment in chosen]
    for deployment in filled:
        job = deployment["work_pool"].get("job_variables", {})
        if environment == "azure":
            job["env"] = {name: escape(value) for name, value in job.get("env", {}).items()}
    pools = [Pool.model_validate(pool) for pool in definitions["pools"][environment]]
    return Plan(pools=pools, document={**document, "deployments": filled})


def escape(value: str) -> str:
    """A text as ARM takes it literally: `[…]` would be evaluated as an expression of the template."""
    return f"[{value}" if value.startswith("[") and value.endswith("]") else value


def _names(value: Any) -> set[str]:
    return set(_VARIABLE.findall(json.dumps(value)))


def _fill(value: Any, variables: Mapping[str, str]) -> Any:
    """A copy with the variables' values; also spares the copy YAML's shared anchors."""
    if isinstance(value, dict):
        return {key: _fill(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, variables) for item in value]
    return _VARIABLE.sub(lambda found: variables[found[1]], value) if isinstance(value, str) else value
