"""`soundtracks history` in the terminal and as JSON."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from soundtracks.cli.history import find_run
from soundtracks.cli.main import app
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.settings import get_settings


@pytest.fixture
def at_lake(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", lake.url)
    monkeypatch.setenv("COLUMNS", "200")
    get_settings.cache_clear()
    monkeypatch.setattr("soundtracks.settings.get_settings.cache_clear", get_settings.cache_clear, raising=False)
    return lake


def test_no_runs(at_lake: Lake) -> None:
    result = CliRunner().invoke(app, ["history"])
    assert result.exit_code == 0
    assert "There is no run yet" in result.output
    assert list(Path(at_lake.url).rglob("*")) == []  # a typo in the lake's address makes no lake


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_lake_that_cannot_be_written_is_shown_all_the_same(
    at_lake: Lake, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    at_lake.write_json("runs/r1/metrics.json", {"started": "2026-11-01T10:00:00Z"})

    def read_only(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("soundtracks.lake.stores.folder._make_folder", read_only)
    result = CliRunner().invoke(app, ["history", *options])
    assert result.exit_code == 0
    assert "r1" in result.stdout
    assert "Trends" not in result.stdout
    assert "runs/history.html is as it was: Cannot write runs/history.html" in " ".join(result.stderr.split())
    assert not at_lake.exists("runs/history.html")


def test_runs_as_a_table_and_as_json(at_lake: Lake) -> None:
    for number in (1, 2, 3):
        started = f"2026-11-0{number}T10:00:00Z"
        at_lake.write_json(
            f"runs/r{number}/metrics.json",
            {"started": started, "matching": {"accepted": number * 1000}, "titles": {"file": "x.csv", "unique": number * 1000}},
        )
    at_lake.write_bytes("runs/broken/metrics.json", b"{")
    shown = CliRunner().invoke(app, ["history"])
    assert shown.exit_code == 0
    assert "3,000" in shown.output
    assert "unreadable" in shown.output
    assert at_lake.exists("runs/history.html")
    rows = json.loads(CliRunner().invoke(app, ["history", "--json", "--limit", "2"]).output)
    assert [(row["run_id"], row["accepted"]) for row in rows] == [("r2", 2000), ("r3", 3000)]


def test_the_table_names_the_list_and_fits_a_terminal(at_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    metrics = {
        "started": "2026-11-01T10:00:00Z",
        "titles": {"file": "[b]letterboxd-watchlist-of-nine-years.csv", "unique": 12345, "unresolved": 1234},
        "stages": {"films": 4000, "match": 30.5},
        "links": {"films_with_albums": 10321, "films_without": 790, "albums_to_review": 1000},
        "validation": {"films": {"rows": 12345, "quarantined": 1000}},
    }
    at_lake.write_json("runs/0b7e9f44-1111/metrics.json", metrics)
    shown = CliRunner().invoke(app, ["history"]).output
    head, row = shown.splitlines()[:2]
    assert head.split() == ["run", "list", "started", "titles", "no", "film", "linked", "review", "aside", "took"]
    assert row.split()[:2] == ["0b7e9f44", "[b]letterboxd…"]
    assert row.split()[-7:] == ["12,345", "1,234", "10,321", "1,000", "1,000", "67", "min"]
    assert max(map(len, (head, row))) <= 80


def test_a_run_is_found_by_the_beginning_of_its_id(lake: Lake) -> None:
    for run in ("e615e71b", "e02fada8", "e02f"):
        lake.write_json(f"runs/{run}/metrics.json", {})
    lake.write_bytes("runs/history.html", b"")
    assert find_run(lake, "e6") == "e615e71b"
    assert find_run(lake, "e02f") == "e02f"  # whole, though another begins so too
    with pytest.raises(BadInput, match="3 runs begin with e"):
        find_run(lake, "e")
    with pytest.raises(BadInput, match="There is no run history"):
        find_run(lake, "history")


def test_a_run_that_was_not_published_says_why_within_the_terminal(at_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for number, ended in enumerate([{}, {"decision": "cancelled"}, {"decision": "unanswered"}, {"decision": "discard"}]):
        finished = {"finished": "2026-11-02T10:00:00Z"} if ended else {}
        approval = {"standing": 9, "moved": 9, "until": "2026-11-09T10:00:00Z"} | ended
        run = {"started": f"2026-11-02T0{number}:00:00Z", "approval": approval} | finished
        at_lake.write_json(f"runs/0b7e9f4{number}-1111/metrics.json", run)
    shown = CliRunner().invoke(app, ["history"]).output.splitlines()
    assert shown[-5:-1] == [
        "0b7e9f40 waits for approval",
        "0b7e9f41 not published: cancelled while it waited",
        "0b7e9f42 not published: nobody approved it in time",
        "0b7e9f43 not published: discarded",
    ]
