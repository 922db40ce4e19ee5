"""Where the lake's files lie: a folder of this machine, or a Blob container. Both give the same promises."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Entry:
    """A file as a listing shows it. `size`: bytes. `modified`: seconds of the epoch.

    `stamp` changes with every write: Blob's ETag, or inode, size and time of a local file.
    """

    name: str
    size: int
    modified: float
    stamp: str


def printable(name: str) -> str:
    r"""A name as text: bytes that are no UTF-8 stand as `\xff`, as they may in the name of a local file."""
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return name.encode("utf-8", "backslashreplace").decode()


class Store(Protocol):
    """Files by name, below one root. A write is whole or not at all. Every failure is a LakeError that names the file."""

    def exists(self, name: str) -> bool: ...

    def find(self, name: str) -> Entry | None:
        """What a listing would show of one file, whatever its name; None when there is none."""

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, data: bytes) -> None: ...

    def write_over(self, name: str, data: bytes, etag: str) -> bool:
        """As `write`, where the file still is that version ("": is not there yet); whether it was."""

    def list(self, folder: str) -> Iterable[Entry]:
        """Files at any depth, in no order; one that goes away meanwhile is left out."""

    def etag(self, name: str) -> str:
        """The version of a file's content."""

    def delete(self, name: str) -> None:
        """One that is not there is no error."""

    def move(self, name: str, target: str) -> None:
        """Without reading it. `name` may be any that `list` gave."""

    def fetch(self, name: str, file: Path) -> str:
        """Copies to a local file; returns the content's SHA-256."""

    def send(self, file: Path, name: str) -> None:
        """Copies a local file in, without holding it in memory."""

    def table_location(self, name: str, *, make: bool = False) -> tuple[str, dict[str, str]]:
        """Where a table's folder lies, and what the reader of Delta tables needs to reach it: (address, options).

        Asked anew before each use: the options may hold a token that lapses. `make`: a table is made there, so its folder is too,
        where the storage has folders; who only reads leaves the lake as it is.
        """
