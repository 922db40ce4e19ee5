"""The metrics of all runs, whole or not, as a table and as a page."""

import hashlib
import re
from base64 import b64encode
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pyarrow as pa
import pytest

from soundtracks.lake.delta import LakeTable
from soundtracks.lake.lake import Lake
from soundtracks.publishing.runs_table import COLUMNS, SCHEMA, TABLE
from soundtracks.reporting.history import PAGE, quarantine_growth, read_history, roll_up

WHOLE = {
    "run_id": "r2",
    "started": "2026-11-02T10:00:00+00:00",
    "finished": "2026-11-02T10:01:00Z",
    "titles": {"file": "x.csv", "rows": 12, "unique": 10, "unresolved": 1},
    "extraction": {
        "tmdb": {"requests": 20, "cache_hits": 5, "retries": 1},
        "discogs": {"requests": 30, "cache_hits": 7, "retries": 0, "wait_seconds": 1.5},
    },
    "validation": {
        "films": {"rows": 10, "quarantined": 1, "warnings": 0},
        "albums": {"rows": 50, "quarantined": 2, "warnings": 1},
    },
    "matching": {"films": 9, "albums": 48, "candidates": 80, "accepted": 20, "review": 3, "rejected": 25, "engine": "local"},
    "links": {"films_with_albums": 8, "films_without": 1, "albums_to_review": 3, "decided_by_people": 2},
    "catalogue": {"version": 7, "published": "2026-11-02T10:00:59.000005Z", "new": 3, "lost": 0, "changed": 1},
    "stages": {"titles": 0.5, "match": 2.0},
}


@pytest.fixture
def runs(lake: Lake) -> Lake:
    lake.write_json("runs/r2/metrics.json", WHOLE)
    lake.write_json(
        "runs/r1/metrics.json", {"run_id": "r1", "started": "2026-11-01T10:00:00+00:00", "links": {"films_with_albums": 4}}
    )
    lake.write_bytes("runs/broken/metrics.json", b'{"run_id": ')
    lake.write_json("runs/list/metrics.json", [1, 2])
    lake.write_json(
        "runs/odd/metrics.json",
        {"started": 5, "links": None, "matching": {"accepted": "many", "review": True, "films": 10**400}, "stages": {"a": None}},
    )
    begun, ended = "2026-11-03T10:00:00+00:00", "2026-11-03T10:01:00+00:00"
    lake.write_json("runs/<b>&'/metrics.json", {"started": begun, "finished": ended, "links": {"films_with_albums": 9}})
    lake.write_bytes("runs/r1/datadocs/metrics.json", b"not a run's")
    lake.write_bytes("runs/empty/report.html", b"")
    return lake


def test_one_row_a_run_oldest_first(runs: Lake) -> None:
    table = read_history(runs)
    assert table.schema.equals(SCHEMA)
    assert table["run_id"].to_pylist() == ["broken", "list", "odd", "r1", "r2", "<b>&'"]


def test_a_whole_run(runs: Lake) -> None:
    row = next(r for r in read_history(runs).to_pylist() if r["run_id"] == "r2")
    assert row == {
        "run_id": "r2",
        "list": "x.csv",
        "started": datetime(2026, 11, 2, 10, tzinfo=UTC),
        "finished": datetime(2026, 11, 2, 10, 1, tzinfo=UTC),
        "seconds": 2.5,
        "titles": 10,
        "unresolved": 1,
        "tmdb_requests": 20,
        "discogs_requests": 30,
        "cache_hits": 12,
        "retries": 1,
        "checked": 60,
        "quarantined": 3,
        "films": 9,
        "albums": 48,
        "accepted": 20,
        "review": 3,
        "rejected": 25,
        "films_with_albums": 8,
        "films_without": 1,
        "decided_by_people": 2,
        "asked_until": None,
        "approval": None,
        "published": datetime(2026, 11, 2, 10, 0, 59, 5, tzinfo=UTC),
        "catalogue_version": 7,
        "new": 3,
        "lost": 0,
        "changed": 1,
        "problem": None,
    }


def test_what_is_absent_or_no_number_is_null(runs: Lake) -> None:
    rows = {r["run_id"]: r for r in read_history(runs).to_pylist()}
    known = {k: v for k, v in rows["r1"].items() if v is not None}
    assert set(known) == {"run_id", "started", "films_with_albums"}
    assert {k for k, v in rows["odd"].items() if v is not None} == {"run_id"}
    assert "cannot be read" in rows["broken"]["problem"]
    assert rows["list"]["problem"] == "metrics.json holds no metrics."


