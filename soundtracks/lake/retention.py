"""What of the lake may go: pure decisions on a listing, and the deletion, which may end at any point and be repeated."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pyarrow as pa

from soundtracks.errors import DamagedFile
from soundtracks.lake.delta import LakeTable
from soundtracks.lake.lake import MANIFEST, Lake
from soundtracks.lake.stores import Entry

#: Rooms of the lake that hold versions of datasets.
DATASETS = ("silver",)
#: Where lakes of before the catalogue kept what was published.
FORMER = "gold"
CATALOGUE = "catalogue/links"
METRICS = "metrics.json"
#: A run without an end may still be on its way: at the pace of Discogs, 100,000 films take a day or two.
UNFINISHED = timedelta(days=30)
_VERSION = re.compile(r"^(?P<folder>.+/[0-9a-f]{16})/[^/]+")
_RUN = re.compile(r"(?P<folder>runs/[^/]+)/.+")
_UPLOAD = re.compile(r"(?P<folder>uploads/[^/]+)/.+")


@dataclass(frozen=True)
class Prunable:
    """Files by the run, version or uploaded list that they belong to; answers of the services by their service."""

    runs: dict[str, list[Entry]] = field(default_factory=dict)
    versions: dict[str, list[Entry]] = field(default_factory=dict)
    uploads: dict[str, list[Entry]] = field(default_factory=dict)
    answers: dict[str, list[Entry]] = field(default_factory=dict)

    @property
    def files(self) -> list[Entry]:
        parts = (self.runs, self.versions, self.uploads, self.answers)
        return [entry for part in parts for entries in part.values() for entry in entries]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(entry.size for entry in self.files)


def prunable(lake: Lake, keep: timedelta, now: datetime, retention: Mapping[str, float] | None = None) -> Prunable:
    """What is older than `keep` and needed by nobody, and answers of services that are older than their terms allow.

    `retention`: hours by service. Answers of others stay.

    Stays: each dataset's current version, the versions that a kept run read or wrote, whatever is younger, runs that have
    not ended, and of every run its metrics, which the history is made of. Raises LakeError; with a damaged manifest too,
    because then nobody knows what is current.
    """
    old = (now - keep).timestamp()
    runs = _by_folder(_RUN, lake.list("runs"))
    ended = {folder for folder in runs if _has_ended(lake, folder)}
    unfinished = (now - max(keep, UNFINISHED)).timestamp()
    past = {f: e for f, e in runs.items() if _youngest(e) < (old if f in ended else unfinished)}
    kept = set[str]()
    for folder in runs.keys() - past.keys():
        kept |= _versions_of(lake, folder)
    listed = [entry for room in DATASETS for entry in lake.list(room)]
    for name in (entry.name for entry in listed if entry.name.endswith(f"/{MANIFEST}")):
        if ref := lake.current(name.removesuffix(f"/{MANIFEST}")):
            kept.add(ref.folder)
    versions = _by_folder(_VERSION, listed)
    if (former := list(lake.list(FORMER))) and LakeTable(lake, CATALOGUE, pa.schema([]), ()).newest:
        versions |= {FORMER: former}  # taken over; of a table that is merely there, nobody knows it
    uploads = _by_folder(_UPLOAD, lake.list("uploads"))
    return Prunable(
        runs={f: files for f, e in past.items() if (files := [x for x in e if x.name != f"{f}/{METRICS}"])},
        versions={f: e for f, e in versions.items() if f not in kept and _youngest(e) < old},
        uploads={f: e for f, e in uploads.items() if _youngest(e) < min(old, unfinished)},
        answers={source: _answers(lake, source, now - timedelta(hours=hours)) for source, hours in (retention or {}).items()},
    )


def _answers(lake: Lake, source: str, before: datetime) -> list[Entry]:
    return [entry for entry in lake.list(f"raw/{source}") if entry.modified < before.timestamp()]


def prune(lake: Lake, what: Prunable) -> None:
    """Deletes it. Whoever dies on the way has deleted a part, and the next call deletes the rest. Raises LakeError.

    What was written again since it was listed stays: a run has just made the same version once more.
    """
    for entry in what.files:
        now = lake.store.find(entry.name)
        if now and now.stamp == entry.stamp:
            lake.delete(entry.name)


def _by_folder(pattern: re.Pattern[str], entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        if match := pattern.fullmatch(entry.name):
            found.setdefault(match["folder"], []).append(entry)
    return found


def _youngest(entries: Iterable[Entry]) -> float:
    return max(entry.modified for entry in entries)


def _has_ended(lake: Lake, folder: str) -> bool:
    return bool(_metrics(lake, folder).get("finished"))


def _versions_of(lake: Lake, folder: str) -> set[str]:
    versions = _metrics(lake, folder).get("versions")
    return {version for version in versions if isinstance(version, str)} if isinstance(versions, list) else set()


def _metrics(lake: Lake, folder: str) -> dict[str, object]:
    name = f"{folder}/{METRICS}"
    try:
        metrics = lake.read_json(name) if lake.exists(name) else {}
    except DamagedFile:
        return {}
    return metrics if isinstance(metrics, dict) else {}
