"""Levels of whole pairs; those of one thing are tested where they are found: test_people, test_title_levels, test_year_levels,
test_features."""

import pyarrow as pa
import pytest

from soundtracks.matching.blocking import PAIRS
from soundtracks.matching.coverage import UNKNOWN, Coverage
from soundtracks.matching.evidence import EVIDENCE, NAMES, NULL, Levels, compare, record_levels
from soundtracks.matching.features import album_features, film_features
from soundtracks.matching.grams import name_hash
from soundtracks.matching.renown import HALF_KNOWN, facts_levels
from soundtracks.matching.standards import NONE_KNOWN
from soundtracks.matching.trades import NOBODY, Hashes, film_composers
from soundtracks.records import ALBUMS, FILMS
from soundtracks.text import canonical


def label(name: str, level: int) -> str:
    return "unknown" if level == NULL else EVIDENCE[name][level]


def test_words_of_the_films_name_are_no_sign_against_it() -> None:
    albums = album_features(
        pa.Table.from_pylist(
            [{"album_id": str(n), "title": "Karaoke (Original Motion Picture Soundtrack)"} for n in range(2)], schema=ALBUMS
        )
    )
    assert [label("record", level) for level in record_levels(albums, ["karaoke", "grease"])] == ["unknown", "tribute or karaoke"]


def test_what_is_not_known_has_the_null_level() -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Home"}], schema=FILMS)
    albums = pa.Table.from_pylist([{"album_id": "a", "title": "Home"}], schema=ALBUMS)
    known = {name: label(name, int(level)) for name, level in zip(NAMES, compared(films, albums, "home")[0], strict=True)}
    assert {name for name, level in known.items() if level != "unknown"} == {
        *("title", "name", "soundtrack"),
        *("signs together", "title and signs", "none of these", "unmarked records", "facts known"),
    }
    assert known["soundtrack"] == "nothing said"
    assert known["facts known"] == "far fewer, alone of its name"
    assert known["none of these"] == "most known, no composer to compare"


def test_a_pair_of_records_compared() -> None:
    films = pa.Table.from_pylist(
        [
            {
                "tmdb_id": "78", "title": "Blade Runner", "year": 1982, "composers": ["Vangelis"], "performers": ["Harrison Ford"],
                "popularity": 60.0,
            }
        ],
        schema=FILMS,
    )  # fmt: skip
    albums = pa.Table.from_pylist(
        [
            {
                "album_id": "a", "title": "Blade Runner", "artist": "Vangelis", "year": 2013, "first_year": 1994,
                "genres": ["Electronic", "Stage & Screen"], "styles": ["Score"], "formats": ["Vinyl", "LP"],
            }
        ],
        schema=ALBUMS,
    )  # fmt: skip
    found = dict(zip(NAMES, compared(films, albums, "blade runner")[0].tolist(), strict=True))
    assert {name: label(name, level) for name, level in found.items()} == {
        "title": "equal",
        "name": "two words",
        "numeral": "unknown",
        "year": "unknown",  # the master's year says more
        "first year": "later by more than ten",
        "year in the title": "unknown",
        "article": "unknown",
        "credit": "composer",
        "performers": "unknown",
        "film id": "unknown",
        "soundtrack": "soundtrack style",
        "score": "by its style, composer",
        "record": "unknown",
        "style": "unknown",
        "song": "unknown",
        "artists of the title": "unknown",
        "format": "album",
        "tracks": "unknown",
        "label": "unknown",  # its styles say so already
        "titles named": "unknown",
        "films of one album": "unknown",
        "facts known": "fewer, alone of its name",
        "known to TMDB": "unknown",
        "time": "unknown",
        "popularity": "famous",
        "signs together": "equal title, labelled, composer, first released in another year",
        "whole title": "unknown",
        "part of a title": "unknown",
        "title and signs": "equal title, labelled, two words",
        "none of these": "most known, composer agrees",
        "unmarked records": "unknown",
    }


