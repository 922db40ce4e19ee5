"""Thousands of hostile files in the inbox, with a real server and `soundtracks watch`, which is killed on the way."""

import contextlib
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from soundtracks.lake.lake import Lake
from soundtracks.operations.access import api_client
from tests.rigs.prefect_server import PrefectServer
from tests.soak.outcome import Outcome
from tests.soak.world import ROOT, clean_environment
from tests.waiting import until

SECRET = b"title\nwhat only the owner may read\n"
#: Every how-manieth file is a good list, which must get its run.
GOOD = 4
LIMIT = 900.0
FORBIDDEN = "\n\t\x00/"


class Watching:
    """A Prefect server on which nobody works, and the watcher of a lake in a folder."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake(str(folder / "lake"))
        self.lake.write_bytes("titles/.made", b"")
        self.inbox = self.lake.path("titles")
        self.log = folder / "watcher.log"
        (folder / "server").mkdir()
        self.server = PrefectServer(folder / "server")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **env: str) -> None:
        environment = clean_environment() | self.server.client_env | {"SOUNDTRACKS_LAKE_URL": self.lake.url} | env
        command = [
            sys.executable,
            "-m",
            "soundtracks.cli.main",
            "watch",
            "--every",
            "0.5",
            "--deployment",
            "link-soundtracks/soak",
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def deploy(self) -> None:
        with self.client() as api:
            flow = api.post("/flows/", json={"name": "link-soundtracks"}).raise_for_status().json()["id"]
            api.post(
                "/deployments/", json={"name": "soak", "flow_id": flow, "enforce_parameter_schema": False}
            ).raise_for_status()

    def client(self) -> httpx.Client:
        return api_client(clean_environment() | self.server.client_env, timeout=60)

    def runs(self) -> Counter[str]:
        """Blob → how many runs it has."""
        found: list[str] = []
        with self.client() as api:
            while True:
                page = {"limit": 200, "offset": len(found), "sort": "ID_DESC"}
                runs = api.post("/flow_runs/filter", json=page).raise_for_status().json()
                found += [run["parameters"]["blob"] for run in runs]
                if len(runs) < 200:
                    return Counter(found)


@contextmanager
def watching(folder: Path) -> Iterator[Watching]:
    world = Watching(folder)
    world.server.start()
    try:
        world.deploy()
        yield world
    finally:
        world.kill()
        world.server.kill()


def hostile(folder: Path, count: int, seed: int) -> list[Outcome]:
    """`count` files, a quarter of them good lists, at once; the watcher is killed three times on the way."""
    draw = random.Random(seed)
    outcome = Outcome("hostile inbox files")
    secret = folder / "secret.csv"
    secret.write_bytes(SECRET)
    start = time.monotonic()
    with watching(folder) as world, socket.socket(socket.AF_UNIX) as server:
        good = set[str]()
        for number in range(count):
            if number % GOOD == 0:
                good.add(_good(world.inbox, number, draw))
            else:
                draw.choice(HOSTILE)(world.inbox, number, draw, secret, server)
        ending = threading.Event()
        swapper = threading.Thread(target=_swap, args=(world.inbox, secret, ending))
        swapper.start()
        try:
            for share in (0.2, 0.5, 0.8):
                world.start()
                with contextlib.suppress(AssertionError):  # what is missing is counted below
                    until(lambda share=share: len(good & world.runs().keys()) >= share * len(good), LIMIT, "runs", every=2)  # type: ignore[misc]
                world.kill()
            world.start()
            with contextlib.suppress(AssertionError):
                until(lambda: good <= world.runs().keys(), LIMIT, "all runs", every=1)
            time.sleep(20)  # whoever is waited for, such as empty files, has its time
            assert world.process
            alive = world.process.poll() is None
        finally:
            ending.set()
            swapper.join()
        runs = world.runs()
        for name in sorted(good):
            outcome.add({0: "lost", 1: "survived"}.get(runs[name], "twice"), f"{name!r}: {runs[name]} runs")
        stolen = [path for path in world.lake.path("uploads").rglob("*") if path.is_file() and path.read_bytes() == SECRET]
        expected = good | {"titles/swapped/list.csv", "titles/swapped.csv"}
        unwanted = sorted(set(runs) - expected - {name for name in runs if Path(name).name.startswith("garbage-")})
        told = world.log.read_text(errors="replace")
        for _ in range(count - len(good) - len(unwanted)):
            outcome.add("survived")
        for name in unwanted:
            outcome.add("lost", f"{name!r} got a run, which it must not")
        for path in stolen:
            outcome.add("lost", f"{path} holds what only the owner may read")
        if not alive or "Traceback" in told:
            outcome.add("lost", f"the watcher ended or failed: {told[told.find('Traceback') :][:1500]}")
    outcome.seconds = time.monotonic() - start
    return [outcome]


def slow_copies(folder: Path, count: int, seed: int, patience: float = 30) -> list[Outcome]:
    """`count` files, each written in ten pieces with pauses, by a writer that keeps it open, or opens it for each piece, and sets
    its time back; while the clock of the day jumps, where libfaketime is installed. One run each, on the whole file.

    `patience`: seconds in which a file may get a second run.
    """
    from tests.soak.sources import FAKETIME, _jump

    draw = random.Random(seed)
    outcome = Outcome("slow copies into the inbox")
    start = time.monotonic()
    with watching(folder) as world:
        clock = folder / "clock"
        clock.write_text("+0")
        env = {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
        world.start(**(env if FAKETIME.exists() else {}))
        until(lambda: "watching" in world.log.read_text(), 180, "the watcher")
        ending = threading.Event()
        jumping = threading.Thread(target=_jump, args=(clock, draw, ending))
        jumping.start()
        writers = [
            threading.Thread(target=_write_slowly, args=(world.inbox / f"slow-{n}.csv", n % 2 == 0, draw.uniform(0.5, 4)))
            for n in range(count)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        with contextlib.suppress(AssertionError):
            until(lambda: len(world.runs()) == count, 180, "all runs", every=1)
        time.sleep(patience)
        ending.set()
        jumping.join()
        runs = world.runs()
        whole = {path.name: path.read_bytes() for path in world.lake.path("uploads").rglob("*.csv")}
        for number in range(count):
            name = f"slow-{number}.csv"
            right = whole.get(name) == (world.inbox / name).read_bytes()
            verdict = {0: "lost", 1: "survived" if right else "lost"}.get(runs[f"titles/{name}"], "twice")
            outcome.add(verdict, f"{name}: {runs[f'titles/{name}']} runs, whole: {right}")
    outcome.seconds = time.monotonic() - start
    return [outcome]


def _write_slowly(path: Path, keeps_open: bool, pause: float) -> None:
    pieces = [b"title\n", *(f"Film {number} of {path.name}\n".encode() for number in range(9))]
    if keeps_open:
        with path.open("wb") as file:
            for piece in pieces:
                file.write(piece)
                file.flush()
                time.sleep(2 * pause)  # longer than a file must rest
        return
    for piece in pieces:
        with path.open("ab") as file:
            file.write(piece)
        os.utime(path, (1e9, 1e9))
        time.sleep(pause)


def _good(inbox: Path, number: int, draw: random.Random) -> str:
    """A list that must get its run, under a name that is odd and allowed."""
    odd = draw.choice(
        ["", "🎬 ", "ünï ", "映画 ", "a'b ", 'q"q ', "50% ", "[b] ", "; ", "~ ", "#1 ", "$(id) ", "=1+1 ", "<b> ", "n" * 200]
    )
    folder = inbox / draw.choice([".", "sub", "sub/sub", "ordner ü"])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{odd}good-{number}.csv"
    path.write_bytes(f"title,year\nFilm {number},1999\n".encode())
    return path.relative_to(inbox.parent).as_posix()


Hostile = Callable[[Path, int, random.Random, Path, socket.socket], None]


def _named(*endings: str, content: bytes = b"title\nJaws\n") -> Hostile:
    def write(inbox: Path, number: int, draw: random.Random, secret: Path, server: socket.socket) -> None:
        name = f"bad-{number}".encode() + os.fsencode(draw.choice(endings))
        with open(os.fsencode(inbox) + b"/" + name, "wb") as file:
            file.write(content)

    return write


def _prefixed(*beginnings: str) -> Hostile:
    def write(inbox: Path, number: int, draw: random.Random, secret: Path, server: socket.socket) -> None:
        (inbox / f"{draw.choice(beginnings)}bad-{number}.csv").write_bytes(b"title\nJaws\n")

    return write


def _not_utf_8(inbox: Path, number: int, draw: random.Random, secret: Path, server: socket.socket) -> None:
    name = bytes(draw.randrange(128, 256) for _ in range(draw.randrange(1, 9)))
    with open(os.fsencode(inbox) + b"/\xff" + name + b"-%d.csv" % number, "wb") as file:
        file.write(b"title\nJaws\n")


def _link(inbox: Path, number: int, draw: random.Random, secret: Path, server: socket.socket) -> None:
    target = draw.choice(
        [secret, Path("/etc/passwd"), Path("/nowhere"), Path(f"bad-{number}.csv"), Path("/dev/zero"), secret.parent]
    )
    (inbox / f"bad-{number}.csv").symlink_to(target)


def _fifo(inbox: Path, number: int, draw: random.Random, secret: Path, server: socket.socket) -> None:
    os.mkfifo(inbox / f"bad-{number}.csv")


def _folder(inbox: Path, number: int, draw: random.Random, secret: Path, server: socket.socket) -> None:
    (inbox / f"bad-{number}.csv").mkdir()


def _socket(inbox: Path, number: int, draw: random.Random, secret: Path, server: socket.socket) -> None:
    with socket.socket(socket.AF_UNIX) as own, contextlib.suppress(OSError):  # its path may be too long for a socket
        own.bind(str(inbox / f"bad-{number}.csv"))


def _sparse(inbox: Path, number: int, draw: random.Random, secret: Path, server: socket.socket) -> None:
    with (inbox / f"bad-{number}.csv").open("wb") as file:
        file.truncate(draw.choice([2**30, 2**40]))


def _garbage(inbox: Path, number: int, draw: random.Random, secret: Path, server: socket.socket) -> None:
    """Its run tells that it cannot be read."""
    (inbox / f"garbage-{number}.csv").write_bytes(draw.randbytes(draw.randrange(1, 5000)))


HOSTILE: tuple[Hostile, ...] = (
    _named(".exe", ".exe.reason", ".reason", ".jpg", "", ".csv.", ".csv "),
    _named("\n.csv", "\x1b[31m.csv", "\u202ecsv.csv", "\u2028.csv", "\x7f.csv", "\\..\\x.csv"),
    _named(".csv.part", ".csv~", ".csv.tmp", ".csv.lock", ".csv.crdownload", ".csv.sb-1a2b3c4d-Ab12cD"),
    _named(".csv", content=b""),
    _named(".csv", content=b"title,year\n"),
    _named(".txt", content=b"\xef\xbb\xbf\r\n \r\n"),
    _prefixed("~$", ".", ".~lock.", "._"),
    *(_not_utf_8, _link, _fifo, _folder, _socket, _sparse, _garbage),
)


def _swap(inbox: Path, secret: Path, ending: threading.Event) -> None:
    """Swaps a file for a link to the secret, and a folder for a link to the secret's folder, as fast as it can."""
    (inbox / "swapped").mkdir(exist_ok=True)
    while not ending.is_set():
        with contextlib.suppress(OSError):
            for path, target in ((inbox / "swapped.csv", secret), (inbox / "swapped/list.csv", secret)):
                new = path.with_name(".new")
                new.write_bytes(b"title\nSwapped\n")
                os.replace(new, path)
                new.symlink_to(target)
                os.replace(new, path)
