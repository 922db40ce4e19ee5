"""Catalogues that people bring: CSV or Parquet in the contract of `soundtracks link`, checked row by row.

A missing column or an unreadable file is BadInput; a bad row is set aside with its reason, and the rest goes on.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from soundtracks.errors import BadInput
from soundtracks.records import ALBUMS, FILMS
from soundtracks.text.spreadsheet import write_csv

#: Films have existed since 1874 (Passage de Vénus); no catalogue lists further ahead than a few years.
FIRST_YEAR, LAST_YEAR = 1870, 2100
#: A year alone, as pandas writes it where a column has gaps (1999.0), or as the start of a date.
_YEAR = r"^\s*(?P<year>\d{1,4})(?:\.0+)?(?:-\d{1,2}){0,2}\s*$"

_HINT = "films need tmdb_id and title; albums need album_id and title; see `soundtracks link --help`."


@dataclass(frozen=True)
class SetAside:
    """Rows that cannot be used: file, line (Parquet: row, from 1), id as given, reason."""

    rows: list[tuple[str, int, str, str]] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Writes quarantine.csv."""
        with path.open("w", encoding="utf-8", newline="") as out:
            write_csv(out, ("file", "row", "id", "reason"), self.rows)


def read_films(path: Path) -> tuple[pa.Table, SetAside]:
    """Films of a CSV or Parquet file with schema FILMS, and the rows set aside. Raises BadInput."""
    return _read(path, FILMS, "tmdb_id")


def read_albums(path: Path) -> tuple[pa.Table, SetAside]:
    """Albums of a CSV or Parquet file with schema ALBUMS, and the rows set aside. Raises BadInput."""
    return _read(path, ALBUMS, "album_id")


def _read(path: Path, schema: pa.Schema, key: str) -> tuple[pa.Table, SetAside]:
    raw = _open(path)
    missing = [name for name in (key, "title") if name not in raw.column_names]
    if missing:
        raise BadInput(f"{path}: column {' and '.join(missing)} missing (it has {', '.join(raw.column_names)}).", hint=_HINT)
    if not len(raw):
        raise BadInput(f"{path} has no rows.", hint=_HINT)
    reasons: list[str | None] = [None] * len(raw)
    columns: dict[str, pa.Array] = {}
    for wanted in schema:
        if wanted.name not in raw.column_names:
            columns[wanted.name] = pa.nulls(len(raw), wanted.type)
            continue
        try:
            columns[wanted.name], bad = _column(raw[wanted.name].combine_chunks(), wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise BadInput(f"{path}: column {wanted.name} is {raw[wanted.name].type}, not {wanted.type}.", hint=_HINT) from error
        for row in bad:
            reasons[row] = reasons[row] or f"{wanted.name} {str(raw[wanted.name][row].as_py())[:40]!r} is no {_noun(wanted)}"
    for row, (identity, title) in enumerate(zip(columns[key].to_pylist(), columns["title"].to_pylist(), strict=True)):
        reasons[row] = f"no {key}" if identity is None else "no title" if title is None else reasons[row]
    seen: set[str] = set()
    for row, identity in enumerate(columns[key].to_pylist()):
        if reasons[row] is None and identity in seen:
            reasons[row] = f"{key} stands in an earlier row"
        elif reasons[row] is None:
            seen.add(identity)
    first = 2 if path.suffix.lower() != ".parquet" else 1
    aside = [(path.name, n + first, columns[key][n].as_py() or "", reason) for n, reason in enumerate(reasons) if reason]
    if len(aside) == len(raw):
        raise BadInput(f"{path}: none of its {len(raw)} rows can be used; the first: {aside[0][3]}.", hint=_HINT)
    good = pa.array([reason is None for reason in reasons])
    return pa.table(columns).filter(good).cast(schema), SetAside(aside)


def _open(path: Path) -> pa.Table:
    """The file as it is; CSV columns all as text."""
    if not path.is_file():
        raise BadInput(f"{path}: no such file.")
    if not path.stat().st_size:
        raise BadInput(f"{path} is empty.", hint=_HINT)
    try:
        with path.open("rb") as file:
            if file.read(4) == b"PAR1":
                return pq.read_table(path)
        # first the names, then everything as text: inferred types would turn the film "1984" into a number
        parse = pacsv.ParseOptions(newlines_in_values=True)
        with pacsv.open_csv(path, parse_options=parse, convert_options=pacsv.ConvertOptions(check_utf8=False)) as reader:
            names = reader.schema.names
        if len(set(names)) < len(names):
            raise BadInput(f"{path}: a column name stands twice: {', '.join(names)}.", hint=_HINT)
        convert = pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, null_values=[])
        return pacsv.read_csv(path, parse_options=parse, convert_options=convert)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error}.") from error
    except (pa.ArrowInvalid, pa.ArrowKeyError, UnicodeDecodeError) as error:
        text = str(error).split("\n", 1)[0]
        if "UTF8" in text or "utf-8" in text:
            raise BadInput(f"{path} is not UTF-8.", hint="Save it as CSV UTF-8 (or Parquet).") from error
        raise BadInput(f"{path} is neither CSV nor Parquet that can be read: {text}.", hint=_HINT) from error


