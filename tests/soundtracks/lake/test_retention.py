"""What may go and what stays, by age and by who needs it."""

import os
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from soundtracks.errors import BadInput, DamagedFile
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.lake.retention import prunable, prune
from soundtracks.metrics import RunMetrics
from soundtracks.settings import get_settings

NOW = datetime.now(UTC)
KEEP = timedelta(days=10)


def version(lake: Lake, number: int, dataset: str = "silver/films") -> DatasetRef:
    return lake.publish_table(dataset, pa.table({"n": [number]}))


def run(lake: Lake, name: str, *versions: DatasetRef, finished: bool = True) -> None:
    metrics = RunMetrics(run_id=name, started=NOW, finished=NOW if finished else None, versions=[v.folder for v in versions])
    lake.write_bytes(f"runs/{name}/metrics.json", metrics.model_dump_json().encode())
    lake.write_bytes(f"runs/{name}/report.html", b"report")


def age(lake: Lake, name: str, days: float) -> None:
    """Everything below that name was last written so many days ago."""
    then = (NOW - timedelta(days=days)).timestamp()
    for entry in lake.list(name):
        os.utime(lake.path(entry.name), (then, then))


def names(lake: Lake, folder: str) -> list[str]:
    return [entry.name.removeprefix(f"{folder}/") for entry in lake.list(folder)]


def test_old_runs_go_but_for_their_metrics(lake: Lake) -> None:
    for name, days in (("old", 11), ("young", 9)):
        run(lake, name)
        age(lake, f"runs/{name}", days)
    lake.write_bytes("runs/history.html", b"page")
    what = prunable(lake, KEEP, NOW)
    assert list(what.runs) == ["runs/old"]
    assert what.size == len(b"report")
    prune(lake, what)
    assert names(lake, "runs") == ["history.html", "old/metrics.json", "young/metrics.json", "young/report.html"]
    assert prunable(lake, KEEP, NOW).files == []


@pytest.mark.parametrize(("days", "goes"), [(11, False), (29, False), (31, True)])
def test_a_run_without_an_end_is_kept_longer(lake: Lake, days: int, goes: bool) -> None:
    needed = version(lake, 1)
    version(lake, 2)
    run(lake, "under-way", needed, finished=False)
    for folder in ("runs", "silver"):
        age(lake, folder, days)
    what = prunable(lake, KEEP, NOW)
    assert bool(what.runs) == goes
    assert bool(what.versions) == goes


def test_versions_stay_that_are_current_used_or_young(lake: Lake) -> None:
    unused, used, young, current = (version(lake, number) for number in range(4))
    run(lake, "kept", used)
    age(lake, "silver", 20)
    age(lake, young.folder, 9)
    what = prunable(lake, KEEP, NOW)
    assert list(what.versions) == [unused.folder]
    prune(lake, what)
    for ref, number in ((used, 1), (young, 2), (current, 3)):
        assert lake.read_table(ref).to_pylist() == [{"n": number}]
    assert lake.current("silver/films") == current


def test_what_only_pruned_runs_used_goes_with_them(lake: Lake) -> None:
    old = version(lake, 1)
    version(lake, 2)
    run(lake, "old", old)
    for folder in ("runs", "silver"):
        age(lake, folder, 20)
    assert list(prunable(lake, KEEP, NOW).versions) == [old.folder]


def test_a_version_that_was_made_again_meanwhile_stays(lake: Lake) -> None:
    old = version(lake, 1)
    version(lake, 2)
    age(lake, "silver", 20)
    what = prunable(lake, KEEP, NOW)
    assert version(lake, 1) == old
    prune(lake, what)
    assert lake.read_table(old).to_pylist() == [{"n": 1}]


def test_with_a_damaged_manifest_nothing_goes(lake: Lake) -> None:
    """Nobody knows what is current."""
    version(lake, 1)
    version(lake, 2)
    lake.write_bytes("silver/films/_current.json", b"{")
    age(lake, "silver", 20)
    with pytest.raises(DamagedFile, match="delete it and run again"):
        prunable(lake, KEEP, NOW)


