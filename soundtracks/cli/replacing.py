"""Files that a person asked for: written beside and put in place at once, so that no full disk or kill costs what was there."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from soundtracks.errors import BadInput

#: The beginning and end of names of what is being written. What a killed process leaves is known by them.
PREFIX, SUFFIX = ".soundtracks-", ".part"


def write_output(path: Path, data: bytes) -> None:
    """Writes a file that a command was asked for. Raises BadInput where it cannot; what was there is whole then."""
    try:
        if path.exists() and not path.is_file():  # /dev/stdout and the like
            path.write_bytes(data)
        else:
            replace_file(path.resolve(), data)
    except OSError as error:
        raise BadInput(f"Cannot write {path}: {error.strerror or error}.") from error


def replace_file(path: Path, data: bytes, *, check: Callable[[], None] = lambda: None, mode: int | None = None) -> None:
    """Replaces a file at once, with its rights and its owner, or makes it. `check` is called when only the name is left to give.
    `mode`: its rights, whatever they were.

    Raises OSError, and what `check` raises; the file is as before then.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=PREFIX, suffix=SUFFIX)
    made = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a power cut must not leave the name without the content
        if path.exists():
            was = path.stat()
            made.chmod(was.st_mode & 0o777 if mode is None else mode)
            with suppress(OSError):  # only root may give files away
                os.chown(made, was.st_uid, was.st_gid)
        else:
            made.chmod(0o666 & ~_umask() if mode is None else mode)
        check()
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
