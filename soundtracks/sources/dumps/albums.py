"""Albums for a list of films out of imported dumps: what searches would have found, without a request."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.records import ALBUMS, conform
from soundtracks.sources.discogs import Film
from soundtracks.text.search_wording import Wanted


def albums_of(films: Iterable[Film], masters: pa.Table, releases: pa.Table) -> pa.Table:
    """Albums (schema ALBUMS, sorted by id) that may be of one of the films, and the releases of such masters.

    `masters`, `releases`: as imported; either may be empty. A release gets its master's first year, which its own record in
    the dump lacks.
    """
    wanted = Wanted(title for film in films for title in (*film.own_titles, *(film.alternative_titles or [])))
    ids, years = masters["album_id"].to_pylist(), masters["year"].to_pylist()
    first_years = dict(zip(ids, years, strict=True))
    kept = masters.filter(pa.array(wanted.held_by(masters), pa.bool_()))
    of_kept = pc.is_in(releases["master_id"], value_set=kept["album_id"].combine_chunks())
    found = releases.filter(pc.or_(of_kept, pa.array(wanted.held_by(releases), pa.bool_())))
    first = pa.array([first_years.get(master) for master in found["master_id"].to_pylist()], pa.int32())
    found = found.set_column(found.schema.get_field_index("first_year"), "first_year", first)
    return pa.concat_tables([conform(kept, ALBUMS), conform(found, ALBUMS)]).sort_by("album_id")
