"""Records become films: title, year and ids of each, or the kind of thing that it is instead."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from soundtracks.lists.columns import Columns
from soundtracks.lists.exports import Export
from soundtracks.lists.kinds import EPISODE, FILM, SEASON, SERIES, kind_by_title, kind_of
from soundtracks.lists.parts import Fields
from soundtracks.lists.titles import Written, parse_line, parse_title
from soundtracks.lists.values import (
    MAX_TITLE,
    UNKNOWN_TITLE,
    clean,
    imdb_id,
    is_unknown,
    kind_of_link,
    known,
    parse_year,
    tmdb_id,
    wikidata_id,
)

MAX_OTHER_TITLES = 24
#: Digits from which a number beside ids with tt is believed to be one that lost its tt (0083658, 83658).
MIN_BARE_IMDB = 5
#: Films have parts too (Breaking Dawn: Part 1): those of series have an episode behind them (Money Heist: Part 1: Episode 2).
_EPISODE_TITLE = re.compile(
    r"(?<=.): (?:(?:Season|Staffel|Saison|Temporada|Stagione|Sezon|Сезон|Seizoen|Säsong|Series) \d+\b"
    r"|(?:Part|Teil|Partie|Parte|Volume|Book|Chapter) \d+: \S|(?:Limited Series|Miniserie|Mini-?series|Collection)\b)",
    re.I,
)
_NUMBERED = re.compile(r"[^\W\d_]{4,12} \d{1,3}")
_YES = frozenset(("yes", "true", "1", "ja", "oui", "да", "sí", "si"))


class Film(NamedTuple):
    """A film as a list has it. `title` is None only where an id is given."""

    row: int
    title: str | None
    year: int | None
    tmdb_id: str | None = None
    imdb_id: str | None = None
    wikidata_id: str | None = None
    other_titles: tuple[str, ...] = ()


class Unreadable(Exception):
    """A record that means nothing; the text says why."""


@dataclass
class FilmReader:
    """Reads the records of one part. `default_kind`: what its group says of all of them."""

    columns: Columns
    export: Export | None = None
    default_kind: str | None = None
    strange_years: dict[str, int] = field(default_factory=dict)
    strange_ids: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    _with_tt: set[str] = field(default_factory=set)

    def notes(self) -> list[str]:
        """Values of columns of ids that are no ids of theirs, in words."""
        return [
            f"{counted.total():,} × no {what} id in {name}: {', '.join(repr(text) for text, _ in counted.most_common(3))}"
            for (name, what), counted in self.strange_ids.items()
        ]

    def __post_init__(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        """Where each thing is looked up in a record."""
        columns = self.columns
        self._titles = columns.of("title", "original") or columns.of("weak title")
        self._weak = [n for n in columns.of("weak title") if n not in self._titles]
        self._others = columns.of("other title")
        self._years = columns.of("year")
        self._dates = [] if is_disc(columns) else columns.of("date")
        self._imdb, self._tmdb, self._wikidata = columns.of("imdb"), columns.of("tmdb"), columns.of("wikidata")
        self._links = columns.of("link")
        self._plain = columns.of("plain id")
        self._source = columns.of("source")
        self._kinds = columns.of("kind")
        self._flags = columns.of("series flag")
        self._numbers = [(EPISODE, n) for n in columns.of("episode")] + [(SEASON, n) for n in columns.of("season")]
        self._years_or_dates = self._years + self._dates

    def read(self, row: int, fields: Fields) -> Film | str:
        """The film of a record, or the kind of thing that it is instead. Raises Unreadable for one that means nothing."""
        if self.columns.add(fields):
            self._lay_out()
        kind = self._kind(fields)
        if kind not in (None, FILM):
            return kind
        written = self._title(fields)
        by_title = None if kind == FILM else kind_by_title(written.title)
        if self.export and self.export.episodes_in_titles and _EPISODE_TITLE.search(written.title):
            by_title = EPISODE
        if by_title:
            return by_title
        self._ids(fields, written)
        year = self._year(fields) or written.year
        return make_film(row, written, year)

    def _kind(self, fields: Fields) -> str | None:
        kind = None
        for name in self._kinds:
            value = fields.get(name)
            if value and (found := kind_of(value if isinstance(value, str) else value[0])):
                kind = found
                break
        if kind in (None, SERIES):
            for what, name in self._numbers:
                value = fields.get(name)
                if isinstance(value, str) and (value.rstrip("0.").isdigit() or _NUMBERED.fullmatch(value)):
                    return what
        for name in self._flags:
            if str(fields.get(name, "")).strip().lower() in _YES:
                return SERIES
        if kind in (None, FILM):
            kind = self._kind_of_links(fields) or kind
        return kind or _kind_of_keys(fields) or self.default_kind or (self.export.kind if self.export else None)

    def _kind_of_links(self, fields: Fields) -> str | None:
        for name in (*self._links, *self._imdb, *self._tmdb):
            value = fields.get(name)
            text = value if isinstance(value, str) else value[0] if value else ""
            if "/" in text and (found := kind_of_link(text)):
                return found
            if text.startswith("nm") and text[2:].isdigit():
                return "person"
        return None

    def _title(self, fields: Fields) -> Written:
        texts: list[str] = []
        wikidata = None
        for name in self._titles:
            for text in _texts(fields, name):
                if text.startswith("http") and "://" in text[:8]:  # the thing's address, where its name was asked for
                    wikidata = wikidata or wikidata_id(text)
                elif text.lower() not in UNKNOWN_TITLE:
                    texts.append(text)
        if not texts:
            texts = [t for name in self._weak for t in _texts(fields, name) if t.lower() not in UNKNOWN_TITLE]
        others = [t for name in self._others for t in _texts(fields, name) if known(t)]
        if not texts and others:
            texts, others = others[:1], others[1:]
        if not texts:
            return Written("", wikidata_id=wikidata)
        written = parse_title(texts[0], other_in_brackets=bool(self.export and self.export.brackets))
        written.wikidata_id = wikidata
        if texts[1:] or others:
            more = [parse_title(text).title for text in texts[1:] if known(text)]
            written.other_titles = [*more, *others, *written.other_titles]
        return written

    def _year(self, fields: Fields) -> int | None:
        years: list[int] = []
        for name in self._years_or_dates:
            value = fields.get(name)
            if not value:
                continue
            for text in (value,) if isinstance(value, str) else value:
                if year := parse_year(text):
                    years.append(year)
                elif not is_unknown(text) and "://" not in text:
                    self.strange_years[text[:40]] = self.strange_years.get(text[:40], 0) + 1
            if years:
                return min(years)
        return None

    def _ids(self, fields: Fields, written: Written) -> None:
        for name in self._tmdb:
            for text in _texts(fields, name):
                if found := tmdb_id(text, numbers=True):
                    written.tmdb_id = written.tmdb_id or found
                else:
                    self._strange_id(name, "TMDB", text, written)
        for name in self._imdb:
            for text in _texts(fields, name):
                if found := self._imdb_of(name, text, written):
                    written.imdb_id = written.imdb_id or found
                elif text != written.tmdb_id:
                    self._strange_id(name, "IMDb", text, written)
        for name in self._wikidata:
            for text in _texts(fields, name):
                if found := wikidata_id(text):
                    written.wikidata_id = written.wikidata_id or found
                else:
                    self._strange_id(name, "Wikidata", text, written)
        for name in self._links:
            for text in _texts(fields, name):
                written.imdb_id = written.imdb_id or imdb_id(text)
                written.tmdb_id = written.tmdb_id or tmdb_id(text)
                written.wikidata_id = written.wikidata_id or wikidata_id(text)
        for name in self._plain:
            for text in _texts(fields, name):
                written.imdb_id = written.imdb_id or imdb_id(text)
                if self._source:
                    self._id_of_source(" ".join(_texts(fields, self._source[0])).lower(), text, written)
        if written.title and written.title == written.wikidata_id:
            written.title = ""  # Wikidata's label where it has none in the wanted language

    def _imdb_of(self, name: str, text: str, written: Written) -> str | None:
        """The id of a column for IMDb's; a short number is none beside others with tt, nor one that is TMDB's already."""
        if text[:2] == "tt":
            self._with_tt.add(name)
            return imdb_id(text)
        short = text.isdigit() and len(text) < MIN_BARE_IMDB
        return imdb_id(text, numbers=not (short and (name in self._with_tt or text == written.tmdb_id)))

    def _strange_id(self, name: str, what: str, text: str, written: Written) -> None:
        """Counts what is no id of its column; the id of another service there is taken all the same."""
        if is_unknown(text):
            return
        written.imdb_id = written.imdb_id or imdb_id(text)
        written.tmdb_id = written.tmdb_id or tmdb_id(text)
        written.wikidata_id = written.wikidata_id or wikidata_id(text)
        self.strange_ids.setdefault((name, what), Counter())[text[:40]] += 1

    def _id_of_source(self, source: str, text: str, written: Written) -> None:
        """A number is an id only of the source that the record names."""
        if source in ("tmdb", "themoviedb", "moviedb", "the movie database", "themoviedb.org"):
            written.tmdb_id = written.tmdb_id or tmdb_id(text, numbers=True)
        elif source == "imdb":
            written.imdb_id = written.imdb_id or imdb_id(text, numbers=True)
        elif source == "wikidata":
            written.wikidata_id = written.wikidata_id or wikidata_id(text)


def read_line(row: int, text: str) -> Film | str:
    """The film of a plain line, or the kind of thing that it is instead. Raises Unreadable."""
    written = parse_line(text)
    if written.kind and written.kind != FILM:
        return written.kind
    if by_title := kind_by_title(written.title):
        return by_title
    return make_film(row, written, written.year)


def make_film(row: int, written: Written, year: int | None) -> Film:
    """Raises Unreadable for a title that is missing without an id, too long, or only signs of lost letters without an id."""
    title: str | None = written.title or None
    has_id = bool(written.imdb_id or written.tmdb_id or written.wikidata_id)
    if title is None and not has_id:
        raise Unreadable("no title")
    if title is not None and len(title) > MAX_TITLE:
        raise Unreadable(f"a title of more than {MAX_TITLE} characters")
    if title is not None and not has_id and not title.strip("?\ufffd \u00bf"):
        raise Unreadable("the letters of the title are lost")
    others: tuple[str, ...] = ()
    if written.other_titles:
        unique = {text.casefold(): text for text in reversed(written.other_titles) if text and len(text) <= MAX_TITLE}
        unique.pop((title or "").casefold(), None)
        others = tuple(reversed(unique.values()))[:MAX_OTHER_TITLES]
    return Film(row, title, year, written.tmdb_id, written.imdb_id, written.wikidata_id, others)


def _texts(fields: Fields, name: str) -> list[str]:
    value = fields.get(name)
    if not value:
        return []
    if isinstance(value, str):
        text = clean(value)
        return [text] if text else []
    return [text for item in value if (text := clean(item))]


def _kind_of_keys(fields: Fields) -> str | None:
    """The kind by the object that a record wraps: {"episode": {…}, "show": {…}} is an episode."""
    parts = {name.partition(".")[0] for name in fields if "." in name}
    if not parts:
        return None
    for key in ("episode", "season", "movie", "film", "show", "series", "person", "game", "book"):
        if key in parts:
            return kind_of(key)
    return None


def is_disc(columns: Columns) -> bool:
    """Whether records are discs: their dates are the discs' then."""
    return columns.has("barcode") and not columns.has("original")
