"""Titles as people and programs write them: with years, remarks, other titles, numbers, ticks, addresses and file names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from unicodedata import decimal

from soundtracks.lists.values import FIRST_YEAR, MAX_TITLE, clean, imdb_id, kind_of_link, tmdb_id, wikidata_id

_YEAR = r"(?:18[7-9]\d|19\d\d|20\d\d)"
#: (1979), [1979], (Ridley Scott, 1979), (1979 film), (TV Movie 1979), (2011–2019): the last one of a title, perhaps with a remark
#: behind it.
_YEAR_BRACKET = re.compile(
    rf"[(\[{{（【［](?:[^()\[\]{{}}]{{0,60}}[,;] ?|c(?:a|irca)?\.? ?"
    rf"|(?:tv|тв|video)(?:[ -](?:movie|film|special|short))? )?(?P<year>{_YEAR})年?(?: ?[-–—/] ?(?:{_YEAR}|\d\d)?)?"
    r"(?: (?:film|movie|\w{1,20} film|tv movie))?\??[)\]}）】］]",
    re.I,
)
_YEAR_BEFORE = re.compile(rf"[(\[](?P<year>{_YEAR})[)\]] ?[-–—:.]? ?(?P<title>\S.*)")
#: Title, 1979 and Title – 1979.
_TRAILING = re.compile(rf"(?:,| [-–—|/]) ?(?P<year>{_YEAR})\.?\Z")
_ARTICLE = (
    r"the|a|an|le|la|les|l['’]|un|une|der|die|das|ein|eine|el|los|las|una|il|lo|gli|i|de|het|een|den|det|en|et|o|os|as|um|uma"
)
_ARTICLE_BEHIND = re.compile(rf", (?P<article>{_ARTICLE})\Z", re.I)
_ALSO_KNOWN = re.compile(r" (?:a\.?k\.?a\.?|also known as|=) (?=\S)", re.I)
_IS_AKA = re.compile(r"(?:a\.?k\.?a\.?|also known as) ", re.I)
#: Brackets that say how a film lies there, not what it is called; (TV) is a film made for television.
_MEDIUM = re.compile(
    r" ?[(\[](?:4k|uhd|blu-?ray|dvd|vhs|hd|digital|3d|\d{3,4}p|import|box ?set|criterion(?: collection)?|remastered|widescreen"
    r"|blu-?ray ?\+ ?dvd|4k ultra hd|ultra hd|film|movie|steelbook|(?:tv|тв)(?:[ -]?(?:movie|film))?(?=[)\]])"
    r"|region \w{1,9})(?:[ ,/+&][^()\[\]]{0,40})?[)\]]\Z",
    re.I,
)
_MEDIA_TAG = re.compile(
    r" ?[\[{(](?:(?:imdb|tmdb|tvdb|themoviedb)(?:id)?[-=: ]{0,2}\w{1,20}|edition[-=]?[^\[\]{}]{0,60}|tt\d{7,10})[\]})]", re.I
)
_VIDEO_FILE = re.compile(r"\.(?:mkv|mp4|avi|m4v|mov|wmv|ts|m2ts|iso|mpe?g|webm|flv|ogm|divx|strm|nfo|vob)$", re.I)
#: The year in the name of a release: Blade.Runner.1982.1080p.BluRay.
_RELEASE_YEAR = re.compile(rf"[._]\(?(?P<year>{_YEAR})\)?(?=[._-]|\Z)")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_FILM_PAGE = re.compile(
    r"(?:letterboxd\.com/(?:[\w-]{1,40}/)?film|trakt\.tv/movies|rottentomatoes\.com/m|mubi\.com/(?:\w\w/){0,2}films)/([\w-]+)",
    re.I,
)
MARKDOWN_LINK = re.compile(r"\[(?P<text>[^\[\]]{1,500})\]\((?P<url>[^()\[\]\s]{1,500})\)")
_BULLET = re.compile(r"(?:[-*•–—·‣◦▪●○◆+>] |[•▪●◦‣] ?)?(?:\[[ xX✓✔-]\] ?|[☐☑☒✓✔✗✘✅❌⬜] ?)?")
_BEFORE_NUMBER = r"(?:(?:no\.?|nr\.?|#|№) ?)"
#: A colon before two digits is that of a time: 11:14 and 3:10 to Yuma are titles.
_BEHIND_NUMBER = r"(?:[.)\]] ?|:(?!\d\d\b) ?| ?[-–] )"
_NUMBER = re.compile(rf"{_BEFORE_NUMBER}?\(?(?P<number>\d{{1,6}})(?:{_BEHIND_NUMBER}| )(?=\S)", re.I)
#: The same with a sign that tells it from a title's first word: "3. Heat", and not "12 Angry Men".
_NUMBER_WITH_SIGN = re.compile(rf"(?={_BEFORE_NUMBER}\(?\d|\(|\d{{1,6}}{_BEHIND_NUMBER}){_NUMBER.pattern}", re.I)
#: Lines that no titles fill whose first words happen to count.
MANY_NUMBERS = 20
_QUOTES = (
    ('"', '"'),
    ("“", "”"),
    ("„", "“"),
    ("„", "”"),
    ("«", "»"),
    ("'", "'"),
    ("‘", "’"),
    ("「", "」"),
    ("『", "』"),
    ("《", "》"),
)
#: Pictures as phones write them, and stars that rate: not what a title ends in by itself (♥, ☆).
PICTURES = re.compile(
    "(?:(?:[\U0001f000-\U0001faff⌚⌛⏩-⏬⏰⏳◽◾☔☕♈-♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓-❕❗❤➕-➗➰➿⬛⬜⭐⭕]|[←-⯿]\ufe0f)"
    "[\ufe0f\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*|[★☆]{2,}½?)"
)
#: Text between marks of Markdown; single ones may belong to a title (*batteries not included), unless they stand around the cell.
_MARKED = re.compile(r"(?P<mark>\*\*|__|~~|`|\A[*_](?=[^*_]+[*_]\Z))(?=\S)(?P<text>[^*_~`]{1,500})(?<=\S)(?P=mark)")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|]{1,500}\|)?(?P<text>[^\[\]|]{1,500})\]\]")
_AUDIO_FILE = re.compile(r"\.(?:mp3|flac|m4a|ogg|opus|wav|ape|wma|aac|alac|aiff?)$", re.I)
#: Who released a file, in front of its name: [Group] Akira (1988).
_GROUP = re.compile(r"\[[^\[\]]{1,40}\] ?(?=\S)")
_HEADING = re.compile(r"#{1,6} \S")


#: A title without any of these is only a title.
_SIGNS = re.compile(r"[(\[{,=（【［]| a\.?k\.?a", re.I)


@dataclass
class Written:
    """What a written title means. `title` is "" where only an id is given; `remark` is what stood behind the year."""

    title: str
    year: int | None = None
    other_titles: list[str] = field(default_factory=list)
    imdb_id: str | None = None
    tmdb_id: str | None = None
    wikidata_id: str | None = None
    remark: str = ""
    kind: str | None = None


def plain_markdown(text: str) -> str:
    """A Markdown cell as a reader of the page sees it: without marks of bold, slanted, struck and code text."""
    while len(text) <= MAX_TITLE and (found := _MARKED.search(text)):
        text = f"{text[: found.start()]}{found['text']}{text[found.end() :]}"
    return text


def parse_title(text: str, *, other_in_brackets: bool = False) -> Written:
    """A cell's title: year in brackets, article behind, other titles. `other_in_brackets`: a bracket holds another title."""
    if len(text) > MAX_TITLE or not _SIGNS.search(text):
        return Written(text)
    written = Written(_without_wiki_links(text))
    if "](" in text:
        _take_link(written)
    _take_media_tags(written)
    _take_year(written)
    written.title = _MEDIUM.sub("", written.title) or written.title
    _take_other_titles(written, split=other_in_brackets)
    return written


