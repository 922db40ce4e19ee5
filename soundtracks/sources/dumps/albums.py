"""Albums for a list of films out of imported dumps: what searches would have found, without a request.

And what the match would see: an album stays where one of the names read out of it is one of a film's.
"""

from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.records import ALBUMS, conform
from soundtracks.sources.discogs import Film
from soundtracks.text.canonical import album_names, film_names
from soundtracks.text.search_wording import TitleIndex, fold


def albums_of(films: Iterable[Film], masters: pa.Table, releases: pa.Table) -> pa.Table:
    """Albums (schema ALBUMS, sorted by id) whose title holds a title of one of the films, and the releases of such masters.

    `masters`, `releases`: as imported; either may be empty. A release gets its master's first year, which its own record in
    the dump lacks.
    """
    all_titles = [(film.title, [*film.own_titles, *(film.alternative_titles or [])]) for film in films]
    titles = TitleIndex(fold(title) for _, every in all_titles for title in every)
    names = _names(all_titles)
    ids, years = masters["album_id"].to_pylist(), masters["year"].to_pylist()
    first_years = dict(zip(ids, years, strict=True))
    kept = masters.filter(_holding(masters, titles, names))
    of_kept = pc.is_in(releases["master_id"], value_set=kept["album_id"].combine_chunks())
    found = releases.filter(pc.or_(of_kept, _holding(releases, titles, names)))
    first = pa.array([first_years.get(master) for master in found["master_id"].to_pylist()], pa.int32())
    found = found.set_column(found.schema.get_field_index("first_year"), "first_year", first)
    return pa.concat_tables([conform(kept, ALBUMS), conform(found, ALBUMS)]).sort_by("album_id")


def _names(films: Sequence[tuple[str | None, list[str]]]) -> pa.Array:
    """Canonical names of films, given as (title, all titles)."""
    titles, others = [title for title, _ in films], [every for _, every in films]
    columns = {"title": titles, "original_title": titles, "alternative_titles": pa.array(others, pa.list_(pa.string()))}
    return film_names(pa.table(columns))["key"].combine_chunks()


def _holding(albums: pa.Table, titles: TitleIndex, names: pa.Array) -> pa.Array:
    """Which albums hold a title, word by word, or have a film's name read out of them."""
    read = album_names(albums)
    named = set(read["album"].filter(pc.is_in(read["key"], value_set=names)).to_pylist())
    return pa.array(
        [
            row in named or next(titles.within(fold(title or "")), None) is not None
            for row, title in enumerate(albums["title"].to_pylist())
        ],
        pa.bool_(),
    )
