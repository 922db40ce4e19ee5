"""Albums for a list of films out of imported dumps: what searches would have found, without a request."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.records import ALBUMS
from soundtracks.sources.discogs import Film
from soundtracks.text.search_wording import TitleIndex, fold


def albums_of(films: Iterable[Film], masters: pa.Table, releases: pa.Table) -> pa.Table:
    """Albums (schema ALBUMS, sorted by id) whose title holds a title of one of the films, and the releases of such masters.

    `masters`, `releases`: as imported; either may be empty. A release gets its master's first year, which its own record in
    the dump lacks.
    """
    titles = TitleIndex(fold(title) for film in films for title in (*film.own_titles, *(film.alternative_titles or [])))
    ids, years = masters["album_id"].to_pylist(), masters["year"].to_pylist()
    first_years = dict(zip(ids, years, strict=True))
    kept = masters.filter(_holding(masters, titles))
    of_kept = pc.is_in(releases["master_id"], value_set=kept["album_id"].combine_chunks())
    found = releases.filter(pc.or_(of_kept, _holding(releases, titles)))
    first = pa.array([first_years.get(master) for master in found["master_id"].to_pylist()], pa.int32())
    found = found.set_column(found.schema.get_field_index("first_year"), "first_year", first)
    return pa.concat_tables([kept.cast(ALBUMS), found.cast(ALBUMS)]).sort_by("album_id")


def _holding(albums: pa.Table, titles: TitleIndex) -> pa.Array:
    return pa.array(
        [next(titles.within(fold(title or "")), None) is not None for title in albums["title"].to_pylist()], pa.bool_()
    )
