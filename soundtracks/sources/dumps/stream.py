"""Reads a dump of any size as a stream, hashing it on the way."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from soundtracks.errors import BadDump

_READ = 1 << 20  # bytes of the file at a time
_PIECE = 1 << 22  # bytes unpacked at most at a time: what a hostile file can make of one read is bounded
_GZIP = b"\x1f\x8b"


class Malformed(ValueError):
    """A record that cannot be read; the message is the reason. It is set aside and the reading goes on."""


class DumpStream:
    """The unpacked bytes of a file, gzipped or not.

    `position`: bytes of the file read so far (of `size`); `sha256`: of these. `truncated`: the file ends too early, and what
    came of it so far may be right.
    """

    def __init__(self, path: Path, progress: Callable[[int, int], None] | None = None) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.position = 0
        self.truncated = False
        self._progress = progress or (lambda position, size: None)
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def pieces(self, skip: int = 0) -> Iterator[bytes]:
        """The content from byte `skip` of the unpacked content on, in pieces of at most 4 MiB.

        Raises BadDump for a file that ends too early or is damaged: what came before it was yielded.
        """
        for piece in self._unpacked():
            if skip >= len(piece):
                skip -= len(piece)
            else:
                yield piece[skip:] if skip else piece
                skip = 0

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
        if not first.startswith(_GZIP):
            yield first
            yield from reads
            return
        unpack = zlib.decompressobj(wbits=31)
        data: bytes | None = first
        while data is not None:
            while data:
                if unpack.eof:  # gzip files may be joined; zeros after the last are padding
                    if not data.strip(b"\0"):
                        break
                    unpack = zlib.decompressobj(wbits=31)
                try:
                    piece = unpack.decompress(data, _PIECE)
                except zlib.error as error:
                    hint = "Download it again; what was read of it is thrown away."
                    raise self._broken(f"is damaged ({error})", hint) from error
                if piece:
                    yield piece
                data = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
            data = next(reads, None)
        if not unpack.eof:
            self.truncated = True
            raise self._broken("ends too early", "Go on with the download, then import it again: it continues from there.")

    def _broken(self, what: str, hint: str) -> BadDump:
        return BadDump(f"{self.path.name} {what} at byte {self.position:,} of {self.size:,}.", hint=hint)


def digest_of(path: Path, length: int) -> str:
    """SHA-256 of the first `length` bytes of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while length > 0 and (data := file.read(min(_READ, length))):
            digest.update(data)
            length -= len(data)
    return digest.hexdigest()
