"""What is new, lost and changed since the run before, among the links that were accepted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.publishing.catalogue import Catalogue


@dataclass(frozen=True)
class Change:
    """An album that gained, lost or exchanged its films. before, after: (tmdb_id, title) of its accepted films."""

    album_id: str
    album: str
    before: list[tuple[str, str]]
    after: list[tuple[str, str]]


@dataclass(frozen=True)
class Changes:
    """new: linked now, not before. lost: the other way round. changed: linked both times, to other films."""

    new: list[Change] = field(default_factory=list)
    lost: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.lost or self.changed)


def compare_links(catalogue: Catalogue, previous: pa.Table) -> Changes:
    """Accepted links now against `previous` (schema LINKS or VIEW), by album, whatever its pressings."""
    before, after = films_by_work(previous, catalogue.works), films_by_work(catalogue.accepted, catalogue.works)
    moved = {album for album in before.keys() | after.keys() if before.get(album) != after.get(album)}
    named = {film for album in moved for side in (before, after) for film in side.get(album, ())}
    films = {film: row["title"] for film, row in catalogue.film_rows(named).items()}
    albums: dict[str, str] = {}
    pressings = (album for album, work in catalogue.works.items() if work in moved)
    for row in catalogue.album_rows(pressings).values():  # the master's title, else its first pressing's
        work = catalogue.works[row["album_id"]]
        albums.setdefault(work, row["title"])
        albums |= {row["album_id"]: row["title"]} if work == row["album_id"] else {}
    if "film_title" in previous.column_names:  # a film or album of then may be missing now
        gone = previous.filter(pc.is_in(previous["tmdb_id"], value_set=pa.array(sorted(named), pa.string())))
        for row in gone.select(["tmdb_id", "film_title", "album_id", "album_title"]).to_pylist():
            films.setdefault(row["tmdb_id"], row["film_title"])
            albums.setdefault(catalogue.works.get(row["album_id"], row["album_id"]), row["album_title"])

    def change(album: str) -> Change:
        titled = [[(f, films.get(f) or f) for f in sorted(side.get(album, ()))] for side in (before, after)]
        return Change(album, albums.get(album) or album, *titled)

    everything = sorted(before.keys() | after.keys())
    return Changes(
        new=[change(a) for a in everything if a not in before],
        lost=[change(a) for a in everything if a not in after],
        changed=[change(a) for a in everything if a in before and a in after and before[a] != after[a]],
        unchanged=sum(before.get(a) == after.get(a) for a in everything),
    )


def films_by_work(links: pa.Table, works: Mapping[str, str]) -> dict[str, set[str]]:
    """work -> its accepted films. `works`: album -> work."""
    accepted = links.filter(pc.equal(links["decision"], "accept"))
    films: dict[str, set[str]] = {}
    ids = accepted["album_id"].to_pylist()
    then = accepted["work_id"].to_pylist() if "work_id" in accepted.column_names else ids
    for album, work, film in zip(ids, then, accepted["tmdb_id"].to_pylist(), strict=True):
        films.setdefault(works.get(album, work), set()).add(film)  # an album may have got a master since
    return films
