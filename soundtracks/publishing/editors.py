"""Albums for the people who edit Wikidata and MusicBrainz. Nothing is sent: an editor looks, then submits.

Both think in works, not editions: Wikidata's album items and MusicBrainz' release groups correspond to Discogs' masters.
So editions of one master become one entry, under the master.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from soundtracks.publishing.catalogue import Catalogue, album_url, musicbrainz_mbid, wikidata_item
from soundtracks.publishing.credits import Credit, credits
from soundtracks.text.foreign import one_line


@dataclass(frozen=True)
class Work:
    """An album apart from its editions, and the one film that it belongs to. `id`: Discogs' master, else the release.

    Named as the master is, or as its likeliest edition where the master is not among the albums. `wikidata_id`,
    `musicbrainz_id`: where it is known there, from imported dumps; `…_has`: the ids that it links there already.
    """

    id: str
    url: str
    title: str
    credits: tuple[Credit, ...]
    year: int | None
    film: dict[str, Any]
    probability: float
    by_person: bool
    wikidata_id: str | None = None
    wikidata_has: frozenset[str] = frozenset()
    musicbrainz_id: str | None = None
    musicbrainz_has: frozenset[str] = frozenset()

    @property
    def credit(self) -> str:
        """The artists in one line, as people write it; "" where nobody is known."""
        return "".join(f"{credit.credited}{credit.join}" for credit in self.credits)


def works(catalogue: Catalogue) -> list[Work]:
    """Accepted links to Discogs' albums, editions folded into their master, by id.

    Albums of several films are left out: which statement is right then is for an editor to say.
    """
    links = catalogue.accepted.select(["album_id", "tmdb_id", "decided_by", "probability"]).to_pylist()
    albums = catalogue.album_rows(row["album_id"] for row in links)
    films = catalogue.film_rows(row["tmdb_id"] for row in links)
    found: dict[str, list[tuple[str, Work]]] = {}
    for row in links:
        album, film = albums.get(row["album_id"]), films.get(row["tmdb_id"])
        work_id = _master(album) or row["album_id"] if album else row["album_id"]
        url = album_url(work_id)
        if not (album and film and url and can_be_read(album["title"]) and can_be_read(film["title"])):
            continue
        year = album["first_year"] or (album["year"] if work_id == row["album_id"] else None)
        by_person = row["decided_by"] == "person"
        work = Work(
            work_id,
            url,
            one_line(album["title"]),
            tuple(credits(album["artist"], album["artist_names"], film["composers"] or ())),
            year,
            film,
            row["probability"] or 0.0,
            by_person,
            wikidata_item(album["wikidata_id"]),
            frozenset(album["wikidata_has"] or ()),
            musicbrainz_mbid(album["musicbrainz_id"]),
            frozenset(album["musicbrainz_has"] or ()),
        )
        found.setdefault(work_id, []).append((row["album_id"], work))
    single = [editions for editions in found.values() if len({w.film["tmdb_id"] for _, w in editions}) == 1]
    return sorted(map(_folded, single), key=lambda w: (w.id.partition(":")[0], int(w.id.partition(":")[2])))


def _folded(editions: list[tuple[str, Work]]) -> Work:
    """One work of its editions (album_id and work): as sure as the surest of them."""
    _, named = min(editions, key=lambda e: (e[0] != e[1].id, -e[1].probability, e[1].title))
    every = [work for _, work in editions]
    item, group = (_agreed(getattr(work, name) for work in every) for name in ("wikidata_id", "musicbrainz_id"))
    return replace(
        named,
        probability=max(work.probability for work in every),
        by_person=any(work.by_person for work in every),
        wikidata_id=item,
        wikidata_has=frozenset().union(*(work.wikidata_has for work in every if work.wikidata_id == item)),
        musicbrainz_id=group,
        musicbrainz_has=frozenset().union(*(work.musicbrainz_has for work in every if work.musicbrainz_id == group)),
    )


def _agreed(ids: Iterable[str | None]) -> str | None:
    """The one id that the editions have, if they have one; what they differ about is for an editor to say."""
    found = {one for one in ids if one}
    return found.pop() if len(found) == 1 else None


def _master(album: dict[str, Any]) -> str | None:
    """The master's album_id; Discogs' 0 and null both mean that there is none."""
    number = (album["master_id"] or "").removeprefix("master:")
    return f"master:{number}" if number.isascii() and number.isdigit() and int(number) else None


def can_be_read(title: str | None) -> bool:
    """Whether anything is to be seen of a title: QuickStatements takes an empty label for the removal of one."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in one_line(title or ""))
