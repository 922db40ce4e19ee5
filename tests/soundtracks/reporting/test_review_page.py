"""The review page: decided by keys in a real browser, by two people at once, and by nobody from elsewhere."""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import ClassVar

import httpx
import pyarrow as pa
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from soundtracks.decisions import DecisionStore, read_decisions, stamp
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.publish import publish
from soundtracks.records import ALBUMS, LINKS
from soundtracks.serving.review_queue import ReviewQueue
from soundtracks.serving.server import create_app
from tests.hostile.texts import TEXTS
from tests.soundtracks.reporting.conftest import evidence, make

pytestmark = pytest.mark.slow

TOKEN = "only-our-page-knows"


def opened(url: str) -> str:
    """The address that `soundtracks review` opens."""
    return f"{url}#token={TOKEN}"


class Beyond:
    """TMDB and Discogs, which know one film and one album more."""

    DUNE: ClassVar = {"tmdb_id": "438631", "title": "Dune", "year": 2021, "composers": ["Hans Zimmer"]}

    def film(self, tmdb_id: str) -> dict[str, object] | None:
        return self.DUNE if tmdb_id == "438631" else None

    def search(self, title: str) -> list[dict[str, object]]:
        return [self.DUNE] if title == "dune" else []

    def album(self, album_id: str) -> dict[str, object] | None:
        return {"album_id": "master:9", "title": "Dune Sketchbook", "year": 2021} if album_id == "release:90" else None


class _Server(uvicorn.Server):
    ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def publish_links(lake: Lake, catalogue: Catalogue) -> None:
    publish(lake, "run-1", catalogue)


@pytest.fixture
def serve(lake: Lake) -> Iterator[Callable[[Catalogue], str]]:
    """Publishes a catalogue and serves its review page; gives the address."""
    running: list[tuple[_Server, threading.Thread]] = []

    def start(catalogue: Catalogue) -> str:
        publish_links(lake, catalogue)
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        app = create_app(ReviewQueue.from_lake(lake), DecisionStore(lake), port=port, token=TOKEN, services=Beyond())
        server = _Server(uvicorn.Config(app, log_level="error"))
        server.ready = threading.Event()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        running.append((server, thread))
        assert server.ready.wait(30)
        return f"http://127.0.0.1:{port}/"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join(30)


def said(lake: Lake) -> list[tuple[str | None, str, str, str]]:
    return [(d["by"], d["decision"], d["album_id"], d["tmdb_id"]) for d in read_decisions(lake).to_pylist()]


def enter(page: Page, name: str) -> Page:
    expect(page.locator("#naming")).to_be_visible()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator("#who")).to_have_text(f"Reviewing as {name}")
    expect(page.locator("#naming")).to_be_hidden()  # until then keys belong to the dialog
    return page


def progress(page: Page, text: str) -> None:
    expect(page.locator("#progress-text")).to_have_text(text)


