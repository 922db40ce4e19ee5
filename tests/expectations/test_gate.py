"""The gate: which rows go on, which are set aside and why, what stops a run."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from expectations.gate import SUITES, check
from soundtracks.errors import DatasetBroken
from soundtracks.records import ALBUMS, FILMS, LINKS, TITLES
from tests.hostile.texts import TEXTS
from tests.rigs.browser import chromium

pytestmark = pytest.mark.slow

TITLE_ROWS = [
    {"row": 1, "title": "Alien", "year": 1979, "tmdb_id": "348"},
    {"row": 2, "title": None, "year": 2000},
    {"row": 3, "title": "   "},
    {"row": 4, "title": "x" * 501},
    {"row": 5, "title": "x" * 500},
    {"row": 6, "title": "Home", "year": 3, "tmdb_id": "x1"},
    {"row": 7, "title": "be\x01ll"},
    {"row": 8, "title": "🎬"},
    {"row": 9, "title": None, "imdb_id": "tt0083658"},
    {"row": 10, "title": "Home", "imdb_id": "nm0001877", "wikidata_id": "184843"},
]
FILM = {"tmdb_id": "348", "title": "Alien", "year": 1979, "composers": ["Jerry Goldsmith"]}
ALBUM = {"album_id": "master:1", "title": "Alien", "artist": "Jerry Goldsmith", "styles": ["Score"]}
LINK = {
    "album_id": "master:1",
    "tmdb_id": "348",
    "decision": "accept",
    "probability": 0.99,
    "match_weight": 9.0,
    "evidence": "{}",
}


def test_rows_that_break_a_critical_rule_are_set_aside_with_rule_and_value() -> None:
    result = check("titles", pa.Table.from_pylist(TITLE_ROWS, schema=TITLES))
    assert result.good["row"].to_pylist() == [1, 5, 8, 9]
    assert result.quarantined_rows == 6
    assert [(json.loads(q["row"])["row"], q["rule"], q["column"]) for q in result.quarantined.to_pylist()] == [
        (2, "expect_title_or_id", "title"),
        (3, "expect_readable_title", "title"),
        (4, "expect_sane_length", "title"),
        (6, "expect_film_year", "year"),
        (6, "expect_tmdb_id", "tmdb_id"),
        (7, "expect_no_control_characters", "title"),
        (10, "expect_imdb_id", "imdb_id"),
        (10, "expect_wikidata_id", "wikidata_id"),
    ]
    year = next(q for q in result.quarantined.to_pylist() if q["rule"] == "expect_film_year")
    assert year["value"] == "3"
    assert year["reason"] == "A film's year lies from 1874 (the oldest film) to ten years ahead."


@pytest.mark.parametrize(
    ("name", "schema", "row", "column"), [("films", FILMS, FILM, "title"), ("albums", ALBUMS, ALBUM, "artist")]
)
def test_a_text_that_is_not_read_to_its_end_is_told_and_goes_on(
    name: str, schema: pa.Schema, row: dict[str, object], column: str
) -> None:
    key = next(iter(row))
    rows = [row, {**row, key: f"{row[key]}1", column: "x" * 501}, {**row, key: f"{row[key]}2", column: "x" * 500}]
    result = check(name, pa.Table.from_pylist(rows, schema=schema))
    assert (result.good.num_rows, result.quarantined_rows) == (3, 0)
    assert result.warnings == [f"{column}: At most 500 characters: of longer texts only so much is read. (33 % break it)"]


@pytest.mark.parametrize(
    ("name", "schema", "good", "bad", "rule"),
    [
        ("films", FILMS, FILM, {"tmdb_id": "0"}, "expect_tmdb_id"),
        ("films", FILMS, FILM, {"tmdb_id": "2", "title": None}, "expect_known"),
        ("films", FILMS, FILM, {"tmdb_id": "2", "year": 1066}, "expect_film_year"),
        ("albums", ALBUMS, ALBUM, {"album_id": "1"}, "expect_album_id"),
        ("albums", ALBUMS, ALBUM, {"album_id": "release:2", "year": 0}, "expect_album_year"),
        ("albums", ALBUMS, ALBUM, {"album_id": "release:2", "first_year": 20}, "expect_album_year"),
        ("albums", ALBUMS, ALBUM, {"album_id": "release:2", "title": ""}, "expect_readable_title"),
        ("links", LINKS, LINK, {"tmdb_id": "2", "decision": "perhaps"}, "expect_decision"),
        ("links", LINKS, LINK, {"tmdb_id": "2", "probability": 1.5}, "expect_probability"),
    ],
)
def test_each_suite_keeps_the_good_row_and_names_the_rule_of_the_bad(
    name: str, schema: pa.Schema, good: dict[str, object], bad: dict[str, object], rule: str
) -> None:
    result = check(name, pa.Table.from_pylist([good, {**good, **bad}], schema=schema))
    assert result.good.num_rows == 1
    assert result.quarantined["rule"].to_pylist() == [rule]


def test_two_rows_with_one_id_contradict_each_other() -> None:
    result = check("films", pa.Table.from_pylist([FILM, {**FILM, "title": "Aliens"}, {**FILM, "tmdb_id": "2"}], schema=FILMS))
    assert result.good["tmdb_id"].to_pylist() == ["2"]
    assert set(result.quarantined["rule"].to_pylist()) == {"expect_unique"}


def test_one_album_and_film_are_linked_once() -> None:
    result = check("links", pa.Table.from_pylist([LINK, LINK, {**LINK, "tmdb_id": "2"}], schema=LINKS))
    assert result.good["tmdb_id"].to_pylist() == ["2"]
    assert set(result.quarantined["rule"].to_pylist()) == {"expect_one_link_a_pair"}


def test_a_warning_lets_the_rows_go_on() -> None:
    result = check("films", pa.Table.from_pylist([{"tmdb_id": "1", "title": "Alien"}], schema=FILMS))
    assert result.good.num_rows == 1
    assert result.quarantined_rows == 0
    assert sorted(w.split(":")[0] for w in result.warnings) == ["composers", "year"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (pa.table({"row": [1], "year": pa.array([1], pa.int32())}), "titles lacks the column title."),
        (TITLES.empty_table(), "titles is empty: there is nothing to go on with."),
        (pa.Table.from_pylist(TITLE_ROWS[1:3], schema=TITLES), "No usable row is left in titles: all 2 break a rule"),
    ],
)
def test_a_broken_dataset_stops_with_what_is_wrong(rows: pa.Table, message: str) -> None:
    with pytest.raises(DatasetBroken) as caught:
        check("titles", rows).require_usable("titles")
    assert caught.value.message.startswith(message)


def test_the_page_shows_every_rule_and_what_broke_it() -> None:
    page = check("titles", pa.Table.from_pylist(TITLE_ROWS, schema=TITLES)).page
    assert "10 rows checked by" in page
    assert "<strong>6 set aside</strong>" in page
    assert "A film&#39;s year lies from 1874 (the oldest film) to ten years ahead." in page
    assert page.count('class="badge accept">passed') == 2
    assert "<script" not in page
    assert "://" not in page


@pytest.mark.browser
def test_hostile_titles_are_text_on_the_page(tmp_path: Path) -> None:
    """Every text of the collection as a title that is set aside: nothing runs, nothing is asked for, all is shown."""
    rows = [{"row": n, "title": f"{text}\x01", "year": 1, "tmdb_id": text[:100]} for n, text in enumerate(TEXTS.values())]
    rows.append({"row": 999, "title": "Alien", "year": 1979})
    result = check("titles", pa.Table.from_pylist(rows, schema=TITLES))
    assert result.good["row"].to_pylist() == [999]
    path = tmp_path / "index.html"
    path.write_text(result.page, encoding="utf-8")
    with chromium() as browser:
        page, trouble = browser.new_page(), []
        page.on("console", lambda message: trouble.append(message.text))
        page.on("dialog", lambda dialog: trouble.append(dialog.message))
        page.on("request", lambda request: trouble.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        assert page.evaluate("window.hacked") is None
        assert page.locator("img, iframe, a, svg, form, input, base, script").count() == 0
        shown = page.locator("tbody li").all_inner_texts()
    assert trouble == []
    assert any("<script>window.hacked = 1</script>" in value for value in shown)


@pytest.mark.parametrize("name", SUITES)
def test_every_suite_demands_rows_and_gives_each_rule_a_reason(name: str) -> None:
    from importlib import import_module

    rules = import_module(f"expectations.{name}").suite()
    assert any(type(rule).__name__ == "ExpectSomeRows" for rule in rules)
    assert all(rule.description for rule in rules)


def test_a_rule_that_cannot_run_stops_the_run() -> None:
    with pytest.raises(DatasetBroken, match="could not run"):
        check("titles", pa.table({"title": ["Alien"], "year": [["not a number"]], "tmdb_id": ["1"]}))
