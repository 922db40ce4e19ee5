"""`soundtracks link` writes over what it left itself, and over nothing else: people's catalogues have the same names."""

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from soundtracks.cli.linked import making, replace_results
from soundtracks.cli.main import app
from soundtracks.cli.own_files import RECORDS, RESULTS, check_out, left_by_us
from soundtracks.errors import BadInput, SoundtracksError

FILMS = "tmdb_id,title,year,notes\n329865,Arrival,2016,mine\n"
ALBUMS = "album_id,title,year,notes\nmaster:1,Arrival (Original Motion Picture Soundtrack),2016,mine\n"
RECORDS_OF_ONE_KIND = "id,title\n1,Solaris\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with catalogues, which the command is called from."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("films", FILMS), ("albums", ALBUMS), ("links", RECORDS_OF_ONE_KIND)):
        Path(f"{name}.csv").write_text(text)
        pq.write_table(pa.csv.read_csv(f"{name}.csv"), f"{name}.parquet")
    Path("out").mkdir()
    return tmp_path


def link(command: str) -> Result:
    return CliRunner().invoke(app, ["link", *command.split()])


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("--films films.parquet --albums albums.csv --out .", "films.parquet is read"),
        ("--films films.csv --albums albums.parquet --out ./out/..", "albums.parquet is read"),
        ("--films films.csv --albums links.csv --out .", "links.csv is read"),
        ("--films films.parquet --albums albums.csv --out out --state .", "films.parquet is read"),
        ("--films films.csv --albums links.parquet --out out --state .", "links.parquet is read"),
        ("--left links.csv --right films.csv --out .", "links.csv is read"),
        ("--left films.csv --right links.parquet --out .", "links.parquet is read"),
        ("--films films.csv --albums albums.csv --out .", "albums.parquet was not left by a match"),
        ("--left films.csv --right albums.csv --out .", "links.csv was not left by a match"),
        ("--films films.csv --albums albums.csv --out out --state .", "films.parquet was not left by a match"),
        ("--films films.csv --albums albums.csv --out out --state out", "out cannot hold the results and what is remembered"),
        ("--films films.csv --albums albums.csv --out out --state out/../out", "cannot hold the results"),
        ("--films films.csv --albums albums.csv --out films.csv", "films.csv is a file, not a folder"),
        ("--films films.csv --albums albums.csv --out out --state films.csv", "films.csv is a file, not a folder"),
    ],
)
def test_nobody_s_file_is_written_over(here: Path, command: str, told: str) -> None:
    before = files(here)
    error = link(command).exception
    assert isinstance(error, BadInput)
    assert told in error.message
    assert error.hint.startswith("Give")
    assert files(here) == before


@pytest.mark.parametrize("make", [Path.symlink_to, Path.hardlink_to])
def test_an_input_is_known_by_any_name(here: Path, make: object) -> None:
    assert link("--films films.csv --albums albums.csv --out out").exit_code == 0
    make(here / "mine.parquet", here / "out" / "films.parquet")  # type: ignore[operator]
    before = files(here)
    error = link("--films mine.parquet --albums albums.csv --out out").exception
    assert isinstance(error, BadInput)
    assert "out/films.parquet is read" in error.message
    assert files(here) == before


@pytest.mark.parametrize("content", [None, "", "[]", "7", '{"accuracy": 0.9}', "[" * 100_000])
def test_metrics_of_something_else_are_no_sign_of_ours(here: Path, content: str | None) -> None:
    (here / "out" / "report.html").write_text("mine")
    if content is not None:
        (here / "out" / "metrics.json").write_text(content)
    before = files(here)
    assert left_by_us(here / "out") == frozenset()
    assert isinstance(link("--films films.csv --albums albums.csv --out out").exception, BadInput)
    assert files(here) == before


@pytest.mark.parametrize(
    ("content", "ours"),
    [
        ({"matching": {}}, set(RESULTS)),  # of an earlier version
        ({"matching": {}, "files": 5}, set(RESULTS)),
        ({"matching": {}, "files": list(RECORDS)}, set(RECORDS)),
        ({"matching": {}, "files": ["../../other", ["x"], "links.csv"]}, {"metrics.json", "links.csv"}),
        ({"files": list(RESULTS)}, set()),
    ],
)
def test_metrics_say_which_files_are_ours(tmp_path: Path, content: dict[str, object], ours: set[str]) -> None:
    (tmp_path / "metrics.json").write_text(json.dumps(content))
    assert left_by_us(tmp_path) == ours


def test_a_link_to_nowhere_is_somebody_s_too(tmp_path: Path) -> None:
    (tmp_path / "links.csv").symlink_to(tmp_path / "gone")
    with pytest.raises(BadInput, match=r"links\.csv was not left by a match"):
        check_out(tmp_path, RESULTS, ())


