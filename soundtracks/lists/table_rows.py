"""Rows below a heading become records: headings that come again, tables that follow one another, rows of another width."""

from collections.abc import Iterable, Iterator

from soundtracks.lists.headings import roles_of
from soundtracks.lists.kinds import NAMES_OF_LISTS, compact, kind_of
from soundtracks.lists.parts import Damage, Fields
from soundtracks.lists.values import clean

#: A row of a table: its line, its cells, and what is wrong with it or "".
Row = tuple[int, list[str], str]
#: The column that a title between two tables ("Movies", "TV shows") gives its rows.
SECTION = "type"
#: Columns that tables of films have and tables of albums have not, and the other way round. Films have artists too.
_OF_FILMS = frozenset(("imdb", "tmdb", "director", "original"))
_ONLY_OF_ALBUMS = frozenset(("album", "discogs", "mb release"))
_OF_ALBUMS = _ONLY_OF_ALBUMS | {"artist"}
#: First columns of tables whose lists go on in the rows below, as Tautulli writes them.
_KEYS = ("ratingkey", "id", "key", "position", "rank", "const", "media id")
#: What a record may have several of, and what makes no record alone.
_SEVERAL = frozenset(
    (
        *("genres", "styles", "formats", "country", "labels", "tracks", "language", "director", "composer", "performer"),
        *("film sign", "album sign", "other"),
    )
)


