"""Matching again when only some films or albums are new: what cannot have changed is kept from the match before.

A group of albums (releases of one master) keeps its links when
- none of its albums is new, changed or gone, and
- no film that is new, changed or gone has a name that equals one of theirs, or comes close enough to be fetched for one,
  or is the one that they are said to belong to.

The second is asked of a small index of just those films, old and new versions, with the statistics of the match before:
a film that is fetched from the whole index is fetched from this one too, since fewer names compete for the same places.
So the links are those of a full match with these statistics. Statistics are counted anew, and everything is matched,
when the films have grown or shrunk by a fifth, and when code or weights of the match changed.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from soundtracks.matching.blocking import affected_albums
from soundtracks.matching.by_composer import has_film_by_composer
from soundtracks.matching.coverage import UNKNOWN, Coverage
from soundtracks.matching.index import FilmIndex, Statistics
from soundtracks.matching.said_films import has_said_film
from soundtracks.text.canonical import album_names

#: Share of films by which a catalogue may grow or shrink before its statistics are counted anew. A gram's weight is the
#: logarithm of a share: a fifth more films moves it by at most 0.3 bits.
DRIFT = 0.2

_BATCH = 20_000
Digests = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Earlier:
    """What a match leaves for the next: digests of films and groups, statistics, links."""

    films: pa.Table  # FILMS
    groups: dict[str, int]  # group -> digest of its albums
    statistics: Statistics
    links: pa.Table  # COUNTED and `group`

    @classmethod
    def open(cls, folder: Path) -> "Earlier | None":
        """None where there is none, or one of other code."""
        try:
            meta = json.loads((folder / "match.json").read_text())
            if meta["code"] != code_version():
                return None
            groups = pq.read_table(folder / "groups.parquet")
            frequency = np.load(folder / "frequency.npy")
            return cls(
                pq.read_table(folder / "films.parquet"),
                dict(zip(groups["group"].to_pylist(), groups["digest"].to_pylist(), strict=True)),
                Statistics(
                    meta["films"],
                    meta["names"],
                    frequency,
                    Coverage(*meta["coverage"]),
                    tuple(meta["told"]),
                    np.load(folder / "composers.npy"),
                    np.load(folder / "standards.npy"),
                    meta["of_tmdb"],
                ),
                pq.read_table(folder / "links.parquet"),
            )
        except (OSError, KeyError, ValueError, pa.ArrowInvalid):
            return None

    def save(self, folder: Path) -> None:
        """Writes it; match.json goes first and comes last, so that half of it is none."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "match.json").unlink(missing_ok=True)
        pq.write_table(self.films, folder / "films.parquet")
        pq.write_table(self.links, folder / "links.parquet", compression="zstd")
        groups = pa.table({"group": list(self.groups), "digest": pa.array(self.groups.values(), pa.uint64())})
        pq.write_table(groups, folder / "groups.parquet")
        np.save(folder / "frequency.npy", self.statistics.frequency)
        np.save(folder / "composers.npy", self.statistics.composers)
        np.save(folder / "standards.npy", self.statistics.standards)
        coverage = self.statistics.coverage or UNKNOWN
        meta = {
            "code": code_version(),
            "films": self.statistics.films,
            "names": self.statistics.names,
            "coverage": [coverage.known, coverage.agreeing],
            "told": list(self.statistics.told),
            "of_tmdb": self.statistics.of_tmdb,
        }
        (folder / "match.json").write_text(json.dumps(meta))

    def still_fits(self, films: pa.Table) -> bool:
        """Whether the statistics serve for these films too."""
        return abs(len(films) - self.statistics.films) <= DRIFT * self.statistics.films

    def kept_groups(self, films: pa.Table, albums: pa.Table) -> set[str]:
        """Groups of `albums` (GROUPED) whose links are those of before."""
        now = group_digests(albums)
        same = {group for group, digest in now.items() if self.groups.get(group) == digest}
        changed = _changed(self.films, films)
        if not len(changed):
            return same
        index = FilmIndex.build(changed, statistics=self.statistics)
        for at in range(0, len(albums), _BATCH):
            batch = albums.slice(at, _BATCH).combine_chunks()
            rows = affected_albums(batch, album_names(batch), index) | has_said_film(batch, index)
            rows |= has_film_by_composer(batch, index)
            same.difference_update(batch["group"].filter(pa.array(rows)).to_pylist())
        return same


def group_digests(albums: pa.Table) -> dict[str, int]:
    """Digest of each group's albums (GROUPED, ordered), which tells whether any of them changed."""
    digests = _digests(albums)
    order = np.arange(len(albums), dtype=np.uint64)
    first = pd.Series(order).groupby(albums["group"].to_pandas()).transform("min").to_numpy()
    # the place within its group goes in, so that rows that swap their content are seen
    mixed = digests * (np.uint64(2) * (order - first) + np.uint64(1))
    sums = pd.Series(mixed).groupby(albums["group"].to_pandas(), sort=False).sum()
    return {str(group): int(value) for group, value in sums.items()}


def code_version() -> str:
    """Hash of the match's code and weights: links of other code are not kept."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted([*package.glob("matching/**/*"), *package.glob("text/*"), package / "records.py"]):
        if path.suffix in (".py", ".csv"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _changed(before: pa.Table, after: pa.Table) -> pa.Table:
    """Films that stand in one table only, or differ: both versions."""
    old, new = _digests(before), _digests(after)
    return pa.concat_tables([before.filter(pa.array(~np.isin(old, new))), after.filter(pa.array(~np.isin(new, old)))])


def _digests(table: pa.Table) -> Digests:
    """64-bit digest of each row."""
    total = np.zeros(len(table), dtype=np.uint64)
    for name in table.column_names:
        column = table[name]
        if pa.types.is_list(column.type):
            column = pc.binary_join(column, "\x1f")
        text = pc.fill_null(pc.cast(column, pa.string()), "\x00").to_numpy(zero_copy_only=False)
        hashed = pd.util.hash_array(np.asarray(text, dtype=object), categorize=False)
        total = total * np.uint64(0x9E3779B97F4A7C15) + hashed
    return total


def with_group(links: pa.Table, albums: pa.Table) -> pa.Table:
    """COUNTED links with the column `group` of their albums (GROUPED)."""
    row = pc.index_in(links["album_id"], value_set=albums["album_id"].combine_chunks())
    return links.append_column("group", albums["group"].take(row))


def in_order(links: pa.Table) -> pa.Table:
    """Links with `group` in the order of a full match: by group, then album_id; rows of one album stay as they are."""
    place = np.arange(len(links))
    keys = pa.table({"group": links["group"], "album": links["album_id"], "place": place})
    return links.take(pc.sort_indices(keys, [(name, "ascending") for name in keys.column_names]))
