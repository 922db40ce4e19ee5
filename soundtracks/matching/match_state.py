"""What a match leaves for the next: a folder of files that is believed only whole, of the same code, and with all its hashes."""

import hashlib
import json
import tempfile
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from soundtracks.matching.linking import COUNTED

KEYS = pa.list_(pa.uint64())
#: Films by digest: their keys (looking_for.py), the turn of the match that first saw them so, and the one that no longer did.
FILM_ROWS = pa.schema([("digest", pa.uint64()), ("keys", KEYS), ("since", pa.int32()), ("until", pa.int32())])
#: Groups of albums: the digest of their albums; what the job said of them (levels of coverage, standards among their names);
#: whether no film bears their names; the turn for which their links hold; what they look for (looking_for.py).
GROUP_ROWS = pa.schema(
    [
        ("group", pa.string()),
        ("digest", pa.uint64()),
        ("coverage", pa.int32()),
        ("standards", pa.uint64()),
        ("open", pa.bool_()),
        ("seen", pa.int32()),
        ("keys", KEYS),
    ]
)
LINK_ROWS = pa.schema([*COUNTED, ("group", pa.string())])
_TABLES = {"films": FILM_ROWS, "groups": GROUP_ROWS, "links": LINK_ROWS}
MANIFEST = "match.json"
#: Files of a state.
FILES = (*(f"{name}.parquet" for name in _TABLES), MANIFEST)
#: What the match computes with: another version may round or order otherwise.
_LIBRARIES = ("numpy", "pyarrow", "scipy", "rapidfuzz", "sparse-dot-topn", "anyascii", "xxhash")


@dataclass(frozen=True)
class MatchState:
    """`turn`: number of the match that left it. `job`: its films and albums, as a digest. The rest: see the schemas."""

    turn: int = 0
    job: str = ""
    films: pa.Table = field(default_factory=FILM_ROWS.empty_table)
    groups: pa.Table = field(default_factory=GROUP_ROWS.empty_table)
    links: pa.Table = field(default_factory=LINK_ROWS.empty_table)

    @classmethod
    def open(cls, folder: Path) -> "MatchState":
        """An empty one where there is none, where a file is not what was written, and where other code wrote it."""
        try:
            meta = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            if meta["code"] != code_version():
                return cls()
            tables = {name: _read(folder / f"{name}.parquet", meta["sha256"][name], schema) for name, schema in _TABLES.items()}
            return cls(int(meta["turn"]), str(meta["job"]), **tables)
        except (OSError, KeyError, ValueError, TypeError, RecursionError, pa.ArrowException):
            return cls()

    def save(self, folder: Path) -> None:
        """Writes it; match.json is that of no code until all is there, so that half of it is none.

        Files are hashed before they are put in place: where two matches write here at once, no hash is that of the other's file.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MANIFEST).write_text(json.dumps({"code": ""}), encoding="utf-8")
        digests = {}
        with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as part:
            for name in _TABLES:
                path = Path(part) / f"{name}.parquet"
                pq.write_table(getattr(self, name), path, compression="zstd")
                digests[name] = sha256_of(path)
                path.replace(folder / path.name)
        meta = {"code": code_version(), "turn": self.turn, "job": self.job, "sha256": digests}
        (folder / MANIFEST).write_text(json.dumps(meta), encoding="utf-8")

    def links_of(self, groups: pa.ChunkedArray) -> pa.Table:
        return self.links.filter(pc.is_in(self.links["group"], value_set=groups.combine_chunks()))


def is_state(folder: Path) -> bool:
    """Whether a match has left a state in a folder, be it half of one or damaged: its files may be written over."""
    try:
        meta = json.loads((folder / MANIFEST).read_bytes())
    except OSError:
        return False
    except (ValueError, RecursionError):
        return True
    return isinstance(meta, dict) and "code" in meta


@cache
def code_version() -> str:
    """Hash of the match's code and weights, and the versions of what it computes with: links of others are not kept."""
    digest = hashlib.sha256(json.dumps({name: version(name) for name in _LIBRARIES}).encode())
    package = Path(__file__).parents[1]
    ground = [package / "records.py", package / "odds.py"]
    for path in sorted([*package.glob("matching/**/*"), *package.glob("text/**/*"), *ground]):
        if path.suffix in (".py", ".csv"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(path: Path, sha256: str, schema: pa.Schema) -> pa.Table:
    """Raises ValueError for a file that is not the one that was written."""
    if sha256_of(path) != sha256:
        raise ValueError(f"{path} is not what was written")
    return pq.read_table(path).cast(schema)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
