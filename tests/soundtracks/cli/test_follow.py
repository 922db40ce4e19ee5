"""Finding the run of a dropped file, on a server that knows its runs by their keys only."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from soundtracks.cli import follow
from soundtracks.errors import ServerError
from soundtracks.inbox.memory import Memory
from soundtracks.lake.lake import Lake

NAME = "titles/a.csv"


class Server:
    """Knows these keys."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def read_flow_runs(self, flow_run_filter: Any) -> list[str]:
        return [key for key in self.keys if key in flow_run_filter.idempotency_key.any_]


@pytest.fixture
def dropped(lake: Lake) -> str:
    """The key of a file's first run."""
    lake.write_bytes(NAME, b"Jaws\n")
    return f"{lake.container}/{NAME}@{lake.etag(NAME)}"


def run_of(lake: Lake, monkeypatch: pytest.MonkeyPatch, *keys: str) -> object:
    @contextmanager
    def client(sync_client: bool) -> Iterator[Server]:
        yield Server(*keys)

    monkeypatch.setattr(follow, "get_client", client)
    return follow.run_of_file(lake, NAME, 5, 0.05, 0.01, "look there")


def test_the_run_of_a_new_file(lake: Lake, dropped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_of(lake, monkeypatch, dropped) == dropped


def test_a_run_that_never_comes(lake: Lake, dropped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServerError, match=r"No run was started for titles/a\.csv\. look there"):
        run_of(lake, monkeypatch)


def test_a_file_that_had_its_run(lake: Lake, dropped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Memory(lake).remember(NAME, lake.etag(NAME), 1)
    assert run_of(lake, monkeypatch, dropped) == dropped
    assert run_of(lake, monkeypatch) is None  # the server has deleted it; no other will come


def test_a_file_that_came_back(lake: Lake, dropped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Memory(lake).remember(NAME, lake.etag(NAME), 1)
    Memory(lake).remember(NAME, "other", 1)
    assert run_of(lake, monkeypatch, dropped, f"{dropped}#2") == f"{dropped}#2"
    Memory(lake).remember(NAME, lake.etag(NAME), 2)
    assert run_of(lake, monkeypatch, dropped, f"{dropped}#2") == f"{dropped}#2"
