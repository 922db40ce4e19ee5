"""Ids in queries of the reconciliation service: each is looked for where its service has it, and people's rejections count."""

import json
from typing import Any

import pyarrow as pa
import pytest

from soundtracks.publishing.catalogue import DECISIONS, Catalogue
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.serving.reconciliation import Reconciler
from soundtracks.serving.reconciliation_api import answer_batch

GROUP = "0a1b2c3d-0000-4000-8000-000000000078"
FILM_ROWS = [
    {"tmdb_id": "348", "title": "Alien", "year": 1979, "composers": ["Jerry Goldsmith"], "imdb_id": "tt0078748"},
    {
        "tmdb_id": "78",
        "title": "Blade Runner",
        "year": 1982,
        "composers": ["Vangelis"],
        "imdb_id": "tt0083658",
        "wikidata_id": "Q184843",
    },
    {"tmdb_id": "tv:5", "title": "Chernobyl", "year": 2019},
]
ALBUM_ROWS = [
    {"album_id": "master:20", "title": "Blade Runner", "artist": "Vangelis", "musicbrainz_id": GROUP},
    {"album_id": "release:21", "title": "Blade Runner", "artist": "Vangelis", "master_id": "master:20"},
    {"album_id": "release:22", "title": "Blade Runner", "artist": "Vangelis", "master_id": "master:20"},
    {"album_id": "release:20", "title": "Chernobyl"},
    {"album_id": "master:30", "title": "Alien & Blade Runner"},
    {"album_id": "master:40", "title": "Alien", "artist": "Jerry Goldsmith"},
]
LINK_ROWS = [
    {"album_id": "master:20", "tmdb_id": "78", "decision": "accept", "probability": 0.99},
    {"album_id": "release:21", "tmdb_id": "78", "decision": "accept", "probability": 0.98},
    {"album_id": "release:22", "tmdb_id": "78", "decision": "accept", "probability": 0.97},
    {"album_id": "release:20", "tmdb_id": "tv:5", "decision": "accept", "probability": 0.96},
    {"album_id": "master:30", "tmdb_id": "78", "decision": "accept", "probability": 0.95},
    {"album_id": "master:30", "tmdb_id": "348", "decision": "accept", "probability": 0.94},
    {"album_id": "master:40", "tmdb_id": "348", "decision": "review", "probability": 0.5},
]


def reconciler(*words: tuple[str, str, str]) -> Reconciler:
    """`words`: what a person said, (album, film, decision)."""
    said = [{"album_id": a, "tmdb_id": f, "decision": d, "by": "Ann", "at": "2026-11-01T00:00:00Z"} for a, f, d in words]
    rows = ((FILM_ROWS, FILMS), (ALBUM_ROWS, ALBUMS), (LINK_ROWS, LINKS), (said, DECISIONS))
    films, albums, links, decisions = (pa.Table.from_pylist(some, schema) for some, schema in rows)
    return Reconciler(Catalogue(films, albums, links, decisions).view, films)


def asked(reconciler: Reconciler, kind: str = "film", text: str = "", **said: Any) -> list[tuple[str, bool]]:
    """(id, match) of the candidates."""
    query = {"query": text, "type": kind, "properties": [{"pid": pid, "v": value} for pid, value in said.items()]}
    found = answer_batch(reconciler, json.dumps({"q": query}))
    return [(candidate["id"], candidate["match"]) for candidate in found["q"]["result"]]


