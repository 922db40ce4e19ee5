"""Films that somebody asks the reconciliation service for by a name: whole titles before parts of them."""

from typing import Any

import pyarrow as pa
import pytest

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.serving.reconciliation import Query, Reconciler

TITLES = {"1": "Trois couleurs: Bleu", "2": "Alien", "3": "Borat: Cultural Learnings of America", "4": "Star Wars: The Last Jedi"}


@pytest.fixture(scope="module")
def reconciler() -> Reconciler:
    albums = [{"album_id": f"master:{one}", "title": title} for one, title in TITLES.items()]
    links = [{"album_id": f"master:{one}", "tmdb_id": one, "decision": "accept", "probability": 0.9} for one in TITLES]
    return of(albums, links)


def of(albums: list[dict[str, Any]], links: list[dict[str, Any]]) -> Reconciler:
    films: list[dict[str, Any]] = [{"tmdb_id": one, "title": title, "year": 2000} for one, title in TITLES.items()]
    tables = (pa.Table.from_pylist(rows, schema) for rows, schema in ((films, FILMS), (albums, ALBUMS), (links, LINKS)))
    known, *others = tables
    return Reconciler(Catalogue(known, *others).view, known)


@pytest.mark.parametrize(
    ("asked", "albums"),
    [
        ("Trois couleurs: Bleu", [("master:1", True)]),
        ("Trois couleurs: Rouge", []),  # another film of the series has no more than the main title in common
        ("Alien", [("master:2", True)]),
        ("Alien: Romulus", [("master:2", False)]),  # part of a title: offered, not decided
        ("Borat", [("master:3", False)]),
        ("The Last Jedi", [("master:4", False)]),
    ],
)
def test_a_part_of_a_title_is_not_the_film(reconciler: Reconciler, asked: str, albums: list[tuple[str, bool]]) -> None:
    found = reconciler.answer([Query(asked, "album")])[0]
    assert [(candidate.id, candidate.match) for candidate in found] == albums


def test_an_album_of_two_films_is_suggested_by_the_name_that_is_shown() -> None:
    """Where only pressings are linked, each to a film of its own, they may be called differently."""
    albums = [{"album_id": f"release:{n}", "title": title, "master_id": "master:9"} for n, title in ((91, "One"), (92, "Two"))]
    reconciler = of(albums, [{"album_id": f"release:9{n}", "tmdb_id": str(n), "decision": "accept"} for n in (1, 2)])
    assert [(c.id, c.name) for c in reconciler.suggest("one")] == [("master:9", "One")]
    assert reconciler.suggest("two") == []
