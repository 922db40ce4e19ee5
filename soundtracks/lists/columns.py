"""Which column is what: by its name where that is known, by its contents where it is not, and never silently."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from soundtracks.lists.headings import holds_title_word, may_be_release, rank, roles_of
from soundtracks.lists.kinds import are_kinds, compact, is_word_for_film, kind_of
from soundtracks.lists.parts import Fields, Value
from soundtracks.lists.values import is_unknown, parse_year

#: Records that are looked at before the first is understood.
SAMPLE = 200
#: Rows among which the heading of a table must stand.
HEADING_WITHIN = 40
#: From such a score on a row that names a title is a heading, whatever other headings come below it.
SURE_SCORE = 2.0
#: Rows that a table about the list, above its films, may have.
MAX_ABOUT = 3
#: The share of values that must fit before a column is taken for something by its contents alone.
MOST = 0.8
_IMDB = re.compile(r"tt\d{7,10}")
_DIGITS = re.compile(r"[\d.,:%$€£ /+-]*")
#: A title with its year in brackets at the end.
DATED_TITLE = re.compile(r"\S.*[(（\[](?:18|19|20)\d\d[)）\]]")
_ONLY_YEAR = re.compile(r"(?:18|19|20)\d\d(?:\.0)?")
_SURE = frozenset(("title", "imdb", "tmdb", "original", "wikidata", "album", "artist", "mb release", "discogs", "album id"))


def heading_score(cells: Sequence[str]) -> float:
    """How much a row looks like a heading: the sum over its cells, 0 unless one of them names a title or an id."""
    found = [roles for cell in cells if len(cell) < 60 and (roles := roles_of(" ".join(cell.split())))]
    if not any(
        role in ("title", "weak title", "original", "album", "series title", "imdb", "tmdb", "wikidata")
        for roles in found
        for role in roles
    ):
        return 0.0
    filled = sum(bool(cell.strip()) for cell in cells)
    if len(found) < 2 and filled > 1:
        return 0.0 if not any("title" in roles for roles in found) or filled > 3 else 0.5
    if any(_DIGITS.fullmatch(cell.strip()) and cell.strip() for cell in cells):
        return 0.0
    sure = sum(any(role in _SURE for role in roles) for roles in found)
    return len(found) + 0.5 * sure


def heading_at(scores: Sequence[float], rows: Sequence[Sequence[str]]) -> int:
    """The index of a table's heading by its first rows and their scores; -1: it has none.

    It is the best of the first rows that are sure: below it other tables may follow, each with a heading of its own and perhaps
    with more columns. Where that one is of a table about the list, it is the next; where no row is sure it is the best of all.
    """
    first = next((at for at, score in enumerate(scores) if score >= SURE_SCORE), None)
    if first is None:
        return max(range(len(scores)), key=lambda at: (scores[at], -at), default=-1)
    end = next((at for at in range(first, len(scores)) if scores[at] < 1), len(scores))
    best = max(range(first, end), key=lambda at: (scores[at], -at))
    below = range(end, min(len(scores), best + MAX_ABOUT + 2))
    films = next((at for at in below if scores[at] > scores[best] and _names_films(rows[at])), None)
    return best if films is None or "title" in _roles(rows[best]) or _names_films(rows[best]) else films


def _names_films(heading: Sequence[str]) -> bool:
    """Whether a heading has what tells films from other things that have a name."""
    roles = _roles(heading)
    return bool(roles & {"title", "weak title"}) and bool(roles & {"year", "imdb", "tmdb", "wikidata"})


def _roles(heading: Sequence[str]) -> set[str]:
    return {role for cell in heading for role in roles_of(cell)}


def is_heading_row(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether a first row of unknown words is a heading: it has no number where the others have nothing else."""
    if not others or any(_DIGITS.fullmatch(cell.strip()) and cell.strip() for cell in first):
        return False
    for at, cell in enumerate(first):
        below = [row[at] for row in others if row[at].strip()]
        if below and not parse_year(cell) and sum(parse_year(value) is not None for value in below) >= MOST * len(below):
            return True
        if below and not _IMDB.fullmatch(cell) and all(_IMDB.fullmatch(value.strip()) for value in below):
            return True
    return False


