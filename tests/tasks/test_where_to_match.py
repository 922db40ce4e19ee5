"""Where a match runs: in the parent's process while it is small, else through its deployment."""

import pytest

from soundtracks.lake.lake import DatasetRef
from soundtracks.settings import Settings
from tasks import submit_match
from tasks.submit_match import MAX_ROWS_IN_PROCESS, match_through_deployment


def ref(rows: int) -> DatasetRef:
    return DatasetRef(dataset="any", version="1", rows=rows, files=[])


@pytest.mark.parametrize(
    ("engine", "deployment", "films", "albums", "expected"),
    [
        ("auto", "match-albums/local", 198, [975], "here"),
        ("auto", "match-albums/local", 10_000, [20_000, 20_000], "here"),
        ("auto", "match-albums/local", 10_000, [20_000, 20_001], "match-albums/local"),
        ("auto", "match-albums/azure", MAX_ROWS_IN_PROCESS, [1], "match-albums/azure"),
        ("auto", "", 1_000_000, [1_000_000], "here"),
        ("spark", "match-albums/local", 1, [1], "match-albums/local"),  # who names an engine gets it
        ("local", "match-albums/local", 1, [1], "match-albums/local"),
        ("spark", "", 1, [1], "here"),
    ],
)
def test_a_small_match_needs_neither_deployment_nor_spark(
    engine: str, deployment: str, films: int, albums: list[int], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(match_engine=engine, match_deployment=deployment)
    monkeypatch.setattr(submit_match, "get_settings", lambda: settings)
    monkeypatch.setattr(submit_match, "match_datasets", lambda *_: "here")
    monkeypatch.setattr(submit_match, "submit_match", lambda where, *_: where)
    assert match_through_deployment(ref(films), [ref(rows) for rows in albums], "run") == expected


@pytest.mark.parametrize(
    ("job", "engine", "albums", "expected"),
    [
        ("https://adb-1234.5.azuredatabricks.net/jobs/678", "auto", MAX_ROWS_IN_PROCESS, "databricks"),
        ("https://adb-1234.5.azuredatabricks.net/jobs/678", "spark", 1, "databricks"),
        ("https://adb-1234.5.azuredatabricks.net/jobs/678", "auto", 1, "here"),
        ("none", "auto", MAX_ROWS_IN_PROCESS, "match-albums/azure"),
        ("", "auto", MAX_ROWS_IN_PROCESS, "match-albums/azure"),
    ],
)
def test_what_is_not_small_goes_to_the_job_that_is_named(
    job: str, engine: str, albums: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(match_engine=engine, match_deployment="match-albums/azure", databricks_job=job)
    monkeypatch.setattr(submit_match, "get_settings", lambda: settings)
    monkeypatch.setattr(submit_match, "match_datasets", lambda *_: "here")
    monkeypatch.setattr(submit_match, "submit_match", lambda where, *_: where)
    monkeypatch.setattr(submit_match, "match_on_databricks", lambda *_: "databricks")
    assert match_through_deployment(ref(1), [ref(albums)], "run") == expected
