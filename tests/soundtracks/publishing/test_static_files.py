"""The catalogue as files by id: their schema, what is written again, the feed."""

import json
import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

from soundtracks.errors import LakeError
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.static_files import _WHOLE, _WRITTEN, SCHEMAS, Everything, forget_files, publish_static, static_files
from soundtracks.publishing.terms import Origin

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
FRESH, OPEN = Origin("discogs", NOW - timedelta(hours=1)), Origin("wikidata", None)
FILMS = ("348", "194", "9", "10")
ALBUMS = ("master:1", "release:2", "release:3", "release:4")


@pytest.fixture
def known(catalogue: Catalogue) -> Everything:
    times = {("master:1", "348"): NOW - timedelta(days=1), ("release:2", "194"): NOW}
    return Everything(catalogue, dict.fromkeys(FILMS, OPEN), dict.fromkeys(ALBUMS, FRESH), times)


def files_of(known: Everything, now: datetime = NOW) -> dict[str, bytes]:
    return dict(static_files(known, known.publishable(now)))


def documents(known: Everything, now: datetime = NOW) -> dict[str, Any]:
    return {name: json.loads(data) for name, data in files_of(known, now).items() if name.endswith(".json")}


def test_names_of_files(known: Everything) -> None:
    names = sorted(files_of(known))
    assert names == [
        "albums/discogs/master/1.json",
        "albums/discogs/master/20.json",
        "albums/discogs/release/2.json",
        "albums/discogs/release/4.json",
        "feed.atom",
        "films/imdb/tt0078748.json",
        "films/tmdb/10.json",
        "films/tmdb/194.json",
        "films/tmdb/348.json",
        "lidarr/api/v1/album",
        "lidarr/api/v1/artist",
        "lidarr/api/v1/qualityprofile",
        "lidarr/api/v1/rootfolder",
        "lidarr/api/v1/tag",
        "links.parquet",
        "links.sqlite",
        "schema/album.v1.json",
        "schema/film.v1.json",
    ]


def test_every_document_keeps_its_schema(known: Everything) -> None:
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
    late = NOW + timedelta(days=400)
    for now in (NOW, late):
        for name, document in documents(known, now).items():
            if not name.startswith("schema/"):
                Draft202012Validator(SCHEMAS[name.partition("/")[0].removesuffix("s")]).validate(document)


def test_a_film(known: Everything) -> None:
    document = documents(known)["films/tmdb/348.json"]
    (album,) = document.pop("albums")
    assert document == {
        "$schema": "/schema/film.v1.json",
        "version": 1,
        "film": {
            "tmdb_id": "348",
            "imdb_id": "tt0078748",
            "wikidata_id": "Q103569",
            "url": "https://www.themoviedb.org/movie/348",
            "title": "Alien",
            "year": 1979,
            "names": {"source": "wikidata", "retrieved_at": None, "until": None, "shown": True},
        },
        "licence": [
            "Data provided by Discogs. https://www.discogs.com",
            "This application uses Discogs' API but is not affiliated with, sponsored or endorsed by Discogs.",
            "Names from Discogs' data dumps and from Wikidata: CC0.",
            "Ids, links, decisions and probabilities are this catalogue's own.",
        ],
    }
    assert (album["album_id"], album["title"], album["decided_at"]) == (
        "master:1",
        "Alien (Original Soundtrack)",
        "2026-11-25T12:00:00Z",
    )
    assert album["names"] == {
        "source": "discogs",
        "retrieved_at": "2026-11-26T11:00:00Z",
        "until": "2026-11-26T17:00:00Z",
        "shown": True,
    }


def test_two_films_with_one_id_at_imdb_are_one_document_there(known: Everything) -> None:
    """348 and 10, and an album that is linked to both: it stands once, as the likelier."""
    both = [row | ({"imdb_id": "tt0078748"} if row["tmdb_id"] == "10" else {}) for row in known.catalogue.films.to_pylist()]
    rows = known.catalogue.links.to_pylist()
    links = [*rows, rows[0] | {"tmdb_id": "10", "probability": 0.9999}]
    catalogue = Catalogue(
        pa.Table.from_pylist(both, known.catalogue.films.schema),
        known.catalogue.albums,
        pa.Table.from_pylist(links, known.catalogue.links.schema),
    )
    names = [name for name, _ in static_files(replace(known, catalogue=catalogue), catalogue)]
    assert names.count("films/imdb/tt0078748.json") == 1
    assert len(set(names)) == len(names)
    document = documents(replace(known, catalogue=catalogue))["films/imdb/tt0078748.json"]
    assert document["film"]["tmdb_id"] == "10"
    assert [(album["album_id"], album["probability"]) for album in document["albums"]] == [
        ("master:1", 0.9999), ("release:4", 0.97)
    ]  # fmt: skip


def test_who_reviewed_stays_in_the_lake(known: Everything) -> None:
    files = files_of(known)
    assert all(b'"ann"' not in data for name, data in files.items() if name.endswith(".json"))
    assert set(pq.read_table(pa.BufferReader(files["links.parquet"]))["reviewer"].to_pylist()) == {"person 1", None}
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(files["links.sqlite"])
        assert database.execute("SELECT DISTINCT reviewer FROM decided_by_people").fetchall() == [("person 1",)]


