"""Publishes a run: its outputs into runs/<run id>/, then its films, albums and links into the catalogue."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from soundtracks.errors import LakeError
from soundtracks.lake.lake import DatasetFile, DatasetRef, Lake
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.catalogue_tables import CatalogueTables, Merged, RunResult
from soundtracks.publishing.contract import require_kept, require_mergeable
from soundtracks.publishing.options import Options
from soundtracks.publishing.outputs import render
from soundtracks.publishing.room import needing_room

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

    All outputs are rendered, into files of this machine, before the first byte is written. When the lake cannot be written
    (disk full), LakeError is raised; files that this call had written are removed again as long as the catalogue does not know
    the run. A reader of the catalogue sees it before the run or after it, never something between. Again with the same run, the
    same comes out.

    `result`: what is merged; default: what the run shows.
    """
    result = result or shown(run_id, catalogue)
    require_kept(catalogue)
    require_mergeable(result)
    with ExitStack() as stack:
        rendered = _rendered(catalogue, options or Options(), stack)
        ref = DatasetRef(dataset="runs", version=run_id, rows=catalogue.view.num_rows, files=[file for file, _ in rendered])
        _write(lake, ref, [content for _, content in rendered])
    merged = CatalogueTables(lake).publish(result)
    try:
        for name, data in finish(merged).items():
            lake.write_bytes(f"{ref.folder}/{name}", data)
    except LakeError as error:
        raise LakeError(
            f"The links are published, but not all that tells of them: {error.message}",
            hint="Free space, or give access; then run again, which changes no link.",
        ) from error
    return Publication(ref, merged)


def outputs_of(lake: Lake, run_id: str) -> DatasetRef | None:
    """The outputs of a run; None where it published none, or they are pruned."""
    name = f"runs/{run_id}/{FILES}"
    return DatasetRef.model_validate(lake.read_json(name)) if lake.exists(name) else None


def shown(run_id: str, catalogue: Catalogue) -> RunResult:
    """A run that found what it shows."""
    return RunResult(run_id, catalogue.every_film, catalogue.albums, catalogue.links, catalogue.decisions)


def _rendered(catalogue: Catalogue, options: Options, stack: ExitStack) -> list[tuple[DatasetFile, IO[bytes]]]:
    """All outputs by name, each in a file that the stack closes. Raises LakeError where this machine's disk is full."""
    made = []
    with needing_room():
        for name, data in render(catalogue, options):
            made.append((DatasetFile.of(name, data), _kept(data, stack)))
            del data  # so that the next is rendered with none beside it
    catalogue.forget()
    return sorted(made, key=lambda one: one[0].name)


def _kept(data: bytes, stack: ExitStack) -> IO[bytes]:
    """A file that holds them and has no name: it is gone with its process, however that ends."""
    # without a buffer nothing is left to be written, and to fail, at its end
    content = stack.enter_context(TemporaryFile(buffering=0))  # noqa: SIM115 (the stack closes it)
    rest = memoryview(data)
    while rest:
        rest = rest[content.write(rest) :]
    return content


def _write(lake: Lake, ref: DatasetRef, contents: Sequence[IO[bytes]]) -> None:
    """Brings the outputs of `ref` into the lake, the list of them last: all, or nothing that was not there before."""
    before = {entry.name for entry in lake.list(ref.folder)}
    try:
        for file, content in zip(ref.files, contents, strict=True):
            content.seek(0)
            lake.write_bytes(f"{ref.folder}/{file.name}", content.read())
        lake.write_bytes(f"{ref.folder}/{FILES}", ref.model_dump_json(indent=1).encode())
    except BaseException:
        for name in {f"{ref.folder}/{name}" for name in (*(file.name for file in ref.files), FILES)} - before:
            with suppress(LakeError):  # the disk may be worse than full; the first error is the one to tell
                lake.delete(name)
        raise
