"""Tags in the .nfo files of a media library: an album says of which film it is the soundtrack, and the film has the same tag.

Jellyfin and Kodi keep such files beside music and films, and so do the programs that fill libraries for them (Lidarr, Radarr,
tinyMediaManager). What of them is read: of an album, its MusicBrainz release group (<musicbrainzreleasegroupid>; Lidarr writes it
as <musicbrainzalbumid>); of a film, its ids at TMDB and IMDb. What is added: <style> and <genre> of an album, <tag> of a film.
Kodi reads them as style, genre and tag, Jellyfin as tags and genre (https://kodi.wiki/view/NFO_files,
https://jellyfin.org/docs/general/server/metadata/nfo/). Plex reads no .nfo files of music.

Nothing else in a file changes, not a byte of it: a film's may be no XML at its end (a combination nfo has an address there).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import escape

from lxml import etree

from soundtracks.publishing.catalogue import imdb_url, musicbrainz_mbid
from soundtracks.publishing.works import AlbumLink, Row
from soundtracks.text.foreign import one_line, xml_line

Kind = Literal["album", "movie"]
MAX_BYTES = 4 << 20
PREFIX = "Soundtrack of "
GENRE = "Soundtrack"
_ROOT: dict[bytes, Kind] = {b"album": "album", b"movie": "movie"}
#: The element that a tag of ours is, by the kind of file.
_ELEMENT: dict[Kind, str] = {"album": "style", "movie": "tag"}
_CLOSING = re.compile(rb"</(album|movie)\s*>")
_OURS = re.compile(rb"(?<![ \t])[ \t]*<(style|tag)>" + PREFIX.encode() + rb"[^<>]*</\1>\r?\n?")


class NotReadable(ValueError):
    """An .nfo file of an album or film that cannot be read; the message says why."""


@dataclass(frozen=True)
class Nfo:
    """An .nfo file of an album or film: the ids that it has, and its genres."""

    kind: Kind
    ids: frozenset[str]
    genres: frozenset[str] = field(default=frozenset())


def read_nfo(data: bytes) -> Nfo | None:
    """What an .nfo file is about; None where it is of another kind (an artist, a series, plain text). Raises NotReadable."""
    end = _end(data)
    if end is None:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data[: end.end()].lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotReadable(f"no XML: {one_line(error, 200)}") from error
    kind = _ROOT.get(str(root.tag).encode())
    if kind is None:
        return None
    texts = [
        (str(child.tag).casefold(), dict(child.attrib), (child.text or "").strip())
        for child in root
        if isinstance(child.tag, str)
    ]
    if kind == "album":
        ids = {mbid for name, _, text in texts if name.startswith("musicbrainz") and (mbid := musicbrainz_mbid(text.lower()))}
    else:
        ids = {one for name, attributes, text in texts for one in _film_ids(name, attributes, text)}
    return Nfo(kind, frozenset(ids), frozenset(text.casefold() for name, _, text in texts if name == "genre"))


def _end(data: bytes) -> re.Match[bytes] | None:
    """The last closing tag of an album or film."""
    if len(data) > MAX_BYTES:
        raise NotReadable("larger than 4 MB")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise NotReadable("written in UTF-16")
    return next(reversed(list(_CLOSING.finditer(data))), None)


def _film_ids(name: str, attributes: Mapping[object, object], text: str) -> Iterable[str]:
    kind = str(attributes.get("type") or "").casefold() if name == "uniqueid" else name.removesuffix("id")
    if imdb_url(text):
        yield text
    elif kind == "tmdb" and re.fullmatch("[0-9]{1,9}", text):
        yield f"tmdb:{int(text)}"


def tagged(data: bytes, nfo: Nfo, tags: Iterable[str]) -> bytes:
    """The file with these tags of ours (and an album's genre) and no others of ours. The same bytes where it has them."""
    name = _ELEMENT[nfo.kind]
    lines = [f"<{name}>{escape(xml_line(tag))}</{name}>".encode("ascii", "xmlcharrefreplace") for tag in sorted(set(tags))]
    lacks_genre = bool(lines) and nfo.kind == "album" and GENRE.casefold() not in nfo.genres
    if sorted(found[0].strip() for found in _OURS.finditer(data)) == sorted(lines) and not lacks_genre:
        return data
    kept = _OURS.sub(b"", data)
    if lacks_genre:
        lines.append(f"<genre>{GENRE}</genre>".encode())
    return _inserted(kept, lines) if lines else kept


def _inserted(data: bytes, lines: list[bytes]) -> bytes:
    """The file with these lines before its closing tag, indented as children of it."""
    closing = _end(data)
    if closing is None:
        return data
    newline = b"\r\n" if b"\r\n" in data else b"\n"
    start = data.rfind(b"\n", 0, closing.start()) + 1
    before = data[start : closing.start()]
    indent, at, first = (before, start, b"") if not before.strip() else (b"", closing.start(), newline)
    return data[:at] + first + b"".join(indent + b"  " + line + newline for line in lines) + data[at:]


def tag_of(row: Row) -> str:
    """The tag that an album and its film have in common."""
    year = f" ({row['film_year']})" if row["film_year"] else ""
    title = row["film_title"] or f"TMDB {row['tmdb_id']}"
    return f"{PREFIX}{title.replace(' / ', '/')}{year}"  # where Kodi cuts


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
