"""Text files: lines, delimiter, preamble and heading are told by evidence; damaged rows are set aside with their line.

Python's csv module reads the rows, one at a time, so that an open quote costs its own line and not the rest of the file.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice, pairwise

from soundtracks.lists.columns import heading_score, is_heading_row, tells_by_contents
from soundtracks.lists.containers import Member
from soundtracks.lists.encodings import decode_line, encoding_of, has_zero_bytes
from soundtracks.lists.parts import Damage, Fields, Part
from soundtracks.lists.values import clean

#: The longest line that a list has; a longer one is a sign of a binary file or a lost line break.
MAX_LINE = 64 * 2**10
#: Lines that are looked at to tell the dialect, and where a heading must stand.
HEAD, HEADING_WITHIN = 200, 40
#: A quoted value may wrap over so many lines.
MAX_WRAPPED = 200
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
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
    tabular = member.name.lower().endswith((".csv", ".tsv", ".tab", ".xls"))
    if head and head[0].startswith("Letterboxd list export"):
        return _letterboxd_list(lines, name, written, damage)
    if dialect := dialect_of(head, tabular=tabular):
        return _tables(lines, dialect, name, written, damage)
    numbered = ((n, line) for n, line in enumerate(lines, 1) if line.strip())
    return [Part(name, f"plain lines, {written}", lines=_of_sane_length(numbered, name, damage), headed=False)]


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
    best: tuple[float, Dialect] | None = None
    for delimiter in candidates:
        for dialect in _variants(head[skip:], Dialect(delimiter, skip=skip)):
            found_dialect, score = _scored(head, dialect, tabular)
            if score > 0 and (best is None or score > best[0]):
                best = (score, found_dialect)
    return best[1] if best else None


def _is_rule(line: str) -> bool:
    """The line below the heading of a Markdown table."""
    return "--" in line and "|" in line and not line.strip(" \t|-:")


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
    at = max(range(len(scores)), key=lambda n: (scores[n], -n))
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


def _tables(lines: Iterator[str], dialect: Dialect, name: str, written: str, damage: Damage, first: int = 1) -> list[Part]:
    part = Part(name, f"{_NAMES.get(dialect.delimiter, repr(dialect.delimiter))}, {written}", headed=dialect.heading >= 0)
    if dialect.wrapped:
        part.notes.append("each row stands in quotes as a whole: they were taken off")
    part.records = _records(_rows(lines, dialect, first), dialect, name, damage, part.notes)
    return [part]


def _records(
    rows: Iterator[tuple[int, list[str], str]], dialect: Dialect, name: str, damage: Damage, notes: list[str]
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
    yield from table_records(rows, names, name, damage, notes)


def unique_names(cells: list[str]) -> list[str]:
    """Names of columns: trimmed, nameless ones numbered, a name that stands again marked."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = clean(cell) or f"#{number}"
        names.append(name if name not in names else f"{name} #{number}")
    return names


def table_records(
    rows: Iterator[tuple[int, list[str], str]], names: list[str], name: str, damage: Damage, notes: list[str]
) -> Iterator[tuple[int, Fields]]:
    """(line, fields) of rows below a heading; without one columns are numbered. A row of another width is set aside."""
    heading = [n.casefold() for n in names]
    repeated = padded = short = 0
    held: tuple[int, Fields] | None = None
    key = 0 if names and names[0].casefold() in ("ratingkey", "id", "key", "position", "rank", "const", "media id") else None
    for line, cells, problem in rows:
        if problem:
            damage.add(name, line, problem, " ".join(cells))
            continue
        if not names:
            names = [f"#{n}" for n in range(1, len(cells) + 1)]
        width = len(names)
        if len(cells) > width:
            if any(cell.strip() for cell in cells[width:]):
                damage.add(name, line, f"{len(cells)} values, the heading has {width}", " | ".join(cells))
                continue
            cells = cells[:width]
        elif len(cells) < width:
            if not any(cell.strip() for cell in cells):
                continue
            if width > 4 or padded or (width > 2 and len(cells) > 1 and not short and _looks_cut(cells)):
                damage.add(name, line, f"{len(cells)} values, the heading has {width}", " | ".join(cells))
                continue
            short += 1
            cells = cells + [""] * (width - len(cells))
        elif not cells[-1]:
            padded += 1
        if heading and cells[0].strip().casefold() == heading[0] and [c.strip().casefold() for c in cells] == heading:
            repeated += 1
            continue
        if key is not None and held and not cells[0].strip() and not cells[1].strip():
            _continue(held[1], names, cells)
            continue
        if not any(cells):
            continue
        if held:
            yield held
        held = (line, dict(zip(names, cells, strict=True)))
        if key is None:
            yield held
            held = None
    if held:
        yield held
    if repeated:
        notes.append(f"{repeated} repeated heading line{'s' if repeated > 1 else ''} passed over")
    if short:
        notes.append(f"{short} rows are shorter than the heading: what is missing counts as unknown")


def _looks_cut(cells: list[str]) -> bool:
    return not cells[0].strip()


def _continue(fields: Fields, names: list[str], cells: list[str]) -> None:
    """Adds a line that goes on with the lists of the record above it."""
    for name, cell in zip(names, cells, strict=True):
        if cell.strip():
            before = fields[name]
            fields[name] = [*(before if isinstance(before, list) else [before] if before else []), cell]


def _rows(lines: Iterator[str], dialect: Dialect, first: int = 1) -> Iterator[tuple[int, list[str], str]]:
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
        if not line or line.isspace():
            continue
        if len(line) > MAX_LINE:
            yield number, [line[:MAX_LINE]], f"a line of more than {MAX_LINE // 1024} KB"
            continue
        if dialect.markdown:
            if not _is_rule(line) and "|" in line:
                yield number, [cell.strip() for cell in line.strip().strip("|").split("|")], ""
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
