"""Masters and releases of a Discogs dump as albums.

A dump holds millions of records of which one in thirty is of use. So the records are cut apart as bytes, a quick look
decides which may be kept, and only those are parsed: reading costs little more than unpacking.
"""

import html
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLParser

from soundtracks.errors import BadDump, CutOff
from soundtracks.sources.credit import Credited, artist_credit
from soundtracks.sources.dumps import ids
from soundtracks.sources.dumps.rule import HINT
from soundtracks.sources.dumps.stream import Malformed
from soundtracks.sources.models import Artist, artist_names, barcode_digits, catalogue_numbers
from soundtracks.text.signals import GENRE, STYLES, looks_like_soundtrack, title_says_so

#: A record longer than this is no record: the largest real ones (box sets) have about 2 MB.
MAX_RECORD = 64 << 20
_GENRE, (_SCORE, _SOUNDTRACK) = html.escape(GENRE).encode(), (f">{style}<".encode() for style in sorted(STYLES))
_YEAR = re.compile(r"[12][0-9]{3}")
#: Characters that people wrote into notes and titles and that XML does not allow, as they are or as references.
_NOT_XML = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]|\xed[\xa0-\xbf][\x80-\xbf]"
    rb"|&#(?:[0-8]|1[124-9]|2[0-9]|3[01]|x0*(?:[0-8bcBCefEF]|1[0-9a-fA-F]|[dD][89a-fA-F][0-9a-fA-F]{2}));"
)


def records(pieces: Iterator[bytes], kind: str, offset: int) -> Iterator[tuple[bytes, int]]:
    """The records of a dump of `kind` ("master" or "release"), each with the offset just behind it.

    `offset`: where the pieces begin in the unpacked content; 0 is the very beginning, which is checked.
    Raises BadDump for a declaration of entities (a dump has none), CutOff when the closing tag of the whole is missing.
    """
    end, rest = f"</{kind}>".encode(), b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(end)
        for record in whole:
            if offset == 0:
                _refuse_declarations(record[: record.find(f"<{kind} ".encode())])
            offset += len(record) + len(end)
            yield record + end, offset
        if len(rest) > MAX_RECORD:
            raise BadDump(f"No end of a {kind} within {MAX_RECORD >> 20} MB: this is not a dump of Discogs {kind}s.")
    if not rest.strip().endswith(f"</{kind}s>".encode()):
        raise CutOff(f"The dump ends without </{kind}s>.", hint="Download it again; what was read is kept, but not published.")


def _refuse_declarations(prologue: bytes) -> None:
    if b"<!DOCTYPE" in prologue or b"<!ENTITY" in prologue:
        raise BadDump("The dump declares a document type, which Discogs' dumps never do.", hint="It may be made to do harm.")


def may_be_kept(record: bytes) -> bool:
    """A quick look at the bytes of a record: False only if the rule would not keep it."""
    if _GENRE in record or _SOUNDTRACK in record or _SCORE in record:
        return True
    start = record.find(b"<title>") + 7  # the album's own title comes before those of tracks and videos
    title = record[start : record.find(b"</title>", start)]
    if title.isascii() and b"&" not in title:
        return HINT.search(title.lower()) is not None and title_says_so(title.decode())
    return title_says_so(html.unescape(title.decode(errors="replace")))


def album(record: bytes, kind: str) -> dict[str, Any] | None:
    """The album (schema ALBUMS) of a record; None if the rule does not keep it. Raises Malformed."""
    element = parse_record(record[record.find(f"<{kind} ".encode()) :])
    number, title = element.get("id", ""), text_of(element, "title")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Malformed(f"the id {number!r} is not a number")
    if not title:
        raise Malformed("it has no title")
    genres, styles = texts_of(element, "genres/genre"), texts_of(element, "styles/style")
    if not looks_like_soundtrack(title, genres, styles):
        return None
    year = _year(text_of(element, "year" if kind == "master" else "released"))
    master, artists = ids.number(text_of(element, "master_id")), _artists(element)
    return {
        "album_id": f"{kind}:{number}",
        "title": title,
        "artist": artist_credit(Credited(artist.name, artist.anv, artist.join) for artist in artists),
        "artist_names": artist_names(artists),
        "year": year,
        "genres": genres,
        "styles": styles,
        "formats": _formats(element),
        "labels": list(dict.fromkeys(label.get("name", "") for label in element.findall("labels/label"))) or None,
        "catalogue_numbers": catalogue_numbers(label.get("catno") for label in element.findall("labels/label")),
        "barcode": next(filter(None, map(barcode_digits, _barcodes(element))), None),
        "tracks": texts_of(element, "tracklist/track/title") or None,
        "first_year": year if kind == "master" else None,
        "master_id": f"master:{master}" if master else None,
        "country": text_of(element, "country") or None,
    }


def parse_record(record: bytes) -> Element:
    """A record that begins with its tag. Raises Malformed."""
    if b"<!" in record:  # without a document type there are no entities to expand, and so no bombs
        raise Malformed("it holds a declaration, which no record of a dump has")
    try:
        return _element(record)
    except ParseError:
        try:
            return _element(_NOT_XML.sub(b"", record))
        except ParseError as error:
            raise Malformed(f"it is no XML: {error}") from error


def _element(record: bytes) -> Element:
    parser = XMLParser(encoding="utf-8")  # noqa: S314 (see above; defusedxml's parser is pure Python, ten times slower)
    parser.feed(record)
    element: Element = parser.close()
    return element


def text_of(element: Element, path: str) -> str:
    """The text at a path, "" where there is none."""
    return (element.findtext(path) or "").strip()


def texts_of(element: Element, path: str) -> list[str]:
    """The texts at a path."""
    return [child.text.strip() for child in element.findall(path) if child.text]


def _year(text: str) -> int | None:
    """The year of `1999`, `1999-03-00`; None for `0`, `?` and nothing."""
    found = _YEAR.match(text)
    return int(found[0]) if found else None


def _artists(element: Element) -> list[Artist]:
    found = element.findall("artists/artist")
    named = [(text_of(one, "name"), text_of(one, "anv") or None, text_of(one, "join") or None) for one in found]
    return [Artist(name=name or anv or "", anv=anv, join=join) for name, anv, join in named if name or anv]


def _barcodes(element: Element) -> list[str]:
    return [one.get("value", "") for one in element.findall("identifiers/identifier") if one.get("type") == "Barcode"]


def _formats(element: Element) -> list[str]:
    """`["Vinyl", "LP", "Album"]` as in the answers of the API: each format, then its descriptions."""
    found: dict[str, None] = {}
    for entry in element.findall("formats/format"):
        found |= dict.fromkeys([entry.get("name", ""), *texts_of(entry, "descriptions/description")])
    return [name for name in found if name]
