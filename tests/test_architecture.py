"""The direction of imports: flows → tasks → soundtracks; inside it only operations and cli know Prefect."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PREFECT_FREE = sorted({p.name for p in (ROOT / "soundtracks").iterdir() if (p / "__init__.py").exists()} - {"operations", "cli"})


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def test_there_are_rooms_without_prefect() -> None:
    assert {"lists", "matching", "publishing", "reporting", "sources", "text"} <= set(PREFECT_FREE)


@pytest.mark.parametrize("folder", [*(f"soundtracks/{name}" for name in PREFECT_FREE), "expectations"])
def test_the_rooms_never_import_prefect(folder: str) -> None:
    found = [(f.relative_to(ROOT), i) for f in python_files(folder) for i in imports(f) if i.split(".")[0].startswith("prefect")]
    assert found == []


@pytest.mark.parametrize("layer", ["flows", "tasks", "expectations"])
def test_the_product_never_imports_its_sandbox(layer: str) -> None:
    found = [(f.relative_to(ROOT), i) for f in python_files(layer) for i in imports(f) if i.split(".")[0] in ("sandbox", "tests")]
    assert found == []


def test_flows_are_tables_of_contents() -> None:
    """At most 40 lines in the body of a flow, and neither HTTP nor SQL nor files."""
    for file in python_files("flows"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                assert (node.end_lineno or 0) - body[0].lineno < 40, f"{file.name}: {node.name}"
        assert not set(imports(file)) & {"httpx", "sqlite3", "csv", "pyarrow", "pandas"}, file.name


def test_there_is_no_utils() -> None:
    assert [f.name for f in ROOT.glob("*/**/util*.py") if ".venv" not in f.parts] == []