@pytest.mark.parametrize(
    ("title", "styles", "of_film", "of_series"),
    [
        (
            "The X-Files (Original Television Soundtrack)",
            None,
            ("nothing said", "television"),
            ("soundtrack in title", "unknown"),
        ),
        (
            "The X-Files (Original Motion Picture Soundtrack)",
            ["Soundtrack"],
            ("film soundtrack in title", "unknown"),
            ("soundtrack style", "unknown"),
        ),
        ("The X-Files (Original Soundtrack)", None, ("soundtrack in title", "unknown"), ("soundtrack in title", "unknown")),
    ],
)
def test_what_is_said_for_a_film_is_said_against_a_series(
    title: str, styles: list[str] | None, of_film: tuple[str, str], of_series: tuple[str, str]
) -> None:
    albums = pa.Table.from_pylist([{"album_id": "a", "title": title, "styles": styles}], schema=ALBUMS)
    for tmdb_id, expected in (("846", of_film), ("tv:4087", of_series)):
        films = pa.Table.from_pylist([{"tmdb_id": tmdb_id, "title": "The X-Files"}], schema=FILMS)
        found = dict(zip(NAMES, compared(films, albums, "x files")[0].tolist(), strict=True))
        assert tuple(label(name, found[name]) for name in ("soundtrack", "record")) == expected


@pytest.mark.parametrize(
    ("title", "artist", "more", "expected"),
    [
        ("Aladdin (Deluxe Edition)", "Various", {}, "later by more than ten"),
        ("Aladdin (Expanded Edition)", None, {}, "later by more than ten"),
        ("Aladdin", "Various", {"formats": ["CD", "Deluxe Edition"]}, "later by more than ten"),
        ("Aladdin (Deluxe Edition)", "Alan Menken", {}, "a reissue, later by more than two"),
        ("Aladdin (Deluxe Edition)", "Alan Menken, Tim Rice", {}, "a reissue, later by more than two"),
        ("Aladdin (Deluxe Edition)", "Various", {"formats": ["CD", "Reissue"]}, "a reissue, later by more than two"),
        ("Aladdin (Deluxe Edition)", "Various", {"formats": ["Vinyl", "LP"]}, "a reissue, later by more than two"),
        ("Aladdin (Deluxe Edition)", "Various", {"labels": ["Intrada"]}, "a reissue, later by more than two"),
        ("Aladdin (25th Anniversary Deluxe Edition)", "Various", {}, "a reissue, later by more than two"),
        ("Aladdin (Deluxe Edition)", "Various", {"first_year": 1992}, "unknown"),
        ("Aladdin", "Various", {}, "later by more than ten"),
        ("Aladdin (Limited Edition)", "Various", {}, "a reissue, later by more than two"),
    ],
)
def test_a_deluxe_edition_may_be_a_remakes(title: str, artist: str | None, more: dict[str, object], expected: str) -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Aladdin", "year": 1992, "composers": ["Alan Menken"]}], FILMS)
    albums = pa.Table.from_pylist([{"album_id": "a", "title": title, "artist": artist, "year": 2019} | more], ALBUMS)
    found = dict(zip(NAMES, compared(films, albums, "aladdin")[0].tolist(), strict=True))
    assert label("year", found["year"]) == expected


@pytest.mark.parametrize(
    ("artist", "composers", "expected"),
    [
        ("The London Symphony Orchestra", ["Francis Lai"], "an orchestra"),
        ("London Festival Orchestra, Stanley Black", ["Francis Lai"], "an orchestra"),
        ("Mantovani & His Orchestra", ["Francis Lai"], "others"),
        ("Franck Pourcel Et Son Grand Orchestre", ["Francis Lai"], "others"),
        ("Xavier Cugat Y Su Orquesta", ["Francis Lai"], "others"),
        ("Bert Kaempfert Und Sein Orchester", ["Francis Lai"], "others"),
        ("Francis Lai Et Son Orchestre", ["Francis Lai"], "composer"),
        ("Mantovani & His Orchestra", None, "an orchestra"),
    ],
)
def test_who_plays_says_less_than_who_leads(artist: str, composers: list[str] | None, expected: str) -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Love Story", "composers": composers}], schema=FILMS)
    albums = pa.Table.from_pylist([{"album_id": "a", "title": "Love Story", "artist": artist}], schema=ALBUMS)
    found = dict(zip(NAMES, compared(films, albums, "love story")[0].tolist(), strict=True))
    assert label("credit", found["credit"]) == expected


