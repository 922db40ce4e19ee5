"""The lake on Blob Storage beside plain calls of Azure's SDK: `python -m benchmarks.lake`, on Azurite.

The lake checks what it sends (an MD5 with every block, a SHA-256 with the blob) and what it fetches; the plain calls check
nothing. Medians of some rounds, in MB a second; recorded as the run `lake`.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from uuid import uuid4

import typer
from azure.storage.blob import ContainerClient

from benchmarks.figures import Figure, record
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores.blob import Blob
from tests.rigs.azurite import install, running

ROUNDS = 5


def main(megabytes: int = typer.Option(256, help="Size of the file that is sent and fetched, MB.")) -> None:
    """Measures, prints and records."""
    install()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file, copy = folder / "file", folder / "copy"
        file.write_bytes(os.urandom(megabytes * 10**6))
        (folder / "azurite").mkdir()
        with running(folder / "azurite") as service:
            found = measure(service.connection_string, file, copy)
    rates = {name: megabytes / seconds for name, seconds in found.items()}
    figures = {f"{name}.mb_per_s": Figure(rate, f"{rate:.0f} MB/s") for name, rate in rates.items()}
    for way in ("send", "fetch"):
        times = rates[f"{way}.lake"] / rates[f"{way}.plain"]
        figures[f"{way}.times"] = Figure(times, f"{times:.2f}")
    for name, figure in figures.items():
        print(f"{name:<22} {figure.text}")
    record("lake", figures, command=f"python -m benchmarks.lake --megabytes {megabytes}")


def measure(connection_string: str, file: Path, copy: Path) -> dict[str, float]:
    """Median seconds of each way."""
    name = f"lake-{uuid4().hex[:8]}"
    lake = Lake(f"az://{name}", connection_string=connection_string)
    assert isinstance(lake.store, Blob)
    lake.store.create()
    plain = ContainerClient.from_connection_string(connection_string, name)

    def send_plain() -> None:
        with file.open("rb") as stream:
            plain.upload_blob("plain", stream, overwrite=True)

    def fetch_plain() -> None:
        with copy.open("wb") as sink:
            plain.download_blob("plain").readinto(sink)

    ways: dict[str, Callable[[], object]] = {
        "send.plain": send_plain,
        "send.lake": lambda: lake.store.send(file, "lake"),
        "fetch.plain": fetch_plain,
        "fetch.lake": lambda: lake.fetch("lake", copy),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):  # in turns, so that what else the machine does hits all alike
        for way, work in ways.items():
            started = time.monotonic()
            work()
            seconds[way].append(time.monotonic() - started)
    if copy.read_bytes() != file.read_bytes():
        raise AssertionError("what was fetched is not what was sent")
    return {way: median(times) for way, times in seconds.items()}


if __name__ == "__main__":
    typer.run(main)
