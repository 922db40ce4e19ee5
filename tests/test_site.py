"""The docs as a site: every page is in it, and no page asks anybody for anything."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGES = sorted(page.name for page in (ROOT / "docs").glob("*.md"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a page that is missing from the navigation, or leads nowhere, is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, check=True)
    return folder


@pytest.mark.slow
def test_every_page_is_in_the_navigation_and_in_the_site(site: Path) -> None:
    named = [
        name for entry in yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"] for name in entry.values()
    ]
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
