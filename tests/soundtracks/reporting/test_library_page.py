"""`soundtracks open` in a real browser: from the first page to report, review, thresholds, history and files."""

import re
import socket
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from sandbox.serve import serving
from soundtracks.decisions import DecisionStore, read_decisions
from soundtracks.lake.lake import Lake
from soundtracks.metrics import RunMetrics
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.publish import publish
from soundtracks.reporting.report import render_report
from soundtracks.serving.library import Library
from soundtracks.serving.review_queue import ReviewQueue
from soundtracks.serving.server import create_app

pytestmark = pytest.mark.slow

TOKEN = "only-our-page-knows"


@pytest.fixture
def address(lake: Lake, pressed: Catalogue, metrics: RunMetrics) -> Iterator[str]:
    """The first page over a lake with one run."""
    report = render_report(pressed, metrics).encode()
    metrics.titles = {"file": "watchlist <b>.csv", "unique": 3}
    written = {"report.html": report, "metrics.json": metrics.model_dump_json(exclude_none=True).encode()}
    publish(lake, "run-1", pressed, finish=lambda _: written)
    queue = ReviewQueue.from_lake(lake)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    app = create_app(queue, DecisionStore(lake), port=port, token=TOKEN, library=Library(lake, queue.links))
    with serving(app, port) as url:
        yield url


@pytest.mark.browser
def test_everything_in_one_place(
    address: str, visit: Callable[..., Page], lake: Lake, size: tuple[int, int], serious_faults: Callable[[Page], list[str]]
) -> None:
    page = visit(f"{address}/#token={TOKEN}", size=size)
    assert page.url == f"{address}/"
    expect(page.locator(".lead")).to_contain_text("1 film with 2 albums linked. 3 wait for a person.")
    expect(page.locator("tbody th bdi")).to_have_text("watchlist <b>.csv")
    assert serious_faults(page) == []
    # on a phone the table scrolls in itself: a date is one line, not a column of letters
    assert page.locator("td.when").first.evaluate("(cell) => cell.getClientRects()[0].height") < 60
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    with page.expect_download() as download:
        page.get_by_role("link", name="links.csv").click()
    assert download.value.suggested_filename == "links.csv"

    page.get_by_role("link", name="Thresholds").click()
    expect(page.locator("#count")).to_have_text("2")  # none of those at 0.5, 0.45 and 0.21
    page.locator("#threshold").focus()
    page.keyboard.press("Home")
    expect(page.locator("#count")).to_have_text("6")
    expect(page.locator("#missed")).to_have_text("0")
    assert page.locator("#weights h3").count() > 10
    assert page.locator("#theme").evaluate("(button) => button.clientHeight") < 50  # one line, on a phone too
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert serious_faults(page) == []

    page.goto(f"{address}/report")
    page.locator("#queue summary", has_text="Aliens (OST)").click()
    page.get_by_role("link", name="Review it").click()
    page.wait_for_url("**/review#album=master%3A7")
    expect(page.locator("#naming")).to_be_visible()
    page.keyboard.type("Ann")
    page.keyboard.press("Enter")
    expect(page.locator("#naming")).to_be_hidden()
    expect(page.locator(".candidate.current .name")).to_contain_text("Aliens (OST)")
    page.keyboard.press("a")
    expect(page.locator("#progress-text")).to_have_text("1 of 3 decided")
    assert [(d["album_id"], d["decision"]) for d in read_decisions(lake).to_pylist()] == [("master:7", "accept")]
    page.get_by_role("link", name="Soundtrack links").click()
    page.get_by_role("link", name="History").click()
    expect(page.locator("table")).to_contain_text("watchlist <b>.csv")


def test_the_first_page_says_what_became_of_a_run_that_asked(address: str, lake: Lake) -> None:
    for number, more in enumerate([{}, {"decision": "cancelled"}]):
        approval = {"standing": 9, "moved": 9, "until": "2026-11-09T10:00:00Z"} | more
        lake.write_json(
            f"runs/asked-{number}/metrics.json",
            {"started": "2026-11-02T10:00:00Z", "approval": approval, "titles": {"file": f"asked-{number}.csv"}}
            | ({"finished": "2026-11-03T10:00:00Z"} if more else {}),
        )
        lake.write_bytes(f"runs/asked-{number}/proposal.html", b"<html>")
    rows = [" ".join(row.split()) for row in httpx.get(address).text.split("<tr>") if "asked-" in row]
    assert any(
        '<a href="/report/asked-0"><bdi>asked-0.csv</bdi></a> <span class="soft">waits for approval' in row for row in rows
    )
    links = set(re.findall(r'href="([^"]+/(?:report|proposal)\.html)"', httpx.get(f"{address}/history").text))
    assert links == {"run-1/report.html", "asked-0/proposal.html", "asked-1/proposal.html"}
    assert {httpx.get(f"{address}/{link}").status_code for link in links} == {200}
    assert any('asked-1.csv</bdi></a> <span class="soft">not published: cancelled while it waited' in row for row in rows)


def test_a_page_of_the_lake_is_shut_into_a_sandbox_where_no_key_is(address: str) -> None:
    for path in ("/report", "/report/run-1", "/history"):
        policy = httpx.get(address + path).headers["content-security-policy"]
        assert "sandbox allow-scripts" in policy
        assert "allow-same-origin" not in policy
        assert "default-src 'none'" in policy
    for path in ("/", "/review", "/thresholds", "/assets/review.js"):
        answer = httpx.get(address + path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert TOKEN not in answer.text


@pytest.mark.parametrize(
    "path", ["/report/none", "/report/%2e%2e", "/files/manifest.json", "/files/..%2Fmetrics.json", "/files/x"]
)
def test_nothing_else_of_the_lake_is_served(address: str, path: str) -> None:
    assert httpx.get(address + path).status_code == 404


def test_a_file_is_to_be_kept_not_shown(address: str) -> None:
    answer = httpx.get(f"{address}/files/links.jsonld")
    assert answer.headers["content-disposition"] == 'attachment; filename="links.jsonld"'
    assert answer.headers["x-content-type-options"] == "nosniff"
