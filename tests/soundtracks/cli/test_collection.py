"""`soundtracks collection` on a catalogue of two films."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from soundtracks.cli import replacing
from soundtracks.cli.collection import EDITIONS_FILE, WANTLIST_FILE
from soundtracks.cli.main import app
from soundtracks.errors import BadInput
from soundtracks.lake.lake import Lake
from soundtracks.publishing.publish import publish
from soundtracks.settings import get_settings
from tests.soundtracks.publishing.test_collection import COLLECTION, two_films

WANTED = b"Catalog#,Artist,Title,Label,Format,Rating,Released,release_id,Notes\r\n,Various,Drive (OST),,CD,,2011,,\r\n"


pytestmark = pytest.mark.slow  # it publishes


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a lake where both films are published; the tests only read it."""
    lake = Lake(str(tmp_path_factory.mktemp("lake")))
    publish(lake, "r1", two_films())
    return lake.url


@pytest.fixture(autouse=True)
def folder(published: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SOUNDTRACKS_LAKE_URL", published)
    get_settings.cache_clear()
    (tmp_path / "mine.csv").write_bytes(COLLECTION)
    (tmp_path / "wants.csv").write_bytes(WANTED)
    yield tmp_path
    get_settings.cache_clear()


def command(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["collection", *map(str, arguments)], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.output


def test_gaps_are_told(folder: Path) -> None:
    told = command(folder / "mine.csv")
    assert "Of 2 films with music, 1 are in your collection, 0 more are wanted already, 1 lack." in told
    assert "Drive (OST)" in told
    assert "Orchestral" not in told
    told = command(folder / "mine.csv", folder / "wants.csv")
    assert "1 are in your collection, 1 more are wanted already, 0 lack." in told


def test_a_wantlist_of_another_kind(folder: Path) -> None:
    (folder / "wishes.csv").write_text("Artist,Album,Year\nVarious,Drive (OST),2011\n")
    told = command(folder / "mine.csv", "--wanted", folder / "wishes.csv")
    assert "1 are in your collection, 1 more are wanted already, 0 lack." in told
    (folder / "wants.json").write_text(
        json.dumps({"wants": [{"id": 1, "basic_information": {"id": 20, "title": "x", "year": 1982}}]})
    )
    assert "0 are in your collection, 1 more are wanted already, 1 lack." in command(folder / "wants.json")


def test_gaps_as_files(folder: Path) -> None:
    command(folder / "mine.csv", "--each", "album", "--out", folder / "gaps")
    with (folder / "gaps" / WANTLIST_FILE).open(encoding="utf-8-sig", newline="") as file:
        assert [row["release_id"] for row in csv.DictReader(file)] == ["20", ""]
    with (folder / "gaps" / EDITIONS_FILE).open(encoding="utf-8-sig", newline="") as file:
        assert [row["owned"] for row in csv.DictReader(file)] == ["", "this edition", "another edition", ""]


def test_gaps_for_programs(folder: Path) -> None:
    (gap,) = json.loads(command(folder / "mine.csv", "--json"))
    assert (gap["tmdb_id"], gap["edition_id"], gap["wanted"]) == ("64690", "master:3", None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.csv",), "no such file"),
        (("mine.csv", "--each", "song"), "--each song is not known"),
        (("mine.csv", "--out", "mine.csv"), "is a file"),
        ((WANTLIST_FILE, "--out", "."), "would be written over"),
        (("films.txt",), "has no album|not a|no column"),
    ],
)
def test_what_cannot_be_compared(folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str) -> None:
    monkeypatch.chdir(folder)
    (folder / WANTLIST_FILE).write_bytes(WANTED)
    (folder / "films.txt").write_text("Alien (1979)\n")
    done = CliRunner().invoke(app, ["collection", *arguments])
    assert isinstance(done.exception, BadInput)
    assert re.search(message, done.exception.message)


def test_a_full_disk_costs_no_file_that_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command(folder / "mine.csv", "--out", folder / "gaps")
    before = {path.name: path.read_bytes() for path in (folder / "gaps").iterdir()}

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(replacing.os, "fsync", full)
    done = CliRunner().invoke(app, ["collection", str(folder / "mine.csv"), "--out", str(folder / "gaps")])
    assert isinstance(done.exception, BadInput)
    assert "No space left on device" in done.exception.message
    assert {path.name: path.read_bytes() for path in (folder / "gaps").iterdir()} == before


def test_an_output_may_be_a_link_or_a_device(tmp_path: Path) -> None:
    (tmp_path / "true.csv").write_bytes(b"old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "true.csv")
    replacing.write_output(tmp_path / "link.csv", b"new")
    replacing.write_output(Path("/dev/null"), b"new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "true.csv").read_bytes() == b"new"
    with pytest.raises(BadInput, match="Cannot write"):
        replacing.write_output(tmp_path / "no folder" / "x.csv", b"new")
