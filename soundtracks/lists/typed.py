"""A film that somebody typed instead of a list: `Blade Runner (1982)`, an id or an address of TMDB, IMDb or Wikidata."""

import re
from pathlib import Path

from soundtracks.text.foreign import one_line

_ENDS_WITH_YEAR = re.compile(r"\S.*[(\[](18|19|20)\d\d[)\]]$")
_ID = re.compile(r"tt\d{7,10}$|Q[1-9]\d*$|(https?://)?(www\.|m\.)?(themoviedb\.org|imdb\.com|wikidata\.org)/\S+$", re.IGNORECASE)
#: What ends the name of a file, and hardly a title.
_ENDING = re.compile(r"\.[A-Za-z0-9]{2,7}$")
#: Characters of the name that the list of one film gets.
MAX_NAME = 60


def is_typed_film(text: str) -> bool:
    """Whether an argument means a film and no file: it has a year in brackets, is an id or address, or has several words.

    What exists as a file is a file, and so is what looks like the name of one: ask before.
    """
    if _ID.match(text):
        return True
    if "\\" in text or ("/" in text and " " not in text):
        return False
    return bool(_ENDS_WITH_YEAR.match(text.strip())) or (" " in text.strip() and not _ENDING.search(text))


def write_typed_film(text: str, folder: Path) -> Path:
    """A list of this one film, named after it."""
    name = re.sub(r"[^\w ().,\'’&!-]+", "-", one_line(text, MAX_NAME)).strip(" .-") or "film"
    path = folder / f"{name}.txt"
    path.write_text(f"{one_line(text)}\n", encoding="utf-8")
    return path
