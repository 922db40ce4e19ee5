"""`soundtracks deploy` against a real server: registered once, the same however often."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[3]


def deploy(*options: str, **env: str) -> "subprocess.CompletedProcess[str]":
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SOUNDTRACKS_")}
    command = [sys.executable, "-m", "soundtracks.cli.main", "deploy", *options]
    return subprocess.run(command, cwd=HOME, env=clean | env, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_azure_without_its_variables_is_refused_with_their_names():
    done = deploy("--env", "azure", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 2
    assert "SOUNDTRACKS_IMAGE" in done.stderr


@pytest.mark.slow
def test_a_dry_run_needs_no_server():
    done = deploy("--dry-run", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 0
    assert "would register pool soundtracks-match" in done.stdout


@pytest.mark.slow
def test_a_server_that_is_not_there_is_told():
    done = deploy(PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 1
    assert "PREFECT_API_URL" in done.stderr