@pytest.mark.parametrize(
    ("artist", "film", "album", "expected"),
    [
        ("Oneohtrix Point Never", ["Oneohtrix Point Never"], None, "composer"),
        ("Oneohtrix Point Never", None, ["Daniel Lopatin"], "composer"),
        ("Oneohtrix Point Never", None, None, "others"),
        ("Various", ["Various"], None, "Various or cast"),
        (None, ["Oneohtrix Point Never"], ["Daniel Lopatin"], "unknown"),
    ],
)
def test_a_composer_by_another_name(artist: str | None, film: list[str] | None, album: list[str] | None, expected: str) -> None:
    of_film = {"tmdb_id": "1", "title": "Good Time", "composers": ["Daniel Lopatin"], "composer_aliases": film}
    of_album = {"album_id": "a", "title": "Good Time", "artist": artist, "artist_aliases": album}
    films, albums = pa.Table.from_pylist([of_film], FILMS), pa.Table.from_pylist([of_album], ALBUMS)
    found = dict(zip(NAMES, compared(films, albums, "good time")[0].tolist(), strict=True))
    assert label("credit", found["credit"]) == expected


def test_a_soundtrack_of_television_is_none_of_a_film() -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Batman", "year": 1966}], schema=FILMS)
    titles = ("Batman (Original Television Soundtrack)", "Batman (Original Soundtrack)")
    for title, expected in zip(titles, ("nothing said", "soundtrack in title"), strict=True):
        albums = pa.Table.from_pylist([{"album_id": "a", "title": title}], schema=ALBUMS)
        level = compared(films, albums, "batman")[0][NAMES.index("soundtrack")]
        assert label("soundtrack", int(level)) == expected


@pytest.mark.parametrize(
    ("title", "artist", "composers", "expected"),
    [
        ("Danny Elfman 'Beetlejuice' LP", "Universal", ["Danny Elfman"], "composer"),
        ("Danny Elfman - Beetlejuice", None, ["Danny Elfman"], "composer"),
        ("Harry Belafonte - Beetlejuice", None, ["Danny Elfman"], "unknown"),  # a claim of the title alone
        ("Beetlejuice", "Hans Zimmer", ["Danny Elfman"], "another film composer"),
        ("Beetlejuice", "Harry Belafonte", ["Danny Elfman"], "others"),
        ("Beetlejuice", "Hans Zimmer", None, "a film composer, this film's unknown"),
        ("Beetlejuice", "Harry Belafonte", None, "others, composer unknown"),
    ],
)
def test_credits_by_trade_and_in_titles(title: str, artist: str | None, composers: list[str] | None, expected: str) -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Beetlejuice", "composers": composers}], schema=FILMS)
    albums = pa.Table.from_pylist([{"album_id": "a", "title": title, "artist": artist}], schema=ALBUMS)
    known = film_composers(pa.array(["hans zimmer|lisa gerrard", None]))
    level = compared(films, albums, "beetlejuice", known)[0][NAMES.index("credit")]
    assert label("credit", int(level)) == expected


@pytest.mark.parametrize(
    ("labels", "styles", "expected"),
    [
        (["Varèse Sarabande"], None, "film music's"),
        (["Waxwork Records", "GZ Media"], None, "film music's"),
        (["Columbia"], None, "unknown"),
        (["Varèse Sarabande"], ["Soundtrack"], "unknown"),  # said already
        (None, None, "unknown"),
    ],
)
def test_labels_of_film_music(labels: list[str] | None, styles: list[str] | None, expected: str) -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Inferno"}], schema=FILMS)
    albums = pa.Table.from_pylist([{"album_id": "a", "title": "Inferno", "labels": labels, "styles": styles}], schema=ALBUMS)
    assert label("label", int(compared(films, albums, "inferno")[0][NAMES.index("label")])) == expected


@pytest.mark.parametrize(("known", "level"), [(0.0, 0), (0.1, 1), (0.2, 2), (0.4, 3), (0.6, 4), (0.9, 5)])
def test_coverage_has_levels(known: float, level: int) -> None:
    assert Coverage(known, 0.0).known_level == level


@pytest.mark.parametrize(
    ("title", "artist", "styles", "expected"),
    [
        ("Inferno", "Art Tatum", None, "three or more"),
        ("Inferno", None, None, "three or more"),
        ("Inferno", "Inferno (3)", None, "three or more"),
        ("Nocturne", "Nocturne (3)", None, "the one of that name"),
        ("Nocturne", "Art Tatum", None, "unknown"),
        ("Inferno", "Keith Emerson", None, "unknown"),  # the film's composer
        ("Inferno", "Art Tatum", ["Soundtrack"], "unknown"),
        ("Inferno (Original Motion Picture Soundtrack)", "Art Tatum", None, "unknown"),
    ],
)
def test_artists_of_the_title(title: str, artist: str | None, styles: list[str] | None, expected: str) -> None:
    name = title.split(" (")[0]
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": name, "composers": ["Keith Emerson"]}], schema=FILMS)
    record = {"album_id": "a", "title": title, "artist": artist, "styles": styles}
    known = name_hash(pa.array(["inferno"]))
    levels = compared(films, pa.Table.from_pylist([record], schema=ALBUMS), name.lower(), standards=known)
    assert label("artists of the title", int(levels[0][NAMES.index("artists of the title")])) == expected


