"""Albums of films that are not in the list: the report says whose they are."""

import json
import re
from html import unescape
from typing import Any

import pyarrow as pa
import pytest

from soundtracks.metrics import RunMetrics
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.works import album_links
from soundtracks.records import ALBUMS, FILMS, LINKS
from soundtracks.reporting.outside import Outside, albums_outside
from soundtracks.reporting.report import render_report

SERIES = {"value": "The X-Files (series, 1993)", "level": "a television series", "weight": -9.0}


def rival(probability: float, **more: Any) -> str:
    return json.dumps({"rival": SERIES | {"tmdb_id": "tv:4087", "probability": probability} | more})


def catalogue(*links: dict[str, Any]) -> Catalogue:
    films = [
        {"tmdb_id": "846", "title": "The X Files", "year": 1998, "listed": True},
        {"tmdb_id": "tv:4087", "title": "The X-Files", "year": 1993, "listed": False},
        {"tmdb_id": "438631", "title": "Dune", "year": 2021, "listed": False},
    ]
    albums = [{"album_id": f"release:{n}", "title": f"Album {n}"} for n in range(1, 1 + len(links))]
    rows = [{"album_id": f"release:{n}", "decision": "reject"} | link for n, link in enumerate(links, 1)]
    tables = ((films, FILMS), (albums, ALBUMS), (rows, LINKS))
    return Catalogue(*(pa.Table.from_pylist(some, schema) for some, schema in tables))


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ({"evidence": rival(0.9)}, "The X-Files (series, 1993)"),
        ({"tmdb_id": "846", "probability": 0.02, "evidence": rival(0.9)}, "The X-Files (series, 1993)"),
        ({"tmdb_id": "438631", "decision": "accept", "probability": 0.98}, "Dune (2021)"),  # a film of another list
        ({"tmdb_id": "438631", "probability": 0.02}, None),
        ({"evidence": rival(0.4)}, None),
        ({"tmdb_id": "846", "decision": "review", "probability": 0.3, "evidence": rival(0.7)}, None),  # a person decides
        ({"tmdb_id": "846", "decision": "accept", "probability": 0.9, "evidence": rival(0.05)}, None),
        ({"evidence": None}, None),
        ({"evidence": "no JSON"}, None),
        ({"evidence": "[1]"}, None),
        ({"evidence": '{"rival": {"tmdb_id": 7, "probability": 1}}'}, None),
    ],
)
def test_whose_album_it_is(link: dict[str, Any], name: str | None) -> None:
    found = catalogue(link)
    names = [film.name for film in albums_outside(album_links(found.view), set(found.rivals["tmdb_id"].to_pylist()))]
    assert names == ([] if name is None else [name])


def test_films_with_most_albums_come_first() -> None:
    found = catalogue({"tmdb_id": "438631", "probability": 0.9}, {"evidence": rival(0.9)}, {"evidence": rival(0.8)})
    url = "https://www.discogs.com/release/{}"
    assert albums_outside(album_links(found.view), {"438631"}) == [
        Outside(
            "The X-Files (series, 1993)",
            "https://www.themoviedb.org/tv/4087",
            [("Album 2", url.format(2)), ("Album 3", url.format(3))],
        ),
        Outside("Dune (2021)", "https://www.themoviedb.org/movie/438631", [("Album 1", url.format(1))]),
    ]


def test_the_report_says_so(metrics: RunMetrics) -> None:
    attack = rival(0.9, value="<img src=x> (series, 1993)", tmdb_id="tv:1")
    html = render_report(catalogue({"evidence": rival(0.9)}, {"evidence": rival(0.9)}, {"evidence": attack}), metrics)
    (section,) = re.findall(r'<section id="outside".*?</section>', html, re.S)
    text = " ".join(unescape(re.sub("<[^>]*>", " ", section)).split())
    assert "2 albums belong to The X-Files (series, 1993) , which is not in the list: Album 1 , Album 2" in text
    assert "<img" not in section
    assert 'href="https://www.themoviedb.org/tv/4087"' in section
    assert 'id="outside"' not in render_report(catalogue({"evidence": None}), metrics)
