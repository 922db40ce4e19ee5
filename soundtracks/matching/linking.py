"""The match as functions of Arrow tables; the engines (pipeline.py) only bring batches here.

    albums (batch) ─ album_names ─▶ find_candidates ─ compare ─▶ decide ─▶ propagate_master_decision ─▶ links
                                     FilmIndex         weights (model)

Every step works on whole batches, and no result depends on how albums were cut into batches, only on the album, its
master's other releases, the index and the model.
"""

from collections.abc import Callable, Iterable, Iterator
from json.encoder import encode_basestring
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching import title_levels
from soundtracks.matching.blocking import CROWD, find_candidates
from soundtracks.matching.by_composer import with_films_by_composer
from soundtracks.matching.coverage import UNKNOWN, Coverage, sampled, share
from soundtracks.matching.evidence import FIRST_YEARS_NEAR, NAMES, YEARS_NEAR, compare
from soundtracks.matching.features import album_features
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.model import Model
from soundtracks.matching.said_films import with_said_films
from soundtracks.matching.standards import standards
from soundtracks.records import ALBUMS, LINKS, work_ids
from soundtracks.text.canonical import album_names

#: Called with (what is being done, done, total; 0: unknown).
Progress = Callable[[str, int, int], None]

#: Takes tables of COUNTED, in order.
Write = Callable[[pa.Table], None]

#: Says which albums of a job are linked, as GROUPED, once the films are indexed and the job is counted.
Choose = Callable[[FilmIndex], pa.Table]

#: Albums that share a group are releases of one master: they are linked in one batch, and alike.
GROUPED = ALBUMS.append(pa.field("group", pa.string(), nullable=False))
#: On the first row of each album (others: 0): how many candidate pairs were scored for it, and how many films of its name were
#: passed over, as more bear it than are looked at (blocking.CROWD).
COUNTS = ("candidates", "passed_over")
#: LINKS and COUNTS.
COUNTED = pa.schema([*LINKS, *(pa.field(name, pa.int32(), nullable=False) for name in COUNTS)])

#: Albums a batch. Enough that numpy works, not Python; about 100 MB of evidence at most.
BATCH = 5_000


def link_batch(albums: pa.Table, index: FilmIndex, model: Model) -> pa.Table:
    """Links of a batch of albums (schema ALBUMS): COUNTED rows in the albums' order, each album on its own."""
    names = album_names(albums)
    pairs = with_said_films(candidates(albums, names, index), albums, names, index)
    films = index.taken(pairs["film"].combine_chunks())
    # features of albums that have candidates only
    some, row = np.unique(pairs["album"].to_numpy(), return_inverse=True)
    features = album_features(albums.take(pa.array(some)), index.statistics.composers).take(pa.array(row))
    levels = compare(pairs, films, features, index.statistics.coverage or UNKNOWN, index.statistics.standards)
    links = model.decide(albums, pairs, films, levels)
    return _count(links, albums, pairs)


def candidates(albums: pa.Table, names: pa.Table, index: FilmIndex) -> pa.Table:
    """The pairs (blocking.PAIRS) of a batch: by name, or where no name is a film's by composer and year."""
    return with_films_by_composer(find_candidates(albums, names, index), albums, names, index)


#: An album's name that is a film's, or its main title, or one of two.
_NAMED_SO = title_levels.ONE_OF_TWO


def estimate_coverage(albums: pa.Table, index: FilmIndex) -> Coverage:
    """How much of the albums' world the films of the index cover. `albums`: all of the job, at least id and title."""
    sample, says = sampled(albums)
    pairs = find_candidates(sample, album_names(sample), index, similar=False)
    if not len(pairs):
        return Coverage(share(0, int(says.sum()), UNKNOWN.known), UNKNOWN.agreeing)
    films = index.taken(pairs["film"].combine_chunks())
    album = pairs["album"].to_numpy()
    levels = compare(pairs, films, album_features(sample, index.statistics.composers).take(pairs["album"]))
    title, year, first, record = (levels[:, NAMES.index(name)] for name in ("title", "year", "first year", "record"))
    named = _albums_where(album, (title >= _NAMED_SO) & (record < 0), len(sample))
    equal = title == title_levels.EQUAL
    dated = _albums_where(album, equal & ((year >= 0) | (first >= 0)), len(sample))
    near = _albums_where(album, equal & (np.isin(year, YEARS_NEAR) | np.isin(first, FIRST_YEARS_NEAR)), len(sample))
    plain = ~says
    return Coverage(
        share(int((named & says).sum()), int(says.sum()), UNKNOWN.known),
        share(int((near & plain).sum()), int((dated & plain).sum()), UNKNOWN.agreeing),
    )


def covering(index: FilmIndex, albums: pa.Table) -> FilmIndex:
    """The index with coverage and standards of this job, whose albums are all of `albums`."""
    return index.with_coverage(estimate_coverage(albums, index), standards(albums))


def _albums_where(album: npt.NDArray[np.int32], pair: npt.NDArray[np.bool_], count: int) -> npt.NDArray[np.bool_]:
    """Which albums have a pair for which it holds."""
    found = np.zeros(count, dtype=bool)
    found[album[pair]] = True
    return found


def link_stream(batches: Iterable[pa.RecordBatch | pa.Table], index: FilmIndex, model: Model) -> Iterator[pa.Table]:
    """Links of a stream of albums (schema GROUPED), ordered by group, then album_id."""
    for albums in whole_groups(batches):
        yield propagate_master_decision(link_batch(albums.drop_columns("group"), index, model), albums)


