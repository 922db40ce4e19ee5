"""Albums from Discogs: one search a film, a second only where the first does not answer it.

Requests are what is scarce (60 a minute), so each of them has to pay:

1. `q="<title> soundtrack"`, 100 results, masters and releases together: answers most films by itself. (Without the word
   soundtrack, none of the first five hits is one for Titanic, Inception or Frozen.)
2. When there are more results than fit on the page, it is full of releases, and some look right: the masters alone, a page.
3. The original title, where it differs: records of a foreign film carry it. Only when no plausible album was found: an
   alternative title. (`breadth` narrow: neither, unless nothing plausible was found; wide: all three always.)
4. A master's own record, only when a plausible reissue (later than the film) came without its master: for its first year.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel

from soundtracks.errors import BadAnswer, NotFound, Unavailable
from soundtracks.records import ALBUMS, STRINGS, conform
from soundtracks.sources.credit import Credited, artist_credit
from soundtracks.sources.http import Source
from soundtracks.sources.models import (
    AlbumSearch,
    FoundAlbum,
    MasterDetails,
    RecordDetails,
    artist_names,
    barcode_digits,
    catalogue_numbers,
)
from soundtracks.text.search_wording import Wanted, fold
from soundtracks.text.signals import looks_like_soundtrack

SEARCH = "/database/search"
PAGE = 100
#: Alternative titles tried at most.
ALTERNATIVES = {"narrow": 1, "usual": 1, "wide": 3}
Breadth = Literal["narrow", "usual", "wide"]
#: Master records fetched for one film at most.
MASTERS = 3

#: Albums as found: ALBUMS, but with artist and title still in one, as the search gives them.
FOUND = pa.schema(
    [
        pa.field("album_id", pa.string(), nullable=False),
        ("listed", pa.string()),  # "Artist - Title"
        ("artist", pa.string()),  # known only from a master's own record, as are:
        ("artist_names", STRINGS),
        ("year", pa.int32()),
        ("genres", STRINGS),
        ("styles", STRINGS),
        ("tracks", STRINGS),
        ("formats", STRINGS),
        ("labels", STRINGS),
        ("catalogue_numbers", STRINGS),
        ("barcode", pa.string()),
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
    def own_titles(self) -> list[str]:
        """Title and original title; the latter only where it folds to other words."""
        first: dict[str, str] = {}
        for title in (self.title, self.original_title):
            if title:
                first.setdefault(fold(title), title)
        return list(first.values())

    def other_titles(self, most: int) -> list[str]:
        """Alternative titles that fold to other words, those in Latin script first."""
        own = {fold(title) for title in self.own_titles}
        others: dict[str, str] = {}
        for title in sorted(self.alternative_titles or [], key=lambda title: not title.isascii()):
            if fold(title) not in own:
                others.setdefault(fold(title), title)
        return list(others.values())[:most]


@dataclass
class Searched:
    """What the questions for one film found: `hits` by album_id, `masters` that were fetched for their first year. `failed`: why
    one of the questions got no answer; what the others found is kept."""

    hits: dict[str, FoundAlbum] = field(default_factory=dict)
    masters: list[MasterDetails] = field(default_factory=list)
    failed: BadAnswer | Unavailable | None = None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Rows of FOUND."""
        return [*map(found_row, self.hits.values()), *map(master_row, self.masters)]


