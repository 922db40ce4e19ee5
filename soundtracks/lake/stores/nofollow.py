"""Opens and moves files in a folder that others may write, without following any link that they put in the way.

A path is walked folder by folder, each opened below the last and never through a link; so it does not help to swap a
file or a folder for a link between the look and the read.
"""

import errno
import fcntl
import os
import shutil
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from soundtracks.errors import NotARegularFile

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: A FIFO does not make its reader wait with O_NONBLOCK.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def parent_of(root: Path, name: str) -> Iterator[tuple[int, str]]:
    """(descriptor of the folder of `name` below `root`, last part of `name`). Raises NotARegularFile for a link on the way.

    Only `root` itself and the first folder may be links: they stand where the owner alone writes, and people link the
    inbox to where their files are.
    """
    *folders, last = name.split("/")
    here = os.open(root.joinpath(*folders[:1]), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders[1:]:
            below = _opened(folder, _FOLDER, here)
            os.close(here)
            here = below
        yield here, last
    finally:
        os.close(here)


def open_regular(root: Path, name: str) -> BinaryIO:
    """Opens a file below `root` once, for reading. Raises NotARegularFile for a link, a folder, a FIFO, a socket or a device."""
    with parent_of(root, name) as (folder, last):
        file = os.fdopen(_opened(last, _FILE, folder), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotARegularFile(name)
    return file


def move(root: Path, name: str, target: Path) -> None:
    """Renames what lies below `root` under `name`, be it a link, to `target`."""
    with parent_of(root, name) as (folder, last):
        try:
            os.replace(last, target, src_dir_fd=folder)
        except OSError as error:
            if error.errno != errno.EXDEV:  # the inbox is a volume of its own
                raise
            _copy(folder, last, target)
            os.unlink(last, dir_fd=folder)


def _copy(folder: int, last: str, target: Path) -> None:
    if stat.S_ISLNK(os.lstat(last, dir_fd=folder).st_mode):
        target.unlink(missing_ok=True)
        target.symlink_to(os.readlink(last, dir_fd=folder))
        return
    with os.fdopen(_opened(last, _FILE, folder), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise NotARegularFile(last)
        with target.open("wb") as copy:
            shutil.copyfileobj(file, copy)
            copy.flush()
            os.fsync(copy.fileno())


def is_open_for_writing(file: BinaryIO) -> bool:
    """Whether some process of this machine still writes the file, as far as the system tells.

    Linux gives no read lease on a file that is open for writing. It is asked for owned files only, and not by network
    file systems or other systems: there the answer is False.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)  # a writer who comes meanwhile must not end us: SIGIO would
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _opened(name: str, flags: int, folder: int) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.ENOTDIR):  # a link; a socket; a link or file where a folder was
            raise NotARegularFile(name) from error
        raise
