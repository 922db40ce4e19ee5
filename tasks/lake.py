"""The lake: one place for all data, addressed by URL; nothing else in the code knows where it is.

A dataset version is written whole under a new name and then pointed to by one small manifest written last,
so a reader never sees half a run. The version is the hash of the content: writing the same again changes nothing.

    titles/            inbox of title files
    raw/<source>/      answers of the services, as they came
    silver/<dataset>/  films, albums: typed Parquet
    gold/links/        what is published
    quarantine/        rows and files set aside, each with its reason
    runs/<run id>/     metrics, report, data docs
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel
from upath import UPath

from tasks.errors import LakeError
from tasks.settings import Settings, get_settings

MANIFEST = "_current.json"


class DatasetFile(BaseModel):
    """One file of a dataset version: name inside the version's folder, size in bytes, SHA-256."""

    name: str
    size: int
    sha256: str


class DatasetRef(BaseModel):
    """Points to one immutable version of a dataset. Small: tasks and deployments pass these, never data."""

    dataset: str
    version: str
    rows: int
    files: list[DatasetFile]

    @property
    def folder(self) -> str:
        return f"{self.dataset}/{self.version}"


@dataclass(frozen=True)
class Entry:
    """A file of the lake as a listing shows it. `size`: bytes. `modified`: seconds of the epoch.

    `stamp` changes with every write: Blob's ETag, or inode, size and time of a local file.
    """

    name: str
    size: int
    modified: float
    stamp: str


