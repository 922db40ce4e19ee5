"""A run's outputs are whole or not at all, and what is published is in the catalogue."""

import gc
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pytest

from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores.folder import Folder
from soundtracks.publishing import outputs
from soundtracks.publishing import publish as publishing
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.catalogue_tables import CatalogueTables
from soundtracks.publishing.outputs import OUTPUTS
from soundtracks.publishing.publish import publish
from soundtracks.records import LINKS
from tests.rigs.full_disk import files_of_at_most

pytestmark = pytest.mark.slow


def files(lake: Lake) -> set[str]:
    root = Path(lake.container)
    return {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}


def shown(catalogue: Catalogue) -> list[dict[str, Any]]:
    return [
        row | {"reviewed_at": datetime.fromisoformat(row["reviewed_at"] or "1970-01-01")} for row in catalogue.view.to_pylist()
    ]


def held(lake: Lake) -> list[dict[str, Any]]:
    return shown(CatalogueTables(lake).catalogue())


def test_publish(lake: Lake, catalogue: Catalogue) -> None:
    done = publish(lake, "r1", catalogue, finish=lambda merged: {"report.html": str(merged.difference.new).encode()})
    assert done.ref.folder == "runs/r1"
    assert done.ref.rows == 5
    assert {f.name for f in done.ref.files} == {o.name for o in OUTPUTS}
    assert lake.read_json("runs/r1/files.json") == done.ref.model_dump()
    assert lake.read_bytes("runs/r1/report.html") == b"3"
    assert lake.read_table(done.ref, "links.parquet").equals(catalogue.view)
    assert held(lake) == shown(catalogue)


def test_the_same_run_again_has_the_same_files_and_changes_nothing(lake: Lake, catalogue: Catalogue) -> None:
    first, again = publish(lake, "r1", catalogue), publish(lake, "r1", catalogue)
    assert again.ref == first.ref
    assert (again.merged.difference.new, again.merged.difference.lost, again.merged.difference.changed) == (0, 0, 0)
    assert held(lake) == shown(catalogue)


@pytest.mark.parametrize("failing", [1, 7, len(OUTPUTS), len(OUTPUTS) + 1])  # first, one between, last, the list of them
def test_disk_full_leaves_nothing_behind(lake: Lake, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    publish(lake, "r1", catalogue)
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
        publish(lake, "r2", fewer)
    assert files(lake) == before


def test_a_report_that_cannot_be_written_takes_no_link_back(
    lake: Lake, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Folder.write

    def full(self: Folder, name: str, data: bytes) -> None:
        if name.endswith("report.html"):
            raise LakeError("Cannot write report.html.", hint="Nothing was published; free space or access, then run again.")
        write(self, name, data)

    monkeypatch.setattr(Folder, "write", full)
    with pytest.raises(LakeError, match="The links are published, but not all that tells of them: Cannot write") as told:
        publish(lake, "r1", catalogue, finish=lambda _: {"report.html": b"x"})
    assert "Nothing was published" not in str(told.value)
    assert held(lake) == shown(catalogue)


def test_a_full_disk_of_this_machine_is_told_as_one(lake: Lake, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(lake)
    monkeypatch.setattr(publishing, "TemporaryFile", lambda buffering: open("/dev/full", "wb", buffering))  # noqa: SIM115
    with pytest.raises(LakeError, match=r"need room on this machine: .*No space left on device\. .*TMPDIR"):
        publish(lake, "r1", catalogue)
    assert files(lake) == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # XlsxWriter leaves its files open then
@pytest.mark.parametrize("name", ["links.sqlite", "soundtracks.xlsx"])
def test_an_output_whose_own_files_find_no_room_is_told_alike(
    lake: Lake, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The database and the workbook are written to files of theirs; here none may grow beyond 100 bytes."""
    alone = [output for output in OUTPUTS if output.name == name]
    monkeypatch.setattr(outputs, "OUTPUTS", alone)
    before = files(lake)
    with files_of_at_most(100), pytest.raises(LakeError, match=r"need room on this machine: .*TMPDIR"):
        publish(lake, "r1", catalogue)
    gc.collect()
    assert files(lake) == before


def test_a_run_that_fails_takes_nothing_of_another_that_publishes_meanwhile(
    lake: Lake, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It removes only what it wrote itself: the other's links stand, and so does what lay in its own folder before."""
    lake.write_bytes("runs/r2/failures.json", b"{}")
    write = Lake.write_bytes

    def meanwhile(self: Lake, name: str, data: bytes) -> None:
        if name == f"runs/r2/{OUTPUTS[-1].name}":
            with monkeypatch.context() as patch:
                patch.setattr(Lake, "write_bytes", write)
                publish(lake, "r1", catalogue)
            raise LakeError("the disk is gone")
        write(self, name, data)

    monkeypatch.setattr(Lake, "write_bytes", meanwhile)
    with pytest.raises(LakeError, match="the disk is gone"):
        publish(lake, "r2", Catalogue(catalogue.films, catalogue.albums, LINKS.empty_table()))
    assert held(lake) == shown(catalogue)
    assert {entry.name for entry in lake.list("runs/r2")} == {"runs/r2/failures.json"}
    assert {entry.name for entry in lake.list("runs/r1")} == {f"runs/r1/{n}" for n in (*(o.name for o in OUTPUTS), "files.json")}


def test_killed_before_the_merge_the_catalogue_is_as_it_was_and_the_next_try_goes_through(
    lake: Lake, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer = Catalogue(catalogue.films, catalogue.albums, catalogue.links.slice(0, 2))
    publish(lake, "r1", fewer)
    with monkeypatch.context() as patch:
        patch.setattr(CatalogueTables, "publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publish(lake, "r2", catalogue)
    assert CatalogueTables(lake).catalogue().view.num_rows == 2
    publish(lake, "r2", catalogue)
    assert held(lake) == shown(catalogue)


def test_a_run_without_albums_publishes_too(lake: Lake, empty: Catalogue) -> None:
    done = publish(lake, "r1", empty)
    assert done.merged.commit is None
    assert CatalogueTables(lake).catalogue().view.num_rows == 0
    assert pa.Table.equals(lake.read_table(done.ref, "links.parquet"), empty.view)
