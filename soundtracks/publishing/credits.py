"""Artist credits for catalogues that know people: who is credited, as what, joined by which words.

Discogs writes a credit in one line, its namesakes numbered (`John Williams (4)`), variations starred (`H. Zimmer*`), other
scripts behind an equals sign. MusicBrainz and schema.org want the names one by one, as people write them.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from soundtracks.text.folding import fold
from soundtracks.text.foreign import one_line

#: MusicBrainz' own artist for albums of many.
VARIOUS_ARTISTS = "Various Artists"
VARIOUS_ARTISTS_ID = "89ad4ac3-39f7-470e-963a-56509c546377"
_VARIOUS = re.compile(
    r"(?:various(?: artists?)?|v\.?/?a\.?|varios(?: artistas| int[eé]rpretes)?|vari|artisti vari|diverse|verschiedene"
    r"(?: interpreten)?|artistes divers|разные исполнители)\.?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\(\d{1,4}\)$")
#: What stands between two artists. Behind a number or a star, a name has ended for sure.
_JOIN = re.compile(
    r"(?P<ended>(?:\(\d{1,4}\)|\*) ?)?(?P<join> ?[,;] | (?:/|&|\+|and|und|et|y|e|with|feat\.?|featuring|ft\.?|vs\.?|presents"
    r"|starring|conducted by|performed by) )",
    re.IGNORECASE,
)
#: Joins that never stand inside the name of a band.
_SURE = re.compile(r"[;/]|feat|ft\.?|conducted|performed|starring", re.IGNORECASE)
_GOES_ON = re.compile(r"(?:the|his|her|their|los|las|les|die|seine|su|orchestra|friends|company|co\.?|sons?)\b", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:the|a|les|los|die)\b\*? ?(?:$|[,;/&])", re.IGNORECASE)
_ARTICLE_BEHIND = re.compile(r"^(.+), (The|A|Les|Los|Die)$")


class Credit(NamedTuple):
    """`name`: the artist's own; `credited`: as on the record; `join`: what stands before the next one, "" behind the last."""

    name: str
    credited: str
    join: str = ""

    @property
    def is_various(self) -> bool:
        return self.name == VARIOUS_ARTISTS


def is_various(artist: str) -> bool:
    return _VARIOUS.fullmatch(plain_name(artist)) is not None


def plain_name(artist: str) -> str:
    """A name as people write it: without Discogs' number and star, in its first script, its article in front."""
    name = _single_blanks(artist).partition(" = ")[0].strip()
    name = _NUMBER.sub("", name.rstrip("* ")).rstrip("* ").strip()
    turned = _ARTICLE_BEHIND.match(name)
    return f"{turned[2]} {_NUMBER.sub('', turned[1]).strip()}" if turned else name


def credits(artist: str | None, names: Sequence[str] | None = None, people: Iterable[str] = ()) -> list[Credit]:
    """The artists of a record one by one; none where nobody is known.

    `artist`: the credit in one line. `names`: the artists' own names, where Discogs' record has them; they tell where the line
    is to be cut. Without them it is cut only where bands' names are not: "Hans Zimmer & Lisa Gerrard" are two, "Simon &
    Garfunkel" and "Earth, Wind & Fire" are one. `people`: names that are people for sure, such as the film's composers.
    """
    line = _single_blanks(artist or "") or ", ".join(names or [])
    if not line:
        return []
    if is_various(line):
        return [Credit(VARIOUS_ARTISTS, VARIOUS_ARTISTS)]
    own = [name for one in names or [] if (name := plain_name(one))]
    parts = _cut_by(line, own) if len(own) > 1 else [(line, "")] if len(own) == 1 else _cut(line, people)
    found = []
    for at, (part, join) in enumerate(parts):
        credited = plain_name(part)
        name = own[at] if len(own) == len(parts) else credited
        if is_various(name):
            name = credited = VARIOUS_ARTISTS
        if credited or name:
            found.append(Credit(name or credited, credited or name, join))
    return [*found[:-1], *(last._replace(join="") for last in found[-1:])]


def _single_blanks(text: str) -> str:
    """The text as one line in which no two blanks stand side by side."""
    return " ".join(one_line(text).split())


def _cut_by(line: str, own: list[str]) -> list[tuple[str, str]]:
    """The line cut between known artists: before each name that stands in it, else at as many joins as there must be."""
    places, at = [], 0
    for name in own:
        found = line.find(name, at)
        if found < 0:
            break
        places.append((found, found + len(name)))
        at = found + len(name)
    if len(places) == len(own) and places[0][0] == 0:
        parts = []
        for n, (start, end) in enumerate(places):
            until = places[n + 1][0] if n + 1 < len(places) else len(line)
            rest = re.sub(r"^\s*(?:\(\d{1,4}\)|\*)", "", line[end:until])
            parts.append((line[start:end], _spaced(rest) if n + 1 < len(places) else ""))
        return parts
    joins = list(_JOIN.finditer(line))
    if len(joins) == len(own) - 1:
        return _pieces(line, joins)
    return [(name, ", " if n + 1 < len(own) else "") for n, name in enumerate(own)]


def _cut(line: str, people: Iterable[str]) -> list[tuple[str, str]]:
    """The line cut where one artist ends for sure."""
    known = {fold(name) for name in people}
    joins = [join for join in _JOIN.finditer(line) if not _goes_on(join, line[join.end() :])]
    sides = [plain_name(part) for part, _ in _pieces(line, joins)]
    everybody = all(fold(side) in known or _is_a_persons(side) for side in sides)
    kept = [
        join
        for n, join in enumerate(joins)
        if _ends_for_sure(join) or everybody or fold(sides[n]) in known or fold(sides[n + 1]) in known
    ]
    return _pieces(line, kept)


def _ends_for_sure(join: re.Match[str]) -> bool:
    return bool(join["ended"] or _SURE.search(join["join"]))


def _goes_on(join: re.Match[str], rest: str) -> bool:
    """Whether the name goes on behind the join: in an article put behind it, or as bands' names do."""
    return bool(_ARTICLE.match(rest) or (_GOES_ON.match(rest) and not _ends_for_sure(join)))


def _is_a_persons(name: str) -> bool:
    """Two words or more, as people's names have."""
    return " " in name


def _pieces(line: str, joins: Sequence[re.Match[str]]) -> list[tuple[str, str]]:
    starts = [0, *(join.end() for join in joins)]
    ends = [*(join.start("join") for join in joins), len(line)]
    phrases = [*(_spaced(join["join"]) for join in joins), ""]
    return [(line[start:end], phrase) for start, end, phrase in zip(starts, ends, phrases, strict=True)]


def _spaced(join: str) -> str:
    """A joining phrase with its blanks: ", " and " & "."""
    word = join.strip()
    return ", " if word in ("", ",") else "; " if word == ";" else f" {word} "
