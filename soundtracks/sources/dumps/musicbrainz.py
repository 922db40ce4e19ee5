"""Release groups of MusicBrainz' JSON dump (release-group.tar.xz, CC0), one JSON document a line.

https://musicbrainz.org/doc/Development/JSON_Data_Dumps. The documents are those of its web service with all relations; the
addresses among them tie a release group to Discogs, to its item in Wikidata, and to its film at IMDb.
"""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from soundtracks.records import STRINGS
from soundtracks.sources.dumps import ids
from soundtracks.sources.dumps.rule import HINT
from soundtracks.sources.dumps.stream import Malformed, from_json
from soundtracks.text.signals import title_says_so

#: A release group that is film music, or is said to belong to a film.
RELEASE_GROUPS = pa.schema(
    [
        pa.field("musicbrainz_id", pa.string(), nullable=False),
        ("title", pa.string()),
        ("artist", pa.string()),  # the credit as printed
        ("year", pa.int32()),  # of the first release
        ("discogs_ids", STRINGS),  # master:1, release:2
        ("imdb_ids", STRINGS),  # of films
        ("wikidata_id", pa.string()),
    ]
)
_SOUNDTRACK = b'"Soundtrack"'
_IMDB = b"imdb.com/title/"


def is_release_group(entry: dict[str, Any]) -> bool:
    return "primary-type" in entry and "secondary-types" in entry


def may_be_kept(line: bytes) -> bool:
    """A quick look: False only if `release_group` would not keep it."""
    return _SOUNDTRACK in line or _IMDB in line or not line.isascii() or HINT.search(line.lower()) is not None


def release_group(line: bytes) -> dict[str, Any] | None:
    """The row (RELEASE_GROUPS) of a line; None where it is no film music. Raises Malformed."""
    if not line.strip():
        return None
    entry = from_json(line)
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not (mbid := ids.mbid(entry["id"])):
        raise Malformed("it has no id")
    title = entry.get("title")
    if not isinstance(title, str) or not title.strip():
        raise Malformed("it has no title")
    addresses = _addresses(entry)
    imdb = _distinct(ids.imdb_of(address) for address in addresses)
    kinds = entry.get("secondary-types") or []
    if not (imdb or "Soundtrack" in kinds or title_says_so(title)):
        return None
    items = _distinct(ids.wikidata_of(address) for address in addresses)
    return {
        "musicbrainz_id": mbid,
        "title": title.strip(),
        "artist": _credit(entry),
        "year": ids.year(str(entry.get("first-release-date") or "")),
        "discogs_ids": _distinct(ids.discogs_of(address) for address in addresses) or None,
        "imdb_ids": imdb or None,
        "wikidata_id": items[0] if len(items) == 1 else None,
    }


def _addresses(entry: dict[str, Any]) -> list[str]:
    """Addresses that the release group is tied to today: ended ties are history."""
    found = []
    for relation in entry.get("relations") or []:
        if isinstance(relation, dict) and relation.get("ended") is not True and isinstance(url := relation.get("url"), dict):
            found.append(str(url.get("resource") or ""))
    return found


def _credit(entry: dict[str, Any]) -> str | None:
    parts = [part for part in entry.get("artist-credit") or [] if isinstance(part, dict)]
    return "".join(f"{part.get('name') or ''}{part.get('joinphrase') or ''}" for part in parts).strip() or None


def _distinct(found: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(one for one in found if one))
