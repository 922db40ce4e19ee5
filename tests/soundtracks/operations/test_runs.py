"""The bridge on the real parts: Azurite, a real Prefect server, and `soundtracks watch` as a process that is killed."""

import base64
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import httpx
import pytest
from azure.storage.queue import QueueClient

from soundtracks.errors import BadInput
from soundtracks.inbox.titlefile import NotATitleFile, container_of
from soundtracks.lake.lake import Lake
from soundtracks.operations.runs import title_source
from tests.rigs.ports import free_port
from tests.waiting import until

ROOT = Path(__file__).parents[3]


@dataclass
class Server:
    """A Prefect server with a deployment that nobody works on: runs are only created."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def env(self) -> dict[str, str]:
        return os.environ | {
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": self.url,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            # nobody works here, so every run is late; marking a thousand of them would be most of what SQLite does
            "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
        }

    def start(self) -> None:
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port)]
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.env, stdout=log, stderr=log, start_new_session=True)
        until(self._answers, 180, "the Prefect server")

    def stop(self) -> None:
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def deploy(self) -> None:
        schema = {"type": "object", "properties": {name: {"type": "string"} for name in ("container", "blob", "etag")}}
        flow = self._made("flows", {"name": "link-soundtracks"})
        body = {"name": "test", "flow_id": flow, "parameter_openapi_schema": schema, "enforce_parameter_schema": True}
        self._made("deployments", body)

    def _made(self, kind: str, body: dict[str, Any]) -> str:
        """The id of what was made; SQLite is busy while the server's own services start."""
        for _ in range(20):
            answer = httpx.post(f"{self.url}/{kind}/", json=body, timeout=30)
            if answer.status_code != 503:
                break
            time.sleep(0.5)
        return str(answer.raise_for_status().json()["id"])

    def runs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            body = {"limit": 200, "offset": len(found), "sort": "ID_DESC"}
            page = httpx.post(f"{self.url}/flow_runs/filter", json=body, timeout=60).raise_for_status().json()
            found += page
            if len(page) < 200:
                return found

    def keys(self) -> Counter[str]:
        return Counter(run["idempotency_key"] for run in self.runs())

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@dataclass
class World:
    """A server, a lake in Blob Storage, its queue, and the watcher that ties them together."""

    server: Server
    connection_string: str
    name: str = field(default_factory=lambda: f"world-{uuid4().hex[:8]}")
    watcher: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.lake = Lake(f"az://{self.name}", connection_string=self.connection_string)
        self.lake.store.create()  # type: ignore[attr-defined]
        self.queue = QueueClient.from_connection_string(self.connection_string, self.name)
        self.queue.create_queue()

    @property
    def log(self) -> Path:
        return self.server.home / f"{self.name}.log"

    def event(self, blob: str, etag: str, size: int = 10, cloud: bool = False) -> str:
        """A message as Event Grid writes it."""
        subject = f"/blobServices/default/containers/{self.name}/blobs/{blob}"
        kind = {"type": "Microsoft.Storage.BlobCreated", "specversion": "1.0"}
        data = {"eTag": etag, "contentLength": size}
        event = {"subject": subject, "id": str(uuid4()), "data": data} | (
            kind if cloud else {"eventType": kind["type"], "dataVersion": ""}
        )
        return base64.b64encode(json.dumps(event).encode()).decode()

    def watch(self, *options: str) -> None:
        env = self.server.env | {
            "SOUNDTRACKS_LAKE_URL": f"az://{self.name}",
            "SOUNDTRACKS_LAKE_CONNECTION_STRING": self.connection_string,
            "SOUNDTRACKS_INBOX_QUEUE": self.name,
        }
        command = [sys.executable, "-m", "soundtracks.cli.main", "watch", "--deployment", "link-soundtracks/test", *options]
        with self.log.open("ab") as log:
            self.watcher = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.watcher
        self.watcher.send_signal(number)
        return self.watcher.wait(60)

    def is_drained(self) -> bool:
        return self.queue.get_queue_properties().approximate_message_count == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("prefect"), free_port())
    try:
        server.start()
        server.deploy()
        yield server
    finally:
        server.stop()


@pytest.fixture
def world(server: Server, azurite: str) -> Iterator[World]:
    world = World(server, azurite)
    yield world
    if world.watcher and world.watcher.poll() is None:
        world.end(signal.SIGKILL)


