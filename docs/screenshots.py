"""Makes the README's pictures from the real thing: `make demo KEEP=1`, then `python docs/screenshots.py`.

Opens the newest run's report, its page in the Prefect UI, and the review page over its doubtful links. Needs Debian's chromium.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from soundtracks.cli.report import local_copy, report_of
from soundtracks.cli.stack import Stack, use_lake
from soundtracks.lake.lake import Lake
from tests.rigs.browser import chromium

HOME = Path(__file__).parents[1]
IMAGES = HOME / "docs" / "images"
DOUBTFUL = "Cape Fear"
DESK, TALL, PHONE = (1280, 1180), (1280, 1500), (390, 844)


def main() -> None:
    """Writes docs/images/*.png. Exits with a message when no stack is up."""
    stack = Stack.load()
    if not stack.api_url:
        sys.exit("No stack is up. Start it with: make demo KEEP=1")
    use_lake()
    lake = Lake.from_settings()
    report = local_copy(lake, report_of(lake, ""), None)
    run = f"{stack.api_url.removesuffix('/api')}/runs/flow-run/{report.parent.name}"
    with reviewing() as review, chromium() as browser:
        take(
            browser, "report", f"{report.as_uri()}#?q=clockwork", TALL, lambda page: page.locator(".album summary").first.click()
        )
        take(browser, "report-phone", report.as_uri(), PHONE)
        take(browser, "review", review, DESK, show_doubt)
        take(browser, "prefect", run, DESK, show_artifacts)


def take(
    browser: Browser, name: str, url: str, size: tuple[int, int], first: Callable[[Page], object] = lambda page: None
) -> None:
    """Saves what a page looks like after `first`."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(url, wait_until="networkidle")
    first(page)
    page.mouse.move(0, 0)
    page.screenshot(path=IMAGES / f"{name}.png")
    page.close()


def show_artifacts(page: Page) -> None:
    page.get_by_text("Artifacts", exact=True).last.click()
    page.get_by_text("score-histogram", exact=True).last.wait_for()
    page.wait_for_timeout(2000)  # the timeline is drawn on a canvas, which does not say when it is done


def show_doubt(page: Page) -> None:
    """Says who reviews, and goes on to a film whose names are all in Latin script: fonts for others may be missing."""
    page.locator("#naming input").fill("Ann")
    page.keyboard.press("Enter")
    page.locator(".candidate.current").wait_for()
    while DOUBTFUL not in page.locator("#film").inner_text():
        page.keyboard.press("j")


@contextmanager
def reviewing() -> Iterator[str]:
    """The review page's address while it is served."""
    command = [sys.executable, "-m", "soundtracks.cli.main", "review", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, cwd=HOME, env=os.environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield next(found[0] for line in process.stdout if (found := re.search(r"http://\S+", line)))
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
