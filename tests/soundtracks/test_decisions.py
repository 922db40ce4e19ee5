"""Decisions: none is lost, the latest counts, an undo takes back its author's own word only."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import ValidationError

from benchmarks.quality.truth import read_truth
from soundtracks.decisions import (
    FOLDER,
    QUARANTINE,
    Decision,
    DecisionStore,
    Word,
    decisions_on,
    export_labels,
    is_conflict,
    read_decisions,
    stamp,
    standing_words,
)
from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import DECISIONS, effective_decisions
from soundtracks.publishing.catalogue_tables import RunResult
from soundtracks.publishing.contract import require_mergeable

START = datetime(2026, 11, 24, 5, tzinfo=UTC)


def keep(lake: Lake, *said: tuple[str, str, str, str]) -> None:
    """Keeps (by, decision, album, film), a second apart."""
    store = DecisionStore(lake)
    for second, (by, decision, album, film) in enumerate(said):
        at = START + timedelta(seconds=second)
        store.add(Decision.model_validate({"album_id": album, "tmdb_id": film, "decision": decision, "by": by, "at": at}))


def counts(lake: Lake) -> dict[tuple[str, str], tuple[str, str]]:
    return {pair: (word["decision"], word["by"]) for pair, word in effective_decisions(read_decisions(lake)).items()}


def test_what_is_kept_is_read_back(any_lake: Lake) -> None:
    keep(any_lake, ("Ann", "accept", "master:1", "348"), ("Bob", "skip", "release:2", "679"))
    table = read_decisions(any_lake)
    assert table.schema.equals(DECISIONS)
    assert table.to_pylist()[0] == {
        "album_id": "master:1", "tmdb_id": "348", "decision": "accept", "by": "Ann", "at": "2026-11-24T05:00:00.000000Z"
    }  # fmt: skip
    assert len(any_lake.list(FOLDER)) == 2


def test_no_decisions_yet(lake: Lake) -> None:
    assert read_decisions(lake).num_rows == 0


def test_people_who_decide_at_the_same_moment_lose_nothing(lake: Lake) -> None:
    def decide(person: int) -> None:
        for album in range(10):
            DecisionStore(lake).add(
                Decision(album_id=f"release:{album}", tmdb_id="1", decision="accept", by=f"Person {person}", at=START)
            )

    with ThreadPoolExecutor(8) as people:
        list(people.map(decide, range(8)))
    assert read_decisions(lake).num_rows == 80


@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("copy", ["x (conflicted copy).json", "zzz.json"])
def test_a_file_that_lies_there_twice_is_one_decision(lake: Lake, copy: str, changed: bool) -> None:
    """As a lake that was synchronized or restored has them; where the files differ, the last by name stands."""
    store = DecisionStore(lake)
    keep(lake, ("Ann", "accept", "master:1", "348"), ("Bob", "skip", "release:2", "679"))
    (original, _) = (entry.name for entry in lake.list(FOLDER))
    words = [(d.by, d.decision) for d in store.all()]
    lake.write_json(f"{FOLDER}/{copy}", lake.read_json(original) | ({"decision": "reject"} if changed else {}))
    last = "reject" if changed and f"{FOLDER}/{copy}" > original else "accept"
    assert words == [("Ann", "accept"), ("Bob", "skip")]
    for found in (store, DecisionStore(lake)):  # whether the copy was read later or not
        assert [(d.by, d.decision) for d in found.all()] == [("Ann", last), ("Bob", "skip")]
        assert found.table()["decision"].to_pylist() == [last, "skip"]
        require_mergeable(RunResult(decisions=found.table()))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (["accept", "accept"], ["accept"]),
        (["accept", "reject"], ["reject"]),
        (["reject", "undo"], ["undo"]),
    ],
)
def test_of_one_pair_the_last_word_of_those_said_together_is_kept(lake: Lake, said: list[str], kept: list[str]) -> None:
    words = [Word.model_validate({"album_id": "master:1", "tmdb_id": "348", "decision": d, "by": "Ann"}) for d in said]
    DecisionStore(lake).keep([*words, words[0].model_copy(update={"tmdb_id": "679"})], "1")
    assert sorted((d["tmdb_id"], d["decision"]) for d in read_decisions(lake).to_pylist()) == [
        *(("348", decision) for decision in kept),
        ("679", said[0]),
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([("Ann", "accept"), ("Bob", "reject")], ("reject", "Bob")),
        ([("Ann", "accept"), ("Bob", "reject"), ("Ann", "accept")], ("accept", "Ann")),
        ([("Ann", "accept"), ("Bob", "skip")], ("accept", "Ann")),
        ([("Ann", "accept"), ("Bob", "undo")], ("accept", "Ann")),
        ([("Ann", "accept"), ("Bob", "reject"), ("Bob", "undo")], ("accept", "Ann")),
        ([("Ann", "accept"), ("Bob", "reject"), ("Ann", "undo")], ("reject", "Bob")),
        ([("Ann", "accept"), ("Ann", "reject"), ("Ann", "undo")], None),
        ([("Ann", "accept"), ("Ann", "undo")], None),
        ([("Ann", "skip")], None),
    ],
    ids=str,
)
def test_which_word_counts(lake: Lake, said: list[tuple[str, str]], expected: tuple[str, str] | None) -> None:
    keep(lake, *((by, decision, "master:1", "348") for by, decision in said))
    assert counts(lake).get(("master:1", "348")) == expected
    assert read_decisions(lake).num_rows == len(said)  # all are kept


@pytest.mark.parametrize(
    ("said", "standing", "conflict"),
    [
        ([("Ann", "accept"), ("Bob", "reject")], ["Ann", "Bob"], True),
        ([("Ann", "accept"), ("Bob", "reject"), ("Ann", "reject")], ["Bob", "Ann"], False),
        ([("Ann", "accept"), ("Bob", "reject"), ("Bob", "undo")], ["Ann"], False),
        ([("Ann", "accept"), ("Bob", "skip"), ("Ann", "skip")], ["Ann"], False),
        ([("Ann", "skip")], [], False),
    ],
    ids=str,
)
def test_what_each_person_says_the_word_that_counts_last(
    lake: Lake, said: list[tuple[str, str]], standing: list[str], conflict: bool
) -> None:
    keep(lake, *((by, decision, "master:1", "348") for by, decision in said))
    words = standing_words(DecisionStore(lake).all()).get(("master:1", "348"), [])
    assert ([word.by for word in words], is_conflict(words)) == (standing, conflict)
    counting = counts(lake).get(("master:1", "348"))
    assert counting == ((words[-1].decision, words[-1].by) if words else None)  # as the next run sees it


def test_times_of_every_zone_sort_by_moment() -> None:
    east = timezone(timedelta(hours=9))
    assert stamp(datetime(2026, 1, 1, 8, tzinfo=east)) < stamp(datetime(2026, 1, 1, 0, tzinfo=UTC))


@pytest.mark.parametrize("name", ["../../etc", "Zoë / 佐藤", "🎬", "a" * 80, "<b>"])
def test_any_name_makes_a_file_of_its_own(lake: Lake, name: str) -> None:
    keep(lake, (name, "accept", "master:1", "348"))
    assert counts(lake) == {("master:1", "348"): ("accept", name)}
    (entry,) = lake.list(FOLDER)
    assert entry.name.startswith(f"{FOLDER}/20261124T050000")
    assert entry.name.isascii()


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a" * 81])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ValidationError):
        Decision(album_id="master:1", tmdb_id="1", decision="accept", by=name)


GOOD = {"album_id": "master:1", "tmdb_id": "348", "decision": "accept", "by": "Eve", "at": "2026-11-24T06:00:00Z"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "the file: Invalid JSON"),
        (b"[]", "the file: Input should be an object"),
        (b"\xff\xfe", "the file: Invalid JSON"),
        (json.dumps(GOOD | {"at": "2026-11-24T05:00:00"}), "at: Input should have timezone info"),
        (json.dumps(GOOD | {"at": "2026-11-24"}), "at: Input should have timezone info"),
        (json.dumps(GOOD | {"at": "9999-12-31T23:59:59-14:00"}), "no time of a decision"),
        (json.dumps(GOOD | {"at": "0001-01-01T00:00:00+14:00"}), "no time of a decision"),
        (json.dumps(GOOD | {"at": "2999-01-01T00:00:00Z"}), "decided in the future"),
        (json.dumps(GOOD | {"at": None}), "at: Input should be a valid datetime"),
        (json.dumps(GOOD | {"at": 10**400}), "at: "),
        (json.dumps(GOOD | {"further": 1}), "further: Extra inputs are not permitted"),
        (json.dumps(GOOD | {"decision": "maybe"}), "decision: Input should be"),
        (json.dumps(GOOD | {"by": "E\x1bve"}), "by: String should match pattern"),
        (json.dumps(GOOD | {"album_id": "a\nb"}), "album_id: String should match pattern"),
        (json.dumps(GOOD | {"tmdb_id": ["348"]}), "tmdb_id: Input should be a valid string"),
        (json.dumps(GOOD | {"by": "E" * 20_000}), "larger than 16384 bytes"),
        ("[" * 10_000, "the file: Invalid JSON"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_no_decision_is_set_aside_with_its_reason_and_breaks_and_wins_nothing(
    lake: Lake, content: str | bytes, reason: str
) -> None:
    keep(lake, ("Ann", "reject", "master:1", "348"))
    lake.write_bytes(f"{FOLDER}/29990101T000000.000000Z-Eve-1.json", content if isinstance(content, bytes) else content.encode())
    assert counts(lake) == {("master:1", "348"): ("reject", "Ann")}
    assert len(lake.list(FOLDER)) == 1
    told = [lake.read_json(entry.name) for entry in lake.list(QUARANTINE) if entry.name.endswith(".reason.json")]
    assert [told[0]["file"], len(told)] == [f"{FOLDER}/29990101T000000.000000Z-Eve-1.json", 1]
    assert reason in told[0]["reason"]
    assert len(lake.list(QUARANTINE)) == 2  # the file itself is kept


def test_a_lake_that_cannot_be_written_is_read_all_the_same(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(lake, ("Ann", "reject", "master:1", "348"))
    lake.write_bytes(f"{FOLDER}/x.json", b"{")

    def refuse(*_: object) -> None:
        raise LakeError("The lake is read-only.")

    monkeypatch.setattr(lake, "write_json", refuse)
    store = DecisionStore(lake)
    assert len(store.all()) == 1
    assert list(store.refused) == [f"{FOLDER}/x.json"]
    assert len(lake.list(FOLDER)) == 2


def test_what_is_said_now_counts_though_another_clock_is_ahead(lake: Lake) -> None:
    store = DecisionStore(lake)
    ahead = datetime.now(UTC) + timedelta(minutes=4)
    store.add(Decision(album_id="master:1", tmdb_id="348", decision="accept", by="Bob", at=ahead))
    store.keep([Word(album_id="master:1", tmdb_id="348", decision="reject", by="Ann")], "v1")
    assert counts(lake) == {("master:1", "348"): ("reject", "Ann")}


def test_labels_have_the_form_of_a_truth_table(lake: Lake) -> None:
    keep(
        lake,
        ("Ann", "accept", "release:2", "20"),
        ("Bob", "accept", "release:2", "10"),
        ("Ann", "reject", "release:3", "30"),
        ("Ann", "reject", "release:4", "40"),
        ("Ann", "accept", "release:4", "41"),
        ("Ann", "skip", "release:5", "50"),
    )
    assert export_labels(read_decisions(lake)) == (
        "album_id,group,tmdb_ids\nrelease:2,review_accepted,10|20\nrelease:3,review_rejected,\nrelease:4,review_accepted,41\n"
    )


def test_ids_of_any_kind_come_back_from_the_labels(lake: Lake, tmp_path: Path) -> None:
    ids = ["=1+41", "'=x", "-5", "own;=1", "@a", "a, b", 'say "x"', "\ufeff=1", "master:1"]
    keep(lake, *(("Ann", "accept", album, film) for album, film in zip(ids, reversed(ids), strict=True)))
    path = tmp_path / "labels.csv"
    path.write_text(export_labels(read_decisions(lake)), encoding="utf-8")
    assert read_truth(path) == {a: ("review_accepted", frozenset({f})) for a, f in zip(ids, reversed(ids), strict=True)}


def test_a_run_heeds_the_decisions_on_its_own_films_and_albums() -> None:
    films, albums = pa.table({"tmdb_id": ["348"]}), pa.table({"album_id": ["master:1", "release:50"], "master_id": [None, "5"]})
    words = [
        ("master:1", "348", "reject", "2026-01-01"),
        ("master:1", "679", "accept", "2026-01-01"),  # its album, though the film is not of this run
        ("master:5", "679", "reject", "2026-01-01"),  # the work of one of its albums
        ("master:9", "348", "accept", "2026-01-01"),  # its film: no search came across the album this time
        ("master:8", "348", "reject", "2026-01-01"),  # says nothing about this run
        ("master:7", "679", "accept", "2026-01-01"),
        ("master:6", "348", "accept", "2026-01-01"),
        ("master:6", "348", "undo", "2026-01-02"),
    ]
    rows = [{"album_id": a, "tmdb_id": f, "decision": d, "by": "Ann", "at": at} for a, f, d, at in words]
    kept = decisions_on(pa.Table.from_pylist(rows, DECISIONS), films, albums)
    assert list(zip(kept["album_id"].to_pylist(), kept["tmdb_id"].to_pylist(), strict=True)) == [
        ("master:1", "348"),
        ("master:1", "679"),
        ("master:5", "679"),
        ("master:9", "348"),
    ]
