"""How the suite runs: rings from the quickest, set-up that is neither timed like a test nor repeated after it failed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import RINGS

ROOT = Path(__file__).parents[1]
CONFTEST = (ROOT / "tests" / "conftest.py").read_text()
SUITE = """
import time
import pytest

@pytest.fixture(scope="session")
def slow_set_up():
    time.sleep(1.5)

@pytest.fixture(scope="session")
def broken_set_up():
    print("SET-UP RAN")
    raise RuntimeError("it does not build")

@pytest.mark.timeout(1)
def test_ready(slow_set_up): pass

@pytest.mark.image
def test_image(): pass

@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
def test_broken(broken_set_up, number): pass

@pytest.mark.slow
def test_slow(): pass
"""


ENDLESS = """
import time
import pytest

@pytest.fixture(scope="session")
def endless():
    yield
    time.sleep(600)

def test_passes(endless): pass
"""


def pytest_run(folder: Path, suite: str, conftest: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The suite in this project's configuration."""
    (folder / "test_suite.py").write_text(suite)
    (folder / "conftest.py").write_text(conftest)
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
    options = ["-p", "no:cacheprovider", *arguments, str(folder)]
    return subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=300)


def run(folder: Path, *arguments: str) -> list[str]:
    """The suite's output, line by line."""
    return pytest_run(folder, SUITE, CONFTEST, "-v", "-s", "--durations=0", *arguments).stdout.splitlines()


@pytest.mark.slow
def test_rings_run_from_the_quickest_and_stop_at_the_one_that_fails(tmp_path: Path) -> None:
    lines = run(tmp_path)
    ran = [found[1] for line in lines if (found := re.match(r"\S*test_suite\.py::(\S+) ", line))]
    assert ran == ["test_ready", "test_slow", "test_broken[0]", "test_broken[1]", "test_broken[2]"]
    assert any("the ring spark failed: the others were not run" in line for line in lines)
    assert sum(line.endswith("SET-UP RAN") for line in lines) == 1
    assert any("2 passed, 3 errors" in line for line in lines)


@pytest.mark.slow
def test_some_rings_alone(tmp_path: Path) -> None:
    lines = run(tmp_path, "--ring=fast", "--ring=image")
    assert any("2 passed, 4 deselected" in line for line in lines), lines


def test_make_test_runs_every_ring_once_and_from_the_quickest() -> None:
    told = subprocess.run(["make", "--dry-run", "test"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"--ring=(\w+)", told) == list(RINGS)


@pytest.mark.slow
def test_rings_run_side_by_side(tmp_path: Path) -> None:
    lines = run(tmp_path, "--ring=slow", "--ring=fast", "--numprocesses=2")
    assert any("2 passed" in line for line in lines), lines


@pytest.mark.slow
def test_a_suite_that_does_not_end_is_ended_and_says_where(tmp_path: Path) -> None:
    assert "END_WITHIN = 600\n" in CONFTEST
    done = pytest_run(tmp_path, ENDLESS, CONFTEST.replace("END_WITHIN = 600\n", "END_WITHIN = 1\n"))
    assert done.returncode == 1
    assert "in endless" in done.stderr