def with_groups(albums: pa.Table) -> pa.Table:
    """Albums (ALBUMS) as GROUPED, ordered by group, then album_id."""
    return (
        albums.select(ALBUMS.names)
        .append_column("group", work_ids(albums))
        .cast(GROUPED)
        .sort_by([("group", "ascending"), ("album_id", "ascending")])
    )


def propagate_master_decision(links: pa.Table, albums: pa.Table) -> pa.Table:
    """Gives the releases of one master one decision.

    Where a master is accepted, its releases have its films; where only releases are, master and siblings have those of
    the surest release (highest match weight; ties: first album_id). Nothing follows a review or a rejection.
    """
    of_album = pc.index_in(links["album_id"], value_set=albums["album_id"].combine_chunks()).to_numpy()
    group = pc.dictionary_encode(albums["group"].combine_chunks()).indices.to_numpy().astype(np.int64)
    shared = (np.bincount(group) > 1)[group][of_album]  # links of groups of several albums
    group = group[of_album]
    if not shared.any():
        return links
    columns = ("album_id", "tmdb_id", "decision", "match_weight", *COUNTS)
    rows = np.flatnonzero(shared)
    some = links.select(columns).take(pa.array(rows))
    known = dict(
        zip(rows.tolist(), map(_Link._make, zip(*(some[name].to_pylist() for name in columns), strict=True)), strict=True)
    )
    groups: dict[int, dict[str, list[int]]] = {}  # the links of each album of each group
    for at, link in known.items():
        groups.setdefault(int(group[at]), {}).setdefault(link.album, []).append(at)
    source: list[int] = []  # what each link of the result is made of
    follows: dict[int, _Follows] = {}
    done = 0
    for members in groups.values():
        first = min(map(min, members.values()))
        source += range(done, first)  # those of groups of one album stay
        done = 1 + max(map(max, members.values()))
        leader = _leader(members, known)
        films = {known[at].film for at in members.get(leader, ())}
        for album, own in members.items():
            if not leader or {known[at].film for at in own if known[at].decision == "accept"} == films:
                source += own
                continue
            for n, at in enumerate(members[leader]):
                counts = (known[own[0]].candidates, known[own[0]].passed_over) if n == 0 else (0, 0)
                follows[len(source)] = _Follows(album, leader, *counts)
                source.append(at)
    source += range(done, len(links))
    return _following(links.take(pa.array(source)), follows) if follows else links


class _Link(NamedTuple):
    """What tells who follows whom."""

    album: str
    film: str | None
    decision: str
    weight: float
    candidates: int
    passed_over: int


class _Follows(NamedTuple):
    """An album, the one whose link it takes, and its own counts."""

    album: str
    leader: str
    candidates: int
    passed_over: int


def _leader(members: dict[str, list[int]], known: dict[int, _Link]) -> str:
    """The album whose films the group takes; "" for none."""
    accepted = [album for album, (first, *_) in members.items() if known[first].decision == "accept"]
    if len(members) == 1 or not accepted:
        return ""
    return min(accepted, key=lambda album: (not album.startswith("master:"), -known[members[album][0]].weight, album))


def _following(links: pa.Table, follows: dict[int, _Follows]) -> pa.Table:
    """Makes some links, by their row, those of another album."""
    rows = np.array(list(follows))
    albums, leaders, *counts = zip(*follows.values(), strict=True)
    stories = [
        f'{story[:-1]}, "follows": {{"value": {encode_basestring(leader)}, "level": "same master", "weight": 0.0}}}}'
        for story, leader in zip(links["evidence"].take(pa.array(rows)).to_pylist(), leaders, strict=True)
    ]
    mask = pa.array(np.isin(np.arange(len(links)), rows))
    for name, values in (("album_id", albums), ("evidence", stories), *zip(COUNTS, counts, strict=True)):
        at, field = links.column_names.index(name), links.schema.field(name)
        links = links.set_column(
            at, field, pc.replace_with_mask(links[name].combine_chunks(), mask, pa.array(values, field.type))
        )
    return links


def whole_groups(batches: Iterable[pa.RecordBatch | pa.Table]) -> Iterator[pa.Table]:
    """The same rows (GROUPED) as tables of about BATCH rows that never cut a group."""
    held: pa.Table = GROUPED.empty_table()
    for batch in batches:
        table = pa.table(batch) if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
        held = pa.concat_tables([held, table.select(GROUPED.names).cast(GROUPED)])
        while len(held) > BATCH:
            groups = held["group"]
            at = BATCH
            while at < len(held) and groups[at] == groups[at - 1]:
                at += 1
            if at == len(held):  # the group may go on in the next batch
                break
            yield held.slice(0, at).combine_chunks()
            held = held.slice(at)
    if len(held):
        yield held.combine_chunks()


def _count(links: pa.Table, albums: pa.Table, pairs: pa.Table) -> pa.Table:
    """Adds the columns COUNTS."""
    album = pairs["album"].to_numpy()
    count, passed_over = np.zeros((2, len(albums)), dtype=np.int64)
    np.add.at(count, album, 1)
    np.maximum.at(passed_over, album, pairs["namesakes"].to_numpy() - CROWD)
    row = pc.index_in(links["album_id"], value_set=albums["album_id"].combine_chunks()).to_numpy()
    first = np.append(True, row[1:] != row[:-1])[: len(row)]
    for name, values in zip(COUNTS, (count, passed_over), strict=True):
        links = links.append_column(COUNTED.field(name), pa.array(np.where(first, values[row], 0).astype(np.int32)))
    return links
