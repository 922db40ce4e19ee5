"""Which album or film somebody means: by id, by address, by bare number, by title."""

import re
from collections.abc import Iterable, Sequence

from rapidfuzz.process import extract

from soundtracks.errors import BadInput
from soundtracks.publishing.works import AlbumLink
from soundtracks.text.folding import fold
from soundtracks.text.foreign import one_line

#: `…/master/123-Name`, `…/de/release/123`, as Discogs' pages and its API have them.
_DISCOGS = re.compile(r"(?:https?://)?(?:www\.|api\.)?discogs\.com/(?:[a-z_]{2,5}/)?(master|release)s?/(\d+)", re.IGNORECASE)
#: Discogs' own short codes.
_CODE = re.compile(r"\[?([mr])(\d+)\]?$", re.IGNORECASE)
_TMDB = re.compile(r"(?:https?://)?(?:www\.)?(?:themoviedb\.org/(?:[a-z-]{2,5}/)?movie/|tmdb[:/ ]\s*)(\d+)", re.IGNORECASE)
_TITLED = re.compile(r"(.+)\((\d{4})\)$")
#: So many are named when several fit.
MAX_NAMED = 8


def discogs_id(text: str) -> str | None:
    """The album_id that an address or code of Discogs stands for; None for other texts."""
    if found := _DISCOGS.match(text.strip()):
        return f"{found[1].lower()}:{int(found[2])}"
    if found := _CODE.match(text.strip()):
        return f"{'master' if found[1].lower() == 'm' else 'release'}:{int(found[2])}"
    return None


def tmdb_id(text: str) -> str | None:
    """The id of a film that an address of TMDB or a bare number stands for; None for other texts."""
    found = _TMDB.match(text.strip())
    number = found[1] if found else text.strip()
    return str(int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None


def links_meant(links: Sequence[AlbumLink], text: str) -> list[AlbumLink]:
    """The links of the one album or film that a text means.

    An id or address of an album or one of its pressings, a bare number, an address or own id of a film (after `tmdb:` where an
    album has the same), or a title, with its year in brackets or without. Raises BadInput where nothing fits, and, naming them,
    where several do.
    """
    wanted = text.strip()
    ids = {wanted, discogs_id(wanted) or wanted}
    if wanted.isascii() and wanted.isdigit():
        ids |= {f"master:{wanted}", f"release:{wanted}"}
    by_id = [link for link in links if ids & link.ids]
    film = tmdb_id(wanted)
    of_film = [link for link in links if film and link.row["tmdb_id"] == film]
    found = by_id if discogs_id(wanted) or not _TMDB.match(wanted) else []
    if found and of_film and not _one_thing([*found, *of_film]):
        raise _several(wanted, [*found, *of_film])
    own = wanted.removeprefix("tmdb:")
    found = found or of_film or [link for link in links if own == link.row["tmdb_id"]] or _by_title(links, wanted)
    if not found:
        raise BadInput(
            f"Nothing among the links is {one_line(wanted, 200)!r}.",
            hint=f"{_similar(links, wanted)}Give an id (master:123, release:123), an address of Discogs or TMDB, or a title.",
        )
    if not _one_thing(found):
        raise _several(wanted, found)
    return found


def _similar(links: Sequence[AlbumLink], text: str) -> str:
    """The ids that differ least from one that nobody knows."""
    if ":" not in text or "/" in text:
        return ""
    every = sorted({i for link in links for i in link.ids})
    near = ", ".join(one_line(found[0], 60) for found in extract(text, every, limit=3))
    return f"Similar ids: {near}. " if near else ""


def _one_thing(found: Iterable[AlbumLink]) -> bool:
    """Whether all are links of one album or of one film."""
    albums, films = {link.work_id for link in found}, {link.row["tmdb_id"] for link in found}
    return len(albums) == 1 or len(films) == 1


def _by_title(links: Sequence[AlbumLink], text: str) -> list[AlbumLink]:
    """Films of exactly that title, else albums of it, else whatever holds all its words.

    Of a film those albums that were not rejected, unless all were: a person may want to look at these again.
    """
    titled = _TITLED.match(text)
    name, year = (fold(titled[1]), int(titled[2])) if titled else (fold(text), None)
    if not name:
        return []
    films = [link for link in links if fold(link.row["film_title"] or "") == name and year in (None, link.row["film_year"])]
    if found := [link for link in films if link.row["decision"] != "reject"] or films:
        return found
    if albums := [link for link in links if fold(link.row["album_title"] or "") == name and year in (None, link.year)]:
        return albums
    words = name.split()

    def holds(*texts: str | None) -> bool:
        words_there = fold(" ".join(text for text in texts if text)).split()
        return all(word in words_there for word in words)

    return [link for link in links if holds(link.row["album_title"], link.row["album_artist"], str(link.year or year or ""))]


def _several(text: str, found: Iterable[AlbumLink]) -> BadInput:
    named: dict[str, str] = {}
    for link in found:
        row = link.row
        named.setdefault(link.work_id, f"{link.work_id} ({row['album_title']}{f', {link.year}' if link.year else ''})")
        if row["tmdb_id"] and row["film_title"]:
            year = f", {row['film_year']}" if row["film_year"] else ""
            named.setdefault(f"tmdb:{row['tmdb_id']}", f"tmdb:{row['tmdb_id']} (film {row['film_title']}{year})")
    shown = list(named.values())[:MAX_NAMED]
    more = f" and {len(named) - len(shown)} more" if len(named) > len(shown) else ""
    choices = "; ".join(one_line(name, 120) for name in shown)
    return BadInput(f"{one_line(text, 100)!r} may be several: {choices}{more}.", hint="Give one of these ids.")
