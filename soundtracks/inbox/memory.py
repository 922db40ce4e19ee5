"""Which version of each title file has its run: one small file a title file, in the lake.

The server's own memory, its idempotency keys, goes with the runs that it deletes. This one stays. It is written once
the run exists, so a watcher that dies between the two asks again with the same key and gets the same run.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel, Field, ValidationError

from soundtracks.errors import DamagedFile
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores.folder import Folder

FOLDER = "inbox"
#: Versions remembered of one file; a list that changes more often than that gets its runs all the same.
MAX_VERSIONS = 500
#: Seconds to wait for another watcher of the same lake. One look takes less, unless its server is away.
MAX_WAIT_FOR_LOCK = 30.0


class Remembered(BaseModel):
    """What is known of one file. `etag`: the version whose run was started last. `runs`: version → how often it came."""

    name: str
    etag: str = ""
    runs: dict[str, int] = Field(default_factory=dict)


class Memory:
    """Kept in `inbox/` of the lake. Failures of the lake are LakeErrors."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def next_visit(self, name: str, etag: str) -> int | None:
        """Which time this version comes, from 1, when it wants a run; None when it is the one that had the last.

        A file that returns to what it was before comes a second time.
        """
        known = self._read(name)
        return None if known.etag == etag else known.runs.get(etag, 0) + 1

    def last_visit(self, name: str, etag: str) -> int:
        """How often this version came so far and got a run."""
        return self._read(name).runs.get(etag, 0)

    def remember(self, name: str, etag: str, visit: int) -> None:
        """Notes that this version has its run."""
        known = self._read(name)
        runs = {version: count for version, count in known.runs.items() if version != etag} | {etag: visit}
        kept = dict(list(runs.items())[-MAX_VERSIONS:])
        self._lake.write_bytes(_file_of(name), Remembered(name=name, etag=etag, runs=kept).model_dump_json().encode())

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keeps other watchers of the same folder from starting the same runs meanwhile, those of other servers too.

        In Blob Storage one server has one inbox, and its keys are enough. Raises LakeError after MAX_WAIT_FOR_LOCK.
        """
        store = self._lake.store
        if not isinstance(store, Folder):
            yield
            return
        message = f"Another watcher has been looking into {self._lake.url} for {MAX_WAIT_FOR_LOCK:.0f} s."
        with store.exclusively(f"{FOLDER}/watcher.lock", MAX_WAIT_FOR_LOCK, message):
            yield

    def _read(self, name: str) -> Remembered:
        file = _file_of(name)
        if not self._lake.exists(file):
            return Remembered(name=name)
        try:
            return Remembered.model_validate_json(self._lake.read_bytes(file))
        except (ValidationError, DamagedFile):  # as if it were the first time: the server's key still tells
            return Remembered(name=name)


def _file_of(name: str) -> str:
    return f"{FOLDER}/{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"
