"""Sweeping: Discogs' soundtrack catalogue page by page, for when there are more films than the catalogue has pages.

Discogs lists 100 albums a page and 10,000 a query. So the catalogue is cut into partitions: kind × style, then by year, by
country, and by format, each only where more than 10,000 are left. Every page is a cached response like any other: a sweep that
was killed goes on where it stopped, one that is kept costs nothing, and one that is too old is asked again page by page.

What it cannot reach: of a query with more than 10,000 results, albums without a year (4 % of masters) or from before FIRST_YEAR.
They are counted.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, NamedTuple

from pydantic import BaseModel

from soundtracks.errors import BadAnswer, NotFound, Unavailable
from soundtracks.sources.discogs import PAGE, SEARCH, Discogs, Film, paged
from soundtracks.sources.models import FoundAlbum
from soundtracks.text.search_wording import TitleIndex, fold

MAX_RESULTS = 10_000
STYLES = ("Soundtrack", "Score")
FIRST_YEAR = 1930
#: Countries as Discogs names them, those with most releases first.
COUNTRIES = (
    "US", "UK", "Germany", "France", "Japan", "Italy", "Europe", "Canada", "Netherlands", "Spain", "Australia", "Russia",
    "Sweden", "Brazil", "Belgium", "Poland", "Greece", "Finland", "Portugal", "Denmark", "Mexico", "Argentina", "Switzerland",
    "Norway", "Austria", "India", "Yugoslavia", "New Zealand", "South Africa", "Hungary", "Turkey", "South Korea", "Taiwan",
    "Hong Kong", "USSR", "Czechoslovakia", "UK & Europe", "USA & Canada", "USA & Europe", "Worldwide", "China", "Israel",
    "Unknown",
)  # fmt: skip
FORMATS = ("Vinyl", "CD", "Cassette", "File", "DVD", "Box Set", "8-Track Cartridge", "All Media")

#: Requests that a search takes a film: 1.14 on the sample (benchmarks/extraction); 2 where the results overflow the first
#: page, as they did for 17 of 19 famous films in recorded answers. Most films are less famous.
REQUESTS_PER_FILM = 1.5
#: Share of films for which the masters hold nothing plausible, so that they are searched after a sweep of the masters.
#: Assumed: half. (Of the real world's films few have a soundtrack album, of those that people ask for most have.)
NOT_FOUND = 0.5
#: Below so many requests for searching, sweeping cannot pay (all masters take about 1,000): it is not even surveyed.
SURVEY_FROM = 300

Kind = Literal["master", "release"]
Choice = Literal["auto", "search", "sweep", "dump", "cc0"]


class Partition(BaseModel):
    """One query of the sweep."""

    type: Kind
    style: str
    year: int | None = None
    country: str | None = None
    format: str | None = None

    def __str__(self) -> str:
        return " ".join(str(value) for value in self.model_dump().values() if value)

    @property
    def filters(self) -> dict[str, str | None]:
        return {name: str(value) if value else None for name, value in self.model_dump().items()}

    def split(self, this_year: int) -> "list[Partition]":
        """Its parts by the next field; none when there is no further field."""
        if self.year is None:
            return [self.model_copy(update={"year": year}) for year in range(this_year, FIRST_YEAR - 1, -1)]
        if self.country is None:
            return [self.model_copy(update={"country": country}) for country in COUNTRIES]
        if self.format is None:
            return [self.model_copy(update={"format": form}) for form in FORMATS]
        return []


class Plan(BaseModel):
    """How the albums are got. `kinds`: what is swept (none: nothing). `search`: whether films are searched, and which.

    `requests`: what it will take at most, about.
    """

    way: Literal["search", "sweep"]
    kinds: list[Kind] = []
    search: Literal["all", "not found", "none"] = "all"
    requests: int
    why: str


class Swept(BaseModel):
    """Albums of one partition. `unreached`: how many more Discogs counts than it shows."""

    albums: list[FoundAlbum]
    unreached: int


class Reached(BaseModel):
    """How much of a partition was swept: so many `albums`, and so many more that Discogs counts (`unreached`)."""

    partition: Partition
    albums: int
    unreached: int


class Style(NamedTuple):
    """A style of one kind. `albums`: how many Discogs counts. `parts`: what is swept side by side, the style whole, or year by
    year where it is large."""

    albums: int
    parts: list[Partition]


def roots(kind: Kind) -> list[Partition]:
    return [Partition(type=kind, style=style) for style in STYLES]


def count(discogs: Discogs, partition: Partition) -> int:
    """How many albums a partition holds: its first page tells, which a sweep needs anyway."""
    return discogs.search(partition.filters).pagination.items


def styles(discogs: Discogs, kind: Kind, this_year: int) -> list[Style]:
    """What a sweep of one kind takes."""
    counted = [(root, count(discogs, root)) for root in roots(kind)]
    return [Style(albums, [root] if albums <= MAX_RESULTS else root.split(this_year)) for root, albums in counted]


def cost(discogs: Discogs, kind: Kind, this_year: int) -> int:
    """Requests that a sweep of one kind takes, about; what is kept already costs nothing."""
    total = 0
    for albums, parts in styles(discogs, kind, this_year):
        kept = sum(discogs.source.knows(SEARCH, paged(part.filters)) for part in parts) / len(parts)
        total += math.ceil((albums / PAGE + len(parts) / 2) * (1 - kept)) if len(parts) > 1 else math.ceil(albums / PAGE) - 1
    return total


def make_plan(discogs: Discogs, films: int, choice: Choice, this_year: int) -> Plan:
    """Compares searching `films` (those not answered yet) with two sweeps, and takes the cheapest; says why.

    Sweeps: all masters, then searches for the films that these do not hold; or masters and releases, and no search. Where `auto`
    gets no answer to its broad questions, films are searched, whose questions are narrower.
    """
    searching = math.ceil(films * REQUESTS_PER_FILM)
    if choice == "search":
        return Plan(way="search", requests=searching, why=f"search was asked for: about {searching} requests")
    surveyed = all(discogs.source.knows(SEARCH, paged(root.filters)) for root in roots("master"))
    if choice == "auto" and searching < SURVEY_FROM and not surveyed:
        return Plan(way="search", requests=searching, why=f"about {searching} requests are too few for a sweep to pay")
    try:
        masters, releases = cost(discogs, "master", this_year), cost(discogs, "release", this_year)
    except (BadAnswer, Unavailable) as error:
        if choice != "auto":
            raise
        discogs.source.circuit.forget()  # the first film's search tells whether Discogs is down
        why = f"Discogs did not answer the survey ({error.message}): about {searching} requests to search {films} films"
        return Plan(way="search", requests=searching, why=why)
    rest = math.ceil(searching * NOT_FOUND)
    small = Plan(way="sweep", kinds=["master"], search="not found", requests=masters + rest, why="")
    whole = Plan(way="sweep", kinds=["master", "release"], search="none", requests=masters + releases, why="")
    plans = [small, whole] + ([Plan(way="search", requests=searching, why="")] if choice == "auto" else [])
    best = min(plans, key=lambda plan: plan.requests)
    why = (
        f"requests, about: {searching} to search {films} films; {masters + rest} to sweep the masters and search what they lack;"
        f" {masters + releases} to sweep masters and releases"
    )
    return best.model_copy(update={"why": why})


def sweep(discogs: Discogs, partition: Partition, this_year: int) -> Swept:
    """All albums of a partition. Albums that stand on two pages, because the list moved meanwhile, come once."""
    first = discogs.search(partition.filters)
    items = first.pagination.items
    if items > MAX_RESULTS and (parts := partition.split(this_year)):
        swept = [sweep(discogs, part, this_year) for part in parts]
        found = {album.album_id: album for one in swept for album in one.albums}
        return Swept(albums=list(found.values()), unreached=max(0, items - len(found)))
    found = {album.album_id: album for album in first.results}
    for page in range(2, math.ceil(min(items, MAX_RESULTS) / PAGE) + 1):
        try:
            found |= {album.album_id: album for album in discogs.search(partition.filters, page).results}
        except NotFound:
            break  # the list has become shorter meanwhile
    return Swept(albums=list(found.values()), unreached=max(0, items - len(found)))


def unreached(swept: Iterable[Style], reached: Iterable[Reached]) -> int:
    """How many albums Discogs counts beyond those that a sweep came to. Of a style that was swept year by year, those of no such
    year too, once all its years are there: a year that failed is told as a failure."""
    by_name = {str(one.partition): one for one in reached}
    total = 0
    for style in swept:
        parts = [by_name[str(part)] for part in style.parts if str(part) in by_name]
        of_parts = sum(one.unreached for one in parts)
        missing = style.albums - sum(one.albums for one in parts) if len(parts) == len(style.parts) else 0
        total += max(of_parts, missing)
    return total


def not_found(films: Sequence[Film], listed: Iterable[str | None]) -> list[Film]:
    """Films none of whose titles stands in any of the albums' titles."""
    wanted: dict[str, set[int]] = {}
    for number, film in enumerate(films):
        for title in (*film.own_titles, *film.other_titles(1)):
            wanted.setdefault(fold(title), set()).add(number)
    index, found = TitleIndex(wanted), set[int]()
    for text in listed:
        for title in index.within(fold(text or "")):
            found |= wanted[title]
    return [film for number, film in enumerate(films) if number not in found]


def this_year() -> int:
    return date.today().year  # noqa: DTZ011 — the year of albums, not a moment
