"""Artifacts drawn by what Prefect's own pages draw Markdown with: marked in the old one, react-markdown with GFM in the new one."""

import http.server
import json
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import prefect
import pytest
from playwright.sync_api import Page

from soundtracks.text.foreign import code, markdown
from tests.hostile.texts import TEXTS
from tests.rigs.browser import chromium

PAGES = Path(prefect.__file__).parent / "server"
#: What a title may become: text in a paragraph. The cell, heading and code around it are ours.
OURS = {"paragraph", "text", "escape", "space", "p", "codespan", "code", "br"}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (PAGES / "ui-v2" / "assets").is_dir(), reason="Prefect came without pages"),
]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of the machine's own, from where Prefect's modules can be imported."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(PAGES))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with chromium() as browser:
            opened = browser.new_page()
            opened.goto(f"http://127.0.0.1:{server.server_port}/ui-v2/assets/")
            yield opened
        server.shutdown()


def module(pattern: str) -> str:
    (found,) = (PAGES / "ui-v2" / "assets").glob(pattern)
    return f"/ui-v2/assets/{found.name}"


NEW_PAGE = """async ([markdown, raw, sanitize, sources]) => {
  const modules = await Promise.all([markdown, raw, sanitize].map((name) => import(name)));
  const [{ n: { default: Markdown }, t: { default: gfm } }, { default: rehypeRaw }, { default: rehypeSanitize, defaultSchema }] = modules;
  const kinds = (node) => (Array.isArray(node) ? node.flatMap(kinds)
    : node && node.props ? [...(typeof node.type === "string" ? [node.type] : []), ...kinds(node.props.children)] : []);
  return sources.map((source) => kinds(Markdown({ children: source, remarkPlugins: [gfm], rehypePlugins: [rehypeRaw, [rehypeSanitize, defaultSchema]] })));
}"""


def drawn_by_the_new_page(page: Page, sources: list[str]) -> list[list[str]]:
    """The elements of each source."""
    modules = [module("vendor-markdown-*.js"), module("rehype-raw-*.js"), module("rehype-sanitize-*.js")]
    found: list[list[str]] = page.evaluate(NEW_PAGE, [*modules, sources])
    return found


OLD_PAGE = """async ([worker, sources]) => {
  const marked = new Worker(URL.createObjectURL(new Blob([worker], { type: "text/javascript" })));
  const ask = (text, id) => new Promise((answer) => {
    marked.addEventListener("message", ({ data }) => { if (data.id === id) answer(data.tokens); });
    marked.postMessage({ id, text });
  });
  const kinds = (token) => [token.type, ...[...(token.tokens || []), ...(token.items || [])].flatMap(kinds)];
  return Promise.all(sources.map(async (source, id) => (await ask(source, id)).flatMap(kinds)));
}"""


def drawn_by_the_old_page(page: Page, sources: list[str]) -> list[list[str]]:
    """The tokens of each source, as the page's own worker makes them."""
    for path in sorted((PAGES / "ui" / "assets").glob("index-*.js")):
        text = path.read_text(encoding="utf-8")
        if (end := text.find("self.onmessage=me})();")) > 0:
            start = text.rindex('\'(function(){"use strict"', 0, end)
            worker: Any = page.evaluate(text[start : text.index("'", end) + 1])
            found: list[list[str]] = page.evaluate(OLD_PAGE, [worker, sources])
            return found
    raise AssertionError("The old page's Markdown worker is elsewhere.")


@pytest.mark.parametrize("draw", [drawn_by_the_new_page, drawn_by_the_old_page])
def test_prefects_pages_draw_our_text_as_text(page: Page, draw: Any) -> None:
    control = ["![x](https://evil.example/p.png)", "https://evil.example/", "# Log in", "www.evil.example", "a@evil.example"]
    texts = {name: text for name, text in TEXTS.items() if name not in ("only-unseen", "only-blanks")}
    kinds = draw(page, [*control, *map(markdown, texts.values()), *map(code, texts.values())])
    assert [set(found) & {"img", "image", "a", "link", "h1", "heading"} != set() for found in kinds[: len(control)]] == [True] * 5
    for (name, text), found in zip([*texts.items(), *texts.items()], kinds[len(control) :], strict=True):
        assert set(found) <= OURS, (name, markdown(text), json.dumps(found))
