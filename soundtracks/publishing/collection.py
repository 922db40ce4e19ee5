"""What somebody owns and wants, beside the editions of their films' music: gaps, and a wantlist that closes them.

Discogs imports no wantlist: its API takes one release at a time (PUT /users/{name}/wants/{release}). So the wantlist is a table
in the form of Discogs' own export, which programs for collectors read, with each edition's page, where a click adds it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from soundtracks.lists.album_records import Album
from soundtracks.lists.read import Reading
from soundtracks.publishing.catalogue import Catalogue
from soundtracks.publishing.credits import is_various, plain_name
from soundtracks.publishing.editions import EDITIONS, Edition
from soundtracks.publishing.tables import spreadsheet_csv
from soundtracks.text.folding import fold

#: What must be there at least once: an album of each film, an edition of each album, or every edition.
Each = Literal["film", "album", "edition"]
#: How a list says that something is there: that very edition, another one of the album by its ids, or one of the same name.
SAME, ANOTHER, BY_NAME = "this edition", "another edition", "an album of this name"

#: Columns of Discogs' own export of a wantlist, as they stand there.
WANTLIST = pa.schema(
    [(name, pa.string()) for name in ("Catalog#", "Artist", "Title", "Label", "Format")]
    + [("Rating", pa.string()), ("Released", pa.int32()), ("release_id", pa.string()), ("Notes", pa.string())]
)


@dataclass
class Shelf:
    """Albums of people's lists, as editions are looked up in them: `ids` of editions, `works` with any edition, `names`."""

    ids: set[str] = field(default_factory=set)
    works: set[str] = field(default_factory=set)
    names: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def of(cls, albums: Iterable[Album], catalogue: Catalogue) -> "Shelf":
        """`catalogue`: tells of which master a release is an edition, also where no film is linked to that edition."""
        shelf = cls()
        for album in albums:
            shelf.ids |= {one for one in (album.discogs, album.mb_group) if one}
            shelf.names |= {(title, _artist(album.artist)) for title in _titles(album.title)}
        shelf.works = {catalogue.works.get(one, one) for one in shelf.ids}
        return shelf

    def holds(self, edition: Edition) -> str | None:
        """SAME, ANOTHER or BY_NAME; None where nothing of the album is there."""
        row = edition.row
        if edition.id in self.ids:
            return SAME
        if {edition.link.work_id, *(r["album_musicbrainz_id"] for r in (row, edition.link.row))} & self.works:
            return ANOTHER
        named = {(title, _artist(r["album_artist"])) for r in (row, edition.link.row) for title in _titles(r["album_title"])}
        return BY_NAME if named & self.names else None


def _titles(title: str | None) -> set[str]:
    """The names of an album: Discogs joins those in several scripts by an equals sign."""
    return {folded for part in (title or "").split(" = ") if (folded := fold(part))}


def _artist(artist: str | None) -> str:
    return "various" if artist and is_various(artist) else fold(plain_name(artist or ""))


@dataclass(frozen=True)
class Found:
    """An edition, and how it is owned and wanted (SAME, ANOTHER, BY_NAME, None)."""

    edition: Edition
    owned: str | None
    wanted: str | None


def compare(editions: Iterable[Edition], owned: Shelf, wanted: Shelf) -> list[Found]:
    return [Found(edition, owned.holds(edition), wanted.holds(edition)) for edition in editions]


def unit(edition: Edition, each: Each) -> str:
    """The film, album or edition that is there or lacking."""
    return {"film": edition.film_id, "album": edition.link.work_id, "edition": edition.id}[each]


def units(found: Iterable[Found], each: Each, which: Literal["owned", "wanted"]) -> set[str]:
    """The films, albums or editions of which something is owned, or wanted; of editions, those alone that are so themselves."""
    states = ((one, getattr(one, which)) for one in found)
    return {unit(one.edition, each) for one, state in states if state and (each != "edition" or state == SAME)}


def lacking(found: Sequence[Found], each: Each) -> list[Found]:
    """The best edition of each film or album (or each edition) of which nothing is owned.

    The best edition is a release where one is known: wantlists hold releases, not masters. With `each` edition, one that is
    owned in another edition is lacking too.
    """
    there = units(found, each, "owned")
    best: dict[str, Found] = {}
    for one in found:
        key = unit(one.edition, each)
        if key not in there and (key not in best or (not _is_release(best[key]) and _is_release(one))):
            best[key] = one
    return list(best.values())


def _is_release(one: Found) -> bool:
    return one.edition.id.startswith("release:")


def write_editions(found: Iterable[Found]) -> bytes:
    """The editions (EDITION_COLUMNS) with `owned` and `wanted`, as CSV."""
    schema = EDITIONS.append(pa.field("owned", pa.string())).append(pa.field("wanted", pa.string()))
    rows = [one.edition.as_row() | {"owned": one.owned, "wanted": one.wanted} for one in found]
    return spreadsheet_csv(pa.Table.from_pylist(rows, schema))


def write_wantlist(found: Iterable[Found]) -> bytes:
    """Editions in the form of Discogs' own export of a wantlist; the film and the page stand in the notes."""
    return spreadsheet_csv(pa.Table.from_pylist([_want(one.edition) for one in found], WANTLIST))


def _want(edition: Edition) -> dict[str, object]:
    row = edition.as_row()
    kind, _, number = edition.id.partition(":")
    return {
        "Catalog#": row["catalogue_number"],
        "Artist": row["artist"],
        "Title": row["album"],
        "Label": row["label"],
        "Format": row["format"],
        "Released": row["year"],
        "release_id": number if kind == "release" else None,
        "Notes": "; ".join(filter(None, (f"Soundtrack of {edition.film_name}", row["url"]))),
    }


def is_wantlist(reading: Reading) -> bool:
    """Whether a list says what somebody wants: Discogs' own export of a wantlist does."""
    return "Discogs wantlist" in reading.exports
