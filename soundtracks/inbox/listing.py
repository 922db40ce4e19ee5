"""Finds title files by listing the inbox: all there is locally, and in Azure what no event told."""

import io
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO

from soundtracks.errors import LakeError, NotARegularFile, NoTitles
from soundtracks.inbox.copies import take_copy
from soundtracks.inbox.memory import Memory
from soundtracks.inbox.quarantine import quarantine_file
from soundtracks.inbox.titlefile import INBOX, NotATitleFile, TitleFile, check, container_of, is_ignored
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores import Entry, printable
from soundtracks.lake.stores.folder import Folder, sha256_of
from soundtracks.lake.stores.nofollow import is_open_for_writing
from soundtracks.lists.read import read_bytes
from soundtracks.settings import get_settings

#: A file that paused longer than usual while it was written is waited for up to so long, seconds.
MAX_SETTLE_SECONDS = 60.0
#: A file with nothing in it is waited for this long: most are about to be filled.
EMPTY_SETTLE_SECONDS = 15.0
#: Lists of at most so many bytes are looked into before a run is started; a longer one has something in it.
MAX_LOOK = 2**20

logger = logging.getLogger(__name__)


class StillWritten(Exception):
    """The file is open for writing, or changed while it was read."""


@dataclass
class _Sighting:
    """How a file looks, since when (seconds of `Listing.now`), and how long it must stay so."""

    stamp: str
    since: float
    settle: float


@dataclass
class Listing:
    """Lists the inbox again and again and yields each file version once, as soon as it is completely written.

    Complete means: no process of this machine writes it, and it has not changed under our eyes for `settle` seconds, or
    for twice the longest pause that its writer made. What the file says of its own times does not count: tools set them.
    With `settle` 0 a file counts as complete at once.
    Not a title file, a link, or a name that climbs out: moved to quarantine with its reason.
    """

    lake: Lake
    settle: float = field(default_factory=lambda: get_settings().inbox_settle_seconds)
    now: Callable[[], float] = time.monotonic
    #: Files that were still being written at the last look.
    unsettled: int = 0
    #: Files that could not be looked at, read or set aside: name → why. They are tried again at each look.
    problems: dict[str, str] = field(default_factory=dict)
    _aside: list[tuple[str, str]] = field(default_factory=list)
    _done: dict[str, str] = field(default_factory=dict)
    _sightings: dict[str, _Sighting] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.memory = Memory(self.lake)

    def look(self) -> Iterator[TitleFile]:
        """New file versions. One that could not be submitted is yielded again after `forget`.

        Raises LakeError when the inbox cannot be listed; what is wrong with one file is in `problems`.
        """
        entries = {entry.name: entry for entry in self.lake.list(INBOX) if not is_ignored(entry.name)}
        self._done = {name: stamp for name, stamp in self._done.items() if name in entries}
        self._sightings = {name: seen for name, seen in self._sightings.items() if name in entries}
        self.problems = {name: why for name, why in self.problems.items() if name in entries}
        self.unsettled = 0
        for entry in entries.values():
            if self._done.get(entry.name) == entry.stamp:
                continue
            if not self._is_settled(entry):
                self.unsettled += 1
            elif file := self._take(entry):
                yield file

    def forget(self, file: TitleFile) -> None:
        """Lets the next look yield this file again."""
        self._done.pop(self.name_of(file), None)

    def name_of(self, file: TitleFile) -> str:
        """The file's name in the lake."""
        return file.blob.removeprefix(container_of(self.lake)[1])

    def drain_quarantined(self) -> list[tuple[str, str]]:
        """(name, reason) of what was set aside since this was last asked."""
        taken, self._aside = self._aside, []
        return taken

    def _is_settled(self, entry: Entry) -> bool:
        now = self.now()
        seen = self._sightings.get(entry.name)
        if seen is None or seen.stamp != entry.stamp:
            seen = self._sightings[entry.name] = _Sighting(entry.stamp, now, self._settle_after(entry, seen, now))
        return now - seen.since >= seen.settle

    def _settle_after(self, entry: Entry, before: _Sighting | None, now: float) -> float:
        """Seconds that a file must stay as it is. `before`: how it was until now."""
        if not self.settle:
            return 0.0
        pause = now - before.since if before else MAX_SETTLE_SECONDS
        learned = max(2 * pause, before.settle) if before and pause < MAX_SETTLE_SECONDS else 0.0
        return max(self.settle, EMPTY_SETTLE_SECONDS if entry.size == 0 else 0.0, min(learned, MAX_SETTLE_SECONDS))

    def _take(self, entry: Entry) -> TitleFile | None:
        """The version of a settled file, if it wants a run."""
        try:
            file = self._version(entry)
        except StillWritten:
            self.unsettled += 1
            return None
        except (NotATitleFile, NotARegularFile) as error:
            self._set_aside(entry, f"{error.message} {error.hint}".strip())
            return None
        except Exception as error:  # whatever is wrong with this one file, the others get their runs
            if isinstance(error, LakeError) and not self.lake.is_local:
                raise  # the storage account is away, for all of them
            self.problems[entry.name] = str(error)
            return None
        self.problems.pop(entry.name, None)
        self._done[entry.name] = entry.stamp
        return file

    def _set_aside(self, entry: Entry, reason: str) -> None:
        try:
            quarantine_file(self.lake, entry, reason)
        except LakeError as error:
            if not self.lake.is_local:
                raise
            self.problems[entry.name] = f"It belongs into quarantine ({reason}), but: {error}"
        else:
            self.problems.pop(entry.name, None)
            self._aside.append((printable(entry.name), reason))

    def _version(self, entry: Entry) -> TitleFile | None:
        check(entry.name, entry.size)
        container, prefix = container_of(self.lake)
        store = self.lake.store
        etag = self._copied(store, entry) if isinstance(store, Folder) else self._checked(entry)
        visit = self.memory.next_visit(entry.name, etag)
        return TitleFile(container, prefix + entry.name, etag, entry.size, visit) if visit else None

    def _copied(self, store: Folder, entry: Entry) -> str:
        """Opens the file once: what is looked at, hashed and copied is the same, whatever its name points to meanwhile."""
        with store.open(entry.name) as file:
            if is_open_for_writing(file) or os.fstat(file.fileno()).st_size != entry.size:
                raise StillWritten
            sha256 = sha256_of(file)
            if self.memory.next_visit(entry.name, sha256):
                _check_content(entry, file)
                if not take_copy(store, file, entry.name, sha256):
                    raise StillWritten
        after = store.find(entry.name)
        if after is None or after.stamp != entry.stamp:
            raise StillWritten
        return sha256

    def _checked(self, entry: Entry) -> str:
        if self.memory.next_visit(entry.name, entry.stamp) and entry.size <= MAX_LOOK:
            _check_content(entry, io.BytesIO(self.lake.read_bytes(entry.name)))
        return entry.stamp


def _check_content(entry: Entry, file: BinaryIO) -> None:
    """Raises NotATitleFile for a list with nothing in it. What else cannot be read, the run tells."""
    if entry.size > MAX_LOOK:
        return
    file.seek(0)
    try:
        read_bytes(PurePosixPath(entry.name).name, file.read(), kind="films").check_usable()
    except NoTitles as error:
        raise NotATitleFile(error.message, hint=error.hint) from error
    except Exception:  # whatever it is, the run meets it too, and tells it where people look
        logger.debug("%r cannot be read", entry.name, exc_info=True)
