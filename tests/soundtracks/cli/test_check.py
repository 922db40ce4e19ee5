"""`soundtracks check`: what is said of a list before anything is asked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from soundtracks.cli.main import app
from soundtracks.errors import BadTitles

EXPORTS = Path(__file__).parents[2] / "data" / "exports"


def check(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["check", str(path), *options], env={"COLUMNS": "200"})


def test_it_says_what_was_read_and_what_was_left_out() -> None:
    result = check(EXPORTS / "e36-tmdb-ratings.csv")
    assert result.exit_code == 0
    assert "e36-tmdb-ratings.csv: 4 films, 1 episode left out, 1 series left out." in result.output
    assert "TMDB ratings or watchlist, commas, UTF-8" in result.output
    assert "title from Name; year from Release Date; IMDb id from IMDb ID; TMDB id from TMDb ID; kind from Type" in result.output
    assert "Cinema Paradiso" in result.output


def test_json_has_everything() -> None:
    answer = json.loads(check(EXPORTS / "e54-discogs-wantlist.csv", "--json").output)
    assert answer["kind"] == "albums"
    assert answer["rows"][0] == {
        "title": "Blade Runner",
        "artist": "Vangelis",
        "year": 1994,
        "barcode": None,
        "ids": {"discogs": 990000001},
    }
    assert (answer["left_out"], answer["unreadable"], answer["places"]) == ({}, 0, [])


def test_a_file_of_both_is_read_as_either() -> None:
    assert json.loads(check(EXPORTS / "e46-libib.csv", "--json").output)["left_out"] == {"album": 1, "book": 1, "game": 1}
    as_albums = json.loads(check(EXPORTS / "e46-libib.csv", "--json", "--as", "albums").output)
    assert [(row["title"], row["artist"]) for row in as_albums["rows"]] == [("Blade Runner", "Vangelis")]
    assert as_albums["left_out"] == {"film": 2, "book": 1, "game": 1}


def test_a_list_of_games_is_shown_and_refused() -> None:
    result = check(EXPORTS / "e47-grouvee-games.csv")
    assert isinstance(result.exception, BadTitles)
    assert result.exception.message == "e47-grouvee-games.csv has no film: 4 games."


def test_neither_escape_sequences_nor_markup_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "[bold]x[\\b] [link=https:x]y.csv"
    path.write_bytes(b'title,year\n\x1b[31mAlien[/red] \x1b]0;x\x07,\x1b[2J\n"open,1\n')
    result = check(path)
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "\x07" not in result.output
    assert "[bold]x[\\b] [link=https:x]y.csv" in result.output
    assert "Alien[/red]" in result.output


@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.slow
def test_it_answers_without_the_heavy_imports(options: list[str]) -> None:
    """A second is asked; the modules that take longer than that are not imported."""
    code = (
        "import sys; from soundtracks.cli.main import main; sys.argv = ['soundtracks', 'check', *sys.argv[1:]]\n"
        "try: main()\nexcept SystemExit as ended: code = ended.code\n"
        "print(sorted({'pandas', 'prefect', 'great_expectations', 'scipy', 'numpy.ma', 'upath', 'httpx'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(EXPORTS / "e36-tmdb-ratings.csv"), *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"
