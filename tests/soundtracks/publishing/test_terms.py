"""What may still be shown, by source and age."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.notices import OPEN_NOTICES
from soundtracks.publishing.options import Options
from soundtracks.publishing.outputs import render
from soundtracks.publishing.terms import Origin, publishable
from soundtracks.records import ALBUMS, FILMS, LINKS

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "age", "shown"),
    [
        ("discogs", timedelta(hours=5, minutes=59), True),
        ("discogs", timedelta(hours=6), False),
        ("discogs", None, False),
        ("discogs dump", timedelta(days=4_000), True),
        ("discogs dump", None, True),
        ("wikidata", None, True),
        ("tmdb", timedelta(days=181), True),
        ("tmdb", timedelta(days=183), False),
        ("tmdb dump", timedelta(days=183), False),
        ("tmdb", None, False),
        (None, timedelta(hours=1), True),
        (None, None, False),
        ("somebody's API", timedelta(hours=7), False),
    ],
)
def test_how_long_names_are_shown(source: str | None, age: timedelta | None, shown: bool) -> None:
    assert Origin(source, None if age is None else NOW - age).may_be_shown(NOW) is shown


def test_ids_and_decisions_stay_where_names_go(catalogue: Catalogue) -> None:
    fresh, old = Origin("discogs", NOW), Origin("discogs", NOW - timedelta(hours=7))
    films = dict.fromkeys(("348", "194", "9", "10"), Origin("wikidata", None)) | {"10": Origin("tmdb", None)}
    albums = {"master:1": old, "release:2": fresh, "release:3": fresh, "release:4": fresh}
    shown = publishable(catalogue, films, albums, NOW)
    rows = {row["album_id"]: row for row in shown.view.to_pylist()}
    before = {row["album_id"]: row for row in catalogue.view.to_pylist()}
    alien = rows["master:1"]
    assert (alien["album_title"], alien["album_artist"], alien["album_year"], alien["album_formats"]) == (None,) * 4
    assert (alien["film_title"], alien["decision"], alien["probability"]) == ("Alien", "accept", 0.998)
    evidence = json.loads(alien["evidence"])
    assert evidence["title"] == {"level": "equal", "weight": 8.25, "value": None}
    assert rows["release:4"]["film_title"] is None
    assert rows["release:4"]["album_title"] == before["release:4"]["album_title"]
    assert rows["release:2"] == before["release:2"]
    kept = ("album_id", "tmdb_id", "decision", "decided_by", "reviewer", "album_url", "film_url")
    assert [[row[name] for name in kept] for row in rows.values()] == [[row[name] for name in kept] for row in before.values()]


@pytest.mark.parametrize(("age", "shown"), [(timedelta(days=1), "Stale Rival (1982)"), (timedelta(days=400), None)])
def test_a_film_that_evidence_names_is_left_out_with_its_age(age: timedelta, shown: str | None) -> None:
    rival = {
        "value": "Stale Rival (1982)",
        "level": "a film outside the list",
        "weight": 0.0,
        "tmdb_id": "2",
        "title": "Stale Rival",
    }
    told = {"rival": rival, "title": {"value": 'x "rival"', "level": "equal", "weight": 9.0}}
    films = [{"tmdb_id": "1", "title": "Fresh"}, {"tmdb_id": "2", "title": "Stale Rival", "listed": False}]
    link = {"album_id": "release:1", "tmdb_id": "1", "decision": "reject", "evidence": json.dumps(told)}
    catalogue = Catalogue(
        pa.Table.from_pylist(films, FILMS),
        pa.Table.from_pylist([{"album_id": "release:1", "title": "x"}], ALBUMS),
        pa.Table.from_pylist([link], LINKS),
    )
    origins = {"1": Origin("tmdb", NOW), "2": Origin("tmdb", NOW - age)}
    (row,) = publishable(catalogue, origins, {"release:1": Origin("discogs dump")}, NOW).links.to_pylist()
    pieces = json.loads(row["evidence"])
    assert pieces["rival"]["value"] == shown
    assert ("Stale" in row["evidence"]) is (shown is not None)
    assert (pieces["rival"]["level"], pieces["rival"]["weight"]) == ("a film outside the list", 0.0)


def test_what_is_open_is_untouched(catalogue: Catalogue) -> None:
    ids = [*catalogue.films["tmdb_id"].to_pylist(), *catalogue.albums["album_id"].to_pylist()]
    every = dict.fromkeys(ids, Origin("discogs dump", None))
    assert publishable(catalogue, every, every, NOW) is catalogue


@pytest.mark.slow
def test_open_data_names_no_service_as_its_source(catalogue: Catalogue) -> None:
    files = dict(render(catalogue, Options(open_data=True)))
    for name in ("soundtracks-by-tmdb-id.json", "links.jsonld", "datasette.json", "links.parquet"):
        assert b"TMDB API" not in files[name], name
        assert b"CC0" in files[name], name
    assert json.loads(files["links.jsonld"])["@graph"][0]["license"] == "https://creativecommons.org/publicdomain/zero/1.0/"
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(files["links.sqlite"])
        assert [row[0] for row in database.execute("SELECT notice FROM notices ORDER BY position")] == list(OPEN_NOTICES)
