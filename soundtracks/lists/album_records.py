"""Records become albums: catalogues and collections album by album, libraries and plays gathered from their tracks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from soundtracks.lists.columns import Columns, first_text
from soundtracks.lists.films import Unreadable
from soundtracks.lists.parts import Fields
from soundtracks.lists.values import MAX_TITLE, MBID, barcode, clean, discogs_id, known, parse_year

#: What makes two records one album.
AlbumKey = tuple[str | None, ...]
VARIOUS = "Various Artists"
#: Discogs' own marks behind a name: the number of a namesake, and the star of a name variation.
_DISCOGS_MARKS = re.compile(r" ?\(\d{1,4}\)(?= ?(?:[*,&/=]|$|- |feat|and ))|\*(?=[ ,]|$)")
_YES = frozenset(("yes", "true", "1", "ja", "y"))


class Album(NamedTuple):
    """An album as a catalogue has it. `discogs`: "release:ID" or "master:ID". `first_year`: of the work, where told apart."""

    row: int
    title: str
    artist: str | None = None
    year: int | None = None
    barcode: str | None = None
    discogs: str | None = None
    mb_release: str | None = None
    mb_group: str | None = None
    first_year: int | None = None


@dataclass
class AlbumReader:
    """Reads the records of one part. `marks`: names carry Discogs' marks."""

    columns: Columns
    tracks: bool = False
    marks: bool = False
    cut: int = 0  # artists that were longer than what is read

    def __post_init__(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        """Where each thing is looked up in a record."""
        columns = self.columns
        if self.tracks:
            self._titles = columns.of("album")
        else:
            self._titles = columns.of("title") + columns.of("album") + columns.of("weak title", "original")
        self._artists = columns.of("artist") + columns.of("track artist") or columns.of("weak artist")
        loose = [] if self.tracks else columns.of("loose date")
        self._years = [*columns.of("year"), *columns.of("date"), *loose]
        self._first_years = columns.of("first year")
        self._plain_ids = columns.of("plain id", "link")
        self._flags = columns.of("not music")

    def read(self, row: int, fields: Fields) -> Album | str:
        """The album of a record; of a track the album that it is on, or in a word what it is instead. Raises Unreadable."""
        if self.columns.add(fields):
            self._lay_out()
        if self.tracks:
            for name in self._flags:
                if first_text(fields.get(name, "")).strip().lower() in _YES:
                    return "podcast" if "podcast" in name.lower() else "film or video"
        title = next((text for name in self._titles if (text := known(first_text(fields.get(name, ""))))), "")
        if not title:
            if self.tracks:
                return "track without album"
            raise Unreadable("no title")
        if len(title) > MAX_TITLE:
            raise Unreadable(f"a title of more than {MAX_TITLE} characters")
        artist = self._artist(fields)
        if artist and len(artist) > MAX_TITLE:
            artist = artist[:MAX_TITLE].rstrip()
            self.cut += 1
        return Album(
            row,
            title,
            artist,
            self._year(fields, self._years),
            self._first(fields, barcode, "barcode"),
            self._discogs(fields),
            self._mbid(fields, "mb release"),
            self._mbid(fields, "mb group"),
            self._year(fields, self._first_years),
        )

    def _artist(self, fields: Fields) -> str | None:
        if self._last_names(fields):
            return self._last_names(fields)
        compilation = self.tracks and any(
            first_text(fields.get(name, "")).strip().lower() in _YES for name in self.columns.of("compilation")
        )
        for name in self._artists:
            value = fields.get(name)
            if not value:
                continue
            if compilation and "album" not in name.lower():
                return VARIOUS
            text = self._joined(fields, name, value)
            if text:
                return _DISCOGS_MARKS.sub("", text).strip() if self.marks else text
        return VARIOUS if compilation else None

    def _last_names(self, fields: Fields) -> str | None:
        """Rate Your Music has two columns for a name."""
        if not self.columns.has("last name") or self.columns.has("artist"):
            return None
        names = [
            known(first_text(fields.get(n, ""))) for n in (*self.columns.of("first name")[:1], *self.columns.of("last name")[:1])
        ]
        return " ".join(name for name in names if name) or None

    def _joined(self, fields: Fields, name: str, value: str | list[str]) -> str:
        if isinstance(value, str):
            return known(value)
        join = fields.get(name.rpartition(".")[0] + ".joinphrase")
        if isinstance(join, list) and len(join) == len(value):
            return clean("".join(f"{n}{j}" for n, j in zip(value, join, strict=True)))
        return join_names(value)

    def _year(self, fields: Fields, names: list[str]) -> int | None:
        for name in names:
            if year := parse_year(first_text(fields.get(name, ""))):
                return year
        return None

    def _first(self, fields: Fields, parse: object, role: str) -> str | None:
        for name in self.columns.of(role):
            value = fields.get(name, "")
            for text in (value,) if isinstance(value, str) else value:
                if text and (found := parse(clean(text))):  # type: ignore[operator]
                    return str(found)
        return None

    def _discogs(self, fields: Fields) -> str | None:
        for role, kind in (("discogs", "release"), ("master", "master")):
            for name in self.columns.of(role):
                text = clean(first_text(fields.get(name, ""))).removesuffix(".0")
                if text.isdigit() and int(text):
                    return f"{kind}:{int(text)}"
                if found := discogs_id(text):
                    return ":".join(found)
        for name in self._plain_ids:
            if found := discogs_id(first_text(fields.get(name, ""))):
                return ":".join(found)
        return None

    def _mbid(self, fields: Fields, role: str) -> str | None:
        return self._first(fields, _mbid, role)


def join_names(names: list[str]) -> str:
    """Artists as one text, each once; "" where none is known."""
    return " / ".join(dict.fromkeys(text for name in names if (text := known(name))))


def _mbid(text: str) -> str | None:
    found = MBID.search(text)
    return found[0].lower() if found else None


@dataclass
class Gathering:
    """Albums, each once. Tracks of one album add up to it; pressings with other ids stay apart."""

    albums: dict[AlbumKey, Album] = field(default_factory=dict)
    duplicates: int = 0

    def add(self, album: Album, *, track: bool) -> AlbumKey:
        """Returns what the album is kept under."""
        key = self._key(album, track)
        before = self.albums.get(key)
        if before is None:
            self.albums[key] = album
            return key
        if not track:
            self.duplicates += 1
        years = [year for year in (before.year, album.year) if year]
        self.albums[key] = before._replace(
            artist=before.artist or album.artist,
            year=min(years, default=None),
            barcode=before.barcode or album.barcode,
            mb_release=before.mb_release or album.mb_release,
            mb_group=before.mb_group or album.mb_group,
        )
        return key

    def _key(self, album: Album, track: bool) -> AlbumKey:
        if album.mb_release or album.discogs:
            return (album.mb_release, album.discogs)
        name = (album.title.casefold(), (album.artist or "").casefold())
        return name if track else (*name, str(album.year), album.barcode, album.mb_group)

    def __iter__(self) -> Iterator[Album]:
        return iter(self.albums.values())
