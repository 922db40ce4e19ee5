"""Tables between processes of one machine: Arrow IPC files, read as views of the mapped file."""

import os
from pathlib import Path

import pyarrow as pa


def write_ipc(table: pa.Table, path: Path) -> None:
    """Writes a table as one batch."""
    with pa.OSFile(os.fspath(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def read_ipc(path: Path) -> pa.Table:
    """A table whose columns are views of the file, which may be unlinked meanwhile."""
    with pa.ipc.open_file(pa.memory_map(os.fspath(path))) as reader:
        return reader.read_all()
