"""TMDB's daily list of film ids (movie_ids_MM_DD_YYYY.json.gz) as films: ids, original titles, popularity, no more."""

from typing import Any

from soundtracks.sources.dumps.stream import Malformed, from_json


def film(line: bytes) -> dict[str, Any] | None:
    """The film (schema FILMS) of a line; None for an empty line or a video that is no film. Raises Malformed."""
    if not line.strip():
        return None
    entry = from_json(line)
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), int) or isinstance(entry["id"], bool):
        raise Malformed("it has no id")
    title = entry.get("original_title")
    if not isinstance(title, str) or not title.strip():
        raise Malformed("it has no original_title")
    if entry.get("video") is True:
        return None
    popularity = entry.get("popularity")
    return {
        "tmdb_id": str(entry["id"]),
        "title": title.strip(),
        "original_title": title.strip(),
        "popularity": float(popularity) if isinstance(popularity, int | float) else None,
    }
