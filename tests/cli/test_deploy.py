"""`soundtracks deploy` against a real server: registered once, the same however often."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL

from tasks.automations import PREFIX, automations

HOME = Path(__file__).parents[2]


def deploy(*options: str, **env: str) -> "subprocess.CompletedProcess[str]":
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SOUNDTRACKS_")}
    command = [sys.executable, "-m", "cli.main", "deploy", *options]
    return subprocess.run(command, cwd=HOME, env=clean | env, capture_output=True, text=True, timeout=120)


def test_azure_without_its_variables_is_refused_with_their_names():
    done = deploy("--env", "azure", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 2
    assert "SOUNDTRACKS_IMAGE" in done.stderr


def test_a_dry_run_needs_no_server():
    done = deploy("--dry-run", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 0
    assert "would register pool soundtracks-match" in done.stdout


def test_a_server_that_is_not_there_is_told():
    done = deploy(PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 1
    assert "PREFECT_API_URL" in done.stderr


@pytest.mark.server
@pytest.mark.usefixtures("prefect_server")
def test_twice_is_as_once():
    states = []
    for _ in range(2):
        done = deploy(PREFECT_API_URL=PREFECT_API_URL.value())
        assert done.returncode == 0, done.stdout + done.stderr
        with get_client(sync_client=True) as client:
            pools = {pool.name: (pool.type, pool.concurrency_limit) for pool in client.read_work_pools()}
            names = sorted(deployment.name for deployment in client.read_deployments())
            registered = sorted(a.name for a in client.read_automations() if a.name.startswith(PREFIX))
        states.append((pools, names, registered))
    assert states[0] == states[1]
    pools, names, registered = states[0]
    assert pools["soundtracks"] == ("process", 4)
    assert pools["soundtracks-match"] == ("process", 1)
    assert names.count("local") == 2
    assert registered == sorted(automation.name for automation in automations())
