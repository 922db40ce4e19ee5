"""Artists of a Discogs dump: their other names, by which a record may credit a film's composer.

Of ten million artists those are kept that have another name: a real one, another one that they record under (Oneohtrix Point
Never is Daniel Lopatin), or variations on sleeves. Names are unique in Discogs (`John Williams (4)`), and records name artists by
them.
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from soundtracks.lake.lake import Lake
from soundtracks.records import ALBUMS, STRINGS
from soundtracks.sources.discogs import bare_artist
from soundtracks.sources.dumps.discogs import parse_record, text_of, texts_of
from soundtracks.sources.dumps.stream import Malformed

DATASET = "silver/artists-dump"
ARTISTS = pa.schema([pa.field("artist_id", pa.string(), nullable=False), ("name", pa.string()), ("aliases", STRINGS)])
#: Names of one artist that are kept at most: some have hundreds of misspellings, the telling ones come first.
MAX_ALIASES = 30
_ROWS = 100_000
_SIGNS = (b"<realname>", b"<aliases>", b"<namevariations>")


def may_be_kept(record: bytes) -> bool:
    """A quick look: False only if `artist` would not keep it."""
    return any(sign in record for sign in _SIGNS)


def artist(record: bytes) -> dict[str, Any] | None:
    """The row (ARTISTS) of a record; None for an artist without another name. Raises Malformed."""
    element = parse_record(record[record.find(b"<artist>") :])
    number, name = text_of(element, "id"), text_of(element, "name")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Malformed(f"the id {number!r} is not a number")
    if not name:
        raise Malformed("it has no name")
    others = [text_of(element, "realname"), *texts_of(element, "aliases/name"), *texts_of(element, "namevariations/name")]
    own = bare_artist(name).casefold()
    aliases = {bare_artist(other): None for other in others if other and bare_artist(other).casefold() != own}
    return {"artist_id": f"artist:{number}", "name": name, "aliases": list(aliases)[:MAX_ALIASES]} if aliases else None


@dataclass(frozen=True)
class OtherNames:
    """Other names by the name of the artist; empty where no dump of artists is imported."""

    of: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def from_lake(cls, lake: Lake, albums: pa.Table) -> "OtherNames":
        """Those of the artists of some albums (ALBUMS). Reads the imported dump piece by piece. Raises LakeError."""
        ref = lake.current(DATASET)
        wanted = pa.array(sorted({name for names in _credited(albums) for name in names}), pa.string())
        if ref is None or not len(wanted):
            return cls()
        found: dict[str, list[str]] = {}
        with tempfile.TemporaryDirectory(prefix="artists-") as folder:
            file = pq.ParquetFile(lake.local_file(ref, Path(folder)))
            for batch in file.iter_batches(_ROWS, columns=["name", "aliases"]):
                some = batch.filter(pc.is_in(batch["name"], value_set=wanted))
                found |= dict(zip(some["name"].to_pylist(), some["aliases"].to_pylist(), strict=True))
            file.close()
        return cls(found)

    def on_albums(self, albums: pa.Table) -> pa.Table:
        """ALBUMS with the other names of their artists."""
        if not self.of:
            return albums
        known = [[other for name in names for other in self.of.get(name, ())] for names in _credited(albums)]
        column = pa.array([list(dict.fromkeys(names)) or None for names in known], STRINGS)
        return albums.set_column(ALBUMS.get_field_index("artist_aliases"), ALBUMS.field("artist_aliases"), column)


def _credited(albums: pa.Table) -> Iterable[list[str]]:
    """The names under which Discogs lists the artists of each album: their own, or else the credit as a search shows it."""
    for own, artist in zip(albums["artist_names"].to_pylist(), albums["artist"].to_pylist(), strict=True):
        yield own or ([artist.removesuffix("*")] if artist else [])
