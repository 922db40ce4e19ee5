"""What is measured, each in a process of its own."""

import importlib
import resource
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

READ = 1 << 20


def gunzip(path: Path) -> int:
    """Unpacks and forgets; returns the bytes unpacked."""
    unpack, size = zlib.decompressobj(wbits=31), 0
    with path.open("rb") as file:
        while data := file.read(READ):
            size += len(unpack.decompress(data))
    return size


def parse(path: Path) -> int:
    """Unpacks and parses with expat without any handler: the least that an XML reader does."""
    unpack, parser, size = zlib.decompressobj(wbits=31), expat.ParserCreate(), 0
    with path.open("rb") as file:
        while data := file.read(READ):
            piece = unpack.decompress(data)
            parser.Parse(piece, False)
            size += len(piece)
    parser.Parse(b"", True)
    return size


def import_(path: Path) -> int:
    """The whole import, as `soundtracks import-dump` does it, into a lake of its own; returns the rows kept."""
    import pyarrow as pa

    from soundtracks.lake.lake import Lake
    from soundtracks.sources.dumps.importer import import_dump

    pa.set_memory_pool(pa.system_memory_pool())
    with tempfile.TemporaryDirectory() as folder:
        return import_dump(Lake(folder), path).ref.rows


#: Name -> work, in the order in which they are measured.
WORKS: dict[str, Callable[[Path], int]] = {"bare gunzip": gunzip, "bare expat parse": parse, "import": import_}


def measured(name: str, path: Path) -> tuple[float, float, int]:
    """Seconds, peak memory of this process in MiB, and the result of a work."""
    if name == "import":  # loading the libraries takes a second, whatever the size of the dump
        importlib.import_module("soundtracks.sources.dumps.importer")
    start = time.perf_counter()
    result = WORKS[name](path)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, result
