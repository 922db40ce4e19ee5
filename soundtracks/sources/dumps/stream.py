"""Reads a dump of any size as a stream, hashing it on the way: plain or packed (gzip, bzip2, xz), inside a tar or not."""

import bz2
import hashlib
import io
import json
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

from soundtracks.errors import BadDump, CutOff

_READ = 1 << 20  # bytes of the file at a time
_PIECE = 1 << 22  # bytes unpacked at most at a time: what a hostile file can make of one read is bounded
_HEAD = 1 << 20
_MAX_LINE = 1 << 20
_MEMORY = 256 << 20  # what an xz file may ask for; MusicBrainz' take 65 MB
#: Where MusicBrainz keeps the data in its archives; beside them stand licence and time stamp.
_DATA = "mbdump/"
_TAR_MARK, _TAR_MARK_AT = b"ustar", 257


class Malformed(ValueError):
    """A record that cannot be read; the message is the reason. It is set aside and the reading goes on."""


def from_json(record: bytes) -> Any:
    """What a record in JSON holds. Raises Malformed."""
    try:
        return json.loads(record)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"it is no JSON: {error}") from error


def lines(pieces: Iterator[bytes], offset: int) -> Iterator[tuple[bytes, int]]:
    """The lines of a dump, each with the offset just behind it. Raises BadDump for a line longer than 1 MiB."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            offset += len(line) + 1
            yield line, offset
        if len(rest) > _MAX_LINE:
            raise BadDump("A line is longer than 1 MB: this is no dump of one record in each line.")
    if rest.strip():
        yield rest, offset + len(rest)


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the manners of the other two, which keep back what did not fit."""

    def __init__(self) -> None:
        self._unpack = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._unpack.eof

    @property
    def unused_data(self) -> bytes:
        return self._unpack.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._unpack.decompress(self._unpack.unconsumed_tail + data, max_length)


#: What a packed file begins with.
_PACKED: dict[bytes, Callable[[], _Unpacker]] = {
    b"\x1f\x8b": _Gzip,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor(memlimit=_MEMORY),
}


class DumpStream:
    """The unpacked bytes of a file; of an archive, those of the files in mbdump/.

    `position`: bytes of the file read so far (of `size`); `sha256`: of these.
    """

    def __init__(self, path: Path, progress: Callable[[int, int], None] | None = None) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.position = 0
        self._progress = progress or (lambda position, size: None)
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def pieces(self, skip: int = 0) -> Iterator[bytes]:
        """The content from byte `skip` of the unpacked content on, in pieces of at most 4 MiB.

        Raises CutOff for a file that ends too early, BadDump for one that is damaged: what came before it was yielded.
        """
        for piece in self._content():
            if skip >= len(piece):
                skip -= len(piece)
            else:
                yield piece[skip:] if skip else piece
                skip = 0

    def _content(self) -> Iterator[bytes]:
        pieces = self._unpacked()
        first = _at_least(tarfile.BLOCKSIZE, pieces)
        every = chain([first], pieces)
        return self._members(every) if first[_TAR_MARK_AT:].startswith(_TAR_MARK) else every

    def head(self) -> bytes:
        """The beginning of the content, a mebibyte or what there is. Raises BadDump where nothing of it can be read."""
        data = b""
        try:
            for piece in self.pieces():
                data += piece
                if len(data) >= _HEAD:
                    break
        except BadDump:
            if not data:
                raise
        return data

    def _members(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The content of an archive's files of data, one after the other. All of it is read, so that its hash is whole."""
        found = False
        try:
            with tarfile.open(fileobj=_Reader(pieces), mode="r|") as archive:
                for member in archive:
                    if member.isfile() and f"/{member.name}".rpartition(f"/{_DATA}")[1]:
                        found = True
                        file = archive.extractfile(member)
                        while file and (piece := file.read(_PIECE)):
                            yield piece
        except tarfile.TarError as error:
            raise self._cut_off("Go on with the download, then import it again.") from error
        for _ in pieces:  # the padding behind the last file
            pass
        if not found:
            raise BadDump(
                f"{self.path.name} is an archive without {_DATA}.", hint="Of MusicBrainz, release-group.tar.xz is used."
            )

    def _read(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while data := file.read(_READ):
                self._hash.update(data)
                self.position += len(data)
                yield data
                self._progress(self.position, self.size)

    def _unpacked(self) -> Iterator[bytes]:
        reads = self._read()
        first = next(reads, b"")
        new = next((new for mark, new in _PACKED.items() if first.startswith(mark)), None)
        if new is None:
            yield first
            yield from reads
            return
        unpack = new()
        for data in chain([first], reads):
            rest = data
            while True:
                if unpack.eof:  # packed files may be joined; zeros after the last are padding
                    if not rest.strip(b"\0"):
                        break
                    unpack, rest = new(), rest.lstrip(b"\0")
                try:
                    piece = unpack.decompress(rest, _PIECE)
                except (zlib.error, lzma.LZMAError, OSError) as error:
                    raise BadDump(
                        f"{self.path.name} is damaged ({error}) {self._place()}.",
                        hint="Download it again; what was read of it is thrown away.",
                    ) from error
                if piece:
                    yield piece
                rest = unpack.unused_data if unpack.eof else b""
                if not piece and not rest:
                    break
        if not unpack.eof:
            raise self._cut_off("Go on with the download, then import it again: it continues from there.")

    def _cut_off(self, hint: str) -> CutOff:
        return CutOff(f"{self.path.name} ends too early {self._place()}.", hint=hint)

    def _place(self) -> str:
        return f"at byte {self.position:,} of {self.size:,}"


def _at_least(size: int, pieces: Iterator[bytes]) -> bytes:
    """So many bytes from the beginning of pieces, or all that there are."""
    data = b""
    while len(data) < size and (piece := next(pieces, b"")):
        data += piece
    return data


class _Reader(io.RawIOBase):
    """Pieces as a file, for tarfile."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._rest += piece
        data, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return data


def digest_of(path: Path, length: int) -> str:
    """SHA-256 of the first `length` bytes of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while length > 0 and (data := file.read(min(_READ, length))):
            digest.update(data)
            length -= len(data)
    return digest.hexdigest()