class Discogs:
    """Discogs' API, typed."""

    def __init__(self, source: Source, breadth: Breadth = "usual") -> None:
        self.source = source
        self.breadth = breadth

    def search(self, filters: Mapping[str, str | None], page: int = 1) -> AlbumSearch:
        """One page of a search; filters as Discogs names them (q, type, style, year, country, …)."""
        return AlbumSearch.model_validate(self.source.get(SEARCH, paged(filters, page)))

    def master(self, master_id: int) -> MasterDetails:
        """A master with its first year and its artists. Raises NotFound."""
        return MasterDetails.model_validate(self.source.get(f"/masters/{master_id}", {}))

    def knows(self, film: Film) -> bool:
        """Whether the film's first question is answered already."""
        titles = film.own_titles
        return not titles or self.source.knows(SEARCH, paged({"q": question(titles[0])}))

    def albums(self, film: Film) -> Searched:
        """Albums that may be the film's: everything its searches listed. Raises what a question failed with when nothing was
        found."""
        own, others = film.own_titles, film.other_titles(ALTERNATIVES[self.breadth])
        wanted = Wanted((*own, *others))
        always = {"narrow": 1, "usual": len(own), "wide": len(own) + len(others)}[self.breadth]
        searched = Searched()
        for asked, title in enumerate((*own, *others)):
            if asked >= always and any(plausible(hit, wanted) for hit in searched.hits.values()):
                break
            try:
                for hit in self._hits(title):
                    searched.hits.setdefault(hit.album_id, hit)
            except (BadAnswer, Unavailable) as error:
                searched.failed = error
        if searched.failed and not searched.hits:
            raise searched.failed
        self._first_years(searched, film, wanted)
        return searched

    def _hits(self, title: str) -> Iterator[FoundAlbum]:
        """Those of the first question come before the second is asked."""
        answer = self.search({"q": question(title)})
        hits = answer.results
        yield from hits
        full = answer.pagination.items > PAGE and sum(hit.type == "master" for hit in hits) < len(hits) / 2
        if full and any(plausible(hit, Wanted([title])) for hit in hits):
            yield from self.search({"q": question(title), "type": "master"}).results

    def _first_years(self, searched: Searched, film: Film, wanted: Wanted) -> None:
        """Adds the records of masters that were not listed beside a plausible release which looks like a reissue."""
        listed = {hit.id for hit in searched.hits.values() if hit.type == "master"}
        missing = dict.fromkeys(
            hit.master_id
            for hit in searched.hits.values()
            if hit.type == "release" and hit.master_id and hit.master_id not in listed
            if _late(hit.year, film.year) and plausible(hit, wanted)
        )
        for master_id in list(missing)[:MASTERS]:
            try:
                searched.masters.append(self.master(master_id))
            except NotFound:
                continue  # deleted since: the release stands by itself
            except (BadAnswer, Unavailable) as error:
                searched.failed = error


#: Places looked at where "Artist - Title" may be cut: beyond them nobody's name stands.
MAX_CUTS = 8


def question(title: str) -> str:
    return f"{title} soundtrack"


def paged(filters: Mapping[str, str | None], page: int = 1) -> dict[str, str | int | None]:
    return {**filters, "per_page": PAGE, "page": page}


def _late(album: int | None, film: int | None) -> bool:
    return album is None or film is None or album > film + 1


def plausible(album: FoundAlbum, wanted: Wanted) -> bool:
    """Whether an album looks like one of a wanted film: by its title, and by calling itself film music."""
    if not looks_like_soundtrack(album.title or "", album.genre, album.style):
        return False
    splits = _splits(album.title or "")
    listed = {"title": [album.title, *(split.title for split in splits)], "artist": [None, *(split.artist for split in splits)]}
    return any(wanted.held_by(pa.table(listed, WRITTEN)))


# From what was found to ALBUMS ------------------------------------------------------------------------------------------------


def found_row(album: FoundAlbum) -> dict[str, Any]:
    return {
        "album_id": album.album_id,
        "listed": album.title,
        "artist": None,
        "artist_names": None,
        "year": album.year,
        "genres": album.genre,
        "styles": album.style,
        "tracks": None,
        "formats": album.format,
        "labels": album.label,
        "catalogue_numbers": catalogue_numbers([album.catno]),
        "barcode": next((code for code in map(barcode_digits, album.barcode) if code), None),
        "master_id": f"master:{album.master_id}" if album.master_id and album.type == "release" else None,
        "country": album.country,
    }


def master_row(master: MasterDetails) -> dict[str, Any]:
    return {
        "album_id": f"master:{master.id}",
        "listed": master.title,
        **_of_record(master),
        "formats": [],
        "labels": None,
        "catalogue_numbers": None,
        "barcode": None,
        "master_id": None,
        "country": None,
    }


