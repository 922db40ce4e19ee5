"""What the report says without a script: how the list was read, how far ids agree, what it changed in the catalogue."""

import re
from collections.abc import Sequence
from html import unescape

import pytest

from soundtracks.metrics import CatalogueMetrics, RunMetrics
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.reporting import report
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


@pytest.mark.parametrize(
    ("counted", "listed", "told"),
    [
        (None, 0, None),
        (0, 0, None),
        (1, 1, "No film was found for 1 title."),
        (None, 6, "No film was found for 6 titles."),  # a run of before lists them, and does not count them
        (1006, 500, "No film was found for 1,006 titles."),
    ],
)
def test_the_headline_says_how_many_titles_came_to_no_film(
    small: Catalogue, metrics: RunMetrics, counted: int | None, listed: int, told: str | None
) -> None:
    metrics.titles = {} if counted is None else {"unresolved": counted}
    html = render_report(small, metrics, unresolved=iter([{"title": "Alien 1979"}] * listed))
    lead = words(html[html.index('class="lead"') : html.index("</header>")])
    assert [text for text in lead if text.startswith("No film")] == ([told] if told else [])
    heads = [text for text in words(html) if text.startswith("Titles that are no known film")]
    assert heads == ([f"Titles that are no known film: {max(counted or 0, listed):,}"] if told else [])


class TestMoreThanAPageHolds:
    @pytest.fixture(autouse=True)
    def _few(self, small: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows = small.films.num_rows + small.links.num_rows
        monkeypatch.setattr(report, "MAX_REPORTED", self.rows - 1)
        monkeypatch.setattr(report, "album_links", lambda _: pytest.fail("the links were gone through one by one"))

    @pytest.mark.parametrize(
        ("files", "look"),
        [
            (["links.parquet", "links & more.csv"], "soundtracks browse run-1"),
            ([], "Once the run has published,"),
        ],
    )
    def test_totals_and_how_to_look(self, small: Catalogue, metrics: RunMetrics, files: Sequence[str], look: str) -> None:
        metrics.catalogue = CatalogueMetrics(version=4, new=3, changed=1)
        metrics.links = {
            "films_with_albums": 1201, "films_to_review": 1, "films_without": 7, "links": 2345,
            "pressings": 5, "albums_to_review": 88, "decided_by_people": 9,
        }  # fmt: skip
        metrics.titles = {"unresolved": 2}
        html = render_report(small, metrics, quarantine=[{}], unresolved=[{}], previous=small.links, files=files)
        told = words(html)
        assert f"{self.rows} films and links" in told
        assert told[told.index("Totals") + 1 :][:10] == [
            "Films with an album", "1,201", "Links accepted", "2,345", "To review", "88",
            "Films without one", "7", "Decided by people", "9",
        ]  # fmt: skip
        assert told[told.index("How to look at them") + 1] == look
        assert [file for file in told if file in files] == list(files)
        assert metrics.catalogue.summary in told
        assert any("2 titles that are no known film" in text and "1 row that broke a rule" in text for text in told)
        assert "<script" not in html

    def test_of_a_link_that_is_in_no_lake(self, small: Catalogue, metrics: RunMetrics) -> None:
        told = words(render_report(small, metrics, files=["links.csv", "links.parquet"]))
        assert told[told.index("How to look at them") + 1 :][:9] == [
            "soundtracks explain ALBUM --links DIR", "shows why an album was linked or not,", "soundtracks review --links DIR",
            "what is left for a person to decide. DIR is the folder of this page.",
            "In the same folder:", "links.csv", ",", "links.parquet",
            "Rows that could not be used, and why: quarantine.csv in the same folder.",
        ]  # fmt: skip
        assert not [text for text in told if re.search("Totals|run-1|soundtracks browse|failures|lake|Set aside", text)]
