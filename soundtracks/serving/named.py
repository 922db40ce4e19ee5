"""Films and albums that people name though no run came across them: asked of TMDB and Discogs, and kept for the runs to come.

review/named/films/<tmdb_id>.json    a row of FILMS
review/named/albums/<sha256>.json    a row of ALBUMS
"""

import hashlib
import logging
from collections.abc import Collection
from typing import Any, Literal

import pyarrow as pa

from soundtracks.errors import LakeError, NotFound
from soundtracks.lake.lake import Lake
from soundtracks.records import ALBUMS, FILMS, conform
from soundtracks.settings import Settings
from soundtracks.sources.discogs import release_row
from soundtracks.sources.endpoints import access_to
from soundtracks.sources.http import Source
from soundtracks.sources.services import open_source
from soundtracks.sources.tmdb import Tmdb, film_row, rival_row

FOLDER = "review/named"
#: Films that a search answers with.
MAX_FOUND = 12

logger = logging.getLogger(__name__)
Row = dict[str, Any]


class Services:
    """TMDB and Discogs for one question at a time. Raises MissingSetting where a key is not set, SourceError."""

    def __init__(self, lake: Lake, settings: Settings) -> None:
        self.lake, self._settings = lake, settings

    def _open(self, name: Literal["tmdb", "discogs"]) -> Source:
        return open_source(access_to(name, self._settings), self.lake, self._settings)

    def film(self, tmdb_id: str) -> Row | None:
        """The film of an id, schema FILMS; kept, so that a run finds it. None where TMDB knows none."""
        with self._open("tmdb") as source:
            try:
                row = film_row(Tmdb(source).film(tmdb_id))
            except NotFound:
                return None
        self.lake.write_json(f"{FOLDER}/films/{row['tmdb_id']}.json", row)
        return row

    def search(self, title: str) -> list[Row]:
        """Films whose title TMDB finds, rows of FILMS without details."""
        with self._open("tmdb") as source:
            return [rival_row(found) for found in Tmdb(source).search(title)[:MAX_FOUND]]

    def album(self, album_id: str) -> Row | None:
        """The album of an id of Discogs, schema ALBUMS: of a release with a master, the master. Both are kept, so that a run
        finds them. None where Discogs knows none."""
        kind, _, number = album_id.partition(":")
        with self._open("discogs") as source:
            try:
                row = release_row(source.get(f"/{kind}s/{int(number)}", {}), kind)
            except NotFound:
                return None
        self.lake.write_json(_album_file(row["album_id"]), row)
        return (self.album(row["master_id"]) if row["master_id"] else None) or row


def _album_file(album_id: str) -> str:
    return f"{FOLDER}/albums/{hashlib.sha256(album_id.encode()).hexdigest()[:32]}.json"


def named_films(lake: Lake, ids: Collection[str]) -> pa.Table:
    """Those of these films that were named and kept, schema FILMS."""
    return _kept(lake, [f"{FOLDER}/films/{i}.json" for i in sorted(ids) if i.isascii() and i.isdigit()], FILMS)


def named_albums(lake: Lake, ids: Collection[str]) -> pa.Table:
    """Those of these albums that were named and kept, schema ALBUMS."""
    return _kept(lake, [_album_file(i) for i in sorted(ids)], ALBUMS)


def _kept(lake: Lake, names: Collection[str], schema: pa.Schema) -> pa.Table:
    rows = []
    for name in names:
        try:
            row = lake.read_json(name) if lake.exists(name) else None
            if row:
                rows.append(conform(pa.Table.from_pylist([row]), schema))
        except (LakeError, ValueError, pa.ArrowException) as error:  # a row that somebody damaged costs its title alone
            logger.warning("%s cannot be read: %s", name, error)
    return pa.concat_tables([schema.empty_table(), *rows])
