"""Catalogues for `soundtracks link`: what the reader of lists understands, in the columns of the match.

A file with the canonical columns (tmdb_id or album_id) keeps its ids and titles as they are; any other list gives the ids
that it has: TMDB's or IMDb's for films, Discogs' or MusicBrainz' for albums, or else the number of its row.
"""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.errors import BadInput
from soundtracks.lists.album_records import Album, AlbumReader, Gathering
from soundtracks.lists.columns import SAMPLE, Columns, first_text
from soundtracks.lists.containers import open_path
from soundtracks.lists.exports import Export, apply, recognise
from soundtracks.lists.films import Film, FilmReader, Unreadable, read_line
from soundtracks.lists.gather import Films
from soundtracks.lists.kinds import compact
from soundtracks.lists.parts import Damage, Fields, Part, Value
from soundtracks.lists.read import Kind, check_rows, open_parts
from soundtracks.lists.subjects import subject_of
from soundtracks.lists.values import MAX_TITLE, clean, known, note_of_cut, parse_year
from soundtracks.records import ALBUMS, FILMS
from soundtracks.text.folding import too_long
from soundtracks.text.spreadsheet import write_csv

T = TypeVar("T")
Found = TypeVar("Found")

BATCH = 20_000
#: The column that makes a file canonical, and what a list of names is joined by there.
KEY: dict[Kind, str] = {"films": "tmdb_id", "albums": "album_id"}
SCHEMA: dict[Kind, pa.Schema] = {"films": FILMS, "albums": ALBUMS}
_COMMAS = re.compile(r", |、|，")  # East Asia's have no blank behind them
_WHOLE = re.compile(r"(-?\d{1,15})\.0{1,6}")
_HINT = "Films need tmdb_id and title, albums album_id and title; or give an export that `soundtracks check` can read."
#: Roles under which a column of the schema is found where it has another name.
_ROLE = {
    "original_title": "original",
    "alternative_titles": "other title",
    "composers": "composer",
    "performers": "performer",
    "genres": "genres",
    "styles": "styles",
    "formats": "formats",
    "country": "country",
    "labels": "labels",
    "language": "language",
    "popularity": "popularity",
    "barcode": "barcode",
}


