"""Fixtures that all tests share."""

from pathlib import Path

import pytest

from tasks.lake import Lake

#: Real data beside the project; tests that measure on it are skipped where it is missing.
SHARED_DATA = Path(__file__).parents[1].parent / "shared" / "data"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake in a folder of this test."""
    return Lake(str(tmp_path / "lake"))


@pytest.fixture
def shared_data() -> Path:
    """The real data beside the project."""
    if not SHARED_DATA.exists():
        pytest.skip("the evaluation data is not beside the project")
    return SHARED_DATA
