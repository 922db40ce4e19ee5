"""Albums from Discogs: one search a film, a second only where the first does not answer it.

Requests are what is scarce (60 a minute), so each of them has to pay:

1. `q="<title> soundtrack"`, 100 results, masters and releases together: answers most films by itself. (Without the word
   soundtrack, none of the first five hits is one for Titanic, Inception or Frozen.)
2. When there are more results than fit on the page, and it is full of releases: the masters alone, a page.
3. Only when no plausible album was found: the same for the original title, then for one alternative title.
4. A master's own record, only when a plausible reissue (later than the film) came without its master: for its first year.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from pydantic import BaseModel, ValidationError

from tasks.errors import BadAnswer, NotFound
from tasks.matching.schemas import ALBUMS, STRINGS
from tasks.sources.http import Source
from tasks.sources.models import AlbumSearch, FoundAlbum, MasterDetails
from tasks.sources.wording import fold, holds

SEARCH = "/database/search"
PAGE = 100
#: Alternative titles tried when neither title nor original title finds an album.
ALTERNATIVES = 1
#: Master records fetched for one film at most.
MASTERS = 3

#: Albums as found: ALBUMS, but with artist and title still in one, as the search gives them.
FOUND = pa.schema(
    [
        pa.field("album_id", pa.string(), nullable=False),
        ("listed", pa.string()),  # "Artist - Title"
        ("artist", pa.string()),  # known only from a master's own record
        ("year", pa.int32()),
        ("genres", STRINGS),
        ("styles", STRINGS),
        ("formats", STRINGS),
        ("master_id", pa.string()),
        ("country", pa.string()),
    ]
)


class Film(BaseModel):
    """What of a film is needed to ask for its albums."""

    tmdb_id: str
    title: str | None = None
    original_title: str | None = None
    alternative_titles: list[str] | None = None
    year: int | None = None

    def __str__(self) -> str:
        return f"{self.title} ({self.year})" if self.year else self.title or self.tmdb_id

    @property
    def queries(self) -> list[str]:
        """The titles to ask for, in the order in which they pay. One that folds to another's words asks nothing new."""
        first: dict[str, str] = {}
        for title in (self.title, self.original_title):
            if title:
                first.setdefault(fold(title), title)
        others = {fold(title): title for title in reversed(self.alternative_titles or []) if fold(title) not in first}
        latin = [title for title in reversed(others.values()) if title.isascii()]
        return [*first.values(), *(latin or [*reversed(others.values())])[:ALTERNATIVES]]


class Discogs:
    """Discogs' API, typed."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def search(self, page: int = 1, **filters: str | None) -> AlbumSearch:
        """One page of a search; filters as Discogs names them (q, type, style, year, country, …)."""
        return AlbumSearch.model_validate(self.source.get(SEARCH, paged(filters, page)))

    def master(self, master_id: int) -> MasterDetails:
        """A master with its first year and its artists. Raises NotFound."""
        try:
            return MasterDetails.model_validate(self.source.get(f"/masters/{master_id}", {}))
        except ValidationError as error:
            raise BadAnswer("discogs", f"master {master_id} came without an id.") from error

    def knows(self, film: Film) -> bool:
        """Whether the film's first question is answered already."""
        return not film.queries or self.source.knows(SEARCH, paged({"q": question(film.queries[0])}))

    def albums(self, film: Film) -> list[dict[str, Any]]:
        """Albums that may be the film's, rows of FOUND: everything its searches listed."""
        titles = [fold(title) for title in film.queries]
        found: dict[str, FoundAlbum] = {}
        for title in film.queries:
            answer = self.search(q=question(title))
            hits = list(answer.results)
            if answer.pagination.items > PAGE and sum(hit.type == "master" for hit in hits) < len(hits) / 2:
                hits += self.search(q=question(title), type="master").results
            for hit in hits:
                found.setdefault(hit.album_id, hit)
            if any(plausible(hit, titles) for hit in found.values()):
                break
        return [*map(found_row, found.values()), *map(master_row, self._first_years(found.values(), film, titles))]

    def _first_years(self, found: Iterable[FoundAlbum], film: Film, titles: Sequence[str]) -> list[MasterDetails]:
        """Records of masters that were not listed beside a plausible release which looks like a reissue."""
        found = list(found)
        listed = {hit.id for hit in found if hit.type == "master"}
        wanted = dict.fromkeys(
            hit.master_id
            for hit in found
            if hit.type == "release" and hit.master_id and hit.master_id not in listed
            if _late(hit.year, film.year) and plausible(hit, titles)
        )
        masters = []
        for master_id in list(wanted)[:MASTERS]:
            try:
                masters.append(self.master(master_id))
            except NotFound:
                continue  # deleted since: the release stands by itself
        return masters


def question(title: str) -> str:
    return f"{title} soundtrack"