@pytest.mark.parametrize("data", [b"{", b"\xff", b"[" * 200_000, b'{"links": ' * 200_000])
def test_damaged_metrics_are_a_row_with_its_problem(lake: Lake, data: bytes) -> None:
    lake.write_bytes("runs/r1/metrics.json", data)
    (row,) = read_history(lake).to_pylist()
    assert row["problem"].startswith("metrics.json cannot be read: runs/r1/metrics.json is damaged: ")
    assert {name for name, value in row.items() if value is not None} == {"run_id", "problem"}


def kept(lake: Lake) -> LakeTable:
    return LakeTable(lake, TABLE, SCHEMA, ["run_id"])


def by_id(table: pa.Table) -> list[dict[str, Any]]:
    return sorted(table.to_pylist(), key=lambda row: row["run_id"])


def test_rolled_up(runs: Lake) -> None:
    table = roll_up(runs)
    assert by_id(kept(runs).read()) == by_id(table)
    assert table.num_rows == 6
    version = kept(runs).version
    assert roll_up(runs).equals(table)
    assert kept(runs).version == version


@pytest.mark.slow
def test_runs_that_ended_are_not_read_again(runs: Lake) -> None:
    roll_up(runs)
    runs.write_json("runs/r1/metrics.json", {"run_id": "r1", "links": {"films_with_albums": 5}})  # had not ended
    runs.write_json("runs/r2/metrics.json", WHOLE | {"links": {"films_with_albums": 9}})  # had
    films = {row["run_id"]: row["films_with_albums"] for row in roll_up(runs).to_pylist()}
    assert (films["r1"], films["r2"]) == (5, 8)
    again = {row["run_id"]: row["films_with_albums"] for row in roll_up(runs, anew="r2").to_pylist()}  # it was run again
    assert again["r2"] == 9


def test_a_table_of_before_gets_the_columns_that_it_lacks(runs: Lake) -> None:
    older = pa.schema([field for field in SCHEMA if field.name != "unresolved"])
    LakeTable(runs, TABLE, older, ["run_id"]).merge(read_history(runs).select(older.names), {})
    unresolved = {row["run_id"]: row["unresolved"] for row in roll_up(runs, anew="r2").to_pylist()}
    assert unresolved == {"r2": 1} | dict.fromkeys(("broken", "list", "odd", "r1", "<b>&'"))
    assert by_id(kept(runs).read()) == by_id(read_history(runs))


def test_a_damaged_table_hides_no_run(runs: Lake) -> None:
    table = roll_up(runs)
    for name in (entry.name for entry in runs.list(kept(runs).name) if entry.name.endswith(".parquet")):
        runs.write_bytes(name, b"damaged")
    assert by_id(read_history(runs)) == by_id(table)


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ([0.5], ""),  # the first run has nothing to compare with
        ([0.01, 0.019], ""),
        ([0.01, 0.02], "2.0% of the rows were set aside, in the runs before at most 1.0%: see the report, Set aside."),
        ([0.0, 0.009], ""),  # less than one in a hundred is no news
        ([0.0, 0.01], "1.0% of the rows were set aside, in the runs before at most 0.0%: see the report, Set aside."),
        ([0.0, 0.4, 0.0, 0.1], ""),  # it was worse lately
        (
            [0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1],
            "10.0% of the rows were set aside, in the runs before at most 0.0%: see the report, Set aside.",
        ),
        ([None, 0.1], ""),  # a run that checked nothing is none to compare with
    ],
)
def test_a_growing_quarantine(shares: list[float | None], told: str) -> None:
    rows = [
        {"run_id": f"r{i}", "checked": None if s is None else 1000, "quarantined": s and round(1000 * s)}
        for i, s in enumerate(shares)
    ]
    assert quarantine_growth(pa.Table.from_pylist(rows, SCHEMA), f"r{len(shares) - 1}") == told


def test_no_runs(lake: Lake) -> None:
    assert roll_up(lake).num_rows == 0
    assert b"There is no run yet" in lake.read_bytes(PAGE)


def test_every_column_says_what_it_means() -> None:
    assert all(text.endswith(".") for *_, text in COLUMNS)


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page(runs: Lake) -> None:
    roll_up(runs)
    text = runs.read_bytes(PAGE).decode()
    page = Page(text)
    names = [tag for tag, _ in page.tags]
    assert "script" not in names
    assert "b" not in [tag for tag, attrs in page.tags if tag == "b" and attrs]
    policy = next(a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    assert f"'sha256-{b64encode(hashlib.sha256(style[1].encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy
    # those that came to a report
    assert [a["href"] for t, a in page.tags if t == "a"] == ["%3Cb%3E%26%27/report.html", "r2/report.html"]
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
    label = next(a["aria-label"] for t, a in page.tags if t == "svg" and a["aria-label"].startswith("films with albums"))
    assert label == "films with albums: from 4 to 9, now 9"
    assert any(a["aria-label"] == "unresolved: from 1 to 1, now 1" for t, a in page.tags if t == "svg")
    assert "&lt;b&gt;" in text