def tells_by_contents(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows without a heading have titles with years, or a column of years or of IMDb ids beside one of texts."""
    records: list[Fields] = [{f"#{n}": cell.strip() for n, cell in enumerate(row, 1)} for row in rows]
    columns = Columns.understand(records, headed=False)
    if not columns.has("title"):
        return False
    dated = columns.of("title")[0]
    return columns.has("year", "imdb") or _fits([first_text(r[dated]) for r in records], DATED_TITLE.fullmatch)


@dataclass
class Columns:
    """The names of each role, best first. `notes`: what was decided by contents, and what was not used."""

    roles: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def of(self, *roles: str) -> list[str]:
        return [name for role in roles for name in self.roles.get(role, ())]

    def has(self, *roles: str) -> bool:
        return any(role in self.roles for role in roles)

    @classmethod
    def understand(cls, sample: Sequence[Fields], *, headed: bool = True) -> "Columns":
        columns = cls()
        if headed:
            columns.add(name for record in sample for name in record)
        else:
            columns.names = {name for record in sample for name in record}
        columns._by_contents(sample)
        return columns

    def add(self, names: Iterable[str]) -> bool:
        """Takes up names as they appear: records of a tree need not have all their fields. Whether there were new ones."""
        before = len(self.names)
        for name in names:
            if name in self.names:
                continue
            self.names.add(name)
            for role in roles_of(name):
                known = self.roles.setdefault(role, [])
                known.append(name)
                known.sort(key=lambda n, role=role: rank(role, n))  # type: ignore[misc]
        return len(self.names) > before

    def without(self, role: str, name: str) -> None:
        self.roles[role] = [other for other in self.roles.get(role, []) if other != name]
        if not self.roles[role]:
            del self.roles[role]

    def _by_contents(self, sample: Sequence[Fields]) -> None:
        values: dict[str, list[str]] = {}
        for record in sample:
            for name, value in record.items():
                text = first_text(value)
                if text and not is_unknown(text):
                    values.setdefault(name, []).append(text)
        for name in self.of("kind"):  # a "type" may also be that of a list, of a rating, of a server
            found = values.get(name, ())
            is_category = compact(name.rpartition(".")[2]) == "category"  # rather a genre, or what an award is for
            if not (are_kinds(found) if is_category else any(map(kind_of, found))):
                self.without("kind", name)
        self._dates_by_contents(values)
        unknown = [name for name in values if not roles_of(name) or name.startswith("#")]
        if not self.has("kind"):
            for name in unknown:
                if all(map(kind_of, values[name])) and any(map(is_word_for_film, values[name])):
                    self._take("kind", name)
        if not self.has("imdb"):
            for name in unknown:
                if all(_IMDB.fullmatch(v.strip()) for v in values[name]):
                    self._take("imdb", name)
        if not self.has("year", "date"):
            years = [n for n in unknown if _fits(values[n], _is_year if n[:1] != "#" else _is_year_or_date)]
            if len(years) == 1 and may_be_release(years[0]):
                self._take("year", years[0])
        if self.has("title", "weak title", "original", "album", "series title", "other title"):
            return
        if len(dated := [n for n in unknown if _fits(values[n], DATED_TITLE.fullmatch)]) == 1:
            self._take("title", dated[0])
        elif named := [n for n in values if "." not in n and holds_title_word(n) and not _fits(values[n], _DIGITS.fullmatch)]:
            self._take("title", named[0], "name")
        elif self.has("year", "date", "imdb", "tmdb", "wikidata"):
            taken = set(self.of("year", "imdb"))
            texts = [
                n for n in unknown if n not in taken and not _fits(values[n], lambda v: bool(_DIGITS.fullmatch(v)) or "://" in v)
            ]
            if len(texts) == 1:
                self._take("title", texts[0])

    def _dates_by_contents(self, values: dict[str, list[str]]) -> None:
        """A `date` that is only a year is no day on which something was seen; a `release` may be a date or a title, and a
        `Film (Year)` either.
        """
        for name in [name for name in self.of("title") if name in self.of("year")]:
            self.without("title" if _fits(values.get(name, ()), _is_year) else "year", name)
        for name in self.of("loose date"):
            if not self.has("year") and _fits(values.get(name, ()), _ONLY_YEAR.fullmatch):
                self._take("year", name)
        for name in self.of("album") if self.has("title") else ():
            if _fits(values.get(name, ()), _is_year_or_date):
                self.without("album", name)
                self._take("date", name)

    def _take(self, role: str, name: str, reason: str = "contents") -> None:
        self.roles.setdefault(role, []).append(name)
        shown = f"column {name[1:]}" if name.startswith("#") else f"column {name or '1'}"
        self.notes.append(f"{shown} is taken for the {role} because of its {reason}")


def _is_year(text: str) -> bool:
    return len(text) < 8 and parse_year(text) is not None


def _is_year_or_date(text: str) -> bool:
    return len(text) < 30 and parse_year(text) is not None


def _fits(values: Sequence[str], test: Callable[[str], object]) -> bool:
    return bool(values) and sum(bool(test(value)) for value in values) >= MOST * len(values)


def first_text(value: Value) -> str:
    if isinstance(value, list):
        return next((v for v in value if v), "")
    return value
