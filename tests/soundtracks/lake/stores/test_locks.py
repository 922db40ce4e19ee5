"""Lock files of a lake in a folder."""

import errno
import fcntl
import os

import pytest

from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores.folder import Folder

LOCK = ("locks/import-x.lock", 0, "Another import is running.")


def folder(lake: Lake) -> Folder:
    assert isinstance(lake.store, Folder)
    return lake.store


def failing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def flock(_file: int, _operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)


def test_a_lock_is_held_by_one(lake: Lake) -> None:
    other = folder(Lake(lake.url))
    with (
        folder(lake).exclusively(*LOCK),
        pytest.raises(LakeError, match="Another import is running"),
        other.exclusively(*LOCK),
    ):
        pass
    with other.exclusively(*LOCK):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_used_without(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    failing(monkeypatch, number)
    with folder(lake).exclusively(*LOCK):
        lake.write_bytes("a", b"1")
    assert f"has no locks ({os.strerror(number)})" in caplog.text


def test_another_failure_is_none_of_locks(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, errno.EIO)
    with pytest.raises(LakeError, match="Cannot write locks/import-x"), folder(lake).exclusively(*LOCK):
        pass
