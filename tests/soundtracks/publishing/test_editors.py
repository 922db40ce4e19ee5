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
from soundtracks.publishing.credits import VARIOUS_ARTISTS_ID
from soundtracks.publishing.editors import works
from soundtracks.publishing.musicbrainz import MUSICBRAINZ_COLUMNS, write_musicbrainz
from soundtracks.publishing.options import Options
from soundtracks.publishing.quickstatements import write_quickstatements
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
    ]


ITEM = {"wikidata_id": "Q5555", "master_id": "master:1"}
GROUP = "0a1b2c3d-0000-4000-8000-000000000078"
SOURCE = 'S248\tQ504063\tS854\t"https://www.discogs.com/master/1"'
TO_THE_FILM = f"Q103569\tP406\tQ5555\tS887\tQ1266546\t{SOURCE}"


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, [TO_THE_FILM, f'Q5555\tP1954\t"1"\t{SOURCE}']),
        ({"wikidata_has": ["master:1"]}, [TO_THE_FILM]),
        ({"wikidata_has": ["Q103569"]}, [f'Q5555\tP1954\t"1"\t{SOURCE}']),
        ({"wikidata_has": ["Q103569", "master:1"]}, []),
        (
            {"wikidata_has": ["Q103569", "master:1"], "musicbrainz_id": GROUP},
            [f'Q5555\tP436\t"{GROUP}"\tS248\tQ14005'],
        ),
        ({"wikidata_has": ["Q103569", "master:1", GROUP], "musicbrainz_id": GROUP}, []),
    ],
)
def test_an_album_that_has_an_item_gets_what_that_lacks(known: dict[str, Any], expected: list[str]) -> None:
    assert statements(one(album=RELEASE | ITEM | known)) == expected


def test_no_item_is_made_where_the_films_item_has_an_album_that_nobody_ties_to_discogs() -> None:
    assert statements(one(film={"untied_soundtracks": ["Q77"]})) == []
    assert statements(one(film={"untied_soundtracks": ["Q77"]}, album=RELEASE | ITEM)) != []


def test_editions_that_name_two_items_name_none() -> None:
    editions = [RELEASE | {"album_id": f"release:{n}", "wikidata_id": item} for n, item in ((5, "Q1"), (6, "Q2"), (7, None))]
    assert [work.wikidata_id for work in works(accepted(*((album, 0.9) for album in editions)))] == [None]
    assert [work.wikidata_id for work in works(accepted((editions[0], 0.9), (editions[2], 0.99)))] == ["Q1"]


def created(catalogue: Catalogue) -> list[tuple[str, str]]:
    """(label, description) of each item that a batch creates, as QuickStatements 3 reads them."""
    commands = read_version_3(write_quickstatements(catalogue, Options()).decode())
    labels = [command.value for command in commands if command.what == "label"]
    return list(zip(labels, [command.value for command in commands if command.what == "description"], strict=True))


def albums_of_alien(*albums: dict[str, Any]) -> Catalogue:
    named = [{"album_id": f"master:{n}", "title": "Alien"} | album for n, album in enumerate(albums, 1)]
    return accepted(*((album, 0.999) for album in named))


def test_no_two_items_have_one_label_and_description() -> None:
    film = "soundtrack album of the film Alien (1979)"
    assert created(albums_of_alien({}, {"title": "Alien: Score"})) == [("Alien", film), ("Alien: Score", film)]
    assert created(albums_of_alien({"artist": "Jerry Goldsmith (2)"}, {"artist": "Various"})) == [
        ("Alien", f"{film} by Jerry Goldsmith"),
        ("Alien", f"{film} by Various Artists"),
    ]
    by = {"artist": "Jerry Goldsmith"}
    assert created(albums_of_alien(by | {"first_year": 1979}, by | {"first_year": 2007}, {"title": "ALIEN"})) == [
        ("Alien", f"1979 {film} by Jerry Goldsmith"),
        ("Alien", f"2007 {film} by Jerry Goldsmith"),
        ("ALIEN", film),
    ]
    assert created(albums_of_alien(by, by)) == [
        ("Alien", f"Discogs master 1, {film} by Jerry Goldsmith"),
        ("Alien", f"Discogs master 2, {film} by Jerry Goldsmith"),
    ]


@pytest.mark.parametrize("end", ["", "\u200b", " ", "|", '""'])
def test_nor_where_they_differ_behind_what_wikibase_cuts_or_nobody_sees(end: str) -> None:
    long = {"title": "A" * 300, "artist": "B" * 300}
    made = created(albums_of_alien(long, long | {"title": "A" * 300 + end}, long | {"title": "A" * 260}))
    assert len(made) == len({(label.casefold(), text.casefold()) for label, text in made}) == 3


def test_last_is_never_a_value(catalogue: Catalogue) -> None:
    commands = read_version_3(write_quickstatements(catalogue, Options(wikidata_probability=0)).decode())
    assert commands
    assert all(command.value != "LAST" for command in commands)


