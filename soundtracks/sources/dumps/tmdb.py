"""TMDB's daily list of film ids (movie_ids_MM_DD_YYYY.json.gz) as films: ids, original titles, popularity, no more."""

from collections.abc import Iterator
from typing import Any

from soundtracks.errors import BadDump
from soundtracks.sources.dumps.stream import Malformed, from_json

MAX_LINE = 1 << 20


def lines(pieces: Iterator[bytes], offset: int) -> Iterator[tuple[bytes, int]]:
    """The lines of an export, each with the offset just behind it. Raises BadDump for a line longer than 1 MiB."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            offset += len(line) + 1
            yield line, offset
        if len(rest) > MAX_LINE:
            raise BadDump("A line is longer than 1 MB: this is not a list of TMDB's films.")
    if rest.strip():
        yield rest, offset + len(rest)


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
