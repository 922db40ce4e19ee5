"""Records whose lines carry their labels: `title: Alien` (YAML, the properties of a Markdown note), RIS and BibTeX."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from soundtracks.lists.headings import roles_of
from soundtracks.lists.parts import Damage, Fields, Part, add_value
from soundtracks.lists.values import clean

_LABELLED = re.compile(r"(?P<new>- )? {0,8}(?P<key>[^\W\d][\w -]{1,30}):(?: (?P<value>.*)|)")
_RIS = re.compile(r"(?P<tag>[A-Z][A-Z0-9])  - ?(?P<value>.*)")
_RIS_NAMES = {"TY": "type", "TI": "title", "T1": "title", "PY": "year", "Y1": "year", "UR": "url"}
#: RIS's types and BibTeX's entries, in words that name kinds.
_TYPES = {"MPCT": "movie", "VIDEO": "movie", "JOUR": "article", "THES": "thesis", "SOUND": "album", "MUSIC": "album"}
_ENTRY = re.compile(r"@(?P<type>\w{3,30})\s?\{(?P<key>[^,{}]{0,200}),")
_BIBTEX_FIELD = re.compile(r"(?P<name>\w{2,30})\s{0,20}=\s{0,20}")
_SHARE = 0.6
_MARK = re.compile(r'[{}"]')
#: Lines in which the properties of a note must end.
_MATTER_WITHIN = 100


def read_labelled(head: Sequence[str], lines: Iterable[str], name: str, written: str, damage: Damage) -> list[Part]:
    """The records of a text that is one of these, by its first lines; none for another text."""
    filled = [line.lstrip("\ufeff") for line in head if line.strip()]
    if filled and _RIS.fullmatch(filled[0].strip()) and filled[0].startswith("TY"):
        return [Part(name, f"RIS, {written}", _ris(lines))]
    if filled and _ENTRY.match(filled[0]):
        return [Part(name, f"BibTeX, {written}", _bibtex("\n".join(lines), name, damage))]
    if _is_labelled(filled):
        return [Part(name, f"labelled lines, {written}", _labelled(lines))]
    return []


def _is_labelled(filled: Sequence[str]) -> bool:
    """Most lines have a label; one of them names a title, and another year or id stands beside it or titles follow."""
    labels = [found["key"] for line in filled if (found := _LABELLED.fullmatch(line.rstrip()))]
    if len(labels) < 2 or len(labels) < _SHARE * len(filled):
        return False
    roles = [roles_of(label) for label in labels]
    titles = sum("title" in found for found in roles)
    return titles > 0 and (titles > 1 or any(role in ("year", "date", "imdb", "tmdb") for found in roles for role in found))


def _labelled(lines: Iterable[str]) -> Iterator[tuple[int, Fields]]:
    """A record ends at a blank line, a rule, a new item, or where its first label comes again."""
    fields: Fields = {}
    start = 1
    for number, line in enumerate(lines, 1):
        found = _LABELLED.fullmatch(line.rstrip().lstrip("\ufeff"))
        begins = bool(found and (found["new"] or found["key"] == next(iter(fields), "")))
        if fields and (begins or not line.strip() or line.startswith("---")):
            yield start, fields
            fields = {}
        if found:
            if not fields:
                start = number
            add_value(fields, found["key"], _unquoted(found["value"] or ""))
    if fields:
        yield start, fields


def _unquoted(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _ris(lines: Iterable[str]) -> Iterator[tuple[int, Fields]]:
    fields: Fields = {}
    start = 1
    for number, line in enumerate(lines, 1):
        found = _RIS.fullmatch(line.strip().lstrip("\ufeff"))
        if not found:
            continue
        if found["tag"] in ("TY", "ER") and fields:
            yield start, fields
            fields = {}
        if found["tag"] == "TY":
            start = number
        if (label := _RIS_NAMES.get(found["tag"])) and label not in fields:
            value = found["value"].strip()
            fields[label] = _TYPES.get(value, value) if label == "type" else value.split("/")[0] if label == "year" else value
    if fields:
        yield start, fields


def _bibtex(text: str, name: str, damage: Damage) -> Iterator[tuple[int, Fields]]:
    line, before = 1, 0
    for entry in _ENTRY.finditer(text):
        line, before = line + text.count("\n", before, entry.start()), entry.start()
        fields: Fields = {"type": entry["type"]}
        at = entry.end()
        while field := _BIBTEX_FIELD.match(text, _past(text, at, " \t\r\n,")):
            value, at = _bibtex_value(text, field.end())
            if at < 0:
                damage.add(name, line, "the entry does not end", text[entry.start() : entry.start() + 80])
                break
            fields.setdefault(field["name"].lower(), clean(value.replace("{", "").replace("}", "")))
        else:
            yield line, {key: value for key, value in fields.items() if key in ("type", "title", "year", "date", "url")}


def _past(text: str, at: int, characters: str) -> int:
    while at < len(text) and text[at] in characters:
        at += 1
    return at


def _bibtex_value(text: str, at: int) -> tuple[str, int]:
    """A value in braces or quotes, or a bare one, and where it ends; -1 where it does not."""
    if text[at : at + 1] not in ("{", '"'):
        end = min((found for mark in ",}\n" if (found := text.find(mark, at)) >= 0), default=len(text))
        return text[at:end].strip(), end
    quoted, depth = text[at] == '"', 0
    for mark in islice(_MARK.finditer(text, at + quoted, at + 20_000), 500):
        depth += (mark[0] == "{") - (mark[0] == "}")
        if not depth and mark[0] == ('"' if quoted else "}"):
            return text[at + 1 : mark.start()], mark.end()
    return "", -1


@dataclass(frozen=True)
class Matter:
    """The properties of a Markdown note: what stands between two rules at its top. `end`: lines of it."""

    end: int
    fields: Fields

    def parts(self, name: str, written: str, stem: str) -> list[Part]:
        """The note as a record of one film; none where its properties name no title, year or id."""
        roles = {role for label in self.fields for role in roles_of(label)}
        if not roles & {"title", "year", "imdb", "tmdb", "wikidata"}:
            return []
        fields = self.fields if "title" in roles else {"title": stem, **self.fields}
        return [Part(name, f"properties of a note, {written}", iter([(1, fields)]))]


def front_matter(head: Sequence[str]) -> Matter | None:
    """The properties at the top of a note whose first line is a rule; None where nothing ends them."""
    end = next((n for n, line in enumerate(head[1:_MATTER_WITHIN], 1) if line.strip() in ("---", "...")), None)
    if end is None:
        return None
    records = list(_labelled(head[1:end]))
    return Matter(end + 1, records[0][1] if records else {})
