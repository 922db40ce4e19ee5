"""The joined view, and how people's decisions win over the model's."""

import pyarrow as pa
import pytest

from soundtracks.publishing.catalogue import COLUMNS, DECISIONS, VIEW, Catalogue, album_url, film_url
from soundtracks.records import ALBUMS, FILMS, LINKS

FILM_ROWS = pa.Table.from_pylist(
    [{"tmdb_id": "348", "title": "Alien", "year": 1979}, {"tmdb_id": "679", "title": "Aliens", "year": 1986}], FILMS
)
ALBUM_ROWS = pa.Table.from_pylist(
    [
        {"album_id": "master:1", "title": "Alien (OST)", "artist": "Jerry Goldsmith", "year": 1999, "first_year": 1979},
        {"album_id": "release:2", "title": "Aliens", "artist": "James Horner", "year": 1987},
    ],
    ALBUMS,
)
LINK_ROWS = pa.Table.from_pylist(
    [
        {"album_id": "release:2", "tmdb_id": "679", "decision": "review", "probability": 0.6, "match_weight": 0.6},
        {"album_id": "master:1", "tmdb_id": "348", "decision": "accept", "probability": 0.99, "match_weight": 9.0},
    ],
    LINKS,
)


def decided(*words: tuple[str, str, str, str]) -> dict[tuple[str, str], tuple[str, str]]:
    decisions = pa.Table.from_pylist(
        [{"album_id": a, "tmdb_id": f, "decision": d, "by": "ann", "at": at} for a, f, d, at in words], DECISIONS
    )
    view = Catalogue(FILM_ROWS, ALBUM_ROWS, LINK_ROWS, decisions).view
    return {(r["album_id"], r["tmdb_id"]): (r["decision"], r["decided_by"]) for r in view.to_pylist()}


def test_view_joins_films_and_albums() -> None:
    view = Catalogue(FILM_ROWS, ALBUM_ROWS, LINK_ROWS).view
    assert view.schema.equals(VIEW)
    first = view.to_pylist()[0]
    assert first | {"evidence": None} == {
        "album_id": "master:1",
        "tmdb_id": "348",
        "decision": "accept",
        "probability": 0.99,
        "match_weight": 9.0,
        "runner_up_tmdb_id": None,
        "runner_up_gap": None,
        "evidence": None,
        "album_title": "Alien (OST)",
        "album_artist": "Jerry Goldsmith",
        "album_year": 1999,
        "album_first_year": 1979,
        "work_id": "master:1",
        "album_formats": None,
        "album_country": None,
        "album_labels": None,
        "album_catalogue_numbers": None,
        "album_tracks": None,
        "album_url": "https://www.discogs.com/master/1",
        "film_title": "Alien",
        "film_year": 1979,
        "film_url": "https://www.themoviedb.org/movie/348",
        "album_musicbrainz_id": None,
        "album_wikidata_id": None,
        "film_imdb_id": None,
        "film_wikidata_id": None,
        "decided_by": "model",
        "reviewer": None,
        "reviewed_at": None,
    }


def test_every_column_says_what_it_means() -> None:
    assert all(len(text) > 20 for *_, text in COLUMNS)
    assert VIEW.field("evidence").metadata[b"description"].startswith(b"JSON")


def test_order_of_the_input_does_not_matter() -> None:
    upside_down = Catalogue(FILM_ROWS.take([1, 0]), ALBUM_ROWS.take([1, 0]), LINK_ROWS.take([1, 0]))
    assert upside_down.view.equals(Catalogue(FILM_ROWS, ALBUM_ROWS, LINK_ROWS).view)


def test_missing_columns_are_null_and_duplicate_ids_kept_once() -> None:
    films = pa.table({"tmdb_id": ["348", "348"], "title": ["Alien", "Alien again"]})
    catalogue = Catalogue(films, ALBUM_ROWS, LINK_ROWS)
    assert catalogue.films.to_pylist()[0]["composers"] is None
    assert catalogue.films["title"].to_pylist() == ["Alien"]


def test_links_to_unknown_films_and_albums_stay() -> None:
    links = pa.Table.from_pylist([{"album_id": "mb:x", "tmdb_id": None, "decision": "reject"}], LINKS)
    (row,) = Catalogue(FILM_ROWS, ALBUM_ROWS, links).view.to_pylist()
    assert (row["album_id"], row["album_title"], row["film_title"], row["album_url"]) == ("mb:x", None, None, None)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ("review", "model")),
        ([("release:2", "679", "accept", "2026-01-01")], ("accept", "person")),
        ([("release:2", "679", "reject", "2026-01-01")], ("reject", "person")),
        ([("release:2", "679", "skip", "2026-01-01")], ("review", "model")),
        ([("release:2", "679", "accept", "2026-01-02"), ("release:2", "679", "reject", "2026-01-01")], ("accept", "person")),
        ([("release:2", "679", "accept", "2026-01-01"), ("release:2", "679", "undo", "2026-01-02")], ("review", "model")),
        ([("release:2", "348", "accept", "2026-01-01")], ("reject", "model")),
    ],
)
def test_a_persons_last_word_wins(words: list[tuple[str, str, str, str]], expected: tuple[str, str]) -> None:
    assert decided(*words)["release:2", "679"] == expected


def test_a_film_the_model_never_proposed() -> None:
    assert decided(("release:2", "348", "accept", "2026-01-01"))["release:2", "348"] == ("accept", "person")


def test_other_albums_are_left_alone() -> None:
    assert decided(("release:2", "679", "accept", "2026-01-01"))["master:1", "348"] == ("accept", "model")


@pytest.mark.parametrize(
    ("album_id", "url"),
    [
        ("master:113", "https://www.discogs.com/master/113"),
        ("release:1", "https://www.discogs.com/release/1"),
        ("mb:abc", None),
        ("release:1/../x", None),
        ("release:١", None),
        ("javascript:1", None),
    ],
)
def test_album_url(album_id: str, url: str | None) -> None:
    assert album_url(album_id) == url


def test_film_url() -> None:
    assert [film_url(i) for i in ("348", None, "tt1", "")] == ["https://www.themoviedb.org/movie/348", None, None, None]


def test_rivals_are_no_films_of_the_list_and_are_linked_to_nobody() -> None:
    films = pa.Table.from_pylist(
        [row | {"listed": row["tmdb_id"] == "348" or None} for row in FILM_ROWS.to_pylist()]
        + [{"tmdb_id": "126889", "title": "Alien: Covenant", "year": 2017, "listed": False}],
        FILMS,
    )
    links = pa.concat_tables(
        [LINK_ROWS, pa.Table.from_pylist([{"album_id": "release:9", "tmdb_id": "126889", "decision": "accept"}], LINKS)]
    )
    catalogue = Catalogue(films, ALBUM_ROWS, links)
    assert catalogue.films["tmdb_id"].to_pylist() == ["348", "679"], "null is listed"
    assert catalogue.rivals["tmdb_id"].to_pylist() == ["126889"]
    assert catalogue.accepted["tmdb_id"].to_pylist() == ["348"]
    (rival,) = (row for row in catalogue.view.to_pylist() if row["album_id"] == "release:9")
    assert (rival["decision"], rival["film_title"]) == ("reject", "Alien: Covenant"), "whose album it is can be said"
    assert catalogue.film_rows(["126889"])["126889"]["title"] == "Alien: Covenant"
