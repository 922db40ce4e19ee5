"""python -m benchmarks.dumps [DUMP …] [--megabytes 300]: MB/s and peak memory of the import, beside gunzip and expat.

Without a file, the samples of Discogs' dumps beside the project are repeated, under new ids, up to the size asked for.
Each measurement is a process of its own, each file is read three times in turn and the best counts.
"""

import argparse
import gzip
import multiprocessing
import re
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.dumps.works import WORKS, measured

SAMPLES = Path(__file__).parents[2].parent / "shared" / "data" / "discogs_dump"
ROUNDS = 3


def repeat(sample: Path, target: Path, megabytes: int) -> None:
    """A dump of the wanted unpacked size out of a sample, each copy under ids of its own."""
    content = gzip.decompress(sample.read_bytes())
    kind = b"master" if b"<masters" in content[:1000] else b"release"
    begin, end = content.index(b"<%s " % kind), content.rindex(b"</%ss>" % kind)
    body = content[begin:end]
    with gzip.open(target, "wb", compresslevel=6) as file:
        file.write(content[:begin])
        for copy in range(max(1, (megabytes << 20) // len(body))):
            file.write(re.sub(rb'<%s id="' % kind, rb"\g<0>%d" % (copy + 1), body))
        file.write(content[end:])


def measure(path: Path) -> dict[str, tuple[float, float, int]]:
    """Name -> (seconds, peak memory in MiB, result), the best of the rounds, taken in turn."""
    best: dict[str, tuple[float, float, int]] = {}
    context = multiprocessing.get_context("spawn")
    for _ in range(ROUNDS):
        for name in WORKS:
            with ProcessPoolExecutor(1, mp_context=context) as pool:  # a new process each time
                found = pool.submit(measured, name, path).result()
            best[name] = min(best.get(name, found), found)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dumps", nargs="*", type=Path, help="Discogs dumps, gzipped")
    parser.add_argument("--megabytes", type=int, default=300, help="unpacked size to repeat the samples to")
    options = parser.parse_args()
    table = Table("dump", "work", "seconds", "MB/s unpacked", "times the bare parse", "peak MiB", "rows kept")
    with tempfile.TemporaryDirectory() as folder:
        dumps = options.dumps
        for sample in [] if dumps else sorted(SAMPLES.glob("*.xml.gz")):
            repeat(sample, Path(folder) / sample.name, options.megabytes)
            dumps = [*dumps, Path(folder) / sample.name]
        if not dumps:
            raise SystemExit(f"No dump is given, and there is no sample in {SAMPLES}.")
        for path in dumps:
            found = measure(path)
            unpacked, parsing = found["bare gunzip"][2] / 1e6, found["bare expat parse"][0]
            for name, (seconds, memory, result) in found.items():
                kept = f"{result:,}" if name == "import" else ""
                cells = (f"{seconds:.2f}", f"{unpacked / seconds:.0f}", f"{seconds / parsing:.2f}", f"{memory:.0f}", kept)
                table.add_row(f"{path.name} ({unpacked:.0f} MB)", name, *cells)
            table.add_section()
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
