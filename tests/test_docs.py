"""The documentation is held to the code: every command, setting, output, column and metric is described."""

import json
import re
import runpy
from pathlib import Path

import pytest
from pydantic import BaseModel
from typer.testing import CliRunner

from soundtracks import metrics
from soundtracks.cli.main import app

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


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


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


def test_the_tutorial_shows_how_its_list_is_read(tmp_path: Path) -> None:
    """The list of the page, in the shape of Letterboxd's export, and what `soundtracks check` says first of it."""
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    titles, told = (
        found[1]
        for pattern in (r"```text\n(Date,Name,Year.*?)```", r"<!-- sample tutorial check -->\n```text\n(.*?)```")
        if (found := re.search(pattern, page, re.DOTALL))
    )
    (tmp_path / "watched.csv").write_text(titles, encoding="utf-8")
    done = CliRunner().invoke(app, ["check", str(tmp_path / "watched.csv")], env={"COLUMNS": "200"})
    shown = told.strip().splitlines()
    assert [line.rstrip() for line in done.output.strip().splitlines()][: len(shown)] == shown


def test_every_sample_of_the_tutorial_is_made_by_its_script() -> None:
    """What is printed there is what `python docs/make_tutorial.py` saw, not what somebody remembers."""
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    script = runpy.run_path(str(ROOT / "docs" / "make_tutorial.py"))
    blocks = re.findall(r"(?:<!-- sample ([a-z ]+) -->\n)?```text\n(.*?)```", page, re.DOTALL)
    samples = {name: text for name, text in blocks if name}
    assert [text for name, text in blocks if not name] == [script["the_list"](page)]
    assert tuple(samples) == script["SAMPLES"]
    for name in ("tutorial run", "tutorial again"):
        rows = [line.strip("│ ").partition("│")[0].strip() for line in samples[name].splitlines()]
        assert tuple(rows) == script["SHOWN"], name
    assert [line.partition("[")[2].partition("]")[0] for line in samples["tutorial explain"].splitlines()] == script["REFUSED"]
    assert samples["tutorial explain"].count("reject, by Ann") == len(script["REFUSED"])


EVERY_PAGE = [*PAGES, *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"))]
#: Where programs are named: code spans and code blocks. `make it`, in a sentence, is none.
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
PREFECT_OR_OTHERS = ("pytest", "pip", "venv", "build", "http")


def code(page: Path) -> str:
    return "\n".join(CODE.findall(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake (?:[A-Z]+=\S+ )*([a-z-]+)", code(page))) - targets == set()


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_every_command_and_its_options_exist(page: Path) -> None:
    wrong = []
    for line in re.findall(r"\bsoundtracks ([a-z][^`\n#|]*)", code(page)):
        words = line.split()
        name = next((n for n in (" ".join(words[:2]), words[0]) if n in COMMANDS), "")
        if not name:
            if words[0].rstrip(".,;:") not in {n.partition(" ")[0] for n in COMMANDS}:
                wrong.append(line)
            continue
        known = {option for parameter in COMMANDS[name].params for option in (*parameter.opts, *parameter.secondary_opts)} | {
            "--help"
        }
        wrong += [f"{name} {option}" for option in re.findall(r"(?<!\S)--[a-z-]+", line) if option not in known]
    assert wrong == []


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_every_module_that_is_run_exists(page: Path) -> None:
    names = set(re.findall(r"python -m ([a-z_.]+[a-z_])", code(page)))
    ours = {name for name in names if name.partition(".")[0] not in PREFECT_OR_OTHERS}
    files = {name: ROOT / name.replace(".", "/") for name in ours}
    assert [n for n, path in files.items() if not (path.with_suffix(".py").is_file() or (path / "__main__.py").is_file())] == []


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    names = set(re.findall(r"`(test_[a-z0-9_]+)`", page.read_text(encoding="utf-8")))
    written = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name in sorted(names) if f"def {name}(" not in written] == []


@pytest.mark.slow
def test_the_reference_says_what_help_says() -> None:
    """Options as `--help` prints them: rich's escapes are for the terminal alone."""
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert "\\[" not in text
    assert "\\'" not in text
    for name, command in COMMANDS.items():
        shown = CliRunner().invoke(app, [*name.split(), "--help"], env={"COLUMNS": "300", "TERM": "dumb"}).output
        for option in re.findall(r"--[a-z][a-z-]+", shown):
            assert option == "--help" or option in text, f"{name} {option}"
        assert command.help


def test_the_readme_shows_the_coverage_that_was_measured() -> None:
    """Renew it with `make coverage`."""
    coverage = json.loads((ROOT / "docs" / "coverage.json").read_text())
    assert f"{coverage['percent']} % of the lines" in (ROOT / "README.md").read_text(encoding="utf-8")
