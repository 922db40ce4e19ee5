"""Arrays of titles in JSON are lists where nothing else in the file is."""

import json
import re
from typing import Any

import pytest

from soundtracks.errors import BadTitles
from soundtracks.lists.read import Reading, read_bytes

HEAT = {"title": "Heat", "year": 1995}


def read(document: Any) -> Reading:
    return read_bytes("w.json", json.dumps(document).encode())


@pytest.mark.parametrize(
    ("document", "titles", "note"),
    [
        ({"watched": ["Heat"], "watchlist": ["Ran"]}, ["Heat", "Ran"], ""),
        ({"films": ["Heat (1995)"], "more": ["Up (2009)"]}, ["Heat", "Up"], ""),
        ({"films": ["Heat"], "tags": ["Drama"]}, ["Heat"], ""),
        ({"seen": ["Heat", "2024-05-01", "12 May 2024", "Blu-ray"]}, ["Heat"], "3 texts of seen not read"),
        ({"movies": [HEAT], "owned": ["DVD", "Ran"]}, ["Heat"], "2 texts of owned not read"),
        ({"movies": [HEAT], "updates": ["Added Ran (2024)"]}, ["Heat"], "1 text of updates not read"),
        ({**HEAT, "owned": ["DVD"]}, ["Heat"], ""),
    ],
)
def test_named_arrays(document: Any, titles: list[str], note: str) -> None:
    reading = read(document)
    assert [film.title for film in reading.films] == titles
    assert [said for said in reading.notes if re.search(r"texts? of \w+ not read", said)] == ([note] if note else [])


@pytest.mark.parametrize(
    "texts", [["2024-05-01", "2024-06-02T20:15:00Z"], ["12", "1,000"], ["DVD", "Blu-ray", "4K", "VHS", "digital"]]
)
def test_dates_numbers_and_formats_are_no_titles(texts: list[str]) -> None:
    with pytest.raises(BadTitles):
        read({"watched": texts})
