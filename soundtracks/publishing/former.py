"""Lakes of before the catalogue: what gold/links held becomes its first rows."""

import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.errors import BadInput, LakeError
from soundtracks.lake.lake import Lake
from soundtracks.publishing.catalogue_tables import CatalogueTables, RunResult
from soundtracks.records import ALBUMS, FILMS, LINKS, conform

FORMER = "gold/links"


def open_catalogue(lake: Lake) -> CatalogueTables:
    """The catalogue of a lake where something was published. Raises BadInput before that."""
    tables = CatalogueTables(lake)
    adopt(lake, tables)
    if tables.is_empty:
        raise BadInput(
            f"Nothing is published in {lake.url} yet.", hint="Run `soundtracks run TITLES` or `soundtracks demo` first."
        )
    return tables


def adopt(lake: Lake, tables: CatalogueTables) -> None:
    """Takes the last list that gold/links held into a catalogue whose links nobody has committed yet: whoever was interrupted at
    it may have made their table. Decisions come with the next run.

    Where a person had decided, the model's own word is not known any more: `review`, until a run decides anew.
    """
    if tables.links.newest or (former := lake.current(FORMER)) is None:
        return
    view = lake.read_table(former, "links.parquet")
    links = conform(view, LINKS)
    by_person = pc.equal(view["decided_by"], "person")
    links = links.set_column(LINKS.get_field_index("decision"), "decision", pc.if_else(by_person, "review", links["decision"]))
    own = links.filter(pc.or_(pc.invert(by_person), pc.is_valid(links["match_weight"])))
    tables.publish(
        RunResult(
            run_id=former.folder,
            films=_rows(lake, view, FILMS, "tmdb_id", "silver/films", {"title": "film_title", "year": "film_year"}),
            albums=_rows(lake, view, ALBUMS, "album_id", "silver/albums", _OF_ALBUM),
            links=own,
        )
    )


_OF_ALBUM = {"title": "album_title", "artist": "album_artist", "year": "album_year", "first_year": "album_first_year"}


def _rows(lake: Lake, view: pa.Table, schema: pa.Schema, key: str, dataset: str, names: dict[str, str]) -> pa.Table:
    """The rows that the links name: as the dataset has them, else with what the links say of them."""
    try:
        ref = lake.current(dataset)
        known = conform(lake.read_table(ref), schema) if ref else schema.empty_table()
    except LakeError:
        known = schema.empty_table()
    known = known.filter(pc.is_in(known[key], value_set=view[key].combine_chunks()))
    other = view.filter(pc.and_(pc.is_valid(view[key]), pc.invert(pc.is_in(view[key], value_set=known[key].combine_chunks()))))
    first = other.take(pc.index_in(other[key].unique(), value_set=other[key].combine_chunks()))
    said = pa.table({key: first[key]} | {name: first[column] for name, column in names.items()})
    return pa.concat_tables([known, conform(said, schema)])
