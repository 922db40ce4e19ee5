"""The JSON by TMDB id, and the JSON-LD as a JSON-LD processor understands it."""

import json
from typing import Any

import pytest
from pyld import jsonld

from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.documents import write_by_tmdb_id, write_jsonld
from soundtracks.publishing.options import Options

SCHEMA = "https://schema.org/"
ALIEN, ALBUM = "https://www.themoviedb.org/movie/348", "https://www.discogs.com/master/1"


@pytest.fixture
def no_network() -> dict[str, Any]:
    def refuse(url: str, _: object) -> None:
        raise AssertionError(f"asked the network for {url}")

    return {"documentLoader": refuse, "base": "https://example.org/"}


def test_by_tmdb_id(catalogue: Catalogue) -> None:
    document = json.loads(write_by_tmdb_id(catalogue, Options()))
    assert list(document["films"]) == ["10", "194", "348"]
    assert document["films"]["348"] == {
        "title": "Alien",
        "year": 1979,
        "imdb_id": "tt0078748",
        "wikidata_id": "Q103569",
        "albums": [
            {
                "album_id": "master:1",
                "title": "Alien (Original Soundtrack)",
                "artist": "Jerry Goldsmith",
                "year": 1979,
                "url": ALBUM,
                "musicbrainz_id": None,
                "wikidata_id": None,
                "probability": 0.998,
                "decided_by": "model",
                "pressings": [],
            }
        ],
    }
    (amelie,) = document["films"]["194"]["albums"]
    assert (amelie["decided_by"], amelie["album_id"]) == ("person", "master:20")
    assert [pressing["album_id"] for pressing in amelie["pressings"]] == ["release:2"]
    assert document["notices"][0] == "Data provided by Discogs. https://www.discogs.com"


def test_jsonld_expands_to_schema_org(catalogue: Catalogue, no_network: dict[str, Any]) -> None:
    nodes = {n["@id"]: n for n in jsonld.expand(json.loads(write_jsonld(catalogue, Options())), no_network)}
    film, album = nodes[ALIEN], nodes[ALBUM]
    assert film["@type"] == [f"{SCHEMA}Movie"]
    assert film[f"{SCHEMA}name"] == [{"@value": "Alien"}]
    assert film[f"{SCHEMA}sameAs"] == [
        {"@id": "https://www.imdb.com/title/tt0078748/"},
        {"@id": "http://www.wikidata.org/entity/Q103569"},
    ]
    assert album["@type"] == [f"{SCHEMA}MusicAlbum"]
    assert album[f"{SCHEMA}isBasedOn"] == [{"@id": ALIEN}]
    assert album[f"{SCHEMA}albumProductionType"] == [{"@id": f"{SCHEMA}SoundtrackAlbum"}]
    assert album[f"{SCHEMA}datePublished"] == [{"@value": "1979"}]


def test_jsonld_is_rdf(catalogue: Catalogue, no_network: dict[str, Any]) -> None:
    quads = jsonld.to_rdf(json.loads(write_jsonld(catalogue, Options())), no_network | {"format": "application/n-quads"})
    assert f"<{ALBUM}> <{SCHEMA}isBasedOn> <{ALIEN}> .\n" in quads
    assert "Q1|Q2" not in quads  # an id that is no address is left out
    assert quads.count(f"<{SCHEMA}hasPart>") == 6


def test_pressings_of_one_master_are_releases_of_one_album(pressed: Catalogue, no_network: dict[str, Any]) -> None:
    document = json.loads(write_jsonld(pressed, Options()))
    (album,) = (node for node in jsonld.expand(document, no_network) if node["@type"] == [f"{SCHEMA}MusicAlbum"])
    assert album["@id"] == ALBUM
    first, second = album[f"{SCHEMA}albumRelease"]
    assert [first["@id"], second["@id"]] == [f"https://www.discogs.com/release/{i}" for i in (11, 12)]
    assert first["@type"] == [f"{SCHEMA}MusicRelease"]
    assert first[f"{SCHEMA}musicReleaseFormat"] == [{"@id": f"{SCHEMA}VinylFormat"}]
    assert first[f"{SCHEMA}catalogNumber"] == [{"@value": "T-593"}]
    assert [release[f"{SCHEMA}numTracks"] for release in (first, second)] == [[{"@value": 2}], [{"@value": 26}]]
    assert first[f"{SCHEMA}recordLabel"][0][f"{SCHEMA}name"] == [{"@value": "20th Century Fox"}]
    assert first[f"{SCHEMA}releasedEvent"][0][f"{SCHEMA}location"][0][f"{SCHEMA}name"] == [{"@value": "US"}]
    (listed,) = json.loads(write_by_tmdb_id(pressed, Options()))["films"]["348"]["albums"]
    assert [listed["album_id"], listed["year"]] == ["master:1", 1979]
    assert listed["pressings"][0] == {
        "album_id": "release:11",
        "title": "Alien",
        "url": "https://www.discogs.com/release/11",
        "format": "Vinyl, LP",
        "country": "US",
        "label": "20th Century Fox",
        "catalogue_number": "T-593",
        "year": 1979,
        "tracks": 2,
    }


def test_an_album_without_master_is_its_own_and_only_release(catalogue: Catalogue, no_network: dict[str, Any]) -> None:
    nodes = jsonld.expand(json.loads(write_jsonld(catalogue, Options())), no_network)
    alone = next(node for node in nodes if node["@id"].endswith("/release/4"))
    (release,) = alone[f"{SCHEMA}albumRelease"]
    assert "@id" not in release
    assert release[f"{SCHEMA}url"] == [{"@id": "https://www.discogs.com/release/4"}]


def test_nothing_found(empty: Catalogue, no_network: dict[str, Any]) -> None:
    assert json.loads(write_by_tmdb_id(empty, Options()))["films"] == {}
    (dataset,) = jsonld.expand(json.loads(write_jsonld(empty, Options())), no_network)
    assert dataset["@type"] == [f"{SCHEMA}Dataset"]