def paged(filters: Mapping[str, str | None], page: int = 1) -> dict[str, str | int | None]:
    return {**filters, "per_page": PAGE, "page": page}


def _late(album: int | None, film: int | None) -> bool:
    return album is None or film is None or album > film + 1


#: Marks of music for the screen, in styles, genres and titles.
_MARKS = re.compile(
    r"soundtrack|score|stage & screen|motion picture|\bo\.?s\.?t\b|bande originale|colonna sonora|banda sonora|filmmusik"
)


def plausible(album: FoundAlbum, titles: Collection[str]) -> bool:
    """Whether an album looks like the film's: it holds one of the folded titles and a mark of music for the screen."""
    text = " ".join([album.title or "", *album.style, *album.genre]).casefold()
    listed = fold(album.title or "")
    return bool(_MARKS.search(text)) and any(holds(listed, title) for title in titles)


# From what was found to ALBUMS ------------------------------------------------------------------------------------------------


def found_row(album: FoundAlbum) -> dict[str, Any]:
    return {
        "album_id": album.album_id,
        "listed": album.title,
        "artist": None,
        "year": album.year,
        "genres": album.genre,
        "styles": album.style,
        "formats": album.format,
        "master_id": f"master:{album.master_id}" if album.master_id and album.type == "release" else None,
        "country": album.country,
    }


def master_row(master: MasterDetails) -> dict[str, Any]:
    return {
        "album_id": f"master:{master.id}",
        "listed": master.title,
        "artist": artist_credit(master),
        "year": master.year,
        "genres": master.genres,
        "styles": master.styles,
        "formats": [],
        "master_id": None,
        "country": None,
    }


def artist_credit(master: MasterDetails) -> str | None:
    """The artists as Discogs prints them: the name variation where there is one, with the joining words between."""
    parts = []
    for artist in master.artists:
        parts.append(artist.anv or artist.name)
        join = artist.join or ""
        parts.append(", " if join == "," else f" {join} " if join else "")
    return "".join(parts).strip(" ,") or None


class Split(NamedTuple):
    artist: str | None
    title: str | None


def split_listed(listed: str | None, artists: Collection[str], titles: Collection[str]) -> Split:
    """Splits "Artist - Title". Both may hold " - " themselves: the split that fits what is known wins, else the first.

    `artists`, `titles`: folded names of composers and of films. An artist that is known decides, then a title that begins
    with a film's title.
    """
    if not listed:
        return Split(None, None)
    # Discogs joins with " - "; other dashes belong to the words.
    cuts = [match.start() for match in re.finditer(r" - ", listed)]
    if not cuts:
        return Split(None, listed)
    splits = [Split(listed[:cut].strip(), listed[cut + 3 :].strip()) for cut in cuts]
    if len(splits) > 1:
        for split in splits:
            if fold(bare_artist(split.artist or "")) in artists:
                return split
        for split in splits:
            if fold(_leading(split.title or "")) in titles:
                return split
    return splits[0]


def bare_artist(artist: str) -> str:
    """Without Discogs' marks: `Titanic (3)` is the third of that name, `Hans Zimmer*` a variation."""
    return re.sub(r"( \(\d+\))?\*?$", "", artist)


def _leading(title: str) -> str:
    return re.split(r" ?[(\[:=]| - ", title, maxsplit=1)[0]


def to_albums(found: Iterable[pa.Table], films: pa.Table) -> pa.Table:
    """One row an album, schema ALBUMS, sorted by id: what many searches found, each album once.

    Needs the films for their composers and titles, which tell how "Artist - Title" is to be split.
    """
    artists = {fold(name) for names in films["composers"].to_pylist() for name in names or []} | {"various", "various artists"}
    titles = {fold(name) for column in ("title", "original_title") for name in films[column].to_pylist() if name} - {""}
    rows: dict[str, dict[str, Any]] = {}
    for table in found:
        for row in table.to_pylist():
            known = rows.setdefault(row["album_id"], row)
            if known is not row:  # the same album, found again: keep the fuller record, whatever came first
                rows[row["album_id"]] = max(known, row, key=_fullness)
    first_years = {album_id: row["year"] for album_id, row in rows.items() if album_id.startswith("master:")}
    albums = []
    for album_id in sorted(rows):
        row = rows[album_id]
        split = Split(row["artist"], row["listed"]) if row["artist"] else split_listed(row["listed"], artists, titles)
        first = first_years.get(row["master_id"] or album_id)
        albums.append({**{n: row[n] for n in ALBUMS.names if n in row}, **split._asdict(), "first_year": first})
    return pa.Table.from_pylist(albums, schema=ALBUMS)


def _fullness(row: dict[str, Any]) -> tuple[int, str]:
    return sum(bool(value) for value in row.values()), repr(row)
