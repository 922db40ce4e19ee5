"""checkov over Bicep and Dockerfile, where `make scan` has installed it: its dependencies do not fit into the locked ones."""

import shutil
import subprocess
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
CHECKOV = shutil.which("checkov", path=str(HOME / ".scan" / "bin")) or shutil.which("checkov")

pytestmark = pytest.mark.skipif(CHECKOV is None, reason="checkov is not installed (`make scan`)")


def scan(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(CHECKOV), "--directory", str(folder), "--config-file", str(HOME / "infra" / "checkov.yaml")]
    return subprocess.run(command, capture_output=True, text=True, cwd=HOME)


@pytest.mark.parametrize("folder", ["infra", "docker"])
def test_nothing_is_found_that_is_not_explained(folder):
    done = scan(HOME / folder)
    assert "Failed checks: 0" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_a_planted_weakness_is_found(tmp_path):
    shutil.copytree(HOME / "infra" / "modules", tmp_path / "modules")
    registry = tmp_path / "modules" / "registry.bicep"
    registry.write_text(registry.read_text().replace("adminUserEnabled: false", "adminUserEnabled: true"))
    done = scan(tmp_path)
    assert "CKV_AZURE_137" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
