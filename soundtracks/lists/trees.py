"""Lists in JSON: one document or several in a file, an object per line, cut-off ones; and how any tree becomes records.

A record is an object with fields named by their path (movie.ids.imdb). Those that stand together are a part, named by its key.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from soundtracks.lists.columns import heading_score
from soundtracks.lists.containers import Member
from soundtracks.lists.headings import roles_of
from soundtracks.lists.kinds import kind_of
from soundtracks.lists.named_arrays import named_arrays
from soundtracks.lists.parts import MAX_VALUES, Damage, Fields, Part, add_value
from soundtracks.lists.text import detect_encoding, encoding_name, text_lines
from soundtracks.lists.values import parse_year

#: Levels below a record that are read.
MAX_DEPTH = 8


def _integer(text: str) -> int | str:
    """A number of a size that numbers of lists have; a longer one as its digits (Python refuses those of thousands)."""
    return int(text) if len(text) < 40 else text


#: Line ends within texts are let through, as programs write them that make JSON by hand.
_DECODER = json.JSONDecoder(strict=False, parse_int=_integer)
_NAMING = frozenset(("title", "weak title", "original", "album", "series title", "imdb", "tmdb"))
_BLANK = " \t\r\n,;\ufeff"
#: Fields of answers and wrappers that hold no records of their own.
_NOT_RECORDS = frozenset(
    (
        *("genres", "genre", "images", "seasons", "episodes", "cast", "crew", "tags"),
        *("countries", "links", "directors", "actors", "users", "profile", "videos"),
        *("production_companies", "production_countries", "spoken_languages", "belongs_to_collection", "networks", "keywords"),
    )
)


def read_json(member: Member, name: str, damage: Damage) -> list[Part]:
    """The records of a JSON file. What cannot be parsed is set aside with its line; the rest goes on."""
    encoding = detect_encoding(member)
    written = encoding_name(encoding)
    if _is_line_by_line(member, encoding):
        return [Part(name, f"JSON lines, {written}", _grouped_lines(member, encoding, name, damage))]
    text = "\n".join(text_lines(member, encoding))
    documents = list(_documents(text, name, damage))
    parts = [part for document in documents for part in find_parts(document, name, f"JSON, {written}")]
    parts = _joined(parts)
    if len(documents) > 1 and parts:
        parts[0].notes.append(f"the file holds {len(documents)} documents: all were read")
    return parts


def _is_line_by_line(member: Member, encoding: str) -> bool:
    lines = [line for line in _first(text_lines(member, encoding), 3) if line.strip()]
    if len(lines) < 2 and not (lines and lines[0].startswith("{")):
        return False
    parsed = [_parse(line) for line in lines]
    if len(lines) == 1:
        return False
    return sum(isinstance(value, dict) for value in parsed) >= len(lines) - 1 and isinstance(parsed[0], dict)


def _first(lines: Iterator[str], count: int) -> list[str]:
    found = []
    for line in lines:
        if line.strip():
            found.append(line)
        if len(found) == count:
            break
    return found


def _parse(line: str) -> Any:
    try:
        return _DECODER.decode(line.strip(_BLANK))
    except (ValueError, RecursionError):
        return None


def _grouped_lines(member: Member, encoding: str, name: str, damage: Damage) -> Iterator[tuple[int, Fields]]:
    for number, line in enumerate(text_lines(member, encoding), 1):
        if not line.strip(_BLANK):
            continue
        value = _parse(line)
        if entry := value if isinstance(value, dict) else _of_text(value):
            yield number, flatten(entry)
        else:
            damage.add(name, number, "no JSON object", line)


def _documents(text: str, name: str, damage: Damage) -> Iterator[Any]:
    """The values of a file one after the other; of one that is cut off, what is whole."""
    at = _skip(text, 0)
    while at < len(text):
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield from _rest_of(text, at, name, damage, error)
            return
        yield value
        at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _rest_of(text: str, start: int, name: str, damage: Damage, error: Exception) -> Iterator[Any]:
    """The elements of damaged arrays that can be read; each element that cannot is set aside."""
    at = start
    groups: dict[str, list[Any]] = {}
    key = ""
    last_error = getattr(error, "pos", start)
    while 0 <= at < len(text):
        opening = text.find("[", at)
        if opening < 0 or not _whole_object_follows(text, opening):
            if opening < 0:
                break
            at = opening + 1
            continue
        key = (
            text[:opening].rstrip(" \t\r\n:").rpartition('"')[0].rpartition('"')[2]
            if text[:opening].rstrip().endswith(":")
            else ""
        )
        at = opening + 1
        elements = groups.setdefault(key, [])
        while True:
            at = _skip(text, at)
            if at >= len(text) or text[at] == "]":
                break
            try:
                value, at = _DECODER.raw_decode(text, at)
                elements.append(value)
            except (ValueError, RecursionError):
                line = text.count("\n", 0, at) + 1
                following = _next_element(text, at)
                reason = "this entry is damaged" if following >= 0 else "the file ends in the middle: the rest is missing"
                damage.add(name, line, reason, text[at : at + 80])
                at = following
                if at < 0:
                    break
    if not damage.count:
        damage.add(name, text.count("\n", 0, last_error) + 1, "this is no valid JSON", text[last_error : last_error + 80])
    yield from ({key: elements} if key else elements for key, elements in groups.items() if elements)


def _whole_object_follows(text: str, opening: int) -> bool:
    """Whether the array that opens here begins with an object that can be read, of more than a few names."""
    at = _skip(text, opening + 1)
    if at >= len(text) or text[at] not in "{":
        return False
    try:
        value, _ = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and _is_record(value)


def _next_element(text: str, at: int) -> int:
    """Where the next object begins behind a damaged one: at the same indent, or behind "},"."""
    line_start = text.rfind("\n", 0, at) + 1
    indent = text[line_start:at]
    mark = f"\n{indent}{{" if not indent.strip() and line_start else "}, {"
    found = text.find(mark, at + 1)
    if found < 0:
        return -1
    return found + len(mark) - 1


# trees to records ------------------------------------------------------------------------------------------------------


def find_parts(document: Any, name: str, written: str) -> list[Part]:
    found: list[tuple[str, list[Any]]] = []
    _find_records(document, "", found, 0)
    notes: list[str] = []
    if all(group for group, _ in found):  # the document is no record itself
        arrays, notes = named_arrays(document, alone=not any(isinstance(item, dict) for _, items in found for item in items))
        found += arrays
    parts = [_part(group, items, name, written) for group, items in found]
    if parts:
        parts[0].notes += notes
    return parts


def _part(group: str, items: list[Any], name: str, written: str) -> Part:
    if all(isinstance(item, str) for item in items):
        return Part(name, written, lines=iter(list(enumerate(items, 1))), group=group, headed=False)
    entries = [entry if isinstance(entry, dict) else _of_text(entry) for entry in items]
    part = Part(name, written, ((n, flatten(entry)) for n, entry in enumerate(entries, 1) if entry), group=group)
    if others := sum(entry is None for entry in entries):
        part.notes.append(
            f"{others:,} entr{'ies' if others > 1 else 'y'} of {group or 'the list'} passed over: no record and no title"
        )
    return part


def _of_text(entry: Any) -> dict[str, Any] | None:
    """A title among records, or an id or address of one, as a record. None for what is neither."""
    if not isinstance(entry, str) or not entry.strip():
        return None
    return {"url" if "://" in entry or re.fullmatch(r"tt\d+", entry.strip()) else "title": entry}


def _find_records(value: Any, key: str, found: list[tuple[str, list[Any]]], depth: int) -> None:
    if depth > MAX_DEPTH:
        return
    if (table := as_table(value)) is not None:
        found.append((key, table))
        return
    if isinstance(value, list):
        objects = [item for item in value if isinstance(item, dict)]
        if objects and any(_is_record(item) and not _is_named_list(item) for item in objects[:50]):
            found.append((key, value))
            return
        for item in objects[:1000]:
            _find_records(item, key, found, depth + 1)
        if any(isinstance(item, str) for item in value) and (depth == 0 or kind_of(key)):
            found.append((key, [item for item in value if not isinstance(item, dict)]))
        return
    if not isinstance(value, dict):
        return
    if depth == 0 and _is_title_map(value):
        found.append((key, [{"title": title, "year": str(year)} for title, year in value.items()]))
        return
    children = [child for child in value.values() if isinstance(child, dict)]
    if len(children) > 1 and len(children) == len(value) and sum(_is_record(child) for child in children) * 2 > len(children):
        found.append((key, children if not _are_titles(value) else [{"title": k, **c} for k, c in value.items()]))
        return
    if _is_record(value) and (depth == 0 or key not in ("user", "list")) and not _holds_records(value):
        found.append((key, [value]))
        return
    for name, child in value.items():
        if name.lower() not in _NOT_RECORDS:
            _find_records(child, name, found, depth + 1)


def as_table(value: Any) -> list[Any] | None:
    """The rows of a table that JSON holds otherwise than by objects: rows as arrays with their columns beside them or as the
    first of them, columns of values, items with a tick. None for anything else.
    """
    if isinstance(value, dict):
        columns = value.get("columns")
        rows = next((value[name] for name in ("data", "rows") if isinstance(value.get(name), list)), None)
        if isinstance(columns, list) and rows and all(isinstance(c, str) for c in columns) and _are_rows(rows):
            return [dict(zip(columns, row, strict=False)) for row in rows]
        if isinstance(items := value.get("listContent"), list):
            return [str(item["text"]) for item in items if isinstance(item, dict) and item.get("text")]
        return _of_columns(value)
    if not isinstance(value, list) or not _are_rows(value):
        return None
    head, *rows = value
    if all(isinstance(name, str) for name in head) and rows and heading_score(head) >= 1:
        return [dict(zip(head, row, strict=False)) for row in rows]
    if all(len(row) == 2 and isinstance(row[0], str) and parse_year(str(row[1])) for row in value):
        return [{"title": title, "year": str(year)} for title, year in value]
    return None


def _are_rows(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(row, list) and row and not isinstance(row[0], list | dict) for row in value)


def _of_columns(value: dict[str, Any]) -> list[Any] | None:
    """{"title": {"0": …, "1": …}, "year": …} and {"title": […], "year": […]}, as pandas writes frames."""
    if len(value) < 2 or not any("title" in roles_of(name) for name in value):
        return None
    first, *others = value.values()
    if isinstance(first, dict):
        fits = all(isinstance(other, dict) and other.keys() == first.keys() for other in others)
        if fits and first and all(key.isdigit() for key in first) and not any(isinstance(cell, dict) for cell in first.values()):
            return [{name: column[key] for name, column in value.items()} for key in first]
    elif isinstance(first, list) and len(first) > 1 and not any(isinstance(cell, list | dict) for cell in first):
        fits = all(isinstance(other, list) and len(other) == len(first) for other in others)
        return [dict(zip(value, row, strict=False)) for row in zip(*value.values(), strict=True)] if fits else None
    return None


def _is_named_list(value: dict[str, Any]) -> bool:
    """Whether an object is a list of a person's with its name: {"name": "Completed", "entries": […]}."""
    return _holds_records(value) and all(roles_of(key) in ((), ("weak title",)) for key in value)


