"""The sample world holds what it promises: true ids, a complete truth table, every kind of trap."""

import csv
import re
from collections import Counter, defaultdict
from datetime import date

import pytest

from sandbox.catalogue import TITLES, load_catalogue, load_truth
from sandbox.tmdb import COUNTRIES, GENRES

FILMS = load_catalogue().films
ALBUMS = load_catalogue().albums
TRUTH = load_truth()


def test_it_is_as_large_as_promised() -> None:
    works = {album.master_id or album.album_id for album in ALBUMS}
    assert len(FILMS) >= 180
    assert len(works) >= 500
    assert len(ALBUMS) > len(works)


def test_ids_are_unique_and_albums_lead_nowhere_in_the_real_catalogue() -> None:
    assert len({film.tmdb_id for film in FILMS}) == len(FILMS)
    imdb = [film.imdb_id for film in FILMS if film.imdb_id]
    assert len(set(imdb)) == len(imdb)
    assert all(re.fullmatch(r"tt\d{7,8}", number) for number in imdb)
    assert len({album.album_id for album in ALBUMS}) == len(ALBUMS)
    assert all(album.id >= (90_000_000 if album.kind == "master" else 900_000_000) for album in ALBUMS)


def test_every_film_can_be_shown() -> None:
    for film in FILMS:
        assert film.title == film.title.strip() != ""
        assert not film.release_date or date.fromisoformat(film.release_date).year >= 1920
        assert set(film.genres) <= set(GENRES), film.title
        assert set(film.countries) <= set(COUNTRIES), film.title
        assert all(re.fullmatch("[A-Z]{2}", country) and title for country, title in film.alternative_titles), film.title


def test_truth_is_complete_and_names_films_that_exist() -> None:
    films = {str(film.tmdb_id) for film in FILMS}
    assert set(TRUTH) == {album.album_id for album in ALBUMS}
    assert all(set(truth.tmdb_ids) <= films for truth in TRUTH.values())
    soundtracks = {"score", "songs", "rerecording"}
    assert all(bool(truth.tmdb_ids) == (truth.kind in soundtracks) for truth in TRUTH.values())


def test_a_master_has_versions_and_agrees_with_them_in_truth() -> None:
    versions = defaultdict(list)
    for album in ALBUMS:
        if album.kind == "release" and album.master_id:
            versions[album.master_id].append(album)
    masters = {album.id: album for album in ALBUMS if album.kind == "master"}
    assert set(versions) == set(masters)
    for number, releases in versions.items():
        assert len(releases) >= 2
        assert {TRUTH[release.album_id].tmdb_ids for release in releases} == {TRUTH[f"master:{number}"].tmdb_ids}


@pytest.mark.parametrize(
    ("kind", "least"),
    [("band", 60), ("cast", 20), ("single", 20), ("tribute", 12), ("compilation", 15), ("cover", 10), ("game", 10), ("tv", 10),
     ("story", 6), ("artist", 5), ("rerecording", 5), ("karaoke", 3), ("stage", 1), ("comic", 1), ("library", 2)],
)  # fmt: skip
def test_each_kind_of_trap_is_there(kind: str, least: int) -> None:
    works = {album.master_id or album.album_id for album in ALBUMS if TRUTH[album.album_id].kind == kind}
    assert len(works) >= least


def test_traps_of_titles_and_years_are_there() -> None:
    year = {str(film.tmdb_id): int(film.release_date[:4] or 0) for film in FILMS}
    title = {str(film.tmdb_id): film.title for film in FILMS}
    by_title = Counter(film.title for film in FILMS)
    assert sum(n > 1 for n in by_title.values()) >= 25  # remakes and namesakes
    linked = [(album, TRUTH[album.album_id].tmdb_ids) for album in ALBUMS if TRUTH[album.album_id].tmdb_ids]
    assert sum(len(films) > 1 for _, films in linked) >= 8  # two films on one album
    assert sum(" = " in album.title for album, _ in linked) >= 30  # parallel titles
    assert sum(bool(re.search("[぀-ヿ一-鿿가-힯]", album.title)) for album, _ in linked) >= 30
    assert sum(bool(re.search("[А-я]", album.title)) for album, _ in linked) >= 1
    assert (
        sum(album.kind == "release" and album.year != "" and int(album.year) - year[films[0]] >= 20 for album, films in linked)
        >= 40
    )
    assert sum(album.year in ("", "0") for album in ALBUMS) >= 10
    assert sum(bool(re.search(r" \(\d+\)$", album.artist)) for album in ALBUMS) >= 30
    assert sum("*" in album.artist for album in ALBUMS) >= 4
    exact = {(title[film].casefold(), year[film]) for film in title}
    same_year = [a for a in ALBUMS if TRUTH[a.album_id].kind == "band" and a.year and (a.title.casefold(), int(a.year)) in exact]
    assert len(same_year) >= 5  # bands' albums named like a film of that very year


def test_one_film_has_no_date_yet() -> None:
    assert [film.title for film in FILMS if not film.release_date] == ["Blade"]


def test_some_films_have_no_album() -> None:
    linked = {film for truth in TRUTH.values() for film in truth.tmdb_ids}
    assert 10 <= sum(str(film.tmdb_id) not in linked for film in FILMS) <= 40


def test_the_title_file_has_namesakes_unknowns_and_a_duplicate() -> None:
    with TITLES.open(encoding="utf-8", newline="") as file:
        rows = [(row["title"], row["year"]) for row in csv.DictReader(file)]
    known = {
        title.casefold()
        for film in FILMS
        for title in (film.title, film.original_title, *(t for _, t in film.alternative_titles))
    }
    assert len(rows) >= 120
    assert len(set(rows)) < len(rows)
    assert 2 <= sum(title.casefold() not in known for title, _ in rows) <= 10
    assert sum(year == "" for _, year in rows) >= 5


def test_collections_name_films_of_the_sample_and_people_those_who_made_them() -> None:
    catalogue = load_catalogue()
    films = {film.tmdb_id for film in FILMS}
    assert all(len(one.tmdb_ids) > 1 and set(one.tmdb_ids) <= films for one in catalogue.collections)
    parts = [film for one in catalogue.collections for film in one.tmdb_ids]
    assert len(set(parts)) == len(parts), "a film belongs to one collection at most"
    composers = {name for film in FILMS for name, _ in film.composers}
    assert {person.name for person in catalogue.people} <= composers
    assert all(one.last_air_date >= one.first_air_date for one in catalogue.broadcasts if one.kind == "series")
