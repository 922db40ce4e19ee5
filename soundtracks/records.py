"""Every table's schema, once, and what all tables need: conform, first of each id, Parquet bytes.

Nullable everywhere but ids; null means unknown, never 0 or "".
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

STRINGS = pa.list_(pa.string())

#: A list of titles, the dataset silver/titles. `row`: line in the file, from 1. `title` is null where only an id is given.
#: `alternative_titles`: other titles that the list has for the film.
TITLES = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        ("title", pa.string()),
        ("year", pa.int32()),
        ("tmdb_id", pa.string()),
        ("imdb_id", pa.string()),  # tt0083658
        ("wikidata_id", pa.string()),  # Q184843
        ("alternative_titles", STRINGS),
    ]
)

#: TMDB films. `year`: of the first release. `composers`: crew with job Original Music Composer, else Music.
#: A rival may be a television series: its `tmdb_id` is "tv:ID", for TMDB numbers series by themselves; `year`: of its first
#: broadcast.
FILMS = pa.schema(
    [
        pa.field("tmdb_id", pa.string(), nullable=False),
        ("title", pa.string()),
        ("original_title", pa.string()),
        ("alternative_titles", STRINGS),
        ("year", pa.int32()),
        ("composers", STRINGS),
        # beyond the file contract of `link`, null where unknown
        ("performers", STRINGS),  # billed cast, first five
        ("language", pa.string()),  # ISO 639-1
        ("popularity", pa.float64()),
        ("imdb_id", pa.string()),
        ("wikidata_id", pa.string()),
        ("untied_soundtracks", STRINGS),  # items of its soundtrack albums that Wikidata ties to no record of Discogs
        ("poster", pa.string()),  # path of the poster on TMDB's picture server, such as /63N9.jpg
        # null and true: a film of the user's list; false: a rival, which competes for albums but is never linked
        ("listed", pa.bool_()),
        ("composer_aliases", STRINGS),  # other names of the composers: stage names, their own scripts
        ("last_year", pa.int32()),  # of a series: year of its last broadcast
    ]
)
#: What the `tmdb_id` of a television series begins with.
SERIES = "tv:"

#: Discogs albums. `album_id`: "master:ID" or "release:ID". `year`: of this edition; `first_year`: of its master.
ALBUMS = pa.schema(
    [
        pa.field("album_id", pa.string(), nullable=False),
        ("title", pa.string()),
        ("artist", pa.string()),
        ("year", pa.int32()),
        ("genres", STRINGS),
        ("styles", STRINGS),
        ("formats", STRINGS),
        # beyond the file contract of `link`, null where unknown
        ("first_year", pa.int32()),
        ("master_id", pa.string()),
        ("country", pa.string()),
        ("labels", STRINGS),
        ("barcode", pa.string()),
        ("artist_names", STRINGS),  # the artists' own names, where `artist` shows the variations on the sleeve
        ("tracks", STRINGS),  # names of the tracks, or one number: how many there are
        ("catalogue_numbers", STRINGS),  # the labels' own numbers of a pressing
        # what MusicBrainz and Wikidata know of the album, from imported dumps (sources/dumps/known_ids.py)
        ("film_ids", STRINGS),  # IMDb's and Wikidata's ids of the films that it is said to belong to
        ("musicbrainz_id", pa.string()),  # of the release group
        ("wikidata_id", pa.string()),  # of the album's item
        ("musicbrainz_has", STRINGS),  # ids that the release group links already: master:1, release:2, tt0083658, Q103569
        ("wikidata_has", STRINGS),  # ids that the item has already: the same, and the release group's
        ("artist_aliases", STRINGS),  # other names of the artists, as Discogs' artists have them
    ]
)

#: One row for each accepted film of an album, or its best candidate otherwise.
#: `evidence`: JSON object, name -> {"value": …, "level": …, "weight": bits}, in the order of the model's table.
LINKS = pa.schema(
    [
        pa.field("album_id", pa.string(), nullable=False),
        ("tmdb_id", pa.string()),
        pa.field("decision", pa.string(), nullable=False),  # accept | review | reject
        ("probability", pa.float64()),
        ("match_weight", pa.float64()),  # bits: sum of the pair's own evidence, before candidates compete
        ("runner_up_tmdb_id", pa.string()),
        ("runner_up_gap", pa.float64()),  # bits
        ("evidence", pa.string()),
    ]
)

#: One broken rule of one row that was set aside. `row`: the row as JSON.
QUARANTINE = pa.schema(
    [("row", pa.string()), ("rule", pa.string()), ("column", pa.string()), ("value", pa.string()), ("reason", pa.string())]
)


def work_ids(albums: pa.Table) -> pa.ChunkedArray:
    """The album as a work, for each row of `albums` (album_id, master_id): "master:ID", or its own id without a master.

    Discogs' 0 and null both mean that there is none.
    """
    master = pc.replace_substring_regex(albums["master_id"], "^master:", "")
    known = pc.and_(pc.is_valid(master), pc.invert(pc.is_in(master, value_set=pa.array(["", "0"]))))
    named = pc.binary_join_element_wise("master:", master, "")
    return pc.if_else(pc.fill_null(known, False), named, albums["album_id"])


def listed_films(films: pa.Table) -> pa.Table:
    """The films of the user's list: without rivals. Where nothing is said, a film is listed."""
    if "listed" not in films.column_names:
        return films
    return films.filter(pc.fill_null(films["listed"].cast(pa.bool_()), True))


def track_count(tracks: list[str] | None) -> int | None:
    """How many tracks there are in a cell of ALBUMS.tracks: one number alone is their count. None where it is not known."""
    if not tracks:
        return None
    return int(tracks[0]) if len(tracks) == 1 and tracks[0].isdecimal() and len(tracks[0]) < 5 else len(tracks)


def track_counts(cells: pa.ChunkedArray) -> pa.Array:
    """`track_count` of each cell of ALBUMS.tracks, int32; only lists of one become Python objects."""
    counts = pc.list_value_length(cells).combine_chunks()
    counts = pc.if_else(pc.equal(counts, 0), None, counts)
    alone = pc.fill_null(pc.equal(counts, 1), False)
    numbers = pa.array(map(track_count, cells.filter(alone).to_pylist()), pa.int32())
    return pc.replace_with_mask(counts, alone, numbers)


#: Rows of a Parquet file that one Spark task reads at least: a file of one row group is read by one core alone.
ROW_GROUP = 50_000


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """`table` with exactly the columns of `schema`; missing ones are null, and nulls among the names of a list are left out."""
    columns = [
        _names_known(table[field.name].cast(field.type)) if field.name in table.column_names else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _names_known(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column whose lists hold no nulls; others' Parquet files may have them."""
    if column.type != STRINGS or not any(chunk.values.null_count for chunk in column.chunks):
        return column
    rows = (None if row is None else [name for name in row if name is not None] for row in column.to_pylist())
    return pa.chunked_array([pa.array(rows, STRINGS)])


def first_of_each_id(table: pa.Table, column: str) -> pa.Table:
    """The first row of each value of `column`, in order."""
    first: dict[Any, int] = {}
    for row, value in enumerate(table[column].to_pylist()):
        first.setdefault(value, row)
    return table if len(first) == len(table) else table.take(pa.array(first.values(), pa.int64()))


def parquet_bytes(table: pa.Table) -> bytes:
    """A Parquet file of one table. Same rows, same bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", row_group_size=ROW_GROUP)
    return bytes(sink.getvalue().to_pybytes())
