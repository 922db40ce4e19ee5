"""The table of all runs: its columns, and where in a run's metrics each stands."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

TABLE = "catalogue/runs"

_NUMBER = pa.float64()
_COUNT = pa.int64()
_TIME = pa.timestamp("us", "UTC")
#: Every column: name, type, where it stands in metrics.json (parts of a path; `*` adds up all there are), what it means.
COLUMNS: tuple[tuple[str, pa.DataType, tuple[str, ...], str], ...] = (
    ("run_id", pa.string(), ("run_id",), "The run; its files are in runs/<run_id>/."),
    ("list", pa.string(), ("titles", "file"), "The title file."),
    ("started", _TIME, ("started",), "When it began."),
    ("finished", _TIME, ("finished",), "When it ended; null if it did not."),
    ("seconds", _NUMBER, ("stages", "*"), "Time of all stages."),
    ("titles", _COUNT, ("titles", "unique"), "Different titles in the file."),
    ("unresolved", _COUNT, ("titles", "unresolved"), "Titles that no film was found for."),
    ("tmdb_requests", _COUNT, ("extraction", "tmdb", "requests"), "Requests to TMDB."),
    ("discogs_requests", _COUNT, ("extraction", "discogs", "requests"), "Requests to Discogs."),
    ("cache_hits", _COUNT, ("extraction", "*", "cache_hits"), "Answers that were kept from before."),
    ("retries", _COUNT, ("extraction", "*", "retries"), "Requests made again after a fault."),
    ("checked", _COUNT, ("validation", "*", "rows"), "Rows that came to the gates."),
    ("quarantined", _COUNT, ("validation", "*", "quarantined"), "Rows set aside."),
    ("films", _COUNT, ("matching", "films"), "Films that albums were looked for."),
    ("albums", _COUNT, ("matching", "albums"), "Albums that films were looked for."),
    ("accepted", _COUNT, ("matching", "accepted"), "Albums linked by the model."),
    ("review", _COUNT, ("links", "albums_to_review"), "Albums that wait for a person."),
    ("rejected", _COUNT, ("matching", "rejected"), "Albums without a film."),
    ("films_with_albums", _COUNT, ("links", "films_with_albums"), "Films with at least one album."),
    ("films_without", _COUNT, ("links", "films_without"), "Films without any."),
    ("decided_by_people", _COUNT, ("links", "decided_by_people"), "Links that people decided."),
    ("asked_until", _TIME, ("approval", "until"), "Until when it may wait for approval; null if it need not."),
    ("approval", pa.string(), ("approval", "decision"), "publish, discard, cancelled or unanswered; null while it waits."),
    ("published", _TIME, ("catalogue", "published"), "When the catalogue took it."),
    ("catalogue_version", _COUNT, ("catalogue", "version"), "The version of catalogue/links that it made."),
    ("new", _COUNT, ("catalogue", "new"), "Albums of the catalogue that were linked to no film before."),
    ("lost", _COUNT, ("catalogue", "lost"), "Albums of the catalogue that are linked to none any more."),
    ("changed", _COUNT, ("catalogue", "changed"), "Albums of the catalogue that are linked to other films than before."),
    ("problem", pa.string(), (), "Why its metrics could not be read; null if they could."),
)
SCHEMA = pa.schema([pa.field(name, kind, metadata={"description": text}) for name, kind, _, text in COLUMNS])

#: What became of a run that asked for approval and was not published.
_UNPUBLISHED = {
    "discard": "not published: discarded",
    "cancelled": "not published: cancelled while it waited",
    "unanswered": "not published: nobody approved it in time",
}


def fate(run: Mapping[str, Any]) -> str:
    """What became of a run, a row of the table, where that is not what usually does; else ""."""
    if run["published"] is not None or run["problem"]:
        return ""
    if run["asked_until"] is not None and run["approval"] in _UNPUBLISHED:
        return _UNPUBLISHED[run["approval"]]
    if run["finished"] is not None:
        return ""
    return "waits for approval" if run["asked_until"] is not None and run["approval"] is None else "not finished"
