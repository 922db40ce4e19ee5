"""A lake's folder gives a name to one writer alone, or says that it cannot."""

import errno
import os
from pathlib import Path

import pytest

from soundtracks.cli import doctor
from soundtracks.errors import LakeError
from soundtracks.lake.stores.folder import Folder
from soundtracks.settings import get_settings


def no_links(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def overwriting(source: Path, name: Path) -> None:
    name.write_bytes(source.read_bytes())


def test_a_local_disk_does_and_nothing_stays_behind(tmp_path: Path) -> None:
    Folder(str(tmp_path / "lake")).require_exclusive_names()
    assert list((tmp_path / "lake").iterdir()) == []


@pytest.mark.parametrize(
    ("link", "told"),
    [
        (no_links, r"has no hard links \(Operation not permitted\)"),  # FAT, many network shares
        (overwriting, "lets two writers take one name"),
    ],
)
def test_another_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: object, told: str) -> None:
    monkeypatch.setattr(os, "link", link)
    with pytest.raises(LakeError, match=told) as error:
        Folder(str(tmp_path / "lake")).require_exclusive_names()
    assert "SOUNDTRACKS_LAKE_URL" in str(error.value.hint)
    assert list((tmp_path / "lake").iterdir()) == []


def test_a_full_disk_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "touch", full)
    with pytest.raises(LakeError, match=r"Cannot write .*No space left on device"):
        Folder(str(tmp_path / "lake")).require_exclusive_names()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LakeError, match="Cannot write"):
        Folder(str(tmp_path / "file" / "lake")).require_exclusive_names()


def test_what_a_killed_one_leaves_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(str(tmp_path / "lake"))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", no_links)
        folder.require_exclusive_names()
    assert len(list((tmp_path / "lake").iterdir())) == 2
    assert folder.remove_leftovers(older_than=-1) == 2


def test_doctor_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", str(tmp_path / "lake"))
    get_settings.cache_clear()
    assert doctor._lake().startswith(f"file://{tmp_path}/lake")
    monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(LakeError, match="no hard links"):
        doctor._lake()


def test_a_name_that_no_file_can_have_is_the_name_of_none(tmp_path: Path) -> None:
    assert not Folder(str(tmp_path)).exists("titles/" + "a film, " * 40)


def test_a_lake_of_somebody_else_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refused)
    with pytest.raises(LakeError, match=r"Cannot look for titles/a\.csv .*Permission denied"):
        Folder(str(tmp_path)).exists("titles/a.csv")
