"""Items of Wikidata (CC0): films, soundtrack albums and composers, out of query results and of parts of its truthy dump.

A query result comes as SPARQL's JSON, as the query page's JSON (a list of objects), as CSV or TSV; `QUERIES` in docs/outputs.md
are those it is made for, and columns are found by name (COLUMNS). The truthy dump is N-Triples, a statement a line, an item's
statements one after the other; a part of it is what `grep` leaves (https://www.wikidata.org/wiki/Wikidata:Database_download).
An item may come in many rows: `merged` makes one of them.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from soundtracks.errors import BadDump
from soundtracks.records import STRINGS
from soundtracks.sources.dumps import ids
from soundtracks.sources.dumps.stream import Malformed, from_json

#: An item. Lists hold each value once.
ITEMS = pa.schema(
    [
        pa.field("wikidata_id", pa.string(), nullable=False),
        ("title", pa.string()),  # its label, in English where there is one
        ("labels", STRINGS),  # in all languages, aliases too
        ("year", pa.int32()),  # the earliest
        ("composers", STRINGS),  # names
        ("composer_ids", STRINGS),  # items
        ("tmdb_id", pa.string()),
        ("imdb_ids", STRINGS),
        ("discogs_ids", STRINGS),  # master:1, release:2
        ("musicbrainz_id", pa.string()),  # of the release group
        ("soundtracks", STRINGS),  # items of the albums that are its soundtrack
    ]
)
MAX_ROW = 16 << 20
#: What the query service writes into a table where it stops; it has answered 200 by then.
_STOPPED = (b"java.util.concurrent.", b"SPARQL-QUERY:")
_ASK_FOR_LESS = "The query service stops after a minute: ask for less at a time."

_Row = dict[str, Any]
_Reader = Callable[[str], _Row]


def _labels(text: str) -> _Row:
    return {"labels": [name for part in text.split("|") if (name := part.strip())]}


def _title(text: str) -> _Row:
    """The label; the query service writes an item's id where it has none."""
    return {} if ids.item(text) else {"title": text.strip(), "labels": [text.strip()]}


def _listed(name: str, read: Callable[[str], str | None], before: str = "") -> _Reader:
    def of(text: str) -> _Row:
        found = (read(part.strip()) for part in text.split("|"))
        return {name: [before + one for one in found if one]}

    return of


def _single(name: str, read: Callable[[str], Any]) -> _Reader:
    return lambda text: {name: read(text)}


def _name(text: str) -> str | None:
    return None if ids.item(text) else text or None


#: Properties of Wikidata, and what each says of an item.
PROPERTIES: dict[str, _Reader] = {
    "P4947": _single("tmdb_id", ids.number),
    "P345": _listed("imdb_ids", ids.imdb_title),
    "P577": _single("year", ids.year),
    "P86": _listed("composer_ids", ids.item),
    "P1954": _listed("discogs_ids", ids.number, "master:"),
    "P2206": _listed("discogs_ids", ids.number, "release:"),
    "P436": _single("musicbrainz_id", ids.mbid),
    "P406": _listed("soundtracks", ids.item),
    "P1476": _labels,
}
#: Columns of query results by name, letters and digits alone.
COLUMNS: dict[str, _Reader] = {name.lower(): read for name, read in PROPERTIES.items()} | {
    **dict.fromkeys(("itemlabel", "filmlabel", "movielabel", "albumlabel", "label", "title"), _title),
    **dict.fromkeys(("itemaltlabel", "filmaltlabel", "albumaltlabel", "altlabel", "labels", "titles", "originaltitle"), _labels),
    **dict.fromkeys(("tmdb", "tmdbid", "tmdbmovieid"), PROPERTIES["P4947"]),
    **dict.fromkeys(("imdb", "imdbid"), PROPERTIES["P345"]),
    **dict.fromkeys(("year", "date", "published", "publicationdate", "released"), PROPERTIES["P577"]),
    "composer": PROPERTIES["P86"],
    **dict.fromkeys(("composerlabel", "composers", "composername"), _listed("composers", _name)),
    **dict.fromkeys(("master", "discogsmaster", "discogsmasterid"), PROPERTIES["P1954"]),
    **dict.fromkeys(("release", "discogsrelease", "discogsreleaseid"), PROPERTIES["P2206"]),
    **dict.fromkeys(("musicbrainz", "releasegroup", "mbid", "musicbrainzreleasegroup"), PROPERTIES["P436"]),
    **dict.fromkeys(("soundtrack", "soundtracks", "soundtrackrelease"), PROPERTIES["P406"]),
}  # fmt: skip
#: The column that names the item of a row.
SUBJECTS = ("item", "film", "movie", "album", "work", "composeritem", "person")


