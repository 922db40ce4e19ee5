"""Catalogues that are easy, hostile and large, and a real browser."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from soundtracks.lake.lake import Lake
from soundtracks.metrics import MatchMetrics, RunMetrics, SourceMetrics, ValidationMetrics
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.records import ALBUMS, FILMS, LINKS
from tests.rigs.browser import PATIENCE, chromium
from tests.soundtracks.reporting.review_service import serving_review

HOSTILE = (
    "</script><script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 1">',
    "<!--<script>",
    "{{ 7 * 7 }}${7 * 7}",
    "'; DROP TABLE films; --",
    "🎬👩‍🚀🏳️‍🌈",
    "ab\u202ecd فيلم طويل",
    "line\u2028separator\u2029 and \u0000 nothing",
    "Wide" * 125,
    "&lt;b&gt; &amp; &quot;",
)


def evidence(*steps: tuple[str, str, str | None, float]) -> str:
    """Evidence as the match writes it."""
    return json.dumps({name: {"value": value, "level": level, "weight": weight} for name, level, value, weight in steps})


ALIEN_EVIDENCE = evidence(
    ("prior", "any candidate", None, -4.78),
    ("title", "equal", "alien", 6.46),
    ("year", "unknown", None, 0.0),
    ("credit", "composer", "Jerry Goldsmith | Jerry Goldsmith", 8.41),
    ("competition", "other candidates", None, -0.5),
)


def make(films: list[dict[str, object]], albums: list[dict[str, object]], links: list[dict[str, object]]) -> Catalogue:
    return Catalogue(*(pa.Table.from_pylist(r, s) for r, s in ((films, FILMS), (albums, ALBUMS), (links, LINKS))))


@pytest.fixture
def small() -> Catalogue:
    """Three films: one linked twice, one to review with two albums, one without."""
    films = [
        {"tmdb_id": "348", "title": "Alien", "year": 1979, "language": "en", "composers": ["Jerry Goldsmith"]},
        {"tmdb_id": "11481", "title": "Répulsion", "original_title": "Repulsion", "year": 1965, "language": "fr"},
        {"tmdb_id": "679", "title": "Aliens", "year": 1986, "language": "en", "composers": ["James Horner"]},
    ]
    albums = [
        {
            "album_id": "master:1",
            "title": "Alien (Original Soundtrack)",
            "artist": "Jerry Goldsmith",
            "year": 1999,
            "first_year": 1979,
        },
        {"album_id": "release:2", "title": "Alien Score", "artist": "Jerry Goldsmith", "year": 1980},
        {"album_id": "release:3", "title": "Aliens?", "artist": "Various", "year": 1987},
        {"album_id": "release:4", "title": "More Aliens", "artist": "Various", "year": 1990},
        {"album_id": "release:5", "title": "Repulsive", "artist": "A Band"},
    ]
    doubtful = evidence(
        ("prior", "any candidate", None, -4.78), ("title", "equal", "aliens", 6.46), ("credit", "others", "Various | –", -1.15)
    )
    links = [
        {"album_id": "master:1", "tmdb_id": "348", "decision": "accept", "probability": 0.9987, "match_weight": 10.09,
         "runner_up_tmdb_id": "679", "runner_up_gap": 7.5, "evidence": ALIEN_EVIDENCE},
        {"album_id": "release:2", "tmdb_id": "348", "decision": "accept", "probability": 0.91, "match_weight": 3.3,
         "evidence": ALIEN_EVIDENCE},
        {"album_id": "release:3", "tmdb_id": "679", "decision": "review", "probability": 0.45, "match_weight": 0.53,
         "runner_up_tmdb_id": "348", "runner_up_gap": 0.4, "evidence": doubtful},
        {"album_id": "release:4", "tmdb_id": "679", "decision": "review", "probability": 0.21, "match_weight": -1.9,
         "evidence": doubtful},
        {"album_id": "release:5", "tmdb_id": "11481", "decision": "reject", "probability": 0.001, "match_weight": -10.0},
    ]  # fmt: skip
    return make(films, albums, links)


@pytest.fixture
def pressed(small: Catalogue) -> Catalogue:
    """`small`, and an album of two pressings to review: letter for letter the same on the screen but for what they are."""
    facts = [
        ("release:71", 1986, "Vinyl, LP", "US", "Varèse Sarabande", "STV 81283"),
        ("release:72", 1987, "CD", "Germany", "", ""),
    ]
    albums = [{"album_id": "master:7", "title": "Aliens (OST)", "artist": "James Horner", "year": 1986, "first_year": 1986}]
    for album_id, year, formats, country, label, number in facts:
        albums.append({
            "album_id": album_id, "title": "Aliens (OST)", "artist": "James Horner", "year": year, "master_id": "master:7",
            "formats": formats.split(", "), "country": country, "labels": [label] if label else None,
            "catalogue_numbers": [number] if number else None, "tracks": ["9"] if number else None,
        })  # fmt: skip
    links = [
        {"album_id": album["album_id"], "tmdb_id": "679", "decision": "review", "probability": 0.5, "match_weight": 0.0}
        for album in albums
    ]
    return make(small.films.to_pylist(), [*small.albums.to_pylist(), *albums], [*small.links.to_pylist(), *links])


@pytest.fixture
def hostile() -> Catalogue:
    """Every text is an attack, or hard to lay out."""
    films = [
        {
            "tmdb_id": f"{i}",
            "title": text,
            "original_title": text[::-1],
            "year": 1990 + i,
            "language": text[:9],
            "composers": [text],
        }
        for i, text in enumerate(HOSTILE, 1)
    ]
    albums = [{"album_id": f"release:{i}", "title": t, "artist": t, "year": 1990} for i, t in enumerate(HOSTILE, 1)]
    albums.append({"album_id": "javascript:window.hacked=1", "title": "A link that is none"})
    links = [
        {
            "album_id": album["album_id"],
            "tmdb_id": f"{i % len(HOSTILE) + 1}",
            "decision": "review" if i % 2 else "accept",
            "probability": 0.4 if i % 2 else 0.8,
            "match_weight": 2.0,
            "runner_up_tmdb_id": "1",
            "runner_up_gap": 0.1,
            "evidence": evidence(("title", str(album["title"]), str(album["title"]), 2.0)),
        }
        for i, album in enumerate(albums)
    ]
    return make(films, albums, links)


@pytest.fixture(scope="session")
def large() -> Catalogue:
    """10,000 films, every third with an album."""
    languages = ("en", "fr", "ja", "de")
    films = [
        {"tmdb_id": f"{i}", "title": f"Film number {i}", "year": 1920 + i % 100, "language": languages[i % 4],
         "composers": [f"Composer {i % 700}"]}
        for i in range(10_000)
    ]  # fmt: skip
    albums = [{"album_id": f"release:{i}", "title": f"Film number {i} (OST)", "year": 1990} for i in range(0, 10_000, 3)]
    links = [
        {"album_id": f"release:{i}", "tmdb_id": f"{i}", "decision": "accept" if i % 2 else "review",
         "probability": 0.5 + i / 30_000, "match_weight": 3.0, "evidence": ALIEN_EVIDENCE}
        for i in range(0, 10_000, 3)
    ]  # fmt: skip
    return make(films, albums, links)


@pytest.fixture
def metrics() -> RunMetrics:
    return RunMetrics(
        run_id="run-1",
        started=datetime(2026, 11, 24, 4, tzinfo=UTC),
        finished=datetime(2026, 11, 24, 4, 1, 22, tzinfo=UTC),
        extraction={"tmdb": SourceMetrics(requests=30, cache_hits=4), "discogs": SourceMetrics(requests=19, wait_seconds=41.2)},
        validation={"titles": ValidationMetrics(rows=152, quarantined=1, warnings=0)},
        matching=MatchMetrics(films=3, albums=5, candidates=43110, accepted=2, review=2, rejected=1, engine="local", seconds=7.4),
        stages={"titles": 0.4, "films": 75.0, "match": 8.2},
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. For a module, not the session: Playwright's event loop would be in the way of other tests' loops."""
    with chromium() as opened:
        yield opened


