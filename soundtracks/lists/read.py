"""The one reader of lists: what `run`, `link`, `check`, the inbox and the review read a person's file by.

    containers → text, trees, markup, workbooks → columns and exports → films, albums → Reading

What cannot be understood is refused in words; what was left out, set aside or decided by contents is said.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Literal

import pyarrow as pa

from soundtracks.errors import BadInput, BadTitles, NoTitles
from soundtracks.lists.album_records import Album, AlbumKey, AlbumReader, Gathering
from soundtracks.lists.columns import SAMPLE, Columns
from soundtracks.lists.containers import Contents, Member, inner_file, is_spreadsheet, open_bytes, open_path
from soundtracks.lists.exports import Export, Subject, apply, recognise
from soundtracks.lists.films import Film, FilmReader, Unreadable, read_line
from soundtracks.lists.gather import Films
from soundtracks.lists.kinds import ALBUM, FILM, kind_of
from soundtracks.lists.lines import LineReader
from soundtracks.lists.parts import Damage, Fields, Part, Place
from soundtracks.lists.subjects import lists_only_albums, subject_of, unused, used
from soundtracks.lists.values import note_of_cut, parse_year
from soundtracks.settings import get_settings

Kind = Literal["films", "albums"]
#: A file is refused when so large a share of its rows is damaged.
TOO_DAMAGED, MIN_DAMAGED = 1 / 3, 3
#: Answers with such addresses have the film's date as `date`.
OF_KNOWLEDGE_BASES = ("wikidata.org/entity/Q", "dbpedia.org/resource/")
HINT = "Write one title per line, or a table with a heading such as title,year."
_ALBUM_HINT = "Lists of albums need artist and title in columns of their own, as Discogs' export has them."


@dataclass
class Reading:
    """What a file means. `films`: each once; `table` has them with schema TITLES. `albums`: where it lists albums instead.

    `rows`: rows of the wanted kind in the file. `left_out`: rows by the kind of thing that they are instead.
    `unreadable`: rows set aside, `places` the first of them. `notes`: in words, what was taken for what.
    `exports`: names of the programs and services whose export it is.
    """

    name: str
    kind: Kind
    films: Films
    albums: list[Album] = field(default_factory=list)
    rows: int = 0
    duplicates: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0
    places: list[Place] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    exports: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        """Distinct films or albums."""
        return len(self.films) if self.kind == "films" else len(self.albums)

    @property
    def table(self) -> pa.Table:
        return self.films.table()

    def summary(self) -> str:
        """One line: what was read, what was left out and why."""
        what = self.kind if self.count != 1 else self.kind.removesuffix("s")
        parts = [f"{self.count:,} {what} in {self.rows:,} rows" if self.duplicates else f"{self.count:,} {what}"]
        parts += told_left_out(self.left_out)
        if self.unreadable:
            parts.append(f"{self.unreadable:,} unreadable")
        return f"{self.name}: {', '.join(parts)}."

    def check_usable(self) -> None:
        """Raises BadTitles where nothing of the wanted kind was found, NoTitles where there is nothing at all."""
        if self.count:
            return
        if not self.left_out and not self.unreadable:
            what, hint = ("an album", _ALBUM_HINT) if self.kind == "albums" else ("a film", HINT)
            raise NoTitles(f"{self.name} has nothing in it that is {what}.", hint=hint)
        found = ", ".join(f"{count:,} {_plural(kind, count)}" for kind, count in sorted(self.left_out.items()))
        hint = "Lists of films need a title or an IMDb, TMDB or Wikidata id in each row."
        if self.kind == "albums":
            hint = _ALBUM_HINT
        elif self.left_out.get(ALBUM):
            hint = "To read its albums, give it to `soundtracks link --albums`."
        raise BadTitles(f"{self.name} has no {self.kind.removesuffix('s')}{f': {found}' if found else ''}.", hint=hint)


def told_left_out(left_out: Counter[str]) -> list[str]:
    """How many of each kind were left out, in words."""
    return [f"{count:,} {_plural(kind, count)} left out" for kind, count in sorted(left_out.items())]


def _plural(kind: str, count: int) -> str:
    return kind if count == 1 or kind.endswith("s") else {"series": "series", "person": "people"}.get(kind, f"{kind}s")


def read_path(path: Path, *, kind: Kind | None = None) -> Reading:
    """Reads a file or folder of this machine. `kind`: what is wanted of it; without one its contents tell. Raises BadTitles."""
    return read_contents(path.name or str(path), open_path(path), kind=kind)


def read_bytes(name: str, data: bytes, *, kind: Kind | None = None) -> Reading:
    """The same for a file's bytes."""
    return read_contents(name, open_bytes(name, data), kind=kind)


