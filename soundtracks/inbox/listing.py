"""Finds title files by listing the inbox: all there is locally, and in Azure what no event told."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from soundtracks.errors import LakeError
from soundtracks.inbox.quarantine import quarantine_file
from soundtracks.inbox.titlefile import INBOX, NotATitleFile, TitleFile, check, container_of, is_ignored
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores import Entry

#: A local file counts as written when it did not change for so long, seconds. (A blob appears whole.)
SETTLE_SECONDS = 1.5


@dataclass
class Listing:
    """Lists the inbox again and again and yields each file version once, as soon as it is completely written.

    Not a title file, not a plain file, or a name that climbs out: moved to quarantine with its reason.
    """

    lake: Lake
    settle: float = SETTLE_SECONDS
    now: Callable[[], float] = time.time
    #: Files that were still being written at the last look.
    unsettled: int = 0
    _aside: list[tuple[str, str]] = field(default_factory=list)
    _seen: dict[str, str] = field(default_factory=dict)
    _first_look: dict[tuple[str, str], float] = field(default_factory=dict)

    def look(self) -> Iterator[TitleFile]:
        """New file versions. One that could not be submitted is yielded again after `forget`. Raises LakeError."""
        container, prefix = container_of(self.lake)
        entries = [e for e in self.lake.list(INBOX) if not is_ignored(e.name)]
        self._seen = {name: stamp for name, stamp in self._seen.items() if name in {e.name for e in entries}}
        self._first_look = {(e.name, e.stamp): self._first_look.get((e.name, e.stamp), self.now()) for e in entries}
        self.unsettled = 0
        for entry in entries:
            if self._seen.get(entry.name) == entry.stamp:
                continue
            if not self._is_settled(entry):
                self.unsettled += 1
                continue
            try:
                etag = self._checked_etag(entry)
            except NotATitleFile as error:
                quarantine_file(self.lake, entry.name, error.message)
                self._aside.append((entry.name, error.message))
                continue
            except LakeError:  # gone or unreadable at the moment: the next look sees how it is then
                self.unsettled += 1
                continue
            self._seen[entry.name] = entry.stamp
            yield TitleFile(container, prefix + entry.name, etag, entry.size)

    def forget(self, file: TitleFile) -> None:
        """Lets the next look yield this file again."""
        self._seen.pop(self.name_of(file), None)

    def name_of(self, file: TitleFile) -> str:
        """The file's name in the lake."""
        return file.blob.removeprefix(container_of(self.lake)[1])

    def drain_quarantined(self) -> list[tuple[str, str]]:
        """(name, reason) of what was set aside since this was last asked."""
        taken, self._aside = self._aside, []
        return taken

    def _is_settled(self, entry: Entry) -> bool:
        if not self.lake.is_local:
            return True
        now = self.now()
        unchanged = now - self._first_look[entry.name, entry.stamp]
        return now - entry.modified >= self.settle or unchanged >= self.settle

    def _checked_etag(self, entry: Entry) -> str:
        check(entry.name, entry.size)
        if not self.lake.is_local:
            return entry.stamp
        path = self.lake.path(entry.name)
        if os.path.islink(path) or not os.path.isfile(path):
            raise NotATitleFile("It is a link or a special file, which may point out of the inbox. Copy the file itself here.")
        return self.lake.etag(entry.name)
