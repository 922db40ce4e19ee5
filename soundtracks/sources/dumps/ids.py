"""Ids of other catalogues out of the addresses and values by which dumps name them."""

import re

_DISCOGS = re.compile(r"https?://(?:www\.)?discogs\.com/(?:[a-z]{2}/)?(?:[^/?#]+/)?(master|release)/([1-9][0-9]{0,17})(?![0-9])")
_IMDB = re.compile(r"https?://(?:www\.|m\.)?imdb\.com/title/(tt[0-9]{7,10})(?![0-9])")
_WIKIDATA = re.compile(r"https?://(?:www\.|m\.)?wikidata\.org/(?:wiki|entity)/(Q[1-9][0-9]{0,11})(?![0-9])")
_IMDB_ID = re.compile(r"tt[0-9]{7,10}")
_ITEM = re.compile(r"Q[1-9][0-9]{0,11}")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_YEAR = re.compile(r"[+]?([12][0-9]{3})(?![0-9])")


def discogs_of(address: str) -> str | None:
    """`master:123` or `release:5` of an address at Discogs, whatever name stands in it."""
    found = _DISCOGS.match(address)
    return f"{found[1]}:{found[2]}" if found else None


def imdb_of(address: str) -> str | None:
    found = _IMDB.match(address)
    return found[1] if found else None


def wikidata_of(address: str) -> str | None:
    found = _WIKIDATA.match(address)
    return found[1] if found else None


def imdb_title(text: str) -> str | None:
    """IMDb's id of a title; None for its ids of people and companies."""
    return text if _IMDB_ID.fullmatch(text) else None


def item(text: str) -> str | None:
    """Wikidata's id, bare or as an address."""
    return text if _ITEM.fullmatch(text) else wikidata_of(text)


def number(text: str) -> str | None:
    """A number of TMDB or Discogs."""
    return text if _NUMBER.fullmatch(text) else None


def mbid(text: str) -> str | None:
    lower = text.lower()
    return lower if _MBID.fullmatch(lower) else None


def year(text: str) -> int | None:
    """The year of `1982`, `1982-06-25`, `+1982-06-25T00:00:00Z`; None for years before 1000 and what is none."""
    found = _YEAR.match(text)
    return int(found[1]) if found else None
