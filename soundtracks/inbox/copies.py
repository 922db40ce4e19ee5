"""What a run reads: a copy of the title file under its hash, which nobody changes while the run lasts."""

import re
from pathlib import PurePosixPath
from typing import BinaryIO

from soundtracks.lake.lake import Lake
from soundtracks.lake.stores.folder import Folder

UPLOADS = "uploads"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def copy_name(name: str, sha256: str) -> str:
    """Where the copy of a title file lies in the lake; its own name stays, for people to recognise it."""
    return f"{UPLOADS}/{sha256}/{PurePosixPath(name).name}"


def take_copy(store: Folder, file: BinaryIO, name: str, sha256: str) -> bool:
    """Copies an open file of the inbox; whether it still had this hash to its end. If not, nothing is kept."""
    return store.keep_copy(file, copy_name(name, sha256), sha256)


def readable_source(lake: Lake, name: str, etag: str) -> str:
    """What a run that was started for this version reads: the copy where there is one, else the file itself."""
    if _SHA256.fullmatch(etag) and lake.exists(copy_name(name, etag)):
        return copy_name(name, etag)
    return name