def test_a_release_without_a_master_has_the_release_id() -> None:
    assert 'LAST\tP2206\t"5"' in statements(one(album=RELEASE | {"master_id": "0"}))


def test_a_persons_decision_needs_no_probability_and_is_no_heuristic() -> None:
    lines = statements(one(album=RELEASE | ITEM, link={"probability": 0.3, "decision": "review"}, person=True))
    assert lines[0].startswith("Q103569\tP406\tQ5555\tS248")


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
    ]
    assert all(0 < len(c.value) <= 250 for c in found[1:])
    assert [c.value for c in found[3:]] == ["Q4176708", "1"]


#: Nothing is to be seen of these: they are no label.
UNREADABLE = ("only-unseen", "only-blanks", "max-code-point")


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
        assert [name for name in form if ".artist_credit." not in name] == [
            "edit-release-group.name",
            "edit-release-group.primary_type_id",
            "edit-release-group.secondary_type_ids",
            "edit-release-group.url.0.text",
            "edit-release-group.url.1.text",
        ]
        assert all(value.strip() for values in form.values() for value in values)
        assert max(len(row["look_up"]), len(row["add"])) < 20_000
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
        "edit-release-group.artist_credit.names.0.artist.name": ["Jerry Goldsmith"],
        "edit-release-group.url.0.text": ["https://www.discogs.com/master/1"],
        "edit-release-group.url.1.text": ["https://www.imdb.com/title/tt0078748/"],
    }
    assert parse_qs(urlsplit(rows[2]["add"]).query)["edit-release-group.name"] == ['He said "|" and left']


def test_nothing_found(empty: Catalogue) -> None:
    assert write_quickstatements(empty, Options()) == b""
    assert write_musicbrainz(empty, Options()).decode().strip() == ",".join(MUSICBRAINZ_COLUMNS)


def musicbrainz(catalogue: Catalogue) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(write_musicbrainz(catalogue, Options()).decode("utf-8-sig"), newline="")))


def credit_of(album: dict[str, Any], composers: list[str] | None = None) -> dict[str, str]:
    (row,) = musicbrainz(one(film={"composers": composers or []}, album=RELEASE | album))
    start = "edit-release-group."
    form = {name.removeprefix(start): value for name, (value,) in parse_qs(urlsplit(row["add"]).query).items()}
    return {name.removeprefix("artist_credit."): value for name, value in form.items() if name.startswith("artist")}


def test_musicbrainz_gets_people_one_by_one() -> None:
    assert credit_of(
        {"artist": "J. Williams* & London Symphony Orchestra", "artist_names": ["John Williams (4)", "London Symphony Orchestra"]}
    ) == {
        "names.0.name": "J. Williams",
        "names.0.artist.name": "John Williams",
        "names.0.join_phrase": " & ",
        "names.1.name": "London Symphony Orchestra",
        "names.1.artist.name": "London Symphony Orchestra",
    }
    assert credit_of({"artist": "Various"}) == {
        "artist": VARIOUS_ARTISTS_ID,
        "names.0.name": "Various Artists",
        "names.0.artist.name": "Various Artists",
        "names.0.mbid": VARIOUS_ARTISTS_ID,
    }
    assert credit_of({"artist": None}) == {}


@pytest.mark.parametrize(
    ("has", "lacks", "urls"),
    [
        (["master:1", "tt0078748"], None, []),
        (["master:1"], "imdb", ["https://www.imdb.com/title/tt0078748/"]),
        (["tt0078748"], "discogs", ["https://www.discogs.com/master/1"]),
        (None, "discogs, imdb", ["https://www.discogs.com/master/1", "https://www.imdb.com/title/tt0078748/"]),
    ],
)
def test_of_a_known_release_group_only_what_it_lacks_is_proposed(
    has: list[str] | None, lacks: str | None, urls: list[str]
) -> None:
    rows = musicbrainz(one(album=RELEASE | {"musicbrainz_id": GROUP, "musicbrainz_has": has}))
    if lacks is None:
        assert rows == []
        return
    (row,) = rows
    assert (row["lacks"], row["look_up"], row["release_group"]) == (lacks, "", f"https://musicbrainz.org/release-group/{GROUP}")
    form = urlsplit(row["add"])
    assert form.path == f"/release-group/{GROUP}/edit"
    assert parse_qs(form.query) == {f"edit-release-group.url.{n}.text": [url] for n, url in enumerate(urls)}


@pytest.mark.parametrize("title", ['Music From "Heat"', "He said “no”", 'a\\"b', '"'])
def test_quotes_do_not_break_the_look_up(title: str) -> None:
    (row,) = musicbrainz(one(album=RELEASE | {"title": title}))
    query = parse_qs(urlsplit(row["look_up"]).query)["query"][0]
    assert query.count('"') == 2
    assert not set(query) & set("\\“”")
