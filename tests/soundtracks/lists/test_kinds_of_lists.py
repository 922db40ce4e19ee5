"""Files as programs and people write them (tests/data/lists, written for this project), each read as expectations.json says.

`films`: (title, year, ids), `albums`: (title, artist, year, ids), with ids as in corpus.py. `refused`: what the refusal says.
`says`: parts of the notes.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from soundtracks.errors import BadTitles
from soundtracks.lists.read import read_path
from tests.soundtracks.lists.test_corpus import albums, films, sorted_ids

FOLDER = Path(__file__).parents[2] / "data" / "lists"
WANTED = json.loads((FOLDER / "expectations.json").read_text("utf-8"))


def rows(wanted: dict[str, Any], kind: str) -> list[tuple[Any, ...]]:
    return sorted_ids([tuple(row) for row in wanted.get(kind, [])])


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: wanted["file"])
def test_file(wanted: dict[str, Any]) -> None:
    if refused := wanted.get("refused"):
        with pytest.raises(BadTitles, match=refused):
            read_path(FOLDER / wanted["file"])
        return
    reading = read_path(FOLDER / wanted["file"])
    assert (films(reading) if reading.kind == "films" else []) == rows(wanted, "films")
    assert albums(reading) == rows(wanted, "albums")
    assert (dict(reading.left_out), reading.unreadable) == (wanted.get("left_out", {}), wanted.get("unreadable", 0))
    notes = "\n".join(reading.notes)
    assert [said for said in wanted.get("says", []) if said not in notes] == []


def test_every_file_has_its_expectation() -> None:
    assert {path.name for path in FOLDER.iterdir()} - {"expectations.json"} == {wanted["file"] for wanted in WANTED}
