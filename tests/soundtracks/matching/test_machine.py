import os
from pathlib import Path

import pytest

from soundtracks.matching.machine import available_cores, available_memory

GB = 1 << 30


@pytest.mark.parametrize(("limit", "expected"), [("1073741824\n", GB), ("max\n", None), ("9223372036854771712", None)])
def test_a_containers_limit_counts(limit: str, expected: int | None, tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text(limit)
    assert available_memory((tmp_path / "missing", tmp_path / "memory.max")) == (expected or available_memory(()))


@pytest.mark.parametrize(
    ("quota", "cores"), [("max 100000", 6), ("200000 100000", 2), ("50000 100000", 1), ("1600000 100000", 6), ("", 6)]
)
def test_a_containers_share_of_the_cores_counts(quota: str, cores: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)))
    (tmp_path / "cpu.max").write_text(quota)
    assert available_cores(tmp_path / "cpu.max") == cores
    assert available_cores(tmp_path / "missing") == 6


def test_cores_are_counted_where_processes_are_not_bound_to_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 10)
    assert available_cores(tmp_path / "missing") == 10
