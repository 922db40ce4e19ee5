"""One file of measured figures, benchmarks/figures.json, out of which README and docs take every figure they print.

A benchmark hands over what it measured:

    record("quality", {"all.f1": Figure(0.976, "0.976 [0.967, 0.983]")}, command="python -m benchmarks.quality")

which replaces the run of that name (its figures with commit, date, machine and command) and fills the pages. A page takes
a figure by its name between two comments, which no reader sees:

    F1 is <!--f:quality.all.f1-->0.976 [0.967, 0.983]<!--/f-->.

`python -m benchmarks.figures` fills all pages; with --check it changes nothing and fails where a page and the file differ.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

ROOT = Path(__file__).parents[1]
FILE = ROOT / "benchmarks" / "figures.json"
MARKER = re.compile(r"<!--f:(?P<name>[a-z0-9_.-]+)-->(?P<text>.*?)<!--/f-->", re.S)


class Figure(BaseModel):
    """`value`: as measured, in the unit that the name or the text says. `text`: as pages print it; empty: the value."""

    value: float
    text: str = ""

    def __init__(self, value: float, text: str = "") -> None:
        super().__init__(value=value, text=text or f"{value:,}")


class Run(BaseModel):
    """One run of one benchmark. `commit`: short, with + where files were changed. `date`: UTC. `machine`: cores and memory."""

    command: str
    commit: str
    date: str
    machine: str
    figures: dict[str, Figure]


def load(file: Path = FILE) -> dict[str, Run]:
    """All runs by name. A figure's full name is `<run>.<figure>`."""
    return {name: Run.model_validate(run) for name, run in json.loads(file.read_text(encoding="utf-8")).items()}


def record(name: str, figures: Mapping[str, Figure], *, command: str, file: Path = FILE) -> None:
    """Replaces the run `name` by what was just measured, and fills the pages. `command`: what measures the same again."""
    run = Run(
        command=command, commit=commit(), date=datetime.now(UTC).date().isoformat(), machine=machine(), figures=dict(figures)
    )
    save(load(file) | {name: run}, file)
    if file == FILE:
        fill()


def save(runs: Mapping[str, Run], file: Path = FILE) -> None:
    content = {name: run.model_dump() for name, run in sorted(runs.items())}
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def slug(text: str) -> str:
    """Words as part of a figure's name."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def commit() -> str:
    """The commit that is measured, with + where the checkout has changes."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return git("rev-parse", "--short=10", "HEAD") + ("+" if changed else "")


def machine() -> str:
    """Cores that this process may use, memory and architecture, such as `2 cores, 24 GB, x86_64`."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{len(os.sched_getaffinity(0))} cores, {memory:.0f} GB, {platform.machine()}"


def pages() -> list[Path]:
    """README and the pages of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def filled(text: str, runs: Mapping[str, Run]) -> str:
    """A page with the figures of `runs`. Raises KeyError for a figure that no run has."""
    texts = {f"{run}.{name}": figure.text for run, one in runs.items() for name, figure in one.figures.items()}
    return MARKER.sub(lambda found: f"<!--f:{found['name']}-->{texts[found['name']]}<!--/f-->", text)


def fill() -> None:
    runs = load()
    for page in pages():
        text = page.read_text(encoding="utf-8")
        page.write_text(filled(text, runs), encoding="utf-8")


def differences() -> Iterator[str]:
    """Where a page does not print what the file says."""
    runs = load()
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for found in MARKER.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            try:
                wanted = filled(found[0], runs)
            except KeyError:
                yield f"{page.relative_to(ROOT)}:{line}: no run has measured {found['name']}"
                continue
            if wanted != found[0]:
                measured = MARKER.fullmatch(wanted)
                yield f"{page.relative_to(ROOT)}:{line}: {found['name']} is {measured and measured['text']}, not {found['text']}"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.figures", description="Fills README and docs with measured figures."
    )
    parser.add_argument("--check", action="store_true", help="change nothing; fail where a page differs from figures.json")
    if parser.parse_args().check:
        found = list(differences())
        sys.exit("\n".join(found) if found else 0)
    fill()


if __name__ == "__main__":
    main()
