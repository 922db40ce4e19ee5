"""Albums for a list of films out of imported dumps: what searches would have found, without a request."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.records import ALBUMS, conform
from soundtracks.sources.discogs import Film
from soundtracks.sources.dumps.title_index import TitlesOfDump
from soundtracks.text.search_wording import Wanted


@dataclass(frozen=True)
class Dump:
    """Imported masters or releases (schema ALBUMS; may be none), and their titles, to be searched."""

    albums: pa.Table
    titles: TitlesOfDump

    @classmethod
    def of(cls, albums: pa.Table) -> "Dump":
        return cls(albums, TitlesOfDump.build(albums))

    @classmethod
    def from_lake(cls, lake: Lake, ref: DatasetRef | None) -> "Dump":
        """What was imported; nothing, where nothing was. Raises LakeError."""
        if ref is None:
            return cls.of(ALBUMS.empty_table())
        albums = conform(lake.read_table(ref), ALBUMS)
        return cls(albums, TitlesOfDump.of(lake, ref, albums))


def albums_of(films: Iterable[Film], masters: Dump, releases: Dump) -> pa.Table:
    """Albums (schema ALBUMS, sorted by id) that may be of one of the films, and the releases of such masters.

    A release gets its master's first year, which its own record in the dump lacks.
    """
    wanted = Wanted(title for film in films for title in (*film.own_titles, *(film.alternative_titles or [])))
    kept = masters.albums.take(pa.array(masters.titles.held(wanted)))
    of_kept = pc.is_in(releases.albums["master_id"], value_set=kept["album_id"].combine_chunks())
    held = np.zeros(len(releases.albums), dtype=bool)
    held[releases.titles.held(wanted)] = True
    found = releases.albums.filter(pc.or_(of_kept, pa.array(held)))
    master = pc.index_in(found["master_id"], value_set=masters.albums["album_id"].combine_chunks(), skip_nulls=True)
    first = masters.albums["year"].combine_chunks().take(master)
    found = found.set_column(ALBUMS.get_field_index("first_year"), ALBUMS.field("first_year"), first)
    return pa.concat_tables([kept, found]).sort_by("album_id")
