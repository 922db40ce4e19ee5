"""The docs as a site: every page is in it, and no page asks anybody for anything."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.slow  # the site is built; make check builds it too

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))
CHARTS = sorted((DOCS / "charts").glob("*.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a page that is missing from the navigation, or leads nowhere, is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, check=True)
    return folder


def names(navigation: list[dict[str, Any]]) -> Iterator[str]:
    for entry in navigation:
        for page in entry.values():
            yield from [page] if isinstance(page, str) else names(page)


@pytest.mark.parametrize("page", CHARTS, ids=lambda page: page.stem)
def test_a_page_a_chart(page: Path, site: Path) -> None:
    """It shows the picture, says where the chart is and how to read it; the picture is drawn by a script and is in the site."""
    text = page.read_text(encoding="utf-8")
    ((words, picture),) = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", text)
    assert len(words) > 40
    assert (page.parent / picture).is_file()
    assert (site / "charts" / picture).is_file()
    assert "**Where**" in text
    assert "**How to read it**" in text


def test_every_picture_of_a_chart_has_its_page() -> None:
    assert {path.stem for path in (DOCS / "charts").glob("*.png")} <= {page.stem for page in CHARTS}


def test_every_page_is_in_the_navigation_and_in_the_site(site: Path) -> None:
    named = list(names(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))
    assert sorted(named) == PAGES
    assert [page for page in PAGES if not (site / page).with_suffix(".html").is_file()] == []


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loading = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^\"'> ]+", re.IGNORECASE)
    styles = re.compile(r"@import|url\([\"']?(?:https?:)?//", re.IGNORECASE)
    found = {
        file.name: hits
        for pattern, ending in ((loading, "*.html"), (styles, "*.css"))
        for file in site.rglob(ending)
        if (hits := pattern.findall(file.read_text(encoding="utf-8")))
    }
    assert found == {}
