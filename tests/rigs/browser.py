"""The browser that the pages are tried in: Debian's Chromium, asking nobody for anything by itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

#: Milliseconds that a page is waited for: a busy machine is slow, and a page that is wrong stays so.
PATIENCE = 120_000

_CHROMIUM = "/usr/bin/chromium"
_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=_CHROMIUM, args=_SWITCHES) as browser:
        yield browser
