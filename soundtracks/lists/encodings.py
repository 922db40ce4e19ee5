"""The encoding of a text, told by evidence: its mark, its validity, and how sensible the letters come out.

UTF-8 and the marks are certain. Among the single-byte encodings the one wins whose words look like words: letters that one
language has, no sign or capital within a word, headings that are known. What that does not explain is left to
charset-normalizer, which knows the languages of many more.
"""

import codecs
import re
from math import inf

from soundtracks.errors import BadTitles
from soundtracks.lists import languages
from soundtracks.lists.headings import roles_of
from soundtracks.lists.languages import is_letter

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Encodings with one byte for a character, with what must speak for each beside the one that is most common.
_SINGLE_BYTE = {"cp1252": 0.0, "cp1250": 1.0, "cp1251": 1.0, "cp1254": 1.5, "cp1253": 2.0, "cp1255": 2.0, "cp1256": 2.0}
_SINGLE_BYTE |= {"cp1257": 2.0, "cp874": 2.0, "mac_roman": 3.0, "iso8859_15": 3.0, "iso8859_2": 3.0, "koi8_r": 3.0, "cp866": 3.0}
_SINGLE_BYTE |= {"cp850": 4.0, "mac_cyrillic": 4.0}
_HIGH = re.compile(rb"[\x80-\xff]+")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_CELL = re.compile(r"[\n,;\t|]")
#: With what mean cost of a letter (languages.cost) an encoding is still believed, and what a known heading saves.
MAX_COST, KNOWN_HEADING = 6.0, 15.0
#: Bytes that texts are made of, and of how many one may be another.
_TEXT, MAX_CONTROLS = bytes({*range(32, 127), *range(128, 256), *b"\0\t\n\r\f\x1a\x1b"}), 50
#: Bytes that are looked at to tell whether a text has one byte for a character, and which encoding it is then.
SAMPLE, ENOUGH = 2**18, 2**14


def encoding_of(data: bytes, name: str, *, whole: bool = True) -> str:
    """The name of the encoding of `data`: the beginning of a file, or all of it. Raises BadTitles for binary data.

    "mixed" stands for UTF-8 with single lines in Windows-1252, as files are that were put together.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if has_zero_bytes(data[:SAMPLE]) and (encoding := _without_mark(data[:SAMPLE], name)):
        return encoding
    errors = _utf8_errors(data, whole)
    if not errors:
        return "utf-8"
    sample = data[:SAMPLE]
    if len(sample.translate(None, _TEXT)) * MAX_CONTROLS > len(sample):
        raise BadTitles(
            f"{name} is no text: it is full of control characters.", hint="Export it as CSV, XLSX, JSON or plain text."
        )
    sequences = len(_HIGH.findall(data))
    if len(errors) * 2 < sequences and _utf8_letters(data) > len(errors):
        return "mixed"
    return _single_byte(data, name)


def has_zero_bytes(data: bytes) -> bool:
    """Whether data is UTF-16 or binary: a text may hold a stray zero byte, but not one in fifty."""
    return data.count(0) * 50 > len(data)


def decode_line(line: bytes, encoding: str) -> str:
    """One line of a file whose encoding is "mixed"."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def _without_mark(data: bytes, name: str) -> str:
    """UTF-16 without a mark has its zero bytes at every second place; "" for a text with stray ones. Raises BadTitles."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    if max(even, odd) > 8 * min(even, odd) and max(even, odd) * 5 > len(data) // 2:
        return "utf-16-le" if odd > even else "utf-16-be"
    others = data.translate(None, b"\t\n\r\x1a")
    if data.count(0) * 8 < len(data) and sum(byte < 32 for byte in others) == data.count(0) and b"\0\0" not in data:
        return ""
    raise BadTitles(f"{name} is no text: it holds zero bytes.", hint="Export it as CSV, XLSX, JSON or plain text.")


def _utf8_errors(data: bytes, whole: bool) -> list[int]:
    """Where UTF-8 is broken; a character that is cut at the end of a piece does not count."""
    found: list[int] = []
    at = 0
    while len(found) < 10_000:
        try:
            data[at:].decode("utf-8") if at else data.decode("utf-8")
            return found
        except UnicodeDecodeError as error:
            if not whole and at + error.end >= len(data) and len(data) - (at + error.start) < 4:
                return found
            found.append(at + error.start)
            at += error.end
    return found


def _utf8_letters(data: bytes) -> int:
    """How many characters beyond ASCII are valid UTF-8."""
    return sum(1 for c in data.decode("utf-8", "ignore") if ord(c) > 127)


def _single_byte(data: bytes, name: str) -> str:
    sample = _lines_with_high_bytes(data)
    if east := _east_asian(sample):
        return east
    costs = {encoding: _cost(sample[:ENOUGH], encoding) + prior for encoding, prior in _SINGLE_BYTE.items()}
    best = min(costs, key=lambda encoding: costs[encoding])
    if costs[best] < MAX_COST * len(_NOT_ASCII.findall(sample[:ENOUGH])) + _SINGLE_BYTE[best]:
        return best
    from charset_normalizer import from_bytes  # knows the languages of many more encodings

    match = from_bytes(sample).best()
    if match is None or match.encoding in ("ascii", "utf_8"):
        raise BadTitles(f"{name}: its encoding cannot be told.", hint="Save it as UTF-8 (in a spreadsheet: CSV UTF-8).")
    return match.encoding


def _cost(data: bytes, encoding: str) -> float:
    """How little the decoded text is like words: by its letters, by signs and capitals within words; headings count most."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(data) - 1:  # not a line that was cut
            return inf
        text = data[: error.start].decode(encoding)
    known = sum(1 for cell in _CELL.split("\n".join(text.splitlines()[:5])) if not cell.isascii() and roles_of(cell.strip(' "')))
    return languages.cost(text) + languages.UNEXPLAINED * _oddities(text) - KNOWN_HEADING * known


