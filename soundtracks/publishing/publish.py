"""Publishes a run: its outputs into runs/<run id>/, then its films, albums and links into the catalogue."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from soundtracks.errors import LakeError
from soundtracks.lake.lake import DatasetFile, DatasetRef, Lake
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.catalogue_tables import CatalogueTables, Merged, RunResult
from soundtracks.publishing.contract import require_kept, require_mergeable
from soundtracks.publishing.options import Options
from soundtracks.publishing.outputs import render

#: Names, sizes and SHA-256 of a run's outputs, beside them.
FILES = "files.json"


@dataclass(frozen=True)
class Publication:
    """`ref`: the run's outputs, runs/<run id>/. `merged`: what it changed in the catalogue."""

    ref: DatasetRef
    merged: Merged


def publish(
    lake: Lake,
    run_id: str,
    catalogue: Catalogue,
    result: RunResult | None = None,
    options: Options | None = None,
    finish: Callable[[Merged], Mapping[str, bytes]] = lambda _: {},
) -> Publication:
    """Writes the run's outputs, merges it into the catalogue, and writes what `finish` makes of that into its folder.

    All outputs are rendered before the first byte is written. When the lake cannot be written (disk full), LakeError is
    raised; files that this call had written are removed again as long as the catalogue does not know the run. A reader of
    the catalogue sees it before the run or after it, never something between. Again with the same run, the same comes out.

    `result`: what is merged; default: what the run shows.
    """
    result = result or shown(run_id, catalogue)
    require_kept(catalogue)
    require_mergeable(result)
    outputs = render(catalogue, options or Options())
    ref = described(run_id, outputs, catalogue.view.num_rows)
    files = outputs | {FILES: ref.model_dump_json(indent=1).encode()}
    before = {entry.name for entry in lake.list(f"runs/{run_id}")}
    try:
        for name, data in files.items():
            lake.write_bytes(f"{ref.folder}/{name}", data)
    except BaseException:
        for name in {f"{ref.folder}/{name}" for name in files} - before:
            with suppress(LakeError):  # the disk may be worse than full; the first error is the one to tell
                lake.delete(name)
        raise
    merged = CatalogueTables(lake).publish(result)
    for name, data in finish(merged).items():
        lake.write_bytes(f"{ref.folder}/{name}", data)
    return Publication(ref, merged)


def outputs_of(lake: Lake, run_id: str) -> DatasetRef | None:
    """The outputs of a run; None where it published none, or they are pruned."""
    name = f"runs/{run_id}/{FILES}"
    return DatasetRef.model_validate(lake.read_json(name)) if lake.exists(name) else None


def shown(run_id: str, catalogue: Catalogue) -> RunResult:
    """A run that found what it shows."""
    return RunResult(run_id, catalogue.every_film, catalogue.albums, catalogue.links, catalogue.decisions)


def described(run_id: str, files: Mapping[str, bytes], rows: int) -> DatasetRef:
    """Points to the outputs in a run's folder, each with its SHA-256."""
    listed = [DatasetFile(name=n, size=len(b), sha256=hashlib.sha256(b).hexdigest()) for n, b in sorted(files.items())]
    return DatasetRef(dataset="runs", version=run_id, rows=rows, files=listed)
