import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from soundtracks.cli.main import app
from soundtracks.errors import BadInput

LEFT = "id,title,year\n1,Solaris by Andrei Tarkovsky,1972\n2,Stalker by Andrei Tarkovsky,1979\n3,Playtime by Jacques Tati,1967\n"
RIGHT = "id,name,year\nx,Tarkovsky: Stalker,1979\ny,Tarkovsky: Solaris,1972\n"


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["link", *map(str, arguments)])


def test_records_of_one_kind_are_linked(tmp_path: Path) -> None:
    left, right, out = tmp_path / "left.csv", tmp_path / "right.csv", tmp_path / "out"
    left.write_text(LEFT)
    right.write_text(RIGHT)
    result = _run("--left", left, "--right", right, "--one-to-one", "--out", out)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == ["links.csv", "links.parquet", "metrics.json", "quarantine.csv"]
    with (out / "links.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["left_id"], row["right_id"], row["decision"]) for row in rows[:2]] == [
        ("1", "y", "accept"),
        ("2", "x", "accept"),
    ]
    assert rows[2]["decision"] == "reject"
    metrics = json.loads((out / "metrics.json").read_text())["matching"]
    assert {name: metrics[name] for name in ("left", "right", "accepted", "rows_set_aside")} == {
        "left": 3,
        "right": 2,
        "accepted": 2,
        "rows_set_aside": 0,
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ["--left", "a"],
        ["--right", "a"],
        ["--left", "a", "--right", "b", "--films", "c"],
        ["--films", "a"],
        [],
        ["--films", "a", "--albums", "b", "--one-to-one"],
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments: list[str], tmp_path: Path) -> None:
    result = _run(*arguments, "--out", tmp_path / "out")
    assert isinstance(result.exception, BadInput)
    assert "--left L --right R" in result.exception.hint
    assert not (tmp_path / "out").exists()
