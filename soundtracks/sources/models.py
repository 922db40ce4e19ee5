"""What TMDB and Discogs answer, as types, and what extraction hands on.

Both services leave fields out, write "" or 0 for unknown, and now and then send another type than documented: whatever cannot
be read is null, and a record without an id is left out. Nothing past this module sees a raw dictionary.
"""

import math
import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from soundtracks.lake.lake import DatasetRef
from soundtracks.metrics import SourceMetrics


def _text(value: Any) -> str | None:
    return (" ".join(value.split()) or None) if isinstance(value, str) else None


def whole(value: Any) -> int | None:
    """A number above 0: ids and years are never 0, which both services write for none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        number = value
    elif isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 30:
        number = int(value)
    else:
        return None
    return number if 0 < number < 1 << 63 else None


def _year(value: Any) -> int | None:
    """The year of "1982", 1982 or "1982-06-25"."""
    number = whole(value.strip()[:4] if isinstance(value, str) else value)
    return number if number and 1800 <= number <= 2100 else None


def _number(value: Any) -> float | None:
    """A finite number, also where it is written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _texts(value: Any) -> list[str]:
    """A list of strings without repetitions; a single string counts as a list of one."""
    items = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return list(dict.fromkeys(text for item in items if (text := _text(item))))


def _id(value: Any) -> int | None:
    """A number of 64 bits above 0; anything else fails the record, which cannot be named."""
    return whole(value)


Id = Annotated[int, BeforeValidator(_id)]
Text = Annotated[str | None, BeforeValidator(_text)]
Whole = Annotated[int | None, BeforeValidator(whole)]
Year = Annotated[int | None, BeforeValidator(_year)]
Number = Annotated[float | None, BeforeValidator(_number)]
Texts = Annotated[list[str], BeforeValidator(_texts)]

Record = TypeVar("Record", bound=BaseModel)


def _records(kind: type[Record]) -> Callable[[Any], list[Record]]:
    def read(value: Any) -> list[Record]:
        found = []
        for item in value if isinstance(value, list) else []:
            try:
                found.append(kind.model_validate(item))
            except ValidationError:
                continue  # no id, or no object at all: nothing that could be linked
        return found

    return read


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


# TMDB ------------------------------------------------------------------------------------------------------------------------


def _poster(value: Any) -> str | None:
    """The path of a picture as TMDB gives it; None for anything else, for it becomes part of an address."""
    return value if isinstance(value, str) and re.fullmatch(r"/[A-Za-z0-9_-]{1,80}\.(jpg|png)", value) else None


class FoundFilm(_Answer):
    """A film as /search/movie lists it."""

    id: Id
    title: Text = None
    original_title: Text = None
    original_language: Text = None
    release_date: Year = None
    popularity: Number = None
    poster_path: Annotated[str | None, BeforeValidator(_poster)] = None

    @property
    def year(self) -> int | None:
        return self.release_date


class FoundBroadcast(_Answer):
    """A series or an episode as /find lists it."""

    id: Id
    name: Text = None


class FoundById(_Answer):
    """What an id of IMDb or Wikidata stands for."""

    movie_results: Annotated[list[FoundFilm], BeforeValidator(_records(FoundFilm))] = []
    tv_results: Annotated[list[FoundBroadcast], BeforeValidator(_records(FoundBroadcast))] = []
    tv_season_results: Annotated[list[FoundBroadcast], BeforeValidator(_records(FoundBroadcast))] = []
    tv_episode_results: Annotated[list[FoundBroadcast], BeforeValidator(_records(FoundBroadcast))] = []

    @property
    def broadcast(self) -> str:
        """The series or episode, in words; empty where it is none."""
        for kind, found in (
            ("series", self.tv_results),
            ("season", self.tv_season_results),
            ("episode", self.tv_episode_results),
        ):
            if found:
                return f"the {kind} {found[0].name}" if found[0].name else f"a {kind}"
        return ""


class FoundSeries(FoundBroadcast):
    """A series as /search/tv lists it."""

    original_name: Text = None
    original_language: Text = None
    first_air_date: Year = None
    popularity: Number = None


class FilmSearch(_Answer):
    results: Annotated[list[FoundFilm], BeforeValidator(_records(FoundFilm))] = []


class SeriesSearch(_Answer):
    results: Annotated[list[FoundSeries], BeforeValidator(_records(FoundSeries))] = []


class Credit(_Answer):
    """`original_name`: in its own script; `id`: the person's."""

    name: str
    original_name: Text = None
    id: Whole = None
    job: Text = None
    order: Whole = None


class Titled(_Answer):
    title: str


class Translation(_Answer):
    data: Titled


def _inside(name: str, kind: type[Record]) -> BeforeValidator:
    """Reads {name: [records]}."""
    read = _records(kind)
    return BeforeValidator(lambda value: read(value.get(name)) if isinstance(value, dict) else [])


class Credits(_Answer):
    cast: Annotated[list[Credit], BeforeValidator(_records(Credit))] = []
    crew: Annotated[list[Credit], BeforeValidator(_records(Credit))] = []


class ExternalIds(_Answer):
    imdb_id: Text = None
    wikidata_id: Text = None


