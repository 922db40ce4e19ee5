"""The match on this machine: in this process, or in one for each core where that pays for their start.

Workers read parts of the films, then link whole groups of albums against the one index that all of them map. Tables go
through files of a temporary folder, a bounded number at a time, and come back in the albums' order.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa

from soundtracks.matching.index import FilmIndex, FilmsRead
from soundtracks.matching.linking import COUNTED, Choose, Progress, Write, covering, link_stream, whole_groups
from soundtracks.matching.local.ipc import read_ipc, write_ipc
from soundtracks.matching.local.pool import Workers
from soundtracks.matching.machine import WORKER_BYTES, available_cores, available_memory
from soundtracks.matching.model import Model
from soundtracks.settings import Settings

#: Films and albums from which on workers are started: their start costs each a second of its core, in which one links 7,000.
WORKERS_PAY = 40_000
#: What this process needs for each film and each album.
FILM_BYTES, ALBUM_BYTES = 3_000, 1_500


def process_count(films: int, albums: int, wanted: int, cores: int, memory: int) -> int:
    """How many processes link so many films and albums; 1: this one alone. `wanted`: the setting; `memory`: bytes there are."""
    if wanted:
        return wanted
    if films + albums < WORKERS_PAY:
        return 1
    left = memory - films * FILM_BYTES - albums * ALBUM_BYTES
    return max(1, min(cores, left // WORKER_BYTES))


def fits(films: int, albums: int, memory: int) -> bool:
    """Whether so many films and albums are matched within half of the memory, beside one worker."""
    return films * FILM_BYTES + albums * ALBUM_BYTES + WORKER_BYTES <= memory // 2


def link_locally(
    films: pa.Table,
    albums: Callable[[], pa.Table],
    rows: int,
    settings: Settings,
    choose: Choose | None,
    write: Write,
    progress: Progress,
) -> None:
    """Hands links to `write`, ordered by group and album_id. Raises MatchError when a worker fails or is killed.

    `albums`: gives all of them, as GROUPED, when the films are indexed; `rows`: how many. `choose`: None: all are linked.
    """
    total = len(films)
    count = process_count(total, rows, settings.match_processes, available_cores(), available_memory())
    progress("Indexing the films", 0, 0)
    if count == 1:
        index, table = _counted(FilmIndex.build(films), albums(), choose)
        _write_all(link_stream([table], index, Model.load()), len(table), write, progress)
        return
    with tempfile.TemporaryDirectory(prefix="soundtracks-match-") as name:
        folder = Path(name)
        with Workers(count, folder) as workers:
            read = partial(_read_films, workers, folder, lambda done: progress("Indexing the films", done, total))
            index, table = _counted(FilmIndex.build(films, read=read), albums(), choose)
            index.save(folder / "index")
            del films, index  # the workers have it
            _write_all(_links(workers, folder, table), len(table), write, progress)


def _counted(index: FilmIndex, albums: pa.Table, choose: Choose | None) -> tuple[FilmIndex, pa.Table]:
    """(the index for a job of these albums, those that are linked)."""
    index = covering(index, albums)
    return index, choose(index) if choose else albums


def _write_all(links: Iterable[pa.Table], rows: int, write: Write, progress: Progress) -> None:
    done = 0
    progress("Linking", 0, rows)
    for table in links:
        write(table)
        done += len(table)
        progress("Linking", min(done, rows), rows)


def _read_films(workers: Workers, folder: Path, tell: Callable[[int], None], parts: Iterable[pa.Table]) -> Iterator[FilmsRead]:
    """`read_films` by workers. `tell`: called with how many films are read."""
    done = 0
    for part in workers.run("films", _given(parts, folder, "films")):
        read = FilmsRead(*(_taken(folder / f"films-{part}.{n}.out") for n, _ in enumerate(FilmsRead._fields)))
        yield read
        done += len(read.features)
        tell(done)


def _links(workers: Workers, folder: Path, albums: pa.Table) -> Iterator[pa.Table]:
    """`link_stream` by workers."""
    for part in workers.run("links", _given(whole_groups([albums]), folder, "links")):
        yield _taken(folder / f"links-{part}.0.out").cast(COUNTED)


def _given(tables: Iterable[pa.Table], folder: Path, step: str) -> Iterator[int]:
    """Numbers of the tables, each written for a worker when it is asked for."""
    for part, table in enumerate(tables):
        write_ipc(table, folder / f"{step}-{part}.in")
        yield part


def _taken(path: Path) -> pa.Table:
    table = read_ipc(path)
    path.unlink()  # the mapped pages stay as long as the table
    return table
