"""What a run changes in the catalogue's links, as tables of cases."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pyarrow as pa
import pytest

from soundtracks.publishing.catalogue import DECISIONS
from soundtracks.publishing.merging import LINKS_TABLE, MODEL_ROWS, Difference, change_links

AT = datetime(2026, 11, 26, tzinfo=UTC)
Row = tuple[str, str | None, str, float]  # album, film, decision, weight

NOBODY = DECISIONS.empty_table()


def fresh(run: str, *rows: Row) -> pa.Table:
    names = ("album_id", "tmdb_id", "decision", "match_weight")
    return pa.Table.from_pylist(
        [dict(zip(names, row, strict=True)) | {"run_id": run, "decided_at": AT} for row in rows], MODEL_ROWS
    )


def said(*words: tuple[str, str, str, str]) -> pa.Table:
    """Words as (album, film, decision, by), one second after the other."""
    rows = [
        {"album_id": a, "tmdb_id": f, "decision": d, "by": by, "at": f"2026-11-01T10:00:{n:02}Z"}
        for n, (a, f, d, by) in enumerate(words)
    ]
    return pa.Table.from_pylist(rows, DECISIONS)


def after(current: pa.Table, run: pa.Table, compared: list[str], decisions: pa.Table = NOBODY) -> tuple[pa.Table, Difference]:
    """The whole table once the change is made."""
    change, difference = change_links(current, run, pa.array(compared, pa.string()), decisions, {})
    written = {
        (r["album_id"], r["tmdb_id"]) for r in (*change.rows.to_pylist(), *(change.gone or current.slice(0, 0)).to_pylist())
    }
    kept = [r for r in current.to_pylist() if (r["album_id"], r["tmdb_id"]) not in written]
    return pa.Table.from_pylist([*kept, *change.rows.to_pylist()], LINKS_TABLE), difference


def short(table: pa.Table) -> list[tuple[Any, ...]]:
    return sorted((r["album_id"], r["tmdb_id"] or "", r["decision"], r["run_id"] or r["reviewer"]) for r in table.to_pylist())


EMPTY = LINKS_TABLE.empty_table()


def test_two_lists_one_after_the_other_are_both_there() -> None:
    first, _ = after(EMPTY, fresh("r1", ("a", "1", "accept", 9)), ["1"])
    both, difference = after(first, fresh("r2", ("b", "2", "accept", 9)), ["2"])
    assert short(both) == [("a", "1", "accept", "r1"), ("b", "2", "accept", "r2")]
    assert difference == Difference(new=1)


@pytest.mark.parametrize(
    ("second", "compared", "left", "difference"),
    [
        # it knew the film of before and decides anew
        ([("a", "1", "reject", -1)], ["1"], [("a", "1", "reject", "r2")], Difference(lost=1)),
        ([("a", "2", "accept", 9)], ["1", "2"], [("a", "2", "accept", "r2")], Difference(changed=1)),
        ([("a", "1", "accept", 9)], ["1"], [("a", "1", "accept", "r2")], Difference()),
        ([("a", "1", "accept", 9), ("a", "2", "accept", 8)], ["1", "2"], [("a", "1", "accept", "r2"), ("a", "2", "accept", "r2")], Difference(changed=1)),
        # it did not know it: the stronger stands
        ([("a", "2", "reject", -3)], ["2"], [("a", "1", "accept", "r1")], Difference()),
        ([("a", None, "reject", 0)], ["2"], [("a", "1", "accept", "r1")], Difference()),
        ([("a", "2", "review", 1)], ["2"], [("a", "1", "accept", "r1"), ("a", "2", "review", "r2")], Difference()),
        ([("a", "2", "accept", 6)], ["2"], [("a", "1", "review", "r1"), ("a", "2", "accept", "r2")], Difference(changed=1)),
        ([("a", "2", "accept", 4)], ["2"], [("a", "1", "accept", "r1"), ("a", "2", "review", "r2")], Difference()),
    ],
)  # fmt: skip
def test_a_run_decides_on_what_it_compared(
    second: list[Row], compared: list[str], left: list[Any], difference: Difference
) -> None:
    first, _ = after(EMPTY, fresh("r1", ("a", "1", "accept", 5)), ["1"])
    table, told = after(first, fresh("r2", *second), compared)
    assert (short(table), told) == (left, difference)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_runs_that_did_not_know_each_other_come_to_the_same_in_any_order(order: tuple[int, ...]) -> None:
    runs = [
        (fresh("r1", ("a", "1", "accept", 5), ("b", "1", "reject", -2)), ["1"]),
        (fresh("r2", ("a", "2", "accept", 7), ("b", "2", "review", 1)), ["2"]),
        (fresh("r3", ("a", "3", "review", 2), ("b", "3", "review", 3)), ["3"]),
    ]
    table = EMPTY
    for number in order:
        table, _ = after(table, *runs[number])
    assert short(table) == [
        ("a", "1", "review", "r1"),
        ("a", "2", "accept", "r2"),
        ("a", "3", "review", "r3"),
        ("b", "2", "review", "r2"),
        ("b", "3", "review", "r3"),
    ]


def test_peoples_decisions_win_over_every_run_and_can_be_taken_back() -> None:
    words = said(("a", "1", "reject", "Ann"), ("a", "9", "accept", "Ann"))
    first, told = after(EMPTY, fresh("r1", ("a", "1", "accept", 5)), ["1"], words)
    assert short(first) == [("a", "1", "reject", "r1"), ("a", "9", "accept", "Ann")]
    again, _ = after(first, fresh("r2", ("a", "1", "accept", 8)), ["1"], words)
    assert short(again) == [("a", "1", "reject", "r2"), ("a", "9", "accept", "Ann")]
    undone = said(*[("a", f, d, "Ann") for f, d in (("1", "reject"), ("9", "accept"), ("1", "undo"), ("9", "undo"))])
    back, difference = after(again, fresh("-").slice(0, 0), [], undone)
    assert short(back) == [("a", "1", "accept", "r2")]
    assert told == Difference(new=1)
    assert difference == Difference(changed=1)


def test_what_nobody_changed_is_not_written() -> None:
    first, _ = after(EMPTY, fresh("r1", ("a", "1", "accept", 5), ("b", "2", "review", 1)), ["1", "2"])
    change, _ = change_links(first, fresh("-").slice(0, 0), pa.array([], pa.string()), said(("b", "2", "accept", "Ann")), {})
    assert short(change.rows) == [("b", "2", "accept", "r1")]
    assert change.gone is not None
    assert len(change.gone) == 0
