"""Tables that many change at once: nothing is lost, nothing comes twice, and every version can be read."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from deltalake.table import TableAlterer

from soundtracks.errors import LakeError
from soundtracks.lake import delta
from soundtracks.lake.delta import Change, LakeTable, Snapshot
from soundtracks.lake.lake import Lake

SCHEMA = pa.schema(
    [
        pa.field("album_id", pa.string(), nullable=False),
        ("tmdb_id", pa.string()),
        ("count", pa.int64()),
        ("at", pa.timestamp("ms", "UTC")),
        ("names", pa.list_(pa.string())),
    ]
)
KEY = ("album_id", "tmdb_id")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delta, "pause", lambda attempt: None)


def table_of(lake: Lake, schema: pa.Schema = SCHEMA) -> LakeTable:
    return LakeTable(lake, "catalogue/things", schema, KEY)


def rows(*ids: str, count: int = 1) -> pa.Table:
    return pa.Table.from_pylist([{"album_id": i, "tmdb_id": "7", "count": count, "names": ["Ölüm", i]} for i in ids], SCHEMA)


def counts(table: LakeTable, version: int | None = None) -> dict[str, int]:
    return {row["album_id"]: row["count"] for row in table.read(version).to_pylist()}


def count_up(snapshot: Snapshot) -> Change:
    found = snapshot.read(where=("album_id", pa.array(["a"])))
    return Change(found.set_column(2, "count", pc.add(found["count"], 1)))


def test_before_the_first_row(any_lake: Lake) -> None:
    table = table_of(any_lake)
    assert (table.version, table.read().num_rows, table.commits(), table.count) == (None, 0, [], 0)
    assert table.merge(rows(), {}) is None


def test_who_only_reads_makes_nothing(lake: Lake) -> None:
    table = table_of(lake)
    assert (table.version, table.read().num_rows, table.commits(), table.count) == (None, 0, [], 0)
    assert list(Path(lake.url).rglob("*")) == []
    assert table.prune(timedelta(days=1)) == []
    assert list(Path(lake.url).rglob("*")) == []


def test_what_may_not_be_looked_into_is_no_empty_table(lake: Lake) -> None:
    lake.write_bytes("catalogue", b"a file in the place of the folder")
    with pytest.raises(LakeError, match="Cannot open catalogue/things"):
        table_of(lake).read()


def test_rows_are_written_over_those_of_the_same_key_or_added(any_lake: Lake) -> None:
    table = table_of(any_lake)
    table.merge(rows("a", "b"), {"run_id": "r1"})
    commit = table.merge(rows("b", "c", count=2), {"run_id": "r2"})
    assert commit is not None
    assert counts(table) == {"a": 1, "b": 2, "c": 2}
    assert counts(table, commit.version - 1) == {"a": 1, "b": 1}
    assert [entry.about["run_id"] for entry in table.commits()] == ["r1", "r2"]
    assert table.commits()[-1].at == commit.at


def test_a_key_may_be_null_and_rows_may_go(lake: Lake) -> None:
    table = table_of(lake)
    nobody = rows("a").set_column(1, "tmdb_id", pa.nulls(1, pa.string()))
    table.merge(pa.concat_tables([nobody, rows("a", "b")]), {})
    table.change(lambda _: Change(nobody.set_column(2, "count", pa.array([5])), gone=rows("a")), {})
    assert sorted((r["album_id"], r["tmdb_id"] or "", r["count"]) for r in table.read().to_pylist()) == [
        ("a", "", 5),
        ("b", "7", 1),
    ]


def test_a_change_that_names_a_row_twice_is_refused(lake: Lake) -> None:
    with pytest.raises(LakeError, match="names 1 rows twice"):
        table_of(lake).merge(rows("a", "a"), {})


@pytest.mark.slow
def test_twenty_who_change_one_row_at_once_all_count(any_lake: Lake) -> None:
    table_of(any_lake).merge(rows("a"), {"run_id": "first"})
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda n: table_of(any_lake).change(count_up, {"run_id": f"r{n}"}), range(20)))
    assert counts(table_of(any_lake)) == {"a": 21}
    commits = table_of(any_lake).commits()
    assert sorted(c.about["run_id"] for c in commits) == sorted(["first", *(f"r{n}" for n in range(20))])
    assert len({commit.version for commit in made if commit}) == 20
    assert [c.at for c in commits] == sorted({c.at for c in commits})


@pytest.mark.slow
def test_of_many_who_make_the_table_none_fails(lake: Lake) -> None:
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda n: table_of(lake).merge(rows(str(n)), {}), range(10)))
    assert sorted(counts(table_of(lake))) == [str(n) for n in range(10)]


def test_a_lost_answer_is_no_lost_commit_and_no_second_one(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(lake)
    table.merge(rows("a"), {})
    commit, fails = LakeTable._commit, iter([True, False])

    def lose_the_answer(self: LakeTable, *args: object) -> bool:
        done = commit(self, *args)
        return done and not next(fails)

    monkeypatch.setattr(LakeTable, "_commit", lose_the_answer)
    landed = table.change(count_up, {"run_id": "r"})
    assert landed is not None
    assert counts(table) == {"a": 2}
    assert [c.about.get("run_id") for c in table.commits()] == [None, "r"]


def test_a_column_that_came_later_is_added_and_old_rows_have_none(lake: Lake) -> None:
    table_of(lake).merge(rows("a"), {})
    wider = table_of(lake, SCHEMA.append(pa.field("item", pa.string())))
    assert wider.read()["item"].to_pylist() == [None]
    wider.merge(rows("b").append_column("item", pa.array(["Q1"])), {})
    assert {r["album_id"]: r["item"] for r in wider.read().to_pylist()} == {"a": None, "b": "Q1"}
    assert counts(table_of(lake)) == {"a": 1, "b": 1}


def test_an_older_version_comes_back_as_a_new_one(lake: Lake) -> None:
    table = table_of(lake)
    first = table.merge(rows("a"), {})
    table.merge(rows("a", "b", count=9), {})
    assert first is not None
    table.restore(first.version, {"run_id": "restored"})
    assert counts(table) == {"a": 1}
    assert table.commits()[-1].about["run_id"] == "restored"


@pytest.mark.parametrize("operation", ["restore", "alter"])
def test_a_commit_that_fails_without_another_writer_is_not_tried_for_ever(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    table = table_of(lake, SCHEMA.remove(2))
    table.merge(rows("a").drop_columns("count"), {})

    def fails(*arguments: object, **more: object) -> None:
        raise CommitFailedError("the storage refuses every commit")

    monkeypatch.setattr(DeltaTable, "restore", fails)
    monkeypatch.setattr(TableAlterer, "add_columns", fails)
    with pytest.raises(LakeError, match="the storage refuses every commit"):
        table.restore(0, {}) if operation == "restore" else table_of(lake).merge(rows("b"), {})


def test_pruned_versions_say_so_and_the_newest_stays(any_lake: Lake) -> None:
    table = table_of(any_lake)
    first = table.merge(rows("a"), {})
    table.merge(rows("a", count=2), {})
    any_lake.write_bytes("catalogue/things/part-of-a-writer-that-died.parquet", b"half of it")
    assert table.prune(timedelta(days=1)) == []
    assert len(table.prune(timedelta(0), dry_run=True)) == 2
    assert counts(table) == {"a": 2}
    table.prune(timedelta(0))
    assert counts(table) == {"a": 2}
    assert not any_lake.exists("catalogue/things/part-of-a-writer-that-died.parquet")
    assert first is not None
    with pytest.raises(LakeError, match="can be read no more"):
        table.read(first.version)


def files_of(table: LakeTable) -> list[str]:
    """The files that the newest version is made of, by their names in the lake, as the table's log has them."""
    opened = table._open()
    assert opened is not None
    return [f"{table.name}/{path}" for path in pa.table(opened.get_add_actions())["path"].to_pylist()]