def parse_line(text: str) -> Written:
    """A whole line: a title with what else stands there, an address, a path, or an id alone."""
    text = clean(text)
    written = Written(text)
    if len(text) > MAX_TITLE * 4:  # no title, whatever stands in it
        return written
    written.title = without_pictures(text)
    _take_addresses(written)
    if re.fullmatch(r"tt\d{7,10}", written.title, re.I):
        written.imdb_id, written.title = imdb_id(written.title), ""
    elif re.fullmatch(r"Q[1-9]\d{3,}", written.title):
        written.wikidata_id, written.title = written.title, ""
    elif found := re.fullmatch(r"tmdb[:=-]\s*(\d+)", written.title, re.I):
        written.tmdb_id, written.title = found[1], ""
    if not written.title:
        return written
    _take_path(written)
    written.title = _unquoted(written.title)
    _take_media_tags(written)
    if (
        not _take_year(written)
        and (found := _TRAILING.search(ascii_digits(written.title)))
        and found.start()
        and _is_year(found["year"])
    ):
        written.title, written.year = written.title[: found.start()].strip(), int(found["year"])
    written.title = _unquoted(_MEDIUM.sub("", written.title) or written.title)
    _take_other_titles(written)
    written.title = without_pictures(written.title)
    return written


def ascii_digits(text: str) -> str:
    """The text with every digit as ASCII writes it, of the same length: １９５４ and ١٩٥٨ are years."""
    if text.isascii() or not _OTHER_DIGIT.search(text):
        return text
    return _OTHER_DIGIT.sub(lambda digit: str(decimal(digit[0])), text)


