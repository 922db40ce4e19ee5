"""`soundtracks links`, `diff` and `restore` on a catalogue of three runs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from soundtracks.cli.main import app
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import DECISIONS, VIEW
from soundtracks.publishing.catalogue_tables import CatalogueTables
from soundtracks.settings import get_settings
from tests.soundtracks.publishing.test_catalogue_tables import run

pytestmark = pytest.mark.slow

WORD = {"album_id": "master:3", "tmdb_id": "10", "decision": "accept", "by": "Ann", "at": "2026-11-01T10:00:00.000000Z"}


@pytest.fixture(autouse=True)
def tables(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogueTables]:
    """aa: 1→10, 2→10. bb: 1 is lost, 2→11. cc: 3→10, by a person."""
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", lake.url)
    get_settings.cache_clear()
    made = CatalogueTables(lake)
    made.publish(run("aa", ("master:1", "10", "accept"), ("master:2", "10", "accept")))
    made.publish(run("bb", ("master:1", "10", "reject"), ("master:2", "11", "accept"), ("master:2", "10", "reject")))
    made.publish(run("cc", ("master:3", "10", "review"), decisions=pa.Table.from_pylist([WORD], DECISIONS)))
    yield made
    get_settings.cache_clear()


def command(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.output


def accepted(*arguments: str) -> set[tuple[str, str]]:
    rows = json.loads(command("links", *arguments, "--json"))
    return {(row["album_id"], row["tmdb_id"]) for row in rows if row["decision"] == "accept"}


def test_links_now_and_as_of_a_run() -> None:
    assert accepted() == {("master:2", "11"), ("master:3", "10")}
    assert accepted("--as-of", "bb") == {("master:2", "11")}
    assert accepted("--as-of", "aa") == {("master:1", "10"), ("master:2", "10")}
    assert "2 links, as of" in command("links")


def test_links_as_a_file(tmp_path: Path) -> None:
    command("links", "--as-of", "aa", "--out", str(tmp_path / "x.parquet"))
    table = pq.read_table(tmp_path / "x.parquet")
    assert table.column_names == VIEW.names
    assert table["decision"].to_pylist() == ["accept", "accept"]
    command("links", "--out", str(tmp_path / "x.csv"))
    assert (tmp_path / "x.csv").read_text().startswith("album_id,tmdb_id,decision")
    for name in ("x.xlsx", "no/x.csv"):
        refused = CliRunner().invoke(app, ["links", "--out", str(tmp_path / name)])
        assert isinstance(refused.exception, BadInput)


def test_diff_says_what_and_why() -> None:
    rows = {row["album_id"]: row for row in json.loads(command("diff", "aa", "--json"))}
    assert {album: row["change"] for album, row in rows.items()} == {"master:1": "lost", "master:2": "changed", "master:3": "new"}
    assert [film["tmdb_id"] for film in rows["master:2"]["before"]] == ["10"]
    assert [film["title"] for film in rows["master:2"]["after"]] == ["Film 11"]
    assert rows["master:1"]["why"] == "reject by the model, run bb"
    assert rows["master:3"]["why"] == "accept by Ann"
    assert "1 new, 1 lost, 1 changed, 0 as before" in " ".join(command("diff", "aa", "now").split())
    assert json.loads(command("diff", "aa", "aa", "--json")) == []


def test_restore_and_back(tables: CatalogueTables) -> None:
    asked = CliRunner().invoke(app, ["restore", "aa"], input="n\n")
    assert asked.exit_code == 1
    before = accepted()
    newest = tables.links.commits()[-1].at.isoformat()
    command("restore", "aa", "--yes")
    assert accepted() == {("master:1", "10"), ("master:2", "10"), ("master:3", "10")}  # Ann's word wins as ever
    command("restore", newest, "--yes")
    assert accepted() == before


@pytest.mark.parametrize("arguments", [["links", "--as-of", "zz"], ["diff", "zz"], ["restore", "1999-01-01", "--yes"]])
def test_a_state_that_never_was(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, BadInput)
    assert done.exception.hint