def _compact(name: str) -> str:
    return re.sub(r"[^0-9a-z]", "", name.lower())


def understood(names: Iterable[str]) -> bool:
    """Whether these are columns of a query result that says something of items."""
    known = [_compact(name) for name in names]
    return any(name in SUBJECTS for name in known) and any(name in COLUMNS for name in known)


# cutting -----------------------------------------------------------------------------------------------------------------


def bindings(pieces: Iterator[bytes], offset: int) -> Iterator[tuple[bytes, int]]:
    """The rows of a result in JSON, each an object, with the offset just behind it. Raises BadDump for one without an end."""
    decoder, rest, started, done = json.JSONDecoder(), b"", offset > 0, False
    for piece in pieces:
        rest += piece
        if done:
            continue
        if not started:
            start = _first_row(rest)
            if start is None:
                continue
            rest, offset, started = rest[start:], start, True
        text = rest.decode(errors="surrogateescape")  # a character that the piece cuts comes whole with the next one
        at = 0
        while True:
            begin = _past_commas(text, at)
            if text[begin : begin + 1] == "]":
                done = True
                break
            try:
                _, end = decoder.raw_decode(text, begin)
            except (ValueError, RecursionError):
                break
            offset += len(text[at:end].encode(errors="surrogateescape"))
            yield text[begin:end].encode(errors="surrogateescape"), offset
            at = end
        rest = text[at:].encode(errors="surrogateescape")
        if len(rest) > MAX_ROW and not done:
            raise BadDump(f"A row is longer than {MAX_ROW >> 20} MB, or is no JSON: this is not a query result of Wikidata.")
    if not done:
        raise BadDump("The query result has no end.", hint=_ASK_FOR_LESS)


def _first_row(text: bytes) -> int | None:
    """Where the list of rows begins: of the whole, or under "bindings"; None while it is not to be seen."""
    head = text.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"["):
        return text.index(b"[") + 1
    found = re.search(rb'"bindings"\s*:\s*\[', text)
    return found.end() if found else None


def _past_commas(text: str, at: int) -> int:
    while at < len(text) and text[at] in ", \t\r\n":
        at += 1
    return at


def separator_of(header: bytes) -> str:
    return "\t" if b"\t" in header else ","


def table_rows(header: bytes, pieces: Iterator[bytes], offset: int) -> Iterator[tuple[bytes, int]]:
    """The rows of a CSV or TSV result, each with the header before it. A quoted cell may hold line breaks.

    Raises BadDump for a result that the service did not finish: with its error in the midst, or a part of a row at the end.
    """
    rest, held, quoted = b"", bytearray(), False
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            _refuse_stopped(line)
            held += line + b"\n"
            offset += len(line) + 1
            quoted ^= line.count(b'"') % 2 == 1
            if not quoted:
                if offset > len(header) + 1:
                    yield header + b"\n" + held, offset
                held.clear()
        if len(rest) + len(held) > MAX_ROW:
            raise BadDump(f"A row is longer than {MAX_ROW >> 20} MB: this is not a query result of Wikidata.")
    _refuse_stopped(rest)
    if (held + rest).strip() and offset + len(rest) > len(header):
        last = header + b"\n" + held + rest
        quoted ^= rest.count(b'"') % 2 == 1
        if rest.strip() and (quoted or not _is_whole(last, separator_of(header))):
            raise BadDump("The query result ends within a row.", hint=_ASK_FOR_LESS)
        yield last, offset + len(rest)