def release_row(answer: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The own record of a "release" or "master" as a row of ALBUMS."""
    found = RecordDetails.model_validate(answer)
    return {
        "album_id": f"{kind}:{found.id}",
        "title": found.title,
        **_of_record(found),
        "formats": [one.name for one in found.formats],
        "labels": [one.name for one in found.labels] or None,
        "catalogue_numbers": catalogue_numbers(one.catno for one in found.labels),
        "country": found.country,
        "first_year": found.year if kind == "master" else None,
        "master_id": f"master:{found.master_id}" if found.master_id and kind == "release" else None,
    }


def _of_record(record: MasterDetails) -> dict[str, Any]:
    """What the own record of a release or master says in columns of FOUND and of ALBUMS alike."""
    return {
        "artist": artist_credit(Credited(artist.name, artist.anv, artist.join) for artist in record.artists),
        "artist_names": artist_names(record.artists),
        "year": record.year,
        "genres": record.genres,
        "styles": record.styles,
        "tracks": [str(record.tracklist)] if record.tracklist else None,
    }


class Split(NamedTuple):
    artist: str | None
    title: str | None


#: What an album's title is read out of.
WRITTEN = pa.schema([("title", pa.string()), ("artist", pa.string())])


def split_listed(listed: str | None, artists: Collection[str], titles: Collection[str]) -> Split:
    """Splits "Artist - Title". Both may hold " - " themselves: the split that fits what is known wins, else the first.

    `artists`, `titles`: folded names of composers and of films. An artist that is known decides, then a title that begins
    with a film's title.
    """
    if not listed:
        return Split(None, None)
    splits = _splits(listed)
    if not splits:
        return Split(None, listed)
    if len(splits) > 1:
        for split in splits:
            if fold(bare_artist(split.artist or "")) in artists:
                return split
        for split in splits:
            if fold(_leading(split.title or "")) in titles:
                return split
    return splits[0]


def _splits(listed: str) -> list[Split]:
    """Every way to split it. Discogs joins with " - "; other dashes belong to the words."""
    cuts = [match.start() for match in islice(re.finditer(r" - ", listed), MAX_CUTS)]
    return [Split(listed[:cut].strip(), listed[cut + 3 :].strip()) for cut in cuts]


def bare_artist(artist: str) -> str:
    """Without Discogs' marks: `Titanic (3)` is the third of that name, `Hans Zimmer*` a variation."""
    return re.sub(r"( \(\d+\))?\*?$", "", artist)


def _leading(title: str) -> str:
    return re.split(r" ?[(\[:=]| - ", title, maxsplit=1)[0]


def to_albums(found: Sequence[pa.Table], films: pa.Table) -> pa.Table:
    """One row an album, schema ALBUMS, sorted by id: what many searches found, each album as it was listed first.

    Needs the films for their composers and titles, which tell how "Artist - Title" is to be split.
    """
    artists = {fold(name) for names in films["composers"].to_pylist() for name in names or []} | {"various", "various artists"}
    titles = {fold(name) for column in ("title", "original_title") for name in films[column].to_pylist() if name} - {""}
    table = _first_of_each(pa.concat_tables([FOUND.empty_table(), *found], promote_options="default"))
    ids, years = table["album_id"].to_pylist(), table["year"].to_pylist()
    first_years = {album: year for album, year in zip(ids, years, strict=True) if album.startswith("master:")}
    of_master = [first_years.get(master or album) for master, album in zip(table["master_id"].to_pylist(), ids, strict=True)]
    splits = [
        Split(artist, listed) if artist else split_listed(listed, artists, titles)
        for artist, listed in zip(table["artist"].to_pylist(), table["listed"].to_pylist(), strict=True)
    ]
    columns = {name: table[name] for name in FOUND.names} | {
        "artist": pa.array([split.artist for split in splits], pa.string()),
        "title": pa.array([split.title for split in splits], pa.string()),
        "first_year": pa.array(of_master, pa.int32()),
    }
    return conform(pa.table(columns), ALBUMS)


def _first_of_each(table: pa.Table) -> pa.Table:
    """The first row of each album, by id; a listing goes before a master's own record, which has no formats."""
    table = table.append_column("own", pc.is_valid(table["artist"])).append_column("at", pa.array(range(len(table))))
    table = table.sort_by([("album_id", "ascending"), ("own", "ascending"), ("at", "ascending")])
    ids = table["album_id"].to_pylist()
    new = pa.array([album != before for album, before in zip(ids, [None, *ids], strict=False)], pa.bool_())
    return table.filter(new).select(FOUND.names)
