import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from soundtracks.cli.main import app
from soundtracks.errors import BadInput
from soundtracks.records import LINKS

FILMS = """tmdb_id,title,original_title,alternative_titles,year,composers
329865,Arrival,Arrival,,2016,Jóhann Jóhannsson
1541,Thelma & Louise,,,1991,Hans Zimmer
11062,Regarding Henry,,,1991,Hans Zimmer
244786,Whiplash,,,2014,Justin Hurwitz
"""
ALBUMS = """album_id,title,artist,year,genres,styles,formats
master:1,Arrival (Original Motion Picture Soundtrack),Jóhann Jóhannsson,2016,Stage & Screen|Electronic,Soundtrack|Score,CD|Album
release:2,Thelma & Louise / Regarding Henry (The Original Motion Picture Scores),Hans Zimmer,1991,Stage & Screen,Score,CD
release:3,Loud Silence,The Others,1999,Rock,,LP
release:4,,Nobody,1999,Rock,,LP
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "films.csv").write_text(FILMS, encoding="utf-8")
    (tmp_path / "albums.csv").write_text(ALBUMS, encoding="utf-8")
    return tmp_path


def _link(folder: Path, *more: str, films: str = "films.csv") -> Result:
    command = ["link", "--films", folder / films, "--albums", folder / "albums.csv", "--out", folder / "out", *more]
    return CliRunner().invoke(app, [str(part) for part in command])


def test_links_metrics_and_quarantine_are_written(folder: Path) -> None:
    result = _link(folder)
    assert result.exit_code == 0, result.output
    links = pq.read_table(folder / "out" / "links.parquet")
    assert links.schema == LINKS
    accepted = [(row["album_id"], row["tmdb_id"]) for row in links.to_pylist() if row["decision"] == "accept"]
    assert accepted == [("master:1", "329865"), ("release:2", "1541"), ("release:2", "11062")]
    metrics = json.loads((folder / "out" / "metrics.json").read_text())
    assert metrics["matching"]["accepted"] == 2
    assert metrics["validation"] == {
        "albums": {"rows": 4, "quarantined": 1, "warnings": 0},
        "films": {"rows": 4, "quarantined": 0, "warnings": 0},
    }
    assert (folder / "out" / "quarantine.csv").read_text().splitlines()[1:] == ["albums.csv,5,release:4,no title"]
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "albums.parquet",
        "films.parquet",
        "links.csv",
        "links.parquet",
        "metrics.json",
        "quarantine.csv",
        "report.html",
    ]
    report = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "2 albums linked" in report
    assert "rows set aside" in result.output


def test_the_csv_says_what_the_parquet_says(folder: Path) -> None:
    _link(folder)
    with (folder / "out" / "links.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    links = pq.read_table(folder / "out" / "links.parquet").to_pylist()
    assert list(rows[0]) == [*LINKS.names, "film_title", "film_year", "album_title", "album_artist", "album_year"]
    for written, meant in zip(rows, links, strict=True):
        assert written["album_id"] == meant["album_id"]
        assert written["tmdb_id"] == (meant["tmdb_id"] or "")
        assert (float(written["probability"]) if written["probability"] else None) == meant["probability"]
        assert written["evidence"] == (meant["evidence"] or "")
        if meant["evidence"]:
            assert {"value", "level", "weight"} == set(json.loads(written["evidence"])["title"])


def test_a_second_run_replaces_the_first_with_equal_bytes(folder: Path) -> None:
    _link(folder)
    before = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    _link(folder)
    after = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    assert {name: data for name, data in before.items() if name not in ("metrics.json", "report.html")}.items() <= after.items()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"", "is empty"),
        (b"x,y\nFoo,Bar\n", "has no films that can be read (it has x, y)"),
        (b"tmdb_id,title\n1,\n", "none of its 1 rows can be used; the first: no title"),
    ],
)
def test_bad_input_ends_with_two_and_writes_nothing(content: bytes | None, message: str, folder: Path) -> None:
    if content is not None:
        (folder / "bad.csv").write_bytes(content)
    result = _link(folder, films="bad.csv")
    assert isinstance(result.exception, BadInput)
    assert result.exception.exit_code == 2
    assert message in str(result.exception)
    assert not (folder / "out").exists()


def test_an_out_that_is_a_file_is_bad_input(folder: Path) -> None:
    (folder / "out").write_text("here already")
    result = _link(folder)
    assert isinstance(result.exception, BadInput)
    assert (folder / "out").read_text() == "here already"


def test_a_failed_match_keeps_the_older_results(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _link(folder)
    before = (folder / "out" / "links.csv").read_bytes()
    monkeypatch.setattr("soundtracks.matching.local.engine.link_stream", lambda *_: 1 / 0)
    assert isinstance(_link(folder).exception, ZeroDivisionError)
    assert (folder / "out" / "links.csv").read_bytes() == before
    assert len(list((folder / "out").iterdir())) == 7


@pytest.mark.slow
def test_a_state_remembers_and_changes_no_byte(folder: Path) -> None:
    _link(folder)
    whole = (folder / "out" / "links.parquet").read_bytes()
    for _ in range(2):
        result = _link(folder, "--state", str(folder / "state"))
        assert result.exit_code == 0, result.output
        assert (folder / "out" / "links.parquet").read_bytes() == whole
    assert (folder / "state" / "match.json").exists()


def test_missing_java_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(folder))
    result = _link(folder, "--engine", "spark")
    assert "Install Java 17" in str(result.exception)


@pytest.mark.slow
def test_the_evaluation_set_scores_as_required(shared_data: Path, tmp_path: Path) -> None:
    """The contract of the second issue: F1 above 0.90 on real films and albums, through the command itself."""
    command = ["link", "--films", shared_data / "eval/films.csv", "--albums", shared_data / "eval/albums.csv", "--out", tmp_path]
    assert CliRunner().invoke(app, [str(part) for part in command]).exit_code == 0
    links = pq.read_table(tmp_path / "links.parquet").to_pylist()
    accepted: dict[str, set[str]] = {}
    for row in links:
        if row["decision"] == "accept":
            accepted.setdefault(row["album_id"], set()).add(row["tmdb_id"])
    with (shared_data / "eval/truth.csv").open(encoding="utf-8", newline="") as file:
        truth = {row["album_id"]: set(row["tmdb_ids"].split("|")) - {""} for row in csv.DictReader(file)}
    right = sum(films <= truth[album] for album, films in accepted.items())
    precision, recall = right / len(accepted), right / sum(map(bool, truth.values()))
    assert 2 * precision * recall / (precision + recall) > 0.96
