"""The watcher's loop on a lake, with a server that refuses."""

import os
from typing import Any

import pytest

from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.operations.runs import RunRefused
from soundtracks.operations.watcher import Watcher


class Refusing:
    """Runs of a server that wants none."""

    def create(self, file: Any) -> None:
        raise RunRefused(f"{file.name} is none of ours")


def test_a_refused_file_is_looked_at_again_when_the_lake_failed_while_it_was_set_aside(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.write_bytes("titles/a.csv", b"title\nJaws\n")
    os.utime(lake.path("titles/a.csv"), (0, 0))
    watcher = Watcher(lake, Refusing())  # type: ignore[arg-type]

    def away(*_: object) -> str:
        raise LakeError("The lake is away.")

    with monkeypatch.context() as patch:
        patch.setattr("soundtracks.operations.watcher.quarantine_file", away)
        with pytest.raises(LakeError, match="away"):
            watcher.look()
    assert lake.read_bytes("titles/a.csv")
    watcher.look()
    assert lake.read_json("quarantine/titles/a.csv.reason.json")["reason"] == "a.csv is none of ours"
    assert not list(lake.list("titles"))
