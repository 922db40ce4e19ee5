"""Lists in XML and HTML: libraries of media centres and collectors' programs, .nfo files, property lists, saved tables.

lxml reads them, damaged ones too; entities are not expanded, nothing is fetched, and huge trees are refused.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from lxml import etree, html

from soundtracks.errors import BadTitles
from soundtracks.lists.beside import MIN_LIST, is_dated_title
from soundtracks.lists.columns import HEADING_WITHIN, heading_at, heading_score
from soundtracks.lists.containers import Member
from soundtracks.lists.encodings import encoding_of
from soundtracks.lists.headings import roles_of
from soundtracks.lists.kinds import compact, kind_of
from soundtracks.lists.page_tables import page_tables, page_text
from soundtracks.lists.parts import MAX_VALUES, Damage, Fields, Part, add_value
from soundtracks.lists.table_rows import table_records, unique_names
from soundtracks.lists.text import encoding_name
from soundtracks.lists.titles import parse_line
from soundtracks.lists.trees import MAX_DEPTH, find_parts

#: A tree takes some ten times the room of its file.
MAX_XML = 96 * 2**20
_HTML = re.compile(r"<(?:html|table|tr|td|ul|ol|dl|!DOCTYPE NETSCAPE-Bookmark-file-1)\b", re.I)
_OTHER_XML = re.compile(r"<(?:plist|Workbook)\b")
_DECLARATION = re.compile(r"<\?xml[^<>]{0,200}\?>", re.I)
#: Elements that are records although they stand inside another record.
_INNER = frozenset(("episodedetails",))
#: Elements whose lists are a part of a table, or lead to other pages: by tag, and by words of what else they are called.
_NOT_BESIDE = frozenset(("table", "nav", "header", "footer", "aside"))
_NOT_LISTS = re.compile(r"(?:foot|nav|menu|ref|archiv|tag|sidebar|toc|cit|bibliograph|breadcrumb)", re.I)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_TYPES = ("type", "name", "source", "provider", "agent")


def read_markup(member: Member, name: str, damage: Damage) -> list[Part]:
    """The records of an XML file or the tables of an HTML page. Raises BadTitles for trees that are too large."""
    data = member.bytes()
    if len(data) > MAX_XML:
        raise BadTitles(
            f"{member.name} is larger than {MAX_XML // 2**20} MB: too much for XML.", hint="Export it as CSV, or in parts."
        )
    text, written = _decoded(data, member.name)
    if _HTML.search(text[:20_000]) and not _OTHER_XML.search(text[:2000]):
        return _html_parts(text, name, written, damage)
    return _xml_parts(text, name, written, damage)


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    declared = re.search(rb"""(?:encoding|charset)\s*=\s*["']?([\w.-]+)""", data[:2000], re.I)
    encoding = encoding_of(data, name)
    if encoding in ("mixed",) or not encoding.startswith("utf"):
        try:
            encoding = declared[1].decode("ascii") if declared else encoding
            return data.decode(encoding), encoding_name(encoding)
        except (LookupError, UnicodeDecodeError):
            encoding = encoding_of(data, name)
    if encoding == "mixed":
        encoding = "utf-8"
    return data.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace"), encoding_name(encoding)


def _xml_parts(text: str, name: str, written: str, damage: Damage) -> list[Part]:
    body = _without_doctype(_DECLARATION.sub("", text))
    if _is_cut_off(body):
        damage.add(name, body.count("\n") + 1, "the file ends in the middle: the rest is missing", body[-80:])
        body = re.sub(r"<[^<>]*$", "", body)
    body = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", " ", body)
    body = re.sub(r"&(?!#\d+;|#x[0-9a-fA-F]+;|(?:amp|lt|gt|quot|apos);)", "&amp;", body)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    root = etree.fromstring(f"<all-roots>{body}</all-roots>".encode(), parser)
    if root is None or not len(root):
        raise BadTitles(f"{name or 'The file'} is no XML that can be read.")
    for element in root.iter():
        if not isinstance(element.tag, str):
            element.clear()
    if (plist := root.find("plist")) is not None:
        return find_parts(_plist(plist[0] if len(plist) else plist), name, f"property list, {written}")
    if any(_tag(child) == "Workbook" for child in root):
        sheets = [list(enumerate(rows, 1)) for rows in _worksheets(root)]
        return [sheet_part(rows, name, f"XML spreadsheet, {written}", damage) for rows in sheets]
    if any(_tag(child) == "opml" for child in root):
        outlines = [element for element in root.iter("outline") if not len(element)]
        texts = (str(element.get("text") or element.get("title") or "") for element in outlines)
        return [Part(name, f"OPML, {written}", lines=zip(_lines(outlines), texts, strict=True), headed=False)]
    groups = _record_elements(root)
    tail = [n for n in re.findall(r"https?://\S+", _text(root)) if parse_line(n).imdb_id or parse_line(n).tmdb_id]
    parts = []
    for tag, elements in groups.items():
        records = list(zip(_lines(elements), map(_fields, elements), strict=True))
        if len(records) == 1 and tail and len(groups) == 1:
            records[0][1].setdefault("url", tail)
        parts.append(Part(name, f"XML, {written}", iter(records), group=tag))
    return parts