class Lake:
    """Reads and writes below one root URL.

    Every failure of the storage beneath is raised as LakeError with the path in it.
    """

    def __init__(self, url: str, storage_options: Mapping[str, Any] | None = None) -> None:
        url = url if "://" in url else f"file://{os.path.abspath(url)}"
        self.url = url.rstrip("/")
        self.root = UPath(self.url, **dict(storage_options or {}))

    @property
    def is_local(self) -> bool:
        return self.root.protocol in ("", "file")

    @classmethod
    def from_settings(cls, settings: Settings | None = None) -> "Lake":
        settings = settings or get_settings()
        options: dict[str, Any] = {}
        if settings.lake_url.startswith(("az://", "abfs://")):
            if settings.lake_connection_string:
                options["connection_string"] = settings.lake_connection_string.get_secret_value()
            else:
                options |= {"account_host": settings.lake_account_url.removeprefix("https://"), "anon": False}
        return cls(settings.lake_url, options)

    # files -------------------------------------------------------------------------------------------------------

    def path(self, name: str) -> UPath:
        """The path of a file of the lake. Raises LakeError for a name that climbs out of it."""
        parts = name.split("/")
        if name.startswith("/") or "\\" in name or any(part in ("..", ".", "") for part in parts):
            raise LakeError(f"{name!r} is no name inside the lake.")
        path: UPath = self.root.joinpath(*parts)
        return path

    def exists(self, name: str) -> bool:
        return bool(self.path(name).exists())

    def read_bytes(self, name: str) -> bytes:
        try:
            return bytes(self.path(name).read_bytes())
        except OSError as error:
            raise LakeError(f"Cannot read {name} of the lake {self.url}: {error}.") from error

    def write_bytes(self, name: str, data: bytes) -> None:
        """Writes a file whole or not at all."""
        path = self.path(name)
        try:
            if self.is_local:
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary = path.parent / f".{path.name}.{os.getpid()}.part"
                try:
                    temporary.write_bytes(data)
                    os.replace(temporary.path, path.path)
                finally:
                    temporary.unlink(missing_ok=True)
            else:
                path.write_bytes(data)
        except OSError as error:
            raise LakeError(
                f"Cannot write {name} to the lake {self.url}: {error}.",
                hint="Nothing was published; free space or access, then run again.",
            ) from error

    def list(self, folder: str) -> list[Entry]:
        """All files below a folder, at any depth, sorted by name; none when the folder is not there. Not in one moment:
        a file that goes away meanwhile is left out."""
        try:
            if self.is_local:
                return sorted(_walk(Path(self.path(folder).path), Path(self.root.path)), key=lambda entry: entry.name)
            root = self.path(folder)
            found = root.fs.find(root.path, detail=True).items()
        except OSError as error:
            raise LakeError(f"Cannot list {folder} of the lake {self.url}: {error}.") from error
        prefix = self.root.path.rstrip("/") + "/"
        return sorted(
            (
                Entry(path.removeprefix(prefix), info["size"], info["last_modified"].timestamp(), info["etag"].strip('"'))
                for path, info in found
            ),
            key=lambda entry: entry.name,
        )

    def etag(self, name: str) -> str:
        """The version of a file's content: Blob's ETag, or the SHA-256 of a local file. Raises LakeError."""
        path = self.path(name)
        try:
            if self.is_local:
                with open(path.path, "rb") as file:
                    return hashlib.file_digest(file, "sha256").hexdigest()
            return str(path.fs.info(path.path)["etag"]).strip('"')
        except OSError as error:
            raise LakeError(f"Cannot read {name} of the lake {self.url}: {error}.") from error

    def delete(self, name: str) -> None:
        """Deletes a file; one that is not there is no error."""
        try:
            self.path(name).unlink(missing_ok=True)
        except OSError as error:
            raise LakeError(f"Cannot delete {name} of the lake {self.url}: {error}.") from error

    def move(self, name: str, target: str) -> None:
        """Moves a file inside the lake, without reading it; a symbolic link is moved as such, not followed."""
        goal = self.path(target)
        # a name from a listing may hold what a name of ours may not, a backslash say; only climbing is refused
        source = self.path(name) if ".." in name.split("/") and self.is_local else self.root / name
        try:
            if self.is_local:
                goal.parent.mkdir(parents=True, exist_ok=True)
                os.replace(source.path, goal.path)
            else:
                source.fs.mv(source.path, goal.path)
        except OSError as error:
            raise LakeError(f"Cannot move {name} to {target} in the lake {self.url}: {error}.") from error

    def read_json(self, name: str) -> Any:
        return json.loads(self.read_bytes(name))

    def write_json(self, name: str, value: Any) -> None:
        self.write_bytes(name, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode())

    # datasets ----------------------------------------------------------------------------------------------------

    def publish(self, dataset: str, files: Mapping[str, bytes], *, rows: int) -> DatasetRef:
        """Writes the files as a new version of `dataset` and points its manifest to it, last."""
        described = [DatasetFile(name=n, size=len(b), sha256=hashlib.sha256(b).hexdigest()) for n, b in sorted(files.items())]
        version = hashlib.sha256("".join(f"{f.name}:{f.sha256};" for f in described).encode()).hexdigest()[:16]
        ref = DatasetRef(dataset=dataset, version=version, rows=rows, files=described)
        for name, data in files.items():
            self.write_bytes(f"{ref.folder}/{name}", data)
        self.write_json(f"{dataset}/{MANIFEST}", ref.model_dump())
        return ref

    def publish_table(self, dataset: str, table: pa.Table) -> DatasetRef:
        """Publishes one Arrow table as `data.parquet`. Same rows, same bytes, same version."""
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        return self.publish(dataset, {"data.parquet": sink.getvalue().to_pybytes()}, rows=table.num_rows)

    def current(self, dataset: str) -> DatasetRef | None:
        """The version that the dataset's manifest points to; None before the first."""
        if not self.exists(f"{dataset}/{MANIFEST}"):
            return None
        return DatasetRef.model_validate(self.read_json(f"{dataset}/{MANIFEST}"))

    def read_table(self, ref: DatasetRef, name: str = "data.parquet") -> pa.Table:
        """Reads one Parquet file of a dataset version."""
        return pq.read_table(pa.BufferReader(self.read_bytes(f"{ref.folder}/{name}")))


def _walk(folder: Path, root: Path) -> Iterator[Entry]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            try:
                info = path.lstat()
            except FileNotFoundError:
                continue
            stamp = f"{info.st_ino}-{info.st_size}-{info.st_mtime_ns}"
            yield Entry(path.relative_to(root).as_posix(), info.st_size, info.st_mtime, stamp)