def without_pictures(text: str) -> str:
    """The text without the pictures at its ends, unless it has nothing else, or its year alone."""
    if text.isascii():
        return text
    found = [picture.span() for picture in PICTURES.finditer(text)]
    start, end = 0, len(text)
    for begins, ends in found:
        if text[start:begins].strip():
            break
        start = ends
    for begins, ends in reversed(found):
        if text[ends:end].strip():
            break
        end = begins
    rest = text[start:end].strip()
    return text if not rest or _YEAR_BRACKET.fullmatch(ascii_digits(rest)) else rest


def _is_year(text: str) -> bool:
    return FIRST_YEAR <= int(text) <= 2035


def _take_year(written: Written) -> bool:
    found = _year_bracket(written.title)
    if found is None:
        return False
    text = written.title
    written.title, written.year, written.remark = text[: found.start()].strip(), int(found["year"]), text[found.end() :].strip()
    return True


def _year_bracket(text: str) -> re.Match[str] | None:
    """The last year in brackets that has a title before it."""
    found = [
        m for m in _YEAR_BRACKET.finditer(ascii_digits(text)) if m.start() and text[: m.start()].strip() and _is_year(m["year"])
    ]
    return found[-1] if found else None


def _take_media_tags(written: Written) -> None:
    if "{" not in written.title and "[" not in written.title and "(" not in written.title:
        return
    written.imdb_id = written.imdb_id or imdb_id(written.title)
    written.tmdb_id = written.tmdb_id or tmdb_id(written.title)
    written.title = _MEDIA_TAG.sub("", written.title).strip() or written.title


def _take_addresses(written: Written) -> None:
    text = _without_wiki_links(written.title)
    if "](" in text and (link := MARKDOWN_LINK.search(text)):
        text = f"{text[: link.start()]}{link['text']}{text[link.end() :]} {link['url']}"
    for mark in ("**", "__", "~~", "`", "'''", "''"):
        text = text.replace(mark, "")
    if text[:1] in ("*", "_") and text[1:2].strip() and (closing := text.rfind(text[0])) > 1:
        text = text[1:closing] + text[closing + 1 :]
    for address in _ADDRESS.findall(text):
        written.imdb_id = written.imdb_id or imdb_id(address)
        written.tmdb_id = written.tmdb_id or tmdb_id(address)
        written.wikidata_id = written.wikidata_id or wikidata_id(address)
        written.kind = written.kind or kind_of_link(address)
        rest = text.replace(f"({address})", " ").replace(f"<{address}>", " ").replace(address, " ").strip(" \t-–—:|,;")
        if not rest and not (written.imdb_id or written.tmdb_id or written.wikidata_id) and (page := _FILM_PAGE.search(address)):
            _take_slug(written, page[1], "trakt.tv" in address)
            return
        text = rest
    written.title = text.strip()