def _without_doctype(text: str) -> str:
    """The text without its document type, whose entities nobody expands here."""
    start = text.find("<!DOCTYPE")
    if start < 0:
        return text
    end, subset = text.find(">", start), text.find("[", start)
    if 0 <= subset < end:
        end = text.find(">", max(text.find("]", subset), subset))
    return text[:start] + text[end + 1 :] if end > 0 else text


def _is_cut_off(body: str) -> bool:
    """Whether elements stay open at the end: the first one's end is missing, and so is that of the last opened."""
    opened = re.search(r"<([A-Za-z_][\w:.-]*+)([^<>]*+)>", body)
    return bool(opened and not opened[2].endswith("/") and f"</{opened[1]}" not in body)


def _text(element: etree._Element) -> str:
    return "".join(str(text) for text in element.itertext())


def _lines(elements: list[etree._Element]) -> list[int]:
    """The lines of elements, or their numbers where several stand on one line."""
    numbers = list(range(1, len(elements) + 1))
    lines = list(map(_line, elements, numbers))
    return lines if len(set(lines)) == len(elements) else numbers


def _line(element: etree._Element, number: int) -> int:
    return element.sourceline if isinstance(element.sourceline, int) else number


def _tag(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _record_elements(root: etree._Element) -> dict[str, list[etree._Element]]:
    """Elements that are records, by tag: from the outside in, the first that have a title, and inner ones of known kinds."""
    groups: dict[str, list[etree._Element]] = {}

    def visit(element: etree._Element, depth: int) -> None:
        for child in element:
            if not isinstance(child.tag, str):
                continue
            tag = _tag(child)
            if tag in _INNER or (_is_record(child) and not _is_container(child)):
                groups.setdefault(tag, []).append(child)
                for inner in child:
                    if _tag(inner) in _INNER:
                        groups.setdefault(_tag(inner), []).append(inner)
            elif depth < MAX_DEPTH:
                visit(child, depth + 1)

    visit(root, 0)
    known = {tag: elements for tag, elements in groups.items() if kind_of(tag) or kind_of(str(elements[0].get("type", "")))}
    return known or groups


def _is_record(element: etree._Element) -> bool:
    leaves = [child for child in element if isinstance(child.tag, str) and not any(isinstance(c.tag, str) for c in child)]
    names = [*map(str, element.attrib), *map(_tag, leaves)]
    return any(r in ("title", "weak title", "original", "other title", "imdb", "album") for n in names for r in roles_of(n)) and (
        len(names) > 1 or kind_of(_tag(element)) is not None
    )


def _is_container(element: etree._Element) -> bool:
    """Whether an element with a title is a list of records itself, such as <collection title="…"><entry>…."""
    tags = Counter(_tag(child) for child in element)
    for child in list(element)[:50]:
        tag = _tag(child)
        if tag in _INNER:
            continue
        repeated = tags[tag] > 1 or compact(tag) in ("entry", "item", "movie", "film")
        if (
            repeated
            and _is_record(child)
            and len(child) + len(child.attrib) > 2
            and kind_of(_tag(element)) in (None, "collection", "list")
        ):
            return True
    return False


def _fields(element: etree._Element) -> Fields:
    fields: Fields = {}
    for key, value in element.attrib.items():
        add_value(fields, str(key).rpartition("}")[2], str(value))
    for child in element:
        if isinstance(child.tag, str) and _tag(child) not in _INNER:
            _flatten(child, _tag(child), fields, 1)
    return fields


def _flatten(element: etree._Element, path: str, fields: Fields, depth: int) -> None:
    if depth > MAX_DEPTH:
        return
    text = (element.text or "").strip()
    kind = next((str(element.get(key)) for key in _TYPES if element.get(key)), "")
    if kind and text and roles_of(f"ids.{kind}") and compact(path) not in ("rating", "ratings"):
        add_value(fields, f"{path}.{kind}", text)
    elif text:
        add_value(fields, path, text)
    for key, value in element.attrib.items():
        add_value(fields, f"{path}.{str(key).rpartition('}')[2]}", str(value))
    for child in islice(element, MAX_VALUES):
        if isinstance(child.tag, str):
            _flatten(child, f"{path}.{_tag(child)}", fields, depth + 1)


def _plist(element: etree._Element) -> object:
    tag = _tag(element)
    if tag == "dict":
        children = [child for child in element if isinstance(child.tag, str)]
        return {(key.text or ""): _plist(value) for key, value in zip(children[::2], children[1::2], strict=False)}
    if tag == "array":
        return [_plist(child) for child in element if isinstance(child.tag, str)]
    if tag in ("true", "false"):
        return tag == "true"
    return element.text or ""


def _worksheets(root: etree._Element) -> Iterator[list[list[str]]]:
    """The rows of each table of an "XML Spreadsheet 2003"."""
    for table in root.iter():
        if _tag(table) != "Table":
            continue
        rows = []
        for row in (r for r in table if _tag(r) == "Row"):
            cells: list[str] = []
            for cell in (c for c in row if _tag(c) == "Cell"):
                cells += [""] * min(max(0, _number(cell, "Index") - 1 - len(cells)), 1000)
                cells.append(_text(cell).strip())
                cells += [""] * min(_number(cell, "MergeAcross"), 100)
            rows.append(cells)
        yield rows


def _number(cell: etree._Element, name: str) -> int:
    return next((int(v) for k, v in cell.attrib.items() if str(k).endswith(name) and str(v).isdigit() and len(v) < 10), 0)


def _html_parts(text: str, name: str, written: str, damage: Damage) -> list[Part]:
    parser = html.HTMLParser(huge_tree=False, no_network=True)
    root = html.document_fromstring(text, parser=parser)
    parts = []
    for table in page_tables(root):
        part = sheet_part(table.rows, name, f"HTML table, {written}", damage, linked=table.linked)
        part.notes += table.notes
        parts.append(part)
    items, others = _items_beside(root) if parts else ([page_text(item) for item in root.iter("li")], 0)
    if others:
        parts[0].notes.append(f"{others:,} item{'s' if others > 1 else ''} of lists beside the table not read")
    if lines := [(n, item) for n, item in enumerate(items, 1) if item]:
        parts.append(Part(name, f"HTML list, {written}", lines=iter(lines), headed=False))
    if not parts:
        pages = [f"{page_text(a)} {a.get('href')}" for a in root.iter("a") if _is_film_page(a.get("href") or "")]
        if pages:
            parts.append(Part(name, f"links to pages of films, {written}", lines=iter(list(enumerate(pages, 1))), headed=False))
    return parts


def _items_beside(root: etree._Element) -> tuple[list[str], int]:
    """The items of lists beside a page's tables that are lists of films, and how many are in others of which one may be a film.

    Each item of a list of films is a title with its year, and none of its elements is called a menu, a footer or the like.
    """
    items: list[str] = []
    others = 0
    for block in root.iter("ul", "ol"):
        texts = [text for item in block.iterchildren("li") if (text := page_text(item))]
        films = [text for text in texts if is_dated_title(text)]
        if len(films) == len(texts) >= MIN_LIST and not any(map(_is_no_list, (block, *block.iterancestors()))):
            items += films
        elif films:
            others += len(texts)
    return items, others


def _is_no_list(element: etree._Element) -> bool:
    called = (str(element.get(name) or "") for name in ("class", "id", "role"))
    return element.tag in _NOT_BESIDE or any(_NOT_LISTS.match(word) for name in called for word in _WORD.findall(name))


def _is_film_page(address: str) -> bool:
    found = parse_line(address)
    return bool(found.imdb_id or found.tmdb_id or found.wikidata_id)


def sheet_part(
    rows: list[tuple[int, list[str]]], name: str, written: str, damage: Damage, *, group: str = "", linked: bool = False
) -> Part:
    """A table whose cells are known already; its heading is found below what stands above it."""
    rows = [(n, cells) for n, cells in rows if any(cell.strip() for cell in cells)]
    scores = [heading_score(cells) for _, cells in rows[:HEADING_WITHIN]]
    at = heading_at(scores, [cells for _, cells in rows[:HEADING_WITHIN]])
    part = Part(name, written, group=group, headed=at >= 0 and scores[at] > 0)
    width = max((len(cells) for _, cells in rows), default=0)
    names: list[str] = []
    if part.headed:
        heading = rows[at][1]
        if linked:
            heading = [*heading[:-1], *[""] * (width - len(heading)), "link"]
        names = unique_names(heading + [""] * (width - len(heading)))
        if rows[at][0] > 1:
            part.notes.append(f"the heading is on line {rows[at][0]}")
        rows = rows[at + 1 :]
    padded = ((n, cells + [""] * (width - len(cells)), "") for n, cells in rows)
    part.records = table_records(padded, names, name, damage, part.notes)
    return part