@dataclass
class Catalogue:
    """`table`: schema FILMS or ALBUMS, each id once. `aside`: (file, line, id, reason) of rows that cannot be used."""

    table: pa.Table
    aside: list[tuple[str, int, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def write_aside(rows: Sequence[tuple[str, int, str, str]], path: Path) -> None:
    """Writes quarantine.csv."""
    with path.open("w", encoding="utf-8", newline="") as out:
        write_csv(out, ("file", "row", "id", "reason"), rows)


def read_catalogue(path: Path, kind: Kind) -> Catalogue:
    """The films or albums of a file. Raises BadInput for one that cannot be used; a bad row is set aside."""
    if not path.exists():
        raise BadInput(f"{path}: no such file.")
    builder = _Builder(path.name, kind)
    damage = Damage()
    for part in open_parts(open_path(path), damage, builder.notes):
        builder.read(part)
    builder.take(damage)
    return builder.catalogue()


@dataclass
class _Builder:
    name: str
    kind: Kind
    notes: list[str] = field(default_factory=list)
    aside: list[tuple[str, int, str, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    rows: int = 0
    _pending: list[dict[str, object]] = field(default_factory=list)
    _batches: list[pa.RecordBatch] = field(default_factory=list)
    _headers: list[str] = field(default_factory=list)

    def read(self, part: Part) -> None:
        if part.lines is not None:
            self._others(self._read_lines(part))
            return
        records = part.records or iter(())
        sample = list(islice(records, SAMPLE))
        if not sample:
            return
        stream = chain(sample, records)
        names = {compact(name): name for _, fields in sample for name in fields}
        key = names.get(compact(KEY[self.kind]))
        if key is not None and "title" in names and not _is_tmdb_export(names):
            self._canonical(stream, key, names)
            return
        columns = Columns.understand([fields for _, fields in sample], headed=part.headed)
        export = recognise(columns) if part.headed else None
        if export:
            apply(export, columns)
        subject, group = subject_of(columns, export, part)
        self._headers += [name for name in columns.names if "." not in name][:12]
        if self.kind == "films" and subject == "films":
            self._others(self._films(FilmReader(columns, export, group), stream))
        elif self.kind == "albums" and subject in ("albums", "tracks"):
            self._albums(columns, export, stream, tracks=subject == "tracks")
        self.notes += [*([export.name] if export else []), *columns.notes]

    # canonical files ---------------------------------------------------------------------------------------------------

    def _canonical(self, records: Iterator[tuple[int, Fields]], key: str, names: dict[str, str]) -> None:
        extra = [
            (f, names[compact(f.name)]) for f in SCHEMA[self.kind] if compact(f.name) in names and names[compact(f.name)] != key
        ]
        for line, fields in records:
            identity = _whole(clean(first_text(fields.get(key, ""))))
            title = clean(first_text(fields.get(names["title"], "")))
            if not identity or not title:
                self._set_aside(line, identity, f"no {KEY[self.kind]}" if not identity else "no title")
                continue
            row: dict[str, object] = {f.name: _converted(fields.get(name), f.type) for f, name in extra}
            row["title"] = title
            self._add(line, identity, row)

    def _understood(self, written: Iterator[tuple[int, T]], read: Callable[[int, T], Found]) -> Iterator[tuple[int, T, Found]]:
        """Each record or line with what it means; what means nothing is set aside."""
        for line, content in written:
            try:
                found = read(line, content)
            except Unreadable as error:
                self._set_aside(line, "", str(error))
            else:
                yield line, content, found

    # lists -------------------------------------------------------------------------------------------------------------

    def _films(self, reader: FilmReader, records: Iterator[tuple[int, Fields]]) -> Iterator[tuple[Film, dict[str, object]]]:
        for line, fields, found in self._understood(records, reader.read):
            if isinstance(found, str):
                self._set_aside(line, "", f"a {found}, no film")
            else:
                yield found, self._extras(reader.columns, fields)

    def _read_lines(self, part: Part) -> Iterator[tuple[Film, dict[str, object]]]:
        if self.kind == "albums":
            raise BadInput(f"{self.name} is a list of plain lines, not a catalogue of albums.", hint=_HINT)
        for _, _, found in self._understood(part.lines or iter(()), read_line):
            if isinstance(found, Film):
                yield found, {}

    def _others(self, films: Iterator[tuple[Film, dict[str, object]]]) -> None:
        """Films of a list, each once."""
        gathered = Films()
        extras: dict[int, dict[str, object]] = {}
        for film, extra in films:
            gathered.add(film)
            if extra:
                extras.setdefault(film.row, extra)
        for film in gathered:
            if not film.title:
                self._set_aside(film.row, film.imdb_id or film.tmdb_id or film.wikidata_id or "", "no title")
                continue
            identity = film.tmdb_id or film.imdb_id or film.wikidata_id or f"row:{film.row}"
            row = extras.get(film.row, {})
            titles = [*film.other_titles, *(row.get("alternative_titles") or [])]  # type: ignore[misc]
            row |= {"title": film.title, "year": film.year, "alternative_titles": list(dict.fromkeys(titles)) or None}
            row |= {"imdb_id": film.imdb_id, "wikidata_id": film.wikidata_id}
            self._add(film.row, identity, row)

    def _albums(self, columns: Columns, export: Export | None, records: Iterator[tuple[int, Fields]], *, tracks: bool) -> None:
        reader = AlbumReader(columns, tracks=tracks, marks=bool(export and export.name.startswith("Discogs")))
        gathered = Gathering()
        extras: dict[int, dict[str, object]] = {}
        for _, fields, found in self._understood(records, reader.read):
            if isinstance(found, Album):
                gathered.add(found, track=tracks)
                extras.setdefault(found.row, {} if tracks else self._extras(columns, fields))
        if reader.cut:
            self.notes.append(note_of_cut(reader.cut, "artist"))
        for album in gathered:
            release = f"release:{album.mb_release}" if album.mb_release else None
            identity = album.discogs or release or (f"group:{album.mb_group}" if album.mb_group else f"row:{album.row}")
            row = extras.get(album.row, {})
            row |= {"title": album.title, "artist": album.artist, "year": album.year, "first_year": album.first_year}
            row |= {"barcode": album.barcode}
            self._add(album.row, identity, row)

    def _extras(self, columns: Columns, fields: Fields) -> dict[str, object]:
        found: dict[str, object] = {}
        for wanted in SCHEMA[self.kind]:
            role = _ROLE.get(wanted.name)
            name = next((n for n in columns.of(role) if fields.get(n)), None) if role else None
            if name is not None:
                found[wanted.name] = _converted(fields[name], wanted.type, commas=True)
        return found

    # rows --------------------------------------------------------------------------------------------------------------

    def _add(self, line: int, identity: str, row: dict[str, object]) -> None:
        self.rows += 1
        check_rows(self.name, self.rows)
        if identity in self.seen:
            self._set_aside(line, identity, f"{KEY[self.kind]} stands in an earlier row")
            return
        self.seen.add(identity)
        row[KEY[self.kind]] = identity
        self._pending.append(row)
        if len(self._pending) == BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._batches.append(pa.RecordBatch.from_pylist(self._pending, schema=SCHEMA[self.kind]))
            self._pending = []

    def _set_aside(self, line: int, identity: str, reason: str) -> None:
        self.aside.append((self.name, line, identity, reason))

    def take(self, damage: Damage) -> None:
        for place in damage.places:
            self._set_aside(place.line, "", place.reason)
        self.aside.sort(key=lambda row: row[1])

    def catalogue(self) -> Catalogue:
        self._flush()
        if not self._batches:
            if self.aside:
                raise BadInput(
                    f"{self.name}: none of its {len(self.aside)} rows can be used; the first: {self.aside[0][3]}.", hint=_HINT
                )
            has = f" (it has {', '.join(sorted(set(self._headers)))})" if self._headers else ""
            raise BadInput(f"{self.name} has no {self.kind} that can be read{has}.", hint=_HINT)
        table = pa.Table.from_batches(self._batches)
        for name in ("title", "artist"):
            if name in table.schema.names and (count := pc.sum(too_long(table[name])).as_py()):
                cut = pc.utf8_slice_codeunits(table[name], 0, MAX_TITLE)
                table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), cut)
                self.notes.append(note_of_cut(count, name))
        return Catalogue(table, self.aside, self.notes)


def _is_tmdb_export(names: dict[str, str]) -> bool:
    """Services write columns called tmdb_id too, of series as well as films; the file contract of `link` has no kinds."""
    return bool(names.keys() & {"type", "mediatype", "titletype", "watchedat", "daterated"})


def _converted(value: Value | None, kind: pa.DataType, *, commas: bool = False) -> object:
    """A value in the type of a column; None where it is unknown or cannot be read."""
    if value is None:
        return None
    if pa.types.is_list(kind):
        return split_list(value, commas=commas) or None
    text = clean(first_text(value))
    if pa.types.is_integer(kind):
        return parse_year(text)
    if pa.types.is_boolean(kind):
        return None if not text else text.lower() in ("true", "1", "yes", "t", "y")
    if pa.types.is_floating(kind):
        try:
            number = float(text)
        except ValueError:
            return None
        return number if abs(number) < 1e12 else None
    return known(_whole(text)) or None


def _whole(text: str) -> str:
    """862 from 862.0, as pandas writes whole numbers where a column has gaps."""
    found = _WHOLE.fullmatch(text)
    return found[1] if found else text


def split_list(value: Value, *, commas: bool = False) -> list[str]:
    """A list as files have it: of its own, joined by |, as Python or JSON writes lists, or (`commas`) by commas."""
    if isinstance(value, list):
        return [text for item in value if (text := known(item))]
    text = value.strip()
    if text.startswith("[") and text.endswith("]") and len(text) < 64_000:
        try:
            items = ast.literal_eval(text)
            return [found for item in items if (found := known(str(item)))]
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            pass
    parts = text.split("|") if "|" in text or not commas else _COMMAS.split(text)
    return [found for part in parts if (found := known(part))]