@pytest.mark.browser
def test_links_are_reviewed_by_keyboard(
    serve: Callable[[Catalogue], str], visit: Callable[..., Page], small: Catalogue, lake: Lake, size: tuple[int, int]
) -> None:
    page = enter(visit(opened(serve(small)), size=size), "Ann")
    progress(page, "0 of 2 decided")
    assert "Aliens (1986)" in page.locator("#film").inner_text()
    if page.locator("#film summary").is_visible():  # on a phone
        page.locator("#film summary").click()
    assert "Music by\nJames Horner" in page.locator("#film").inner_text()
    page.keyboard.press("a")
    progress(page, "1 of 2 decided")
    page.keyboard.press("u")
    progress(page, "0 of 2 decided")
    page.keyboard.press("s")  # skipped: the other album is next
    expect(page.locator(".candidate.current .name")).to_contain_text("More Aliens")
    page.keyboard.press("r")
    progress(page, "1 of 2 decided")
    page.get_by_role("button", name="Look at the 1 skipped again").click()
    page.keyboard.press("f")
    page.keyboard.type("alien")
    expect(page.locator("#found li")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    progress(page, "2 of 2 decided")
    expect(page.locator("#done")).to_contain_text("Every link is decided")
    *one_by_one, first, second = said(lake)
    assert one_by_one == [
        ("Ann", "accept", "release:3", "679"),
        ("Ann", "undo", "release:3", "679"),
        ("Ann", "skip", "release:3", "679"),
        ("Ann", "reject", "release:4", "679"),
    ]
    assert {first, second} == {("Ann", "accept", "release:3", "348"), ("Ann", "reject", "release:3", "679")}
    page.keyboard.press("u")  # both are taken back together
    progress(page, "1 of 2 decided")


@pytest.mark.browser
def test_decisions_win_in_the_next_run(
    serve: Callable[[Catalogue], str], visit: Callable[..., Page], small: Catalogue, lake: Lake
) -> None:
    page = enter(visit(opened(serve(small))), "Ann")
    page.keyboard.press("a")
    progress(page, "1 of 2 decided")
    again = Catalogue(small.films, small.albums, small.links, read_decisions(lake)).view.to_pylist()
    row = next(r for r in again if r["album_id"] == "release:3")
    assert (row["decision"], row["decided_by"], row["reviewer"]) == ("accept", "person", "Ann")


@pytest.mark.browser
def test_a_decision_covers_the_pressings_but_those_excepted_and_undo_takes_it_back(
    serve: Callable[[Catalogue], str], visit: Callable[..., Page], pressed: Catalogue, lake: Lake
) -> None:
    page = enter(visit(opened(serve(pressed))), "Ann")
    progress(page, "0 of 3 decided")  # albums, not their five rows
    album = page.locator(".candidate.current")
    album.get_by_text("2 pressings, decided together").click()
    expect(album.locator(".pressings li").first).to_contain_text("Vinyl, LP · US · Varèse Sarabande STV 81283 · 1986 · 9 tracks")
    album.locator(".pressings li", has_text="Germany").get_by_role("button", name="not this one").click()
    expect(album.locator(".pressings")).to_contain_text("rejected by Ann")
    page.keyboard.press("a")
    progress(page, "1 of 3 decided")

    def next_run() -> dict[str, str]:
        rows = Catalogue(pressed.films, pressed.albums, pressed.links, read_decisions(lake)).view.to_pylist()
        return {row["album_id"]: row["decision"] for row in rows if row["work_id"] == "master:7"}

    assert next_run() == {"master:7": "accept", "release:71": "accept", "release:72": "reject"}
    page.keyboard.press("u")
    progress(page, "0 of 3 decided")
    page.keyboard.press("u")
    expect(page.locator(".pressings li", has_text="Germany").get_by_role("button", name="not this one")).to_be_visible()
    assert set(next_run().values()) == {"review"}


@pytest.mark.browser
def test_a_link_that_no_run_came_across_is_said_by_addresses(
    serve: Callable[[Catalogue], str], visit: Callable[..., Page], small: Catalogue, lake: Lake
) -> None:
    page = enter(visit(opened(serve(small))), "Ann")
    page.keyboard.press("l")
    page.keyboard.type("a record shop")
    page.keyboard.press("Enter")
    expect(page.locator("#linking-said")).to_contain_text("no address of an album on Discogs")
    page.locator("#linking input").fill("https://www.discogs.com/release/90-Hans-Zimmer-Dune")
    page.keyboard.press("Enter")
    expect(page.locator("#choosing-album")).to_have_text("Dune Sketchbook")
    page.locator("#choosing input").fill("https://www.themoviedb.org/movie/438631-dune")
    expect(page.locator("#found li")).to_have_text(["Dune (2021) · music: Hans Zimmer"])
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("Linked to Dune: Dune Sketchbook.")
    progress(page, "0 of 2 decided")  # what waited still waits
    page.keyboard.press("f")
    page.keyboard.type("dune")
    expect(page.locator("#found li")).to_have_count(1)  # known from now on, without a question to TMDB
    page.keyboard.press("Escape")
    assert said(lake) == [("Ann", "accept", "master:9", "438631")]


@pytest.mark.browser
def test_order_filter_and_one_word_for_all_that_are_alike(
    serve: Callable[[Catalogue], str], visit: Callable[..., Page], small: Catalogue, lake: Lake,
    size: tuple[int, int], serious_faults: Callable[[Page], list[str]],
) -> None:  # fmt: skip
    page = enter(visit(opened(serve(small)), size=size), "Ann")
    names = page.locator(".candidate .name > bdi")
    expect(names).to_have_text(["Aliens?", "More Aliens"])
    page.locator("#only").fill("more")
    expect(names).to_have_text(["More Aliens"])
    page.locator("#only").fill("no such title")
    expect(page.locator("#done")).to_contain_text("No title fits")
    page.locator("#only").fill("")
    page.locator("#order").select_option("teaches")
    expect(names).to_have_text(["Aliens?", "More Aliens"])  # 0.45 says more than 0.21, and both have the same evidence
    assert serious_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.get_by_role("button", name="1 more with the same evidence: decide all").click()
    expect(page.locator("#alike-list li")).to_have_count(2)
    page.get_by_role("button", name="Reject all").click()
    progress(page, "2 of 2 decided")
    page.get_by_role("button", name="Decisions").click()
    page.locator("#said li", has_text="More Aliens").get_by_role("button", name="take back").click()
    expect(page.locator("#by-person")).to_have_text("Ann: 1")
    assert sorted((d, album) for _, d, album, _ in said(lake)) == [
        ("reject", "release:3"), ("reject", "release:4"), ("undo", "release:4"),
    ]  # fmt: skip


def test_who_has_no_token_spends_no_allowance(serve: Callable[[Catalogue], str], small: Catalogue) -> None:
    url = serve(small)
    key = {"x-review-token": TOKEN}
    assert httpx.get(f"{url}api/films?q=dune&beyond=1").status_code == 403
    assert httpx.get(f"{url}api/albums?q=discogs.com/release/90").status_code == 403
    assert [f["title"] for f in httpx.get(f"{url}api/films?q=dune&beyond=1", headers=key).json()["films"]] == ["Dune"]
    assert httpx.get(f"{url}api/albums?q=master:1").json()["title"] == "Alien (Original Soundtrack)"  # of the links: free
    assert httpx.get(f"{url}api/albums?q=discogs.com/release/91", headers=key).status_code == 404


@pytest.mark.browser
def test_two_people_at_once(serve: Callable[[Catalogue], str], visit: Callable[..., Page], small: Catalogue, lake: Lake) -> None:
    url = serve(small)
    ann, bob = enter(visit(opened(url)), "Ann"), enter(visit(opened(url)), "Bob")
    ann.keyboard.press("a")
    progress(ann, "1 of 2 decided")
    expect(bob.locator("#notice")).to_contain_text("Ann accepted this link just now", timeout=15_000)
    bob.keyboard.press("e")
    bob.keyboard.type("it is a tribute (r)")  # letters in the field are no keys
    bob.keyboard.press("Enter")
    bob.keyboard.press("ArrowUp")
    bob.keyboard.press("r")
    expect(ann.locator(".candidate", has_text="Aliens?")).to_contain_text("rejected by Bob", timeout=15_000)
    expect(ann.locator("#notice")).to_contain_text("Bob rejected what you accepted: Aliens? → Aliens. Why: it is a tribute (r).")
    ann.keyboard.press("d")
    expect(ann.locator("#by-person")).to_have_text("Bob: 1")
    expect(ann.locator("#conflicts li")).to_have_count(2)
    expect(ann.locator("#conflicts li").last).to_contain_text("it is a tribute (r) · counts")
    assert ann.locator("#said button").count() == 0  # only Bob takes Bob's word back
    ann.keyboard.press("Escape")
    ann.keyboard.press("?")
    expect(ann.locator("#helping")).to_contain_text("write why")
    ann.keyboard.press("Escape")
    assert said(lake) == [("Ann", "accept", "release:3", "679"), ("Bob", "reject", "release:3", "679")]
    bob.keyboard.press("u")  # takes Bob's word back, not Ann's
    expect(bob.locator(".candidate", has_text="Aliens?")).to_contain_text("accepted by Ann")


@pytest.mark.browser
def test_hostile_titles_and_people_with_screen_readers(
    serve: Callable[[Catalogue], str],
    visit: Callable[..., Page],
    hostile: Catalogue,
    size: tuple[int, int],
    serious_faults: Callable[[Page], list[str]],
) -> None:
    page = enter(visit(opened(serve(hostile)), size=size), "<b>Ann</b>")
    for _ in range(3):
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert serious_faults(page) == []
        page.keyboard.press("ArrowDown")
    page.keyboard.press("f")
    page.keyboard.type("wide")
    expect(page.locator("#found li")).to_have_count(1)
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    assert page.locator("img, iframe, [onerror], a[href^=javascript]").count() == 0


#: Goes through the queue by keys. Of each link: film, album and artist as shown, pixels that overflow, foreign elements.
WALK = """
(count) => Array.from({ length: count }, () => {
  const page = document.documentElement;
  const texts = [...document.querySelectorAll(".film-title bdi, .candidate.current .name bdi")].map((e) => e.textContent);
  const foreign = document.querySelectorAll("img, iframe, object, embed, base, [onerror], a[href^=javascript]").length;
  const seen = [texts, page.scrollWidth - page.clientWidth, foreign];
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
  return seen;
})
"""


@pytest.mark.browser
def test_every_text_of_the_collection_is_shown_and_does_nothing(
    serve: Callable[[Catalogue], str], visit: Callable[..., Page]
) -> None:
    """Each is the title, composer and other title of a film, and the title, artist and evidence of the album beside it."""
    films = [
        {"tmdb_id": f"{n}", "title": text, "original_title": text[::-1], "composers": [text], "alternative_titles": [text]}
        for n, text in enumerate(TEXTS.values(), 1)
    ]
    albums = [{"album_id": f"release:{n}", "title": text, "artist": text} for n, text in enumerate(TEXTS.values(), 1)]
    links = [
        {"album_id": f"release:{n}", "tmdb_id": f"{n}", "decision": "review", "probability": 0.4, "match_weight": 2.0,
         "runner_up_tmdb_id": f"{n % len(TEXTS) + 1}", "runner_up_gap": 0.1, "evidence": evidence(("title", text, text, 2.0))}
        for n, text in enumerate(TEXTS.values(), 1)
    ]  # fmt: skip
    page = enter(visit(opened(serve(make(films, albums, links))), size=(390, 844)), "Ann")
    shown = page.evaluate(WALK, len(TEXTS))
    assert [seen for seen in shown if seen[0] != seen[0][:1] * 3 or seen[1:] != [0, 0]] == []
    assert {texts[0] for texts, _, _ in shown} == set(TEXTS.values())


GOOD = {"decisions": [{"album_id": "release:3", "tmdb_id": "679", "decision": "accept", "by": "Ann"}]}


def post(url: str, body: object = None, **headers: str) -> int:
    ours = {"origin": url.rstrip("/"), "x-review-token": TOKEN, "sec-fetch-site": "same-origin"}
    kept = {k: v for k, v in (ours | {k.replace("_", "-"): v for k, v in headers.items()}).items() if v}
    return httpx.post(f"{url}api/decisions", json=GOOD if body is None else body, headers=kept).status_code


def test_our_own_page_may_decide(serve: Callable[[Catalogue], str], small: Catalogue, lake: Lake) -> None:
    assert post(serve(small)) == 201
    assert said(lake) == [("Ann", "accept", "release:3", "679")]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"x_review_token": ""}, 403),
        ({"x_review_token": "guessed"}, 403),
        ({"content_type": "text/plain"}, 415),
        ({"host": "evil.example"}, 421),
    ],
    ids=str,
)
def test_nobody_else_may(
    serve: Callable[[Catalogue], str], small: Catalogue, lake: Lake, headers: dict[str, str], status: int
) -> None:
    assert post(serve(small), **headers) == status
    assert said(lake) == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"decision": "maybe"}, 422),
        ({"by": " "}, 422),
        ({"album_id": "release:99"}, 422),
        ({"tmdb_id": "99"}, 422),
        ({"further": 1}, 422),
        ({"at": "2026-11-24T05:00:00Z"}, 422),  # the server's to give
        ({"at": "9999-12-31T23:59:59-14:00"}, 422),
        ({"run_id": "another"}, 422),
        ({"by": "A\x1b[31mnn"}, 422),
        ({"album_id": "x" * 30_000}, 413),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_decision(
    serve: Callable[[Catalogue], str], small: Catalogue, lake: Lake, change: dict[str, object], status: int
) -> None:
    assert post(serve(small), {"decisions": [GOOD["decisions"][0] | change]}) == status
    assert said(lake) == []