class TestTitleSource:
    def test_a_file_that_was_named(self, lake: Lake) -> None:
        assert title_source("films.csv", None, None, lake=lake) == "films.csv"

    def test_a_blob_that_landed(self, any_lake: Lake) -> None:
        container, prefix = container_of(any_lake)
        assert title_source(None, container, f"{prefix}titles/a/films.csv", lake=any_lake) == "titles/a/films.csv"

    def test_a_version_that_landed_is_read_from_its_copy(self, lake: Lake) -> None:
        lake.write_bytes("titles/films.csv", b"Jaws\n")
        etag = lake.etag("titles/films.csv")
        lake.write_bytes(f"uploads/{etag}/films.csv", b"Jaws\n")
        assert title_source(None, lake.container, "titles/films.csv", etag, lake) == f"uploads/{etag}/films.csv"

    @pytest.mark.parametrize("given", [(None, None, None), ("x", "c", "b"), (None, "c", None), (None, None, "b")])
    def test_neither_or_both(self, lake: Lake, given: tuple[str | None, str | None, str | None]) -> None:
        with pytest.raises(BadInput, match="Give either titles, or container and blob"):
            title_source(*given, lake=lake)

    def test_a_blob_elsewhere(self, lake: Lake) -> None:
        with pytest.raises(NotATitleFile, match="not in the inbox"):
            title_source(None, container_of(lake)[0], "gold/links/links.csv", lake=lake)