def unique_names(cells: list[str]) -> list[str]:
    """Names of columns: trimmed, nameless ones numbered, a name that stands again marked."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = clean(cell) or f"#{number}"
        names.append(name if name not in names else f"{name} #{number}")
    return names


def table_records(
    rows: Iterable[Row], names: list[str], name: str, damage: Damage, notes: list[str], *, cut_off: bool = False
) -> Iterator[tuple[int, Fields]]:
    """(line, fields) of rows below a heading; without one columns are numbered. A row of another width is set aside.

    `cut_off`: the file ends without the end of a line, so that a last row that is too short was longer once.
    """
    return _Table(names, name, damage, notes).records(rows, cut_off)


class _Table:
    def __init__(self, names: list[str], name: str, damage: Damage, notes: list[str]) -> None:
        self.name, self.damage, self.notes = name, damage, notes
        self.headed = bool(names)
        self.section: str | None = None
        self.repeated = self.padded = self.short = self.tables = 0
        self.passed: list[str] = []
        self._name(names)

    def _name(self, names: list[str]) -> None:
        self.names = names
        self.heading = [n.casefold() for n in names]
        titled = any("title" in roles_of(name) for name in names if "." not in name)
        self.lists = [("." in name and titled) or _holds_several(name) for name in names]

    def records(self, rows: Iterable[Row], cut_off: bool) -> Iterator[tuple[int, Fields]]:
        continues = self.heading[:1] and self.heading[0] in _KEYS
        held: tuple[int, Fields] | None = None
        brief: tuple[int, list[str]] | None = None  # a row with one cell or too few, until the next one tells what it is
        above, apart = 0, False  # the line above, and whether an empty one stands above `brief`
        for line, cells, problem in rows:
            follows, above = line == above + 1, line
            if problem:
                self.damage.add(self.name, line, problem, " ".join(cells))
                continue
            if not self.names:
                self._name([f"#{n}" for n in range(1, len(cells) + 1)])
            if self.headed and not any(map(str.isdigit, cells)) and self._is_heading(cells, brief):
                if held:
                    yield held
                    held = None
                if brief and not self._is_caption(brief[1], cells, apart):
                    yield self._short(*brief)
                    brief = None
                if self._lists_others(cells):
                    self.notes.append(f"from line {line} on another table ({', '.join(filter(None, cells))}): not read")
                    brief = None
                    break
                self._follow(cells, brief)
                brief = None
                continue
            if brief:
                if held:
                    yield held
                yield self._short(*brief)
                held = brief = None
            fitted = cells if len(cells) == len(self.names) and cells[-1] else self._fitted(line, cells)
            if fitted is None:
                continue
            if len(fitted) < len(self.names) or (not continues and _is_alone(fitted)):
                brief, apart = (line, fitted), not follows
                continue
            if continues and held and self._goes_on(fitted):
                _continue(held[1], self.names, fitted)
                continue
            if not any(fitted):
                continue
            if held:
                yield held
            held = (line, self._fields(fitted))
            if not continues:
                yield held
                held = None
        if held:
            yield held
        if brief and cut_off and len(brief[1]) < len(self.names):
            self.damage.add(self.name, brief[0], "the file ends in the middle: the rest is missing", " | ".join(brief[1]))
        elif brief:
            yield self._short(*brief)
        self._say()

    def _goes_on(self, cells: list[str]) -> bool:
        """Whether a row only goes on with lists of the record above: what fills a title, a year or an id is another record."""
        return not any(cell.strip() and (at < 2 or not self.lists[at]) for at, cell in enumerate(cells))

    def _fields(self, cells: list[str]) -> Fields:
        fields: Fields = dict(zip(self.names, cells, strict=True))
        if self.section:
            fields.setdefault(SECTION, self.section)
        return fields

    def _short(self, line: int, cells: list[str]) -> tuple[int, Fields]:
        self.short += len(cells) < len(self.names)
        return line, self._fields(cells + [""] * (len(self.names) - len(cells)))

    def _fitted(self, line: int, cells: list[str]) -> list[str] | None:
        """The cells of a row of the right width, or of a short one that may be meant; None for one that was set aside."""
        width = len(self.names)
        if len(cells) > width:
            if any(cell.strip() for cell in cells[width:]):
                self.damage.add(self.name, line, f"{len(cells)} values, the heading has {width}", " | ".join(cells))
                return None
            return cells[:width]
        if len(cells) < width:
            if not any(cell.strip() for cell in cells):
                return None
            looks_cut = width > 2 and len(cells) > 1 and not self.short and not cells[0].strip()
            if (width > 4 and not self._may_be_section(cells)) or self.padded or looks_cut:
                self.damage.add(self.name, line, f"{len(cells)} values, the heading has {width}", " | ".join(cells))
                return None
        elif not cells[-1]:
            self.padded += 1
        return cells

    def _may_be_section(self, cells: list[str]) -> bool:
        return len([cell for cell in cells if cell.strip()]) == 1 and kind_of(cells[0]) is not None

    def _is_heading(self, cells: list[str], brief: tuple[int, list[str]] | None) -> bool:
        """The heading again, or that of another table: names that are known, a title among them, and no other cell."""
        first = cells[0].strip().casefold()
        if not (first in self.heading or roles_of(first)):
            return False
        found = [cell.strip().casefold() for cell in cells]
        if found == self.heading:
            return True
        filled = [cell for cell in found if cell]
        known = [roles for cell in filled if (roles := roles_of(cell))]
        return (
            len(filled) > 1
            and len(set(filled)) == len(filled)
            and (len(known) == len(filled) or bool(brief and self._may_be_section(brief[1])))
            and (set(filled) <= set(self.heading) or any("title" in roles for roles in known))
        )

    def _is_caption(self, row: list[str], heading: list[str], apart: bool) -> bool:
        """Whether a row above another heading says what follows: others are records, of which only the title is known."""
        if self._may_be_section(row):
            return True
        again = [cell.strip().casefold() for cell in heading] == self.heading
        if again and len(row) == len(self.names):
            return False
        return apart or (not again and compact(" ".join(row)) in NAMES_OF_LISTS)

    def _lists_others(self, cells: list[str]) -> bool:
        """Whether a heading is that of a table of albums below films, or of films below albums: one table is of one kind."""
        if self.section is not None:
            return False
        if _may_be_of(_OF_ALBUMS, cells):
            return not _may_be_of(_OF_ALBUMS, self.names)
        return _may_be_of(_ONLY_OF_ALBUMS, self.names)

    def _follow(self, cells: list[str], brief: tuple[int, list[str]] | None) -> None:
        """Goes on below a heading that came in the middle; a title above it tells what kind of thing follows."""
        if [cell.strip().casefold() for cell in cells] == self.heading and brief is None:
            self.repeated += 1
            return
        self._name(unique_names(cells))
        self.tables += 1
        self.padded = 0
        self.section = None
        if brief and self._may_be_section(brief[1]):
            self.section = brief[1][0].strip()
        elif brief:
            self.passed.append(" ".join(filter(None, brief[1])))

    def _say(self) -> None:
        if self.repeated:
            self.notes.append(f"{self.repeated} repeated heading line{'s' if self.repeated > 1 else ''} passed over")
        if self.tables:
            self.notes.append(f"{self.tables} other heading{'s' if self.tables > 1 else ''} in the middle: read by it from there")
        if self.passed:
            shown = ", ".join(repr(text[:40]) for text in self.passed[:3])
            lines = "lines" if len(self.passed) > 1 else "line"
            self.notes.append(f"{len(self.passed)} {lines} above another heading passed over: {shown}")
        if self.short:
            self.notes.append(f"{self.short} rows are shorter than the heading: what is missing counts as unknown")


def _may_be_of(signs: frozenset[str], names: list[str]) -> bool:
    """Whether a heading has one of the signs of albums, and none of films."""
    roles = {role for name in names for role in roles_of(name)}
    return bool(roles & signs) and not roles & _OF_FILMS


def _is_alone(cells: list[str]) -> bool:
    """Whether a row has a text in its first cell and nothing else: perhaps what stands above another table."""
    return len(cells) > 1 and bool(cells[0].strip()) and not any(cell.strip() for cell in cells[1:])


def _holds_several(name: str) -> bool:
    roles = roles_of(name)
    return bool(roles) and _SEVERAL.issuperset(roles)


def _continue(fields: Fields, names: list[str], cells: list[str]) -> None:
    """Adds a line that goes on with the lists of the record above it."""
    for name, cell in zip(names, cells, strict=True):
        if cell.strip():
            before = fields[name]
            fields[name] = [*(before if isinstance(before, list) else [before] if before else []), cell]