def _is_title_map(value: dict[str, Any]) -> bool:
    return len(value) > 1 and all(
        isinstance(v, int | str) and str(v).isdigit() and 1870 <= int(v) <= 2100 for v in value.values()
    )


def _are_titles(value: dict[str, Any]) -> bool:
    """Whether objects are named by their titles: they have none of their own."""
    return not any(any("title" in roles_of(field) for field in flatten(child)) for child in value.values())


def _is_record(value: dict[str, Any]) -> bool:
    """Whether an object is a film, an album, a track or an episode: it has a name or an id of one, itself or in a wrapper."""
    return _has_name(value, "", 0)


def _has_name(value: dict[str, Any], path: str, depth: int) -> bool:
    for key, child in islice(value.items(), 200):
        here = f"{path}.{key}" if path else key
        if isinstance(child, dict):
            if depth < 3 and _has_name(child, here, depth + 1):
                return True
        elif not isinstance(child, list) and any(role in _NAMING for role in roles_of(here)):
            return True
    return False


def _holds_records(value: dict[str, Any]) -> bool:
    """Whether an object is rather an answer around a list: {"name": …, "items": […]}."""
    if any(role in ("imdb", "tmdb", "original") for name in value for role in roles_of(name)):
        return False  # a film itself, whatever stands in it
    for name, child in value.items():
        if (
            name.lower() in _NOT_RECORDS
            or roles_of(f"{name}.title") == ("other title",)
            or name in ("media", "releases", "artist-credit")
        ):
            continue
        if isinstance(child, list) and any(isinstance(item, dict) and _is_record(item) for item in child[:5]):
            return True
    return False


