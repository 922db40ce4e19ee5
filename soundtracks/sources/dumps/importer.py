"""Imports a dump into the lake: recognised by its content, checked, read in steps that survive a kill, published whole.

What is kept is written in parts below raw/dumps/, each followed by a note of how far the reading came. A killed import
continues there: it unpacks what it had read (which is quick) without looking at it. Only a whole dump is published.

Two imports of one kind would lose what the other brought: in a folder the second is refused, in Blob Storage whoever publishes
last finds the dataset changed and does not.
"""

import hashlib
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from soundtracks.errors import BadDump, CutOff
from soundtracks.lake.lake import DatasetRef, Lake
from soundtracks.lake.stores.folder import Folder
from soundtracks.records import QUARANTINE, conform, parquet_bytes
from soundtracks.sources.dumps.dump_kinds import Kind, recognise
from soundtracks.sources.dumps.stream import DumpStream, Malformed, digest_of

#: A part is written after so many kept rows, or so many bytes unpacked: what a kill can cost is a few seconds of reading.
ROWS_A_PART = 10_000
BYTES_A_PART = 512 << 20
ROWS_A_GROUP = 50_000  # of the published Parquet, whatever the parts were
#: Seconds after which nobody goes on with what an import has left.
ABANDONED = 24 * 3600.0


@dataclass
class Progress:
    """How far an import came: bytes unpacked, records seen, rows kept, parts written.

    `read`, `sha256`: bytes of the file from which all this came, and their hash: it goes on with the same bytes only.
    """

    read: int = 0
    sha256: str = ""
    offset: int = 0
    records: int = 0
    kept: int = 0
    parts: int = 0


@dataclass
class Imported:
    """What an import did. `resumed`: bytes unpacked by the import that was killed before."""

    kind: Kind
    ref: DatasetRef
    records: int
    quarantined: int
    resumed: int
    checked: bool


@dataclass
class _Part:
    rows: list[dict[str, Any]] = field(default_factory=list)
    quarantined: list[dict[str, str | None]] = field(default_factory=list)
    begin: int = 0


def expected_sha256(path: Path, checksums: Path | None) -> str | None:
    """The SHA-256 that a checksum file names for a dump; the one beside it is used where none is given.

    Discogs' file has lines of `<sha256> *<name>`. Raises BadDump if the given file does not name the dump.
    """
    beside = sorted(path.parent.glob("*CHECKSUM.txt")) if checksums is None else [checksums]
    for candidate in beside:
        for line in candidate.read_text(encoding="utf-8", errors="replace").splitlines():
            digest, _, name = line.strip().partition(" ")
            if name.strip().lstrip("*") == path.name and re.fullmatch(r"[0-9a-fA-F]{64}", digest):
                return digest.lower()
    if checksums is not None:
        raise BadDump(f"{checksums.name} has no SHA-256 for {path.name}.", hint="Is it the checksum file of the same month?")
    return None


def import_dump(
    lake: Lake, path: Path, checksums: Path | None = None, progress: Callable[[int, int], None] | None = None
) -> Imported:
    """Reads a dump into the silver dataset of its kind.

    `progress` is called with the bytes of the file read and their total. Records that cannot be read are set aside in
    quarantine/<dataset>/. Raises BadDump for a file of another kind, damaged, truncated, or not as its checksum says;
    LakeError when the lake cannot be written, or while another import of this kind is under way. After an error or a kill, the
    same call continues.
    """
    kind, expected = recognise(path), expected_sha256(path, checksums)
    with _alone(lake, kind):
        return _import(lake, path, kind, expected, progress)


def _alone(lake: Lake, kind: Kind) -> AbstractContextManager[None]:
    """No other import of this kind meanwhile, where there are locks."""
    if not isinstance(lake.store, Folder):
        return nullcontext()
    message = (
        f"Another import of {kind.name} is running. Import one file after the other: give the command again when it has ended."
    )
    return lake.store.exclusively(f"locks/import-{_name(kind)}.lock", 0, message)


def _name(kind: Kind) -> str:
    return kind.dataset.rpartition("/")[2]