def test_old_names_are_left_out(known: Everything) -> None:
    album = documents(known, NOW + timedelta(hours=7))["albums/discogs/master/1.json"]["album"]
    assert (album["title"], album["artist"], album["names"]["shown"], album["names"]["until"]) == (None, None, False, None)
    assert (album["url"], album["probability"]) == ("https://www.discogs.com/master/1", 0.998)


def test_only_what_changed_is_written(lake: Lake, known: Everything) -> None:
    first = publish_static(lake, known, NOW)
    assert (first.written, first.deleted, first.kept) == (18, 0, 0)
    before = {entry.name: lake.etag(entry.name) for entry in lake.list("public")}
    again = publish_static(lake, known, NOW + timedelta(hours=1))
    assert (again.written, again.deleted, again.kept) == (0, 0, 18)
    assert {entry.name: lake.etag(entry.name) for entry in lake.list("public")} == before
    links = known.catalogue.links
    fewer = Catalogue(
        known.catalogue.films,
        known.catalogue.albums,
        links.filter(pa.array([r != "master:1" for r in links["album_id"].to_pylist()])),
        known.catalogue.decisions,
    )
    less = publish_static(lake, replace(known, catalogue=fewer), NOW)
    assert less.deleted == 3
    assert not lake.exists("public/films/tmdb/348.json")
    index = lake.read_json("public/index.json")
    assert (index["films"], index["albums"], sorted(index["files"])) == (2, 2, ["feed.atom", "links.parquet", "links.sqlite"])


def test_every_file_is_known_as_one_of_ours(known: Everything) -> None:
    """Where the notes are gone, a file of a kind that is not named would never be deleted."""
    assert [name for name in files_of(known) if not name.startswith(_WRITTEN) and name not in _WHOLE] == []


def test_what_somebody_else_put_there_stays(lake: Lake, known: Everything) -> None:
    """A person who serves the folder has a page and a robots.txt in it."""
    theirs = [f"public/{name}" for name in ("index.html", "robots.txt", ".well-known/security.txt", "films/mine.json")]
    for name in theirs:
        lake.write_bytes(name, b"mine")
    lake.write_bytes("public/films/tmdb/999.json", b"of a publication whose notes are gone")
    assert publish_static(lake, known, NOW).deleted == 1
    forget_files(lake)
    assert publish_static(lake, known, NOW).deleted == 0
    assert [lake.read_bytes(name) for name in theirs] == [b"mine"] * 4


def test_a_publication_that_broke_off_is_made_good(lake: Lake, known: Everything, monkeypatch: pytest.MonkeyPatch) -> None:
    write, count = lake.write_bytes, iter(range(1_000))

    def fail_late(name: str, data: bytes) -> None:
        if next(count) > 6:
            raise LakeError("No space is left.")
        write(name, data)

    with monkeypatch.context() as patch:
        patch.setattr(lake, "write_bytes", fail_late)
        with pytest.raises(LakeError):
            publish_static(lake, known, NOW)
    publish_static(lake, known, NOW)
    assert {name: lake.read_bytes(f"public/{name}") for name in files_of(known)} == files_of(known)


def test_parquet_and_sqlite_hold_everything(known: Everything) -> None:
    files = files_of(known)
    assert pq.read_table(pa.BufferReader(files["links.parquet"])).num_rows == known.catalogue.view.num_rows
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(files["links.sqlite"])
        assert database.execute("SELECT count(*) FROM accepted").fetchone() == (3,)


ATOM = {"a": "http://www.w3.org/2005/Atom"}


def test_the_feed_tells_the_newest_first(known: Everything) -> None:
    feed = ET.fromstring(files_of(known)["feed.atom"])
    assert [e.findtext("a:title", "", ATOM) for e in feed.findall("a:entry", ATOM)] == [
        "Amélie (2001): Amélie",
        "Alien (1979): Alien (Original Soundtrack)",
    ]
    assert feed.findtext("a:updated", "", ATOM) == "2026-11-26T12:00:00Z"
    for required in ("id", "title", "updated", "author"):
        assert feed.find(f"a:{required}", ATOM) is not None
    assert len({e.findtext("a:id", "", ATOM) for e in feed.findall("a:entry", ATOM)}) == 2


def test_hostile_titles_leave_the_feed_well_formed(known: Everything) -> None:
    hostile = Everything(known.catalogue, known.films, known.albums, {("release:4", "10"): NOW})
    (entry,) = ET.fromstring(files_of(hostile)["feed.atom"]).findall("a:entry", ATOM)
    assert entry.findtext("a:title", "", ATOM) == "<script>alert('x')</script> (1999): He said \"|\" and left"


def test_nothing_found(empty: Catalogue) -> None:
    files = files_of(Everything(empty, {}, {}, {}))
    assert [n for n in files if n.startswith(("films/", "albums/"))] == []
    assert ET.fromstring(files["feed.atom"]).findtext("a:updated", "", ATOM) == "1970-01-01T00:00:00Z"
