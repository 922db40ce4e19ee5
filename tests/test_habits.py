"""Files that people and services expect: CI, pre-commit, citation, changelog; each says what the project says."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml

from tests.conftest import RINGS

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yaml").read_text())


def test_ci_runs_each_ring_in_a_job_of_its_own_by_targets_that_exist() -> None:
    matrix = WORKFLOW["jobs"]["test"]["strategy"]["matrix"]["include"]
    assert sorted(job["ring"] for job in matrix) == sorted(RINGS)
    called = set(re.findall(r"make ([a-z-]+)", (ROOT / ".github" / "workflows" / "ci.yaml").read_text()))
    assert called == {"lint", "ring"}
    assert called <= TARGETS


def test_ci_may_only_read() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}


def test_ci_run_installs_what_only_some_tests_use_and_calls_make_test() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert script.rstrip().endswith("exec make test")
    assert {"chromium", "buildah", "debootstrap"} <= set(re.findall(r'packages="(.*)"', script)[0].split())


def test_pre_commit_calls_locked_tools_without_a_network() -> None:
    hooks = [hook for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"] for hook in repo["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    scripts = {point.name for one in distributions() for point in one.entry_points if point.group == "console_scripts"}
    scripts |= {"python", "ruff"}  # ruff is a binary
    assert {hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in hooks} <= scripts


def test_version_and_licence_are_the_same_everywhere() -> None:
    version = PYPROJECT["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == version
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert citation["license"] == PYPROJECT["project"]["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    base = text.split("dependencies = [\n")[1].split("\n]")[0].splitlines()
    assert [line for line in base if not re.search(r'",\s+# \S', line)] == []


def test_what_is_ignored_at_the_top_swallows_no_package() -> None:
    names = {
        folder.name
        for package in ("soundtracks", "tasks", "benchmarks", "tests")
        for folder in (ROOT / package).rglob("*")
        if folder.is_dir()
    }
    anywhere = {
        line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line and not line.startswith(("#", "/"))
    }
    assert names & anywhere <= {"__pycache__"}


def test_no_merge_was_left_half_done() -> None:
    """Also in what generates a page, and so writes the marks into it."""
    rooms = ("benchmarks", "docs", "docker", "expectations", "flows", "infra", "sandbox", "soundtracks", "tasks", "tests")
    listed = [file for room in rooms for file in (ROOT / room).rglob("*")] + list(ROOT.iterdir())
    files = [
        file for file in listed if file.suffix in (".py", ".md", ".json", ".yaml", ".toml", ".sh") or file.name == "Makefile"
    ]
    marks = tuple(mark * 7 + b" " for mark in (b"<", b">"))
    assert len(files) > 500
    assert [str(f) for f in files if any(line.startswith(marks) for line in f.read_bytes().splitlines())] == []


def test_no_test_is_named_after_what_changes(request: pytest.FixtureRequest) -> None:
    """A time or an address in a test's id: the processes of a ring would each collect other tests."""
    changing = re.compile(r"datetime\.|\bat 0x[0-9a-f]{6,}")
    assert [item.nodeid for item in request.session.items if changing.search(item.nodeid)] == []