def _take_link(written: Written) -> None:
    """The text of a Markdown link, and the ids in its address."""
    if link := MARKDOWN_LINK.search(written.title):
        written.title = f"{written.title[: link.start()]}{link['text']}{written.title[link.end() :]}"
        written.imdb_id, written.tmdb_id, written.wikidata_id = (find(link["url"]) for find in (imdb_id, tmdb_id, wikidata_id))


def _without_wiki_links(text: str) -> str:
    """[[Alien (film)|Alien]] as a reader of the page sees it."""
    return _WIKI_LINK.sub(lambda link: link["text"], text) if "[[" in text else text


def _take_slug(written: Written, slug: str, has_year: bool) -> None:
    """The title in an address: trakt.tv always adds the year, others only to tell namesakes apart."""
    words = slug.replace("_", "-").split("-")
    if len(words) > 1 and has_year and re.fullmatch(_YEAR, words[-1]):
        written.title, written.year = " ".join(words[:-1]), int(words[-1])
        return
    written.title = " ".join(words)
    if len(words) > 1 and re.fullmatch(_YEAR, words[-1]):
        written.other_titles.append(" ".join(words[:-1]))


def _take_path(written: Written) -> None:
    """The title in the path or name of a file; of Folder (1982)/file.mkv the part that has a year."""
    text = written.title
    if "." in text[-6:] and _AUDIO_FILE.search(text):
        written.kind = "track"
        return
    is_file = bool(_VIDEO_FILE.search(text))
    if not is_file and not re.match(r"(?:[A-Za-z]:)?[\\/]|\.\.?/|smb://", text):
        return
    steps = [step for step in re.split(r"[\\/]", _VIDEO_FILE.sub("", text)) if step.strip()]
    if not steps:
        return
    best = next((step for step in reversed(steps[-2:]) if _year_bracket(step)), steps[-1])
    best = _GROUP.sub("", best, count=1) if _GROUP.match(best) else best
    years = [m for m in _RELEASE_YEAR.finditer(best) if m.start() and _is_year(m["year"])]
    if years and " " not in best and not _year_bracket(best):
        title = best[: years[-1].start()]
        written.title, written.year = title.replace(".", " ").replace("_", " ").strip(" -"), int(years[-1]["year"])
        return
    written.title = best.replace("_", " ").replace(".", " ") if " " not in best else best


def _take_other_titles(written: Written, *, split: bool = False) -> None:
    title = written.title
    if (found := _ALSO_KNOWN.search(title)) and found.start():
        title, other = title[: found.start()], title[found.end() :]
        written.other_titles.append(_article_in_front(other.strip(" ()")))
    elif brackets := _last_brackets(title):
        before, inside = brackets
        is_title = bool(_IS_AKA.match(inside) or _ARTICLE_BEHIND.search(inside) or _ARTICLE_BEHIND.search(before))
        if split or is_title:
            title = before
            written.other_titles += [_article_in_front(o) for o in _IS_AKA.sub("", inside, count=1).split("; ")]
        elif not before.startswith("("):
            written.other_titles.append(before)
    title = _article_in_front(title)
    if split and (brackets := _last_brackets(title)):
        written.other_titles.append(_article_in_front(_IS_AKA.sub("", brackets[1], count=1)))
        title = _article_in_front(brackets[0])
    written.title = title