def _or_empty(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


class Named(_Answer):
    """What a film names by its id: the collection that it belongs to."""

    id: Id


def _named(value: Any) -> Named | None:
    return next(iter(_records(Named)([value])), None)


class FilmDetails(FoundFilm):
    """A film with the parts appended that we ask for."""

    belongs_to_collection: Annotated[Named | None, BeforeValidator(_named)] = None
    imdb_id: Text = None
    credits: Annotated[Credits, BeforeValidator(_or_empty)] = Credits()
    alternative_titles: Annotated[list[Titled], _inside("titles", Titled)] = []
    translations: Annotated[list[Translation], _inside("translations", Translation)] = []
    external_ids: Annotated[ExternalIds, BeforeValidator(_or_empty)] = ExternalIds()


class Job(_Answer):
    job: Text = None


class CreditOfSeries(Credit):
    """Over all episodes of a series; a person has as many jobs as it had."""

    jobs: Annotated[list[Job], BeforeValidator(_records(Job))] = []


class CreditsOfSeries(_Answer):
    crew: Annotated[list[CreditOfSeries], BeforeValidator(_records(CreditOfSeries))] = []


class SeriesDetails(FoundSeries):
    """A series with the parts appended that we ask for; they are named otherwise than a film's."""

    last_air_date: Year = None
    aggregate_credits: Annotated[CreditsOfSeries, BeforeValidator(_or_empty)] = CreditsOfSeries()
    alternative_titles: Annotated[list[Titled], _inside("results", Titled)] = []
    external_ids: Annotated[ExternalIds, BeforeValidator(_or_empty)] = ExternalIds()

    @property
    def crew(self) -> list[Credit]:
        """A credit for each job."""
        return [one.model_copy(update={"job": each.job}) for one in self.aggregate_credits.crew for each in one.jobs]


class CollectionDetails(_Answer):
    parts: Annotated[list[FoundFilm], BeforeValidator(_records(FoundFilm))] = []


class PersonDetails(_Answer):
    name: Text = None
    also_known_as: Texts = []


# Discogs ---------------------------------------------------------------------------------------------------------------------


class FoundAlbum(_Answer):
    """A record as /database/search lists it; `title` is "Artist - Title". Other types than these two are left out."""

    id: Id
    type: Annotated[str, BeforeValidator(lambda value: value if value in ("master", "release") else None)]
    title: Text = None
    year: Year = None
    country: Text = None
    genre: Texts = []
    style: Texts = []
    format: Texts = []
    label: Texts = []
    catno: Text = None
    barcode: Texts = []
    master_id: Whole = None

    @property
    def album_id(self) -> str:
        return f"{self.type}:{self.id}"


class Pagination(_Answer):
    page: Whole = None
    pages: Whole = None
    items: Annotated[int, BeforeValidator(lambda value: whole(value) or 0)] = 0


class AlbumSearch(_Answer):
    pagination: Annotated[Pagination, BeforeValidator(_or_empty)] = Pagination()
    results: Annotated[list[FoundAlbum], BeforeValidator(_records(FoundAlbum))] = []


class Artist(_Answer):
    name: str
    anv: Text = None
    join: Text = None


def barcode_digits(text: str) -> str | None:
    """The digits of a barcode as printed (`0 74646 32132 4`); None for the matrix numbers and rights societies beside it."""
    digits = re.sub(r"[\s-]", "", text)
    return digits if digits.isascii() and digits.isdecimal() and 8 <= len(digits) <= 14 else None


def catalogue_numbers(numbers: Iterable[str | None]) -> list[str] | None:
    """Labels' own numbers of a pressing, each once; None where there is none, for which Discogs writes "none"."""
    return list(dict.fromkeys(n for n in numbers if n and n.casefold() != "none")) or None


def artist_names(artists: Iterable[Artist]) -> list[str]:
    """The artists' own names, whatever the record calls them: `Hans Zimmer` of `H. Zimmer`."""
    return list(dict.fromkeys(artist.name for artist in artists))


def _track_count(value: Any) -> int:
    """How many tracks a tracklist has: headings are none, and an index has those below it."""
    tracks = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    kinds = [(item.get("type_", "track"), item.get("sub_tracks")) for item in tracks]
    return sum(len(below) if kind == "index" and isinstance(below, list) else kind != "heading" for kind, below in kinds)


class MasterDetails(_Answer):
    """`tracklist`: how many tracks it has; 0 where that is not known."""

    id: Id
    title: Text = None
    year: Year = None
    artists: Annotated[list[Artist], BeforeValidator(_records(Artist))] = []
    genres: Texts = []
    styles: Texts = []
    tracklist: Annotated[int, BeforeValidator(_track_count)] = 0


class Pressed(_Answer):
    """A label or a format of a release."""

    name: str
    catno: Text = None


class RecordDetails(MasterDetails):
    """The own record of a release or master."""

    country: Text = None
    master_id: Whole = None
    labels: Annotated[list[Pressed], BeforeValidator(_records(Pressed))] = []
    formats: Annotated[list[Pressed], BeforeValidator(_records(Pressed))] = []


# What extraction hands on ----------------------------------------------------------------------------------------------------


class Failure(BaseModel):
    """What could not be got: a title or an id, and why."""

    name: str
    reason: str


class Extracted(BaseModel):
    """The outcome of an extraction flow.

    `ref`: silver/films or silver/albums. `metrics`: what it cost. `failures`: the first LISTED_FAILURES of what could not be
    got (`failed` counts all). `interrupted`: why it ended early (a circuit opened); running again goes on from there.
    `resolved`: films only: dataset with row, title, year, tmdb_id, reason, one row a title and film.
    """

    ref: DatasetRef
    metrics: SourceMetrics
    failures: list[Failure]
    failed: int
    interrupted: str | None = None
    resolved: DatasetRef | None = None
