"""Films for titles out of Wikidata's items."""

from typing import Any

import pyarrow as pa
import pytest

from soundtracks.sources.dumps.listed_films import films_of
from soundtracks.sources.dumps.wikidata import ITEMS
from soundtracks.sources.tmdb import Title

ITEM_ROWS: list[dict[str, Any]] = [
    {
        "wikidata_id": "Q184843",
        "title": "Blade Runner",
        "labels": ["Blade Runner", "ブレードランナー"],
        "year": 1982,
        "composer_ids": ["Q179497"],
        "tmdb_id": "78",
        "imdb_ids": ["tt0083658"],
    },
    {"wikidata_id": "Q179497", "title": "Vangelis", "labels": ["Vangelis"]},
    {"wikidata_id": "Q1", "title": "Arrival", "labels": ["Arrival", "Premier Contact"], "year": 2016, "imdb_ids": ["tt2543164"]},
    {"wikidata_id": "Q2", "title": "Arrival", "labels": ["Arrival"], "year": 2017, "imdb_ids": ["tt0000002"]},
    {"wikidata_id": "Q3", "title": "Arrival", "labels": ["Arrival"], "year": None, "tmdb_id": "3"},
    {"wikidata_id": "Q4", "title": "A film without ids", "year": 1999, "soundtracks": ["Q9"]},
    {"wikidata_id": "Q5", "title": None, "tmdb_id": "5"},
    {"wikidata_id": "Q7", "title": "Halloween", "year": 1978, "tmdb_id": "7"},
    {
        "wikidata_id": "Q8",
        "title": "Halloween: Resurrection",
        "labels": ["Halloween 8", "ハロウィン"],
        "year": 2002,
        "tmdb_id": "8",
    },
    {
        "wikidata_id": "Q9",
        "title": "Trois couleurs : Bleu",
        "labels": ["Blau", "Azul", "Tre colori"],
        "year": 1993,
        "tmdb_id": "9",
    },
    {"wikidata_id": "Q10", "title": "Trois couleurs : Blanc", "year": 1994, "tmdb_id": "10"},
    {"wikidata_id": "Q11", "title": "Raaz", "labels": ["Raaz", "राज़"], "year": 2002, "tmdb_id": "11"},
    {"wikidata_id": "Q12", "title": "Raja", "year": 1999, "tmdb_id": "12"},
    {"wikidata_id": "Q13", "title": "Léon", "year": 1994, "tmdb_id": "13"},
    {"wikidata_id": "Q6", "title": "Arrival (album)", "discogs_ids": ["master:6"]},
]
ITEMS_TABLE = pa.Table.from_pylist(ITEM_ROWS, ITEMS)


def found(**title: Any) -> tuple[str | None, str | None]:
    batch = films_of([Title(row=1, **title)], ITEMS_TABLE)
    assert batch.resolved is not None
    (row,) = batch.resolved.to_pylist()
    return row["tmdb_id"], row["reason"]


@pytest.mark.parametrize(
    ("title", "film"),
    [
        ({"title": "Blade Runner", "year": 1982}, "78"),
        ({"title": "Blade Runner"}, "78"),
        ({"title": "ブレードランナー"}, "78"),
        ({"title": "The Blade Runner", "year": 1981}, "78"),
        ({"tmdb_id": "78"}, "78"),
        ({"imdb_id": "tt0083658"}, "78"),
        ({"wikidata_id": "Q184843"}, "78"),
        ({"title": "Something else", "imdb_id": "tt0083658"}, "78"),
        ({"title": "Arrival", "year": 2016}, "tt2543164"),
        ({"title": "Arrival", "year": 2017}, "tt0000002"),
        ({"title": "Arrival", "year": 2018}, "tt0000002"),
        ({"title": "Arrival"}, "tt2543164"),  # the one with labels in more languages
        ({"title": "Arrival", "year": 1950}, "3"),  # whose year nobody knows
        ({"title": "Premier Contact", "year": 2016}, "tt2543164"),
        ({"title": "A film without ids"}, "Q4"),
        ({"title": "Halloween"}, "7"),  # and no other part, however many labels it has
        ({"title": "Halloween", "year": 2001}, "8"),
        ({"title": "Halloween 8"}, "8"),
        ({"title": "Trois couleurs: Blanc"}, "10"),
        ({"title": "Trois couleurs", "year": 1993}, "9"),
        ({"title": "Raja"}, "12"),  # a spelling of Raaz, too
        ({"title": "Léon: The Professional", "year": 1994}, "13"),
    ],
)
def test_a_title_comes_to_its_film(title: dict[str, Any], film: str) -> None:
    assert found(**title) == (film, None)


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ({"title": "Blade Runner", "year": 1950}, "films of this name that were imported from Wikidata are of other years: 1982"),
        ({"title": "Heat"}, "no film of this name was imported from Wikidata"),
        ({"tmdb_id": "5"}, "no item of Wikidata that was imported has this id"),
        ({"title": "Trois couleurs : Rouge", "year": 1994}, "no film of this name was imported from Wikidata"),
        ({"title": "Halloween: Ends"}, "no film of this name was imported from Wikidata"),
        (
            {"title": "Trois couleurs"},
            "no film of this very name was imported from Wikidata, but several that have it as a part: Trois couleurs : Bleu (1993), "
            "Trois couleurs : Blanc (1994)",
        ),
        ({"title": "Vangelis"}, "no film of this name was imported from Wikidata"),
    ],
)
def test_a_title_without_a_film_says_why(title: dict[str, Any], reason: str) -> None:
    assert found(**title) == (None, reason)
    assert films_of([Title(row=1, **title)], ITEMS_TABLE).failures[0].reason == reason


def test_films_carry_names_composers_and_rivals() -> None:
    batch = films_of(
        [Title(row=1, title="Blade Runner"), Title(row=2, title="Arrival", year=2016), Title(row=3, tmdb_id="78")], ITEMS_TABLE
    )
    rows = {row["tmdb_id"]: row for row in batch.rows.to_pylist()}
    assert {film: row["listed"] for film, row in rows.items()} == {"78": True, "tt2543164": True, "tt0000002": False, "3": False}
    blade = rows["78"]
    assert (blade["composers"], blade["alternative_titles"], blade["imdb_id"]) == (
        ["Vangelis"],
        ["ブレードランナー"],
        "tt0083658",
    )


def test_nothing_imported_finds_nothing() -> None:
    batch = films_of([Title(row=1, title="Heat")], ITEMS.empty_table())
    assert (len(batch.rows), len(batch.failures)) == (0, 1)