def _east_asian(data: bytes) -> str | None:
    """Japanese is known by its kana, Korean by Hangul alone, Chinese by pairs of high bytes; Latin letters make no pairs."""
    high = sum(len(run) for run in _HIGH.findall(data))
    if sum(data.count(lead) for lead in (b"\x82", b"\x83")) * 4 > high and _share(data, "cp932", "\u3040", "\u30ff") > 0.2:
        return "cp932"
    words = [word for word in _HIGH.findall(data) if len(word) > 1]
    if sum(map(len, words)) * 4 < high * 3 or sum(len(word) % 2 for word in words) * 10 > len(words):
        return "big5" if _share(data, "big5", "\u4e00", "\u9fff") > 0.8 and _big5_pairs(data) else None
    if _share(data, "euc_kr", "\uac00", "\ud7a3") > 0.9:
        return "euc_kr"
    if _share(data, "euc_jp", "\u3040", "\u30ff") > 0.2:
        return "euc_jp"
    if _share(data, "gb2312", "\u4e00", "\u9fff") > 0.8:
        return "gb18030"
    return "big5" if _share(data, "big5", "\u4e00", "\u9fff") > 0.8 and _big5_pairs(data) else None


def _big5_pairs(data: bytes) -> bool:
    """Common characters of Big5 begin with A4 to C6; accented Latin letters lie above."""
    leads = [run[0] for run in _HIGH.findall(data)]
    return bool(sum(0xA4 <= lead <= 0xC6 for lead in leads) * 10 > len(leads) * 8)


def _share(data: bytes, encoding: str, first: str, last: str) -> float:
    """The share of characters beyond ASCII that lie in a block; 0 where decoding fails."""
    try:
        text = data[: data.rfind(b"\n") + 1 or len(data)].decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    beyond = [c for c in text if ord(c) > 127 and not _is_sign(c)]
    return sum(first <= c <= last for c in beyond) / len(beyond) if beyond else 0.0


def _is_sign(character: str) -> bool:
    """Brackets and points of East Asia, and the marks of repetition: other encodings have others in their place."""
    return "\u3000" <= character <= "\u303f" or character in "ゝゞヽヾ・ー" or "\uff00" <= character <= "\uff20"


def _lines_with_high_bytes(data: bytes) -> bytes:
    lines = [line for line in data.splitlines(keepends=True) if _HIGH.search(line)]
    return b"".join(lines)[:SAMPLE]


def _oddities(text: str) -> int:
    """How many characters beyond ASCII do not stand where those of words stand."""
    odd = max(0, text.count("‘") - text.count("’"))  # quotes that nothing closes
    for before, here, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if ord(here) < 128:
            continue
        if is_letter(here):
            odd += here.isupper() and (before.islower() or (before.isupper() and after.islower()))  # a capital within a word
            odd += here.islower() and before.isupper() and ord(before) > 127 and after.isupper()
            odd += before.isalpha() and _script(before) != _script(here)
        elif here in "“”„‘’‚–—…«»°·•№€£©®™\xa0´`¿¡½":
            odd += before.isalpha() and after.isalpha() and here not in "’–—\xa0´`"
        else:
            odd += 1
    return odd


def _script(character: str) -> int:
    """Latin, Greek, Cyrillic and so on, by their blocks."""
    point = ord(character)
    return next((n for n, end in enumerate((0x250, 0x370, 0x400, 0x530, 0x600, 0x700, 0x3000)) if point < end), 9)
