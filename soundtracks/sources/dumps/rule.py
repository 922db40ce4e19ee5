"""Which albums of a dump are kept: what Discogs files under Stage & Screen, and what calls itself film music.

About 3 % of Discogs is Stage & Screen. The title catches what was filed elsewhere (Pop, Rock, Electronic); it may catch too
much, which costs a row and no more: whether an album belongs to a film is for the match to say.
Recall on labelled soundtracks is measured in tests/soundtracks/sources/dumps/test_rule.py and told in docs/outputs.md.
"""

import re
from collections.abc import Iterable

GENRE = "Stage & Screen"
STYLES = frozenset({"Soundtrack", "Score"})

#: Words by which titles say that they are film music, by language.
_WORDS = (
    r"sound[ -]?tracks?",  # English and many others
    r"ost|o\.s\.t\.?",
    r"motion[ -]pictures?",
    r"(?:original|film|movie|complete|orchestral) scores?",
    r"scores? (?:from|to|for)",
    r"movies?|cin[eé]mas?",
    r"film(?:s|e|es|en|u|musik|musique|musica|muziek|musikken)?",  # "Music From The Film", "Musique Du Film", German, Dutch, …
    r"bandes?[ -](?:originales?|sons?(?: originales?)?)|b\.o\.(?:f\.)?",  # French
    r"colonn[ae] sonor[ae]",  # Italian
    r"bandas? sonoras?|banda original|pel[ií]culas?|trilhas? sonoras?",  # Spanish, Portuguese
    r"muzyka (?:z|do) filmu|ścieżka dźwiękowa",  # Polish
    r"саундтрек\w*|(?:кино)?фильм\w*|к/ф",  # Russian
)
#: Scripts without spaces between words.
_SIGNS = r"サウンドトラック|サントラ|映画|原声|原聲|电影|電影|영화|사운드트랙"

_TITLE = re.compile(rf"(?<!\w)(?:{'|'.join(_WORDS)})(?!\w)|{_SIGNS}", re.IGNORECASE)

#: Stands in every title in ASCII that the words above fit, in lower case: a quick first look (a test holds them together).
HINT = re.compile(rb"track|ost|o\.s\.t|pictur|score|film|movie|cin|band|b\.o\.|sonor|cula")


def title_says_so(title: str) -> bool:
    """Whether a title calls itself film music: `Io Ballo Da Sola (Colonna Sonora Originale Del Film)`."""
    return _TITLE.search(title) is not None


def looks_like_soundtrack(title: str, genres: Iterable[str], styles: Iterable[str]) -> bool:
    """The rule: genre Stage & Screen, or style Soundtrack or Score, or a title that says so."""
    return GENRE in genres or not STYLES.isdisjoint(styles) or title_says_so(title)