def _last_brackets(text: str) -> tuple[str, str] | None:
    """(before, inside) of brackets at the end of a text, brackets within them included."""
    if not text.endswith(")"):
        return None
    depth = 0
    for at in range(len(text) - 1, 0, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if not depth:
            before, inside = text[:at].strip(), text[at + 1 : -1].strip()
            return (before, inside) if before and inside else None
    return None


def _article_in_front(title: str) -> str:
    """The Godfather from "Godfather, The"."""
    found = _ARTICLE_BEHIND.search(title) if ", " in title else None
    if not found or found.start() < 2:
        return title
    article = found["article"]
    return f"{article}{'' if article[-1] in '’' + chr(39) else ' '}{title[: found.start()]}"


def _unquoted(text: str) -> str:
    for opening, closing in _QUOTES:
        if len(text) > 2 and text.startswith(opening) and text.endswith(closing):
            inner = text[1:-1]
            if opening not in inner and closing not in inner and inner.strip():
                return inner.strip()
        if text.startswith(opening) and closing in text[2:]:  # "Alien" (1979)
            inner, _, rest = text[1:].partition(closing)
            if inner.strip() and re.fullmatch(rf" ?{_YEAR}年?", rest):
                return f"{inner.strip()} ({rest.strip(' 年')})"
            if inner.strip() and _year_bracket(f"x{rest}") and not rest.strip(" ").startswith(opening):
                return f"{inner.strip()} {rest.strip()}"
    return text


@dataclass
class ListStyle:
    """How the lines of a whole list begin: with numbers that count up or down, with bullets, with years."""

    number: re.Pattern[str] | None = None
    bulleted: bool = False
    year_first: bool = False

    @property
    def numbered(self) -> bool:
        return self.number is not None

    @classmethod
    def of(cls, lines: Sequence[str]) -> "ListStyle":
        """From the first lines of a list. Numbers count as such only when they count: 12 Angry Men and 2001 are titles.

        Numbers without a sign must also count from 1 or down to it: 11 Minutes, 12 Years a Slave and 13 Assassins are titles.
        """
        lines = [" ".join(line.split()) for line in lines if line.strip()]
        bulleted = sum(bool(_BULLET.match(line)[0].strip()) for line in lines) * 3 >= len(lines) > 0  # type: ignore[index]
        bare = [_BULLET.sub("", line, count=1) if bulleted else line for line in lines]
        number = next((form for form in (_NUMBER_WITH_SIGN, _NUMBER) if _counts(form, bare)), None)
        year_first = sum(bool(_YEAR_BEFORE.fullmatch(line.strip())) for line in bare) * 10 > len(lines) * 8
        return cls(number, bulleted, year_first)

    def strip(self, line: str) -> str | None:
        """The line without what only belongs to the list; None for a heading between its parts."""
        line = " ".join(line.split())
        if self.bulleted or self.number:
            if _HEADING.match(line) or (line.rstrip().endswith(":") and not _BULLET.match(line)[0].strip()):  # type: ignore[index]
                return None
            line = _BULLET.sub("", line, count=1)
        if self.number and (found := self.number.match(line)):
            line = line[found.end() :]
        if self.year_first and (found := _YEAR_BEFORE.fullmatch(line.strip())):
            line = f"{found['title']} ({found['year']})"
        return line


def _counts(form: re.Pattern[str], lines: Sequence[str]) -> bool:
    """Whether most lines begin with numbers of a form, each one more or less than the one before."""
    numbers = [int(found["number"]) if (found := form.match(line)) else None for line in lines]
    steps = [abs(b - a) == 1 for a, b in pairwise(numbers) if a is not None and b is not None]
    if not steps or len(steps) * 10 < (len(lines) - 1) * 6 or sum(steps) * 10 < len(steps) * 8:
        return False
    counted = [number for number in numbers if number is not None]
    return form is _NUMBER_WITH_SIGN or min(counted[0], counted[-1]) <= 1 or sum(steps) >= MANY_NUMBERS
