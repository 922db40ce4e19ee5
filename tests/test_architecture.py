"""The shape of the house: imports by import-linter's contracts (pyproject.toml), flows as tables of contents, names."""

import ast
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("soundtracks", "flows", "tasks", "expectations", "sandbox")
LINT = Path(sys.executable).with_name("lint-imports")


def lint_imports(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(LINT), "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True, env={"PATH": ""})


@pytest.mark.slow
def test_imports_keep_their_direction() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("soundtracks/text/folding.py", "import soundtracks.lake.lake"),  # upwards
        ("soundtracks/sources/http.py", "import prefect"),
        ("soundtracks/matching/linking.py", "import pyspark.sql"),
        ("soundtracks/lake/lake.py", "import azure.storage.blob"),
        ("soundtracks/sources/models.py", "import pandas"),
        ("soundtracks/lake/lake.py", "import tasks.match"),
        ("sandbox/clock.py", "import soundtracks.errors"),
    ],
)
@pytest.mark.slow
def test_a_wrong_import_is_found(tmp_path: Path, module: str, line: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.csv", "pages"))
    with (tmp_path / module).open("a") as file:
        file.write(f"\n{line}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert module.removesuffix(".py").replace("/", ".") in done.stdout


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def test_flows_are_tables_of_contents() -> None:
    """At most 40 lines in the body of a flow, and neither HTTP nor SQL nor files."""
    for file in sorted((ROOT / "flows").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                assert (node.end_lineno or 0) - body[0].lineno < 40, f"{file.name}: {node.name}"
        assert not set(imports(file)) & {"httpx", "sqlite3", "csv", "pyarrow", "pandas"}, file.name


def test_there_is_no_utils() -> None:
    assert [f.name for package in PACKAGES for f in (ROOT / package).rglob("util*.py")] == []


#: Names that stand in several rooms and mean the same in each: a command and what it calls, a source's API and its dumps, the
#: engines of the match.
SAME_MEANING = {"azure/up.py", "dumps/discogs.py", "dumps/tmdb.py", "dumps/musicbrainz.py", "local/engine.py"}


def test_no_file_name_has_two_meanings() -> None:
    places = defaultdict(set)
    for file in sorted((ROOT / "soundtracks").rglob("*.py")):
        short = f"{file.parent.name}/{file.name}"
        if not file.name.startswith("__") and file.parent.name != "cli" and short not in SAME_MEANING:
            places[file.name].add(short)
    assert [sorted(found) for found in places.values() if len(found) > 1] == []
