"""What goes wrong with real services, switched on for the next N requests that match.

In process: `service.faults.add(Fault(path="/database/search", times=2, status=503))`; over HTTP the same fields as JSON
to `POST /__sandbox/faults`; `DELETE` removes all. A fault acts on requests whose path and query match the regular
expression `path`, after letting `after` of them pass.
"""

import contextlib
import copy
import json
import re
import socket
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Edit(BaseModel):
    """One change to a JSON answer. `at` is a dotted path where `*` stands for every element, e.g. `results.*.year`."""

    model_config = ConfigDict(extra="forbid")

    at: str
    set: Any = None
    drop: bool = False


class Fault(BaseModel):
    """One thing that goes wrong.

    answer   `status` instead of the real answer, with `headers` and `body` (default: the service's own error body)
    hang     no answer at all until the caller gives up
    reset    the answer's head and half its body, then the connection breaks (real sockets only)
    truncate the answer's JSON cut off in the middle, yet a complete HTTP message
    edit     the real answer, changed
    shift    the records moved by that many places under the pages: +1 a new record appeared on top (page 2 repeats
             the last of page 1), -1 one vanished (page 2 skips one)
    counter  the real answer, with Discogs' count of used requests times `factor` plus `plus`; `remaining_too`: what is left
             of the allowance follows the wrong count
    drip     the real answer, a byte of it every `pause` seconds
    endless  a body that never ends
    bomb     a gzipped body of `megabytes` blanks in a thousandth of them
    """

    model_config = ConfigDict(extra="forbid")

    path: str = ".*"
    times: int | None = Field(1, description="How many requests it hits; null: all.")
    after: int = 0
    every: int = Field(1, ge=1, description="Only every so-manieth of these requests is hit.")
    kind: Literal["answer", "hang", "reset", "truncate", "edit", "shift", "counter", "drip", "endless", "bomb"] = "answer"
    status: int = 503
    headers: dict[str, str] = {}
    body: str | None = None
    encoding: str = Field("utf-8", description="Of `body`; lone surrogates are written as they are.")
    edit: list[Edit] = []
    shift: int = 0
    factor: float = 1.0
    plus: int = 0
    remaining_too: bool = False
    pause: float = 0.05
    megabytes: int = 100


# Bodies that the services' front ends answer with: not JSON.
CLOUDFLARE_403 = "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>blocked</body></html>"
MAINTENANCE_502 = "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"


class Faults:
    """The faults that are switched on; the first that matches a request acts on it."""

    def __init__(self) -> None:
        self.active: list[Fault] = []
        self._passed: dict[int, int] = {}

    def add(self, *faults: Fault) -> None:
        self.active.extend(fault.model_copy() for fault in faults)

    def clear(self) -> None:
        self.active.clear()
        self._passed.clear()

    def take(self, target: str) -> Fault | None:
        """The fault for this path and query, used up by one; None when all is well."""
        for fault in self.active:
            if not re.search(fault.path, target):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            passed = self._passed[id(fault)] = self._passed.get(id(fault), 0) + 1
            if passed % fault.every:
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    self.active.remove(fault)
            return fault
        return None


def apply_edits(document: Any, edits: list[Edit]) -> Any:
    """A copy of a JSON document with the edits made; a path that leads nowhere changes nothing."""
    changed = copy.deepcopy(document)
    for edit in edits:
        *way, last = edit.at.split(".")
        for parent in _follow(changed, way):
            for key in _keys(parent, last):
                if edit.drop:
                    parent.pop(key, None) if isinstance(parent, dict) else parent.pop(key)
                else:
                    parent[key] = edit.set
    return changed


def _keys(node: Any, step: str) -> list[Any]:
    if isinstance(node, list):
        if step == "*":
            return list(range(len(node)))
        return [int(step)] if step.isdigit() and int(step) < len(node) else []
    if isinstance(node, dict):
        return list(node) if step == "*" else [step]
    return []


def _follow(node: Any, way: list[str]) -> Iterator[Any]:
    if not way:
        yield node
        return
    for key in _keys(node, way[0]):
        if isinstance(node, list) or key in node:
            yield from _follow(node[key], way[1:])


def half_of(body: bytes) -> bytes:
    return body[: len(body) // 2]


def json_edited(body: bytes, edits: list[Edit]) -> bytes:
    return json.dumps(apply_edits(json.loads(body), edits)).encode()


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """An address on which a connection is never accepted: for time-outs on connect.

    A listening socket whose queue is full drops further SYNs on Linux.
    """
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(2):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
