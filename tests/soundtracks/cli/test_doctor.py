"""`soundtracks doctor`: each thing once, and nothing asked for that is not used."""

import pytest
from typer.testing import CliRunner

from soundtracks.cli import doctor
from soundtracks.cli.main import app
from soundtracks.errors import MatchError
from soundtracks.settings import get_settings


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMDB_TOKEN", "TMDB_KEY", "DISCOGS_TOKEN", "DISCOGS_KEY", "DISCOGS_SECRET"):
        monkeypatch.delenv(f"SOUNDTRACKS_{name}", raising=False)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDTRACKS_STACK_FOLDER", str(tmp_path / "stack"))
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", str(tmp_path / "lake"))
    monkeypatch.setenv("COLUMNS", "200")
    get_settings.cache_clear()


@pytest.mark.parametrize("online", ["--online", "--no-online"])
def test_a_missing_key_is_said_once(online: str) -> None:
    shown = CliRunner().invoke(app, ["doctor", online]).output
    assert shown.count("SOUNDTRACKS_TMDB_TOKEN is not set") == 1
    assert shown.count("SOUNDTRACKS_DISCOGS_TOKEN is not set") == 1
    assert [line.split()[1] for line in shown.splitlines() if line.strip()[:1] in ("✓", "✗")].count("TMDB") == 1


@pytest.mark.parametrize(("engine", "fails"), [("auto", False), ("local", False), ("spark", True)])
def test_java_is_asked_for_where_spark_is_used(monkeypatch: pytest.MonkeyPatch, engine: str, fails: bool) -> None:
    def none() -> int:
        raise MatchError("Spark needs Java, and none was found.")

    monkeypatch.setattr("soundtracks.matching.spark.session.require_java", none)
    monkeypatch.setenv("SOUNDTRACKS_MATCH_ENGINE", engine)
    get_settings.cache_clear()
    if fails:
        with pytest.raises(MatchError):
            doctor._java()
    else:
        assert doctor._java().startswith("none: not needed")
    get_settings.cache_clear()