def _column(values: pa.Array, wanted: pa.Field) -> tuple[pa.Array, list[int]]:
    """(values in the wanted type, rows whose value cannot be read). Empty text and empty lists are null."""
    if pa.types.is_list(wanted.type):
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            lists = [
                [item for part in text.split("|") if (item := part.strip())] if text else None for text in values.to_pylist()
            ]
        else:
            lists = [[item for item in row if item] if row else None for row in values.cast(wanted.type).to_pylist()]
        return pa.array([items or None for items in lists], wanted.type), []
    if pa.types.is_integer(wanted.type):
        return _years(values)
    if pa.types.is_boolean(wanted.type):
        return _flags(values)
    text = pc.utf8_trim_whitespace(_as_text(values))
    text = pc.if_else(pc.equal(text, ""), None, text)
    if pa.types.is_floating(wanted.type):
        readable = pc.fill_null(pc.match_substring_regex(text, r"^-?\d+(\.\d+)?([eE][-+]?\d+)?$"), True)
        return pc.cast(pc.if_else(readable, text, None), wanted.type), [n for n, ok in enumerate(readable.to_pylist()) if not ok]
    return text, []


def _as_text(values: pa.Array) -> pa.Array:
    """Text of any column; an id that pandas made a float (862.0) is an id all the same."""
    if pa.types.is_floating(values.type):
        return pc.replace_substring_regex(pc.cast(values, pa.string()), r"\.0$", "")
    return pc.cast(values, pa.string())


def _years(values: pa.Array) -> tuple[pa.Array, list[int]]:
    """Years as int32. 0 and empty are unknown, as Discogs has them."""
    years: list[int | None] = []
    bad: list[int] = []
    for row, text in enumerate(pc.cast(values, pa.string()).to_pylist()):
        found = re.match(_YEAR, text) if text and text.strip() else None
        year = int(found["year"]) if found else 0
        known = FIRST_YEAR <= year <= LAST_YEAR
        years.append(year if known else None)
        if not known and (text or "").strip() and not (found and year == 0):
            bad.append(row)
    return pa.array(years, pa.int32()), bad


#: What people and programs write for true and false.
_FLAGS = dict.fromkeys(("true", "1", "yes", "y", "t"), True) | dict.fromkeys(("false", "0", "no", "n", "f"), False)


def _flags(values: pa.Array) -> tuple[pa.Array, list[int]]:
    """True or false; empty is null."""
    texts = [(text or "").strip().lower() for text in _as_text(values).to_pylist()]
    return pa.array([_FLAGS.get(text) for text in texts], pa.bool_()), [n for n, t in enumerate(texts) if t and t not in _FLAGS]


def _noun(wanted: pa.Field) -> str:
    return "year" if pa.types.is_integer(wanted.type) else "truth value" if pa.types.is_boolean(wanted.type) else "number"
