"""A list where it lies: a path of this machine, or a name in the lake; in the version that a run was started for."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from soundtracks.errors import BadTitles
from soundtracks.lake.lake import Lake
from soundtracks.lists.containers import MAX_BYTES
from soundtracks.lists.read import Kind, Reading, read_path
from soundtracks.lists.typed import is_typed_film, write_typed_film


@dataclass(frozen=True)
class Landed:
    """`reading`: what the list means. `sha256`: of its bytes; "" for a folder."""

    reading: Reading
    sha256: str


def read_landed(source: str, lake: Lake, *, kind: Kind | None = "films", expected_version: str = "") -> Landed:
    """Reads a list: a path of this machine, a name inside the lake such as titles/list.csv, or one film: Jaws (1975).

    Raises BadTitles for a file that is missing, empty, too large, refused by the reader, changed while it was read or, with
    `expected_version` (its SHA-256, or its blob's ETag), changed since its event; LakeError for a name that climbs out.
    """
    with _local_copy(source, lake) as (path, etag):
        sha256 = "" if path.is_dir() else _sha256(path)
        if expected_version and expected_version.strip('"') not in (sha256, etag.strip('"')):
            raise BadTitles(
                f"{path.name} is no longer the version that this run was started for.",
                hint="The newer version gets a run of its own.",
            )
        reading = read_path(path, kind=kind)
        if sha256 and sha256 != _sha256(path):
            raise BadTitles(f"{path.name} changed while it was read.", hint="Wait until it is written, then run again.")
        return Landed(reading, sha256)


@contextmanager
def _local_copy(source: str, lake: Lake) -> Iterator[tuple[Path, str]]:
    """(path, ETag): a file of this machine as it lies there; one of the lake, or a film that was typed, in a folder that goes
    away again."""
    if is_typed_film(source) and not Path(source).exists():
        with tempfile.TemporaryDirectory(prefix="soundtracks-list-") as folder:
            yield write_typed_film(source, Path(folder)), ""
        return
    if "://" in source:
        raise BadTitles(f"{source} is an address, not a file.", hint="Give a path of this machine or a name in the lake.")
    local = Path(source)
    if local.is_absolute() or local.exists():
        if not local.exists():
            raise BadTitles(f"There is no title file {source}.", hint=f"Looked in this folder and in the lake {lake.url}.")
        yield local, ""
        return
    if not lake.exists(source):
        looked = f"Looked in this folder and in the lake {lake.url}."
        raise BadTitles(f"There is no title file {source}.", hint=looked + _or_film(source))
    entry = lake.stat(source)
    if entry.size > MAX_BYTES:
        raise BadTitles(f"{source} is larger than {MAX_BYTES // 2**20} MB.", hint="Split it into several files.")
    with tempfile.TemporaryDirectory(prefix="soundtracks-list-") as folder:
        path = Path(folder, PurePosixPath(source).name)
        lake.fetch(source, path)
        yield path, entry.stamp


def _or_film(source: str) -> str:
    """What else a name may mean that has no ending: a film of one word cannot be told from a file."""
    return "" if PurePosixPath(source).suffix else f" If a film is meant, give its year, '{source} (YEAR)', or its id."


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