def test_the_server_gives_the_time(serve: Callable[[Catalogue], str], small: Catalogue, lake: Lake) -> None:
    before = stamp(datetime.now(UTC))
    assert post(serve(small)) == 201
    (row,) = read_decisions(lake).to_pylist()
    assert before <= row["at"] <= stamp(datetime.now(UTC))


def test_no_answer_holds_the_token(serve: Callable[[Catalogue], str], small: Catalogue) -> None:
    url = serve(small)
    for path in ("", "assets/review.js", "api/queue", "api/decisions"):
        answer = httpx.get(url + path)
        assert answer.status_code == 200
        assert TOKEN not in answer.text + str(answer.headers)


@pytest.mark.browser
def test_without_the_opened_address_the_page_shows_and_decides_nothing(
    serve: Callable[[Catalogue], str], browser: Browser, small: Catalogue, lake: Lake
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(serve(small))
        expect(page.locator("#notice")).to_contain_text("open the address that `soundtracks review` printed")
        enter(page, "Eve")
        page.keyboard.press("a")
        expect(page.locator("#notice")).to_contain_text("this page has no key")
    assert said(lake) == []


@pytest.mark.browser
def test_the_token_leaves_the_address_bar_and_a_reload_keeps_it(
    serve: Callable[[Catalogue], str], visit: Callable[..., Page], small: Catalogue, lake: Lake
) -> None:
    url = serve(small)
    page = enter(visit(opened(url)), "Ann")
    assert page.url == url
    page.reload()
    progress(page, "0 of 2 decided")
    page.keyboard.press("a")
    progress(page, "1 of 2 decided")
    assert said(lake) == [("Ann", "accept", "release:3", "679")]


def test_every_answer_is_locked(serve: Callable[[Catalogue], str], small: Catalogue) -> None:
    url = serve(small)
    for path in ("", "assets/review.js", "api/queue", "api/films?q=alien", "assets/nothing"):
        headers = httpx.get(url + path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in headers


def test_search_puts_the_title_itself_first(small: Catalogue) -> None:
    queue = ReviewQueue(small.view, small.films)
    assert [film["title"] for film in queue.search("ALIEN")] == ["Alien", "Aliens"]
    assert [film["title"] for film in queue.search("repulsion 1965")] == ["Répulsion"]
    assert queue.search("  ") == []


def test_pressings_that_are_linked_already_are_one_album(small: Catalogue) -> None:
    links = small.links.to_pylist()
    again = links + [links[0] | {"album_id": f"release:{i}"} for i in (6, 7)]
    again.append(links[2] | {"album_id": "release:8", "tmdb_id": "348"})
    pressing = small.albums.to_pylist()[0] | {"master_id": "master:1"}
    albums = small.albums.to_pylist() + [pressing | {"album_id": f"release:{i}"} for i in (6, 7)]
    tables = (pa.Table.from_pylist(rows, schema) for rows, schema in ((albums, ALBUMS), (again, LINKS)))
    queue = ReviewQueue(Catalogue(small.films, *tables).view, small.films)
    item = next(item for item in queue.items if item["film"]["tmdb_id"] == "348")
    assert item["linked"] == ["Alien (Original Soundtrack) (1979)", "Alien Score (1980)"]


def test_any_album_can_be_looked_at_again(small: Catalogue) -> None:
    queue = ReviewQueue(small.view, small.films, only=["release:2", "release:5"])
    assert {item["film"]["title"]: [album["album_id"] for album in item["albums"]] for item in queue.items} == {
        "Alien": ["release:2"],  # was linked
        "Répulsion": ["release:5"],  # was rejected
    }
    with pytest.raises(BadInput, match="Nothing among the links is 'release:99'"):
        ReviewQueue(small.view, small.films, only=["release:2", "release:99"])
