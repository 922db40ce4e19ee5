"""The documentation is held to the code: every command, setting, output, column and metric is described."""

import runpy
from pathlib import Path

import pytest
import typer.main

from cli.main import app
from tasks import metrics

ROOT = Path(__file__).parents[1]
COMMANDS = typer.main.get_group(app).commands


def test_the_reference_is_what_the_code_says() -> None:
    """Renew it with `python docs/make_reference.py`."""
    render = runpy.run_path(str(ROOT / "docs" / "make_reference.py"))["render"]
    assert (ROOT / "docs" / "reference.md").read_text(encoding="utf-8") == render()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert [p.name for p in command.params if p.name != "help" and not getattr(p, "help", "")] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_or_a_page_of_docs_shows_every_command(name: str) -> None:
    pages = [ROOT / "README.md", *(p for p in (ROOT / "docs").glob("*.md") if p.name != "reference.md")]
    assert any(f"soundtracks {name}" in page.read_text(encoding="utf-8") for page in pages)


@pytest.mark.parametrize("model", [metrics.RunMetrics, metrics.SourceMetrics, metrics.ValidationMetrics, metrics.MatchMetrics])
def test_every_metric_is_described(model: type) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []  # type: ignore[attr-defined]
