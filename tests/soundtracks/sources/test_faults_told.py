"""The page on extraction keeps its word: every fault in its table names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "extraction.md").read_text(encoding="utf-8")


def test_every_fault_has_its_tests() -> None:
    table = PAGE.partition("## What goes wrong")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 25
    written = {name for file in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)\(", file.read_text())}
    for what, outcome, tests in rows:
        named = set(re.findall(r"`(test_\w+)`", tests))
        assert named, what
        assert named <= written, named - written
        assert outcome.strip()


def test_every_fault_of_the_transport_is_on_the_page() -> None:
    """http.py tells its outcomes to who reads the code; the page must not say less."""
    from soundtracks.sources import http

    for told in ("429 with Retry-After", "502", "403", "401", "404", "other 4xx", "clock that jumps", "in a row"):
        assert told in (http.__doc__ or "")
        assert told in PAGE
