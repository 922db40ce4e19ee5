"""The review page: decided by keys in a real browser, and by two people at once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from soundtracks.decisions import read_decisions
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import Catalogue
from tests.hostile.texts import TEXTS
from tests.soundtracks.reporting.conftest import evidence, make
from tests.soundtracks.reporting.review_service import opened, said

pytestmark = pytest.mark.slow


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
def test_a_key_right_after_a_dialog_closed_is_not_lost(
    serve: Callable[[Catalogue], str], visit: Callable[..., Page], small: Catalogue
) -> None:
    page = enter(visit(opened(serve(small))), "Ann")
    page.locator("#naming input").dispatch_event("keydown", {"key": "a", "bubbles": True})  # its field has the focus still
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