def test_what_a_larger_match_does_not_leave_is_removed_only_where_it_is_ours(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert link("--films films.csv --albums albums.csv --out out").exit_code == 0
    assert sorted(os.listdir("out")) == sorted(RESULTS)
    monkeypatch.setattr("soundtracks.reporting.report.MAX_REPORTED", 1)
    assert link("--films films.csv --albums albums.csv --out out").exit_code == 0
    assert sorted(os.listdir("out")) == sorted(RECORDS)
    (here / "out" / "films.parquet").write_bytes((here / "films.parquet").read_bytes())  # a person's, since
    before = files(here)
    assert isinstance(link("--films films.csv --albums albums.csv --out out").exception, BadInput)
    assert files(here) == before


def test_a_match_of_records_takes_the_place_of_one_of_films(here: Path) -> None:
    assert link("--films films.csv --albums albums.csv --out out").exit_code == 0
    assert link("--left films.csv --right albums.csv --out out").exit_code == 0
    assert sorted(os.listdir("out")) == sorted(RECORDS)
    assert link("--films films.csv --albums albums.csv --out out").exit_code == 0
    assert sorted(os.listdir("out")) == sorted(RESULTS)


@pytest.mark.parametrize("manifest", ['{"code": ""}', "", "{"])
def test_a_state_of_ours_is_written_over_whatever_happened_to_it(here: Path, manifest: str) -> None:
    """A match that is ended while it remembers leaves half of it."""
    command = "--films films.csv --albums albums.csv --out out --state state"
    assert link(command).exit_code == 0
    whole = files(here / "state")
    (here / "state" / "match.json").write_text(manifest)
    assert link(command).exit_code == 0
    assert files(here / "state") == whole


@pytest.mark.parametrize("manifest", ["7", '{"name": "mine"}'])
def test_a_manifest_of_something_else_is_kept(here: Path, manifest: str) -> None:
    (here / "match.json").write_text(manifest)
    before = files(here)
    error = link("--films films.csv --albums albums.csv --out out --state .").exception
    assert isinstance(error, BadInput)
    assert files(here) == before


@pytest.mark.parametrize("done", range(len(RECORDS)))
def test_a_first_link_that_was_killed_half_way_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    part, out = tmp_path / "part", tmp_path / "out"
    part.mkdir()
    out.mkdir()
    for name in RECORDS:
        (part / name).write_text(json.dumps({"matching": {}, "files": RECORDS}))

    def move(one: Path, to: Path) -> None:
        if len(os.listdir(out)) == done + 1:  # with the lock
            raise KeyboardInterrupt
        one.replace(to)

    monkeypatch.setattr("soundtracks.cli.linked.shutil.move", move)
    with pytest.raises(KeyboardInterrupt):
        replace_results(part, out, RECORDS)
    assert sorted(os.listdir(out)) == sorted(RECORDS[:done])
    check_out(out, RECORDS, ())


def test_results_of_two_links_at_once_are_not_mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part, out = tmp_path / "part", tmp_path / "out"
    part.mkdir()
    out.mkdir()
    for name in RECORDS:
        (part / name).write_text("new")
    monkeypatch.setattr("soundtracks.cli.linked.MAX_WAIT_FOR_LOCK", 0.0)
    with FileLock(out / ".link.lock"), pytest.raises(SoundtracksError, match="Another link has been putting its results"):
        replace_results(part, out, RECORDS)
    assert files(part) == dict.fromkeys(RECORDS, b"new")
    (out / ".link.lock").unlink(missing_ok=True)
    replace_results(part, out, RECORDS)
    assert sorted(os.listdir(out)) == sorted(RECORDS)


@pytest.mark.parametrize(
    ("before", "left", "there"),
    [
        ([], [], []),
        (["new"], [], ["new"]),
        (["new/er", "new/er/out"], [], ["new", "new/er", "new/er/out"]),
        ([], ["new/mine"], ["new", "new/mine"]),
        ([], ["new/er/out/mine"], ["new", "new/er", "new/er/out", "new/er/out/mine"]),
    ],
)
def test_folders_that_a_link_made_go_again_where_it_fails(
    tmp_path: Path, before: list[str], left: list[str], there: list[str]
) -> None:
    for name in before:
        (tmp_path / name).mkdir(parents=True, exist_ok=True)

    def fail() -> None:
        assert (tmp_path / "new" / "er" / "out").is_dir()
        for name in left:
            (tmp_path / name).touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), making(tmp_path / "new" / "er" / "out"):
        fail()
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == there


def test_a_folder_that_cannot_be_made_leaves_none_above_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mkdir = os.mkdir

    def full(path: str, *more: int) -> None:
        if Path(path).name == "out" and Path(path).parent.exists():
            raise OSError(28, "No space left on device")
        mkdir(path, *more)

    monkeypatch.setattr(os, "mkdir", full)
    with pytest.raises(OSError, match="No space left"), making(tmp_path / "new" / "out"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_link_of_one_kind_that_cannot_be_written_leaves_no_folder(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("soundtracks.cli.link_records.write_csv", full)
    assert isinstance(link("--left links.csv --right links.parquet --out new").exception, SoundtracksError)
    assert not (here / "new").exists()
