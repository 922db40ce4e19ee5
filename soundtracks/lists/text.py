"""Text files: lines, delimiter, preamble and heading are told by evidence; damaged rows are set aside with their line.

Python's csv module reads the rows, one at a time, so that an open quote costs its own line and not the rest of the file.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, pairwise

from soundtracks.lists.beside import Beside
from soundtracks.lists.columns import HEADING_WITHIN, heading_at, heading_score, is_heading_row, tells_by_contents
from soundtracks.lists.containers import Member
from soundtracks.lists.encodings import decode_line, encoding_of, has_zero_bytes
from soundtracks.lists.labelled import front_matter, read_labelled
from soundtracks.lists.listings import listing_of
from soundtracks.lists.parts import Damage, Fields, Part
from soundtracks.lists.table_rows import Row, table_records, unique_names
from soundtracks.lists.titles import plain_markdown

#: The longest line that a list has; a longer one is a sign of a binary file or a lost line break.
MAX_LINE = 64 * 2**10
#: Lines that are looked at to tell the dialect.
HEAD = 200
#: A quoted value may wrap over so many lines.
MAX_WRAPPED = 200
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "  ": "columns held apart by blanks"}
#: Delimiters beside the usual ones, where the first line has one: MovieLens' two colons, and columns held apart by blanks.
_RARE = ("::", "^", "~", "  ")
_BLANKS = re.compile(r" {2,}")
_BAR = re.compile(r"(?<!\\)\|")
#: Lines with these signs alone are drawn around and below headings.
_DRAWN = frozenset("-=+|: \t")
_ITEM = re.compile(r" {0,8}(?:[-*+]|\d{1,5}[.)]) \S")
#: A value as SPARQL's TSV writes it: <address>, "text"@en, "1982"^^<type>.
_SPARQL = re.compile(r'<(?P<uri>[^<>]*)>|"(?P<text>(?:[^"\\]|\\.)*)"(?:@[\w-]+|\^\^<[^<>]*>)?')
_SEP_LINE = re.compile(r'"?sep=(.)"?', re.I)
_ENCODINGS = {"utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252", "cp1251": "Windows-1251", "cp1250": "Windows-1250"}


@dataclass(frozen=True)
class Dialect:
    """How a table is written. `heading`: index of its row among the rows that are not blank; -1: it has none."""

    delimiter: str
    quote: str = '"'
    heading: int = -1
    skip: int = 0  # lines before the table: `sep=` or a preamble's first line
    markdown: bool = False
    sparql: bool = False
    wrapped: bool = False  # each whole row stands in quotes, as if it were one value
    backslash: bool = False


def text_lines(member: Member, encoding: str) -> Iterator[str]:
    """The lines of a file without their ends."""
    with member.open() as file:
        if encoding == "mixed":
            for line in file:
                yield decode_line(line, encoding).rstrip("\r\n")
            return
        mark = "utf-8-sig" if encoding == "utf-8" else encoding
        with io.TextIOWrapper(file, mark, errors="replace", newline=None) as texts:
            for text in texts:
                yield text.rstrip("\n")


def detect_encoding(member: Member) -> str:
    """Reads the file in pieces while it is UTF-8, and only otherwise as a whole. Raises BadTitles."""
    head = member.head(4)
    if head[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        decoder = codecs.getincrementaldecoder("utf-8")()
        with member.open() as file:
            try:
                while piece := file.read(2**20):
                    if has_zero_bytes(piece):
                        break
                    decoder.decode(piece)
                else:
                    return "utf-8"
            except UnicodeDecodeError:
                pass
    return encoding_of(member.bytes(), member.name)


def encoding_name(encoding: str) -> str:
    return "UTF-8 and Windows-1252 mixed" if encoding == "mixed" else _ENCODINGS.get(encoding, encoding.upper())


def read_text(member: Member, name: str, damage: Damage) -> list[Part]:
    """The tables of a text file, or its lines. `name`: what places are called by, "" for a plain file."""
    encoding = detect_encoding(member)
    lines = text_lines(member, encoding)
    head = [line[: MAX_LINE + 1] for line in islice(lines, HEAD)]
    lines = chain(head, lines)
    written = encoding_name(encoding)
    first = 1
    tabular = member.name.lower().endswith((".csv", ".tsv", ".tab", ".xls"))
    if head and head[0].startswith("Letterboxd list export"):
        return _letterboxd_list(lines, name, written, damage)
    if listed := listing_of(head):
        part = Part(name, f"{listed.name}, {written}", headed=False)
        part.lines = _of_sane_length(listed.lines(lines, part.notes), name, damage)
        return [part]
    if parts := read_labelled(head, lines, name, written, damage):
        return parts
    if head and head[0].strip() == "---" and (matter := front_matter(head)):
        head, lines = head[matter.end :], islice(lines, matter.end, None)
        if not _holds_list(head):
            return matter.parts(name, written, member.stem)
        first = matter.end + 1
    if dialect := dialect_of(head, tabular=tabular):
        parts = _tables(lines, dialect, name, written, damage, first, cut_off=not ends_with_line(member))
        if dialect.markdown:
            _add_beside(parts, enumerate(islice(text_lines(member, encoding), first - 1, None), first), written)
        return parts
    numbered = ((n, line) for n, line in enumerate(lines, first) if line.strip("\x1a \t\r\n"))
    return [Part(name, f"plain lines, {written}", lines=_of_sane_length(numbered, name, damage), headed=False)]


def _add_beside(parts: list[Part], lines: Iterator[tuple[int, str]], written: str) -> None:
    """Adds the titles that stand outside the tables of a Markdown text, and says how many lines are none."""
    beside = Beside.of(lines)
    if beside.titles:
        parts.append(Part(parts[0].member, f"lines beside the table, {written}", lines=iter(beside.titles), headed=False))
    if beside.others:
        parts[0].notes.append(f"{beside.others:,} line{'s' if beside.others > 1 else ''} beside the table not read")


def ends_with_line(member: Member) -> bool:
    """Whether the last line of a file has its end: one that was cut off has none."""
    with member.open() as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 4))
        return file.read().rstrip(b"\0").endswith((b"\n", b"\r", b"\x1a", b"\0\n", b"\0\r"))


def _holds_list(lines: Sequence[str]) -> bool:
    return any(_is_rule(line) or _ITEM.match(line) for line in lines)


def _letterboxd_list(lines: Iterator[str], name: str, written: str, damage: Damage) -> list[Part]:
    """The first table of such a file is about the list itself, the second has its films."""
    skipped = 0
    for line in lines:
        skipped += 1
        if not line.strip():
            break
    parts = _tables(lines, Dialect(",", heading=0), name, written, damage, first=skipped + 1)
    parts[0].notes.append("the first table is about the list itself and was not read")
    return parts


def _of_sane_length(lines: Iterator[tuple[int, str]], name: str, damage: Damage) -> Iterator[tuple[int, str]]:
    for number, line in lines:
        if len(line) > MAX_LINE:
            damage.add(name, number, f"a line of more than {MAX_LINE // 1024} KB", line)
        else:
            yield number, line


def dialect_of(head: list[str], *, tabular: bool) -> Dialect | None:
    """The dialect of a table, from its first lines; None for plain lines. `tabular`: its name says that it is a table."""
    if not head:
        return None
    skip = 0
    if found := _SEP_LINE.fullmatch(head[0].strip("\ufeff ")):
        candidates, skip = [found[1]], 1
    elif any(_is_rule(line) and "|" in above for above, line in pairwise(head)):
        return _with_heading(head, Dialect("|", markdown=True), tabular)
    else:
        candidates = [",", ";", "\t", "|"] if tabular or not _is_markup(head) else ["\t", ";"]
        first = next((line for line in head if line.strip(" \t=-+")), "")
        candidates += [d for d in _RARE if d in first.strip() and not (d == "  " and "\t" in first)]
        if first.startswith("?") and all(name.startswith("?") for name in first.split("\t")):
            return Dialect("\t", heading=0, sparql=True)
    best: tuple[float, Dialect] | None = None
    for delimiter in candidates:
        for dialect in _variants(head[skip:], Dialect(delimiter, skip=skip)):
            found_dialect, score = _scored(head, dialect, tabular)
            if score > 0 and (best is None or score > best[0]):
                best = (score, found_dialect)
    return best[1] if best else None


def _is_rule(line: str) -> bool:
    """The line below the heading of a Markdown table."""
    return "--" in line and ("|" in line or "+" in line) and not line.strip(" \t|-:+")


def _is_markup(head: list[str]) -> bool:
    return sum(line.lstrip().startswith(("- ", "* ", "• ", "|")) for line in head) * 2 > len(head)


def _variants(head: list[str], dialect: Dialect) -> Iterator[Dialect]:
    full = [line.strip() for line in head if line.strip()]
    if full and all(line.startswith('"') and line.endswith('"') and len(line) > 1 for line in full):
        inner = [line[1:-1].replace('""', '"') for line in full]
        if all(f'"{dialect.delimiter}"' not in line for line in full) and all(dialect.delimiter in line for line in inner):
            yield replace(dialect, wrapped=True)
    yield dialect
    if any('\\"' in line for line in full):
        yield replace(dialect, backslash=True)
    if full and all(line.startswith("'") and line.endswith("'") for line in full):
        yield replace(dialect, quote="'")


def _with_heading(head: list[str], dialect: Dialect, tabular: bool) -> Dialect:
    return _scored(head, dialect, tabular)[0]


def _scored(head: list[str], dialect: Dialect, tabular: bool) -> tuple[Dialect, float]:
    """The dialect with its heading, and how well it explains the lines; 0: not at all."""
    rows = [cells for _, cells, _ in islice(_rows(iter(head), dialect), HEAD) if cells and any(c.strip() for c in cells)]
    if not rows:
        return dialect, 0.0
    # only in a table by its name may something stand above the heading: it is passed over
    scores = [heading_score(cells) for cells in rows[: HEADING_WITHIN if tabular or dialect.markdown else 1]]
    scores = [score if score >= 1 or not at else 0.0 for at, score in enumerate(scores)]
    at = heading_at(scores, rows)
    width = len(rows[at])
    if scores[at] > 0 and (width > 1 or tabular or (at == 0 and len(rows) > 1 and _is_title_word(rows[at][0]))):
        fitting = sum(len(row) == width for row in rows[at + 1 :]) / max(1, len(rows) - at - 1)
        return replace(dialect, heading=at), scores[at] + fitting + (0.5 if width > 1 else 0)
    common, count = Counter(len(row) for row in rows).most_common(1)[0]
    if common < 2 or count * 10 < len(rows) * (7 if tabular else 9) or (dialect.delimiter in ", " and not tabular):
        return dialect, 0.0
    of_width = [row for row in rows if len(row) == common]
    if is_heading_row(of_width[0], of_width[1:]):
        return replace(dialect, heading=rows.index(of_width[0])), 0.9
    if tells_by_contents(of_width):
        return dialect, 0.5
    # a table by its name and shape, of which nothing is understood: its first row is shown as what it has
    return (replace(dialect, heading=rows.index(of_width[0])), 0.1) if tabular and count == len(rows) else (dialect, 0.0)


def _is_title_word(text: str) -> bool:
    return text.strip().casefold() in ("title", "titel", "titre", "título", "titulo", "titolo", "tytuł", "название")


def _tables(
    lines: Iterator[str], dialect: Dialect, name: str, written: str, damage: Damage, first: int = 1, *, cut_off: bool = False
) -> list[Part]:
    part = Part(name, f"{_NAMES.get(dialect.delimiter, repr(dialect.delimiter))}, {written}", headed=dialect.heading >= 0)
    if dialect.wrapped:
        part.notes.append("each row stands in quotes as a whole: they were taken off")
    part.records = _records(_rows(lines, dialect, first), dialect, name, damage, part.notes, cut_off=cut_off)
    return [part]


def _records(
    rows: Iterator[Row], dialect: Dialect, name: str, damage: Damage, notes: list[str], *, cut_off: bool
) -> Iterator[tuple[int, Fields]]:
    """Rows by the names of their columns. Preambles and repeated headings are passed over."""
    names: list[str] = []
    if dialect.heading >= 0:
        seen = -1
        for line, cells, _ in rows:
            seen += any(cell.strip() for cell in cells)
            if seen == dialect.heading and cells:
                names = unique_names(cells)
                if dialect.heading or line > 1:
                    notes.append(f"the heading is on line {line}")
                break
    yield from table_records(rows, names, name, damage, notes, cut_off=cut_off)


def _rows(lines: Iterator[str], dialect: Dialect, first: int = 1) -> Iterator[Row]:
    """(line, cells, what is wrong or ""). Physical lines are joined only where a quote asks for it and closes properly."""
    quote, delimiter = dialect.quote, dialect.delimiter
    number = first - 1
    buffer: list[str] = []
    for _ in range(dialect.skip):
        next(lines, None)
        number += 1
    while True:
        if buffer:
            line = buffer.pop(0)
        else:
            read = next(lines, None)
            if read is None:
                return
            line = read
        number += 1
        if not line or line.isspace() or line == "\x1a":
            continue
        if len(line) > MAX_LINE:
            yield number, [line[:MAX_LINE]], f"a line of more than {MAX_LINE // 1024} KB"
            continue
        if dialect.markdown:
            if not _is_rule(line) and "|" in line:
                yield (
                    number,
                    [plain_markdown(cell.strip().replace("\\|", "|")) for cell in _BAR.split(line.strip().strip("|"))],
                    "",
                )
            continue
        if dialect.sparql:
            yield number, [_plain_value(cell) for cell in line.split("\t")], ""
            continue
        if len(delimiter) > 1:
            if not _DRAWN.issuperset(line):
                yield number, _BLANKS.split(line.strip()) if delimiter == "  " else line.split(delimiter), ""
            continue
        if dialect.wrapped:
            line = line.strip()[1:-1].replace('""', '"')
        if quote not in line:
            yield number, line.split(delimiter), ""
            continue
        cells, used, problem = _quoted(line, buffer, lines, dialect)
        yield number, cells, problem
        number += used
        del buffer[:used]


def _plain_value(cell: str) -> str:
    """The text of a value of SPARQL's TSV, and the name of a variable."""
    found = _SPARQL.fullmatch(cell.strip())
    return cell.strip().removeprefix("?") if not found else found["uri"] or (found["text"] or "").replace('\\"', '"')


def _quoted(line: str, buffer: list[str], lines: Iterator[str], dialect: Dialect) -> tuple[list[str], int, str]:
    """(cells, further lines used, problem) of a row with quotes. A quote that never closes properly costs its line alone."""
    for taken in range(MAX_WRAPPED):
        if taken > len(buffer):
            more = next(lines, None)
            if more is None:
                break
            buffer.append(more)
        if taken and dialect.quote not in buffer[taken - 1]:
            continue  # the quote cannot close here
        text = "\n".join([line, *buffer[:taken]])
        if len(text) > MAX_LINE:
            break
        try:
            return _parse(text, dialect, strict=True), taken, ""
        except csv.Error as error:
            if "unexpected end" not in str(error):
                break
    starts = any(cell.lstrip().startswith(dialect.quote) for cell in line.split(dialect.delimiter))
    if starts:
        return [line], 0, "a quote that opens and does not close"
    return line.split(dialect.delimiter), 0, ""


def _parse(text: str, dialect: Dialect, *, strict: bool) -> list[str]:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        doublequote=not dialect.backslash,
        escapechar="\\" if dialect.backslash else None,
        skipinitialspace=True,
        strict=strict,
    )
    return next(reader, [])
