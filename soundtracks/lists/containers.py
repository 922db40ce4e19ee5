"""What a list comes in: a plain file, a gzip or ZIP, a folder. Yields the files inside, bounded in number and size.

Bombs, encrypted members, links and names that climb out are refused: nothing is ever unpacked to disk.
"""

import bz2
import gzip
import io
import lzma
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from soundtracks.errors import BadTitles, NoTitles

#: A million titles come to some 50 MB: whatever is larger is no list. Counted unpacked, all files of a ZIP together.
MAX_BYTES = 256 * 2**20
MAX_MEMBERS = 5_000
#: Text shrinks some twentyfold at most; a bomb a thousandfold.
MAX_RATIO = 200
SMALL = 2**20

#: Folders of an export that hold what its owner has taken back.
_TAKEN_BACK = frozenset(("deleted", "orphaned", "trash", "__macosx"))
#: Endings of lists: the inbox takes files of such names.
ENDINGS = (
    *("txt", "csv", "tsv", "tab", "md", "json", "jsonl", "ndjson", "xml", "nfo", "plist", "htm", "html"),
    *("xls", "xlsx", "xlsm", "xlsb", "ods", "parquet", "zip", "gz"),
    *("m3u", "m3u8", "opml", "rss", "yml", "yaml", "bib", "ris", "org", "dat"),
)
#: Of the files in a folder or ZIP those are read, and what people call lists too; no ZIP within.
_READABLE = frozenset((*ENDINGS, "markdown", "list", "log")) - {"zip"}
#: First bytes of files that are no lists, and what to say of them.
_OTHER_FILES = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1aE\xdf\xa3", "a film"),
)


_COMPRESSIONS: tuple[tuple[bytes, Callable[..., Any], str], ...] = (
    (b"\x1f\x8b", gzip.open, ".gz"),
    (b"BZh", bz2.open, ".bz2"),
    (b"\xfd7zXZ", lzma.open, ".xz"),
)


