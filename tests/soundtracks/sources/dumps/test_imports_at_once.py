"""Several imports of one kind at once: none loses what another brought, nor how far it came."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores.folder import Folder
from soundtracks.sources.dumps import importer
from soundtracks.sources.dumps.importer import import_dump


class Unlocked:
    """A folder as Blob Storage is: without locks."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def __getattr__(self, name: str) -> object:
        return getattr(self._folder, name)


@pytest.fixture
def unlocked(lake: Lake) -> Lake:
    lake.store = Unlocked(lake.store)  # type: ignore[assignment, arg-type]
    return lake


def result(folder: Path, *items: int) -> Path:
    """A query result of Wikidata with these items."""
    path = folder / f"{items[0]}.csv"
    path.write_text("item,itemLabel,tmdb\n" + "".join(f"Q{n},Film {n},{n}\n" for n in items))
    return path


def items(lake: Lake) -> list[str]:
    ref = lake.current("silver/wikidata-items")
    return lake.read_table(ref)["wikidata_id"].to_pylist() if ref else []


def once(do: Callable[[], object]) -> Callable[[int, int], None]:
    """As `progress`: does it in the middle of the import."""
    left = [do]

    def progress(position: int, size: int) -> None:
        if left:
            left.pop()()

    return progress


def test_the_second_is_told_that_another_is_running(lake: Lake, tmp_path: Path) -> None:
    def second() -> None:
        with pytest.raises(LakeError, match=r"Another import of Wikidata items is running\. Import one file after the other"):
            import_dump(lake, result(tmp_path, 2))

    import_dump(lake, result(tmp_path, 1), progress=once(second))
    assert items(lake) == ["Q1"]
    import_dump(lake, result(tmp_path, 2))
    assert items(lake) == ["Q1", "Q2"]


def test_other_kinds_may_run_meanwhile(lake: Lake, tmp_path: Path) -> None:
    masters = tmp_path / "masters.xml"
    masters.write_text('<masters><master id="1"><title>Heat (Soundtrack)</title></master></masters>')
    import_dump(lake, result(tmp_path, 1), progress=once(lambda: import_dump(lake, masters)))
    assert items(lake) == ["Q1"]
    assert lake.current("silver/albums-dump-masters")


def test_without_locks_they_add_up(unlocked: Lake, tmp_path: Path) -> None:
    import_dump(unlocked, result(tmp_path, 1), progress=once(lambda: import_dump(unlocked, result(tmp_path, 2))))
    assert items(unlocked) == ["Q1", "Q2"]
    assert unlocked.list("raw") == []


@pytest.mark.parametrize("before", [[], [3]])
def test_without_locks_what_came_while_it_was_being_merged_stays(
    unlocked: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: list[int]
) -> None:
    if before:
        import_dump(unlocked, result(tmp_path, *before))
    merged = importer._merged

    def late(*arguments: object) -> object:
        yield from merged(*arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(importer, "_merged", merged)
        import_dump(unlocked, result(tmp_path, 2))

    monkeypatch.setattr(importer, "_merged", late)
    with pytest.raises(LakeError, match="Somebody else has published silver/wikidata-items meanwhile"):
        import_dump(unlocked, result(tmp_path, 1))
    assert items(unlocked) == ["Q2", *(f"Q{n}" for n in before)]
    assert import_dump(unlocked, result(tmp_path, 1)).resumed > 0
    assert items(unlocked) == ["Q1", "Q2", *(f"Q{n}" for n in before)]


@pytest.mark.parametrize(("days", "stays"), [(0.9, True), (1.1, False)])
def test_what_another_import_has_left_stays_for_a_day(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: float, stays: bool
) -> None:
    name = f"raw/dumps/wikidata-items/{'0' * 16}/progress.json"
    lake.write_json(name, {})
    monkeypatch.setattr(importer.time, "time", lambda: 10**9)
    os.utime(lake.path(name), (10**9 - days * 86400, 10**9 - days * 86400))
    import_dump(lake, result(tmp_path, 1))
    assert lake.exists(name) is stays
