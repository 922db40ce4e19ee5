"""Lists in JSON whose elements are of several kinds."""

import pytest

from soundtracks.lists.read import read_bytes

HEAT = '{"title": "Heat", "year": 1995}'


@pytest.mark.parametrize(
    ("content", "films", "note"),
    [
        (f'["Alien", {HEAT}]', [("Alien", None, None), ("Heat", 1995, None)], ""),
        (f'{{"movies": [{HEAT}, "Alien (1979)"]}}', [("Heat", 1995, None), ("Alien", 1979, None)], ""),
        (
            f'["tt0078748", {HEAT}, "https://www.imdb.com/title/tt0089881/"]',
            [(None, None, "tt0078748"), ("Heat", 1995, None), (None, None, "tt0089881")],
            "",
        ),
        (
            f'[{HEAT}, 5, null, "Alien"]',
            [("Heat", 1995, None), ("Alien", None, None)],
            "2 entries of the list passed over: no record and no title",
        ),
        (
            '{"films": ["Alien", null]}',
            [("Alien", None, None)],
            "1 entry of films passed over: no record and no title",
        ),
        (
            f'{HEAT}\n"Alien"\n{HEAT.replace("Heat", "Ran")}\n',
            [("Heat", 1995, None), ("Alien", None, None), ("Ran", 1995, None)],
            "",
        ),
    ],
)
def test_titles_among_records(content: str, films: list[tuple[str | None, int | None, str | None]], note: str) -> None:
    reading = read_bytes("films.json", content.encode())
    assert [(film.title, film.year, film.imdb_id) for film in reading.films] == films
    assert [said for said in reading.notes if "passed over" in said] == ([note] if note else [])
