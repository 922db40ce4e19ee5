"""The documentation is held to the code: every command, setting, output, column and metric is described."""

import json
import re
import runpy
from pathlib import Path

import pytest
from pydantic import BaseModel

from soundtracks import metrics

ROOT = Path(__file__).parents[1]
COMMANDS = runpy.run_path(str(ROOT / "docs" / "make_reference.py"))["commands"]()


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


METRICS = [m for m in vars(metrics).values() if isinstance(m, type) and issubclass(m, BaseModel) and m is not BaseModel]


@pytest.mark.parametrize("model", METRICS)
def test_every_metric_is_described_and_in_the_reference(model: type[BaseModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []
    assert f"### {model.__name__}\n" in (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if not target.startswith(("http:", "https:"))]
    assert [target for target in targets if not _leads_somewhere(page, target)] == []


def _leads_somewhere(page: Path, target: str) -> bool:
    name, _, heading = target.partition("#")
    file = page.parent / name if name else page
    if not heading or not file.is_file():
        return file.exists()
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return heading in {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_the_readme_shows_the_coverage_that_was_measured() -> None:
    """Renew it with `make coverage`."""
    coverage = json.loads((ROOT / "docs" / "coverage.json").read_text())
    assert f"{coverage['percent']} % of the lines" in (ROOT / "README.md").read_text(encoding="utf-8")
