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
from collections.abc import Mapping
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


class Lake:
    """Reads and writes below one root URL.

    Every failure of the storage beneath is raised as LakeError with the path in it.
    """

    def __init__(self, url: str, storage_options: Mapping[str, Any] | None = None) -> None:
        url = url if "://" in url else f"file://{os.path.abspath(url)}"
        self.url = url.rstrip("/")
        self.root = UPath(self.url, **dict(storage_options or {}))

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
            if path.protocol in ("", "file"):
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
