"""Catalogues for `soundtracks link`: what the reader of lists understands, in the columns of the match.

A file with the canonical columns (tmdb_id or album_id) keeps its ids and titles as they are; any other list gives the ids
that it has: TMDB's or IMDb's for films, Discogs' or MusicBrainz' for albums, or else one made of title and year. What stands in
several files, sheets or tables of one file is one film or album, as in `soundtracks check`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.errors import BadInput
from soundtracks.lists.album_records import Album, AlbumKey
from soundtracks.lists.catalogue_columns import ROLE, as_meant, own_columns, own_id, whole
from soundtracks.lists.columns import SAMPLE, Columns, first_text
from soundtracks.lists.containers import open_path
from soundtracks.lists.films import MIN_BARE_IMDB, Film
from soundtracks.lists.kinds import compact
from soundtracks.lists.own_ids import IdOfRow, album_id, count_rows, film_id
from soundtracks.lists.parts import Damage, Fields, OnceEach, Part, Value
from soundtracks.lists.read import Kind, PartReader, check_rows, open_parts, told_left_out
from soundtracks.lists.values import MAX_TITLE, clean, imdb_id, is_unknown, known, note_of_cut, wikidata_id
from soundtracks.records import ALBUMS, FILMS
from soundtracks.text.folding import too_long
from soundtracks.text.spreadsheet import write_csv

BATCH = 20_000
#: The column that makes a file canonical, and what a list of names is joined by there.
KEY: dict[Kind, str] = {"films": "tmdb_id", "albums": "album_id"}
#: Columns of what stands in for TMDB's id where that is missing.
ELSEWHERE = ("imdb_id", "wikidata_id")
SCHEMA: dict[Kind, pa.Schema] = {"films": FILMS, "albums": ALBUMS}
#: Columns of services' exports, which list series as well; the file contract of `link` has no kinds.
_OF_SERVICES = frozenset(("type", "mediatype", "titletype", "watchedat", "daterated"))
_HINT = "Films need tmdb_id and title, albums album_id and title; or give an export that `soundtracks check` can read."


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
    contents = open_path(path)
    builder.notes += contents.passed_over
    for part in open_parts(contents, builder.damage, builder.notes):
        builder.read(part)
    return builder.catalogue()


@dataclass
class _Aside(Damage):
    """Rows that cannot be used: all of them, for quarantine.csv."""

    name: str = ""
    rows: list[tuple[str, int, str, str]] = field(default_factory=list)

    def add(self, member: str, line: int, reason: str, text: str = "", identity: str = "") -> None:
        self.count += 1
        self.rows.append((f"{self.name}/{member}" if member else self.name, line, identity, reason))


@dataclass
class _Builder(PartReader):
    """Canonical rows as they come; what other parts list is read as `check` reads it and follows once the whole file is known.

    `wanted`: the kind of the catalogue.
    """

    rows: int = 0
    _aside: _Aside = field(default_factory=_Aside)
    _seen: set[str] = field(default_factory=set)  # ids of canonical rows
    _elsewhere: set[str] | None = None  # what other services call their films, from when it is needed
    _given: set[str] = field(default_factory=set)  # ids of what lists gave
    _ids_of_part: list[tuple[AlbumKey, IdOfRow]] = field(default_factory=list)  # of a column `id`
    _own_ids: dict[AlbumKey, str] = field(default_factory=dict)  # those of all parts that do not count rows
    _repeats: OnceEach = field(default_factory=OnceEach)
    _more: dict[int | AlbumKey, tuple[str, dict[str, object]]] = field(default_factory=dict)
    _pending: list[dict[str, object]] = field(default_factory=list)
    _batches: list[pa.RecordBatch] = field(default_factory=list)
    _headers: dict[str, None] = field(default_factory=dict)
    _plain: bool = False

    def __post_init__(self) -> None:
        self.damage = self._aside
        self._aside.name = self.name
        self.kind: Kind = self.wanted or "films"

    def read(self, part: Part) -> None:
        self._plain = self._plain or part.lines is not None
        records = part.records or iter(())
        sample = list(islice(records, SAMPLE))
        stream = chain(sample, records)
        names = {compact(name): name for _, fields in sample for name in fields}
        if self._is_canonical(names):
            self._canonical(part, stream, names, [fields for _, fields in sample])
            self.take_notes(part)
            return
        if part.records is not None:
            self._headers |= dict.fromkeys(name for _, fields in sample for name in fields if "." not in name)
            part.records = stream
        before = self.seen
        super().read(part)
        self._take_own_ids(part, before)

    # canonical files ---------------------------------------------------------------------------------------------------

    def _is_canonical(self, names: dict[str, str]) -> bool:
        """Services write TMDB's ids too, with gaps and of series as well: under other names, or beside columns of kinds."""
        key = names.get(compact(KEY[self.kind]))
        if key is None or "title" not in names:
            return False
        return self.kind == "albums" or (key.strip().lower() == KEY["films"] and not names.keys() & _OF_SERVICES)

    def _canonical(
        self, part: Part, records: Iterator[tuple[int, Fields]], names: dict[str, str], sample: Sequence[Fields]
    ) -> None:
        key = names[compact(KEY[self.kind])]
        reading = own_columns(SCHEMA[self.kind], names, sample, spared={KEY[self.kind]: key, "title": names["title"]})
        part.notes += reading.notes
        for line, fields in records:
            self.rows += 1
            check_rows(self.name, self.rows)
            row = reading.row(fields)
            identity, others = self._ids(fields.get(key, ""), row)
            title = clean(first_text(fields.get(names["title"], "")))
            if not identity or not title:
                self._aside.add(part.member, line, f"no {KEY[self.kind]}" if not identity else "no title", identity=identity)
            elif self._is_there(identity, others):
                what = KEY[self.kind] if identity not in others else " or ".join(ELSEWHERE)
                self._aside.add(part.member, line, f"{what} stands in an earlier row", identity=identity)
            else:
                self._seen.add(identity)
                if self._elsewhere is not None:
                    self._elsewhere.update(others)
                self._add(identity, row | {"title": title})

    def _ids(self, value: Value, row: dict[str, object]) -> tuple[str, list[str]]:
        """What a row is called by, "" where it has no id; and other services' ids, once a row was called by such a one."""
        identity = whole(clean(first_text(value)))
        missing = not known(identity) or (self.kind == "films" and is_unknown(identity))
        if missing:
            self._ids_elsewhere()
        elif self._elsewhere is None:
            return identity, []
        others = [found for name in ELSEWHERE if (found := _id_elsewhere(row.get(name)))]
        return next(iter(others), "") if missing else identity, others

    def _is_there(self, identity: str, others: list[str]) -> bool:
        if identity in others and not self._ids_elsewhere().isdisjoint(others):
            return True
        return not self._seen.isdisjoint((identity, *others))

    def _ids_elsewhere(self) -> set[str]:
        """Other services' ids of the canonical rows so far: they take room, and most files never need them."""
        if self._elsewhere is None:
            self._flush()
            columns = [batch[name] for batch in self._batches for name in ELSEWHERE if name in batch.schema.names]
            self._elsewhere = {found for column in columns for text in column.to_pylist() if (found := _id_elsewhere(text))}
        return self._elsewhere

    # lists -------------------------------------------------------------------------------------------------------------

    def keep_film(self, part: Part, film: Film, columns: Columns | None, fields: Fields) -> int:
        at = super().keep_film(part, film, columns, fields)
        if self.kind == "films":
            self._keep(at, part, columns, fields)
        return at

    def keep_album(self, part: Part, album: Album, columns: Columns, fields: Fields, *, track: bool) -> AlbumKey:
        key = super().keep_album(part, album, columns, fields, track=track)
        if self.kind == "albums":
            self._keep(key, part, None if track else columns, fields)
            if not track and (own := own_id(columns, fields)):
                self._ids_of_part.append((key, IdOfRow(self.seen, album.row, own)))
        return key

    def _take_own_ids(self, part: Part, before: int) -> None:
        """Takes up the ids of a part, unless they only count: the number of a row is another album's once the list changes."""
        if count_rows([own for _, own in self._ids_of_part], before):
            part.notes.append("not used: id (it counts the rows)")
            self.take_notes(part)
        else:
            for key, own in self._ids_of_part:
                self._own_ids.setdefault(key, own.text)
        self._ids_of_part = []

    def _keep(self, key: int | AlbumKey, part: Part, columns: Columns | None, fields: Fields) -> None:
        """Keeps what the first row of a film or album says beyond what lists are read for."""
        if key not in self._more:
            extra = self._extras(columns, fields) if columns else {}
            if extra or part.member:
                self._more[key] = part.member, extra

    def leave_out(self, part: Part, line: int, kind: str, among: Kind | None) -> None:
        if among == self.kind:
            article = "an" if kind[0] in "aeiou" else "a"
            self._aside.add(part.member, line, f"{article} {kind}, no {self.kind.removesuffix('s')}")
        else:
            super().leave_out(part, line, kind, among)

    def refuse(self, part: Part, columns: Columns) -> None:
        if part.member or part.group:
            super().refuse(part, columns)

    def _add_films(self) -> None:
        for at, film in enumerate(self.films):
            member, extra = self._more.get(at, ("", {}))
            ids = [i for i in (film.tmdb_id, film.imdb_id, film.wikidata_id) if i]
            if not film.title:
                self._aside.add(member, film.row, "no title", identity=ids[0])
                continue
            titles = [*film.other_titles, *(extra.get("alternative_titles") or [])]  # type: ignore[misc]
            row = extra | {"title": film.title, "year": film.year, "alternative_titles": list(dict.fromkeys(titles)) or None}
            row |= {"imdb_id": film.imdb_id, "wikidata_id": film.wikidata_id}
            self._add_listed(member, film.row, ids, film_id(film.title, film.year), row)

    def _add_albums(self) -> None:
        times = Counter(self._own_ids.values())
        own_ids = {key: own for key, own in self._own_ids.items() if times[own] == 1}
        if self._own_ids:
            others = len(self.albums.albums) - len(own_ids)
            but = f", but of {others:,} without one or with that of another" if others else ""
            self.notes.append(f"album_id from id{but}")
        for key, album in self.albums.albums.items():
            member, extra = self._more.get(key, ("", {}))
            release = f"release:{album.mb_release}" if album.mb_release else None
            group = f"group:{album.mb_group}" if album.mb_group else None
            row = extra | {"title": album.title, "artist": album.artist, "year": album.year, "first_year": album.first_year}
            ids = [i for i in (album.discogs, release, group) if i]
            own = own_ids.get(key) or album_id(album.title, album.artist, album.year, album.barcode)
            self._add_listed(member, album.row, ids, own, row | {"barcode": album.barcode})

    def _add_listed(self, member: str, line: int, ids: list[str], own: str, row: dict[str, object]) -> None:
        """Adds what a list gave under the first of its ids that no other has, or else under `own`, the second as own.2."""
        if earlier := next((i for i in ids if i in self._seen or i in self._ids_elsewhere()), None):
            self._aside.add(member, line, f"{KEY[self.kind]} stands in an earlier row", identity=earlier)
            return
        identity = next((i for i in ids if i not in self._given), None)
        while identity is None or identity in self._seen or identity in self._given:  # an earlier catalogue of link has such ids
            identity = self._repeats.name(own)
        self._given.add(identity)
        self._add(identity, row)

    def _extras(self, columns: Columns, fields: Fields) -> dict[str, object]:
        found: dict[str, object] = {}
        for wanted in SCHEMA[self.kind]:
            role = ROLE.get(wanted.name)
            name = next((n for n in columns.of(role) if fields.get(n)), None) if role else None
            if name is not None:
                found[wanted.name] = as_meant(wanted, fields[name])
        return found

    # rows --------------------------------------------------------------------------------------------------------------

    def _add(self, identity: str, row: dict[str, object]) -> None:
        row[KEY[self.kind]] = identity
        self._pending.append(row)
        if len(self._pending) == BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._batches.append(pa.RecordBatch.from_pylist(self._pending, schema=SCHEMA[self.kind]))
            self._pending = []

    def catalogue(self) -> Catalogue:
        self._add_films() if self.kind == "films" else self._add_albums()
        self._flush()
        self.conclude(self.kind)
        self.notes += told_left_out(self.left_out)
        aside = sorted(self._aside.rows, key=lambda row: row[:2])
        if not self._batches:
            self._refuse_all(aside)
        table = pa.Table.from_batches(self._batches)
        for name in ("title", "artist"):
            if name in table.schema.names and (count := pc.sum(too_long(table[name])).as_py()):
                cut = pc.utf8_slice_codeunits(table[name], 0, MAX_TITLE)
                table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), cut)
                self.notes.append(note_of_cut(count, name))
        return Catalogue(table, aside, self.notes)

    def _refuse_all(self, aside: list[tuple[str, int, str, str]]) -> NoReturn:
        if self.kind == "albums" and self._plain:
            raise BadInput(f"{self.name} is a list of plain lines, not a catalogue of albums.", hint=_HINT)
        if aside:
            raise BadInput(f"{self.name}: none of its {len(aside)} rows can be used; the first: {aside[0][3]}.", hint=_HINT)
        has = f" (it has {', '.join(sorted(islice(self._headers, 12)))})" if self._headers else ""
        raise BadInput(f"{self.name} has no {self.kind} that can be read{has}.", hint=_HINT)


def _id_elsewhere(value: object) -> str | None:
    """IMDb's or Wikidata's id."""
    text = str(value or "")
    return imdb_id(text, numbers=len(text) >= MIN_BARE_IMDB) or wikidata_id(text)
