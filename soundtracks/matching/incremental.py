"""Matching again: what a match from scratch would decide just so is kept from the matches before, the rest is scored.

A group of albums (releases of one master) keeps its links when
- its albums are the same, and so is what the whole job says of them: how much of their world the films cover (coverage.py),
  which of their names are standards (standards.py);
- no film that is new, changed or gone is one that they look for (looking_for.py);
- and, where no film bears their names, no film is new, changed or gone at all: what merely resembles a name hangs on the names
  of all films.

So the links are those of a match from scratch. A match remembers the groups of earlier ones too, since when which film is
there, and as of when a group was decided: lists that are matched in turn do not forget each other.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from soundtracks.matching.grams import name_hash
from soundtracks.matching.index import FilmIndex
from soundtracks.matching.linking import COUNTED
from soundtracks.matching.looking_for import film_keys, looked_for
from soundtracks.matching.match_state import FILM_ROWS, GROUP_ROWS, MatchState
from soundtracks.matching.renown import renown_levels
from soundtracks.matching.trades import Hashes

#: Groups of earlier matches that are remembered beside those of this one: with 1 kB a link, some 30 MB.
REMEMBERED = 200_000
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass
class Rematch:
    """One match that knows those before it. `films`: FILMS, in the order of the index; `albums`: GROUPED.

    `new`: says which albums are scored; then `finish` takes their links.
    """

    before: MatchState
    films: pa.Table
    albums: pa.Table
    _kept: pa.Table = field(default_factory=GROUP_ROWS.empty_table, init=False)
    _new: pa.Table = field(default_factory=GROUP_ROWS.empty_table, init=False)
    _history: pa.Table = field(default_factory=FILM_ROWS.empty_table, init=False)

    def __post_init__(self) -> None:
        self.turn = self.before.turn + 1
        self._film = _film_digests(self.films)
        self._group, self._digest = group_digests(self.albums)
        self._place = pc.index_in(self._group, value_set=self.before.groups["group"].combine_chunks())
        self._job = _job(self._film, self._digest)

    @property
    def is_the_last_one(self) -> bool:
        """Whether the match before was of the same films and albums."""
        return self._job == self.before.job

    @property
    def unseen(self) -> int:
        """How many albums no match before has seen as they are: so many are scored at least."""
        return int(self._of_groups(~self._seen_before()).sum())

    def new(self, index: FilmIndex) -> pa.Table:
        """The albums to score, once the films are indexed and the job is counted."""
        statistics = index.statistics
        assert statistics.coverage is not None
        coverage = statistics.coverage.known_level * 16 + statistics.coverage.agreeing_level
        self._history = _history(self.before.films, self._film, index, self.turn)
        rows = np.flatnonzero(self._seen_before())
        known = self.before.groups.take(self._place.take(pa.array(rows)))
        stands = np.flatnonzero(self._stands(known, coverage, statistics.standards))
        self._kept = known.take(pa.array(stands)).drop_columns("seen").append_column("seen", _constant(self.turn, len(stands)))
        again = np.ones(len(self._group), dtype=bool)
        again[rows[stands]] = False
        albums = self.albums.filter(pa.array(self._of_groups(again)))
        keys, is_open = looked_for(albums, index)
        self._new = pa.table(
            {
                "group": self._group.filter(pa.array(again)),
                "digest": self._digest[again],
                "coverage": _constant(coverage, int(again.sum())),
                "standards": _sum_among(keys, statistics.standards),
                "open": is_open,
                "seen": _constant(self.turn, int(again.sum())),
                "keys": keys,
            }
        )
        return albums

    def finish(self, links: pa.Table) -> tuple[pa.Table, MatchState]:
        """(links of all albums, COUNTED in the order of a match from scratch; what the next match should know).

        `links`: COUNTED, of the albums that were new.
        """
        with_own = _with_group(links, self.albums)
        kept = self.before.links_of(self._kept["group"])
        every = in_order(pa.concat_tables([with_own, kept]))
        groups = pa.concat_tables([t.select(GROUP_ROWS.names).cast(GROUP_ROWS) for t in (self._new, self._kept)])
        others = self._others()
        remembered = pa.concat_tables([groups, others])
        oldest = pc.min(remembered["seen"]).as_py() or self.turn
        needed = pc.or_kleene(pc.is_null(self._history["until"]), pc.greater(self._history["until"], oldest))
        state = MatchState(
            self.turn,
            self._job,
            self._history.filter(needed),
            remembered,
            pa.concat_tables([every, self.before.links_of(others["group"])]),
        )
        return every.drop_columns("group"), state

    def as_before(self) -> pa.Table:
        """The links of the match before, where it was the same."""
        return in_order(self.before.links_of(pa.chunked_array([self._group]))).drop_columns("group")

    def _seen_before(self) -> Flags:
        """Groups that the state knows with the same albums."""
        seen = np.zeros(len(self._group), dtype=bool)
        rows = np.flatnonzero(pc.is_valid(self._place))
        digests = self.before.groups["digest"].take(self._place.take(pa.array(rows))).to_numpy()
        seen[rows] = digests == self._digest[rows]
        return seen

    def _stands(self, known: pa.Table, coverage: int, standards: Hashes) -> Flags:
        """Which groups (GROUP_ROWS) a match from scratch would decide just so."""
        keys = known["keys"].combine_chunks()
        stands: Flags = (known["coverage"].to_numpy() == coverage) & (
            _sum_among(keys, standards) == known["standards"].to_numpy()
        )
        flat, owner = _flat(keys)
        seen, is_open = known["seen"].to_numpy(), known["open"].to_numpy(zero_copy_only=False)
        since, until = (pc.fill_null(self._history[name], 0).to_numpy() for name in ("since", "until"))
        for turn in np.unique(seen):
            changed = self._history.filter(pa.array((since > turn) | (until > turn)))
            if not len(changed):
                continue
            touched = is_open.copy()
            touched[owner[np.isin(flat, _flat(changed["keys"].combine_chunks())[0])]] = True
            stands &= ~(touched & (seen == turn))
        return stands

    def _of_groups(self, groups: Flags) -> Flags:
        """The same for each album."""
        return np.repeat(groups, np.diff(np.append(_starts(self.albums["group"]), len(self.albums))))

    def _others(self) -> pa.Table:
        """Groups of earlier matches that this one has not, those seen last first where there are too many."""
        known = self.before.groups
        others = known.filter(pc.invert(pc.is_in(known["group"], value_set=self._group)))
        return others.sort_by([("seen", "descending"), ("group", "ascending")]).slice(0, REMEMBERED)


def group_digests(albums: pa.Table) -> tuple[pa.Array, npt.NDArray[np.uint64]]:
    """(group, digest of its albums) of albums in the order of GROUPED: it tells whether any of them changed."""
    start = _starts(albums["group"])
    place = np.arange(len(albums)) - np.repeat(start, np.diff(np.append(start, len(albums))))
    # the place within its group goes in, so that rows that swap their content are seen
    mixed = _digests(albums) * (2 * place + 1).astype(np.uint64)
    return albums["group"].combine_chunks().take(pa.array(start)), np.add.reduceat(mixed, start) if len(start) else mixed


def in_order(links: pa.Table) -> pa.Table:
    """Links with `group` in the order of a full match: by group, then album_id; rows of one album stay as they are."""
    place = np.arange(len(links))
    keys = pa.table({"group": links["group"], "album": links["album_id"], "place": place})
    return links.take(pc.sort_indices(keys, [(name, "ascending") for name in keys.column_names]))


def _film_digests(films: pa.Table) -> npt.NDArray[np.uint64]:
    """Of each film, how many facts are known of it beside the others of its list, and when it was entered (renown.py)."""
    known, entered = renown_levels(films)
    levels = known.astype(np.uint64) * np.uint64(16) + (entered + 1).astype(np.uint64)
    return _digests(films) + (levels + np.uint64(1)) * _MULTIPLIER


def _history(before: pa.Table, digest: npt.NDArray[np.uint64], index: FilmIndex, turn: int) -> pa.Table:
    """Which films are there since when, and were until when (FILM_ROWS)."""
    then, until = before["digest"].to_numpy(), before["until"]
    there = np.asarray(pc.is_null(until))
    gone = pa.array(there & ~np.isin(then, digest))
    before = before.set_column(FILM_ROWS.get_field_index("until"), "until", pc.if_else(gone, pa.scalar(turn, pa.int32()), until))
    new = np.flatnonzero(~np.isin(digest, then[there]))
    added = {
        "digest": pa.array(digest[new], pa.uint64()),
        "keys": film_keys(index).take(pa.array(new)),
        "since": _constant(turn, len(new)),
        "until": pa.nulls(len(new), pa.int32()),
    }
    return pa.concat_tables([before, pa.table(added, FILM_ROWS)])


def _job(films: npt.NDArray[np.uint64], groups: npt.NDArray[np.uint64]) -> str:
    sides = (np.sort(films), np.sort(groups))
    return ":".join(f"{len(side)}.{int((side * (np.arange(len(side), dtype=np.uint64) * 2 + 1)).sum()):x}" for side in sides)


def _digests(table: pa.Table) -> npt.NDArray[np.uint64]:
    """64-bit digest of each row."""
    total = np.zeros(len(table), dtype=np.uint64)
    for name in table.column_names:
        column = table[name].combine_chunks()
        total = total * _MULTIPLIER + (_list_digests(column) if pa.types.is_list(column.type) else _text_digests(column))
    return total


def _list_digests(column: pa.ListArray) -> npt.NDArray[np.uint64]:
    """The place of each value goes in, and whether there is a list at all."""
    length = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
    flat, owner = pc.list_flatten(column), pc.list_parent_indices(column).to_numpy()
    place = np.arange(len(owner)) - (np.cumsum(length) - length)[owner]
    total = np.where(np.asarray(pc.is_valid(column)), length + 1, 0).astype(np.uint64)
    np.add.at(total, owner, _text_digests(flat) * (2 * place + 1).astype(np.uint64))
    return total


def _text_digests(column: pa.Array) -> npt.NDArray[np.uint64]:
    return name_hash(pc.fill_null(pc.cast(column, pa.string()), "\x00"))


def _starts(group: pa.ChunkedArray) -> Ints:
    """Where each group begins."""
    if not len(group):
        return np.zeros(0, dtype=np.int64)
    number = pc.dictionary_encode(group.combine_chunks()).indices.to_numpy()
    return np.flatnonzero(np.append(True, number[1:] != number[:-1]))


def _flat(keys: pa.ListArray) -> tuple[Hashes, Ints]:
    """(key, row that has it)."""
    return pc.list_flatten(keys).to_numpy(), pc.list_parent_indices(keys).to_numpy()


def _sum_among(keys: pa.ListArray, known: Hashes) -> npt.NDArray[np.uint64]:
    """A digest, for each row, of its keys that are among the known."""
    total = np.zeros(len(keys), dtype=np.uint64)
    flat, owner = _flat(keys)
    hit = np.isin(flat, known)
    np.add.at(total, owner[hit], flat[hit] * _MULTIPLIER)
    return total


def _constant(value: int, count: int) -> pa.Array:
    return pa.array(np.full(count, value, dtype=np.int32))


def _with_group(links: pa.Table, albums: pa.Table) -> pa.Table:
    """COUNTED links with the column `group` of their albums (GROUPED)."""
    row = pc.index_in(links["album_id"], value_set=albums["album_id"].combine_chunks())
    return links.select(COUNTED.names).append_column("group", albums["group"].take(row))