def test_nothing_else_goes(lake: Lake) -> None:
    others = ["titles/a.csv", "inbox/x.json", "raw/tmdb/0123456789abcdef/a", "quarantine/titles/a.jpg", "review/1.json"]
    for name in others:
        lake.write_bytes(name, b"x")
        age(lake, name.rpartition("/")[0], 4000)
    lake.write_bytes("uploads/abc/old.csv", b"x")
    age(lake, "uploads", 31)
    lake.write_bytes("uploads/def/young.csv", b"x")
    prune(lake, prunable(lake, KEEP, NOW))
    assert all(lake.exists(name) for name in others)
    assert names(lake, "uploads") == ["def/young.csv"]


def test_answers_go_when_their_terms_end(lake: Lake) -> None:
    for name, hours in (("tmdb/aa/old", 49), ("tmdb/bb/young", 47), ("discogs/aa/old", 7), ("discogs/bb/young", 5)):
        lake.write_bytes(f"raw/{name}.json.zst", b"{}")
        age(lake, f"raw/{name.rpartition('/')[0]}", hours / 24)
    lake.write_bytes("raw/dumps/wikidata-items/0/progress.json", b"{}")
    age(lake, "raw/dumps", 4000)
    assert prunable(lake, KEEP, NOW).files == []
    what = prunable(lake, KEEP, NOW, {"tmdb": 48, "discogs": 6})
    assert {source: [entry.name for entry in entries] for source, entries in what.answers.items()} == {
        "tmdb": ["raw/tmdb/aa/old.json.zst"],
        "discogs": ["raw/discogs/aa/old.json.zst"],
    }
    prune(lake, what)
    assert names(lake, "raw") == [
        "discogs/bb/young.json.zst",
        "dumps/wikidata-items/0/progress.json",
        "tmdb/bb/young.json.zst",
    ]


def test_the_command_deletes_answers_by_the_settings(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    from soundtracks.cli.main import app

    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", lake.url)
    monkeypatch.setenv("SOUNDTRACKS_TMDB_RETENTION_HOURS", "24")
    get_settings.cache_clear()
    for source in ("tmdb", "discogs"):
        lake.write_bytes(f"raw/{source}/aa/x.json.zst", b"{}")
    age(lake, "raw/tmdb", 0.9)
    age(lake, "raw/discogs", 0.9)
    told = CliRunner().invoke(app, ["prune"]).output
    assert "0 title files, and 1 answers of TMDB and Discogs: 1 files" in " ".join(told.split())
    assert names(lake, "raw") == ["tmdb/aa/x.json.zst"]
    get_settings.cache_clear()


def test_the_command(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    from soundtracks.cli.main import app

    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", lake.url)
    get_settings.cache_clear()
    run(lake, "old")
    age(lake, "runs", 91)
    left = lake.path("runs/.soundtracks-0123456789abcdef.part")
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    told = [" ".join(CliRunner().invoke(app, ["prune", *options]).output.split()) for options in (["--dry-run"], [], [])]
    assert told == [
        "Would delete the files of 1 runs, 0 dataset versions and 0 title files, and 0 answers of TMDB and Discogs: 1 files, 0.0 MB; 0 files of older states of the catalogue, 0 left-over temporary files.",
        "Deleted the files of 1 runs, 0 dataset versions and 0 title files, and 0 answers of TMDB and Discogs: 1 files, 0.0 MB; 0 files of older states of the catalogue, 1 left-over temporary files.",
        "Deleted the files of 0 runs, 0 dataset versions and 0 title files, and 0 answers of TMDB and Discogs: 0 files, 0.0 MB; 0 files of older states of the catalogue, 0 left-over temporary files.",
    ]
    assert names(lake, "runs") == ["old/metrics.json"]
    assert not left.exists()
    get_settings.cache_clear()


@pytest.mark.parametrize(
    ("days", "says"),
    [("0", "at least 1:"), ("nan", "at least 1:"), ("inf", "at most 36,500."), ("1000000", "at most 36,500.")],
)
def test_days_that_no_calendar_has_are_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch, days: str, says: str) -> None:
    from soundtracks.cli.main import app

    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", lake.url)
    get_settings.cache_clear()
    refused = CliRunner().invoke(app, ["prune", "--days", days])
    assert isinstance(refused.exception, BadInput)
    assert f"--days must be {says}" in str(refused.exception)
    get_settings.cache_clear()