def test_readers_of_other_makes_can_read_it(lake: Lake) -> None:
    """Reader 1, writer 2, no column that may not be null, times in UTC, nothing but Parquet with plain names."""
    table = table_of(lake)
    table.merge(
        rows("a", "b").set_column(3, "at", pa.array([datetime(2026, 11, 26, tzinfo=UTC)] * 2, SCHEMA.field("at").type)), {}
    )
    opened = table._open()
    assert opened is not None
    protocol = opened.protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)
    assert opened.metadata().partition_columns == []
    assert all(field.nullable for field in opened.schema().fields)
    assert {str(f.type) for f in opened.schema().fields if "timestamp" in str(f.type)} == {'PrimitiveType("timestamp")'}
    paths = [str(lake.path(name)) for name in files_of(table)]
    found = duckdb.sql(f'SELECT album_id, "count", names[1], epoch("at") FROM read_parquet({paths}) ORDER BY album_id').fetchall()
    assert found == [("a", 1, "Ölüm", 1795651200.0), ("b", 1, "Ölüm", 1795651200.0)]
    assert pq.read_schema(paths[0]).field("at").type == pa.timestamp("us", "UTC")


@pytest.mark.parametrize("name", ["my lake", "100 %", "Größe", "a#b?c&d", "a+b=c"])
@pytest.mark.slow
def test_the_lake_may_have_any_name(tmp_path: Path, name: str) -> None:
    lake = Lake(str(tmp_path / name))
    table = table_of(lake)
    table.merge(rows("a"), {"run_id": "r1"})
    table.merge(rows("a", count=2), {"run_id": "r2"})
    assert counts(table) == {"a": 2}
    assert [c.about["run_id"] for c in table.commits()] == ["r1", "r2"]
    assert [lake.exists(file) for file in files_of(table)] == [True]


