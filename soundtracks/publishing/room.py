"""Outputs that are made in files of this machine: a disk that is full is told as one, to whoever asked for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import OperationalError

from soundtracks.errors import LakeError


@contextmanager
def needing_room() -> Iterator[None]:
    """For what writes files of this machine, a database among them. Raises LakeError where they cannot be written."""
    try:
        yield
    except (OSError, OperationalError) as error:  # the database's own word for a full disk
        raise LakeError(
            f"The outputs need room on this machine: {error}.",
            hint="Free space on its disk, or let TMPDIR name a folder on a larger one; then run again.",
        ) from error
