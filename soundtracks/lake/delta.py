"""Delta tables of the lake: rows by key that grow by merge, read by everybody, changed by optimistic commits only.

Reader version 1, writer version 2: Databricks, Fabric, Spark, DuckDB and Polars read them as they are. Hence every column is
nullable, every time in UTC, and nothing is partitioned.

A commit takes the next number of the table's log, which one writer alone can take. Who comes second reads the table again,
computes its change anew and tries once more, so no change is made on rows that have moved meanwhile. What a failed writer
leaves are files that no log names: `prune` removes them.

Each commit of ours says in the log who made it and when (UTC, never earlier than the commit before): a lake that was copied
answers for any day as the original does. Delta's own time travel goes by the modification time of the log's files.
"""

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.errors import LakeError
from soundtracks.extras import named_extras
from soundtracks.lake.lake import IN_FLIGHT, Lake
from soundtracks.records import conform
from soundtracks.text.foreign import one_line

if TYPE_CHECKING:
    from deltalake import DeltaTable

#: Delta deletes log entries after 30 days and files after 7 by itself; here `prune` alone does, by the lake's retention.
CONFIGURATION: Mapping[str, str | None] = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
    "delta.targetFileSize": str(32 * 2**20),  # bytes: a merge writes anew only files that hold one of its rows
}
#: The longest pause after a lost race, seconds. It begins far below and doubles; a random part of it is slept.
MAX_PAUSE = 2.0
_TOKEN, _AT = "soundtracks.commit", "soundtracks.at"
_GONE = "__gone"

#: Rows whose column holds one of these values.
Where = tuple[str, pa.Array]


@dataclass(frozen=True)
class Commit:
    """One change of a table: its version, when (UTC), and what its writer said about it."""

    version: int
    at: datetime
    about: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """What a commit does. `rows`: written over those of the same key, or added. `gone`: rows (their keys count) to remove.

    `about`: what the commit says besides.
    """

    rows: pa.Table
    gone: pa.Table | None = None
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """A table as a change finds it: `at` is the time that the change will have."""

    at: datetime
    _read: Callable[[Sequence[str] | None, "Where | None"], pa.Table] = field(repr=False)

    def read(self, columns: Sequence[str] | None = None, where: Where | None = None) -> pa.Table:
        return self._read(columns, where)


