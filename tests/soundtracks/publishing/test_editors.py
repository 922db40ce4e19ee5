"""Statements for Wikidata by QuickStatements' own grammar, and MusicBrainz' forms."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest

from soundtracks.publishing.catalogue import DECISIONS, Catalogue
from soundtracks.publishing.editors import MUSICBRAINZ_COLUMNS, works, write_musicbrainz, write_quickstatements
from soundtracks.publishing.options import Options
from soundtracks.records import ALBUMS, FILMS, LINKS
from tests.hostile.quickstatements import Command, read_version_2, read_version_3
from tests.hostile.texts import TEXTS

FILM = {"tmdb_id": "348", "title": "Alien", "year": 1979, "wikidata_id": "Q103569", "imdb_id": "tt0078748"}
RELEASE = {"album_id": "release:5", "title": "Alien OST", "artist": "Jerry Goldsmith", "year": 1999, "master_id": "master:1"}


def one(
    film: dict[str, Any] | None = None,
    album: dict[str, Any] | None = None,
    link: dict[str, Any] | None = None,
    person: bool = False,
) -> Catalogue:
    row = {"album_id": (album or RELEASE)["album_id"], "tmdb_id": "348", "decision": "accept", "probability": 0.995} | (
        link or {}
    )
    word = {"album_id": row["album_id"], "tmdb_id": "348", "decision": "accept", "by": "ann", "at": "2026"}
    return Catalogue(
        pa.Table.from_pylist([FILM | (film or {})], FILMS),
        pa.Table.from_pylist([album or RELEASE], ALBUMS),
        pa.Table.from_pylist([row], LINKS),
        pa.Table.from_pylist([word] if person else [], DECISIONS),
    )


def statements(catalogue: Catalogue, options: Options | None = None) -> list[str]:
    return write_quickstatements(catalogue, options or Options()).decode().splitlines()


def test_an_accepted_link() -> None:
    assert statements(one(album=RELEASE | {"first_year": 1979}), Options(retrieved=date(2026, 11, 1))) == [
        "CREATE",
        'LAST\tLen\t"Alien OST"',
        'LAST\tDen\t"soundtrack album of the film Alien (1979)"',
        'LAST\tP31\tQ4176708\tS248\tQ504063\tS854\t"https://www.discogs.com/master/1"\tS813\t+2026-11-01T00:00:00Z/11',
        'LAST\tP1954\t"1"',
        'LAST\tP577\t+1979-00-00T00:00:00Z/9\tS248\tQ504063\tS854\t"https://www.discogs.com/master/1"'
        "\tS813\t+2026-11-01T00:00:00Z/11",
        'Q103569\tP406\tLAST\tS887\tQ1266546\tS248\tQ504063\tS854\t"https://www.discogs.com/master/1"'
        "\tS813\t+2026-11-01T00:00:00Z/11",
    ]


def test_a_release_without_a_master_has_the_release_id() -> None:
    assert 'LAST\tP2206\t"5"' in statements(one(album=RELEASE | {"master_id": "0"}))


def test_a_persons_decision_needs_no_probability_and_is_no_heuristic() -> None:
    lines = statements(one(link={"probability": 0.3, "decision": "review"}, person=True))
    assert lines[-1].startswith("Q103569\tP406\tLAST\tS248")


@pytest.mark.parametrize(
    "catalogue",
    [
        one(link={"probability": 0.98}),
        one(link={"decision": "review"}),
        one(film={"wikidata_id": None}),
        one(film={"wikidata_id": "Q0"}),
        one(film={"wikidata_id": "Q1\tP31\tQ5"}),
        one(album=RELEASE | {"album_id": "mb:x", "master_id": None}),
        one(album=RELEASE | {"title": None}),
        one(album=RELEASE | {"title": " \x00\n"}),
    ],
)
def test_not_for_wikidata(catalogue: Catalogue) -> None:
    assert statements(catalogue) == []


@pytest.mark.parametrize("read", [read_version_2, read_version_3])
@pytest.mark.parametrize("name", TEXTS)
def test_a_batch_holds_exactly_the_statements_meant_whatever_the_titles(name: str, read: Callable[[str], list[Command]]) -> None:
    title = TEXTS[name]
    hostile = one(album=RELEASE | {"title": title, "artist": title}, film={"title": title})
    batch = write_quickstatements(hostile, Options()).decode()
    if name in UNREADABLE:
        assert batch == ""
        return
    found = read(batch)
    assert [(c.what, c.entity, c.key) for c in found] == [
        ("create", "", ""),
        ("label", "LAST", "en"),
        ("description", "LAST", "en"),
        ("statement", "LAST", "P31"),
        ("statement", "LAST", "P1954"),
        ("statement", "Q103569", "P406"),
    ]
    assert all(0 < len(c.value) <= 250 for c in found[1:])
    assert [c.value for c in found[3:]] == ["Q4176708", "1", "LAST"]


#: Nothing is to be seen of these: they are no label.
UNREADABLE = ("only-unseen", "only-blanks")


def test_bars_and_quotes_stay_readable() -> None:
    batch = write_quickstatements(one(album=RELEASE | {"title": 'Kill | Speed "Live"'}), Options()).decode()
    assert read_version_3(batch)[1].value == 'Kill ¦ Speed "Live"'


@pytest.mark.parametrize("name", TEXTS)
def test_a_search_at_musicbrainz_is_one_phrase(name: str) -> None:
    data = write_musicbrainz(one(album=RELEASE | {"title": TEXTS[name], "artist": TEXTS[name]}), Options()).decode("utf-8-sig")
    for row in csv.DictReader(io.StringIO(data, newline="")):
        query = parse_qs(urlsplit(row["look_up"]).query)["query"][0]
        assert re.fullmatch(r'releasegroup:"(?:[^"\\]|\\.)*" AND secondarytype:soundtrack', query)
        form = parse_qs(urlsplit(row["add"]).query, keep_blank_values=True)
        assert list(form) == [
            "edit-release-group.name",
            "edit-release-group.primary_type_id",
            "edit-release-group.secondary_type_ids",
            "edit-release-group.artist_credit.names.0.name",
            "edit-release-group.url.0.text",
            "edit-release-group.url.1.text",
        ]
        assert row["imdb_url"] == "https://www.imdb.com/title/tt0078748/"


def accepted(*albums: tuple[dict[str, Any], float]) -> Catalogue:
    """Albums of one film, each accepted with this probability."""
    links = [
        {"album_id": album["album_id"], "tmdb_id": FILM["tmdb_id"], "decision": "accept", "probability": probability}
        for album, probability in albums
    ]
    return Catalogue(
        pa.Table.from_pylist([FILM], FILMS),
        pa.Table.from_pylist([album for album, _ in albums], ALBUMS),
        pa.Table.from_pylist(links, LINKS),
    )


def test_editions_of_a_master_are_one_work(catalogue: Catalogue) -> None:
    second = RELEASE | {"album_id": "release:6", "title": "Alien, again"}
    both = accepted((RELEASE, 0.9), (second, 0.95))
    assert [(w.id, w.title, w.year, w.probability) for w in works(both)] == [("master:1", "Alien, again", None, 0.95)]
    assert [w.id for w in works(catalogue)] == ["master:1", "master:20", "release:4"]


def test_a_work_is_named_as_its_master() -> None:
    master = RELEASE | {"album_id": "master:1", "title": "Alien", "master_id": None, "first_year": 1979}
    both = accepted((master, 0.9), (RELEASE, 0.999))
    assert [(w.title, w.year, w.probability) for w in works(both)] == [("Alien", 1979, 0.999)]


def test_albums_of_two_films_are_left_to_editors() -> None:
    two = Catalogue(
        pa.Table.from_pylist([FILM, FILM | {"tmdb_id": "679", "title": "Aliens"}], FILMS),
        pa.Table.from_pylist([RELEASE], ALBUMS),
        pa.Table.from_pylist([{"album_id": "release:5", "tmdb_id": i, "decision": "accept"} for i in ("348", "679")], LINKS),
    )
    assert works(two) == []


def test_musicbrainz(catalogue: Catalogue) -> None:
    rows = list(csv.DictReader(io.StringIO(write_musicbrainz(catalogue, Options()).decode("utf-8-sig"), newline="")))
    assert list(rows[0]) == list(MUSICBRAINZ_COLUMNS)
    first = rows[0]
    assert (first["album_title"], first["first_year"], first["imdb_url"]) == (
        "Alien (Original Soundtrack)",
        "1979",
        "https://www.imdb.com/title/tt0078748/",
    )
    form = urlsplit(first["add"])
    assert (form.scheme, form.netloc, form.path) == ("https", "musicbrainz.org", "/release-group/create")
    assert parse_qs(form.query) == {
        "edit-release-group.name": ["Alien (Original Soundtrack)"],
        "edit-release-group.primary_type_id": ["1"],
        "edit-release-group.secondary_type_ids": ["2"],
        "edit-release-group.artist_credit.names.0.name": ["Jerry Goldsmith"],
        "edit-release-group.url.0.text": ["https://www.discogs.com/master/1"],
        "edit-release-group.url.1.text": ["https://www.imdb.com/title/tt0078748/"],
    }
    assert parse_qs(urlsplit(rows[2]["add"]).query)["edit-release-group.name"] == ['He said "|" and left']


def test_nothing_found(empty: Catalogue) -> None:
    assert write_quickstatements(empty, Options()) == b""
    assert write_musicbrainz(empty, Options()).decode().strip() == ",".join(MUSICBRAINZ_COLUMNS)
