"""Files of the lake in a folder of this machine, readable by their owner alone."""

import errno
import hashlib
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from soundtracks.errors import LakeError, NotARegularFile
from soundtracks.lake.stores import Entry, nofollow, printable

OWNER_ONLY_FILE, OWNER_ONLY_FOLDER = 0o600, 0o700
#: A file on its way to its name. 64 random bits: no other process, container or host that shares the folder draws the
#: same. The second form is what earlier versions wrote.
TEMPORARY = re.compile(r"\.(soundtracks-[0-9a-f]{16}|.+\.\d+)\.part")
#: Seconds after which a temporary file has lost its writer: no write takes a day.
MAX_WRITE_SECONDS = 24 * 3600.0
CHUNK = 2**20
#: What NFS and FUSE answer where locks are not set up.
_WITHOUT_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP)

log = logging.getLogger(__name__)


class Folder:
    """`root`: an absolute path; made when the first file is written, for its owner alone.

    Every write is flushed to the disk before the file gets its name, and the name before the call returns: what was
    written survives a power cut.
    """

    def __init__(self, root: str) -> None:
        self._root = Path(root)

    def exists(self, name: str) -> bool:
        with self._wrap_errors(f"look for {name}"):
            try:
                return (self._root / name).is_file()
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:
                    return False
                raise

    def read(self, name: str) -> bytes:
        with self._wrap_errors(f"read {name}"):
            return (self._root / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        with self._wrap_errors(f"write {name}", hint="Nothing was published; free space or access, then run again."):
            self._replace(self._root / name, lambda part: part.write(data))

    def write_over(self, name: str, data: bytes, etag: str) -> bool:
        """Whoever may have company holds a lock meanwhile (`exclusively`): a folder compares and writes in two steps."""
        if (self.etag(name) if self.exists(name) else "") != etag:
            return False
        self.write(name, data)
        return True

    def list(self, folder: str) -> Iterator[Entry]:
        """Links are entries too, never followed. A folder below that cannot be read is passed over."""
        top = self._root / folder
        with self._wrap_errors(f"list {folder}"):
            try:
                os.scandir(top).close()
            except FileNotFoundError:
                return
        for place, folders, names in os.walk(top):
            links = [name for name in folders if os.path.islink(os.path.join(place, name))]
            for name in [*names, *links]:
                if TEMPORARY.fullmatch(name):
                    continue
                if entry := self.find(os.path.relpath(os.path.join(place, name), self._root)):
                    yield entry

    def find(self, name: str) -> Entry | None:
        try:
            info = (self._root / name).lstat()
        except OSError:
            return None
        return Entry(name, info.st_size, info.st_mtime, _stamp(info))

    def etag(self, name: str) -> str:
        """The SHA-256: it stays the same when a file is only touched."""
        with self._wrap_errors(f"read {name}"):
            return _sha256(self._root / name)

    def delete(self, name: str) -> None:
        with self._wrap_errors(f"delete {name}"):
            (self._root / name).unlink(missing_ok=True)

    def move(self, name: str, target: str) -> None:
        """A symbolic link is moved as such, not followed."""
        goal = self._root / target
        with self._wrap_errors(f"move {name} to {target}"):
            _make_folder(goal.parent)
            nofollow.move(self._root, name, goal)

    def fetch(self, name: str, file: Path) -> str:
        with self._wrap_errors(f"read {name}"):
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._root / name, file)
            return _sha256(file)

    def send(self, file: Path, name: str) -> None:
        with self._wrap_errors(f"write {name}"), file.open("rb") as source:
            self._replace(self._root / name, lambda part: shutil.copyfileobj(source, part, CHUNK))

    def open(self, name: str) -> BinaryIO:
        """Opens a regular file once, without following links. Raises NotARegularFile; LakeError when it cannot be read."""
        with self._wrap_errors(f"read {name}"):
            return nofollow.open_regular(self._root, name)

    def keep_copy(self, file: BinaryIO, name: str, sha256: str) -> bool:
        """Copies an open file to `name`; whether it had that SHA-256 to its end. If not, nothing is kept."""

        def copy(part: BinaryIO) -> None:
            digest = hashlib.sha256()
            file.seek(0)
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                part.write(chunk)
            if digest.hexdigest() != sha256:
                raise _OtherContent

        with self._wrap_errors(f"write {name}", hint="Nothing was started; free space or access: it is tried again."):
            try:
                self._replace(self._root / name, copy)
            except _OtherContent:
                return False
        return True

    def remove_leftovers(self, older_than: float = MAX_WRITE_SECONDS) -> int:
        """Removes temporary files whose writer died, so many seconds old; returns how many. The inbox's are other people's."""
        limit = time.time() - older_than
        removed = 0
        for place, folders, names in os.walk(self._root):
            if Path(place) == self._root and "titles" in folders:
                folders.remove("titles")
            for path in (Path(place, name) for name in names if TEMPORARY.fullmatch(name)):
                try:
                    if path.lstat().st_mtime < limit:
                        path.unlink()
                        removed += 1
                except OSError:
                    continue
        return removed

    @contextmanager
    def exclusively(self, name: str, wait: float, message: str) -> Iterator[None]:
        """Holds the lock file `name`. Raises LakeError with the message where others have held it for `wait` seconds.

        Whoever holds it and dies lets go of it; the file itself stays. A file system without locks (some network shares) gives
        none, and a warning says so: what is done meanwhile is sound for one at a time.
        """
        lock = FileLock(self._root / name, timeout=wait, mode=OWNER_ONLY_FILE)
        self.make_folder(name.rpartition("/")[0])
        with self._wrap_errors(f"write {name}", hint="Free space or access."):
            try:
                lock.acquire()
            except Timeout:
                raise LakeError(message) from None
            except OSError as error:
                if error.errno not in _WITHOUT_LOCKS:
                    raise
                log.warning("%s has no locks (%s): nobody else may do the same meanwhile.", self._root, error.strerror)
        try:
            yield
        finally:
            lock.release()

    def make_folder(self, name: str) -> None:
        """As `mkdir -p`, for its owner alone."""
        with self._wrap_errors(f"make the folder {name}"):
            _make_folder(self._root / name)

    def require_exclusive_names(self) -> None:
        """Raises LakeError where the file system cannot give a name to one writer alone: a commit of a Delta table is a hard
        link, which only the first of several may make."""
        file, name = _temporary(self._root), _temporary(self._root)
        hint = "Put the lake on a local disk (ext4, xfs, APFS, NTFS) or into Blob Storage: SOUNDTRACKS_LAKE_URL."
        with self._wrap_errors(f"write {file.name}"):
            _make_folder(self._root)
            file.touch(OWNER_ONLY_FILE)
        try:
            os.link(file, name)
            with suppress(FileExistsError):
                os.link(file, name)
                raise LakeError(f"The file system of {self._root} lets two writers take one name.", hint=hint)
        except OSError as error:
            raise LakeError(
                f"The file system of {self._root} has no hard links ({error.strerror}): the catalogue cannot be kept there.",
                hint=hint,
            ) from error
        finally:
            for one in (file, name):
                with suppress(OSError):
                    one.unlink()

    def table_location(self, name: str, *, make: bool = False) -> tuple[str, dict[str, str]]:
        entries = f"{name}/_delta_log"
        if make:
            self.make_folder(entries)
        # delta-rs takes a folder that it may not look into for one that is not there: for a table without rows
        with self._wrap_errors(f"open {name}"), suppress(FileNotFoundError):
            (self._root / entries).stat()
        return str(self._root / name), {}

    def _replace(self, path: Path, write: Callable[[BinaryIO], object]) -> None:
        _make_folder(path.parent)
        part = _temporary(path.parent)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, OWNER_ONLY_FILE)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                write(stream)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(part, path)
            _flush_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)

    @contextmanager
    def _wrap_errors(self, what: str, hint: str = "") -> Iterator[None]:
        try:
            yield
        except NotARegularFile:
            raise
        except OSError as error:
            raise LakeError(f"Cannot {printable(what)} in the lake {self._root}: {error}.", hint=hint) from error


class _OtherContent(Exception):
    """The file changed between two reads of it."""


def _temporary(folder: Path) -> Path:
    """A name for a file that `remove_leftovers` removes where its writer died."""
    return folder / f".soundtracks-{secrets.token_hex(8)}.part"


def _make_folder(path: Path) -> None:
    """As `mkdir -p`, and every folder that it makes is its owner's alone and on the disk."""
    if path.is_dir():
        return
    _make_folder(path.parent)
    try:
        path.mkdir(OWNER_ONLY_FOLDER)
    except FileExistsError:
        return
    _flush_folder(path.parent)


def _flush_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _stamp(info: os.stat_result) -> str:
    # st_ctime too: tools that copy set st_mtime back to what the original had, but nobody sets st_ctime
    return f"{info.st_ino}-{info.st_size}-{info.st_mtime_ns}-{info.st_ctime_ns}"


def sha256_of(file: BinaryIO) -> str:
    """Of an open file, from its beginning."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return sha256_of(file)
