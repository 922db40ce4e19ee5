"""Which albums of an imported dump may be a film's, without reading every title again: prepared once a dump, kept in the lake.

It finds just the albums that `Wanted.held_by` does, by two lists that are in order, to be searched: the words of the albums'
titles, and the names that the match reads out of them, in all spellings.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, reduce
from hashlib import blake2b, sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from soundtracks.errors import LakeError
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.records import parquet_bytes
from soundtracks.text import search_wording
from soundtracks.text.search_wording import Wanted, fold, holds, names_of

Rows = npt.NDArray[np.int32]
_BATCH = 50_000
#: A hash, and the album (row) that has it; by hash.
_HITS = pa.schema([("hash", pa.uint64()), ("album", pa.int32())])
_FOLDED = pa.schema([("title", pa.string())])


@dataclass(frozen=True)
class TitlesOfDump:
    """`folded`: each album's title as search_wording.fold has it. `words`, `names`: _HITS."""

    folded: pa.Table
    words: pa.Table
    names: pa.Table

    @classmethod
    def build(cls, albums: pa.Table) -> "TitlesOfDump":
        """Of albums (columns title, artist): a minute or two for a million."""
        folded: list[str] = []
        words, names = [_HITS.empty_table()], [_HITS.empty_table()]
        for at in range(0, len(albums), _BATCH):
            batch = albums.slice(at, _BATCH)
            titles = [fold(title or "") for title in batch["title"].to_pylist()]
            said = [(at + row, word) for row, title in enumerate(titles) for word in set(title.split())]
            words.append(_hits(said))
            names.append(_hits([(at + row, name) for row, name in names_of(batch)]))
            folded += titles
        return cls(pa.table({"title": folded}, _FOLDED), _by_hash(words), _by_hash(names))

    def held(self, wanted: Wanted) -> Rows:
        """The albums (rows, ascending) that may be of one of the films."""
        hashed, album = (self.names[name].to_numpy() for name in _HITS.names)
        found = _find(_hashes(sorted(wanted.names)), hashed, album)
        return np.union1d(found, self._holding(sorted(wanted.titles.folded))).astype(np.int32)

    def _holding(self, titles: Iterable[str]) -> Rows:
        """The albums whose titles hold all words of one of these, in order and side by side."""
        split = {title: list(dict.fromkeys(title.split())) for title in titles}
        known = sorted({word for words in split.values() for word in words})
        hashed, album = (self.words[name].to_numpy() for name in _HITS.names)
        sought = _hashes(known)
        start, end = np.searchsorted(hashed, sought), np.searchsorted(hashed, sought, side="right")
        of_word = {word: album[first:last] for word, first, last in zip(known, start, end, strict=True)}
        found = [np.zeros(0, dtype=np.int32)]
        for title, words in split.items():
            rows = reduce(_both, sorted((of_word[word] for word in words), key=len))
            if " " in title and len(rows):
                texts = self.folded["title"].take(pa.array(rows)).to_pylist()
                rows = rows[np.fromiter((holds(text, title) for text in texts), dtype=bool, count=len(rows))]
            found.append(rows)
        return np.unique(np.concatenate(found))

    @classmethod
    def of(cls, lake: Lake, ref: DatasetRef, albums: pa.Table) -> "TitlesOfDump":
        """That of an imported dump, `albums`: as an earlier run left it in the lake, else built and left there.

        One that is of another version of the dump or of this code, or damaged, is built anew. Raises LakeError.
        """
        dataset, made_from = f"{ref.dataset}-titles", f"{ref.version}:{code_version()}"
        try:
            kept = lake.current(dataset)
            if kept is not None and lake.read_bytes(f"{kept.folder}/made-from") == made_from.encode():
                return cls(*(lake.read_table(kept, f"{name}.parquet") for name in _NAMES))
        except (LakeError, pa.ArrowException):
            pass  # as if there were none
        built = cls.build(albums)
        files = {f"{name}.parquet": parquet_bytes(getattr(built, name)) for name in _NAMES}
        lake.publish(dataset, files | {"made-from": made_from.encode()}, rows=len(albums))
        return built


_NAMES = ("folded", "words", "names")


@cache
def code_version() -> str:
    """Hash of what reads titles and names: an index of other code finds other albums."""
    digest = sha256()
    for path in sorted([*Path(search_wording.__file__).parent.glob("**/*.py"), Path(__file__)]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _hits(said: list[tuple[int, str]]) -> pa.Table:
    return pa.table({"hash": _hashes(text for _, text in said), "album": [row for row, _ in said]}, _HITS)


def _hashes(texts: Iterable[str]) -> npt.NDArray[np.uint64]:
    """64 bits of each text: two of ten million share theirs once in 400,000 dumps, and then an album is looked at in vain."""
    return np.frombuffer(b"".join(blake2b(text.encode(), digest_size=8).digest() for text in texts), dtype="<u8")


def _by_hash(parts: list[pa.Table]) -> pa.Table:
    table = pa.concat_tables(parts)
    order = np.lexsort((table["album"].to_numpy(), table["hash"].to_numpy()))
    return table.take(pa.array(order)).combine_chunks()


def _find(wanted: npt.NDArray[np.uint64], hashed: npt.NDArray[np.uint64], album: Rows) -> Rows:
    """The albums that have the wanted hashes, hash by hash; those of one ascending."""
    start = np.searchsorted(hashed, wanted)
    count = np.searchsorted(hashed, wanted, side="right") - start
    shift = np.repeat(start - np.cumsum(count) + count, count)
    found: Rows = album[np.arange(len(shift)) + shift]
    return found


def _both(few: Rows, many: Rows) -> Rows:
    """Those of `few` that are among `many`, both ascending: a search for each of the few, however many the others are."""
    at = np.searchsorted(many, few)
    inside = at < len(many)
    few, at = few[inside], at[inside]
    both: Rows = few[many[at] == few]
    return both
