"""`soundtracks report` finds the newest report, or a run's, and copies it."""

from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from soundtracks.cli.main import app
from soundtracks.decisions import Decision, DecisionStore
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.settings import get_settings


@pytest.fixture(autouse=True)
def runs(any_lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lake:
    """r1 and r2 published, r3 failed before it could, r4 waits for approval."""
    monkeypatch.setenv("SOUNDTRACKS_STACK_FOLDER", str(tmp_path))
    monkeypatch.setattr("soundtracks.lake.lake.Lake.from_settings", lambda *_: any_lake)
    get_settings.cache_clear()
    for number in (1, 2, 3, 4):
        any_lake.write_json(f"runs/r{number}/metrics.json", {"run_id": f"r{number}", "started": f"2026-11-0{number}T10:00:00Z"})
        if number < 3:
            any_lake.write_bytes(f"runs/r{number}/report.html", f"report of r{number}".encode())
    any_lake.write_bytes("runs/r4/proposal.html", b"what r4 would publish")
    return any_lake


@pytest.mark.parametrize(("run", "content"), [("r1", "report of r1"), ("r2", "report of r2"), ("r4", "what r4 would publish")])
def test_a_report_is_copied(run: str, content: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.html"
    result = CliRunner().invoke(app, ["report", run, "--out", str(copy)])
    assert result.exit_code == 0, result.output
    assert copy.read_text() == content


def test_a_report_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert CliRunner().invoke(app, ["report", "r2"]).exit_code == 0
    (address,) = opened
    assert Path(address.removeprefix("file://")).read_text() == "report of r2"


def published(lake: Lake, run: str, film: str, album: str, decision: str = "accept") -> None:
    """One run, with one film, one album and their link."""
    films = pa.Table.from_pylist([{"tmdb_id": film, "title": f"Film {film}"}], FILMS)
    albums = pa.Table.from_pylist([{"album_id": album, "title": f"Album {album}"}], ALBUMS)
    row = {"album_id": album, "tmdb_id": film, "decision": decision, "probability": 0.5, "match_weight": 0.0}
    CatalogueTables(lake).publish(RunResult(run, films, albums, pa.Table.from_pylist([row], LINKS)))


@pytest.mark.slow
def test_of_one_film_it_speaks_in_the_singular(runs: Lake, tmp_path: Path) -> None:
    published(runs, "r1", "10", "release:1")
    copy = tmp_path / "copy.html"
    assert CliRunner().invoke(app, ["report", "--out", str(copy)]).exit_code == 0
    assert "<strong>1 of 1 film</strong> has a soundtrack album" in copy.read_text()


@pytest.mark.slow
def test_without_a_run_it_is_the_report_of_all_together(runs: Lake, tmp_path: Path) -> None:
    """The small list that was run last does not hide the large one before it, and what people said since counts."""
    published(runs, "r1", "10", "release:1", "review")
    published(runs, "r2", "20", "release:2")
    DecisionStore(runs).add(Decision(album_id="release:1", tmdb_id="10", decision="accept", by="Ann"))
    copy = tmp_path / "copy.html"
    result = CliRunner().invoke(app, ["report", "--out", str(copy)])
    assert result.exit_code == 0, result.output
    page = copy.read_text()
    assert "<strong>2 of 2 films</strong> have a soundtrack album" in page
    assert "All runs together · version 2 of the catalogue" in page
    assert 'href="#health"' not in page


@pytest.mark.slow
def test_a_catalogue_that_no_browser_would_open(runs: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    published(runs, "r1", "10", "release:1")
    monkeypatch.setattr("soundtracks.reporting.report.MAX_REPORTED", 1)
    result = CliRunner().invoke(app, ["report", "--no-open"])
    assert isinstance(result.exception, BadInput)
    assert "2 films and links: too many for one page. See them as tables with `soundtracks browse`" in str(result.exception)


def test_a_run_without_one() -> None:
    result = CliRunner().invoke(app, ["report", "r3", "--no-open"])
    assert isinstance(result.exception, BadInput)
    assert "The run r3 has no report." in str(result.exception)


def test_no_run_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("soundtracks.lake.lake.Lake.from_settings", lambda *_: Lake(str(tmp_path / "none")))
    result = CliRunner().invoke(app, ["report", "--no-open"])
    assert isinstance(result.exception, BadInput)
    assert "Nothing is published in" in str(result.exception)


def test_a_copy_to_nowhere(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["report", "r1", "--out", str(tmp_path / "no" / "copy.html")])
    assert isinstance(result.exception, BadInput)