def read_contents(name: str, contents: Contents, *, kind: Kind | None = None) -> Reading:
    """The same for what a container holds. Raises BadTitles for a file that is refused."""
    reader = PartReader(name, kind)
    reader.notes += contents.passed_over
    for part in open_parts(contents, reader.damage, reader.notes):
        reader.read(part)
    return reader.reading()


def check_rows(name: str, rows: int) -> None:
    """Raises BadInput for a table of more rows than are read."""
    if rows > get_settings().max_rows:
        raise BadInput(f"{name} has more than {get_settings().max_rows:,} rows.", hint="Raise SOUNDTRACKS_MAX_ROWS.")


def open_parts(contents: Contents, damage: Damage, notes: list[str]) -> Iterator[Part]:
    """The parts of all files. In a ZIP or folder a file that is no list is passed over; a plain one is refused."""
    nested = contents.container in ("zip", "folder")
    for member in contents.members:
        try:
            yield from read_member(member, member.name if nested else "", damage)
        except BadTitles as error:
            if not nested:
                raise
            notes.append(f"{member.name} not read: {error.message}")


def read_member(member: Member, name: str, damage: Damage) -> list[Part]:
    """The parts of one file, by what it is and not by its ending. Raises BadTitles."""
    if name:
        member = inner_file(member)
    head = member.head()
    if not head.strip():
        if name:
            return []
        raise NoTitles(f"{member.name} is empty.", hint=HINT)
    if head.startswith(b"PAR1"):
        from soundtracks.lists.workbooks import read_parquet

        return read_parquet(member, name, damage)
    if is_spreadsheet(head, member):
        from soundtracks.lists.workbooks import read_workbook

        return read_workbook(member, name, damage)
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start.startswith(b"<") and not start.startswith(b"<>"):
        from soundtracks.lists.markup import read_markup

        if parts := read_markup(member, name, damage):
            return parts
        raise BadTitles(f"{member.name} holds no table and no records.", hint="Export it as CSV, XLSX or JSON.")
    if start[:1] in (b"[", b"{") and _is_json(start, member.name):
        from soundtracks.lists.trees import read_json

        if parts := read_json(member, name, damage):
            return parts
        raise BadTitles(
            f"{member.name} holds no list of films or albums.", hint="Export it as CSV, or give an array of objects with title."
        )
    from soundtracks.lists.text import read_text

    return read_text(member, name, damage)


def _is_json(start: bytes, name: str) -> bool:
    """[Rec] is a film and [[Alien]] a link of a wiki; [{ and ["…", 1979] begin JSON."""
    if name.lower().endswith((".json", ".jsonl", ".ndjson")):
        return True
    rest = start[1:].lstrip()
    while rest[:1] == b"[":
        rest = rest[1:].lstrip()
    return rest[:1] in (b'"', b"{", b"]", b"}")


