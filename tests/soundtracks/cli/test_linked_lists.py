"""What people decided on films and albums of a list, which have no ids of their own, while the list changes."""

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from soundtracks.cli.main import app
from soundtracks.decisions import Decision, DecisionStore
from soundtracks.lake.lake import Lake

FILMS = ("2024-01-01,Heat,1995,https://boxd.it/a1", "2024-01-02,Psycho,1960,https://boxd.it/a2")
ALBUMS = ("Elliot Goldenthal,Heat (Soundtrack),1995", "Bernard Herrmann,Psycho (Soundtrack),1960")
ALIEN = "2024-02-01,Alien,1979,https://boxd.it/a9"
HEAT, PSYCHO = "own:heat-soundtrack:elliot-goldenthal:1995", "own:psycho-soundtrack:bernard-herrmann:1960"

pytestmark = pytest.mark.slow


def link(folder: Path, films: tuple[str, ...] = FILMS, albums: tuple[str, ...] = ALBUMS) -> Result:
    (folder / "films.csv").write_text("\n".join(["Date,Name,Year,Letterboxd URI", *films, ""]), encoding="utf-8")
    (folder / "albums.csv").write_text("\n".join(["Artist,Album,Year", *albums, ""]), encoding="utf-8")
    command = ["link", "--films", folder / "films.csv", "--albums", folder / "albums.csv", "--out", folder / "out"]
    result = CliRunner().invoke(app, [str(part) for part in command], env={"COLUMNS": "500"})
    assert result.exit_code == 0, result.output
    return result


def said(folder: Path) -> set[tuple[str, str, str]]:
    with (folder / "out" / "links.csv").open(encoding="utf-8", newline="") as file:
        return {(row["album_id"], row["tmdb_id"], row["decision"]) for row in csv.DictReader(file)}


def say(folder: Path, album: str, film: str, decision: str) -> None:
    word = {"album_id": album, "tmdb_id": film, "decision": decision, "by": "Ann"}
    DecisionStore(Lake(str(folder / "out"))).add(Decision.model_validate(word))


def test_decisions_stay_with_their_film_and_album_however_the_lists_change(tmp_path: Path) -> None:
    say(tmp_path, PSYCHO, "own:psycho:1960", "reject")
    say(tmp_path, PSYCHO, "own:heat:1995", "accept")
    link(tmp_path)
    decided = said(tmp_path)
    assert {pair for pair in decided if pair[0] == PSYCHO} == {
        (PSYCHO, "own:heat:1995", "accept"),
        (PSYCHO, "own:psycho:1960", "reject"),
    }
    link(tmp_path, (ALIEN, *FILMS[::-1]), (",Score,1979", *ALBUMS[::-1]))
    assert {pair for pair in said(tmp_path) if pair[0] != "own:score::1979"} == decided


def test_decisions_that_wait_are_told(tmp_path: Path) -> None:
    say(tmp_path, PSYCHO, "own:psycho:1960", "reject")
    assert "waits" not in link(tmp_path).output
    told = link(tmp_path, films=FILMS[:1]).output
    assert f"1 × a decision waits, for its film or album is not in these lists: {PSYCHO} → own:psycho:1960." in told.splitlines()
    assert "earlier version" not in told


def test_what_was_decided_on_the_number_of_a_row_goes_to_nothing_else(tmp_path: Path) -> None:
    link(tmp_path)
    before = said(tmp_path)
    say(tmp_path, "row:3", "row:2", "accept")
    told = link(tmp_path).output
    assert said(tmp_path) == before
    assert "1 × a decision waits, for its film or album is not in these lists: row:3 → row:2." in told.splitlines()
    assert "Ids such as row:3 are of an earlier version, which counted rows: decide on these again." in told.splitlines()
