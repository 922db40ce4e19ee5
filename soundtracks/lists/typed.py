"""A film that somebody typed instead of a list: `Blade Runner (1982)`, an id or an address of TMDB, IMDb or Wikidata."""

import re
from pathlib import Path

from soundtracks.text.foreign import one_line

_ENDS_WITH_YEAR = re.compile(r"\S.*[(\[](18|19|20)\d\d[)\]]$")
_ADDRESS = re.compile(r"(https?://)?((www\.|m\.)?(themoviedb\.org|imdb\.com|wikidata\.org)/\S+)$", re.IGNORECASE)
_ID = re.compile(r"tt\d{7,10}$|Q[1-9]\d*$|tmdb:\d{1,9}$", re.IGNORECASE)
#: What ends the name of a file, and hardly a title.
_ENDING = re.compile(r"\.[A-Za-z0-9]{2,7}$")
#: Where lists lie in the lake (soundtracks/inbox): what is named there is a file, whatever it is called.
_IN_THE_LAKE = ("titles/", "uploads/")
#: Characters of the name that the list of one film gets.
MAX_NAME = 60


def is_typed_film(text: str) -> bool:
    """Whether an argument means a film and no file: it has a year in brackets, is an id or address, or has several words.

    What exists as a file is a file, and so is what looks like the name of one: ask before.
    """
    if _ID.match(text.strip()) or _ADDRESS.match(text.strip()):
        return True
    if text.startswith(_IN_THE_LAKE) or "\\" in text or ("/" in text and " " not in text):
        return False
    return bool(_ENDS_WITH_YEAR.match(text.strip())) or (" " in text.strip() and not _ENDING.search(text))


def write_typed_film(text: str, folder: Path) -> Path:
    """A list of this one film, named after it."""
    name = re.sub(r"[^\w ().,\'’&!-]+", "-", one_line(text, MAX_NAME)).strip(" .-") or "film"
    path = folder / f"{name}.txt"
    path.write_text(f"{_as_in_a_list(one_line(text))}\n", encoding="utf-8")
    return path


def _as_in_a_list(text: str) -> str:
    """A line of a list takes an address with its scheme, and no number of TMDB without its address."""
    if address := _ADDRESS.match(text):
        return f"https://{address[2]}"
    number = re.fullmatch(r"tmdb:(\d+)", text, re.IGNORECASE)
    return f"https://www.themoviedb.org/movie/{number[1]}" if number else text
