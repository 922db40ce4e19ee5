"""`python docs/make_charts.py` draws the pictures of docs/charts/ anew: the pages' own charts over the sample world.

The pages of text are written by hand. Needs Debian's chromium. The pictures of benchmarks.quality are drawn by that.
"""

import json
import runpy
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc
from playwright.sync_api import Browser, Page, Route

from soundtracks.matching.model import Model
from soundtracks.metrics import RunMetrics
from soundtracks.publishing import notices
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.options import Options
from soundtracks.publishing.runs_table import SCHEMA
from soundtracks.publishing.works import album_links
from soundtracks.reporting.history import render_page
from soundtracks.reporting.page import asset, render
from soundtracks.reporting.report import render_report
from soundtracks.reporting.thresholds import threshold_data
from tests.rigs.browser import chromium

FOLDER = Path(__file__).parent / "charts"
STARTED = datetime(2026, 11, 1, 20, tzinfo=UTC)
FILM = "A Clockwork Orange"


def main() -> None:
    """Writes docs/charts/*.png."""
    catalogue, model = runpy.run_path(str(Path(__file__).parent / "make_outputs.py"))["sample_world"](), Model.load()
    with tempfile.TemporaryDirectory() as temporary, chromium() as browser:
        metrics = RunMetrics(run_id="sample", started=STARTED)
        report = render_report(catalogue, metrics, options=Options.of(model.accept, model.review))
        page = opened(browser, Path(temporary, "report.html"), report)
        page.locator("figure.chart").nth(0).screenshot(path=FOLDER / "certainty.png")
        page.locator("figure.chart").nth(1).screenshot(path=FOLDER / "expected-right.png")
        page.locator("input[type=search], .filters input").first.fill(FILM)
        album = page.locator("li.album").first
        album.locator("summary").first.click()
        album.screenshot(path=FOLDER / "waterfall.png")
        thresholds(browser.new_page(viewport={"width": 1000, "height": 900}), catalogue, model)
        page = opened(browser, Path(temporary, "history.html"), render_page(runs(catalogue)))
        page.locator(".charts").screenshot(path=FOLDER / "runs.png")


def opened(browser: Browser, file: Path, html: str) -> Page:
    """A page in a tab of its own."""
    file.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.goto(file.as_uri())
    return page


def thresholds(page: Page, catalogue: Catalogue, model: Model) -> None:
    """The page of `soundtracks open` that moves the threshold, over all links of the catalogue."""
    data = json.dumps(threshold_data(album_links(catalogue.view), model))

    def answer(route: Route) -> None:
        name = urlsplit(route.request.url).path.rpartition("/")[2]
        if name == "thresholds":
            api = "/api/" in route.request.url
            route.fulfill(
                body=data if api else render("thresholds.html", notices=notices),
                content_type="application/json" if api else "text/html",
            )
        else:
            route.fulfill(body=asset(name), content_type="text/css" if name.endswith("css") else "text/javascript")

    page.route("**/*", answer)
    page.goto("http://charts.example/thresholds")
    page.locator("#weights .card").first.wait_for()
    for name, heading in (("threshold", "#move-title"), ("weights", "#weights-title"), ("patterns", "#patterns-title")):
        section = page.locator(f"section:has({heading})")
        box = section.bounding_box()
        assert box is not None
        clip = {"x": box["x"], "y": box["y"], "width": box["width"], "height": min(box["height"], 760)}
        page.screenshot(path=FOLDER / f"{name}.png", full_page=True, clip=clip)  # type: ignore[arg-type]


def runs(catalogue: Catalogue) -> pa.Table:
    """What runs over growing parts of the sample world link."""
    rows = []
    for number, count in enumerate((20, 50, 90, catalogue.films.num_rows)):
        films = catalogue.films.slice(0, count)["tmdb_id"]
        links = catalogue.view.filter(pc.is_in(catalogue.view["tmdb_id"], value_set=films.combine_chunks()))
        decided = {d: links.filter(pc.equal(links["decision"], d)) for d in ("accept", "review", "reject")}
        found = len(decided["accept"]["tmdb_id"].unique())
        rows.append(
            {
                "run_id": f"week {number + 1}",
                "started": STARTED + timedelta(weeks=number),
                "films": count,
                "albums": links.num_rows,
                **{
                    name: decided[d].num_rows
                    for name, d in (("accepted", "accept"), ("review", "review"), ("rejected", "reject"))
                },
                "films_with_albums": found,
                "films_without": count - found,
            }
        )
    return pa.Table.from_pylist(rows, SCHEMA)


if __name__ == "__main__":
    main()
