"""The kinds of dumps, and which of them a file is: told from its content."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from soundtracks.errors import BadDump
from soundtracks.records import ALBUMS, FILMS
from soundtracks.sources.dumps import artists, discogs, musicbrainz, tmdb, wikidata
from soundtracks.sources.dumps.stream import DumpStream, lines

#: Cuts unpacked pieces, which begin at an offset, into records, each with the offset just behind it.
Cut = Callable[[Iterator[bytes], int], Iterator[tuple[bytes, int]]]


@dataclass(frozen=True)
class Kind:
    """A kind of dump: the dataset it becomes, its schema, how to cut it into records and how to read one.

    `merge`: one row of those of one id, where they may lie apart; otherwise ids are numbers, and the first of each is kept.
    `renew`: one row of what an earlier import said and what this one says, for kinds that come in several files; others replace
    what was imported before.
    """

    name: str
    dataset: str
    schema: pa.Schema
    cut: Cut
    may_be_kept: Callable[[bytes], bool]
    read: Callable[[bytes], list[dict[str, Any]]]
    merge: Callable[[list[dict[str, Any]]], dict[str, Any]] | None = None
    renew: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]] | None = None


def _one(read: Callable[[bytes], dict[str, Any] | None]) -> Callable[[bytes], list[dict[str, Any]]]:
    """A record that makes one row or none."""
    return lambda record: [] if (row := read(record)) is None else [row]


def _of_discogs(kind: str) -> Kind:
    return Kind(
        f"Discogs {kind}s",
        f"silver/albums-dump-{kind}s",
        ALBUMS,
        lambda pieces, offset: discogs.records(pieces, kind, offset),
        discogs.may_be_kept,
        _one(lambda record: discogs.album(record, kind)),
    )


def _everything(_: bytes) -> bool:
    return True


MASTERS, RELEASES = _of_discogs("master"), _of_discogs("release")
ARTISTS = Kind(
    "Discogs artists",
    artists.DATASET,
    artists.ARTISTS,
    lambda pieces, offset: discogs.records(pieces, "artist", offset),
    artists.may_be_kept,
    _one(artists.artist),
)
FILM_IDS = Kind("TMDB film ids", "silver/films-export", FILMS, lines, _everything, _one(tmdb.film))
RELEASE_GROUPS = Kind(
    "MusicBrainz release groups",
    "silver/musicbrainz-release-groups",
    musicbrainz.RELEASE_GROUPS,
    lines,
    musicbrainz.may_be_kept,
    _one(musicbrainz.release_group),
    merge=lambda rows: rows[0],
)


def _of_wikidata(cut: Cut, read: Callable[[bytes], list[dict[str, Any]]]) -> Kind:
    return Kind("Wikidata items", WIKIDATA, wikidata.ITEMS, cut, _everything, read, wikidata.merged, wikidata.renewed)


WIKIDATA = "silver/wikidata-items"
BINDINGS = _of_wikidata(wikidata.bindings, wikidata.from_binding)
STATEMENTS = _of_wikidata(wikidata.statements, wikidata.from_statements)


def _table(header: bytes) -> Kind:
    separator = wikidata.separator_of(header)
    return _of_wikidata(
        lambda pieces, offset: wikidata.table_rows(header, pieces, offset), lambda record: wikidata.from_table(record, separator)
    )


def recognise(path: Path) -> Kind:
    """The kind of a dump, from its first bytes and not from its name. Raises BadDump for anything else."""
    first = DumpStream(path).head()
    head = first.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"<http://www.wikidata.org/entity/"):
        return STATEMENTS
    if re.match(rb'\[\s*\{|\[\s*\]|\{\s*"head"\s*:', head):
        return _result(path, first)
    root = re.search(rb"<([a-z]+)[\s>]", head) if head.startswith(b"<") else None
    if root and root[1] in (b"masters", b"releases"):
        return MASTERS if root[1] == b"masters" else RELEASES
    if root and root[1] == b"artists":
        return ARTISTS
    if root and root[1] == b"labels":
        raise BadDump(f"{path.name} is Discogs' dump of labels.", hint="The dumps of masters, releases and artists are used.")
    if head.startswith(b"{"):
        return _of_lines(path, head.split(b"\n", 1)[0])
    header = first.split(b"\n", 1)[0].removesuffix(b"\r")
    names = header.decode("utf-8-sig", errors="replace").replace('"', "").replace("?", "")
    if wikidata.understood(names.split("\t" if "\t" in names else ",")):
        return _table(first.split(b"\n", 1)[0])
    raise BadDump(f"{path.name} is no dump that can be read.", hint=_USABLE)


_USABLE = (
    "Usable are discogs_YYYYMMDD_masters.xml.gz, …_releases.xml.gz and …_artists.xml.gz, TMDB's movie_ids_MM_DD_YYYY.json.gz, "
    "MusicBrainz' release-group.tar.xz, and results of Wikidata's query service or N-Triples of it (docs/outputs.md has the "
    "queries)."
)


def _of_lines(path: Path, line: bytes) -> Kind:
    """The kind of a dump of JSON lines, from the first."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if isinstance(entry, dict):
        if "id" in entry and "original_title" in entry:
            return FILM_IDS
        if musicbrainz.is_release_group(entry):
            return RELEASE_GROUPS
        if isinstance(entry.get("id"), str) and ("relations" in entry or "artist-credit" in entry):
            raise BadDump(f"{path.name} is another of MusicBrainz' dumps.", hint="Its release-group.tar.xz is used.")
    raise BadDump(f"{path.name} is not a list of films.", hint="TMDB's list of films is movie_ids_MM_DD_YYYY.json.gz.")


def _result(path: Path, first: bytes) -> Kind:
    """A query result of Wikidata in JSON. Raises BadDump for one whose columns say nothing that is used."""
    row = next((json.loads(record) for record, _ in _whole(wikidata.bindings(iter([first]), 0))), None)
    if row is None:
        raise BadDump(f"{path.name} is a query result without rows.", hint="See that the query finds something.")
    if not isinstance(row, dict) or not wikidata.understood(row):
        names = ", ".join(sorted(row)) if isinstance(row, dict) else "none"
        raise BadDump(
            f"{path.name} is a query result without a column for the item, or without any that is used (it has: {names}).",
            hint="docs/outputs.md has the queries: ?item, or ?film and ?album, beside ids, labels and years.",
        )
    return BINDINGS


def _whole(records: Iterator[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    """Records as long as there are whole ones."""
    with suppress(BadDump):
        yield from records
