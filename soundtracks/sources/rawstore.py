"""Every answer of a service, kept as it came, so that nothing is asked twice.

One compressed object per answer, named by what was asked: `raw/<source>/<2 hex>/<38 hex>.json.zst`. Looking one up is one read
and never a listing, which is as good on Blob Storage as on a disk. Objects are written whole or not at all.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import zstandard
from pydantic import BaseModel

from soundtracks.lake.lake import Lake

log = logging.getLogger(__name__)


class Asked(BaseModel):
    """What was asked. `host` without port, so that a sandbox on another port is the same service. `base`: the path of the
    address, where it is not the service's own (endpoints.py, foreign_path). Holds no key."""

    source: str
    host: str
    base: str = ""
    path: str
    params: dict[str, str]

    @property
    def name(self) -> str:
        base = [self.base] if self.base else []
        key = json.dumps([self.host, *base, self.path, sorted(self.params.items())], ensure_ascii=False)
        digest = hashlib.sha256(key.encode()).hexdigest()
        return f"raw/{self.source}/{digest[:2]}/{digest[2:40]}.json.zst"


class Answer(BaseModel):
    """A stored answer: status 200, or 404 (a deleted id is an answer too), with the service's JSON."""

    request: Asked
    at: datetime
    status: int
    body: Any


class RawStore:
    """Answers in the lake. `retention`: hours that a source's answers may be reused (its terms)."""

    def __init__(self, lake: Lake, retention: Mapping[str, float]) -> None:
        self._lake = lake
        self._retention = dict(retention)

    def load(self, asked: Asked, now: datetime) -> Answer | None:
        """The stored answer; None when there is none, it is too old, or it is damaged. Raises LakeError."""
        if not self._lake.exists(asked.name):
            return None
        try:
            answer = Answer.model_validate_json(zstandard.ZstdDecompressor().decompress(self._lake.read_bytes(asked.name)))
            if answer.request != asked:
                raise ValueError("the answer to another question")
        except (zstandard.ZstdError, ValueError, MemoryError):
            log.warning("%s: the stored answer %s is damaged and is asked for again", asked.source, asked.name)
            return None
        # An answer from the future was stored under a wrong clock: its age is unknown, its distance still counts.
        age = abs(now - answer.at)
        return answer if age <= timedelta(hours=self._retention[asked.source]) else None

    def save(self, answer: Answer) -> None:
        self._lake.write_bytes(answer.request.name, _pack(answer.model_dump_json().encode()))


def _pack(data: bytes) -> bytes:
    """With a checksum of the content: a flipped bit is seen, and the answer asked for again."""
    return zstandard.ZstdCompressor(level=3, write_checksum=True).compress(data)
