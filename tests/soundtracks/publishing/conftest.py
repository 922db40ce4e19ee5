"""A small catalogue with hostile names and one person's decision, for the tests of all outputs."""

import json

import pyarrow as pa
import pytest

from soundtracks.publishing.catalogue import DECISIONS, Catalogue
from soundtracks.records import ALBUMS, FILMS, LINKS

FILM_ROWS = [
    {
        "tmdb_id": "348",
        "title": "Alien",
        "year": 1979,
        "composers": ["Jerry Goldsmith"],
        "alternative_titles": ["Alien - Das unheimliche Wesen", "エイリアン"],
        "imdb_id": "tt0078748",
        "wikidata_id": "Q103569",
    },
    {"tmdb_id": "194", "title": "Amélie", "original_title": "Le Fabuleux Destin d'Amélie Poulain", "year": 2001},
    {"tmdb_id": "9", "title": '=HYPERLINK("http://evil.example","x")', "year": None},
    {"tmdb_id": "10", "title": "<script>alert('x')</script>", "year": 1999, "wikidata_id": "Q1|Q2"},
]
ALBUM_ROWS = [
    {
        "album_id": "master:1",
        "title": "Alien (Original Soundtrack)",
        "artist": "Jerry Goldsmith",
        "year": 1999,
        "first_year": 1979,
        "genres": ["Stage & Screen"],
        "styles": ["Score"],
        "formats": ["Vinyl", "LP"],
    },
    {"album_id": "release:2", "title": "Amélie", "artist": "Yann Tiersen", "year": 2001, "master_id": "master:20"},
    {"album_id": "release:3", "title": "@SUM(1+1)*cmd|' /C calc'!A0", "artist": "+1\t-1\x00\u2028x", "year": None},
    {"album_id": "release:4", "title": 'He said "|"\r\nand left', "artist": "-Θ-", "year": 2000},
]
EVIDENCE = {
    "title": {"value": "alien", "level": "equal", "weight": 8.25},
    "year": {"value": 0, "level": "same year", "weight": 1.5},
    "composer": {"value": None, "level": "unknown", "weight": 0.0},
}
LINK_ROWS = [
    {
        "album_id": "master:1",
        "tmdb_id": "348",
        "decision": "accept",
        "probability": 0.998,
        "match_weight": 9.0,
        "runner_up_tmdb_id": "999",
        "runner_up_gap": 5.5,
        "evidence": json.dumps(EVIDENCE),
    },
    {"album_id": "release:2", "tmdb_id": "194", "decision": "review", "probability": 0.6, "match_weight": 0.6},
    {"album_id": "release:3", "tmdb_id": "9", "decision": "reject", "probability": 0.01, "match_weight": -6.6},
    {"album_id": "release:4", "tmdb_id": "10", "decision": "accept", "probability": 0.97, "match_weight": 5.0},
    {"album_id": "release:5", "tmdb_id": None, "decision": "reject"},
]
DECISION_ROWS = [{"album_id": "release:2", "tmdb_id": "194", "decision": "accept", "by": "ann", "at": "2026-11-01T10:00:00Z"}]


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(
        pa.Table.from_pylist(FILM_ROWS, FILMS),
        pa.Table.from_pylist(ALBUM_ROWS, ALBUMS),
        pa.Table.from_pylist(LINK_ROWS, LINKS),
        pa.Table.from_pylist(DECISION_ROWS, DECISIONS),
    )


@pytest.fixture
def pressed() -> Catalogue:
    """One album of two pressings, master and both linked to one film."""
    albums = [
        {"album_id": "master:1", "title": "Alien (OST)", "year": 1979, "first_year": 1979, "formats": ["Vinyl"]},
        {"album_id": "release:12", "title": "Alien", "year": 1999, "master_id": "master:1", "formats": ["CD"], "tracks": ["26"]},
        {"album_id": "release:11", "title": "Alien", "year": 1979, "master_id": "1", "formats": ["Vinyl", "LP"],
         "country": "US", "labels": ["20th Century Fox"], "catalogue_numbers": ["T-593"],
         "tracks": ["Main Title", "The Face Hugger"]},
    ]  # fmt: skip
    links = [{"album_id": row["album_id"], "tmdb_id": "348", "decision": "accept", "probability": 0.9} for row in albums]
    return Catalogue(
        pa.Table.from_pylist(FILM_ROWS, FILMS), pa.Table.from_pylist(albums, ALBUMS), pa.Table.from_pylist(links, LINKS)
    )


@pytest.fixture
def empty() -> Catalogue:
    """Nothing was found: every output must still be a file of its kind."""
    return Catalogue(FILMS.empty_table(), ALBUMS.empty_table(), LINKS.empty_table())
