"""Every text of the collection as title, artist, style and id in Datasette (`soundtracks browse`): as a person sees it, as a program
reads it, and as its links lead on."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Route
from starlette.types import ASGIApp

from soundtracks.cli.browse import MAX_SHOWN, create_app
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.database import write_datasette_metadata, write_sqlite
from soundtracks.publishing.options import Options
from tests.hostile.texts import TEXTS
from tests.rigs.browser import chromium

pytestmark = pytest.mark.slow

HOST = "http://127.0.0.1:8001"
PAGES = ("films", "albums", "accepted", "review_queue", "evidence", "search?words=script", "films/1001")
#: Playwright has a loop of its own in the tests' thread.
ANSWERS = ThreadPoolExecutor(1)


@pytest.fixture(scope="module")
def app(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> ASGIApp:
    folder = tmp_path_factory.mktemp("browse")
    (folder / "links.sqlite").write_bytes(write_sqlite(catalogue, Options()))
    (folder / "datasette.json").write_bytes(write_datasette_metadata(catalogue, Options()))
    return create_app(folder, 8001)


@pytest.fixture(scope="module")
def page(app: ASGIApp) -> Iterator[Page]:
    """A page that asks this Datasette alone."""
    with chromium() as browser:
        made = browser.new_page(viewport={"width": 1400, "height": 900})

        def answer(route: Route) -> None:
            if not route.request.url.startswith(f"{HOST}/"):
                pytest.fail(f"{route.request.url} was asked for")
            found = fetch(app, route.request.url)
            headers = {name: value for name, value in found.headers.items() if name != "content-length"}
            route.fulfill(status=found.status_code, body=found.content, headers=headers)

        made.route("**/*", answer)
        made.on("dialog", lambda dialog: pytest.fail(f"a text opened a dialog: {dialog.message}"))
        yield made


def fetch(app: ASGIApp, url: str) -> httpx.Response:
    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await client.get(url)

    return ANSWERS.submit(lambda: asyncio.run(get())).result()


def as_a_browser_reads(text: str) -> str:
    """HTML has one kind of line end, and no NUL."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


def test_programs_read_the_texts_as_they_are(app: ASGIApp) -> None:
    rows = fetch(app, f"{HOST}/links/films.json?_shape=objects&_size=max").json()["rows"]
    known = {row["tmdb_id"]: row["title"] for row in rows}
    assert [known[str(number)] for number in range(1001, 1001 + len(TEXTS))] == list(TEXTS.values())


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_a_text_is_a_text_on_every_page(page: Page, name: str) -> None:
    page.goto(f"{HOST}/links/{name}{'&' if '?' in name else '?'}_size=max")
    assert page.locator("tbody :is(img, script, iframe, svg, style, form, input, object, video)").count() == 0
    assert page.evaluate("Object.keys(window).filter(name => /hack|pwn|xss|evil/i.test(name))") == []
    schemes = page.eval_on_selector_all("a[href]", "links => [...new Set(links.map(link => link.protocol))]")
    assert set(schemes) <= {"http:", "https:"}
    assert page.locator("h1").count() == 1
    if name in ("films", "albums"):
        shown = {cell.strip() for cell in page.locator("td.col-title").all_text_contents()}
        missing = [key for key, text in TEXTS.items() if len(text) < MAX_SHOWN and as_a_browser_reads(text) not in shown]
        assert missing == []


@pytest.mark.browser
def test_each_album_s_link_leads_to_its_own_page(app: ASGIApp, page: Page) -> None:
    page.goto(f"{HOST}/links/albums?_size=max")
    rows = page.eval_on_selector_all(
        ".rows-and-columns tbody tr",
        "rows => rows.map(r => [r.querySelector('td a').href, r.querySelector('.col-title').textContent])",
    )
    assert len(rows) == len(fetch(app, f"{HOST}/links/albums.json?_shape=objects&_size=max").json()["rows"]) > 300
    for address, title in rows:
        found = fetch(app, address)
        assert found.status_code == 200, address
        parts = urlsplit(address)
        (row,) = fetch(app, urljoin(HOST, f"{parts.path}.json?_shape=objects")).json()["rows"]
        assert as_a_browser_reads(row["title"])[: MAX_SHOWN - 1] == as_a_browser_reads(title)[: MAX_SHOWN - 1]