def _refuse_stopped(line: bytes) -> None:
    if any(mark in line for mark in _STOPPED):
        raise BadDump("The query result ends with an error of the query service.", hint=_ASK_FOR_LESS)


def _is_whole(record: bytes, separator: str) -> bool:
    """Whether a row, given with its header, has all its cells."""
    try:
        names, *rows = _table(record, separator)
    except Malformed:
        return False
    return all(len(row) == len(names) for row in rows)


def statements(pieces: Iterator[bytes], offset: int) -> Iterator[tuple[bytes, int]]:
    """The lines of N-Triples, those of one item that follow each other together."""
    rest, held, subject = b"", list[bytes](), b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            about = line.partition(b" ")[0]
            if held and about != subject:
                yield b"\n".join(held), offset
                held = []
            subject = about
            held.append(line)
            offset += len(line) + 1
        if len(rest) > MAX_ROW:
            raise BadDump(f"A line is longer than {MAX_ROW >> 20} MB: these are no N-Triples of Wikidata.")
    if rest.strip():
        if held and rest.partition(b" ")[0] != subject:
            yield b"\n".join(held), offset
            held = []
        held.append(rest)
        offset += len(rest)
    if held:
        yield b"\n".join(held), offset


# reading -----------------------------------------------------------------------------------------------------------------


def from_binding(record: bytes) -> list[_Row]:
    """The items (ITEMS) of a row in JSON: a film, an album, or a film and its album. Raises Malformed."""
    row = from_json(record)
    if not isinstance(row, dict):
        raise Malformed("it is no row")
    values = {name: value.get("value") if isinstance(value, dict) else value for name, value in row.items()}
    return _items({name: str(value) for name, value in values.items() if value is not None})


def from_table(record: bytes, separator: str) -> list[_Row]:
    """The items (ITEMS) of a row of a table, given with its header. Raises Malformed."""
    rows = _table(record, separator)
    if len(rows) < 2 or not any(rows[1]):
        return []
    if len(rows[1]) != len(rows[0]):
        raise Malformed(f"it has {len(rows[1])} cells, the header {len(rows[0])}")
    # TSV of the service itself writes ?item, <http://…> and "text"@en
    cells = {name.lstrip("?"): _plain(cell) for name, cell in zip(rows[0], rows[1], strict=True)}
    return _items(cells)


def _table(text: bytes, separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text.decode("utf-8-sig", errors="replace"), newline=""), delimiter=separator))
    except csv.Error as error:  # a cell of more than 128 KB
        raise Malformed(f"it is no row of a table: {error}") from error


_TERM = re.compile(r'^"(.*)"(?:@[\w-]+|\^\^\S+)?$|^<(.*)>$', re.DOTALL)


def _plain(term: str) -> str:
    found = _TERM.match(term)
    return (found[1] if found[1] is not None else found[2]) if found else re.sub(r"(?<=\w)@[a-z]{2,3}(?:-\w+)*$", "", term)


#: Where a row names a film and its album, these are the album's.
_ALBUMS_OWN = ("discogs_ids", "musicbrainz_id")


