"""Tags in the .nfo files of a media library: an album says of which film it is the soundtrack, and the film has the same tag.

Jellyfin and Kodi keep such files beside music and films, and so do the programs that fill libraries for them (Lidarr, Radarr,
tinyMediaManager). What of them is read: of an album, its MusicBrainz release group (<musicbrainzreleasegroupid>; Lidarr writes it
as <musicbrainzalbumid>); of a film, its ids at TMDB and IMDb. What is added: <style> and <genre> of an album, <tag> of a film.
Kodi reads them as style, genre and tag, Jellyfin as tags and genre (https://kodi.wiki/view/NFO_files,
https://jellyfin.org/docs/general/server/metadata/nfo/). Plex reads no .nfo files of music.

Nothing else in a file changes, not a byte of it: a film's may be no XML at its end (a combination nfo has an address there). What
goes is a tag that this catalogue can have made there (ours_on_albums, ours_on_films), by any name that it knows of a film and of
any year, which may have been put right since; people's own tags, and those of another catalogue, stay.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal, cast
from xml.sax.saxutils import escape

from soundtracks.publishing.catalogue import AT_ONCE, Catalogue, imdb_url, musicbrainz_mbid
from soundtracks.publishing.nfo_elements import Element, Elements, NotReadable, elements_of
from soundtracks.publishing.works import AlbumLink, Row
from soundtracks.text.foreign import xml_line

Kind = Literal["album", "movie"]
MAX_BYTES = 4 << 20
PREFIX = "Soundtrack of "
GENRE = "Soundtrack"
#: The element that a tag of ours is, by the kind of file, which is the name of its root.
_ELEMENT: dict[Kind, str] = {"album": "style", "movie": "tag"}
_YEAR = re.compile(r" \([0-9]{1,4}\)$")
_REST_OF_LINE = re.compile(rb"[ \t]*\r?\n")


@dataclass(frozen=True)
class Nfo:
    """An .nfo file of an album or film: the ids that it has, and its genres."""

    kind: Kind
    ids: frozenset[str]
    genres: frozenset[str] = field(default=frozenset())


def read_nfo(data: bytes) -> Nfo | None:
    """What an .nfo file is about; None where it is of another kind (an artist, a series, plain text). Raises NotReadable."""
    found = _elements(data)
    if found is None:
        return None
    texts = [(child.name.casefold(), child.attributes, child.text) for child in found.children]
    if found.root == "album":
        ids = {mbid for name, _, text in texts if name.startswith("musicbrainz") and (mbid := musicbrainz_mbid(text.lower()))}
    else:
        ids = {one for name, attributes, text in texts for one in _film_ids(name, attributes, text)}
    genres = frozenset(text.casefold() for name, _, text in texts if name == "genre")
    return Nfo(cast("Kind", found.root), frozenset(ids), genres)


def _elements(data: bytes) -> Elements | None:
    if len(data) > MAX_BYTES:
        raise NotReadable("larger than 4 MB")
    return elements_of(data, _ELEMENT)


def _film_ids(name: str, attributes: Mapping[str, str], text: str) -> Iterable[str]:
    kind = str(attributes.get("type") or "").casefold() if name == "uniqueid" else name.removesuffix("id")
    if imdb_url(text):
        yield text
    elif kind == "tmdb" and re.fullmatch("[0-9]{1,9}", text):
        yield f"tmdb:{int(text)}"


def tagged(data: bytes, nfo: Nfo, tags: Iterable[str], ours: Collection[AbstractSet[str]] = ()) -> bytes:
    """The file with these tags (and an album's genre), and without others that one of `ours` has, as they are or without their
    year. The same bytes where it is so already. Raises NotReadable."""
    found, name = _elements(data), _ELEMENT[nfo.kind]
    if found is None:
        return data
    wanted = set(tags)
    known = [child for child in found.children if child.name == name]
    lacking = sorted(wanted - {child.text for child in known})
    lines = [f"<{name}>{escape(tag)}</{name}>".encode("ascii", "xmlcharrefreplace") for tag in lacking]
    if wanted and nfo.kind == "album" and GENRE.casefold() not in nfo.genres:
        lines.append(f"<genre>{GENRE}</genre>".encode())
    gone = [child for child in known if child.plain and child.text not in wanted and _is_one_of(child.text, ours)]
    changed = _inserted(data, found.closing, lines) if lines and found.closing is not None else data
    for child in reversed(gone):  # from the end, so that the places of those before still hold
        changed = _without(changed, child)
    return changed


def _is_one_of(tag: str, ours: Collection[AbstractSet[str]]) -> bool:
    either = {tag, _YEAR.sub("", tag)}
    return any(not either.isdisjoint(some) for some in ours)


def _inserted(data: bytes, closing: int, lines: list[bytes]) -> bytes:
    """The file with these lines before its closing tag, indented as children of it."""
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    start = data.rfind(b"\n", 0, closing) + 1
    before = data[start:closing]
    indent, at, first = (before, start, b"") if not before.strip() else (b"", closing, newline)
    return data[:at] + first + b"".join(indent + b"  " + line + newline for line in lines) + data[at:]


def _without(data: bytes, child: Element) -> bytes:
    """The file without this element; without its line, where it has one to itself."""
    line = data.rfind(b"\n", 0, child.start) + 1
    rest = _REST_OF_LINE.match(data, child.end)
    if rest and not data[line : child.start].strip():
        return data[:line] + data[rest.end() :]
    return data[: child.start] + data[child.end :]


def tag_of(row: Row) -> str:
    """The tag that an album and its film have in common."""
    return _tag(row["film_title"] or _nameless(row["tmdb_id"]), f" ({row['film_year']})" if row["film_year"] else "")


def _tag(name: str, year: str = "") -> str:
    return xml_line(f"{PREFIX}{name.replace(' / ', '/')}{year}")  # where Kodi cuts


def _nameless(tmdb_id: str) -> str:
    return f"TMDB {tmdb_id}"


def tags_by_album(links: Iterable[AlbumLink]) -> dict[str, set[str]]:
    """MusicBrainz release group -> tags of its films."""
    found: dict[str, set[str]] = {}
    for link in links:
        for row in (link.row, *link.pressings):
            if row["album_musicbrainz_id"]:
                found.setdefault(row["album_musicbrainz_id"], set()).add(tag_of(link.row))
    return found


def tags_by_film(links: Iterable[AlbumLink], groups: set[str]) -> dict[str, set[str]]:
    """Film (tmdb:78, tt0083658) -> its tag, of films of which an album is among `groups`, the albums of the library."""
    found: dict[str, set[str]] = {}
    for link in links:
        row = link.row
        if {one["album_musicbrainz_id"] for one in (row, *link.pressings)} & groups:
            for one in (f"tmdb:{row['tmdb_id']}", row["film_imdb_id"]):
                if one:
                    found.setdefault(one, set()).add(tag_of(row))
    return found


def ours_on_albums(catalogue: Catalogue) -> dict[str, set[str]]:
    """MusicBrainz release group -> tags, without years, that this catalogue can have made there: of any of its films, by any of
    its names, if it knows the album."""
    every = {tag for _, tags in catalogue.once(_by_every_name) for tag in tags}
    return dict.fromkeys(_groups(catalogue), every)


def ours_on_films(catalogue: Catalogue, groups: set[str]) -> dict[str, set[str]]:
    """Film -> the tags, without years, that this catalogue can have made there: its own, by any of its names.

    None at all where the catalogue knows none of `groups`, the albums of the library: then it cannot tell that a film's is gone.
    """
    found: dict[str, set[str]] = {}
    if not groups & _groups(catalogue):
        return found
    for ids, tags in catalogue.once(_by_every_name):
        for one in ids:
            found.setdefault(one, set()).update(tags)
    return found


def _by_every_name(catalogue: Catalogue) -> list[tuple[list[str], set[str]]]:
    """Of each film its ids (tmdb:78, tt0083658) and its tags without a year: by each name that it has, and as one without."""
    found = []
    films = catalogue.films.select(["tmdb_id", "imdb_id", "title", "original_title", "alternative_titles"])
    for batch in films.to_batches(AT_ONCE):
        for film in batch.to_pylist():
            names = [_nameless(film["tmdb_id"]), film["title"], film["original_title"], *(film["alternative_titles"] or ())]
            ids = [one for one in (f"tmdb:{film['tmdb_id']}", film["imdb_id"]) if one]
            found.append((ids, {_tag(name) for name in names if name}))
    return found


def _groups(catalogue: Catalogue) -> set[str]:
    return {group for group in catalogue.albums["musicbrainz_id"].to_pylist() if group}
