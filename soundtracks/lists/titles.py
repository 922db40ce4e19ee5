"""Title files: one title per line with an optional (year), or CSV with title[,year][,tmdb_id]; UTF-8, BOM allowed.

Lines that cannot be read are set aside, each with its reason; a file that cannot be read at all raises BadTitles.
"""

import csv
import hashlib
import io
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from soundtracks.errors import BadTitles, NoTitles
from soundtracks.lake.lake import Lake
from soundtracks.records import QUARANTINE, TITLES

#: A million titles come to some 50 MB: whatever is larger is no title list.
MAX_FILE = 256 * 2**20
#: The longest film title known has 400 characters; a line of 64 KB is a sign of a binary file or a lost line break.
MAX_LINE = 64 * 2**10
CHUNK = 2**20

TEXT_ENDINGS, CSV_ENDINGS = (".txt",), (".csv", ".tsv")
_TITLE_AND_YEAR = re.compile(r"^(?P<title>.*\S)\s*\((?P<year>\d{4})\)$")
_HINT = "Write one title per line, or a CSV with a column title."
_YEAR = re.compile(r"^(\d{1,4})(\.0)?$")  # spreadsheets write 1999.0


@dataclass(frozen=True)
class TitleList:
    """`table`: unique titles, schema TITLES. `rejected`: rows set aside, schema QUARANTINE. `rows`: titles in the file."""

    name: str
    table: pa.Table
    rejected: pa.Table
    rows: int
    duplicates: int
    sha256: str


def read_titles(source: str, lake: Lake, *, expected_version: str = "") -> TitleList:
    """Reads a title file: a path of this machine, or a name inside the lake such as titles/list.csv.

    Raises BadTitles for a file that is missing, empty, too large, not UTF-8, changed while it was read or, with
    `expected_version` (its SHA-256, or its blob's ETag), changed since its event; LakeError for a
    name that climbs out of the lake.
    """
    with tempfile.TemporaryDirectory(prefix="titles-") as folder:
        path, etag = _locate(source, lake, Path(folder))
        data = _read_whole(path)
    sha256 = hashlib.sha256(data).hexdigest()
    if expected_version and expected_version.strip('"') not in (sha256, etag):
        raise BadTitles(
            f"{path.name} is no longer the version that this run was started for.",
            hint="The newer version gets a run of its own.",
        )
    return parse_titles(path.name, data, sha256)


def parse_titles(name: str, data: bytes, sha256: str = "") -> TitleList:
    """Parses the content of a title file; its kind follows from the ending of `name`. Raises BadTitles, NoTitles."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadTitles(
            f"{name} is not UTF-8: line {line} holds the byte 0x{data[error.start]:02x}.",
            hint="Save it as UTF-8 (in a spreadsheet: CSV UTF-8).",
        ) from error
    if not text.strip():
        raise NoTitles(f"{name} is empty.", hint=_HINT)
    rows = _read_csv(name, text) if name.lower().endswith(CSV_ENDINGS) else _read_lines(text)
    if not rows:
        raise NoTitles(f"{name} has a heading, but no title below it.", hint=_HINT)
    good: list[dict[str, Any]] = []
    rejected: list[dict[str, str]] = []
    for row in rows:
        problem = _unreadable(row)
        if problem:
            rejected.append(problem)
        else:
            good.append(
                {"row": int(row["row"]), "title": row["title"], "year": _year(row["year"]), "tmdb_id": row["tmdb_id"] or None}
            )
    unique = _unique(good)
    return TitleList(
        name=name,
        table=pa.Table.from_pylist(unique, schema=TITLES),
        rejected=pa.Table.from_pylist(rejected, schema=QUARANTINE),
        rows=len(rows),
        duplicates=len(good) - len(unique),
        sha256=sha256,
    )


def _unique(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first row of each title, year and id; case and white space make no difference."""
    first: dict[tuple[str, int | None, str | None], dict[str, Any]] = {}
    for row in rows:
        first.setdefault((" ".join(row["title"].casefold().split()), row["year"], row["tmdb_id"]), row)
    return list(first.values())