@pytest.mark.parametrize(
    ("title", "artist", "composers", "expected"),
    [
        ("King Kong (Original Motion Picture Score)", "Max Steiner", ["John Barry"], "said in the title, others"),
        ("King Kong (Original Motion Picture Score)", "John Barry", ["John Barry"], "said in the title, composer"),
        ("King Kong (Original Motion Picture Score)", "Max Steiner", None, "said in the title, composer unknown"),
        ("King Kong (Original Motion Picture Score)", "Various", ["John Barry"], "unknown"),
        ("King Kong (Original Motion Picture Soundtrack)", "Max Steiner", ["John Barry"], "unknown"),
    ],
)
def test_whose_score_it_is(title: str, artist: str, composers: list[str] | None, expected: str) -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "King Kong", "composers": composers}], schema=FILMS)
    albums = pa.Table.from_pylist([{"album_id": "a", "title": title, "artist": artist}], schema=ALBUMS)
    assert label("score", int(compared(films, albums, "king kong")[0][NAMES.index("score")])) == expected


def test_a_film_called_score_is_not_said_to_be_one() -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "The Score", "composers": ["Howard Shore"]}], schema=FILMS)
    albums = pa.Table.from_pylist([{"album_id": "a", "title": "The Score", "artist": "Fugees"}], schema=ALBUMS)
    assert compared(films, albums, "score")[0][NAMES.index("score")] == NULL


@pytest.mark.parametrize(
    ("title", "year", "agreeing", "expected"),
    [
        ("Gigi", 1958, 0.25, "before 1970, nothing said"),
        ("Gigi", 1971, 0.25, "unknown"),
        ("Gigi", 1958, 0.9, "unknown"),  # where most agree, records say no more than title and year
        ("Gigi (Original Soundtrack)", 1958, 0.25, "unknown"),
        ("Gigi", 1948, 0.25, "before 1950"),
        ("Gigi", 1928, 0.25, "before 1930"),
    ],
)
def test_old_records_that_say_nothing(title: str, year: int, agreeing: float, expected: str) -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Gigi", "year": year}], schema=FILMS)
    albums = pa.Table.from_pylist([{"album_id": "a", "title": title, "year": year}], schema=ALBUMS)
    level = compared(films, albums, "gigi", coverage=Coverage(0.5, agreeing))[0][NAMES.index("time")]
    assert label("time", int(level)) == expected


def test_a_soundtracks_title_and_artist_are_the_films_title() -> None:
    films = pa.Table.from_pylist([{"tmdb_id": "1", "title": "Monty Python's The Meaning of Life"}], schema=FILMS)
    for title, expected in (("The Meaning of Life (Soundtrack)", "equal"), ("The Meaning of Life", "equal to its subtitle")):
        albums = pa.Table.from_pylist([{"album_id": "a", "title": title, "artist": "Monty Python"}], schema=ALBUMS)
        levels = compared(films, albums, "meaning of life", film_kind=canonical.SUBTITLE)
        assert label("title", int(levels[0][NAMES.index("title")])) == expected


def compared(
    films: pa.Table,
    albums: pa.Table,
    name: str,
    composers: Hashes = NOBODY,
    standards: Hashes = NONE_KNOWN,
    coverage: Coverage = UNKNOWN,
    film_kind: int = canonical.TITLE,
) -> Levels:
    pair = {
        "album": 0, "film": 0, "album_key": name, "film_key": name, "album_kind": canonical.WHOLE, "film_kind": film_kind, "part": 0,
        "similarity": 1.0, "namesakes": 1, "titles": 1,
    }  # fmt: skip
    pairs = pa.Table.from_pylist([pair], schema=PAIRS)
    features = film_features(films)
    for column in features.column_names:
        films = films.append_column(column, features[column])
    films = films.append_column("f_facts", pa.array(facts_levels(films, HALF_KNOWN)))
    films = films.append_column("f_entered", pa.array([-1] * len(films), pa.int8()))
    return compare(pairs, films, album_features(albums, composers), coverage, standards)