@pytest.mark.parametrize(
    ("said", "films"),
    [
        ({"discogs": "master:20"}, [("78", True)]),
        ({"discogs": "https://www.discogs.com/master/20-Vangelis-Blade-Runner"}, [("78", True)]),
        ({"discogs": "m20"}, [("78", True)]),
        ({"discogs": "[r21]"}, [("78", True)]),
        ({"discogs": " 21 "}, [("78", True)]),
        ({"discogs": 21}, [("78", True)]),
        ({"discogs": 21.0}, [("78", True)]),
        ({"discogs": "20"}, [("78", False), ("tv:5", False)]),  # a master's number and a release's
        ({"discogs": "348"}, []),  # a film's number, but not at Discogs
        ({"discogs": "78"}, []),
        ({"discogs": "tt0083658"}, []),
        ({"musicbrainz": f"https://musicbrainz.org/release-group/{GROUP.upper()}"}, [("78", True)]),
        ({"musicbrainz": "78"}, []),
        ({"tmdb": "348"}, [("348", True)]),
        ({"tmdb": 348.0}, [("348", True)]),
        ({"tmdb": "https://www.themoviedb.org/movie/348-alien"}, [("348", True)]),
        ({"tmdb": "tv:5"}, [("tv:5", True)]),
        ({"tmdb": "master:20"}, []),
        ({"imdb": "https://www.imdb.com/title/tt0078748/"}, [("348", True)]),
        ({"imdb": "348"}, []),
        ({"wikidata": "https://www.wikidata.org/wiki/Q184843"}, [("78", True)]),
        ({"tmdb": ["", None, "348"]}, [("348", True)]),
    ],
)
def test_each_id_is_looked_for_at_its_service(said: dict[str, Any], films: list[tuple[str, bool]]) -> None:
    assert asked(reconciler(), **said) == films


@pytest.mark.parametrize(
    ("said", "films"),
    [
        ({"discogs": "master:20", "tmdb": "78"}, [("78", True)]),
        ({"discogs": "master:20", "imdb": "tt0078748"}, [("348", False), ("78", False)]),
        ({"tmdb": "348", "imdb": "tt0083658"}, [("348", False), ("78", False)]),
        ({"discogs": "master:30"}, [("78", False), ("348", False)]),  # an album of two films
        ({"discogs": "master:40"}, [("348", False)]),  # to review
        ({"discogs": "master:40", "tmdb": "348"}, [("348", True)]),
        ({"discogs": "master:40", "tmdb": "78"}, [("78", True), ("348", False)]),  # the link is in doubt, the id is not
        ({"discogs": ["master:20", "master:30"]}, [("78", False), ("348", False)]),
    ],
)
def test_ids_that_contradict_each_other_make_no_film_sure(said: dict[str, Any], films: list[tuple[str, bool]]) -> None:
    assert asked(reconciler(), **said) == films


@pytest.mark.parametrize(
    ("word", "said", "films"),
    [
        (("master:20", "78", "reject"), {"discogs": "master:20"}, []),
        (("master:20", "78", "reject"), {"discogs": "release:21"}, []),
        (("master:20", "78", "reject"), {"musicbrainz": GROUP}, []),
        (("master:20", "78", "reject"), {"discogs": "master:20", "tmdb": "78"}, [("78", False)]),
        (("master:20", "78", "reject"), {}, [("78", True)]),  # the album is not known by its id
        (("release:21", "78", "reject"), {"discogs": "release:21"}, []),
        (("release:21", "78", "reject"), {"discogs": "release:22"}, [("78", True)]),
        (("release:21", "78", "reject"), {"discogs": "master:20"}, [("78", True)]),
        (("master:40", "348", "accept"), {"discogs": "master:40"}, [("348", True)]),
    ],
)
def test_what_a_person_rejected_is_not_offered_again(
    word: tuple[str, str, str], said: dict[str, Any], films: list[tuple[str, bool]]
) -> None:
    assert asked(reconciler(word), text="Blade Runner (Soundtrack)", artist="Vangelis", year="1982", **said) == films


@pytest.mark.parametrize(
    ("said", "albums"),
    [
        ({"tmdb": "78"}, [("master:20", False), ("master:30", False)]),
        ({"discogs": "78"}, []),
        ({"tmdb": "tv:5", "imdb": "tt0083658"}, [("master:20", False), ("release:20", False), ("master:30", False)]),
        ({"tmdb": "tv:5"}, [("release:20", True)]),
    ],
)
def test_a_film_is_known_by_films_ids_alone(said: dict[str, Any], albums: list[tuple[str, bool]]) -> None:
    assert asked(reconciler(), "album", **said) == albums
