"""The state of the match in the lake: taken where it is whole, thrown away where it is not, never an error."""

from pathlib import Path

import pytest

from soundtracks.errors import LakeError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.lake_state import DATASET, keep_state, take_state
from soundtracks.matching.match_state import FILES, MatchState


def left(lake: Lake, folder: Path, turn: int, before: DatasetRef | None = None) -> DatasetRef | None:
    """Leaves a state in the lake, and takes it again."""
    MatchState(turn=turn).save(folder / f"state-{turn}")
    assert keep_state(lake, folder / f"state-{turn}", before) == ""
    return take_state(lake, folder / f"taken-{turn}")


def test_it_is_taken_as_it_was_left_and_takes_the_place_of_the_one_before(any_lake: Lake, tmp_path: Path) -> None:
    assert take_state(any_lake, tmp_path / "first") is None
    one = left(any_lake, tmp_path, 1)
    two = left(any_lake, tmp_path, 2, one)
    assert MatchState.open(tmp_path / "taken-2").turn == 2
    assert two is not None
    assert {e.name for e in any_lake.list(DATASET)} == {f"{DATASET}/_current.json", *(f"{two.folder}/{name}" for name in FILES)}


def test_one_that_did_not_change_is_not_written_again(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = left(lake, tmp_path, 1)
    monkeypatch.setattr(Lake, "stage_out", lambda *_, **__: pytest.fail("written again"))
    assert keep_state(lake, tmp_path / "taken-1", ref) == ""


def test_the_same_content_as_before_stays(lake: Lake, tmp_path: Path) -> None:
    ref = left(lake, tmp_path, 1)
    (tmp_path / "taken-1" / "match.json").unlink()
    MatchState(turn=1).save(tmp_path / "taken-1")
    assert keep_state(lake, tmp_path / "taken-1", ref) == ""
    assert take_state(lake, tmp_path / "again") == ref


@pytest.mark.parametrize("name", [*FILES, "_current.json"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"PAR1 cut"])
def test_a_damaged_one_is_thrown_away(lake: Lake, tmp_path: Path, name: str, content: bytes | None) -> None:
    left(lake, tmp_path, 1)
    (file,) = (entry.name for entry in lake.list(DATASET) if entry.name.endswith(f"/{name}"))
    lake.delete(file) if content is None else lake.write_bytes(file, content)
    assert take_state(lake, tmp_path / "again") is None
    assert list((tmp_path / "again").iterdir()) == []
    assert left(lake, tmp_path, 3) is not None


def test_a_lake_that_cannot_take_it_says_why(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise LakeError("No space left on device")

    MatchState().save(tmp_path / "state")
    monkeypatch.setattr(Lake, "stage_out", full)
    assert "No space left" in keep_state(lake, tmp_path / "state", None)