def _locate(source: str, lake: Lake, folder: Path) -> tuple[Path, str]:
    """The file on this machine, and its blob's ETag where it lies in Blob Storage: then `folder` takes a copy."""
    local = Path(source)
    in_lake = not local.is_absolute() and not local.exists()
    if in_lake and not lake.is_local:
        return _fetch(source, lake, folder)
    path = lake.path(source) if in_lake else local
    _check_name(path)
    if not path.exists():
        raise BadTitles(f"There is no title file {source}.", hint=f"Looked in this folder and in the lake {lake.url}.")
    if not path.is_file():
        raise BadTitles(f"{source} is a folder, not a title file.")
    return path, ""


def _fetch(name: str, lake: Lake, folder: Path) -> tuple[Path, str]:
    path = folder / PurePosixPath(name).name
    _check_name(path)
    if not lake.exists(name):
        raise BadTitles(f"There is no title file {name}.", hint=f"Looked in this folder and in the lake {lake.url}.")
    before = lake.stat(name)
    if before.size > MAX_FILE:
        raise _too_large(path)
    lake.fetch(name, path)
    if lake.stat(name).stamp != before.stamp:
        raise _changed(path)
    return path, before.stamp


def _check_name(path: Path) -> None:
    if not path.name.lower().endswith((*TEXT_ENDINGS, *CSV_ENDINGS)):
        raise BadTitles(f"{path.name} is not a title file: its name must end with .txt, .csv or .tsv.")


def _too_large(path: Path) -> BadTitles:
    return BadTitles(f"{path.name} is larger than {MAX_FILE // 2**20} MB.", hint="Split it into several files.")


def _changed(path: Path) -> BadTitles:
    return BadTitles(f"{path.name} changed while it was read.", hint="Wait until it is written, then run again.")


def _read_whole(path: Path) -> bytes:
    """Reads in chunks and gives up early, so that a file of gigabytes never fills the memory."""
    before = _version(path)
    chunks, size, line = [], 0, 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                newline = chunk.rfind(b"\n")
                longest = max((len(part) for part in chunk.split(b"\n")), default=0)
                if max(longest, line + (len(chunk) if newline < 0 else chunk.find(b"\n"))) > MAX_LINE:
                    raise BadTitles(f"{path.name} has a line of more than {MAX_LINE // 1024} KB: it is not a list of titles.")
                line = line + len(chunk) if newline < 0 else len(chunk) - newline - 1
                size += len(chunk)
                if size > MAX_FILE:
                    raise _too_large(path)
                chunks.append(chunk)
    except OSError as error:
        raise BadTitles(f"Cannot read {path.name}: {error}.") from error
    if before != _version(path):
        raise _changed(path)
    return b"".join(chunks)


def _version(path: Path) -> tuple[object, ...]:
    try:
        info = path.stat()
    except OSError as error:
        raise BadTitles(f"{path.name} vanished while it was read: {error}.") from error
    return info.st_size, info.st_mtime_ns, info.st_ino


def _read_lines(text: str) -> list[dict[str, str]]:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        title = line.strip()
        if not title:
            continue
        match = _TITLE_AND_YEAR.match(title)
        title, year = (match["title"], match["year"]) if match else (title, "")
        rows.append({"row": str(number), "title": title, "year": year, "tmdb_id": ""})
    return rows


def _read_csv(name: str, text: str) -> list[dict[str, str]]:
    header = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    columns = {str(c).strip().casefold(): c for c in reader.fieldnames or []}
    if "title" not in columns:
        raise BadTitles(
            f"{name} has no column title; it has: {', '.join(columns) or 'none'}.",
            hint="The header must be title[,year][,tmdb_id].",
        )
    try:
        rows = [
            {"row": str(reader.line_num)}
            | {c: (record.get(columns[c]) or "" if c in columns else "").strip() for c in ("title", "year", "tmdb_id")}
            for record in reader
        ]
    except csv.Error as error:
        raise BadTitles(f"{name} is not readable as CSV near line {reader.line_num}: {error}.") from error
    return [row for row in rows if row["title"] or row["year"] or row["tmdb_id"]]


def _unreadable(row: dict[str, str]) -> dict[str, str] | None:
    if not row["year"] or _YEAR.match(row["year"]):
        return None
    return {
        "row": json.dumps(row, ensure_ascii=False),
        "rule": "readable_year",
        "column": "year",
        "value": row["year"][:500],
        "reason": "The year must be a number such as 1982, or empty.",
    }


def _year(text: str) -> int | None:
    match = _YEAR.match(text)
    return (int(match[1]) or None) if match else None