def _items(cells: Mapping[str, str]) -> list[_Row]:
    names = {_compact(name): value.strip() for name, value in cells.items() if value.strip()}
    subject = next((name for name in SUBJECTS if name in names), "")
    item = ids.item(names.get(subject, ""))
    if not item:
        raise Malformed(f"{names[subject][:60]!r} is no item" if subject else "it names no item")
    album = ids.item(names.get("album", "")) if subject in ("film", "movie") else None
    of_album = [name for name in names if name.startswith("album")] if album else []
    said = [COLUMNS[name](value) for name, value in names.items() if name in COLUMNS and name not in of_album]
    if not album:
        return [_collected(item, said)]
    own = [part for part in said if part.keys() & set(_ALBUMS_OWN)]
    theirs = [COLUMNS[name](names[name]) for name in of_album if name in COLUMNS]
    film = _collected(item, [*(part for part in said if part not in own), {"soundtracks": [album]}])
    return [film, _collected(album, [*theirs, *own])]


_TRIPLE = re.compile(rb"^<http://www\.wikidata\.org/entity/(Q[1-9]\d*)>\s+<([^>]+)>\s+(\S.*)$")
_TEXT = re.compile(r'^"((?:[^"\\]|\\.)*)"(?:@([\w-]+)|\^\^<[^>]*>)?$', re.DOTALL)
_DIRECT = "http://www.wikidata.org/prop/direct/"
_NAMES = {
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://schema.org/name",
    "http://www.w3.org/2004/02/skos/core#prefLabel",
}
_ALSO = "http://www.w3.org/2004/02/skos/core#altLabel"


def from_statements(record: bytes) -> list[_Row]:
    """The item (ITEMS) of lines of N-Triples; none where they are of no item. Raises Malformed."""
    item, found, titles = "", list[_Row](), dict[str, str]()
    for line in record.split(b"\n"):
        triple = _TRIPLE.match(statement := line.rstrip())
        if not triple or not statement.endswith(b"."):
            if line.strip() and not line.startswith((b"#", b"<", b"_:")):
                raise Malformed("it is no N-Triples")
            continue
        item, predicate, value = triple[1].decode(), triple[2].decode(), triple[3][:-1].rstrip().decode("utf-8", errors="replace")
        text, language = _literal(value)
        if predicate in _NAMES:
            titles.setdefault(language, text)
            found.append({"labels": [text]})
        elif predicate == _ALSO:
            found.append({"labels": [text]})
        elif predicate.startswith(_DIRECT) and (read := PROPERTIES.get(predicate.removeprefix(_DIRECT))):
            found.append(read(text))
    if not item or not found:
        return []
    if titles:
        found.insert(0, {"title": titles.get("en") or titles.get("mul") or next(iter(titles.values()))})
    return [_collected(item, found)]


def _literal(value: str) -> tuple[str, str]:
    found = _TEXT.match(value)
    if not found:
        return value.strip("<>"), ""
    return re.sub(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", _unescaped, found[1]), found[2] or ""


_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def _unescaped(found: re.Match[str]) -> str:
    if code := found[1] or found[2]:
        return chr(int(code, 16)) if int(code, 16) < 0x110000 else "\ufffd"
    return _ESCAPES.get(found[3], found[3])


def _collected(item: str, parts: Iterable[_Row]) -> _Row:
    row: _Row = {"wikidata_id": item}
    for part in parts:
        for name, value in part.items():
            if isinstance(value, list):
                row[name] = list(dict.fromkeys([*(row.get(name) or []), *value])) or None
            elif value is not None:
                row[name] = min(value, row.get(name) or value) if name == "year" else row.get(name) or value
    return row


def renewed(earlier: _Row, now: _Row) -> _Row:
    """An item after another import: what that says counts, what it does not speak of stays; labels add up."""
    labels = list(dict.fromkeys([*(now["labels"] or []), *(earlier["labels"] or [])]))
    return {name: earlier[name] if value is None else value for name, value in now.items()} | {"labels": labels or None}


def merged(rows: Iterable[_Row]) -> _Row:
    """Rows of one item as one: the first title and id of each kind, the earliest year, every value of the lists."""
    every = list(rows)
    said = [{name: value for name, value in row.items() if name != "wikidata_id"} for row in every]
    return dict.fromkeys(ITEMS.names) | _collected(every[0]["wikidata_id"], said)