def test_a_copied_lake_tells_the_same_times(lake: Lake, tmp_path: Path) -> None:
    table = table_of(lake)
    table.merge(rows("a"), {"run_id": "r1"})
    table.merge(rows("b"), {"run_id": "r2"})
    shutil.copytree(lake.container, tmp_path / "copy", copy_function=shutil.copyfile)
    assert table_of(Lake(str(tmp_path / "copy"))).commits() == table.commits()


def test_a_clock_that_is_behind_does_not_turn_the_order(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(lake)
    first = table.merge(rows("a"), {})

    class Behind(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2020, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(delta, "datetime", Behind)
    second = table.merge(rows("b"), {})
    assert first is not None
    assert second is not None
    assert second.at == first.at + timedelta(microseconds=1)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.rename(folder.with_name("aside"))
    folder.write_text("no folder")
    try:
        yield
    finally:
        folder.unlink()
        folder.with_name("aside").rename(folder)


def test_a_storage_that_fails_is_an_error_of_ours_and_harms_nothing(lake: Lake) -> None:
    table = table_of(lake)
    table.merge(rows("a"), {})
    with read_only(Path(lake.container) / "catalogue"), pytest.raises(LakeError, match="catalogue/things"):
        table.merge(rows("b"), {})
    assert counts(table) == {"a": 1}


def test_rows_are_counted_by_the_log_alone(lake: Lake) -> None:
    table = table_of(lake)
    table.merge(rows("a", "b"), {})
    table.change(lambda _: Change(rows("b", "c", "d", count=2), gone=rows("a")), {})
    assert table.count == len(table.read()) == 3
    for file in lake.path(table.name).glob("*.parquet"):
        file.unlink()
    assert table.count == 3


def test_no_merge_has_a_bound_of_memory(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one, a merge that needs more than that waits for itself for ever: 100,000 links into 600,000 did so
    (https://github.com/delta-io/delta-rs/issues/4614)."""
    given: list[dict[str, object]] = []
    merge = DeltaTable.merge

    def noting(*args: object, **options: object) -> object:
        given.append(options)
        return merge(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(DeltaTable, "merge", noting)
    table_of(lake).merge(rows("a"), {})
    (options,) = given
    assert options.get("max_spill_size") is None
