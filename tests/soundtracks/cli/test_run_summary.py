"""What a run came to, in the terminal."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from soundtracks.cli.run_summary import print_summary, summary_rows
from soundtracks.lake.lake import Lake
from soundtracks.metrics import RunMetrics


def metrics(**parts: Any) -> RunMetrics:
    return RunMetrics.model_validate({"run_id": "r1", "started": datetime(2026, 11, 24, tzinfo=UTC), **parts})


def printed(run: RunMetrics, lake: Lake) -> str:
    sink = StringIO()
    print_summary(run, lake, Console(file=sink, width=200, emoji=False))
    return sink.getvalue()


def test_the_plan_and_an_early_end() -> None:
    discogs = {
        "requests": 7, "cache_hits": 3, "plan": "sweep", "plan_reason": "it takes fewer", "interrupted": "12 attempts failed"
    }  # fmt: skip
    rows = dict(summary_rows(metrics(extraction={"discogs": discogs})))
    assert rows["requests to discogs"] == "7 (and 3 answers kept from before)"
    assert rows["albums by"] == "sweep: it takes fewer"
    assert rows["discogs ended early"] == "12 attempts failed"


@pytest.mark.parametrize(
    ("count", "titles", "told"),
    [
        (1, ["Blade Runner 1982"], "1: Blade Runner 1982"),
        (2, ["A (1999)", "🎬 Amélie (2001)"], "2: A (1999); 🎬 Amélie (2001)"),
        (6, [*"ABCDEF"], "6: A; B; C; D; E; … and 1 more in the report"),
        (900, [*"ABCDEF"], "900: A; B; C; D; E; … and 895 more in the report"),  # the run lists the first 500
        (1, ["x" * 70], "1: " + "x" * 59 + "…"),
        (3, [], "3: see the report"),
    ],
)
def test_titles_without_a_film_are_counted_and_named(count: int, titles: list[str], told: str) -> None:
    rows = summary_rows(metrics(titles={"file": "my films.txt", "unique": 10, "unresolved": count}), titles)
    assert rows[:2] == [("titles", "10 of my films.txt"), ("no film found", told)]


@pytest.mark.parametrize("titles", [{}, {"file": "films.txt", "unique": 4}, {"file": "films.txt", "unique": 4, "unresolved": 0}])
def test_where_none_lacks_or_none_was_counted_nothing_is_said(lake: Lake, titles: dict[str, Any]) -> None:
    assert "no film found" not in printed(metrics(titles=titles), lake)


def test_the_names_are_those_that_the_run_listed(lake: Lake) -> None:
    run = metrics(titles={"file": "films.txt", "unique": 4, "unresolved": 2})
    assert "no film found │ 2: see the report" in printed(run, lake)  # its list is lost
    failures = [{"name": name, "reason": "TMDB knows no such film."} for name in ("[b]Alien 1979", "Old\x1b[2J (1950)")]
    lake.write_json("runs/r1/failures.json", {"tmdb": failures, "discogs": [{"name": "Alien", "reason": "no answer"}]})
    assert "no film found │ 2: [b]Alien 1979; Old [2J (1950)" in printed(run, lake)


@pytest.mark.parametrize(
    ("links", "told"),
    [
        ({"films_with_albums": 3, "films_to_review": 0, "films_without": 1}, "4 films (beside 4 others)"),
        ({"films_with_albums": 1, "films_to_review": 2, "films_without": 4}, "7 films (beside 1 other)"),
        ({"films_with_albums": 0, "films_to_review": 0, "films_without": 1}, "1 film (beside 7 others)"),
        ({"films_with_albums": 8, "films_to_review": 0, "films_without": 0}, "8 films"),
        ({"films_with_albums": 9, "films_to_review": 0, "films_without": 0}, "8 films"),  # a person named one more
        ({"films_with_albums": 4}, "8 films"),  # a run of before did not count them
        ({}, "8 films"),
    ],
)
def test_films_of_the_list_and_others_that_compete_are_told_apart(links: dict[str, int], told: str) -> None:
    match = {"films": 8, "albums": 79, "candidates": 38, "accepted": 29, "review": 1, "rejected": 49}
    rows = dict(summary_rows(metrics(matching={**match, "engine": "local", "seconds": 1}, links=links)))
    assert rows["matched"] == f"{told} × 79 albums, 38 pairs, engine local"