def _import(lake: Lake, path: Path, kind: Kind, expected: str | None, progress: Callable[[int, int], None] | None) -> Imported:
    place = f"raw/dumps/{_name(kind)}"
    staging = f"{place}/{_key(path)}"
    done = _progress(lake, staging, path)
    resumed = done.offset
    stream = DumpStream(path, progress)
    part = _Part(begin=done.offset)
    try:
        for record, offset in kind.cut(stream.pieces(skip=done.offset), done.offset):
            done.records += 1
            done.offset = offset
            if kind.may_be_kept(record):
                _read(kind, record, part)
                if len(part.rows) >= ROWS_A_PART:
                    part = _save(lake, staging, kind, part, done, stream)
            if offset - part.begin >= BYTES_A_PART:
                part = _save(lake, staging, kind, part, done, stream)
    except BaseException as error:
        if isinstance(error, BadDump) and not isinstance(error, CutOff):
            _clear(lake, staging)  # damage shows late: nothing that came before it can be believed
        else:
            _save(lake, staging, kind, part, done, stream)
        raise
    _save(lake, staging, kind, part, done, stream)
    if expected and stream.sha256 != expected:
        _clear(lake, staging)
        raise BadDump(
            f"{path.name} is not what its checksum says ({stream.sha256[:12]}…, not {expected[:12]}…).", hint="Download it again."
        )
    if not done.records:
        raise BadDump(f"{path.name} is empty.")
    ref, quarantined = _publish(lake, staging, kind, done)
    _clear(lake, staging)
    _clear_abandoned(lake, place)
    return Imported(kind, ref, done.records, quarantined, resumed, expected is not None)


def _key(path: Path) -> str:
    """Names the work on one file by its beginning: a download that goes on keeps it. Whether all else is the same, is checked."""
    with path.open("rb") as file:
        return hashlib.sha256(file.read(1 << 12)).hexdigest()[:16]


def _read(kind: Kind, record: bytes, part: _Part) -> None:
    try:
        rows = kind.read(record)
    except Malformed as reason:
        text = record[:2000].decode("utf-8", errors="replace").strip()
        part.quarantined.append(
            {
                "row": json.dumps(text, ensure_ascii=False),
                "rule": "readable_record",
                "column": None,
                "value": None,
                "reason": str(reason),
            }
        )
    else:
        part.rows += rows


def _progress(lake: Lake, staging: str, path: Path) -> Progress:
    """How far an earlier import of the same bytes came; what came from other bytes, such as a damaged copy, is thrown away."""
    name = f"{staging}/progress.json"
    if lake.exists(name):
        done = Progress(**lake.read_json(name))
        if done.sha256 == digest_of(path, done.read):
            return done
        _clear(lake, staging)
    return Progress()


def _save(lake: Lake, staging: str, kind: Kind, part: _Part, done: Progress, stream: DumpStream) -> _Part:
    """Writes a part, then the note that it is written. A kill between the two only costs writing it again."""
    name = f"{staging}/part-{done.parts:05d}"
    if part.rows or part.quarantined:
        lake.write_bytes(f"{name}.parquet", parquet_bytes(pa.Table.from_pylist(part.rows, kind.schema)))
        lake.write_bytes(f"{name}.quarantine.parquet", parquet_bytes(pa.Table.from_pylist(part.quarantined, QUARANTINE)))
        done.parts += 1
        done.kept += len(part.rows)
    done.read, done.sha256 = stream.position, stream.sha256
    lake.write_json(f"{staging}/progress.json", asdict(done))
    return _Part(begin=done.offset)


def _clear(lake: Lake, staging: str) -> None:
    for entry in lake.list(staging):
        lake.delete(entry.name)


def _clear_abandoned(lake: Lake, place: str) -> None:
    """What imports left that nobody goes on with, such as that of a copy which was damaged at its beginning. Others may go on."""
    left: dict[str, float] = {}
    for entry in lake.list(place):
        staging = entry.name.rpartition("/")[0]
        left[staging] = max(entry.modified, left.get(staging, 0))
    for staging, youngest in left.items():
        if youngest < time.time() - ABANDONED:
            _clear(lake, staging)


