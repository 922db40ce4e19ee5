"""A process that is killed (-9) on its way, again and again, loses nothing that it was answered and asks nothing twice."""

from pathlib import Path

import pytest

from benchmarks.extraction.kills import kill_and_resume


@pytest.mark.slow
def test_a_killed_extraction_goes_on_where_it_was(tmp_path: Path) -> None:
    result = kill_and_resume(tmp_path, kills=3, seed=20261124, titles=60)
    assert result.kills >= 2
    assert result.repeated == 0
    assert result.same, "silver films and albums have the same bytes as without a kill"
