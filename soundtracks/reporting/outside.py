"""Albums that belong to films which nobody listed: rivals, the films of other lists, television series."""

import json
from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any

from soundtracks.publishing.catalogue import film_url
from soundtracks.publishing.works import AlbumLink

#: From this probability on an album is more likely this film's than any other's, or nobody's.
_LIKELY = 0.5


@dataclass(frozen=True)
class Outside:
    """A film outside the list, and the albums (title, address) that are its. `name`: with the year, where it is known."""

    name: str
    url: str | None
    albums: list[tuple[str, str | None]]


def albums_outside(links: Iterable[AlbumLink], rivals: Set[str]) -> list[Outside]:
    """Films outside the list that have albums of these links, those with the most albums first. `rivals`: their ids."""
    found: dict[str, Outside] = {}
    for link in links:
        if link.row["decision"] != "reject" or link.row["decided_by"] == "person":
            continue
        film = _rival(link, rivals)
        if film:
            entry = found.setdefault(film["tmdb_id"], Outside(film["name"], film_url(film["tmdb_id"]), []))
            entry.albums.append((link.row["album_title"] or link.work_id, link.url))
    return sorted(found.values(), key=lambda one: (-len(one.albums), one.name))


def _rival(link: AlbumLink, rivals: Set[str]) -> dict[str, Any] | None:
    """Whose album it is, where it is that of a film outside the list."""
    row = link.row
    if row["tmdb_id"] in rivals and (row["probability"] or 0.0) >= _LIKELY:
        year = f" ({row['film_year']})" if row["film_year"] else ""
        return {"tmdb_id": row["tmdb_id"], "name": f"{row['film_title'] or row['tmdb_id']}{year}"}
    try:
        pieces = json.loads(row["evidence"] or "{}")
    except ValueError:
        return None
    piece = pieces.get("rival") if isinstance(pieces, dict) else None
    if not isinstance(piece, dict) or not isinstance(piece.get("tmdb_id"), str) or (piece.get("probability") or 0.0) < _LIKELY:
        return None
    return {"tmdb_id": piece["tmdb_id"], "name": str(piece.get("value") or piece["tmdb_id"])}