def _publish(lake: Lake, staging: str, kind: Kind, done: Progress) -> tuple[DatasetRef, int]:
    """One Parquet file of all parts, in groups of equal size, so that an import that was killed gives the same bytes."""
    rows, quarantined = 0, 0
    before = lake.manifest_etag(kind.dataset)  # before what it points to is read
    waiting = kind.schema.empty_table()
    with tempfile.TemporaryDirectory() as folder:
        path, aside = Path(folder) / "data.parquet", Path(folder) / "quarantine.parquet"
        with (
            pq.ParquetWriter(path, kind.schema, compression="zstd") as writer,
            pq.ParquetWriter(aside, QUARANTINE, compression="zstd") as quarantine,
        ):
            for table in (_merged if kind.merge else _firsts)(lake, staging, kind, done):
                waiting = pa.concat_tables([waiting, table])
                while waiting.num_rows >= ROWS_A_GROUP:
                    writer.write_table(waiting.slice(0, ROWS_A_GROUP))
                    waiting, rows = waiting.slice(ROWS_A_GROUP), rows + ROWS_A_GROUP
            for number in range(done.parts):
                unreadable = _read_parquet(lake, f"{staging}/part-{number:05d}.quarantine.parquet")
                quarantine.write_table(unreadable)
                quarantined += unreadable.num_rows
            rows += waiting.num_rows
            if waiting.num_rows or not rows:
                writer.write_table(waiting)
        if quarantined:
            dataset, work = kind.dataset.removeprefix("silver/"), staging.rpartition("/")[2]
            lake.write_bytes(f"quarantine/{dataset}/{work}.parquet", aside.read_bytes())
        return lake.stage_out(kind.dataset, {"data.parquet": path}, rows=rows, over=before), quarantined


def _firsts(lake: Lake, staging: str, kind: Kind, done: Progress) -> Iterator[pa.Table]:
    """The parts' rows, each id once, in their order. Ids end in a number."""
    key, seen = kind.schema.names[0], _Numbers()
    for number in range(done.parts):
        table = _read_parquet(lake, f"{staging}/part-{number:05d}.parquet")
        new = [seen.add(int(i.rpartition(":")[2])) for i in table[key].to_pylist()]
        yield table.filter(pa.array(new, pa.bool_()))


def _merged(lake: Lake, staging: str, kind: Kind, done: Progress) -> Iterator[pa.Table]:
    """The parts' rows by id, those of one id merged, with what an earlier import brought where the kind says so.

    Held as Arrow: what such dumps keep is some hundred megabytes.
    """
    key = kind.schema.names[0]
    parts = [_read_parquet(lake, f"{staging}/part-{number:05d}.parquet") for number in range(done.parts)]
    every = pa.concat_tables([kind.schema.empty_table(), *parts])
    fresh = len(every)
    if kind.renew and (ref := lake.current(kind.dataset)):
        every = pa.concat_tables([every, conform(lake.read_table(ref), kind.schema)])
    order = pc.sort_indices(every, sort_keys=[(key, "ascending")])  # stable: of equal ids, the first stays first
    held: list[tuple[bool, dict[str, Any]]] = []  # is it new; the row
    for at in range(0, len(order), ROWS_A_PART):
        rows: list[dict[str, Any]] = []
        chosen = order.slice(at, ROWS_A_PART)
        for place, row in zip(chosen.to_pylist(), every.take(chosen).to_pylist(), strict=True):
            if held and held[0][1][key] != row[key]:
                rows.append(_one_of(kind, held))
                held = []
            held.append((place < fresh, row))
        yield pa.Table.from_pylist(rows, kind.schema)
    if held:
        yield pa.Table.from_pylist([_one_of(kind, held)], kind.schema)


def _one_of(kind: Kind, held: list[tuple[bool, dict[str, Any]]]) -> dict[str, Any]:
    now, earlier = [row for new, row in held if new], [row for new, row in held if not new]
    made = [kind.merge(rows) if kind.merge and len(rows) > 1 else rows[0] for rows in (earlier, now) if rows]
    return kind.renew(*made) if kind.renew and len(made) == 2 else made[0]


class _Numbers:
    """The ids seen so far, as bits of pages: they lie so dense that this takes a tenth of a set, which memory has no room for."""

    def __init__(self) -> None:
        self._pages: dict[int, int] = {}

    def add(self, number: int) -> bool:
        """Whether the number is new."""
        page, place = divmod(number, 1024)
        seen, bit = self._pages.get(page, 0), 1 << place
        self._pages[page] = seen | bit
        return not seen & bit


def _read_parquet(lake: Lake, name: str) -> pa.Table:
    return pq.read_table(pa.BufferReader(lake.read_bytes(name)))
