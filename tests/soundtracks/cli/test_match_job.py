"""The job of Databricks, without Spark: what it says when it is not where it should be, and that two of them share a stage."""

from pathlib import Path

import pytest

from soundtracks.cli.match_job import run
from soundtracks.errors import LakeError
from soundtracks.matching.spark.engine import _stage
from soundtracks.settings import Settings


def test_a_volume_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"The lake .*/volume is not there, or this job may not see it\. .*READ VOLUME"):
        run(tmp_path / "volume", "run-1")
    assert not (tmp_path / "volume").exists()


def test_a_run_that_asked_for_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"match-request\.json"):
        run(tmp_path, "run-1")


def test_two_matches_at_once_share_a_stage_and_no_folder(tmp_path: Path) -> None:
    settings = Settings(spark_stage=str(tmp_path))
    with _stage(settings) as (first, shared):
        (first / "links").mkdir()
        with _stage(settings) as (second, _):
            (second / "links").mkdir()  # the same names within
        assert shared
        assert first != second
        assert not second.exists()
        assert (first / "links").is_dir()
        assert first.parent == second.parent == tmp_path
    assert list(tmp_path.iterdir()) == []