Size = tuple[int, int]
Visit = Callable[..., Page]


@pytest.fixture(params=[(390, 844), (1280, 900)], ids=["phone", "desk"])
def size(request: pytest.FixtureRequest) -> Size:
    return request.param


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens a page in a context of its own: visit(url, size=…, **context). At the end no page may have complained, asked for
    anything but its own address, opened a dialog, or run what a hostile title holds."""
    trouble: list[str] = []
    pages: list[Page] = []

    def open_page(url: str, *, size: Size = (1280, 900), **options: Any) -> Page:
        page = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options).new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: trouble.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(url.partition("#")[0]) else trouble.append(request.url))
        page.goto(url)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        assert page.evaluate("window.hacked") is None
        page.context.close()
    assert trouble == []


@pytest.fixture
def serious_faults() -> Callable[[Page], list[str]]:
    """What axe finds on a page that keeps people out."""

    def find(page: Page) -> list[str]:
        violations = Axe().run(page).response["violations"]
        return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in violations if v["impact"] in ("serious", "critical")]

    return find


@pytest.fixture
def serve(lake: Lake) -> Iterator[Callable[[Catalogue], str]]:
    """Publishes a catalogue and serves its review page; gives the address."""
    with ExitStack() as stack:
        yield lambda catalogue: stack.enter_context(serving_review(lake, catalogue))