@dataclass
class PartReader:
    """Reads the parts of a file into films and albums, each once over all of them. The catalogues of `link` keep more of each."""

    name: str
    wanted: Kind | None
    max_rows: int = field(default_factory=lambda: get_settings().max_rows)
    damage: Damage = field(default_factory=Damage)
    notes: list[str] = field(default_factory=list)
    films: Films = field(default_factory=Films)
    albums: Gathering = field(default_factory=Gathering)
    album_rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    passed_tracks: Counter[str] = field(default_factory=Counter)
    exports: set[str] = field(default_factory=set)
    strange_years: Counter[str] = field(default_factory=Counter)
    seen: int = 0

    def read(self, part: Part) -> None:
        if part.lines is not None:
            self._lines(part)
        elif part.records is not None:
            self._records(part)
        self.take_notes(part)

    def take_notes(self, part: Part) -> None:
        """Takes up what is said of a part, each note once."""
        where = f"{part.member}: " if part.member else ""
        self.notes += [f"{where}{note}" for note in part.notes if f"{where}{note}" not in self.notes]

    def _count(self) -> None:
        self.seen += 1
        if self.seen > self.max_rows:
            raise BadTitles(
                f"{self.name} has more than {self.max_rows:,} rows.",
                hint="Give a shorter list, or raise SOUNDTRACKS_MAX_ROWS where there is memory for it.",
            )

    def keep_film(self, part: Part, film: Film, columns: Columns | None, fields: Fields) -> int:
        """Takes up a film of a part; returns its place among the films."""
        return self.films.add(film)

    def keep_album(self, part: Part, album: Album, columns: Columns, fields: Fields, *, track: bool) -> AlbumKey:
        """Takes up an album, or a track of it; returns what it is kept under."""
        self.album_rows += 1
        return self.albums.add(album, track=track)

    def leave_out(self, part: Part, line: int, kind: str, among: Kind | None) -> None:
        """Counts a row that is neither. `among`: what its part lists."""
        self.left_out[kind] += 1

    # plain lines -------------------------------------------------------------------------------------------------------

    def _lines(self, part: Part) -> None:
        lines = part.lines or iter(())
        sample = list(islice(lines, SAMPLE))
        reader = LineReader.of([text for _, text in sample])
        part.notes[:0] = [part.format] + (["the numbers of the lines were taken off"] if reader.style.numbered else [])
        for line, text in chain(sample, lines):
            for title in reader.titles(text):
                self._line(part, line, title)
        part.notes += reader.notes()

    def _line(self, part: Part, line: int, title: str) -> None:
        self._count()
        try:
            found = read_line(line, title)
        except Unreadable as error:
            self.damage.add(part.member, line, str(error), title)
            return
        if isinstance(found, str):
            self.leave_out(part, line, found, "films")
        else:
            self.keep_film(part, found, None, {})

    # records -----------------------------------------------------------------------------------------------------------

    def _records(self, part: Part) -> None:
        records = part.records or iter(())
        sample = list(islice(records, SAMPLE))
        if not sample:
            return
        columns = Columns.understand([fields for _, fields in sample], headed=part.headed)
        export = recognise(columns) if part.headed else None
        if export:
            apply(export, columns)
            self.exports.add("Discogs wantlist" if export.name == "Discogs answer" and part.group == "wants" else export.name)
        elif any(address in str(v) for _, f in sample[:5] for v in f.values() for address in OF_KNOWLEDGE_BASES):
            columns.roles.setdefault("date", []).extend(columns.of("loose date"))
        subject, kind = subject_of(columns, export, part)
        if subject is None:
            self.refuse(part, columns)
            return
        part.notes += [f"{export.name}, {part.format}" if export else part.format, *columns.notes]
        stream = chain(sample, records)
        if subject == "other":
            for line, _ in stream:
                self._count()
                self.leave_out(part, line, kind or "entry", None)
        elif subject == "films" and not (columns.has("kind") and (self.wanted == "albums" or lists_only_albums(columns, sample))):
            self._read_films(part, FilmReader(columns, export, kind), stream)
        else:
            self._read_albums(part, columns, export, stream, subject)
        if subject != "other":
            part.notes += used(columns, subject) + unused(columns, subject)

    def refuse(self, part: Part, columns: Columns) -> None:
        """Notes a part that lists nothing. Raises BadTitles where it is the whole file."""
        names = ", ".join(sorted(name for name in columns.names if "." not in name)[:12])
        if part.member or part.group:
            where = " ".join(filter(None, (part.member, part.group and f"({part.group})")))
            self.notes.append(f"{where} not read: it lists no films or albums")
            return
        if not part.headed or any(map(parse_year, columns.names)):
            raise BadTitles(
                f"{self.name} has no heading that is known, and its contents do not tell which column is the title.",
                hint="Write one above the first row, such as title,year,director.",
            )
        raise BadTitles(
            f"{self.name}: no column can be told to be the title; it has: {names or 'none'}.",
            hint="Name one title (and others year, imdb_id, tmdb_id), or give one title per line.",
        )

    def _read_films(self, part: Part, reader: FilmReader, stream: Iterator[tuple[int, Fields]]) -> None:
        for line, fields in stream:
            self._count()
            try:
                found = reader.read(line, fields)
            except Unreadable as error:
                if any(isinstance(v, list) or v.strip() for v in fields.values()):
                    self.damage.add(part.member, line, str(error), _shown(fields))
                continue
            if isinstance(found, str):
                self.leave_out(part, line, found, "films")
            else:
                self.keep_film(part, found, reader.columns, fields)
        self.strange_years.update(reader.strange_years)
        part.notes += reader.notes()

    def _read_albums(
        self, part: Part, columns: Columns, export: Export | None, stream: Iterator[tuple[int, Fields]], subject: Subject
    ) -> None:
        """`subject`: what its columns tell that it lists; of a list of films only what it calls an album is one."""
        tracks = subject == "tracks"
        marks = bool(export and export.name.startswith("Discogs"))
        reader = AlbumReader(columns, tracks=tracks, marks=marks)
        kinds = columns.of("kind") if not tracks else []
        others = None if not columns.has("artist") else ("track", "podcast", "episode", "book", "game")  # a format is no kind
        otherwise = FILM if subject == "films" else None
        for line, fields in stream:
            self._count()
            kind = next((k for name in kinds if isinstance(v := fields.get(name), str) and (k := kind_of(v))), otherwise)
            if kind and kind != ALBUM and (others is None or kind in others):
                self.leave_out(part, line, kind, "albums")
                continue
            try:
                found = reader.read(line, fields)
            except Unreadable as error:
                self.damage.add(part.member, line, str(error), _shown(fields))
                continue
            if isinstance(found, str):
                self.passed_tracks[found] += 1
            else:
                self.keep_album(part, found, columns, fields, track=tracks)
        if reader.cut:
            part.notes.append(note_of_cut(reader.cut, "artist"))
        if tracks:
            part.notes.append("tracks were gathered into albums")

    # the result --------------------------------------------------------------------------------------------------------

    def conclude(self, kind: Kind) -> None:
        """Counts what is of the other kind, and notes what was passed over."""
        if kind == "films" and self.album_rows:
            self.left_out[ALBUM] += len(self.albums.albums)
        if kind == "albums" and self.films.rows:
            self.left_out[FILM] += self.films.rows
        self.notes += [f"{n:,} × {what} passed over" for what, n in sorted(self.passed_tracks.items())]
        if self.strange_years:
            shown = ", ".join(repr(text) for text, _ in self.strange_years.most_common(3))
            self.notes.append(f"{sum(self.strange_years.values()):,} values are no years and count as unknown: {shown}")

    def reading(self) -> Reading:
        """Raises BadTitles for a file of which too much is damaged."""
        kind: Kind = self.wanted or ("albums" if self.albums.albums and len(self.albums.albums) > self.films.rows else "films")
        self.conclude(kind)
        rows = self.films.rows if kind == "films" else self.album_rows
        damaged = self.damage.count
        # a file that ends in the middle is one place, however short the file is
        cut_off = sum("ends in the middle" in place.reason for place in self.damage.places)
        if damaged - cut_off >= max(MIN_DAMAGED, (rows + sum(self.left_out.values()) + damaged) * TOO_DAMAGED):
            first = "; ".join(map(str, self.damage.places[:3]))
            raise BadTitles(
                f"{self.name} is damaged: {damaged:,} of its rows cannot be read. {first}.",
                hint="Mend them or export the list anew.",
            )
        return Reading(
            self.name,
            kind,
            self.films,
            list(self.albums) if kind == "albums" else [],
            rows,
            self.films.duplicates if kind == "films" else self.albums.duplicates,
            self.left_out,
            damaged,
            self.damage.places,
            self.notes,
            self.exports,
        )


def _shown(fields: Fields) -> str:
    return " | ".join(str(value) for value in fields.values() if value)
