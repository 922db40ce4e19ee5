"""What the report says without a script: how the list was read, how far ids agree, what it changed in the catalogue."""

import re
from html import unescape

from soundtracks.metrics import CatalogueMetrics, RunMetrics
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.reporting.report import MAX_ROWS, render_report


def section(html: str) -> str:
    """The part of a report that tells how the list was read, "" where there is none."""
    found = re.search(r'<section id="list-read".*?</section>', html, re.S)
    return found[0] if found else ""


def words(html: str) -> list[str]:
    return [text for piece in re.split("<[^>]*>", html) if (text := unescape(piece).strip())]


def test_how_the_list_was_read(small: Catalogue, metrics: RunMetrics) -> None:
    metrics.titles = {"file": "watchlist.csv", "rows": 1550, "unique": 1141, "left_out": "12 game, 397 series", "unreadable": 2}
    metrics.read_as = [
        "IMDb, semicolons, Windows-1252",
        "title from Title; year from Year",
        "not used: Created (no year of the film)",
    ]
    html = render_report(small, metrics)
    assert words(section(html)) == [
        "How the list was read", "File", "watchlist.csv", "Films in it", "1,550", "Different ones", "1,141",
        "Left out, by kind", "12 game, 397 series", "Unreadable, set aside", "2", *metrics.read_as,
    ]  # fmt: skip
    assert 'href="#list-read"' in html


def test_a_strangers_words_are_escaped(small: Catalogue, metrics: RunMetrics) -> None:
    attack = "<img src=x onerror=alert(1)>"
    metrics.titles, metrics.read_as = {"file": attack, "left_out": attack}, [f"title from {attack}"] * (MAX_ROWS + 7)
    shown = section(render_report(small, metrics))
    assert "<img" not in shown
    assert words(shown).count(attack) == 2
    assert words(shown).count(f"title from {attack}") == MAX_ROWS
    assert words(shown)[-1] == "and 7 more"


def test_a_run_of_before_says_nothing_of_its_list(small: Catalogue, metrics: RunMetrics) -> None:
    html = render_report(small, metrics)
    assert section(html) == ""
    assert "list-read" not in html


def test_how_far_ids_agree_and_what_changed_in_the_catalogue(small: Catalogue, metrics: RunMetrics) -> None:
    """On a first run too, which has no run before it to compare with."""
    agree = "MusicBrainz or Wikidata name the film of 12 albums: 10 are linked to it, 1 to another."
    changed = "In the catalogue of all runs: 3 albums newly linked, 0 no longer, 1 to other films."
    assert metrics.matching is not None
    assert not {agree, changed} & set(words(render_report(small, metrics)))
    metrics.matching.said, metrics.matching.said_same, metrics.matching.said_other = 12, 10, 1
    metrics.catalogue = CatalogueMetrics(version=4, new=3, changed=1)
    for previous in (None, small.links.slice(0, 1)):
        told = words(render_report(small, metrics, previous=previous))
        assert (told.count(agree), told.count(changed)) == (1, 1)