def _joined(parts: list[Part]) -> list[Part]:
    """Parts of equal group as one: the pages of an answer, two documents of one kind."""
    by_group: dict[str, Part] = {}
    for part in parts:
        first = by_group.setdefault(part.group, part)
        if first is not part and first.records is not None and part.records is not None:
            first.records = _renumbered([first.records, part.records])
        elif first is not part:
            by_group[f"{part.group} {len(by_group)}"] = part
    return list(by_group.values())


def _renumbered(streams: list[Iterator[tuple[int, Fields]]]) -> Iterator[tuple[int, Fields]]:
    number = 0
    for stream in streams:
        for _, fields in stream:
            number += 1
            yield number, fields


def flatten(value: dict[str, Any]) -> Fields:
    """The fields of an object by their paths. Lists become lists of texts; {"type": "imdb", "value": …} is named by its type."""
    fields: Fields = {}
    _flatten(value, "", fields, 0)
    return fields


def _flatten(value: Any, path: str, fields: Fields, depth: int) -> None:
    if value is None or depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        if set(value) <= {"type", "value", "xml:lang", "datatype"} and isinstance(value.get("value"), str):  # SPARQL
            add_value(fields, path, value["value"])
            return
        kind = value.get("type") or value.get("source") or value.get("provider") or value.get("name")
        plain = value.get("value") or value.get("id") if len(value) <= 4 else None
        if isinstance(kind, str) and isinstance(plain, str | int) and roles_of(f"ids.{kind}"):
            add_value(fields, f"{path}.{kind}" if path else kind, str(plain))
            return
        for key, child in value.items():
            key = str(key).replace(".", " ")
            _flatten(child, f"{path}.{key}" if path else key, fields, depth + 1)
    elif isinstance(value, list):
        for item in value[:MAX_VALUES]:
            _flatten(item, path, fields, depth + 1)
    else:
        add_value(
            fields,
            path,
            "true" if value is True else "false" if value is False else str(value) if not isinstance(value, str) else value,
        )