@pytest.mark.server
@pytest.mark.timeout(2400)
def test_exactly_one_run_for_each_file_version(world: World, messages: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Duplicates, disorder, poison, oversized and hostile messages; the watcher is killed, the server goes away."""
    chance, part = random.Random(4), messages // 200
    own = world.name
    blobs = [f"titles/list-{number}.csv" for number in range(110 * part)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda blob: world.lake.write_bytes(blob, b"Jaws\n"), blobs))
    etags = {entry.name: entry.stamp for entry in world.lake.list("titles")}
    versions = [*etags.items(), *((blob, f"0x{number}") for number, blob in enumerate(blobs) if number % 3 == 2)]
    expected = {f"{own}/{blob}@{etag}" for blob, etag in etags.items()}  # of older versions there is nothing left to read
    good = [world.event(blob, etag, cloud=number % 2 == 0) for number, (blob, etag) in enumerate(versions)]
    duplicates = chance.choices(good, k=200 * part - len(good) - 12 * part)
    poison = [
        *("not base64 !!", base64.b64encode(b'{"eventType": "Microsoft.Storage.BlobCreated", "subject": "x"}').decode()),
        *(world.event("gold/links/links.csv", "0x1"), world.event("titles/../../etc/passwd.csv", "0x2")),
        *(world.event("titles/\u202ecod.csv", "0x3"), world.event("titles/" + "n" * 900 + ".csv", "0x4")),
        *(world.event("titles/huge.csv", "0x5", size=2**40), "[" * 40_000),
    ] * part
    ignored = [
        json.dumps({"eventType": "Microsoft.Storage.BlobDeleted", "subject": "x"}),
        world.event("titles/.x.csv.part", "0x6"),
    ] * (2 * part)
    sent = [*good, *duplicates, *poison, *ignored]
    assert len(sent) == messages
    chance.shuffle(sent)
    for message in sent:
        world.queue.send_message(message, time_to_live=3600)
    for number in range(40):  # their events were lost: only the listing can find them
        name = f"titles/lost {number}.txt"
        world.lake.write_bytes(name, b"Jaws\n")
        expected.add(f"{own}/{name}@{world.lake.etag(name)}")
    world.lake.write_bytes("titles/poster.jpg", b"no titles")

    start = time.monotonic()
    world.watch("--every", "0.5")
    for kill in range(3):
        before = sum(world.server.keys().values())
        some = before + chance.randrange(2 * part, 15 * part)
        until(lambda some=some: sum(world.server.keys().values()) > some, 600, "more runs")  # type: ignore[misc]
        assert world.end(signal.SIGKILL) == -signal.SIGKILL
        if kill == 1:
            world.server.stop()
        world.watch("--every", "0.5")
        if kill == 1:
            until(lambda: "nothing is lost" in world.log.read_text(), 600, "a watcher that finds no server")
            world.server.start()
    until(world.is_drained, 900, "an empty queue")
    with capsys.disabled():
        print(
            f"\n{messages:,} messages served in {time.monotonic() - start:.0f} s, three kills and a restart of the server included"
        )

    keys = {key: count for key, count in world.server.keys().items() if key.startswith(own)}
    assert set(keys) == expected
    assert set(keys.values()) == {1}
    reasons = [world.lake.read_json(entry.name)["reason"] for entry in world.lake.list("quarantine/titles/messages")]
    assert len(reasons) == len(poison)
    assert Counter(reason.split()[0] for reason in reasons).total() == 8 * part
    aside = [entry.name for entry in world.lake.list("quarantine/titles") if "messages" not in entry.name]
    assert [re.sub("-[0-9a-f]{12}", "", name) for name in aside] == [
        "quarantine/titles/poster.jpg",
        "quarantine/titles/poster.jpg.reason.json",
    ]
    log = world.log.read_text()
    assert "Traceback" not in log
    assert world.end() == 0
    assert world.log.read_text().rstrip().endswith("ended; what lands meanwhile is found at the next start")


@pytest.mark.server
def test_upload_to_run_takes_seconds(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """From the upload to the run on the server, and an event that people see."""
    world.watch("--every", "0.5")
    until(lambda: world.log.exists() and "watching" in world.log.read_text(), 120, "the watcher")
    latencies = []
    for number in range(10):
        start = time.monotonic()
        world.lake.write_bytes(f"titles/film-{number}.csv", b"title\nJaws\n")
        etag = world.lake.etag(f"titles/film-{number}.csv")
        world.queue.send_message(world.event(f"titles/film-{number}.csv", etag, 11))
        key = f"{world.name}/titles/film-{number}.csv@{etag}"
        until(lambda key=key: world.server.keys()[key] == 1, 60, "the run of the file")  # type: ignore[misc]
        latencies.append(time.monotonic() - start)
    with capsys.disabled():
        print(f"\nupload to run: median {sorted(latencies)[5]:.2f} s, longest {max(latencies):.2f} s")
    wanted = {"filter": {"event": {"name": ["soundtracks.titles.landed"]}}}

    def seen() -> set[str]:
        found = httpx.post(f"{world.server.url}/events/filter", json=wanted, timeout=30).json()["events"]
        return {e["payload"]["blob"] for e in found if e["payload"]["container"] == world.name}

    until(lambda: seen() == {f"titles/film-{number}.csv" for number in range(10)}, 60, "an event for each file")
    run = next(run for run in world.server.runs() if run["idempotency_key"] == key)
    assert run["name"] == "film-9.csv"
    assert run["parameters"] == {"container": world.name, "blob": "titles/film-9.csv", "etag": etag, "size": 11}
    assert world.end() == 0


@pytest.mark.server
def test_once_takes_what_is_there_and_ends(server: Server, tmp_path: Path) -> None:
    """A local lake, no queue; a second look starts nothing."""
    lake = Lake(str(tmp_path / "lake"))
    lake.write_bytes("titles/films.txt", b"Jaws\n")
    command = [sys.executable, "-m", "soundtracks.cli.main", "watch", "--once", "--deployment", "link-soundtracks/test"]
    for told in ("films.txt: started run", ""):
        env = server.env | {"SOUNDTRACKS_LAKE_URL": str(tmp_path / "lake")}
        ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert ended.returncode == 0, ended.stderr
        assert told in ended.stderr
        assert (": started run" in ended.stderr) == bool(told)
    assert server.keys()[f"{tmp_path}/lake/titles/films.txt@{lake.etag('titles/films.txt')}"] == 1


@pytest.mark.server
def test_a_deployment_that_is_not_there_is_told(server: Server, tmp_path: Path) -> None:
    Lake(str(tmp_path / "lake")).write_bytes("titles/films.txt", b"Jaws\n")
    command = [sys.executable, "-m", "soundtracks.cli.main", "watch", "--once", "--deployment", "link-soundtracks/none"]
    env = server.env | {"SOUNDTRACKS_LAKE_URL": str(tmp_path / "lake")}
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert "Error: The server has no deployment link-soundtracks/none." in ended.stderr
    assert "soundtracks deploy" in ended.stderr
