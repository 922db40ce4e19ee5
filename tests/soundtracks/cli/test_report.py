"""`soundtracks report` finds the newest report, or a run's, and copies it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from soundtracks.cli.main import app
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.settings import get_settings


@pytest.fixture(autouse=True)
def runs(any_lake: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Lake:
    """r1 and r2 published, r3 failed before it could."""
    monkeypatch.setenv("SOUNDTRACKS_STACK_FOLDER", str(tmp_path))
    monkeypatch.setattr("soundtracks.lake.lake.Lake.from_settings", lambda *_: any_lake)
    get_settings.cache_clear()
    for number in (1, 2, 3):
        any_lake.write_json(f"runs/r{number}/metrics.json", {"run_id": f"r{number}", "started": f"2026-11-0{number}T10:00:00Z"})
        if number < 3:
            any_lake.write_bytes(f"runs/r{number}/report.html", f"report of r{number}".encode())
    return any_lake


@pytest.mark.parametrize(("arguments", "content"), [([], "report of r2"), (["r1"], "report of r1")])
def test_a_report_is_copied(arguments: list[str], content: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.html"
    result = CliRunner().invoke(app, ["report", *arguments, "--out", str(copy)])
    assert result.exit_code == 0, result.output
    assert copy.read_text() == content


def test_a_report_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert CliRunner().invoke(app, ["report"]).exit_code == 0
    (address,) = opened
    assert Path(address.removeprefix("file://")).read_text() == "report of r2"


def test_a_run_without_one() -> None:
    result = CliRunner().invoke(app, ["report", "r3", "--no-open"])
    assert isinstance(result.exception, BadInput)
    assert "The run r3 has no report." in str(result.exception)


def test_no_run_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("soundtracks.lake.lake.Lake.from_settings", lambda *_: Lake(str(tmp_path / "none")))
    result = CliRunner().invoke(app, ["report", "--no-open"])
    assert isinstance(result.exception, BadInput)
    assert "has a report yet" in str(result.exception)


def test_a_copy_to_nowhere(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["report", "--out", str(tmp_path / "no" / "copy.html")])
    assert isinstance(result.exception, BadInput)
