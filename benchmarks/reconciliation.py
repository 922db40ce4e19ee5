"""How fast the reconciliation service answers: `python -m benchmarks.reconciliation [FILMS]`.

A batch of 1,000 queries each way (album titles to films, by the match; film titles to their albums) goes as a form through the
whole service, from the request to the answer as JSON, against a seeded catalogue. Medians of some rounds, recorded as the run
`reconciliation`.
"""

import asyncio
import json
import time
from statistics import median
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import typer

from benchmarks.figures import Figure, record
from benchmarks.scale.catalogue import make_catalogue
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.records import LINKS
from soundtracks.serving.reconciliation import Reconciler
from soundtracks.serving.reconciliation_api import create_service

BATCH, ROUNDS, PORT = 1_000, 5, 8766


def main(films: int = typer.Argument(15_000, help="Films of the catalogue; it has twice as many albums.")) -> None:
    """Measures, prints and records."""
    started = time.monotonic()
    found = measure(films)
    figures = {name: Figure(seconds, f"{seconds:.2g} s") for name, seconds in found.items()} | {
        "films": Figure(films),
        "batch": Figure(BATCH),
    }
    for name, figure in figures.items():
        typer.echo(f"{name:<16} {figure.text}")
    typer.echo(f"in {time.monotonic() - started:.0f} s")
    record("reconciliation", figures, command=f"python -m benchmarks.reconciliation {films}")


def measure(films: int) -> dict[str, float]:
    """Seconds: `start`, reading the catalogue; `albums_to_films`, `films_to_albums`, a batch; `suggest`, a name being typed.

    Of this process' own time, which another program on the machine does not add to.
    """
    made = make_catalogue(films, 2 * films)
    catalogue = Catalogue(made.films, made.albums, _links(made.films, made.albums, made.truth))
    started = time.process_time()
    reconciler = Reconciler(catalogue.view, catalogue.every_film)
    seconds = {"start": time.process_time() - started}
    app = create_service(reconciler, port=PORT)
    for way, kind, rows in (("albums_to_films", "film", made.albums), ("films_to_albums", "album", made.films)):
        queries = {f"q{n}": _query(row, kind) for n, row in enumerate(rows.slice(0, BATCH).to_pylist())}
        seconds[way] = median(_timed(app, "POST", "/reconcile", data={"queries": json.dumps(queries)}) for _ in range(ROUNDS))
    seconds["suggest"] = median(_timed(app, "GET", "/suggest/entity", params={"prefix": "the"}) for _ in range(ROUNDS))
    return seconds


def _links(films: pa.Table, albums: pa.Table, truth: Any) -> pa.Table:
    """The albums linked to the films that are theirs."""
    linked = np.flatnonzero(truth >= 0)
    ids = {"album_id": albums["album_id"].take(linked), "tmdb_id": films["tmdb_id"].take(truth[linked])}
    rows = [row | {"decision": "accept", "probability": 0.99} for row in pa.table(ids).to_pylist()]
    return pa.Table.from_pylist(rows, LINKS)


def _query(row: dict[str, Any], kind: str) -> dict[str, Any]:
    said = [{"pid": name, "v": row[name]} for name in ("year", "artist") if row.get(name)]
    return {"query": row["title"], "type": kind, "limit": 5, "properties": said}


def _timed(app: Any, method: str, path: str, **how: Any) -> float:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://127.0.0.1:{PORT}") as client:
            return await client.request(method, path, **how)

    started = time.process_time()
    answer = asyncio.run(ask())
    seconds = time.process_time() - started
    if answer.status_code != 200 or not answer.json():
        raise AssertionError(f"{path}: {answer.status_code}")
    return seconds


if __name__ == "__main__":
    typer.run(main)