class LakeTable:
    """A Delta table of a lake: `name` below its root, `schema` (all nullable), `key` columns that tell rows apart.

    Columns that `schema` has and an older table lacks are added with the next change. Raises LakeError for every failure of
    the storage, MissingExtra without the package deltalake.
    """

    def __init__(self, lake: Lake, name: str, schema: pa.Schema, key: Sequence[str]) -> None:
        self.lake, self.name, self.key = lake, name, tuple(key)
        self.schema = pa.schema([pa.field(f.name, _delta_type(f.type)) for f in schema])

    # reading -----------------------------------------------------------------------------------------------------

    @property
    def version(self) -> int | None:
        """The newest version; None before the first."""
        table = self._open()
        return table.version() if table else None

    def read(self, version: int | None = None, columns: Sequence[str] | None = None, where: Where | None = None) -> pa.Table:
        """The rows of a version, in no order; none before the first. Raises LakeError when `prune` has deleted the version."""
        table = self._open(version)
        return self._rows(table, columns, where)

    @property
    def count(self) -> int:
        """How many rows there are now, as the log says."""
        table = self._open()
        return 0 if table is None else sum(pa.table(table.get_add_actions())["num_records"].to_pylist())

    @property
    def newest(self) -> Commit | None:
        """The newest change of ours; None before the first, though the table may be there: whoever made it was interrupted."""
        version = self.version
        return None if version is None else self._newest(version)

    def commits(self, after: int = -1) -> list[Commit]:
        """The changes of ours later than version `after`, oldest first: out of the table's log, as it lies in the lake."""
        newest = self.version
        return [] if newest is None else self._commits(range(after + 1, newest + 1))

    def _commits(self, versions: Sequence[int]) -> list[Commit]:
        """Read here: delta-rs' own history is empty where the lake's path holds a sign such as %."""
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            return [commit for commit in pool.map(self._commit_of, versions) if commit]

    def _newest(self, version: int) -> Commit | None:
        """The newest change of ours that is not later than a version."""
        return next((commit for one in range(version, -1, -1) if (commit := self._commit_of(one))), None)

    def _commit_of(self, version: int) -> Commit | None:
        """None for a commit that is none of ours, such as the table's creation."""
        name = f"{self.name}/_delta_log/{version:020}.json"
        for line in self.lake.read_bytes(name).splitlines():
            said = json.loads(line).get("commitInfo", {})
            if _AT in said:
                about = {key: value for key, value in said.items() if isinstance(value, str)}
                return Commit(version, datetime.fromisoformat(said[_AT]), about)
        return None

    def _rows(self, table: "DeltaTable | None", columns: Sequence[str] | None, where: Where | None) -> pa.Table:
        """Filtered batch by batch, not by Arrow's scan: that cannot compare the text of the files that delta-rs writes."""
        schema = self.schema if columns is None else pa.schema([self.schema.field(name) for name in columns])
        if table is None:
            return schema.empty_table()
        with self._wrapped("read"):
            dataset = table.to_pyarrow_dataset()
            wanted = dict.fromkeys([*schema.names, *([where[0]] if where else [])])
            known = [name for name in wanted if name in dataset.schema.names]
            if where is None:
                return conform(dataset.to_table(columns=known), schema)
            column, values = where
            batches = dataset.to_batches(columns=known)
            found = [conform(pa.table(batch.filter(pc.is_in(batch[column], value_set=values))), schema) for batch in batches]
            return pa.concat_tables([schema.empty_table(), *found])

    # writing -----------------------------------------------------------------------------------------------------

    def merge(self, rows: pa.Table, about: Mapping[str, str]) -> Commit | None:
        """Writes rows over those of the same key, or adds them. None when there is nothing to write."""
        return self.change(lambda _: Change(rows), about)

    def change(self, compute: Callable[[Snapshot], Change | None], about: Mapping[str, str]) -> Commit | None:
        """Commits what `compute` makes of the table, again from the start whenever another writer was first.

        `about`: said of the commit in the log, for `commits`. None when `compute` finds nothing to do. `compute` may run many
        times: what it reads besides must be read inside. Each round somebody commits, so all come through.
        """
        token = uuid4().hex
        base = -1
        for attempt in count():
            table = self._open_to_write()
            if attempt and (landed := self._find(token, base, table.version())):
                return landed  # the answer was lost, not the commit
            base = table.version()
            at = self._next_moment(base)
            change = compute(Snapshot(at, partial(self._rows, table)))
            source = self._source(change) if change else None
            if change is None or source is None or not len(source):
                return None
            said = {**about, **change.about, _TOKEN: token, _AT: at.isoformat()}
            if self._commit(table, source, said):
                return Commit(table.version(), at, said)
            pause(attempt)
        raise AssertionError("unreachable: count() does not end")

    def _source(self, change: Change) -> pa.Table:
        """Rows to write and rows to remove, as one table. Raises LakeError where a key stands twice."""
        parts = [(change.rows, False)] + ([(change.gone, True)] if change.gone is not None else [])
        tables = [conform(rows, self.schema).append_column(_GONE, pa.repeat(pa.scalar(gone), len(rows))) for rows, gone in parts]
        source = pa.concat_tables(tables).combine_chunks()
        keys = source.select(self.key).group_by(list(self.key)).aggregate([])
        if len(keys) != len(source):
            raise LakeError(f"A change of {self.name} names {len(source) - len(keys)} rows twice.")
        return source

    def _commit(self, table: "DeltaTable", source: pa.Table, said: Mapping[str, str]) -> bool:
        """Whether the change was committed as the version after `table`'s; False when another writer was first."""
        from deltalake import CommitProperties, WriterProperties
        from deltalake.exceptions import CommitFailedError

        same = " AND ".join(f"(target.{name} IS NOT DISTINCT FROM source.{name})" for name in self.key)
        values = {name: f"source.{name}" for name in self.schema.names}
        try:
            with self._wrapped("write"):
                merge = table.merge(
                    source,
                    predicate=same,
                    source_alias="source",
                    target_alias="target",
                    # no max_spill_size: with it, a merge that needs more waits for itself for ever (delta-rs issue 4614)
                    writer_properties=WriterProperties(compression="ZSTD"),
                    # no retries: delta-rs would commit on top of rows that it has not compared
                    commit_properties=CommitProperties(custom_metadata=dict(said), max_commit_retries=0),
                )
                merge = merge.when_matched_delete(f"source.{_GONE}").when_matched_update(values)
                merge.when_not_matched_insert(values, predicate=f"NOT source.{_GONE}").execute()
        except CommitFailedError as error:
            self._check_lost(table.version(), error)
            return False
        except LakeError:
            if self._has_landed(said[_TOKEN], table.version()):
                return False  # the next round finds it
            raise
        return True

    def _check_lost(self, base: int | None, error: Exception) -> None:
        """Returns where another writer was first, after the version `base` (None: no table). Raises LakeError where nobody was:
        trying again would never end."""
        newer = self._open()
        if newer is None or newer.version() == base:
            raise LakeError(f"Cannot write the table {self.name} of {self.lake.url}: {error}") from error

    def _has_landed(self, token: str, base: int) -> bool:
        """Whether a commit that ended in an error is in the log all the same. A storage that does not answer: no."""
        try:
            table = self._open()
            return table is not None and self._find(token, base, table.version()) is not None
        except LakeError:
            return False

    def _find(self, token: str, base: int, newest: int) -> Commit | None:
        """The commit of that token among those after version `base`."""
        found = self._commits(range(base + 1, newest + 1))
        return next((commit for commit in found if commit.about.get(_TOKEN) == token), None)

    def _next_moment(self, newest: int) -> datetime:
        """Now, or just after the newest commit where a clock is behind: times in the log rise with the versions."""
        last, now = self._newest(newest), datetime.now(UTC)
        return now if last is None else max(now, last.at + timedelta(microseconds=1))

    # keeping -----------------------------------------------------------------------------------------------------

    def restore(self, version: int, about: Mapping[str, str]) -> Commit:
        """Makes the rows those of an older version, as a new commit; nothing in between is forgotten."""
        from deltalake import CommitProperties
        from deltalake.exceptions import CommitFailedError

        for attempt in count():
            table = self._open_to_write()
            at = self._next_moment(table.version())
            said = {**about, _TOKEN: uuid4().hex, _AT: at.isoformat()}
            try:
                with self._wrapped("restore"):
                    table.restore(version, commit_properties=CommitProperties(custom_metadata=said, max_commit_retries=0))
            except CommitFailedError as error:
                self._check_lost(table.version(), error)
                pause(attempt)
                continue
            return Commit(table.version(), at, dict(about))
        raise AssertionError("unreachable: count() does not end")

    def prune(self, keep: timedelta, *, dry_run: bool = False) -> list[str]:
        """Deletes files that no version younger than `keep` is made of; their names. Such versions can be read no more."""
        table = self._open()
        if table is None:
            return []
        hours = int(keep.total_seconds() // 3600)
        with self._wrapped("prune"):
            return list(table.vacuum(retention_hours=hours, dry_run=dry_run, enforce_retention_duration=False, full=True))

    # opening -----------------------------------------------------------------------------------------------------

    def _open(self, version: int | None = None) -> "DeltaTable | None":
        """None where there is no table yet."""
        with named_extras():
            from deltalake import DeltaTable
            from deltalake.exceptions import TableNotFoundError

        with self._wrapped("open"):
            address, options = self.lake.store.table_location(self.name)
            try:
                return DeltaTable(address, version=version, storage_options=options)
            except TableNotFoundError:
                return None

    def _open_to_write(self) -> "DeltaTable":
        """The newest version, made where there is none, with all columns of the schema."""
        from deltalake.exceptions import CommitFailedError, DeltaError

        for attempt in count():
            table = self._open()
            with self._wrapped("write"):
                try:
                    if table is None:
                        self._create()
                    elif missing := [f for f in self.schema if f.name not in {known.name for known in table.schema().fields}]:
                        self._add_columns(table, missing)
                    else:
                        return table
                except CommitFailedError as error:
                    self._check_lost(table.version() if table else None, error)
                    pause(attempt)
                except DeltaError:  # of two who create it, one is told so in this way
                    if table is not None or self._open() is None:
                        raise
        raise AssertionError("unreachable: count() does not end")

    def _create(self) -> None:
        from deltalake import DeltaTable

        address, options = self.lake.store.table_location(self.name, make=True)
        DeltaTable.create(address, self.schema, mode="error", configuration=CONFIGURATION, storage_options=options)

    @staticmethod
    def _add_columns(table: "DeltaTable", fields: Sequence[pa.Field]) -> None:
        from deltalake import Field, Schema

        added: list[Field] = list(Schema.from_arrow(pa.schema(fields)).fields)
        table.alter.add_columns(added)

    @contextmanager
    def _wrapped(self, what: str) -> Iterator[None]:
        """Failures as LakeError; a lost race stays what it is."""
        from deltalake.exceptions import CommitFailedError, DeltaError

        try:
            yield
        except (CommitFailedError, LakeError):
            raise
        except (DeltaError, OSError, pa.ArrowException) as error:
            raise LakeError(
                f"Cannot {what} the table {self.name} of {self.lake.url}: {_clean(error)}",
                hint="Every version stands as it was. A version that `soundtracks prune` has deleted can be read no more.",
            ) from error


def pause(attempt: int) -> None:
    """Waits a random while after a lost race: writers that lost together come back one by one."""
    time.sleep(random.uniform(0, min(MAX_PAUSE, 0.02 * 2 ** min(attempt, 10))))


def _delta_type(kind: pa.DataType) -> pa.DataType:
    """Times as Delta keeps them: microseconds in UTC. A time without zone would ask for reader version 3."""
    return pa.timestamp("us", "UTC") if pa.types.is_timestamp(kind) else kind


def _clean(error: Exception) -> str:
    """The message of delta-rs without its colours, in a line."""
    return one_line(re.sub(r"\x1b\[[0-9;]*m", "", str(error)), 300)