@dataclass(frozen=True)
class Member:
    """One file. `open` gives its bytes as a stream, seekable, as often as it is called. `size` is 0 where it is not known."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem

    def head(self, size: int = 8192) -> bytes:
        with self.open() as file:
            return file.read(size)

    def bytes(self) -> bytes:
        with self.open() as file:
            return file.read()


@dataclass
class Contents:
    """The files to read, and in words what was passed over. `container` is "zip", "gzip", "folder" or ""."""

    members: list[Member]
    container: str = ""
    passed_over: list[str] = field(default_factory=list)


def open_path(path: Path) -> Contents:
    """The files of a path of this machine. Raises BadTitles."""
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise BadTitles(f"There is no file {path.name}." if not path.exists() else f"{path.name} is no plain file.")
    return open_file(path.name, path.stat().st_size, lambda: path.open("rb"))


def open_bytes(name: str, data: bytes) -> Contents:
    """The same for bytes that were read elsewhere."""
    return open_file(name, len(data), lambda: io.BytesIO(data))


def open_file(name: str, size: int, opener: Callable[[], IO[bytes]]) -> Contents:
    if size > MAX_BYTES:
        raise BadTitles(f"{name} is larger than {MAX_BYTES // 2**20} MB.", hint="Split it into several files.")
    member = Member(name, size, opener)
    head = member.head(8)
    if not head:
        raise NoTitles(f"{name} is empty.", hint="Write one title per line, or a table with a heading such as title,year.")
    for magic, unpack, ending in _COMPRESSIONS:
        if head.startswith(magic):
            with opener() as packed, _wrap_errors(name), unpack(packed) as stream:
                inner = open_bytes(name.removesuffix(ending), _unpacked(name, stream, size))
            return Contents(inner.members, inner.container or "gzip", inner.passed_over)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(member)
    _check_is_list(name, head)
    return Contents([member])


def inner_file(member: Member) -> Member:
    """What a file inside a ZIP or folder holds: packed ones are unpacked. Raises BadTitles for what is no list."""
    head = member.head(8)
    for magic, unpack, ending in _COMPRESSIONS:
        if head.startswith(magic):
            with member.open() as packed, _wrap_errors(member.name), unpack(packed) as stream:
                return _of_bytes(member.name.removesuffix(ending), _unpacked(member.name, stream, member.size))
    _check_is_list(member.name, head)
    if head.startswith(b"PK\x03\x04") and not is_spreadsheet(head, member):
        raise BadTitles(f"{member.name} is a ZIP file within another.", hint="Unpack it and give the list itself.")
    return member


def _of_bytes(name: str, data: bytes) -> Member:
    return Member(name, len(data), lambda: io.BytesIO(data))


def _check_is_list(name: str, head: bytes) -> None:
    if other := next((what for magic, what in _OTHER_FILES if head.startswith(magic)), None):
        raise BadTitles(f"{name} is {other}, not a list.", hint="Export it as CSV, XLSX, JSON or plain text.")


def is_spreadsheet(head: bytes, member: Member) -> bool:
    """Whether a file is a workbook: XLSX or ODS (ZIP files), or the old XLS."""
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return True
    if not head.startswith(b"PK"):
        return False
    with member.open() as file, _wrap_errors(member.name), zipfile.ZipFile(file) as archive:
        return _is_workbook(archive)


def _is_workbook(archive: zipfile.ZipFile) -> bool:
    names = set(archive.namelist())
    return any(n.startswith("xl/workbook.") for n in names) or ("content.xml" in names and "mimetype" in names)


def _zip(member: Member) -> Contents:
    try:
        with member.open() as file, zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            _check_zip(member.name, infos, member.size)
            if any(i.filename.startswith("word/") for i in infos):
                raise BadTitles(f"{member.name} is a Word document, not a list.", hint="Save it as plain text.")
            if _is_workbook(archive):
                return Contents([member])
            files = [info for info in infos if not info.is_dir() and not stat.S_ISLNK(info.external_attr >> 16)]
            return _chosen("zip", [_packed(member, info) for info in files], member.name)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError) as error:
        raise BadTitles(f"{member.name} is a damaged ZIP file: {error}.", hint="Download it again.") from error


def _check_zip(name: str, infos: list[zipfile.ZipInfo], size: int) -> None:
    if len(infos) > MAX_MEMBERS:
        raise BadTitles(
            f"{name} holds {len(infos):,} files, more than {MAX_MEMBERS:,}.", hint="Unpack it and give the list itself."
        )
    for info in infos:
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if ".." in parts or info.filename.startswith(("/", "\\")) or any(":" in part for part in parts[:1]):
            raise BadTitles(f"{name}: the name {info.filename!r} climbs out of the ZIP file.", hint="Do not open it.")
        if info.flag_bits & 1:
            raise BadTitles(f"{name} is encrypted.", hint="Unpack it and give the list itself.")
    total = sum(info.file_size for info in infos)
    if total > MAX_BYTES or (total > SMALL * 16 and total > MAX_RATIO * max(size, 1)):
        raise BadTitles(
            f"{name} unpacks to {total / 2**20:,.0f} MB: too much for a list.", hint="Unpack it and give the list itself."
        )


def _packed(member: Member, info: zipfile.ZipInfo) -> Member:
    def opener() -> IO[bytes]:
        name = f"{member.name}: {info.filename}"
        with member.open() as file, _wrap_errors(name), zipfile.ZipFile(file) as archive, archive.open(info) as stream:
            return io.BytesIO(_unpacked(name, stream, info.compress_size))

    return Member(info.filename, info.file_size, opener)


@contextmanager
def _wrap_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise BadTitles(f"{name} is damaged: {error}.", hint="Download it again.") from error


def _unpacked(name: str, stream: IO[bytes], packed: int) -> bytes:
    """The whole content, in pieces: what the file says of its own size is not believed. Of a cut-off one, what is there."""
    pieces: list[bytes] = []
    size = 0
    while True:
        try:
            piece = stream.read(SMALL)
        except EOFError:
            if not pieces:
                raise
            break
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BYTES or (size > SMALL * 16 and size > MAX_RATIO * max(packed, 1)):
            raise BadTitles(f"{name} unpacks to more than a list can be.", hint="Unpack it and give the list itself.")
    return b"".join(pieces)


def _folder(path: Path) -> Contents:
    members = []
    for found in sorted(path.rglob("*")):
        if found.is_symlink() or not found.is_file():
            continue
        members.append(Member(found.relative_to(path).as_posix(), found.stat().st_size, lambda found=found: found.open("rb")))  # type: ignore[misc]
        if len(members) > MAX_MEMBERS * 20:
            raise BadTitles(f"The folder {path.name} holds more than {MAX_MEMBERS * 20:,} files.")
    if sum(m.size for m in members if _is_readable(m.name)) > MAX_BYTES:
        raise BadTitles(f"The folder {path.name} holds more than {MAX_BYTES // 2**20} MB of lists.")
    return _chosen("folder", members, path.name)


def _is_readable(name: str) -> bool:
    return PurePosixPath(name).suffix.lower().removeprefix(".") in _READABLE


def _chosen(container: str, members: list[Member], name: str) -> Contents:
    """The files that may hold lists; hidden ones and what the owner has deleted are passed over, and that is said."""
    taken_back = [m for m in members if _TAKEN_BACK & {part.lower() for part in PurePosixPath(m.name).parts[:-1]}]
    rest = [m for m in members if m not in taken_back and not any(p.startswith(".") for p in PurePosixPath(m.name).parts)]
    chosen = [m for m in rest if _is_readable(m.name)]
    passed_over = sorted({PurePosixPath(m.name).parts[0] + "/" for m in taken_back})
    others = len(rest) - len(chosen)
    words = [f"{', '.join(passed_over)} not read: deleted entries"] if passed_over else []
    words += [f"{others} other files are no lists (pictures and the like)"] if others else []
    if not chosen:
        raise BadTitles(
            f"{name} holds no file that could be a list.",
            hint="Lists are CSV, TSV, TXT, JSON, XML, NFO, HTML, XLSX, ODS, XLS or Parquet.",
        )
    return Contents(chosen, container, words)
