"""Publishing is whole or not at all, and the same content is the same version."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pytest

from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores.folder import Folder
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.outputs import OUTPUTS
from soundtracks.publishing.publish import DATASET, publish
from soundtracks.records import LINKS


def files(lake: Lake) -> set[str]:
    root = Path(lake.container)
    return {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}


def test_publish(lake: Lake, catalogue: Catalogue) -> None:
    ref = publish(lake, "r1", catalogue, {"run_id": "r1"}, {"report.html": b"<p>", "datadocs/index.html": b"<h1>"})
    assert lake.current(DATASET) == ref
    assert ref.rows == 5
    assert {f.name for f in ref.files} == {o.name for o in OUTPUTS}
    assert lake.read_json("runs/r1/metrics.json") == {"run_id": "r1"}
    assert lake.read_bytes("runs/r1/datadocs/index.html") == b"<h1>"
    assert lake.read_table(ref, "links.parquet").equals(catalogue.view)
    assert lake.read_bytes("runs/r1/links.csv") == lake.read_bytes(f"{ref.folder}/links.csv")


@pytest.mark.slow
def test_same_content_same_version(lake: Lake, catalogue: Catalogue) -> None:
    assert publish(lake, "r1", catalogue) == publish(lake, "r2", catalogue)


@pytest.mark.parametrize("failing", [1, 8, 9, 14, 15])  # in the run, its last file, in gold, its last file, the manifest
@pytest.mark.slow
def test_disk_full_leaves_nothing_behind(lake: Lake, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    first = publish(lake, "r1", catalogue, {"run_id": "r1"})
    before = files(lake)
    fewer = Catalogue(catalogue.films, catalogue.albums, catalogue.links.slice(0, 2))
    replace, calls = Folder._replace, 0

    def full(self: Folder, path: Path, write: Callable[[BinaryIO], object]) -> None:
        nonlocal calls
        calls += 1
        replace(self, path, half if calls == failing else write)

    def half(part: BinaryIO) -> None:
        part.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Folder, "_replace", full)
    with pytest.raises(LakeError, match="No space left"):
        publish(lake, "r2", fewer, {"run_id": "r2"}, {"report.html": b"<p>"})
    assert files(lake) == before
    assert lake.current(DATASET) == first


@pytest.mark.slow
def test_killed_half_way_the_old_version_stands_and_the_next_run_goes_through(
    lake: Lake, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill leaves files that nothing points to: the manifest is written last."""
    first = publish(lake, "r1", catalogue)
    empty = Catalogue(catalogue.films, catalogue.albums, LINKS.empty_table())
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "write_json", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publish(lake, "r2", empty)
    assert lake.current(DATASET) == first
    again = publish(lake, "r2", empty)
    assert lake.current(DATASET) == again != first


def test_a_run_that_is_published_again_keeps_its_other_files(lake: Lake, catalogue: Catalogue) -> None:
    lake.write_bytes("runs/r1/failures.json", b"{}")
    publish(lake, "r1", catalogue, {"run_id": "r1"})
    assert lake.exists("runs/r1/failures.json")


def test_metrics_with_dates_are_written(lake: Lake) -> None:
    from datetime import UTC, datetime

    films, albums = (pa.table({k: pa.array([], pa.string())}) for k in ("tmdb_id", "album_id"))
    catalogue = Catalogue(films, albums, LINKS.empty_table())
    publish(lake, "r1", catalogue, {"started": datetime(2026, 11, 1, tzinfo=UTC)})
    assert json.loads(lake.read_bytes("runs/r1/metrics.json")) == {"started": "2026-11-01 00:00:00+00:00"}
