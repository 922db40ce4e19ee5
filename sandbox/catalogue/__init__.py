"""The sample world: films as TMDB lists them, albums as Discogs lists them, and which album belongs to which film.

Written from common knowledge for demonstrations and tests; it is no reference. TMDB and IMDb ids are the real ones.
Discogs ids are made up and far beyond those in use (masters from 90,000,000, releases from 900,000,000), so that none
points at another record; so are a few of the traps, chiefly obscure bands with a number behind their names.
Edit the CSV files directly: lists are joined by `|`, tests/sandbox/test_catalogue.py says what must hold.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent
TITLES = HERE.parent / "titles.csv"


@dataclass(frozen=True, slots=True)
class Film:
    """A film. `composers` are (name, job), `alternative_titles` (ISO 3166 country, title)."""

    tmdb_id: int
    imdb_id: str | None
    title: str
    original_title: str
    original_language: str
    release_date: str
    composers: tuple[tuple[str, str], ...]
    director: str
    cast: tuple[str, ...]
    alternative_titles: tuple[tuple[str, str], ...]
    genres: tuple[str, ...]
    countries: tuple[str, ...]
    popularity: float


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A television series or one of its episodes: what an IMDb id may turn out to be, and what bears the name of a film.

    `kind`: "series" or "episode". `composers`: as a film's.
    """

    kind: str
    tmdb_id: int
    imdb_id: str
    name: str
    first_air_date: str
    popularity: float
    last_air_date: str = ""
    composers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """A film and its sequels, by their ids."""

    id: int
    name: str
    tmdb_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with other names. `original_name`: in its own script."""

    name: str
    original_name: str
    also_known_as: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Album:
    """A master or a release. `year` is "" when unknown (Discogs then says 0 or leaves it out)."""

    kind: str
    id: int
    master_id: int
    artist: str
    title: str
    year: str
    country: str
    genres: tuple[str, ...]
    styles: tuple[str, ...]
    formats: tuple[str, ...]
    labels: tuple[str, ...]
    catno: str
    barcodes: tuple[str, ...]
    have: int

    @property
    def album_id(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Truth:
    """What an album really is: the films it is the soundtrack of (none for the traps) and its kind, for naming traps."""

    album_id: str
    tmdb_ids: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    films: tuple[Film, ...]
    albums: tuple[Album, ...]
    broadcasts: tuple[Broadcast, ...] = ()
    collections: tuple[Collection, ...] = ()
    people: tuple[Person, ...] = ()


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _composer(text: str) -> tuple[str, str]:
    """`Name` is the composer; `Name:Music` one whom TMDB lists under another job."""
    name, _, job = text.partition(":")
    return name, job or "Original Music Composer"


def _film(row: dict[str, str]) -> Film:
    return Film(
        tmdb_id=int(row["tmdb_id"]),
        imdb_id=row["imdb_id"] or None,
        title=row["title"],
        original_title=row["original_title"] or row["title"],
        original_language=row["original_language"] or "en",
        release_date=row["release_date"],
        composers=tuple(_composer(text) for text in _split(row["composers"])),
        director=row["director"],
        cast=_split(row["cast"]),
        alternative_titles=tuple((text[:2], text[3:]) for text in _split(row["alternative_titles"])),
        genres=_split(row["genres"]),
        countries=_split(row["countries"]) or ("US",),
        popularity=float(row["popularity"] or 20),
    )


def _broadcast(row: dict[str, str]) -> Broadcast:
    return Broadcast(
        kind=row["kind"],
        tmdb_id=int(row["tmdb_id"]),
        imdb_id=row["imdb_id"],
        name=row["name"],
        first_air_date=row["first_air_date"],
        popularity=float(row["popularity"]),
        last_air_date=row["last_air_date"],
        composers=tuple(_composer(text) for text in _split(row["composers"])),
    )


def _collection(row: dict[str, str]) -> Collection:
    return Collection(int(row["id"]), row["name"], tuple(int(one) for one in _split(row["tmdb_ids"])))


def _person(row: dict[str, str]) -> Person:
    return Person(row["name"], row["original_name"] or row["name"], _split(row["also_known_as"]))


def _album(row: dict[str, str]) -> Album:
    kind, _, number = row["album_id"].partition(":")
    return Album(
        kind=kind,
        id=int(number),
        master_id=int(row["master_id"] or 0) if kind == "release" else int(number),
        artist=row["artist"],
        title=row["title"],
        year=row["year"],
        country=row["country"],
        genres=_split(row["genres"]),
        styles=_split(row["styles"]),
        formats=_split(row["formats"]),
        labels=_split(row["labels"]),
        catno=row["catno"],
        barcodes=_split(row["barcodes"]),
        have=int(row["have"] or 0),
    )


@lru_cache
def load_catalogue() -> Catalogue:
    """All films and albums of the sample, in the order of the files."""
    return Catalogue(
        films=tuple(_film(row) for row in _rows("films.csv")),
        albums=tuple(_album(row) for row in _rows("albums.csv")),
        broadcasts=tuple(_broadcast(row) for row in _rows("series.csv")),
        collections=tuple(_collection(row) for row in _rows("collections.csv")),
        people=tuple(_person(row) for row in _rows("people.csv")),
    )


@lru_cache
def load_truth() -> dict[str, Truth]:
    """Album id → what it really is, for every album of the catalogue."""
    return {row["album_id"]: Truth(row["album_id"], _split(row["tmdb_ids"]), row["kind"]) for row in _rows("truth.csv")}
