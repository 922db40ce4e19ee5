"""The watcher's loop on a lake, with a server that refuses, fails or forgets."""

import json
import logging
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest

from soundtracks.errors import LakeError, ServerError
from soundtracks.inbox.listing import Listing
from soundtracks.inbox.queue import Message
from soundtracks.inbox.titlefile import TitleFile
from soundtracks.lake.lake import Lake
from soundtracks.lake.stores import Store
from soundtracks.operations.runs import RunRefused, Submitted
from soundtracks.operations.watcher import MAX_TAKES, Watcher

LIST = b"title\nJaws\n"


@dataclass
class Server:
    """Keeps its runs by their keys, as Prefect does. `fails`: name of a file → what it answers to it."""

    keys: Counter[str] = field(default_factory=Counter)
    asked: list[TitleFile] = field(default_factory=list)
    fails: dict[str, Exception] = field(default_factory=dict)

    def create(self, file: TitleFile) -> Submitted:
        if error := self.fails.get(file.name):
            raise error
        self.asked.append(file)
        new = file.key not in self.keys
        self.keys[file.key] += new
        return Submitted(file, SimpleNamespace(id=uuid4(), state_name="Completed"), new)  # type: ignore[arg-type]


@dataclass
class Queue:
    """Hands out what it has, until it is dropped."""

    messages: list[Message]
    dropped: list[str] = field(default_factory=list)

    def take(self) -> Sequence[Message]:
        return [message for message in self.messages if message.id not in self.dropped]

    def drop(self, message: Message) -> None:
        self.dropped.append(message.id)

    def put_back(self, message: Message, seconds: int) -> None:
        """Shown again at once."""


def watching(lake: Lake, server: Server, queue: Queue | None = None) -> Watcher:
    """A watcher for which every file is settled."""
    watcher = Watcher(lake, server, queue)  # type: ignore[arg-type]
    watcher._listing = Listing(lake, settle=0)
    return watcher


def event(lake: Lake, blob: str, etag: str = "0x1", size: int = 11, api: str = "PutBlob") -> str:
    data = {"eTag": etag, "contentLength": size, "api": api}
    subject = f"/blobServices/default/containers/{lake.container}/blobs/{lake.prefix}{blob}"
    return json.dumps({"subject": subject, "eventType": "Microsoft.Storage.BlobCreated", "data": data})


def messages(*bodies: str, taken: int = 1) -> Queue:
    return Queue([Message(str(number), "receipt", body, taken) for number, body in enumerate(bodies)])


def test_deleted_runs_start_no_old_file_again(any_lake: Lake) -> None:
    """Prefect forgets a key with its run; the lake does not."""
    any_lake.write_bytes("titles/a.csv", LIST)
    watching(any_lake, Server()).look()
    forgetful = Server()
    watching(any_lake, forgetful).look()
    assert forgetful.keys == {}
    any_lake.write_bytes("titles/a.csv", b"title\nAlien\n")
    watching(any_lake, forgetful).look()
    assert len(forgetful.keys) == 1


