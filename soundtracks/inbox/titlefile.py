"""One version of one title file, and the rules a name must keep to become a run."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath

from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.lists import containers

INBOX = "titles"
ENDINGS = tuple(f".{ending}" for ending in containers.ENDINGS)
#: Half-written files of editors, browsers, copiers and Azure's tools: ignored until they get their real name.
TEMPORARY = (".part", ".partial", ".filepart", ".tmp", ".temp", ".crdownload", ".download", ".opdownload", ".swp", ".swx", "~")
#: What programs put beside a file while they have it open (`~$films.csv`, `.~lock.films.csv#`, `#films.csv#`, `films.csv.lock`).
LOCKS = re.compile(r"~\$.*|~WRL\d+.*|#.*#|.*\.(lock|lck)#?|.*\.sb-[0-9a-f]{8}-\w{6}", re.IGNORECASE | re.DOTALL)
#: What systems leave in every folder.
DEBRIS = {"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "system volume information", "lost+found"}
#: Blob allows names of 1,024 characters; Prefect's idempotency keys and run names are longer than any sane file name.
MAX_NAME = 400


class NotATitleFile(BadInput):
    """A file of the inbox that starts no run; the message says why."""


@dataclass(frozen=True)
class TitleFile:
    """`container`: the Blob container, or the folder of a local lake. `blob`: the name in it. `size`: bytes.

    `etag`: Blob's ETag, or the SHA-256 of a local file, which stays the same when a file is only touched.
    `visit`: the how many-th time this very content came under this name, other contents in between.
    """

    container: str
    blob: str
    etag: str
    size: int
    visit: int = 1

    @property
    def key(self) -> str:
        """One run for each: the idempotency key."""
        again = f"#{self.visit}" if self.visit > 1 else ""
        return f"{self.container}/{self.blob}@{self.etag}{again}"

    @property
    def name(self) -> str:
        return PurePosixPath(self.blob).name


def container_of(lake: Lake) -> tuple[str, str]:
    """(container, prefix of the lake's names in it). A local lake's container is its folder, the prefix is empty."""
    return lake.container, lake.prefix


def lake_name(lake: Lake, container: str, blob: str) -> str:
    """The name inside the lake of a blob that an event speaks of. Raises NotATitleFile when it lies elsewhere."""
    own, prefix = container_of(lake)
    if container != own or not blob.startswith(f"{prefix}{INBOX}/"):
        raise NotATitleFile(f"{container}/{blob} is not in the inbox {own}/{prefix}{INBOX}/.")
    return blob.removeprefix(prefix)


def is_ignored(name: str) -> bool:
    """Whether a name is hidden, a lock, or of a file that is still being written: neither run nor quarantine."""
    parts = PurePosixPath(name).parts
    return (
        any((part.startswith(".") and not part.startswith("..")) or part.casefold() in DEBRIS for part in parts)
        or name.casefold().endswith(TEMPORARY)
        or bool(LOCKS.fullmatch(parts[-1] if parts else ""))
    )


def check(name: str, size: int) -> None:
    """Raises NotATitleFile for a name or size that must not become a run."""
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\\" in name:
        raise NotATitleFile("The name climbs out of the inbox.")
    if any(unicodedata.category(character) == "Cs" for character in name):
        raise NotATitleFile("The name is not UTF-8.", hint="Rename it and put it here again.")
    if any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in name):
        raise NotATitleFile("The name holds control characters.")
    if len(name) > MAX_NAME:
        raise NotATitleFile(f"The name is longer than {MAX_NAME} characters.")
    if not name.lower().endswith(ENDINGS):
        raise NotATitleFile(f"It is not a title file: its name must end with {', '.join(ENDINGS)}.")
    if size > containers.MAX_BYTES:
        raise NotATitleFile(f"It is larger than {containers.MAX_BYTES // 2**20} MB: no list of titles is.")
