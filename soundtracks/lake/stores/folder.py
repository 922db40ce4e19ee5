"""Files of the lake in a folder of this machine."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from soundtracks.errors import LakeError
from soundtracks.lake.stores import Entry


class Folder:
    """`root`: an absolute path; made when the first file is written."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)

    def exists(self, name: str) -> bool:
        return (self._root / name).is_file()

    def stat(self, name: str) -> Entry:
        with self._told(f"look at {name}"):
            return self._entry(self._root / name)

    def read(self, name: str) -> bytes:
        with self._told(f"read {name}"):
            return (self._root / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        with self._told(f"write {name}", hint="Nothing was published; free space or access, then run again."):
            self._replace(self._root / name, lambda part: part.write_bytes(data))

    def list(self, folder: str) -> Iterator[Entry]:
        for place, _, names in os.walk(self._root / folder):
            for name in names:
                with suppress(FileNotFoundError):
                    yield self._entry(Path(place, name))

    def _entry(self, path: Path) -> Entry:
        info = path.lstat()
        stamp = f"{info.st_ino}-{info.st_size}-{info.st_mtime_ns}"
        return Entry(path.relative_to(self._root).as_posix(), info.st_size, info.st_mtime, stamp)

    def etag(self, name: str) -> str:
        """The SHA-256: it stays the same when a file is only touched."""
        with self._told(f"read {name}"):
            return _sha256(self._root / name)

    def delete(self, name: str) -> None:
        with self._told(f"delete {name}"):
            (self._root / name).unlink(missing_ok=True)

    def move(self, name: str, target: str) -> None:
        """A symbolic link is moved as such, not followed."""
        goal = self._root / target
        with self._told(f"move {name} to {target}"):
            goal.parent.mkdir(parents=True, exist_ok=True)
            os.replace(self._root / name, goal)

    def fetch(self, name: str, file: Path) -> str:
        with self._told(f"read {name}"):
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._root / name, file)
            return _sha256(file)

    def send(self, file: Path, name: str) -> None:
        with self._told(f"write {name}"):
            self._replace(self._root / name, lambda part: shutil.copyfile(file, part))

    def _replace(self, path: Path, write: Callable[[Path], object]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.parent / f".{path.name}.{os.getpid()}.part"
        try:
            write(part)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)

    @contextmanager
    def _told(self, what: str, hint: str = "") -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LakeError(f"Cannot {what} in the lake {self._root}: {error}.", hint=hint) from error


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