def test_one_that_dies_before_it_notes_a_run_finds_that_run(any_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    any_lake.write_bytes("titles/a.csv", LIST)
    server = Server()
    watcher = watching(any_lake, server)
    with monkeypatch.context() as patch:
        patch.setattr(watcher._memory, "remember", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            watcher.look()
    watching(any_lake, server).look()
    assert list(server.keys.values()) == [1]
    assert len(server.asked) == 2


def test_a_refused_file_is_looked_at_again_when_the_lake_failed_while_it_was_set_aside(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.write_bytes("titles/a.csv", LIST)
    watcher = watching(lake, Server(fails={"a.csv": RunRefused("a.csv is none of ours")}))

    def away(*_: object) -> str:
        raise LakeError("The lake is away.")

    with monkeypatch.context() as patch:
        patch.setattr("soundtracks.operations.watcher.quarantine_file", away)
        with pytest.raises(LakeError, match="away"):
            watcher.look()
    assert lake.read_bytes("titles/a.csv")
    watcher.look()
    (reason,) = [entry.name for entry in lake.list("quarantine/titles") if entry.name.endswith(".reason.json")]
    assert lake.read_json(reason)["reason"] == "a.csv is none of ours"
    assert not list(lake.list("titles"))


def test_whatever_is_wrong_with_one_file_the_others_get_their_runs(lake: Lake, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        lake.write_bytes(f"titles/{name}", LIST)
    server = Server(fails={"b.csv": RuntimeError("a defect of ours")})
    watcher = watching(lake, server)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            watcher.look()
    assert [file.name for file in server.asked] == ["a.csv", "c.csv"]
    assert sum("a defect of ours" in record.getMessage() for record in caplog.records) == 1  # once, not at each look
    server.fails.clear()
    watcher.look()
    assert [file.name for file in server.asked] == ["a.csv", "c.csv", "b.csv"]


def test_once_tells_what_could_not_be_read(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.write_bytes("titles/a.csv", LIST)
    lake.write_bytes("titles/b.csv", LIST)
    opened = type(lake.store).open  # type: ignore[attr-defined]

    def broken(self: Store, name: str) -> object:
        if name == "titles/a.csv":
            raise LakeError("Permission denied.")
        return opened(self, name)

    monkeypatch.setattr(type(lake.store), "open", broken)
    server = Server()
    with pytest.raises(LakeError, match=r"'titles/a\.csv' started no run: Permission denied"):
        watching(lake, server).run_once()
    assert [file.name for file in server.asked] == ["b.csv"]


def test_a_loop_survives_what_nobody_foresaw(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = Watcher(lake, Server(), every=0.0)  # type: ignore[arg-type]
    looks = iter([RuntimeError("first"), ServerError("second"), None])

    def look() -> None:
        error = next(looks)
        if error:
            raise error
        watcher._ending.set()

    monkeypatch.setattr(watcher, "look", look)
    watcher.run()
    assert next(looks, "all were made") == "all were made"


class TestMessages:
    def test_two_events_of_one_upload_are_one_run(self, any_lake: Lake) -> None:
        any_lake.write_bytes("titles/a.csv", LIST)
        server = Server()
        queue = messages(
            *(
                event(any_lake, "titles/a.csv", "0x1", 0, "CreateFile"),
                event(any_lake, "titles/a.csv", "0x2", 11, "FlushWithClose"),
            ),
            *(event(any_lake, "titles/a.csv", "0x3", 11, "PutBlockList"), event(any_lake, "titles/a.csv", "0x2")),
        )
        watching(any_lake, server, queue).take_messages()
        assert list(server.keys.values()) == [1]
        assert server.asked[0].etag == any_lake.stat("titles/a.csv").stamp
        assert len(queue.dropped) == 4

    def test_a_name_that_came_damaged_is_found_by_listing(self, lake: Lake) -> None:
        lake.write_bytes("titles/🎬 films.csv", LIST)
        server = Server()
        queue = messages(event(lake, "titles/\ufffd\ufffd films.csv"))
        watcher = watching(lake, server, queue)
        watcher._next_look = 1e12
        watcher.take_messages()
        assert server.asked == []
        assert queue.dropped == ["0"]
        assert watcher._next_look == 0.0
        watcher.look()
        assert [file.name for file in server.asked] == ["🎬 films.csv"]

    def test_an_empty_blob_is_about_to_be_filled(self, lake: Lake) -> None:
        lake.write_bytes("titles/a.csv", b"")
        server = Server()
        watching(lake, server, messages(event(lake, "titles/a.csv", size=0))).take_messages()
        assert server.asked == []
        assert lake.exists("titles/a.csv")

    @pytest.mark.parametrize(("taken", "dropped"), [(1, []), (MAX_TAKES, ["0"])])
    def test_a_message_that_always_fails_is_set_aside_in_the_end(self, lake: Lake, taken: int, dropped: list[str]) -> None:
        lake.write_bytes("titles/a.csv", LIST)
        queue = messages(event(lake, "titles/a.csv"), taken=taken)
        watching(lake, Server(fails={"a.csv": RuntimeError("a defect")}), queue).take_messages()
        assert queue.dropped == dropped
        assert len(lake.list("quarantine/titles/messages")) == len(dropped)


@pytest.mark.slow
def test_two_stacks_on_one_lake_start_one_run_a_file(tmp_path: Path) -> None:
    """Two watchers, each with a server of its own, look at the same forty files at the same time."""
    for number in range(40):
        Lake(str(tmp_path)).write_bytes(f"titles/{number}.csv", LIST + str(number).encode())
    servers = [Server(), Server()]

    def look(server: Server) -> None:
        for _ in range(3):
            watching(Lake(str(tmp_path)), server).look()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(look, servers))
    keys = Counter(file.key for server in servers for file in server.asked)
    assert len(keys) == 40
    assert set(keys.values()) == {1}
