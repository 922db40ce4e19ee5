"""The step before the match on a real Prefect server: TMDB is asked where a decision hangs on it, and the match knows."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from prefect import flow

from sandbox import tmdb
from sandbox.catalogue import Broadcast, Catalogue, Collection, Person, load_catalogue
from sandbox.faults import Fault
from sandbox.serve import serving
from sandbox.tmdb import Tmdb as TmdbService
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.matching.pipeline import match
from soundtracks.metrics import SourceMetrics
from soundtracks.records import ALBUMS, FILMS
from soundtracks.settings import get_settings
from soundtracks.sources.models import Extracted
from tasks import ask_in_doubt as module
from tasks.ask_in_doubt import added, ask_in_doubt

pytestmark = [pytest.mark.server, pytest.mark.slow]

COMPOSED = "Original Music Composer"
LABELS = {"genres": ["Electronic", "Stage & Screen"], "styles": ["Soundtrack", "Score"], "formats": ["CD", "Album"]}
FILM_ROWS: list[dict[str, Any]] = [
    {"tmdb_id": "846", "title": "The X-Files", "year": 1998, "composers": ["Mark Snow"], "listed": True},
    {
        "tmdb_id": "1923",
        "title": "Twin Peaks: Fire Walk with Me",
        "year": 1992,
        "composers": ["Angelo Badalamenti"],
        "listed": True,
    },
    {"tmdb_id": "11", "title": "Star Wars", "year": 1977, "composers": ["John Williams"], "popularity": 100.0, "listed": True},
    {"tmdb_id": "429200", "title": "Good Time", "year": 2017, "composers": ["Daniel Lopatin"], "listed": True},
]
ALBUM_ROWS: list[dict[str, Any]] = [
    {"album_id": "release:1", "title": "Music From The X-Files", "artist": "Mark Snow", "year": 1997} | LABELS,
    {"album_id": "release:2", "title": "The X-Files", "artist": "Mark Snow", "year": 1998} | LABELS,
    {"album_id": "release:3", "title": "Music From Twin Peaks", "artist": "Angelo Badalamenti", "year": None} | LABELS,
    {"album_id": "release:4", "title": "Twin Peaks - Fire Walk With Me", "artist": "Angelo Badalamenti", "year": 1992} | LABELS,
    {"album_id": "release:5", "title": "Star Wars / The Empire Strikes Back", "artist": "John Williams", "year": 1980} | LABELS,
    {"album_id": "release:6", "title": "Star Wars", "artist": "John Williams", "year": 1977} | LABELS,
    {"album_id": "release:7", "title": "Good Time", "artist": "Oneohtrix Point Never", "year": None},
]
OWN = {"release:2": "846", "release:4": "1923", "release:6": "11"}


def world() -> Catalogue:
    sample = {film.tmdb_id: film for film in load_catalogue().films}
    made = (
        replace(sample[11], tmdb_id=int(row["tmdb_id"]), title=row["title"], composers=((row["composers"][0], COMPOSED),))
        for row in FILM_ROWS
        if row["tmdb_id"] != "11"
    )
    episodes = {1893: "Star Wars: Episode I - The Phantom Menace", 1894: "Star Wars: Episode II - Attack of the Clones"}
    later = (
        replace(sample[11], tmdb_id=one, imdb_id=f"tt000{one}", title=title, original_title=title, release_date="2000-05-19")
        for one, title in episodes.items()
    )
    series = (
        Broadcast("series", 4087, "tt0106179", "The X-Files", "1993-09-10", 120.0, "2018-03-21", (("Mark Snow", COMPOSED),)),
        Broadcast(
            "series", 1920, "tt0098936", "Twin Peaks", "1990-04-08", 40.0, "1991-06-10", (("Angelo Badalamenti", COMPOSED),)
        ),
    )
    return Catalogue(
        films=(*made, *later, sample[11], sample[1891], sample[1892]),
        albums=(),
        broadcasts=series,
        collections=(Collection(10, "Star Wars Collection", (11, 1891, 1892, *episodes)),),
        people=(Person("Daniel Lopatin", "Daniel Lopatin", ("Oneohtrix Point Never",)),),
    )


@pytest.fixture
def service(prefect_server: None, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Iterator[TmdbService]:
    made = tmdb.tmdb_app(rate=6000, catalogue=world())
    with serving(made) as url:
        for name, value in {
            "LAKE_URL": lake.url,
            "TMDB_TOKEN": tmdb.TOKEN,
            "TMDB_BASE_URL": f"{url}/3",
            "EXTRACT_CIRCUIT": "8",
        }.items():
            monkeypatch.setenv(f"SOUNDTRACKS_{name}", value)
        monkeypatch.setattr(module.settle_batch, "retry_delay_seconds", 0)
        monkeypatch.setattr("soundtracks.sources.http.BACKOFF", lambda _state: 0.0)
        get_settings.cache_clear()
        yield made
    get_settings.cache_clear()


def published(lake: Lake) -> tuple[Extracted, DatasetRef]:
    films = lake.publish_table("silver/films", pa.Table.from_pylist(FILM_ROWS, FILMS))
    albums = lake.publish_table("silver/albums", pa.Table.from_pylist(ALBUM_ROWS, ALBUMS))
    return Extracted(ref=films, metrics=SourceMetrics(requests=8, cache_hits=1, rivals=0), failures=[], failed=0), albums


@flow
def step(found: Extracted, albums: DatasetRef) -> Extracted:
    return ask_in_doubt(found, found.ref, albums, "run-1")


def links_of(films: pa.Table) -> dict[str, dict[str, Any]]:
    links, _ = match(films, pa.Table.from_pylist(ALBUM_ROWS, ALBUMS), engine="local")
    return {row["album_id"]: row for row in links.to_pylist()}


def accepted(links: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {album: row["tmdb_id"] for album, row in links.items() if row["decision"] == "accept"}


def test_albums_of_a_series_and_of_another_part_are_not_linked_and_a_stage_name_is(service: TmdbService, lake: Lake) -> None:
    found, albums = published(lake)
    before = accepted(links_of(lake.read_table(found.ref)))
    assert before.items() >= OWN.items()
    assert {"release:1", "release:3"} <= before.keys(), "without rivals they are taken for the films'"
    assert "release:7" not in before

    asked = step(found, albums)
    films = lake.read_table(asked.ref)
    assert films.filter(pc.invert(films["listed"]))["tmdb_id"].to_pylist() == [
        "1891",
        "1892",
        "1893",
        "1894",
        "tv:1920",
        "tv:4087",
    ]
    links = links_of(films)
    assert accepted(links) == OWN | {"release:7": "429200"}
    rivals = {album: json.loads(links[album]["evidence"])["rival"] for album in ("release:1", "release:3", "release:5")}
    assert {album: (rival["value"], rival["level"]) for album, rival in rivals.items()} == {
        "release:1": ("The X-Files (series, 1993)", "a television series"),
        "release:3": ("Twin Peaks (series, 1990)", "a television series"),
        "release:5": ("The Empire Strikes Back (1980)", "a film outside the list"),
    }
    assert "= oneohtrix point never" in json.loads(links["release:7"]["evidence"])["credit"]["value"]

    urls = [request.url.split("?")[0].removeprefix("/3/") for request in service.log.requests]
    assert asked.metrics.requests == 8 + len(urls)
    assert asked.metrics.doubts == 4
    assert sum("search/tv" in url or "tv/" in url or "collection/" in url for url in urls) >= 5
    assert (asked.metrics.alias_requests, asked.metrics.rivals) == (1, 6)

    service.log.clear()
    again = step(found, albums)
    assert again.ref == asked.ref
    assert service.log.count() == 0, "kept answers"


def test_where_tmdb_fails_the_films_stay_as_they_are_and_the_next_run_asks_for_the_rest(service: TmdbService, lake: Lake) -> None:
    found, albums = published(lake)
    service.faults.add(Fault(path="/person/", status=503, times=None))
    partly = step(found, albums)
    rows = {row["tmdb_id"]: row for row in lake.read_table(partly.ref).to_pylist()}
    assert "tv:4087" in rows
    assert rows["429200"]["composer_aliases"] is None
    assert partly.failures == [], "no title is without its film for that"
    service.faults.clear()
    service.log.clear()
    whole = step(found, albums)
    assert [request.url.split("?")[0].rpartition("/")[0] for request in service.log.requests] == ["/3/person"]
    assert {row["tmdb_id"]: row for row in lake.read_table(whole.ref).to_pylist()}["429200"]["composer_aliases"]


def test_open_data_asks_nobody(service: TmdbService, lake: Lake) -> None:
    found, albums = published(lake)
    of_dumps = found.model_copy(update={"metrics": SourceMetrics(plan="cc0")})
    assert step(of_dumps, albums) == of_dumps
    assert service.log.count() == 0


def test_more_than_memory_holds_is_not_looked_at(
    service: TmdbService, lake: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "available_memory", lambda: 1 << 30)
    found, albums = published(lake)
    assert step(found, albums) == found
    assert service.log.count() == 0
    assert "too many to look here" in caplog.text


def test_counts_of_two_steps() -> None:
    one = SourceMetrics(requests=3, cache_hits=1, rivals=2, rival_requests=1, plan="search")
    two = SourceMetrics(requests=2, wait_seconds=0.5, alias_requests=1)
    assert added(one, two) == SourceMetrics(
        requests=5, cache_hits=1, wait_seconds=0.5, rivals=2, rival_requests=1, alias_requests=1, plan="search"
    )
