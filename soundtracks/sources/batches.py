"""A batch of titles or films, asked for side by side: each fails by itself, and only a wrong key ends the run."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, TypeVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from soundtracks.errors import BadAnswer, CircuitOpen, NotFound, Unavailable
from soundtracks.records import FILMS
from soundtracks.sources.discogs import FOUND, Discogs, Film, Searched, found_row
from soundtracks.sources.models import Failure
from soundtracks.sources.sweep import Partition, Reached, sweep
from soundtracks.sources.tmdb import Title, Tmdb, film_row, rival_row

#: Enough to keep 40 requests a second under way at 300 ms an answer.
TMDB_THREADS = 12
#: Enough to keep one request a second under way at 4 s an answer.
DISCOGS_THREADS = 4

#: Which films each title came to. `tmdb_id` is null where there is none, `reason` then says why.
RESOLVED = pa.schema(
    [("row", pa.int64()), ("title", pa.string()), ("year", pa.int32()), ("tmdb_id", pa.string()), ("reason", pa.string())]
)

#: Called in the caller's thread with the number of items that are done.
Done = Callable[[int], None]
Item = TypeVar("Item")
Got = TypeVar("Got")


class Batch(BaseModel):
    """What a batch came to.

    `rows`: FILMS or FOUND. `rivals`: FILMS outside the list. `passing`: how many of the failures may be gone when asked again
    (no answer, a garbled one). `interrupted`: a circuit opened, what is missing was not asked for. `reached`: of a sweep, how
    much of each partition that did not fail.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    rows: pa.Table
    resolved: pa.Table | None = None
    rivals: pa.Table | None = None
    failures: list[Failure] = []
    passing: int = 0
    interrupted: str | None = None
    reached: list[Reached] = []


class Failed(BaseModel):
    """An item that could not be had."""

    reason: str
    interrupted: bool = False
    passing: bool = False


def unseen(_done: int) -> None:
    """Nobody looks."""


def side_by_side(items: Sequence[Item], ask: Callable[[Item], Got], threads: int, done: Done) -> list[Got | Failed]:
    """The answers, in the order of the items. Raises Unauthorized and LakeError: no further item could do better."""

    def one(item: Item) -> Got | Failed:
        try:
            return ask(item)
        except CircuitOpen as error:
            return Failed(reason=str(error), interrupted=True)
        except (NotFound, BadAnswer, Unavailable) as error:
            return Failed(reason=str(error), passing=not isinstance(error, NotFound))

    with ThreadPoolExecutor(threads, thread_name_prefix="ask") as pool:
        futures = [pool.submit(one, item) for item in items]
        try:
            for count, future in enumerate(as_completed(futures), 1):
                future.result()
                done(count)
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def fetch_films(titles: Sequence[Title], tmdb: Tmdb, done: Done = unseen) -> Batch:
    """The films of a batch of titles: table FILMS, and for each title which films it came to."""
    rows: list[dict[str, Any]] = []
    rivals: list[dict[str, Any]] = []
    resolved: list[dict[str, Any]] = []
    failures: list[Failure] = []
    answers = side_by_side(titles, tmdb.resolve, TMDB_THREADS, done)
    for title, got in zip(titles, answers, strict=True):
        films, reason = ([], got.reason) if isinstance(got, Failed) else (got.films, got.reason)
        rivals += [] if isinstance(got, Failed) else map(rival_row, got.rivals)
        row = {"row": title.row, "title": title.title, "year": title.year}
        rows += map(film_row, films)
        resolved += [row | {"tmdb_id": str(film.id)} for film in films] or [row | {"reason": reason}]
        failures += [] if films else [Failure(name=str(title), reason=reason)]
    return Batch(
        rows=pa.Table.from_pylist(rows, schema=FILMS),
        resolved=pa.Table.from_pylist(resolved, schema=RESOLVED),
        rivals=pa.Table.from_pylist(rivals, schema=FILMS),
        failures=failures,
        **ended(answers),
    )


def fetch_albums(films: Sequence[Film], discogs: Discogs, done: Done = unseen) -> Batch:
    """What the searches for a batch of films found: table FOUND. A film of which a question got no answer is among the failures,
    with the albums that the others found."""
    rows: list[dict[str, Any]] = []
    failures: list[Failure] = []
    answers = side_by_side(films, discogs.albums, DISCOGS_THREADS, done)
    for film, got in zip(films, answers, strict=True):
        if isinstance(got, Failed):
            failures.append(Failure(name=str(film), reason=got.reason))
            continue
        rows += got.rows
        if got.failed:
            why = f"{len(got.rows)} albums were found, but not every question was answered: {got.failed}"
            failures.append(Failure(name=str(film), reason=why))
    end = ended(answers)
    end["passing"] += sum(isinstance(got, Searched) and got.failed is not None for got in answers)
    return Batch(rows=pa.Table.from_pylist(rows, schema=FOUND), failures=failures, **end)


def fetch_partitions(partitions: Sequence[Partition], discogs: Discogs, year: int, done: Done = unseen) -> Batch:
    """The albums of some partitions of the sweep: table FOUND. `year`: the present one, up to which albums go."""
    rows: list[dict[str, Any]] = []
    failures: list[Failure] = []
    reached: list[Reached] = []
    answers = side_by_side(partitions, lambda partition: sweep(discogs, partition, year), DISCOGS_THREADS, done)
    for partition, got in zip(partitions, answers, strict=True):
        if isinstance(got, Failed):
            failures.append(Failure(name=f"sweep of {partition}", reason=got.reason))
            continue
        rows += map(found_row, got.albums)
        reached.append(Reached(partition=partition, albums=len(got.albums), unreached=got.unreached))
    return Batch(rows=pa.Table.from_pylist(rows, schema=FOUND), failures=failures, reached=reached, **ended(answers))


def ended(answers: Sequence[object]) -> dict[str, Any]:
    """`passing` and `interrupted` of a Batch."""
    nothing = [got for got in answers if isinstance(got, Failed)]
    return {
        "passing": sum(got.passing for got in nothing),
        "interrupted": next((got.reason for got in nothing if got.interrupted), None),
    }


def to_films(batches: Sequence[pa.Table], rivals: Sequence[pa.Table] = ()) -> pa.Table:
    """One row a film, schema FILMS: what many titles came to, each film once, sorted by id; then the rivals, likewise."""
    rows: dict[str, dict[str, Any]] = {}
    for table in (*batches, *rivals):
        for row in table.to_pylist():
            rows.setdefault(row["tmdb_id"], row)
    order = sorted(rows, key=lambda key: (rows[key]["listed"] is False, len(key), key))
    return pa.Table.from_pylist([rows[key] for key in order], schema=FILMS)
